# SPDX-License-Identifier: Apache-2.0
"""build: options, what is told of the work, exit statuses."""

import json
import os
import re
import shlex
import shutil

import pytest

from support import tmux

ID = "[0-9a-f]{64}"


@pytest.fixture
def context(base, pristine_root):
    """A directory to build from: busybox beside a Dockerfile; context(text) writes another Dockerfile."""
    path = os.path.join(base, "context")
    os.mkdir(path)
    shutil.copy(os.path.join(pristine_root, "bin", "busybox"), os.path.join(path, "busybox"))

    def write(text, name="Dockerfile"):
        with open(os.path.join(path, name), "w", encoding="utf-8") as f:
            f.write(text)
        return path
    write("FROM scratch\nCOPY busybox /bin/sh\nLABEL a=b\n")
    return write


PLAIN = """FROM scratch
COPY busybox /bin/sh
RUN echo out; echo err >&2
ENV A=b
"""


@pytest.mark.subids
def test_plain_lines(cubby, context):
    path = context(PLAIN)
    first = cubby("build", "-t", "a:1", "-t", "x.example/b:2", path)
    assert first.code == 0 and re.fullmatch(ID + "\n", first.stdout), first
    said = re.sub(r"^--> [0-9a-f]{12}$", "--> ID", first.stderr, flags=re.M)
    assert said == ("STEP 1/4: FROM scratch\nSTEP 2/4: COPY busybox /bin/sh\n--> ID\n"
                    "STEP 3/4: RUN echo out; echo err >&2\nout\nerr\nSTEP 4/4: ENV A=b\n"
                    "COMMIT localhost/a:1\nCOMMIT x.example/b:2\n--> ID\n"
                    "Successfully tagged localhost/a:1\nSuccessfully tagged x.example/b:2\n"), first
    again = cubby("build", "-t", "a:1", path)
    assert again.stderr.count("--> Using cache") == 2 and "out" not in again.stderr.splitlines()
    # another time of making is another image, unless it is given
    assert re.fullmatch(ID + "\n", again.stdout)
    quiet = cubby("build", "-q", path)
    assert re.fullmatch(ID + "\n", quiet.stdout) and quiet.stderr == ""


@pytest.mark.subids
def test_failing_run(cubby, context, base):
    path = context("FROM scratch\nCOPY busybox /bin/sh\nRUN echo why; exit 7\n")
    for options in ([], ["-q"], ["--progress", "json"]):
        with open(f"{base}/id", "w", encoding="utf-8") as f:
            f.write("of an older one")
        done = cubby("build", *options, "--iidfile", f"{base}/id", path)
        assert done.code == 7 and done.stdout == "" and "why" in done.stderr, done
        assert re.search(r"^Error: .*Dockerfile:3.*exit status 7$", done.stderr, re.M), done
        assert not os.path.exists(f"{base}/id")


def test_json_and_log(cubby, context, base):
    path = context("FROM scratch AS one\nCOPY busybox /x\nFROM scratch\nCOPY --from=one /x /y\n")
    done = cubby("build", "--progress=json", "-t", "j", path)
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [e["text"] for e in events if e["event"] == "step"][0] == "FROM scratch AS one"
    assert {"step", "done", "commit", "image"} <= {e["event"] for e in events}
    assert [e["id"] for e in events if e["event"] == "image"][0].endswith(done.stdout.strip())
    assert all(e["stages"] == 2 for e in events if e["event"] == "step")
    done = cubby("build", "--logfile", f"{base}/log", path)
    assert done.stderr == "" and "[1/2] STEP 1/2: FROM scratch AS one\n" in open(f"{base}/log", encoding="utf-8").read()
    for split in ([], ["--logsplit"]):
        ids = cubby.ok("build", "--platform", "linux/amd64,linux/arm64", "--manifest", "l", "--logfile", f"{base}/two", *split, path)
        assert len(set(ids.split())) == 2
    assert open(f"{base}/two", encoding="utf-8").read().count("STEP 1/2: FROM scratch AS one\n") == 2
    for platform in ("amd64", "arm64"):
        assert open(f"{base}/two_linux_{platform}", encoding="utf-8").read().startswith(f"For linux/{platform}:\n")


