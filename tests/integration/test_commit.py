# SPDX-License-Identifier: Apache-2.0
"""commit: what becomes of a container's changes, its settings, its ids; the result runs and travels."""

import json
import os
import re
import tarfile

import pytest

from support import image, process

pytestmark = pytest.mark.subids


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    path = os.path.join(shared_dir, "commit.tar")
    if not os.path.exists(path):
        base = image.busybox(pristine_root, Entrypoint=["env"], Cmd=["true"], User="0", Env=["PATH=/bin", "A=1"],
                             Labels={"from": "base"}, Volumes={"/srv": {}}, ExposedPorts={"80/tcp": {}})
        base = base.add({"opaque/old": "old\n", "gone/file": "gone\n", "kept": "kept\n"})
        image.oci_archive(path, {"localhost/base:1": base})
    return path


@pytest.fixture
def images(cubby, archive):
    cubby.ok("load", "-q", "-i", archive)


CHANGES = "rm -r /opaque /gone; mkdir /opaque; echo new >/opaque/new; echo more >>/kept; ln /kept /hard; " \
          "ln -s kept /link; chown 9:8 /opaque/new; chmod 4755 /opaque/new; mkdir -p /a/b; chmod 1777 /a"
LOOK = "cat /opaque/* /kept; ls -d /gone /opaque/old 2>/dev/null; stat -c %u:%g:%a /opaque/new; stat -c %h:%a /kept /a; " \
       "readlink /link"
SEEN = "new\nkept\nmore\n9:8:4755\n2:644\n3:1777\nkept"


def run_config(cubby, name):
    return cubby.json("image", "inspect", name)[0]["Config"]


@pytest.mark.parametrize("options", [[], ["--uidmap", "0:3000:2000"]], ids=["plain", "mapped"])
def test_files(cubby, images, options, skopeo, base):
    cubby.ok("run", "-d", "--name", "box", *options, "localhost/base:1", "sh", "-c", CHANGES + "; sleep 1000")
    process.wait_until(lambda: "1777" in cubby("exec", "box", "stat", "-c", "%a", "/a").stdout, "the changes")
    result = cubby("commit", "box", "changed")
    assert result.stderr == "" and re.fullmatch("[0-9a-f]{64}\n", result.stdout) and result.code == 0
    look = ["--rm", "--entrypoint", "sh", "changed", "-c", LOOK]
    assert cubby.ok("run", *look) == SEEN
    assert cubby.ok("run", "--uidmap", "0:1:1000", *look) == SEEN
    assert cubby.ok("diff", "changed").splitlines() == [
        "A /a", "A /a/b", "C /etc", "D /gone", "A /hard", "C /kept", "A /link", "C /opaque", "A /opaque/new", "D /opaque/old"]
    # one layer more, of which the store has all that others need
    layers = cubby.json("image", "inspect", "changed")[0]["RootFS"]["Layers"]
    assert layers[:-1] == cubby.json("image", "inspect", "localhost/base:1")[0]["RootFS"]["Layers"]
    cubby.ok("save", "-q", "--format", "oci-archive", "-o", f"{base}/out.tar", "changed")
    seen = json.loads(skopeo.ok("inspect", "--config", f"oci-archive:{base}/out.tar"))
    assert seen["rootfs"]["diff_ids"] == layers and len(seen["history"]) == len(layers)
    skopeo.ok("copy", "--insecure-policy", f"oci-archive:{base}/out.tar", f"docker-archive:{base}/docker.tar:x/y:1")
    cubby.ok("rm", "-f", "-t", "0", "box")
    cubby.ok("rmi", "changed")
    cubby.ok("load", "-q", "-i", f"{base}/docker.tar")
    assert cubby.ok("run", "--rm", "--entrypoint", "sh", "docker.io/x/y:1", "-c", LOOK) == SEEN
    assert cubby.ok("system", "check") == ""


def test_places_of_mounts_are_no_files(cubby, images, base):
    cubby.ok("run", "--name", "box", "-v", f"{base}:/mnt/host", "--tmpfs", "/mem", "localhost/base:1",
             "sh", "-c", "echo x >/run/mine")
    cubby.ok("commit", "-q", "box", "changed")
    cubby.ok("save", "-q", "--format", "oci-archive", "-o", f"{base}/out.tar", "changed")
    with tarfile.open(f"{base}/out.tar") as tar:
        manifest = json.load(tar.extractfile(member(tar, json.load(tar.extractfile("index.json"))["manifests"][0])))
        with tarfile.open(fileobj=tar.extractfile(member(tar, manifest["layers"][-1]))) as layer:
            names = {m.name for m in layer if m.name.strip("./")}
    assert names == {"run", "run/mine", "mnt", "etc"}  # /etc: its time of change


def member(tar, descriptor):
    return tar.getmember("blobs/" + descriptor["digest"].replace(":", "/"))


