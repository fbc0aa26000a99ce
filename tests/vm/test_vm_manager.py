# SPDX-License-Identifier: Apache-2.0
"""Who makes the cgroups: scopes of systemd with and without a session, cgroupfs, split, none; the OCI runtime's too."""

import json
import os
import shutil
import subprocess

import pytest

from support import cgroup

MB = 1 << 20
MONITOR_MEMORY, MONITOR_TASKS = 64 * MB, 64


def scope_of(group):
    """The name of the scope that a container's cgroup lies in."""
    return next(part for part in group.path.split("/") if part.endswith(".scope"))


def top_of(group):
    return cgroup.Cgroup(group.path[:group.path.index(".scope") + len(".scope")])


def parent_pid(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
        return int(f.read().rsplit(")", 1)[1].split()[1])


def test_a_scope_with_the_limits_as_properties(cubby, cgroup_of, systemd, eventually, user):
    cubby.ok("run", "-d", "--name", "web", "--memory", "64m", "--cpus", "0.5", "--cpu-shares", "512",
             "--pids-limit", "50", "--cpuset-cpus", "0", "busybox", "sleep", "inf")
    group = cgroup_of("web")
    scope = top_of(group)
    assert "/container" in group.path and scope.parent.name == ("machine.slice" if user.is_root else "user.slice")
    limits = scope.child("container")
    assert limits.number("memory.max") == 64 * MB and limits.number("memory.swap.max") == 64 * MB
    assert limits.read("cpu.max") == "50000 100000" and limits.number("pids.max") == 50
    assert limits.read("cpuset.cpus.effective") == "0"
    shown = systemd.show(scope.name, "MemoryMax", "TasksMax", "CPUWeight", "CPUQuotaPerSecUSec", "Delegate", "AllowedCPUs",
                         "CollectMode", "ActiveState")
    assert shown["MemoryMax"] == str(64 * MB + MONITOR_MEMORY) and shown["TasksMax"] == str(50 + MONITOR_TASKS)
    assert shown["CPUWeight"] == "20" and shown["CPUQuotaPerSecUSec"] == "600ms" and shown["AllowedCPUs"] == "0"
    assert shown["Delegate"] == "yes" and shown["ActiveState"] == "active"
    monitor = parent_pid(cubby.pid("web"))
    assert cgroup.of_process(monitor).path == scope.child("monitor").path

    cubby.ok("update", "--memory", "96m", "--pids-limit", "70", "web")
    assert limits.number("memory.max") == 96 * MB and limits.number("pids.max") == 70
    shown = systemd.show(scope.name, "MemoryMax", "TasksMax")
    assert shown == {"MemoryMax": str(96 * MB + MONITOR_MEMORY), "TasksMax": str(70 + MONITOR_TASKS)}

    # started again at once, while the old scope ends
    cubby.ok("restart", "-t", "0", "web")
    again = top_of(cgroup_of("web"))
    assert again.path == scope.path and again.child("container").number("memory.max") == 96 * MB
    cubby.ok("rm", "-f", "-t", "0", "web")
    eventually(lambda: not scope.exists, "the scope to go")


def test_nothing_of_a_session_is_needed(cubby, cgroup_of, bare_environment):
    cubby.ok("run", "-d", "--name", "bare", "--memory", "32m", "busybox", "sleep", "inf", env=bare_environment)
    assert top_of(cgroup_of("bare")).child("container").number("memory.max") == 32 * MB
    cubby.ok("rm", "-f", "-t", "0", "bare")


def test_the_monitor_stays_outside_with_no_conmon(cubby, cgroup_of, eventually):
    cubby.ok("run", "-d", "--name", "apart", "--cgroups=no-conmon", "--pids-limit", "30", "busybox", "sleep", "inf")
    group, own = cgroup_of("apart"), cgroup.of_process()
    assert top_of(group).child("container").number("pids.max") == 30
    assert cgroup.of_process(parent_pid(cubby.pid("apart"))).path == own.path
    assert cubby.ok("exec", "apart", "echo", "hello") == "hello"
    eventually(lambda: not top_of(group).child("monitor").all_pids(), "whoever held the scope to end")
    cubby.ok("rm", "-f", "-t", "0", "apart")
    eventually(lambda: not top_of(group).exists, "the scope to go")


def test_split_stays_below_the_unit(cubby, systemd, cgroup_of, eventually):
    said = cubby.fails("run", "--rm", "--cgroups=split", "busybox", "true", code=125) \
        if os.geteuid() != 0 else "not delegated"
    assert "not delegated" in said
    unit = "cubby-test-split.service"
    systemd.unit(unit, "[Service]\nDelegate=yes\n" + "".join(
        f'Environment="{k}={v}"\n' for k, v in cubby.env.items() if k in ("PATH", "HOME", "LANG"))
        + f"ExecStart={' '.join(cubby.argv('run', '--name', 'inunit', '--cgroups=split', '--memory=40m', '--init', 'busybox', 'sleep', 'inf'))}\n")
    systemd.ok("start", unit)
    eventually(lambda: cubby("inspect", "--format", "{{.State.Running}}", "inunit").stdout.strip() == "true", "the container")
    group = cgroup_of("inunit")
    assert f"/{unit}/" in group.path
    top = cgroup.Cgroup(group.path[:group.path.index(unit) + len(unit)])
    assert not top.pids() and "monitor" in top.children()
    name = next(c for c in top.children() if c.startswith("cubby-"))
    assert top.child(name).number("memory.max") == 40 * MB
    systemd.ok("stop", unit)
    eventually(lambda: not top.exists, "the unit's cgroup to go")


@pytest.mark.root
def test_cgroupfs_when_it_is_asked_for(cubby, cgroup_of):
    cubby.ok("--cgroup-manager=cgroupfs", "run", "-d", "--name", "files", "--cgroup-parent", "/cubby-test-batch",
             "--pids-limit", "20", "busybox", "sleep", "inf")
    group = cgroup_of("files")
    assert group.path.startswith(f"{cgroup.TOP}/cubby-test-batch/")
    limits = cgroup.Cgroup("/".join(group.path.split("/")[:6]))
    assert limits.number("pids.max") == 20
    cubby.ok("rm", "-f", "-t", "0", "files")
    assert not limits.exists
    os.rmdir(f"{cgroup.TOP}/cubby-test-batch")
    said = cubby.fails("--cgroup-manager=cgroupfs", "run", "--rm", "--cgroup-parent", "batch.slice", "busybox", "true", code=125)
    assert "slice" in said


@pytest.mark.root
def test_limits_that_systemd_has_no_property_for(cubby, cgroup_of):
    cubby.ok("run", "-d", "--name", "more", "--cgroup-conf=hugetlb.2MB.max=0", "--cgroup-conf=memory.high=50000000",
             "busybox", "sleep", "inf")
    limits = top_of(cgroup_of("more")).child("container")
    assert limits.number("hugetlb.2MB.max") == 0 and limits.number("memory.high") // 4096 == 50000000 // 4096
    cubby.ok("rm", "-f", "-t", "0", "more")


@pytest.mark.rootless
def test_a_slice_of_the_users_choice(cubby, cgroup_of, systemd):
    cubby.ok("run", "-d", "--name", "sliced", "--cgroup-parent", "user-cubbytest.slice", "busybox", "sleep", "inf")
    assert "/user.slice/user-cubbytest.slice/cubby-" in cgroup_of("sliced").path
    cubby.ok("rm", "-f", "-t", "0", "sliced")
    systemd.ok("stop", "user-cubbytest.slice")
    for bad in ("a--b.slice", "x.service"):
        assert "slice" in cubby.fails("run", "--rm", "--cgroup-parent", bad, "busybox", "true", code=125)


@pytest.mark.root
def test_a_user_without_a_manager_is_told(cubby, base):
    """bob is not logged in, has no lingering manager, and comes by su."""
    home = os.path.join(base, "bob")
    os.mkdir(home)
    os.makedirs(f"{home}/root/bin")
    shutil.copy("/bin/true", f"{home}/root/bin/true")
    subprocess.run(["chown", "-R", "bob:", home], check=True)
    os.chmod(base, 0o755)
    line = f"{cubby.path} --root {home}/d --runroot {home}/r run --rm --memory 32m --rootfs {home}/root true"
    done = subprocess.run(["su", "bob", "-s", "/bin/sh", "-c", f"cd / && exec env -i HOME={home} PATH=$PATH {line}"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    uid = subprocess.run(["id", "-u", "bob"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    assert done.returncode == 125 and "--memory: the memory controller can't be had" in done.stdout, done
    assert f"loginctl enable-linger {uid}" in done.stdout


def test_the_oci_runtime_with_scopes(runtime, busybox_root, systemd, eventually, user):
    config = runtime.config(["sleep", "inf"], busybox_root)
    name = f"cubbytest-c{os.getpid()}"
    config["linux"]["cgroupsPath"] = f"{'system' if user.is_root else 'user'}.slice:cubbytest:c{os.getpid()}"
    config["linux"]["resources"] = {"pids": {"limit": 33}, "memory": {"limit": 48 * MB}, "cpu": {"shares": 512}}
    runtime.detached("--systemd-cgroup", "run", "-d", "--bundle", runtime.bundle(config), "c1")
    pid = json.loads(runtime.ok("state", "c1"))["pid"]
    group = cgroup.of_process(pid)
    scope = top_of(group)
    assert scope.name == f"{name}.scope" and group.name == "container"
    assert group.number("pids.max") == 33 and group.number("memory.max") == 48 * MB
    assert systemd.show(scope.name, "CPUWeight")["CPUWeight"] == "20"
    assert runtime.ok("exec", "c1", "cat", "/proc/self/cgroup").startswith("0::/")
    runtime.ok("update", "--pids-limit", "44", "c1")
    assert group.number("pids.max") == 44 and systemd.show(scope.name, "TasksMax")["TasksMax"] == str(44 + MONITOR_TASKS)
    runtime.ok("pause", "c1")
    runtime.ok("resume", "c1")
    runtime.ok("delete", "-f", "c1")
    eventually(lambda: not scope.exists, "the scope to go")
    config["linux"]["cgroupsPath"] = "/just/a/path"
    assert "SLICE:PREFIX:NAME" in runtime.fails("--systemd-cgroup", "create", "--bundle", runtime.bundle(config), "c2")