def test_files_about_the_image(cubby, context, base):
    path = context("FROM scratch\nCOPY busybox /x\n")
    image_id = cubby.ok("build", "--iidfile", f"{base}/id", "--iidfile-raw", f"{base}/raw", "--metadata-file",
                        f"{base}/meta", "-t", "m:1", "-t", "m:2", path)
    assert open(f"{base}/id", encoding="utf-8").read() == "sha256:" + image_id
    assert open(f"{base}/raw", encoding="utf-8").read() == image_id
    meta = json.load(open(f"{base}/meta", encoding="utf-8"))
    inspected = cubby.json("image", "inspect", image_id)[0]
    assert meta["containerimage.config.digest"] == "sha256:" + image_id
    assert meta["containerimage.digest"] == inspected["Digest"] == meta["containerimage.descriptor"]["digest"]
    assert meta["image.name"] == "localhost/m:1,localhost/m:2" and meta["containerimage.descriptor"]["size"] > 0


def test_other_names_of_the_command(cubby, context, base):
    path = context("FROM scratch\nCOPY busybox /x\n")
    for words in (["image", "build"], ["builder", "build"], ["buildx", "build", "--load", "--provenance=false"]):
        assert re.fullmatch(ID, cubby.ok(*words, path))
    assert "Total reclaimed space" in cubby.ok("build", "prune", "-f")
    assert "Total reclaimed space" in cubby.ok("buildx", "prune", "-f")
    # a directory of that name is a context
    os.rename(path, f"{base}/prune")
    assert re.fullmatch(ID, cubby.ok("build", "prune"))
    shown = cubby.ok("build", "--help")
    assert len(shown.splitlines()) <= 45 and max(len(line) for line in shown.splitlines()) <= 80


def test_image_options(cubby, context, base):
    path = context("ARG N=nothing\nFROM scratch\nARG V\nARG W=w\nLABEL v=$V w=$W\nCOPY busybox /x\n")
    with open(f"{base}/args", "w", encoding="utf-8") as f:
        f.write("# values\nV=file\nW=file\n")
    config = cubby.json("image", "inspect", cubby.ok(
        "build", "--build-arg-file", f"{base}/args", "--build-arg", "V", "--label", "l=1", "--env", "E=e", "--format",
        "docker", "--timestamp", "86400", path, env={"V": "env"}))[0]
    assert config["Labels"] == {"v": "env", "w": "file", "l": "1"} and "E=e" in config["Config"]["Env"]
    assert config["Created"].startswith("1970-01-02T00:00:00") and "docker" in config["ManifestType"]
    oci = cubby.json("image", "inspect", cubby.ok("build", path, env={"SOURCE_DATE_EPOCH": "172800"}))[0]
    assert oci["Created"].startswith("1970-01-03T00:00:00") and "oci" in oci["ManifestType"]
    assert "docker" in cubby.json("image", "inspect", cubby.ok("build", path, env={"BUILDAH_FORMAT": "docker"}))[0]["ManifestType"]
    assert cubby.ok("build", "--check", path) == "Dockerfile: no mistakes in its lines"


# Options that can't be honoured: all say so. Without effect, or the value is what Cubby does anyway: all are taken.
REFUSED = """--all-platforms --attest=type=sbom --builder=x --call=outline --cgroupns=host --compat-volumes
--cpp-flag=-DA --created-annotation --cw=x --debug
--decryption-key=k --disable-compression=false --hooks-dir=/x --identity-label --isolation=chroot
--provenance=max --rm=false --runtime=crun --runtime-flag=x --save-stages --sbom=syft --sbom-output=x --sign-by=x
--source-policy-file=x --stage-labels --userns=auto --userns-uid-map=0:1:2 --userns-gid-map=0:1:2
--userns-uid-map-user=x --userns-gid-map-group=x"""
TAKEN = """--compress --disable-content-trust --force-rm --rm --load --provenance=false --sbom=false --isolation=oci -D
--identity-label=false --builder=default --call=build --userns=host --all-platforms=false --cgroupns=private"""


