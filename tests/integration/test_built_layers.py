# SPDX-License-Identifier: Apache-2.0
"""Images that were built here: their layers have no blobs, and yet they travel, are committed on, checked, removed."""

import hashlib
import io
import json
import os
import tarfile

import pytest

from support import image
from support.registry import Registry
from support.store import Store

pytestmark = pytest.mark.subids

DOCKERFILE = """\
FROM localhost/base:1
RUN rm -r /gone /opaque && mkdir /opaque && echo new >/opaque/new && chown 9:8 /opaque/new && chmod 4755 /opaque/new
RUN true
COPY file /data/file
RUN ln /data/file /data/hard && ln -s file /data/link && rm /kept && mkfifo /data/pipe && dd if=/dev/zero of=/data/big bs=1M count=3
WORKDIR /data
CMD ["cat", "file"]
"""
LOOK = "cat /opaque/*; ls -d /gone /kept /opaque/old 2>/dev/null; stat -c %u:%g:%a /opaque/new; stat -c %h /data/hard; " \
       "readlink /data/link; stat -c %s /data/big; cat file"
SEEN = "new\n9:8:4755\n2\nfile\n3145728\ncontent"


@pytest.fixture(scope="session")
def registry(shared_dir):
    with Registry(shared_dir) as r:
        yield r


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    path = os.path.join(shared_dir, "built.tar")
    base = image.busybox(pristine_root, Cmd=["true"])
    base = base.add({"opaque/old": "old\n", "gone/file": "gone\n", "kept": "kept\n"})
    image.oci_archive(path, {"localhost/base:1": base})
    return path


def context(base, dockerfile=DOCKERFILE):
    path = os.path.join(base, "context")
    os.makedirs(path, exist_ok=True)
    for name, text in (("Dockerfile", dockerfile), ("file", "content\n")):
        with open(os.path.join(path, name), "w", encoding="utf-8") as f:
            f.write(text)
    return path


@pytest.fixture
def built(cubby, archive, base):
    """The id of localhost/built:1."""
    cubby.ok("load", "-q", "-i", archive)
    return cubby.ok("build", "-q", "-t", "built:1", context(base))


def look(cubby, name):
    return cubby.ok("run", "--rm", name, "sh", "-c", LOOK)


def forget(cubby):
    """All images, and the build's cache."""
    cubby.ok("rmi", "-a", "-f")
    cubby.ok("builder", "prune", "-a", "-f")
    cubby.ok("image", "prune", "-f")


def diff_ids(cubby, name):
    return cubby.json("image", "inspect", name)[0]["RootFS"]["Layers"]


def check_no_blobs(cubby, name):
    assert not set(diff_ids(cubby, name)[2:]) & Store(cubby.data).blobs
    Store(cubby.data).check_clean(cubby)


def test_registry(cubby, built, registry, skopeo, podman, base):
    assert look(cubby, "built:1") == SEEN
    layers = diff_ids(cubby, "built:1")
    assert len(layers) == 2 + 3             # "RUN true" has made none; WORKDIR was there
    check_no_blobs(cubby, "built:1")
    name = f"{registry.host}/built"
    cubby.ok("push", "-q", "--tls-verify=false", "built:1", f"{name}:gzip")
    cubby.ok("push", "-q", "--tls-verify=false", "--compression-format", "zstd", "--force-compression", "built:1", f"{name}:zstd")
    cubby.ok("push", "-q", "--tls-verify=false", "--format", "v2s2", "built:1", f"{name}:docker")
    check_no_blobs(cubby, "built:1")
    for tag, suffix in (("gzip", "tar+gzip"), ("zstd", "tar+zstd"), ("docker", "diff.tar.gzip")):
        manifest = json.loads(skopeo.ok("inspect", "--raw", "--tls-verify=false", f"docker://{name}:{tag}"))
        assert {m["mediaType"].split(".", 4)[-1].endswith(suffix) for m in manifest["layers"]} == {True}, manifest
    config = json.loads(skopeo.ok("inspect", "--config", "--tls-verify=false", f"docker://{name}:gzip"))
    assert config["rootfs"]["diff_ids"] == layers
    # others unpack it, and see that the digests are right
    podman.ok("pull", "-q", "--tls-verify=false", f"{name}:gzip")
    assert podman.ok("run", "--rm", f"{name}:gzip", "sh", "-c", LOOK) == SEEN
    forget(cubby)
    assert Store(cubby.data).layers == set() and Store(cubby.data).blobs == set()
    assert cubby.ok("pull", "-q", "--tls-verify=false", f"{name}:gzip") == built
    assert look(cubby, f"{name}:gzip") == SEEN
    # built again on top of what was pulled: the same layers, which now have blobs as well
    Store(cubby.data).check_clean(cubby)


