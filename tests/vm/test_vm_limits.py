# SPDX-License-Identifier: Apache-2.0
"""Limits: what is written to the cgroup, what update changes, what inspect says, and what is refused."""

import os
import stat

import pytest

MIB = 1 << 20
MONITOR_MEMORY, MONITOR_TASKS = 64 * MIB, 64
LIMITS = """-m 64m --memory-swap 96m --memory-reservation 32m --cpus 0.5 -c 512 --cpuset-cpus 0 --pids-limit 50
--blkio-weight 500 --cgroup-conf memory.high=48m""".split()


def disk():
    """The machine's disk, and its numbers."""
    for name in sorted(os.listdir("/sys/block")):
        path = f"/dev/{name}"
        if not name.startswith(("loop", "ram", "zram", "sr")) and os.path.exists(path):
            number = os.stat(path).st_rdev
            assert stat.S_ISBLK(os.stat(path).st_mode)
            return path, f"{os.major(number)}:{os.minor(number)}"
    return None, None


def files(group, *names):
    return [group.read(name) for name in names]


def host_config(cubby, name):
    return cubby.inspect(name)["HostConfig"]


def test_each_limit_update_and_restart(cubby, cgroup_of):
    cubby.ok("run", "-d", "--network=none", "--name", "web", *LIMITS, "busybox", "sleep", "1000")
    group = cgroup_of("web")
    assert files(group, "memory.max", "memory.swap.max", "memory.low", "memory.high") == \
        [str(64 * MIB), str(32 * MIB), str(32 * MIB), str(48 * MIB)]
    assert files(group, "cpu.max", "cpu.weight", "cpuset.cpus", "pids.max") == ["50000 100000", "20", "0", "50"]
    assert group.read("io.bfq.weight") == "default 500" or group.read("io.weight") == "default 4950"
    # weights count beside other scopes; the monitor has its own share
    scope = group.parent
    assert scope.name.endswith(".scope") and scope.read("cpu.weight") == "20"
    assert scope.number("memory.max") == 64 * MIB + MONITOR_MEMORY and scope.number("pids.max") == 50 + MONITOR_TASKS
    shown = host_config(cubby, "web")
    wanted = {"Memory": 64 * MIB, "MemorySwap": 96 * MIB, "MemoryReservation": 32 * MIB, "CpuShares": 512,
              "CpuPeriod": 100000, "CpuQuota": 50000, "NanoCpus": 500000000, "CpusetCpus": "0", "PidsLimit": 50,
              "BlkioWeight": 500, "CgroupConf": {"memory.high": "48m"}, "CgroupManager": "systemd",
              "Cgroups": "default"}
    assert {k: shown[k] for k in wanted} == wanted

    cubby.ok("update", "-m", "128m", "--memory-reservation", "-1", "--cpus", "1.5", "--pids-limit", "70",
             "--cgroup-conf", "memory.high=max", "web")
    assert cgroup_of("web").path == group.path
    after = [str(128 * MIB), str(128 * MIB), "0", "max", "150000 100000", "20", "70"]
    names = ["memory.max", "memory.swap.max", "memory.low", "memory.high", "cpu.max", "cpu.weight", "pids.max"]
    assert files(group, *names) == after
    assert scope.number("memory.max") == 128 * MIB + MONITOR_MEMORY and scope.number("pids.max") == 70 + MONITOR_TASKS
    assert "cannot be less than memory reservation" in cubby.fails("update", "--memory-reservation", "1g", "web", code=125)
    cubby.ok("restart", "-t", "0", "web")
    assert files(cgroup_of("web"), *names) == after
    shown = host_config(cubby, "web")
    assert (shown["Memory"], shown["MemoryReservation"], shown["NanoCpus"]) == (128 * MIB, 0, 1500000000)

    cubby.ok("update", "-m", "-1", "--cpus", "0", "--pids-limit", "-1", "web")
    assert files(cgroup_of("web"), "memory.max", "cpu.max", "pids.max") == ["max", "max 100000", "max"]
    shown = host_config(cubby, "web")
    assert (shown["Memory"], shown["NanoCpus"], shown["PidsLimit"]) == (0, 0, 0)
    # a clone has those of now, and its own
    cubby.ok("update", "--memory", "96m", "web")
    cubby.ok("container", "clone", "--cpus", "0.7", "web", "twin")
    shown = host_config(cubby, "twin")
    assert (shown["Memory"], shown["CpuShares"], shown["NanoCpus"], shown["PidsLimit"]) == (96 * MIB, 512, 700000000, 0)
    # at rest: from the next start on
    cubby.ok("stop", "-t", "0", "web")
    cubby.ok("update", "--pids-limit", "33", "web")
    cubby.ok("start", "web")
    assert cgroup_of("web").read("pids.max") == "33"


