# SPDX-License-Identifier: Apache-2.0
"""The other engines and tools do here what the image tests want of them: make an image, hand it on, run it."""

import json
import os

import pytest

from support import process

pytestmark = [pytest.mark.subids, pytest.mark.slow]


def check_config(config, tool):
    assert config["config"]["User"] == "carol"
    assert config["config"]["WorkingDir"] == "/home/carol"
    assert f"MADE_BY={tool}" in config["config"]["Env"]
    assert config["config"]["Cmd"] == ["cat", "/etc/made-by"]
    assert config["config"]["Labels"]["made-by"] == tool


def test_buildah_makes_and_podman_runs(buildah, podman, skopeo, own_root):
    buildah.make("localhost/b:1", own_root)
    check_config(skopeo.config(skopeo.stored("localhost/b:1")), "buildah")
    assert podman.ok("run", "--rm", "localhost/b:1") == "buildah"
    assert podman.ok("run", "--rm", "localhost/b:1", "sh", "-c", "id -un; pwd; ls -d /mnt 2>&1 | grep -c No") \
        == "carol\n/home/carol\n1"


def test_podman_makes_saves_loads_and_runs(podman, skopeo, own_root, base):
    podman.make("localhost/p:1", own_root)
    for kind in ("docker-archive", "oci-archive"):
        path = os.path.join(base, kind + ".tar")
        podman.ok("save", "--format", kind, "-o", path, "localhost/p:1")
        check_config(skopeo.config(f"{kind}:{path}"), "podman")
    podman.ok("rmi", "localhost/p:1")
    podman.ok("load", "-i", path)
    assert podman.ok("run", "--rm", "localhost/p:1") == "podman"


def test_umoci_makes_and_skopeo_copies(umoci, skopeo, podman, own_root, base):
    name = umoci.make(os.path.join(base, "layout") + ":1", own_root)
    check_config(skopeo.config(f"oci:{name}"), "umoci")
    skopeo.ok("copy", f"oci:{name}", f"dir:{base}/copied")
    assert skopeo.layers(f"oci:{name}") == skopeo.layers(f"dir:{base}/copied")
    assert skopeo.digest(f"oci:{name}") == skopeo.digest(f"dir:{base}/copied")
    skopeo.ok("copy", f"oci:{name}", skopeo.stored("localhost/u:1"))
    assert podman.ok("run", "--rm", "localhost/u:1") == "umoci"


@pytest.mark.root
def test_docker_makes_saves_and_loads(docker, skopeo, own_root, base):
    docker.make("d:1", own_root)
    path = os.path.join(base, "d.tar")
    docker.ok("save", "-o", path, "d:1")
    check_config(skopeo.config(f"docker-archive:{path}"), "docker")
    docker.ok("rmi", "d:1")
    docker.ok("load", "-i", path)
    assert json.loads(docker.ok("image", "inspect", "d:1"))[0]["Config"]["User"] == "carol"


@pytest.mark.root
def test_nothing_of_dockerd_is_left(docker):
    pids = docker.pids()
    assert len(pids) >= 2
    mounts = process.mounts_below("/sys/fs/cgroup")
    docker.end()
    assert not [p for p in pids if process.alive(p)]
    assert process.mounts_below("/sys/fs/cgroup") == mounts
    assert not process.mounts_below(docker.base)
