# SPDX-License-Identifier: Apache-2.0
"""--cgroupns, and what needs a cgroup, on whatever host this is; tests/vm has the rest."""

import json
import os

import pytest

from support import image
from support.cgroup import TOP

UNIFIED = os.path.exists(TOP + "/cgroup.controllers")


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    path = os.path.join(shared_dir, "views.tar")
    image.oci_archive(path, {"localhost/busybox:1": image.busybox(pristine_root)})
    return path


@pytest.fixture
def box(cubby, archive):
    cubby.ok("load", "-q", "-i", archive)
    yield cubby
    cubby.ok("pod", "rm", "-f", "-t", "0", "-a")


def space(cubby, *options):
    return cubby.ok("run", "--rm", "--network=none", *options, "busybox:1", "readlink", "/proc/self/ns/cgroup")


def test_namespaces(box):
    own = os.readlink("/proc/self/ns/cgroup")
    assert space(box) != own and space(box, "--cgroupns=private") != own
    assert space(box, "--cgroupns", "host") == own
    box.ok("run", "-d", "--network=none", "--name", "first", "busybox:1", "sleep", "100")
    theirs = box.ok("exec", "first", "readlink", "/proc/self/ns/cgroup")
    assert space(box, "--cgroupns", "container:first") == theirs != own
    # what is writable in there is nobody's but the container's own
    mounts = box.ok("run", "--rm", "--network=none", "--cgroupns=container:first", "--security-opt", "unmask=ALL", "busybox:1", "cat",
                      "/proc/mounts")
    assert all(" ro," in line for line in mounts.splitlines() if " cgroup2 " in line) or box.user.is_root
    document = box.inspect("first")["HostConfig"]
    assert document["CgroupMode"] == "private"
    said = box.fails("run", "--cgroupns", "shareable", "busybox:1", "true", code=125)
    assert "unrecognized namespace mode" in said and "private, host, container:NAME, ns:PATH" in said
    said = box.fails("run", "--cgroupns", "container:none-such", "busybox:1", "true", code=125)
    assert "none-such" in said


def test_systemd_needs_a_cgroup(box):
    for options in (["--cgroups=disabled"], ["--cgroupns=host"]):
        said = box.fails("run", "--systemd=always", *options, "busybox:1", "true", code=125)
        assert said.startswith("Error: --systemd=always: "), said
        assert "version 2" in said or "of its own" in said
    assert box.ok("ps", "-aq") == ""


def test_pod_limits_that_cannot_be_kept(box):
    if not UNIFIED:
        for option in (["--memory", "64m"], ["--cpus", "0.5"], ["--cpuset-cpus", "0"], ["--pids-limit", "20"]):
            said = box.fails("pod", "create", *option, "tight", code=125)
            assert f"{option[0]}: " in said and "\n" in said, said
        assert "--cgroup-parent" in box.fails("pod", "create", "--cgroup-parent", "a.slice", "tight", code=125)
        assert box.ok("pod", "ps", "-q") == box.ok("ps", "-aq") == ""
    assert "--memory" in box.fails("pod", "create", "--memory", "1k", "tight", code=125)
    assert "--cpus" in box.fails("pod", "create", "--cpus", "none", "tight", code=125)
    box.ok("pod", "create", "--network=none", "--share-parent=false", "--share", "+cgroup", "wide")
    shown = json.loads(box.ok("pod", "inspect", "wide"))
    shown = shown[0] if isinstance(shown, list) else shown
    assert shown["CreateCgroup"] == UNIFIED or not shown["CgroupPath"]
    assert "cgroup" in shown["SharedNamespaces"] and "memory_limit" not in shown
    box.ok("run", "-d", "--pod", "wide", "--name", "one", "busybox:1", "sleep", "100")
    assert box.ok("run", "--rm", "--pod", "wide", "busybox:1", "readlink", "/proc/self/ns/cgroup") == box.ok("exec", "one", "readlink", "/proc/self/ns/cgroup")
    box.ok("pod", "rm", "-f", "-t", "0", "wide")