def test_archives(cubby, built, skopeo, base):
    for kind in ("docker-archive", "oci-archive"):
        path = f"{base}/{kind}.tar"
        cubby.ok("save", "-q", "--format", kind, "-o", path, "built:1")
        check_no_blobs(cubby, "built:1")
        skopeo.ok("copy", "--insecure-policy", f"{kind}:{path}", f"dir:{base}/{kind}")
    layers = diff_ids(cubby, "built:1")
    cubby.ok("push", "-q", "built:1", f"oci:{base}/oci")
    assert json.loads(skopeo.ok("inspect", "--config", f"oci:{base}/oci"))["rootfs"]["diff_ids"] == layers
    for kind in ("docker-archive", "oci-archive"):
        forget(cubby)
        cubby.ok("load", "-q", "-i", f"{base}/{kind}.tar")
        assert look(cubby, "built:1") == SEEN
        assert diff_ids(cubby, "built:1") == layers
        Store(cubby.data).check_clean(cubby)


def layers_of(path):
    """The members of each layer's tar in an oci-archive."""
    with tarfile.open(path) as tar:
        def blob(digest):
            return tar.extractfile("blobs/" + digest.replace(":", "/")).read()

        index = json.load(tar.extractfile("index.json"))
        manifest = json.loads(blob(index["manifests"][0]["digest"]))
        config = json.loads(blob(manifest["config"]["digest"]))
        all_of = [blob(m["digest"]) for m in manifest["layers"]]
    assert ["sha256:" + hashlib.sha256(b).hexdigest() for b in all_of[2:]] == config["rootfs"]["diff_ids"][2:]
    result = []
    for data in all_of:
        with tarfile.open(fileobj=io.BytesIO(data)) as layer:
            result.append(layer.getmembers())
    return result


def test_what_a_layer_holds(cubby, built, base):
    """Sorted, without places of mounts, sockets, and the time of a deletion."""
    cubby.ok("save", "-q", "--format", "oci-archive", "-o", f"{base}/out.tar", "built:1")
    first, copied, second = layers_of(f"{base}/out.tar")[2:]
    assert [m.name for m in first] == [".wh.gone", "opaque", "opaque/.wh..wh..opq", "opaque/new"]
    assert [(m.uid, m.gid, m.mode) for m in first if m.name == "opaque/new"] == [(9, 8, 0o4755)]
    assert [m.name for m in copied] == ["data", "data/file"]
    assert [m.name for m in second] == ["data"] + [f"data/{n}" for n in ("big", "file", "hard", "link", "pipe")] + [".wh.kept"]
    assert {m.mtime for m in first + second if ".wh." in m.name} == {0}
    assert [m.linkname for m in second if m.islnk()] == ["data/file"]
    assert all(m.mtime == int(m.mtime) and not m.uname for layer in (first, copied, second) for m in layer)


TOP = """\
FROM localhost/base:1
RUN chown 5:6 / && chmod 1711 / && rm -r /mnt
RUN chmod 555 / && stat -c %u:%g:%a /
RUN touch /file
"""


