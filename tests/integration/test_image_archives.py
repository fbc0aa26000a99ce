# SPDX-License-Identifier: Apache-2.0
"""load, save, import, export, diff, image mount, as somebody at the command line sees them."""

import os
import subprocess
import tarfile

import pytest

from support import image

pytestmark = pytest.mark.subids


@pytest.fixture(scope="session")
def made(shared_dir, pristine_root):
    class Made:
        base = image.busybox(pristine_root)
        hello = base.add({"hello.txt": "hi\n", "etc/group": None}).with_config(Cmd=["cat", "/hello.txt"])
        path = shared_dir + "/archives.tar"

    image.docker_archive(Made.path, {("localhost/base:1", "example.com/base:2"): Made.base, "localhost/hello:1": Made.hello})
    return Made


@pytest.fixture
def loaded(cubby, made):
    cubby.ok("load", "-q", "-i", made.path)
    return cubby


def names(cubby):
    return set(cubby.ok("images", "--format", "{{.Repository}}:{{.Tag}}").split())


def test_load(cubby, made, base):
    done = cubby("load", "-i", made.path)
    assert set(done.stdout.splitlines()) == {
        "Loaded image: localhost/base:1", "Loaded image: example.com/base:2", "Loaded image: localhost/hello:1"}
    assert "Copying blob" in done.stderr
    with open(made.path, "rb") as f:
        done = cubby("load", "-q", stdin=f)
    assert (done.code, done.stderr) == (0, "") and len(done.stdout.splitlines()) == 3
    image.oci_archive(base + "/o.tar", {None: made.hello})
    cubby.ok("rmi", "-a", "-f")
    assert cubby.ok("load", "-q", "-i", base + "/o.tar") == f"Loaded image: sha256:{made.hello.id}"
    image.oci_layout(base + "/layout", {"x": made.base})
    assert cubby.ok("load", "-q", "-i", base + "/layout") == "Loaded image: localhost/x:latest"


def test_load_says_what_is_wrong(cubby, base, terminal):
    assert "no such file or directory" in cubby.fails("load", "-i", base + "/nosuch", code=125)
    cubby.fails("load", code=125)                               # /dev/null
    cubby.fails("load", input="no archive\n" * 100, code=125)
    child = terminal(cubby.argv("load"))
    child.expect("cannot read an archive from a terminal")


def test_save(loaded, made, base):
    loaded.ok("save", "-q", "-o", base + "/a.tar", "hello:1", "another:2")
    with tarfile.open(base + "/a.tar") as tar:
        assert "manifest.json" in tar.getnames()
    with open(base + "/b.tar", "wb") as out:
        assert loaded("save", "base:1", stdout=out).code == 0
    loaded.ok("save", "-q", "-m", "-o", base + "/both.tar", "hello:1", "base:1")
    loaded.ok("save", "-q", "--format", "oci-archive", "-o", base + "/o.tar", "hello:1")
    loaded.ok("save", "-q", "--format", "oci-dir", "-o", base + "/o", "hello:1")
    loaded.ok("save", "-q", "--format", "docker-dir", "-o", base + "/d", "hello:1")
    assert os.path.exists(base + "/o/index.json") and os.path.exists(base + "/d/manifest.json")
    for archive, want in (("a.tar", {"localhost/hello:1", "localhost/another:2"}), ("b.tar", {"localhost/base:1"}),
                          ("both.tar", {"localhost/hello:1", "localhost/base:1"}), ("o.tar", {"localhost/hello:1"}),
                          ("o", {"localhost/hello:1"})):
        loaded.ok("rmi", "-a", "-f")
        loaded.ok("load", "-q", "-i", f"{base}/{archive}")
        assert names(loaded) == want, archive
        if "hello" in str(want):
            assert loaded.ok("run", "--rm", "hello:1") == "hi"


def test_save_says_what_is_wrong(loaded, base, terminal):
    assert "only docker-archive" in loaded.fails("save", "-m", "--format", "oci-archive", "-o", "x", "base:1", "hello:1", code=125)
    assert "must not hold a colon" in loaded.fails("save", "-o", "a:b", "base:1", code=125)
    assert "--output must name it" in loaded.fails("save", "--format", "oci-dir", "base:1", code=125)
    assert "no such file or directory" in loaded.fails("save", "-o", base + "/no/such.tar", "base:1", code=125)
    assert "not supported yet" in loaded.fails("save", "--compress", "base:1", code=125)
    assert not os.path.exists(base + "/x")
    child = terminal(loaded.argv("save", "base:1"))
    child.expect("refusing to save to terminal")


