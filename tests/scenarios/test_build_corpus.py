# SPDX-License-Identifier: Apache-2.0
"""The Dockerfiles of tests/corpus: what Debian's buildah makes of each, and what cubby makes of it.

What buildah made is in tests/corpus/buildah.json, written by tests/corpus/record. CUBBY_CORPUS=EXPRESSION: only cases whose
"topic/name" it matches.
"""

import json
import os
import re

import pytest

from support import corpus

pytestmark = pytest.mark.subids

# Where ours differs from buildah's on purpose: case -> (reason, {what: (buildah's, ours)}). What is "config MEMBER", "tree /path"
# (None: it is not there), "history", "layers" or "fails". Each reason is a sentence of documentation.
MADE = ("Dockerfile reference, WORKDIR: \"If the WORKDIR doesn't exist, it will be created even if it's not used in any subsequent "
        "Dockerfile instruction.\" buildah waits for the next RUN or COPY")
KEPT = ("Dockerfile reference, VOLUME: \"those changes will be discarded when using the legacy builder. When using Buildkit, the "
        "changes will instead be kept.\"")
EMPTY = ("OCI image specification, config: empty_layer \"is set to true if this history item doesn't correspond to an actual layer "
         "in the rootfs section\": a RUN that changes nothing makes none")
SHELL = ("Dockerfile reference, SHELL: \"The following instructions can be affected by the SHELL instruction when the shell form of "
         "them is used in a Dockerfile: RUN, CMD and ENTRYPOINT.\"")
PORTS = ("OCI image specification, config: ExposedPorts \"keys can be in the format of: port/tcp, port/udp, port\": a range is none")
ESCAPE = ("Dockerfile reference, escape: \"The escape character is used both to escape characters in a line, and to escape a "
          "newline.\"")
ATTRIBUTES = ("OCI image specification, layer: \"file attributes ... include: extended attributes\"; a capability is one, and the "
              "archive has it")
PLACES = ("buildah-build(1), --secret: \"The secret ... will not be stored in the final image\", and neither is the place where it "
          "was mounted, which nobody asked for")
NAMES = ("Dockerfile reference, COPY: \"Each <src> may contain wildcards\"; [ without ] is none, and what is not found is an "
         "error elsewhere, never passed over in silence")
SQUASHED = ("podman-build(1), --squash: \"any preexisting layers are not squashed\"; its history tells the steps")

