# SPDX-License-Identifier: Apache-2.0
"""Limits where no cgroup of version 2 can be had: an error before anything is made. tests/vm has the others."""

import os

import pytest

pytestmark = pytest.mark.skipif(os.path.exists("/sys/fs/cgroup/cgroup.controllers"),
                                reason="this host has cgroups of version 2")

ASKED = [
    ["--memory", "64m"], ["-m", "64m"], ["--memory-reservation", "1m"], ["--cpus", "0.5"], ["--cpu-quota", "5000"],
    ["-c", "5"], ["--cpuset-cpus", "0"], ["--pids-limit", "5"], ["--blkio-weight", "50"],
    ["--cgroup-conf", "memory.high=1m"], ["--cgroup-parent", "x.slice"], ["--device-cgroup-rule", "c 1:3 r"],
]
LONG = {"-m": "--memory", "-c": "--cpu-shares"}
# No limit, said in so many ways.
NOTHING = ["-m", "0", "--memory-swap", "-1", "--cpus", "0", "--pids-limit", "-1", "--cpu-shares", "0", "--memory-swappiness",
           "-1", "--oom-kill-disable=false", "--cgroups", "no-conmon"]


def test_refused_before_anything_is_made(cubby, busybox_root, base):
    for words in ASKED:
        said = cubby.fails("run", "--name", "none", *words, "--rootfs", busybox_root, "true", code=125)
        assert said.startswith(f"Error: {LONG.get(words[0], words[0])}: "), said
    assert cubby.names() == []
    cubby.ok("run", "--name", "free", *NOTHING, "--rootfs", busybox_root, "true")
    host = cubby.inspect("free")["HostConfig"]
    assert (host["Memory"], host["PidsLimit"], host["Cgroups"], host["CgroupManager"]) == (0, 0, "disabled", "disabled")
    assert "--memory: " in cubby.fails("update", "--memory", "1g", "free", code=125)
    assert cubby.inspect("free")["HostConfig"]["Memory"] == 0
    cubby.ok("update", "--pids-limit", "-1", "free")
    assert "--cgroups=disabled cannot be used together" in \
        cubby.fails("run", "--cgroups=disabled", "--cpus", "1", "--rootfs", busybox_root, "true", code=125)
    with open(os.path.join(base, "Dockerfile"), "w", encoding="utf-8") as f:
        f.write("FROM scratch\nLABEL a=b\n")
    assert "Error: --memory: " in cubby.fails("build", "--memory", "64m", base, code=125)
    assert "Error: --cpu-quota: " in cubby.fails("build", "--cpu-quota", "5000", base, code=125)
    # a file of settings is a wish where it is about how it is done, and no reason to fail
    conf = os.path.join(base, "containers.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write('[containers]\npids_limit = 99\n[engine]\ncgroup_manager = "cgroupfs"\n')
    cubby.ok("run", "--rm", "--rootfs", busybox_root, "true", env={"CONTAINERS_CONF": conf})
    assert "cgroup version 2" in cubby.fails("--cgroup-manager=cgroupfs", "run", "--rootfs", busybox_root, "true", code=125)
    assert "less than rw access" in cubby.fails("run", "--device", "/dev/null:r", "--rootfs", busybox_root, "true", code=125)