def test_defaults_and_settings(cubby, cgroup_of, base):
    cubby.ok("run", "-d", "--network=none", "--name", "usual", "busybox", "sleep", "1000")
    assert files(cgroup_of("usual"), "pids.max", "memory.max") == ["2048", "max"]
    assert host_config(cubby, "usual")["PidsLimit"] == 2048
    conf = os.path.join(base, "containers.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write('[containers]\npids_limit = 99\ncgroup_conf = ["memory.high=1g"]\n')
    cubby.ok("run", "-d", "--network=none", "--name", "set", "busybox", "sleep", "1000", env={"CONTAINERS_CONF": conf})
    assert files(cgroup_of("set"), "pids.max", "memory.high") == ["99", str(1 << 30)]
    cubby.ok("run", "-d", "--network=none", "--name", "without", "--cgroups=disabled", "busybox", "sleep", "1000")
    assert host_config(cubby, "without")["Cgroups"] == "disabled"
    assert "cubby-" not in cgroup_of("without").path
    assert "cannot be used together" in cubby.fails("run", "--cgroups=disabled", "-m", "1g", "busybox", "true", code=125)


def test_mistakes_name_the_option(cubby):
    for words, said in (
            (["-m", "4096"], "memory ran out before the program began"),
            (["--cgroup-conf", "memory.max=banana"], '--cgroup-conf: write "banana" to memory.max'),
            (["--cgroup-conf", "memory.nosuch=1"], "--cgroup-conf: this kernel's cgroups have no file memory.nosuch"),
            (["--cgroup-parent", "nosuch"], "--cgroup-parent: ")):
        assert said in cubby.fails("run", "--rm", "--network=none", *words, "busybox", "true", code=125)


def test_parent_is_a_slice(cubby, cgroup_of):
    cubby.ok("run", "-d", "--network=none", "--name", "inside", "--cgroup-parent", "cubbytest.slice", "-m", "64m", "busybox", "sleep", "1000")
    assert "/cubbytest.slice/" in cgroup_of("inside").path
    assert host_config(cubby, "inside")["CgroupParent"] == "cubbytest.slice"


def test_steps_of_a_build(cubby, base):
    with open(os.path.join(base, "Dockerfile"), "w", encoding="utf-8") as f:
        f.write("FROM localhost/busybox\nRUN cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max\n")
    said = cubby("build", "--no-cache", "--network=none", "-m", "80m", "--cpu-quota", "70000", base)
    assert said.code == 0, said
    assert str(80 * MIB) in said.stdout + said.stderr and "70000 100000" in said.stdout + said.stderr


def test_disks(cubby, cgroup_of):
    path, number = disk()
    if not path:
        pytest.skip("no disk")
    cubby.ok("run", "-d", "--network=none", "--name", "slow", "--device-write-bps", f"{path}:1mb", "--device-read-iops", f"{path}:50",
             "busybox", "sleep", "1000")
    assert cgroup_of("slow").read("io.max") == f"{number} rbps=max wbps={MIB} riops=50 wiops=max"
    assert host_config(cubby, "slow")["BlkioDeviceWriteBps"] == [{"Path": path, "Rate": MIB}]
    cubby.ok("update", "--device-write-bps", f"{path}:2mb", "--device-read-iops", f"{path}:0", "slow")
    assert cgroup_of("slow").read("io.max") == f"{number} rbps=max wbps={2 * MIB} riops=max wiops=max"


@pytest.mark.rootless
def test_what_is_not_delegated_is_named(cubby):
    said = cubby.fails("run", "--cgroup-conf", "hugetlb.2MB.max=0", "busybox", "true", code=125)
    assert said.startswith("Error: --cgroup-conf: ") and "hugetlb" in said
    assert "rootless" in cubby.fails("run", "--device-cgroup-rule", "c 1:3 r", "busybox", "true", code=125)
    assert cubby.names() == []


@pytest.mark.root
def test_devices_denied_then_allowed(cubby):
    path, number = disk()
    kind = f"b {number}"
    read = "dd if=/tmp/disk of=/dev/null bs=512 count=1 2>&1"
    write = "dd if=/dev/null of=/tmp/disk bs=512 count=0 conv=notrunc 2>&1"
    cubby.ok("run", "-d", "--network=none", "--name", "strict", "--userns=host", "--cap-add", "MKNOD", "busybox", "sleep", "1000")
    cubby.ok("exec", "strict", "mknod", "/tmp/disk", *kind.replace(":", " ").split())
    assert "not permitted" in cubby("exec", "strict", "sh", "-c", read).stdout
    cubby.ok("update", "--device-cgroup-rule", f"{kind} r", "strict")
    cubby.ok("exec", "strict", "sh", "-c", read)
    assert "not permitted" in cubby("exec", "strict", "sh", "-c", write).stdout
    # after a start as well; what every container has was there all the time
    cubby.ok("restart", "-t", "0", "strict")
    cubby.ok("exec", "strict", "sh", "-c", read + " && echo x > /dev/null && head -c 1 /dev/urandom")
    cubby.ok("run", "--rm", "--network=none", "--userns=host", "--device", f"{path}:/tmp/disk:r", "busybox", "sh", "-c", f"{read} && ! {write}")