def test_options_that_do_nothing(cubby, context):
    path = context("FROM scratch\nCOPY busybox /x\n")
    for option in REFUSED.split():
        said = cubby.fails("build", option, path, code=125)
        name = option.split("=")[0]
        assert said.startswith(f"Error: {name} is not supported: "), said
    assert re.fullmatch(ID, cubby.ok("build", *TAKEN.split(), path))


WRONG = [
    (["--nosuch"], "unknown flag: --nosuch"),
    (["--platform", "x/y/z/w"], "--platform x/y/z/w: "),
    (["--pull=maybe"], 'unrecognized pull policy "maybe"'),
    (["--push"], "the image has no name"),
    (["--platform", "linux/amd64,linux/arm64", "-t", "a"], "--manifest NAME"),
    (["--platform", "linux/amd64,linux/arm64", "--manifest", "m", "--metadata-file", "x"], "--metadata-file tells of one image"),
    (["--timestamp", "1", "--source-date-epoch", "2"], "both say when"),
    (["--rewrite-timestamp"], "no time was given"),
    (["--no-hosts", "--add-host", "a:1.2.3.4"], "--no-hosts and --add-host cannot be set together"),
    (["-o", "type=nosuch"], "invalid build output type"),
    (["--label", "=x"], "expected NAME=VALUE"),
    (["-t", "UPPER"], "tag UPPER: "),
    (["--logsplit"], "--logsplit needs --logfile"),
    (["--target", "nosuch"], "nosuch"),
    (["--progress", "loud"], "one of auto, plain, tty"),
]


def test_wrong_options(cubby, context):
    path = context("FROM scratch\nCOPY busybox /x\n")
    for options, phrase in WRONG:
        said = cubby.fails("build", *options, path, code=125)
        assert phrase in said, (options, said)
    said = cubby.fails("build", path, env={"SOURCE_DATE_EPOCH": "now"}, code=125)
    assert "expected seconds since 1970" in said
    assert "Dockerfile:2:1" in cubby.fails("build", context("FROM scratch\nRUM x\n"), code=125)


@pytest.mark.subids
def test_terminal(cubby, context, terminal):
    path = context("FROM scratch\nCOPY busybox /bin/sh\nRUN echo one; read line; echo two; read line\n")
    child = terminal(cubby.argv("build", "--stdin", "-t", "t", path), env={"NO_COLOR": "1"})
    child.expect(r"RUN echo one")
    child.expect("one")
    child.send("\n")
    child.expect("two")
    child.send("\n")
    child.expect(r"localhost/t:latest")
    child.expect(ID)
    child.expect(os.linesep)
    seen = child.read()
    child.close()
    assert child.exitstatus == 0 and "\x1b[3" not in seen


@pytest.mark.subids
def test_screen(cubby, context, base):
    long = "x" * 100
    path = context(f"FROM scratch AS one\nCOPY busybox /bin/sh\nRUN echo {long}\nFROM one\nRUN echo {long}; exit 3\n")
    screen = tmux.Terminal(base, cubby.environment())
    try:
        lines = screen.run(shlex.join(str(a) for a in cubby.argv("build", path)) + "; echo status $?")
        assert [line.split("]")[0] for line in lines[:5]] == ["\u2713 [one 1/3", "\u2713 [one 2/3", "\u2713 [one 3/3",
                                                              "\u2713 [#2 1/2", "\u2717 [#2 2/2"], lines
        assert all(len(line) == 79 and re.search(r"[0-9]s$", line) for line in lines[:5])
        assert lines[5] == "  \u2502 " + long and lines[6].startswith("Error: Dockerfile:5:1: ") and lines[-1] == "status 3"
        context("FROM scratch\nCOPY busybox /bin/sh\n")
        lines = screen.run(shlex.join(str(a) for a in cubby.argv("build", "-t", "s", path)))
        assert len(lines) == 4 and re.fullmatch(ID, lines[-1]) and lines[1].endswith(" cached")
        assert lines[2].startswith(f"\u2713 {lines[3][:12]}  localhost/s:latest ")
    finally:
        screen.close()