def test_top_directory(cubby, built, base, user):
    """Another one's, which not even its owner may write to."""
    plain = ["--userns=host"] if user.is_root else []   # with a map of its own a container's root has it
    assert "\n5:6:555\n" in cubby("build", "-t", "top:1", context(base, TOP)).stderr
    cubby.ok("run", "-d", *plain, "--name", "box", "top:1", "stat", "-c", "%u:%g:%a", "/")
    cubby.ok("wait", "box")
    assert cubby.ok("logs", "box") == "5:6:555"
    cubby.ok("start", "box")
    cubby.ok("wait", "box")
    assert cubby.ok("logs", "box") == "5:6:555\n5:6:555"
    cubby.ok("save", "-q", "--format", "oci-archive", "-o", f"{base}/out.tar", "top:1")
    layers = layers_of(f"{base}/out.tar")[2:]
    assert [m.name for m in layers[0]] == [".", ".wh.mnt"] and [m.name for m in layers[2]] == ["file"]
    assert [(m.uid, m.gid, m.mode) for m in (layers[0][0], layers[1][0])] == [(5, 6, 0o1711), (5, 6, 0o555)]
    cubby.ok("rm", "-a", "-f")
    forget(cubby)
    cubby.ok("load", "-q", "-i", f"{base}/out.tar")
    assert cubby.ok("run", "--rm", *plain, "top:1", "stat", "-c", "%u:%g:%a", "/") == "5:6:555"
    Store(cubby.data).check_clean(cubby)


def test_commit_on_top(cubby, built, registry):
    cubby.ok("run", "--name", "box", "built:1", "sh", "-c", "echo more >/more; rm /data/big")
    cubby.ok("commit", "-q", "box", "more:1")
    cubby.ok("rm", "box")
    assert cubby.ok("run", "--rm", "more:1", "sh", "-c", "cat /more /opaque/new; ls /data") == "more\nnew\nfile\nhard\nlink\npipe"
    assert cubby("system", "check").stdout == ""
    cubby.ok("push", "-q", "--tls-verify=false", "more:1", f"{registry.host}/more:1")
    cubby.ok("rmi", "-f", "built:1")
    assert cubby.ok("run", "--rm", "more:1", "cat", "/more") == "more"
    forget(cubby)
    cubby.ok("pull", "-q", "--tls-verify=false", f"{registry.host}/more:1")
    assert cubby.ok("run", "--rm", f"{registry.host}/more:1", "cat", "/more") == "more"


@pytest.mark.rootless
def test_other_ids(cubby, built):
    """The layers once more, with one id for all: from blobs that are made for that."""
    assert cubby.ok("run", "--rm", "--single-id", "built:1", "sh", "-c", "cat file; stat -c %u:%g /opaque/new") == "content\n0:0"
    check_no_blobs(cubby, "built:1")


def test_manifest_list(cubby, built, registry, skopeo):
    cubby.ok("manifest", "create", "list:1", "built:1")
    cubby.ok("manifest", "push", "-q", "--all", "--tls-verify=false", "list:1", f"docker://{registry.host}/list:1")
    index = json.loads(skopeo.ok("inspect", "--raw", "--tls-verify=false", f"docker://{registry.host}/list:1"))
    assert len(index["manifests"]) == 1
    skopeo.ok("copy", "--insecure-policy", "--src-tls-verify=false", "--all", f"docker://{registry.host}/list:1",
              f"dir:{cubby.base}/copied")
    # alone it names the image as it is here, which the registry has not got
    said = cubby.fails("manifest", "push", "-q", "--all=false", "--tls-verify=false", "list:1", f"docker://{registry.host}/list:2",
                       code=125)
    assert "blob unknown to registry" in said
    check_no_blobs(cubby, "built:1")


def test_damage(cubby, built, base, user):
    store = Store(cubby.data)
    chain = [c for c in store.layers if os.path.exists(store.path("layers", c[7:], "data", "file"))][0]
    path = store.path("layers", chain[7:], "data", "file")
    with open(path, "w", encoding="utf-8") as f:
        f.write("other!!\n")
    assert cubby("system", "check", "-q").code == 0
    found = cubby("system", "check")
    assert found.code == 125 and chain in found.stdout and "has been changed" in found.stdout, found
    said = cubby.fails("save", "-q", "-o", f"{base}/out.tar", "built:1", code=125)
    assert chain in said and "Build the image again" in said
    assert store.partial == set() and not set(diff_ids(cubby, "built:1")[2:]) & store.blobs
    user.remove_tree(store.path("layers", chain[7:]))
    assert "built:1" in cubby("system", "check", "-q").stdout
    cubby.ok("builder", "prune", "-a", "-f")
    cubby("system", "check", "--repair")
    assert cubby("image", "exists", "built:1").code == 1
    store.check_clean(cubby)