def test_config(cubby, images, base):
    cubby.ok("run", "--name", "box", "-e", "B=2", "-l", "own=1", "-w", "/tmp", "-v", f"{base}:/vol", "--user", "7:8",
             "localhost/base:1", "sh", "-c", "true")
    cubby.ok("commit", "-q", "box", "plain")
    got = run_config(cubby, "plain")
    assert (got["Entrypoint"], got["Cmd"]) == (["env"], ["sh", "-c", "true"])
    assert got["Env"] == ["PATH=/bin", "A=1", "B=2"] and got["WorkingDir"] == "/tmp" and got["User"] == "7:8"
    assert got["Labels"] == {"from": "base", "own": "1"} and got["Volumes"] == {"/srv": {}}
    assert got["ExposedPorts"] == {"80/tcp": {}}
    with open(f"{base}/config.json", "w", encoding="utf-8") as f:
        json.dump({"Env": ["A=from file", "F=f"], "Labels": {"file": "1"}, "StopSignal": "SIGINT", "User": ""}, f)
    changes = ['CMD ["a", "b c"]', "ENTRYPOINT=/bin/sh -x", "ENV C=3 D=4", "EXPOSE 81/udp", "LABEL l=m", "ONBUILD RUN x",
               "STOPSIGNAL SIGQUIT", "USER 5", "VOLUME /v /w", "WORKDIR sub"]
    said = cubby.ok("container", "commit", "--include-volumes", "--config", f"{base}/config.json", "--author", "me",
                    "-m", "why", "--iidfile", f"{base}/iid", *[x for c in changes for x in ("-c", c)], "box")
    seen = cubby.json("image", "inspect", said)[0]
    got = seen["Config"]
    with open(f"{base}/iid", encoding="utf-8") as f:
        assert f.read() == said == seen["Id"]
    assert (got["Entrypoint"], got["Cmd"]) == (["/bin/sh", "-c", "/bin/sh -x"], ["a", "b c"])
    assert got["Env"] == ["PATH=/bin", "A=from file", "B=2", "F=f", "C=3", "D=4"] and got["OnBuild"] == ["RUN x"]
    assert (got["StopSignal"], got["User"], got["WorkingDir"]) == ("SIGQUIT", "5", "/tmp/sub")
    assert set(got["Volumes"]) == {"/srv", "/vol", "/v", "/w"} and set(got["ExposedPorts"]) == {"80/tcp", "81/udp"}
    assert got["Labels"] == {"from": "base", "own": "1", "file": "1", "l": "m"}
    assert seen["Author"] == "me" and seen["RepoTags"] == []
    newest = seen["History"][-1]
    assert (newest["comment"], newest["author"], newest["created"]) == ("why", "me", seen["Created"])


def test_formats_and_squash(cubby, images, base, skopeo):
    cubby.ok("run", "--name", "box", "localhost/base:1", "sh", "-c", CHANGES)
    cubby.ok("commit", "-q", "-f", "docker", "-m", "why", "box", "docker")
    cubby.ok("save", "-q", "--format", "docker-dir", "-o", f"{base}/dir", "docker")
    manifest = json.loads(skopeo.ok("inspect", "--raw", f"dir:{base}/dir"))
    assert manifest["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    assert {x["mediaType"].split(".diff.")[0] for x in manifest["layers"]} == {"application/vnd.docker.image.rootfs"}
    assert cubby.json("image", "inspect", "docker")[0]["Comment"] == "why"
    cubby.ok("commit", "-q", "--squash", "box", "squashed")
    seen = cubby.json("image", "inspect", "squashed")[0]
    assert len(seen["RootFS"]["Layers"]) == len(seen["History"]) == 1
    for name in ("docker", "squashed"):
        assert cubby.ok("run", "--rm", "--entrypoint", "sh", name, "-c", LOOK) == SEEN
    assert "proc" in cubby.ok("run", "--rm", "--entrypoint", "ls", "squashed", "/")


def test_refused(cubby, images, busybox_root):
    cubby.ok("run", "--name", "box", "localhost/base:1", "true")
    cubby.ok("run", "--name", "bare", "--rootfs", busybox_root, "true")
    before = cubby.ok("images", "-a")
    assert "no such container" in cubby.fails("commit", "none", code=125)
    assert "exploded rootfs" in cubby.fails("commit", "bare", code=125)
    assert "not an instruction" in cubby.fails("commit", "-c", "RUN x", "box", code=125)
    assert "squashfs" in cubby.fails("commit", "-f", "squashfs", "box", code=125)
    assert "reference" in cubby.fails("commit", "box", "A Name", code=125)
    assert "--config" in cubby.fails("commit", "--config", "/none", "box", code=125)
    assert cubby.ok("images", "-a") == before and cubby.ok("system", "check") == ""


def test_while_it_stands_still(cubby, images):
    """--pause: none of what is copied changes meanwhile; afterwards it goes on."""
    cubby.ok("run", "-d", "--name", "box", "localhost/base:1", "sh", "-c", "while :; do date >/now; done")
    cubby.ok("commit", "-q", "-p", "box", "still")
    assert cubby.status("box") == "running"
    cubby.ok("rm", "-f", "-t", "0", "box")
