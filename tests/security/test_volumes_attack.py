# SPDX-License-Identifier: Apache-2.0
"""What root of a container leaves in a volume, and archives that somebody else has made: neither leads out of it."""

import io
import os
import tarfile

import pytest

from support import image

pytestmark = pytest.mark.subids


@pytest.fixture
def loaded(cubby, shared_dir, pristine_root):
    path = shared_dir + "/volumes-attack.tar"
    if not os.path.exists(path):
        image.docker_archive(path, {"localhost/a:1": image.busybox(pristine_root)})
    cubby.ok("load", "-q", "-i", path)
    return cubby


def archive(path, *members):
    with tarfile.open(path, "w") as tar:
        for name, kind, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            data = b"pwned" if kind == tarfile.REGTYPE else b""
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def test_links_in_a_volume(loaded, base):
    """A subpath, an import and an export meet links that point at the host."""
    os.mkdir(base + "/host")
    with open(base + "/host/secret", "w") as f:
        f.write("of the host")
    loaded.ok("run", "--rm", "-v", "v:/v", "a:1", "sh", "-c",
              f"ln -s {base}/host /v/out; ln -s ../../../../../../../../../..{base}/host /v/up; ln -s {base}/host/secret /v/file; "
              "mkdir /v/in; ln -s /in /v/fine")
    for path in ("out", "up", "out/..", "file", "out/secret", f"../../../..{base}/host"):
        said = loaded("run", "--rm", "--mount", f"type=volume,src=v,dst=/m,subpath={path}", "a:1", "sh", "-c", "cat /m /m/*")
        assert "of the host" not in said.stdout, (path, said)
    assert loaded.ok("run", "--rm", "--mount", "type=volume,src=v,dst=/m,subpath=fine", "a:1", "sh", "-c", "touch /m/x; ls /m") == "x"
    archive(base + "/a.tar", ("out/new", tarfile.REGTYPE, ""), ("up/new", tarfile.REGTYPE, ""), ("file", tarfile.REGTYPE, ""))
    loaded("volume", "import", "v", base + "/a.tar")
    with open(base + "/host/secret") as f:
        assert f.read() == "of the host" and os.listdir(base + "/host") == ["secret"]
    loaded.ok("volume", "export", "-o", base + "/v.tar", "v")
    with open(base + "/v.tar", "rb") as f:
        assert b"of the host" not in f.read()


@pytest.mark.parametrize("members", [
    [("../../../out", tarfile.REGTYPE, "")],
    [("a/../../../out", tarfile.REGTYPE, "")],
    [(".wh.x", tarfile.REGTYPE, "")],
    [("l", tarfile.LNKTYPE, "/etc/passwd")],
])
def test_refused_archives(cubby, base, members):
    cubby.ok("volume", "create", "v")
    archive(base + "/a.tar", *members)
    cubby.fails("volume", "import", "v", base + "/a.tar", code=125)
    assert os.listdir(f"{cubby.data}/volumes") == ["v"] and os.listdir(f"{cubby.data}/volumes/v") == ["_data"]


def test_the_place_is_a_link(loaded, base):
    """An image, or the container before its restart, has a link where a volume or a secret goes."""
    os.mkdir(base + "/host")
    loaded.ok("secret", "create", "s", "-", input="hidden")
    loaded.ok("run", "-d", "--name", "linker", "-v", "v:/v/d", "--secret", "s,target=/k/s", "a:1", "sleep", "100")
    loaded.ok("exec", "linker", "sh", "-c", "echo in-volume >/v/d/f")
    loaded.ok("stop", "-t", "0", "linker")
    inside = loaded.ok("inspect", "-f", "{{.Id}}", "linker")
    upper = f"{loaded.data}/containers/{inside}/upper"
    replace = ["sh", "-c", f"rm -r {upper}/v {upper}/k; ln -s {base}/host {upper}/v; ln -s {base}/host {upper}/k"]
    if loaded.user.is_root:
        os.system(f"sh -c '{replace[2]}'")
    else:
        loaded.ok("unshare", *replace)
    loaded("start", "linker")
    assert os.listdir(base + "/host") == []


def test_a_volume_has_no_devices(loaded):
    """nosuid and nodev, unless somebody says otherwise."""
    options = loaded.ok("run", "--rm", "-v", "v:/v", "a:1", "grep", " /v ", "/proc/mounts").split()[3].split(",")
    assert "nosuid" in options and "nodev" in options
