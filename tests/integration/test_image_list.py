# SPDX-License-Identifier: Apache-2.0
"""images, inspect, history, tree, exists: what is shown, filtered and formatted."""

import re

import pytest

from support import image

pytestmark = pytest.mark.subids

OLDER = "2023-01-02T03:04:05.25Z"
HELLO, BASE = "example.com/team/hello:1", "docker.io/library/base:latest"


@pytest.fixture(scope="session")
def made(shared_dir, pristine_root):
    """An archive of two images, the one on top of the other; .base, .hello, .path"""
    class Made:
        base = image.busybox(pristine_root, Labels={"app": "web", "tier": "back"}, ExposedPorts={"80/tcp": {}},
                             StopSignal="SIGINT", WorkingDir="/root")
        hello = base.add({"hello.txt": "hi\n"}, comment="/bin/sh -c echo hi >/hello.txt # " + 50 * "x")
        path = shared_dir + "/list.tar"

    Made.base.created = OLDER
    Made.hello.config = {"Cmd": ["cat", "/hello.txt"], "Labels": {"app": "hello"}}
    image.docker_archive(Made.path, {HELLO: Made.hello, (BASE, "localhost/base:2"): Made.base})
    return Made


@pytest.fixture
def loaded(cubby, made):
    cubby.ok("load", "-q", "-i", made.path)
    return cubby


def rows(text):
    return [re.split(r"  +", line) for line in text.splitlines()]


def test_columns(loaded, made):
    table = rows(loaded.ok("images"))
    assert table[0] == ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"]
    assert [r[:3] for r in table[1:]] == [
        ["example.com/team/hello", "1", made.hello.id[:12]],
        ["docker.io/library/base", "latest", made.base.id[:12]],
        ["localhost/base", "2", made.base.id[:12]]]
    assert all(r[3].endswith(" ago") and re.fullmatch(r"[0-9.]+ [kM]?B", r[4]) for r in table[1:])
    for same in (("image", "ls"), ("image", "list")):
        assert rows(loaded.ok(*same)) == table
    assert rows(loaded.ok("images", "--noheading")) == table[1:]
    assert rows(loaded.ok("images", "--digests"))[0][2] == "DIGEST"
    assert rows(loaded.ok("images", "--history"))[2][5] == "docker.io/library/base:latest, localhost/base:2"


def test_ids(loaded, made):
    assert loaded.ok("images", "-q").split() == [made.hello.id[:12], made.base.id[:12]]
    assert loaded.ok("images", "-q", "--no-trunc").split() == ["sha256:" + made.hello.id, "sha256:" + made.base.id]
    assert "sha256:" + made.base.id in loaded.ok("images", "--no-trunc")


FILTERED = [
    (["hello"], ["hello"]), (["base"], ["base", "base"]), (["base:2"], ["base"]), (["localhost/base"], ["base"]),
    (["*/base"], ["base", "base"]), (["local*/base"], ["base"]), (["nosuch"], []), (["example.com/team/*"], ["hello"]),
    (["-f", "reference=team/hello:1"], ["hello"]), (["-f", "reference!=hello"], ["base", "base"]),
    (["-f", "label=app"], ["hello", "base", "base"]), (["-f", "label=app=web"], ["base", "base"]),
    (["-f", "label=app", "-f", "label=tier"], ["base", "base"]), (["-f", "label!=tier"], ["hello"]),
    (["-f", "dangling=true"], []), (["-f", "dangling=false"], ["hello", "base", "base"]),
    (["-f", "before=base"], []), (["-f", "before=example.com/team/hello:1"], ["base", "base"]),
    (["-f", "since=base"], ["hello"]), (["-f", "after=localhost/base:2"], ["hello"]),
    (["-f", "until=2023-06-01"], ["base", "base"]), (["-f", "until=1h"], ["hello", "base", "base"]),
    (["-f", "readonly=true"], []), (["-f", "intermediate=false"], ["hello", "base", "base"]),
    (["-f", "containers=true"], []), (["-f", "containers=false"], ["hello", "base", "base"]),
    (["-f", "reference=hello", "-f", "reference=localhost/base"], ["hello", "base"]),
]


def test_filters(loaded):
    for words, names in FILTERED:
        shown = loaded.ok("images", *words, "--format", "{{.Repository}}").split()
        assert [name.rpartition("/")[2] for name in shown] == names, words