DIFFERS = {
    "add/archive-with-attributes": (ATTRIBUTES, {
        "tree /to/to/ping": ("f 0755 0:0 'x'", "f 0755 0:0 'x' security.capability=" + corpus.CAPABILITY.hex())}),
    "config/every-member": (MADE, {
        "history": ("leeeeeeeeeeeee", "leeeeeleeeeeee"), "layers": (0, 1), "tree /work": (None, "d 0755 1000:50")}),
    "config/shell-form-follows-shell": (SHELL, {
        "config Cmd": (["/bin/sh", "-c", "echo hi"], ["/bin/busybox", "sh", "-xc", "echo hi"]),
        "config Entrypoint": (["/bin/sh", "-c", "top"], ["/bin/busybox", "sh", "-xc", "top"])}),
    "config/expose-forms": (PORTS, {
        "config ExposedPorts": ({p: {} for p in ("80/tcp", "80/udp", "8000-8003/tcp", "90/tcp")},
                                {p: {} for p in ("80/tcp", "80/udp", "8000/tcp", "8001/tcp", "8002/tcp", "8003/tcp", "90/tcp")})}),
    "config/workdir-steps": (MADE, {
        "history": ("leeeel", "llllll"), "layers": (1, 5), "tree /a/b/c": (None, "d 0755 0:0"),
        "tree /relative": (None, "d 0755 0:0")}),
    "config/workdir-is-made": (MADE, {"history": ("leel", "lell"), "layers": (1, 2)}),
    "config/workdir-through-a-link": (MADE, {"history": ("llelel", "llllll"), "layers": (3, 5)}),
    "copy/relative-to-workdir": (MADE, {"history": ("lellll", "llllll"), "layers": (4, 5)}),
    "copy/odd-names": (NAMES, {"tree /two/c[d": (None, "f 0644 0:0 '2\\n'")}),
    "run/volume-then-run": (KEPT, {
        "tree /data/after": (None, "f 0644 0:0 'after\\n'"),
        "tree /data/before": ("f 0644 0:0 'before\\n'", "f 0644 0:0 'changed\\n'")}),
    "run/volume-of-the-base-then-run": (KEPT, {
        "tree /vol/x": (None, "f 0644 0:0 'x\\n'"), "tree /vol/y": (None, "f 0644 0:0 'y\\n'")}),
    "run/leaves-no-places": (EMPTY, {"history": ("lll", "lel"), "layers": (2, 1)}),
    "run/changes-nothing": (EMPTY, {"history": ("llle", "leee"), "layers": (2, 0)}),
    "run/mount-cache": (EMPTY, {"history": ("llll", "lell"), "layers": (3, 2)}),
    "run/mount-secret": (PLACES, {
        "tree /run/secrets": ("d 0755 0:0", None), "tree /tmp/t": ("f 0755 0:0 ''", None)}),
    "run/mount-bind": (PLACES, {"tree /tmp/o": ("f 0755 0:0 ''", None)}),
    "syntax/tabs-and-many-blanks": (MADE, {
        "history": ("leele", "leell"), "layers": (1, 2), "tree /work": (None, "d 0755 0:0")}),
    "syntax/escape-directive": (ESCAPE, {
        "config Env": (["PATH=/bin:/sbin:/usr/bin", "A=a` b", "B=cd"], ["PATH=/bin:/sbin:/usr/bin", "A=a b", "B=c\\d"])}),
    "stages/from-a-stage": (MADE, {"history": ("leelelel", "lellelel"), "layers": (3, 4)}),
    "stages/scratch-with-files": (MADE, {
        "history": ("ellee", "lllee"), "layers": (2, 3), "tree /app": ("d 0755 5:6", "d 0755 0:0")}),
    "stages/squashed": (SQUASHED, {"history": ("l", "leel")}),
    "variables/substitution-where": (MADE, {"history": ("leelleeeeee", "lellleeeeee"), "layers": (2, 3)}),
}

# whose results depend on who builds; the others are about words, and one user is enough for them
FILES = ("add", "copy", "run", "stages")
WORDS = ("config", "ignore", "syntax", "variables")
TOPICS = [*FILES, *[pytest.param(t, marks=pytest.mark.rootless) for t in WORDS]]


def test_every_topic_is_looked_at():
    assert {c.topic for c in corpus.cases()} == {*FILES, *WORDS, "newer", "errors"}


@pytest.fixture
def bases(cubby, base, pristine_root):
    archive = os.path.join(base, "bases.tar")
    corpus.write_bases(archive, pristine_root)
    cubby.ok("load", "-q", "-i", archive)
    return corpus.base_layers(pristine_root)


class Builder:
    def __init__(self, cubby, base, bases):
        self.cubby, self.base, self.bases = cubby, base, bases
        self.n = 0

    def run(self, case):
        self.n += 1
        context = case.write(os.path.join(self.base, f"context{self.n}"))
        return self.cubby("build", "--format", "docker", "--pull=never", "-t", "localhost/made:1",
                          *case.arguments(context), context), context

    def build(self, case):
        done, context = self.run(case)
        if done.code:
            return {"fails": done.stderr.strip().replace(context, "@")}
        saved = os.path.join(self.base, f"saved{self.n}")
        self.cubby.ok("save", "-q", "--format", "docker-dir", "-o", saved, "localhost/made:1")
        return corpus.of_directory(saved, self.bases)


@pytest.fixture
def builder(cubby, base, bases):
    return Builder(cubby, base, bases)


def chosen(topic):
    wanted = re.compile(os.environ.get("CUBBY_CORPUS", ""))
    return [c for c in corpus.cases(topic) if wanted.search(f"{c.topic}/{c.name}")]


