# SPDX-License-Identifier: Apache-2.0
"""build: what comes out besides an image in the store."""

import json
import os
import stat
import tarfile

import pytest

from support.registry import Registry

DOCKERFILE = """FROM scratch
COPY --chown=12:34 --chmod=4750 a /d/a
COPY b /d/b
"""


@pytest.fixture
def context(base):
    path = os.path.join(base, "context")
    os.mkdir(path)
    for name, text in (("Dockerfile", DOCKERFILE), ("a", "A"), ("b", "B")):
        with open(os.path.join(path, name), "w", encoding="utf-8") as f:
            f.write(text)
    return path


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


@pytest.mark.subids
def test_files(cubby, context, base, user):
    image_id = cubby.ok("build", "-o", "out", "-t", "x", context)
    seen = os.stat(f"{base}/out/d/a")
    assert (read(f"{base}/out/d/a"), read(f"{base}/out/d/b")) == ("A", "B")
    assert (seen.st_uid, seen.st_gid, stat.S_IMODE(seen.st_mode)) == (user.uid, user.gid, 0o750)
    assert cubby.ok("image", "inspect", "-f", "{{.Id}}", "x") == image_id
    # over what is there, and never out of it
    os.mkdir(f"{base}/elsewhere")
    os.remove(f"{base}/out/d/a")
    os.remove(f"{base}/out/d/b")
    os.rmdir(f"{base}/out/d")
    os.symlink(f"{base}/elsewhere", f"{base}/out/d")
    cubby("build", "-o", f"type=local,dest={base}/out", context)
    assert os.listdir(f"{base}/elsewhere") == []
    for options in (["-o", f"type=tar,dest={base}/a.tar"], ["-o", "-"], ["--output=type=tar"]):
        with open(f"{base}/stdout", "wb") as f:
            done = cubby("build", *options, context, stdout=f)
        assert done.code == 0, done
        path = f"{base}/stdout" if "dest" not in options[-1] else f"{base}/a.tar"
        with tarfile.open(path) as t:
            a = next(m for m in t.getmembers() if m.name.endswith("d/a"))
            assert (a.uid, a.gid, a.mode) == (12, 34, 0o4750)
            assert t.extractfile(a).read() == b"A"
    # nothing in it is still an output
    with open(f"{context}/Dockerfile", "w", encoding="utf-8") as f:
        f.write("FROM scratch\nLABEL a=b\n")
    cubby.ok("build", "-o", "type=tar,dest=empty.tar", "-o", "empty", context)
    assert tarfile.open(f"{base}/empty.tar").getnames() == [] and os.listdir(f"{base}/empty") == []


@pytest.mark.subids
def test_archives(cubby, context, base, skopeo):
    image_id = cubby.ok("build", "-t", "app:1", "-o", "type=oci,dest=oci.tar", "-o", "type=docker,dest=docker.tar",
                        "-o", "type=oci,dest=layout,tar=false", "-o", "type=image,name=other:2", context)
    for place in ("oci-archive:oci.tar", "docker-archive:docker.tar", "oci:layout"):
        kind, path = place.split(":")
        seen = json.loads(skopeo.ok("inspect", "--config", f"{kind}:{base}/{path}"))
        assert len(seen["rootfs"]["diff_ids"]) == 2, place
    names = cubby.json("image", "inspect", image_id)[0]["RepoTags"]
    assert sorted(names) == ["localhost/app:1", "localhost/other:2"]
    cubby.ok("rmi", "-f", image_id)
    assert "localhost/app:1" in cubby.ok("load", "-i", f"{base}/docker.tar")
    # the files are those of the cache still
    assert cubby.ok("build", "-o", "again", context) and read(f"{base}/again/d/a") == "A"


@pytest.mark.subids
def test_push_and_lists(cubby, context, base, skopeo):
    with Registry(base) as registry:
        at = f"{registry.host}/team/app"
        image_id = cubby.ok("build", "-q", "--push", "--tls-verify=false", "-t", f"{at}:1", context)
        seen = json.loads(skopeo.ok("inspect", "--config", "--tls-verify=false", f"docker://{at}:1"))
        assert len(seen["rootfs"]["diff_ids"]) == 2
        cubby.ok("build", "-q", "--tls-verify=false", "-o", f"type=registry,name={at}:2", context)
        ids = cubby.ok("build", "-q", "--platform", "linux/amd64,linux/arm64", "--manifest", f"{at}:all", "--push",
                       "--tls-verify=false", context).split()
        assert len(ids) == 2 and image_id
        index = json.loads(skopeo.ok("inspect", "--raw", "--tls-verify=false", f"docker://{at}:all"))
        assert [m["platform"]["architecture"] for m in index["manifests"]] == ["amd64", "arm64"]
        assert cubby.json("manifest", "inspect", f"{at}:all")["manifests"][0]["platform"]["os"] == "linux"
    cubby.ok("build", "-q", "--manifest", "one", context)
    cubby.ok("build", "-q", "--manifest", "one", "--arch", "riscv64", context)
    assert len(cubby.json("manifest", "inspect", "one")["manifests"]) == 2