def test_filter_by_id_and_digest(loaded, made):
    assert loaded.ok("images", "-q", "-f", "id=" + made.base.id[:8]) == made.base.id[:12]
    digest = loaded.ok("images", "--format", "{{.Digest}}", "hello")
    assert loaded.ok("images", "-q", "-f", "digest=" + digest) == made.hello.id[:12]


def test_wrong_filters(loaded):
    assert 'unsupported image filter "a"' in loaded.fails("images", "-f", "a=b", code=125)
    assert "must be in the format" in loaded.fails("images", "-f", "label", code=125)
    assert "expected true or false" in loaded.fails("images", "-f", "dangling=maybe", code=125)
    assert "nosuch: image not known" in loaded.fails("images", "-f", "before=nosuch", code=125)
    assert "not a time" in loaded.fails("images", "-f", "until=tomorrow", code=125)
    assert "cannot specify an image and a filter(s)" in loaded.fails("images", "base", "-f", "label=a", code=125)


def test_sort(loaded):
    def names(by):
        return loaded.ok("images", "--sort", by, "--format", "{{.Repository}}:{{.Tag}}").split()
    assert names("created") == [HELLO, BASE, "localhost/base:2"]
    assert names("repository") == [BASE, HELLO, "localhost/base:2"]
    assert names("tag") == [HELLO, "localhost/base:2", BASE]
    assert names("size") == [BASE, "localhost/base:2", HELLO]
    loaded.fails("images", "--sort", "colour", code=125)


def test_intermediate_images_are_hidden(loaded, made):
    loaded.ok("untag", BASE)
    loaded.ok("images")
    assert made.base.id[:12] not in loaded.ok("images", "-q")
    assert made.base.id[:12] in loaded.ok("images", "-q", "-a")
    assert loaded.ok("images", "-aq", "-f", "intermediate=true") == made.base.id[:12]


def test_format(loaded, made):
    def shown(template, *more):
        return loaded.ok("images", "--format", template, *more)
    assert shown("{{.Repository}}:{{.Tag}} {{.ID}}").splitlines()[0] == f"{HELLO} {made.hello.id[:12]}"
    assert shown("{{.CreatedAt}}", "hello") == "2024-05-06 07:08:09 +0000 UTC"
    assert shown("{{.CreatedTime}}", "base:2") == "2023-01-02 03:04:05.25 +0000 UTC"
    assert shown("{{.Labels}} {{.Label \"app\"}} {{index .Labels \"nosuch\"}}|", "hello") == "map[app:hello] hello |"
    assert shown("{{.ParentId}}", "hello") == made.base.id
    assert shown("{{.Names}} {{join .Names \",\"}}", "base:2") == \
        "[docker.io/library/base:latest localhost/base:2] docker.io/library/base:latest,localhost/base:2"
    assert shown("{{.Created}}|{{.CreatedSince}}", "hello").split("|")[0].endswith("ago")
    assert rows(shown("table {{.ID}} {{.Repository}} {{upper .Tag}}"))[:2] == [
        ["IMAGE ID", "REPOSITORY", "TAG"], [made.hello.id[:12], "example.com/team/hello", "1"]]
    assert rows(shown("table {{.ID}}\\t{{.ReadOnly}}", "--noheading"))[0] == [made.hello.id[:12], "false"]
    assert shown("{{range .}}{{.Tag}},{{end}}") == "1,latest,2,"
    assert "column 3: there is no field \"Nosuch\"" in loaded.fails("images", "--format", "{{.Nosuch}}", code=125)


def test_json(loaded, made):
    listed = loaded.json("images", "--format", "json")
    assert listed == loaded.json("images", "--format", "{{json .}}")
    assert [i["Id"] for i in listed] == [made.hello.id, made.base.id, made.base.id]
    assert listed[0]["Names"] == [HELLO] and listed[0]["Created"] == 1714979289
    assert listed[0]["Labels"] == {"app": "hello"} and listed[0]["Containers"] == 0
    assert listed[0]["Size"] == sum(len(layer) for layer in made.hello.layers)
    assert all(d.startswith("example.com/team/hello@sha256:") for d in listed[0]["RepoDigests"])


def test_nothing_to_list(cubby):
    assert rows(cubby.ok("images")) == [["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"]]
    assert cubby.json("images", "--format", "json") == []
    assert cubby.ok("images", "-q") == "" and cubby.ok("images", "--format", "{{.ID}}") == ""