def parts(result):
    """A result as a flat dict, whose members can be compared one by one."""
    if "fails" in result:
        return {"fails": True}
    flat = {name: result[name] for name in ("author", "history", "layers")}
    flat.update({f"config {k}": v for k, v in result["config"].items()})
    flat.update({f"tree {k}": v for k, v in result["tree"].items()})
    return flat


def differences(case, theirs, ours):
    """Sentences, those on purpose left out."""
    on_purpose = dict(DIFFERS.get(f"{case.topic}/{case.name}", ("", {}))[1])
    left, right = parts(theirs), parts(ours)
    if left.get("fails") != right.get("fails"):
        return [f"fails: buildah {theirs.get('fails')!r}, cubby {ours.get('fails')!r}"]
    said = []
    for what in sorted(left.keys() | right.keys() | on_purpose.keys()):
        pair = left.get(what), right.get(what)
        wanted = on_purpose.get(what)
        if wanted and pair != wanted:
            said.append(f"{what}: buildah {pair[0]!r}, cubby {pair[1]!r}, and not {wanted!r}")
        elif not wanted and pair[0] != pair[1]:
            said.append(f"{what}: buildah {pair[0]!r}, cubby {pair[1]!r}")
    return said


def unexpected(case, ours):
    """Sentences: what `-- expect` says and is not so."""
    if "fails" in ours:
        return [f"fails: {ours['fails']}"]
    config, tree = case.expected()
    said = [f"{k}: expected {v!r}, made {ours['config'].get(k)!r}" for k, v in config.items() if ours["config"].get(k) != v]
    for path in sorted(tree.keys() | ours["tree"].keys()):
        made = ours["tree"].get(path)
        if tree.get(path, "").endswith(" *") and made and made.startswith(tree[path][:-1]):
            continue
        if made != tree.get(path):
            said.append(f"{path}: expected {tree.get(path)!r}, made {made!r}")
    return said


@pytest.mark.parametrize("topic", TOPICS)
def test_the_same_as_buildah_s(topic, builder):
    with open(corpus.RESULTS, encoding="utf-8") as f:
        recorded = json.load(f)["cases"]
    said = []
    for case in chosen(topic):
        theirs = recorded.get(f"{topic}/{case.name}")
        assert theirs and theirs["key"] == case.key, f"{topic}/{case.name} was changed: tests/corpus/record {case.name}"
        said += [f"{topic}/{case.name}: {line}" for line in differences(case, theirs, builder.build(case))]
    assert not said, "\n".join(["", *said])


@pytest.mark.rootless
def test_as_documented(builder):
    """What buildah 1.28 does not have."""
    said = [f"{case.name}: {line}" for case in chosen("newer") for line in unexpected(case, builder.build(case))]
    assert not said, "\n".join(["", *said])


@pytest.mark.rootless
def test_errors_are_sentences(builder):
    """A build that can't be says where and why, and leaves no image."""
    said = []
    for case in chosen("errors"):
        done, _ = builder.run(case)
        wrong = [f"does not say {word!r}" for word in case.section("says") if word not in done.stderr]
        if done.code != 125 and case.name != "bad-user":
            wrong.append(f"exit status {done.code}")
        said += [f"{case.name}: {line}:\n{done.stderr}" for line in wrong]
    assert not said, "\n".join(["", *said])
    assert "localhost/made" not in builder.cubby.ok("images")


@pytest.mark.root
def test_the_record_is_buildah_s(buildah, base, pristine_root):
    """Two of them, built by the buildah of this machine."""
    with open(corpus.RESULTS, encoding="utf-8") as f:
        recorded = json.load(f)
    if recorded["buildah"] not in buildah.ok("version"):
        pytest.skip("another buildah")
    recorder = corpus.Recorder(buildah, base, pristine_root)
    for case in corpus.cases():
        if case.name in ("chown-forms", "cmd-forms"):
            made = recorder.build(case)
            assert made == {k: v for k, v in recorded["cases"][f"{case.topic}/{case.name}"].items() if k != "key"}
