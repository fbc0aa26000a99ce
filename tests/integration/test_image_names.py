# SPDX-License-Identifier: Apache-2.0
"""tag, untag, rmi, image prune, system df, check and prune."""

import os

import pytest

from support import image

pytestmark = pytest.mark.subids


@pytest.fixture(scope="session")
def made(shared_dir, pristine_root):
    class Made:
        base = image.busybox(pristine_root)
        other = image.Image([image.tar_of({"file": "x" * 100000})], {"Cmd": ["/file"]})
        path = shared_dir + "/names.tar"

    image.docker_archive(Made.path, {("localhost/base:1", "localhost/base:2"): Made.base, None: Made.other})
    return Made


@pytest.fixture
def loaded(cubby, made):
    cubby.ok("load", "-q", "-i", made.path)
    return cubby


def names(cubby):
    return set(cubby.ok("images", "--format", "{{.Repository}}:{{.Tag}}").split())


def test_tag(loaded, made):
    loaded.ok("tag", "base:1", "other", "registry.example.com:5000/a/b:c", "docker.io/library/base")
    assert names(loaded) == {"localhost/base:1", "localhost/base:2", "localhost/other:latest", "<none>:<none>",
                             "registry.example.com:5000/a/b:c", "docker.io/library/base:latest"}
    # a name moves
    loaded.ok("tag", made.other.id[:12], "base:1")
    assert loaded.ok("images", "-q", "base:1") == made.other.id[:12]
    for bad in ("A", "a:b:c", "-", "a//b", ""):
        assert loaded("tag", "base:2", "good", bad).code == 125
    assert "localhost/good:latest" not in names(loaded)
    loaded.fails("tag", "base:2", code=125)


def test_untag(loaded):
    loaded.ok("tag", "base:1", "third", "fourth")
    loaded.ok("untag", "base:1", "third", "localhost/fourth:latest")
    assert names(loaded) == {"localhost/base:1", "localhost/base:2", "<none>:<none>"}
    assert "nosuch: image not known" in loaded.fails("untag", "base:1", "nosuch", code=125)
    loaded.ok("untag", "base:1")
    assert names(loaded) == {"<none>:<none>"} or names(loaded) == {"<none>:<none>", "localhost/base:<none>"}


def test_rmi_of_names(loaded, made):
    assert loaded.ok("rmi", "base:1") == "Untagged: localhost/base:1"
    assert loaded.ok("rmi", "base:2") == f"Untagged: localhost/base:2\nDeleted: {made.base.id}"
    assert loaded.ok("images", "-q") == made.other.id[:12]
    assert loaded.ok("image", "rm", made.other.id[:8]) == f"Deleted: {made.other.id}"


def test_rmi_by_id(loaded, made):
    said = loaded.fails("rmi", made.base.id[:12], code=2)
    assert "more than one tag" in said and "force" in said
    assert loaded.ok("rmi", "-f", made.base.id[:12]).splitlines()[-1] == f"Deleted: {made.base.id}"


def test_rmi_of_missing_ones(loaded, made):
    done = loaded("rmi", "nosuch", "base:1", "other")
    assert done.code == 1 and done.stdout == "Untagged: localhost/base:1\n"
    assert done.stderr.count("image not known") == 2
    assert loaded("rmi", "-i", "nosuch").code == 0 and loaded("rmi", "-f", "nosuch").code == 0
    assert "must be specified" in loaded.fails("rmi", code=125)
    assert "may not pass any" in loaded.fails("rmi", "-a", "base:2", code=125)


def test_rmi_of_one_in_use(loaded, made):
    loaded.ok("run", "--name", "c", "base:2", "true")
    loaded.ok("untag", "base:2", "base:1")
    said = loaded.fails("rmi", "base:2", code=2)
    assert "image is in use by a container" in said and "cubby rm" in said
    assert loaded.ok("images", "-q", "-f", "containers=true") == made.base.id[:12]
    done = loaded("rmi", "--all")
    assert done.code == 2 and made.other.id in done.stdout
    assert loaded.names() == ["c"]
    loaded.ok("rmi", "-f", "base:2")
    assert loaded.names() == [] and loaded.ok("images", "-q") == ""


def test_rmi_all(loaded):
    loaded.ok("rmi", "-a")
    assert loaded.ok("images", "-aq") == ""
    loaded.ok("rmi", "-a")
    assert loaded.ok("system", "check") == ""


def test_prune(loaded, made):
    assert loaded.ok("image", "prune", "-f", "--filter", "label=nosuch") == ""
    assert loaded("image", "prune", input="n\n").stdout.count("WARNING! This command removes all dangling images.") == 1
    assert len(names(loaded)) == 3
    assert loaded("image", "prune", input="y\n").stdout.splitlines()[-1].endswith(made.other.id)
    loaded.ok("run", "--name", "c", "base:1", "true")
    assert loaded.ok("image", "prune", "--all", "-f") == ""
    loaded.ok("rm", "c")
    assert loaded.ok("image", "prune", "--all", "-f", "--filter", "until=2024-01-01") == ""
    assert loaded.ok("image", "prune", "--all", "-f") == made.base.id


def test_system_df(loaded, made):
    lines = loaded.ok("system", "df").splitlines()
    assert lines[0].split() == ["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"]
    assert lines[1].split()[:3] == ["Images", "2", "0"]
    sums = {s["Type"]: s for s in loaded.json("system", "df", "--format", "json")}
    assert sums["Images"]["RawSize"] >= 100000 and sums["Containers"]["Total"] == 0
    loaded.ok("run", "--name", "c", "base:1", "sh", "-c", "head -c 200000 /dev/zero >/big")
    sums = {s["Type"]: s for s in loaded.json("system", "df", "--format", "json")}
    assert sums["Images"]["Active"] == 1 and sums["Containers"]["RawSize"] >= 200000
    assert loaded.ok("system", "df", "--format", "{{.Type}}:{{.Total}}").splitlines()[:2] == ["Images:2", "Containers:1"]
    verbose = loaded.ok("system", "df", "-v")
    assert made.base.id[:12] in verbose and "Containers space usage:" in verbose
    loaded.fails("system", "df", "-v", "--format", "json", code=125)


def test_system_prune(loaded, made):
    loaded.ok("run", "--name", "c", "base:1", "true")
    loaded.ok("run", "-d", "--name", "lives", "base:1", "sleep", "1000")
    assert "all stopped containers" in loaded("system", "prune", input="n\n").stdout
    said = loaded.ok("system", "prune", "-f")
    assert "Deleted Containers" in said and made.other.id in said and "Total reclaimed space:" in said
    assert loaded.names() == ["lives"]
    loaded.ok("system", "prune", "-a", "-f")
    assert loaded.ok("images", "-q") == made.base.id[:12]
    loaded.fails("system", "prune", "--filter", "a=b", "-f", code=125)


def test_system_check(loaded, made, user):
    assert loaded.ok("system", "check") == ""
    blobs = os.path.join(loaded.data, "blobs", "sha256")
    with open(os.path.join(blobs, made.base.id), "r+b") as f:
        f.write(b"x")
    assert loaded.ok("system", "check", "--quick") == ""
    done = loaded("system", "check")
    assert done.code == 125 and made.base.id[:12] in done.stdout and "--repair" in done.stderr
    assert loaded("system", "check", "--repair").code == 0
    assert loaded.ok("system", "check") == ""