def test_inspect(loaded, made):
    (i,) = loaded.json("image", "inspect", "example.com/team/hello:1")
    assert i["Id"] == made.hello.id and i["RepoTags"] == [HELLO]
    assert i["Config"] == {"Cmd": ["cat", "/hello.txt"], "Labels": {"app": "hello"}}
    assert i["RootFS"] == {"Type": "layers", "Layers": [image.digest_of(x) for x in made.hello.layers]}
    assert i["Created"] == image.CREATED and i["Architecture"] == image.host_architecture() and i["Os"] == "linux"
    assert len(i["History"]) == 2
    assert loaded.json("inspect", "--type", "image", made.hello.id[:12]) == [i]
    assert loaded.json("inspect", HELLO) == [i]
    assert loaded.ok("image", "inspect", "-f", "{{.Created}} {{.Created.Year}} {{.Config.Cmd}}", HELLO) == \
        "2024-05-06 07:08:09 +0000 UTC 2024 [cat /hello.txt]"
    assert loaded.ok("inspect", "-f", "{{range $k, $v := .Config.ExposedPorts}}{{$k}}{{end}}", BASE) == "80/tcp"


def test_inspect_of_several_kinds(loaded, made, busybox_root):
    loaded.ok("run", "--name", "box", "--rootfs", busybox_root, "true")
    both = loaded.json("inspect", "box", HELLO)
    assert both[0]["Name"] == "box" and both[1]["Id"] == made.hello.id
    done = loaded("inspect", "nosuch", HELLO)
    assert done.code == 125 and 'no such object: "nosuch"' in done.stderr and made.hello.id in done.stdout
    assert "box: image not known" in loaded.fails("image", "inspect", "box", code=125)
    assert "no such container" in loaded.fails("container", "inspect", HELLO, code=125)
    assert "no names or ids specified" in loaded.fails("inspect", code=125)


def test_history(loaded, made):
    table = rows(loaded.ok("history", HELLO))
    assert table[0] == ["ID", "CREATED", "CREATED BY", "SIZE", "COMMENT"]
    assert [r[0] for r in table[1:]] == [made.hello.id[:12], made.base.id[:12]]
    assert table[1][2].endswith("...") and len(table[1][2]) == 45
    whole = loaded.ok("history", "--no-trunc", HELLO)
    assert made.hello.id in whole and "x" * 50 in whole
    assert loaded.ok("history", "-q", HELLO).split() == [made.hello.id[:12], made.base.id[:12]]
    plain = rows(loaded.ok("history", "--human=false", BASE))
    assert plain[0] == table[0] and (plain[1][1], plain[1][3]) == (OLDER, str(len(made.base.layers[0])))
    entries = loaded.json("history", "--format", "json", HELLO)
    assert [e["size"] for e in entries] == [len(x) for x in reversed(made.hello.layers)]
    assert entries[0]["CreatedBy"].startswith("/bin/sh -c echo hi")
    assert loaded.ok("image", "history", "-q", BASE) == made.base.id[:12]


def test_tree(loaded):
    lines = loaded.ok("image", "tree", HELLO).splitlines()
    assert lines[1] == f"Tags:     [{HELLO}]" and lines[3] == "Image Layers"
    assert re.fullmatch(r"├── ID: [0-9a-f]{12} Size: +[0-9.]+[kM]?B Top Layer of: "
                        r"\[docker.io/library/base:latest localhost/base:2\]", lines[4]), lines
    assert lines[5].startswith("└── ID: ") and lines[5].endswith(f"Top Layer of: [{HELLO}]")
    lines = loaded.ok("image", "tree", "--whatrequires", BASE).splitlines()
    assert lines[5].startswith("    └── ID: ") and HELLO in lines[5]


def test_exists(loaded, made):
    for name in (HELLO, "base", made.base.id, made.base.id[:5], "sha256:" + made.base.id):
        assert loaded("image", "exists", name).code == 0, name
    done = loaded("image", "exists", "nosuch")
    assert (done.code, done.stdout, done.stderr) == (1, "", "")


@pytest.mark.parametrize("words", [
    ("history", "nosuch"), ("image", "tree", "nosuch"), ("tag", "nosuch", "a"), ("untag", "nosuch"),
    ("push", "nosuch"), ("save", "-o", "x.tar", "nosuch"), ("image", "inspect", "nosuch")])
def test_unknown_image(cubby, words):
    assert "nosuch: image not known" in cubby.fails(*words, code=125)