def test_import(cubby, made, base):
    tar = base + "/root.tar"
    with open(tar, "wb") as f:
        f.write(made.base.layers[0])
    said = cubby.ok("import", "-q", "-m", "a note", "-c", 'CMD ["echo", "imported"]', "-c", "ENV A=b C=d", "-c",
                    "LABEL x=y", "--change", "WORKDIR /tmp", tar, "mine:1")
    assert said.startswith("sha256:") and cubby.ok("run", "--rm", "mine:1") == "imported"
    (i,) = cubby.json("image", "inspect", "mine:1")
    assert i["Config"]["Env"] == ["A=b", "C=d"] and i["Config"]["Labels"] == {"x": "y"}
    assert i["Config"]["WorkingDir"] == "/tmp" and i["History"][-1]["comment"] == "a note"
    assert i["Architecture"] == image.host_architecture() and i["Id"] == said[7:]
    with open(tar, "rb") as f:
        id = cubby.ok("import", "-q", "--arch", "arm64", "-", stdin=f)
    assert cubby.ok("image", "inspect", "-f", "{{.Architecture}} {{.RepoTags}}", id) == "arm64 []"
    subprocess.run(["gzip", "-k", tar], check=True)
    assert cubby.ok("import", "-q", tar + ".gz", "mine:2").startswith("sha256:")
    assert "not an instruction" in cubby.fails("import", "-c", "RUN make", tar, code=125)
    assert "no such file or directory" in cubby.fails("import", base + "/nosuch", code=125)
    assert "lowercase" in cubby.fails("import", tar, "Mine", code=125)


def test_export(loaded, base):
    loaded.ok("run", "--name", "c", "base:1", "sh", "-c", "echo new >/new; rm /etc/group")
    loaded.ok("export", "-o", base + "/c.tar", "c")
    with tarfile.open(base + "/c.tar") as tar:
        found = {name.lstrip("./") for name in tar.getnames()}
        assert {"new", "etc/passwd", "bin/busybox"} <= found and "etc/group" not in found
    with open(base + "/c.tar", "rb") as f:
        loaded.ok("import", "-q", "-", "snapshot", stdin=f)
    assert loaded.ok("run", "--rm", "snapshot", "cat", "/new") == "new"
    assert "no such container" in loaded.fails("export", "-o", base + "/x", "nosuch", code=125)
    assert not os.path.exists(base + "/x")


def test_diff(loaded, busybox_root):
    loaded.ok("run", "--name", "c", "base:1", "sh", "-c", "echo >/new; rm /etc/group; echo >>/etc/passwd")
    lines = loaded.ok("diff", "c").splitlines()
    assert {"A /new", "D /etc/group", "C /etc/passwd", "C /etc"} <= set(lines) and lines == sorted(lines, key=lambda x: x[2:])
    parts = loaded.json("container", "diff", "--format", "json", "c")
    assert "/new" in parts["added"] and "/etc/group" in parts["deleted"]
    assert {"A /hello.txt", "D /etc/group"} <= set(loaded.ok("image", "diff", "hello:1").splitlines())
    assert {"A /hello.txt", "D /etc/group"} <= set(loaded.ok("diff", "hello:1", "base:1").splitlines())
    assert 'no such object: "nosuch"' in loaded.fails("diff", "nosuch", code=125)
    loaded.fails("diff", "--format", "xml", "c", code=125)


@pytest.mark.root
def test_mount(loaded, made):
    path = loaded.ok("image", "mount", "hello:1")
    try:
        with open(path + "/hello.txt", encoding="utf-8") as f:
            assert f.read() == "hi\n"
        assert not os.path.exists(path + "/etc/group")
        with pytest.raises(OSError):
            open(path + "/x", "w", encoding="utf-8")
        assert loaded.ok("image", "mount").split() == ["localhost/hello:1", path]
        (mount,) = loaded.json("image", "mount", "--format", "json")
        assert (mount["id"], mount["mountpoint"]) == (made.hello.id, path)
        assert loaded.ok("image", "mount", "hello:1") == path
        assert loaded.ok("image", "unmount", "hello:1") == made.hello.id
        assert os.path.exists(path + "/hello.txt")
    finally:
        loaded.ok("image", "unmount", "-a", "-f")
    assert loaded.ok("image", "mount") == "" and not os.path.exists(path + "/hello.txt")
    loaded.fails("image", "unmount", "hello:1", code=125)
    loaded.fails("image", "unmount", code=125)
