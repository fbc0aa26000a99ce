# SPDX-License-Identifier: Apache-2.0
"""Limits, the freezer, statistics: only where a cgroup (version 2) can be made.

As root below a cgroup of the test's own; as an ordinary user where systemd has delegated one
(systemd-run --user --scope -p Delegate=yes pytest ...).
"""

import json
import os
import signal

import pytest

from support import process

TOP = "/sys/fs/cgroup"


def own_parent():
    with open("/proc/self/cgroup", encoding="utf-8") as f:
        path = next((line[3:].strip() for line in f if line.startswith("0::")), "/")
    return os.path.dirname(path)


def usable():
    where = TOP if os.geteuid() == 0 else TOP + own_parent()
    return os.path.exists(TOP + "/cgroup.controllers") and os.access(where, os.W_OK)


pytestmark = pytest.mark.skipif(not usable(), reason="no cgroup can be made here")


@pytest.fixture
def path(user):
    """linux.cgroupsPath of the test; relative for a user: it lands beside the test's own cgroup."""
    name = f"cubby-test-{os.getpid()}"
    return f"/{name}/c1" if user.is_root else f"{name}/c1"


@pytest.fixture
def directory(path, runtime):
    where = TOP + (path if path.startswith("/") else f"{own_parent().rstrip('/')}/{path}")
    yield where
    runtime.ok("delete", "--force", "c1")
    assert not os.path.exists(where)
    for d in (where, os.path.dirname(where)):
        if os.path.isdir(d):
            os.rmdir(d)


@pytest.fixture
def start(runtime, busybox_root, path, directory):
    def make(resources=None, command="sleep 1000", **changes):
        config = runtime.config(["sh", "-c", command], busybox_root)
        config["linux"]["cgroupsPath"] = path
        config["linux"]["resources"] = resources or {}
        config.update(changes)
        runtime.detached("run", "-d", "--bundle", runtime.bundle(config), "c1",
                         out=os.path.join(runtime.base, "out"))
        return directory
    return make


def read(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8") as f:
        return f.read().strip()


def test_the_container_is_in_its_cgroup_and_takes_it_along(runtime, start, directory):
    start()
    assert str(runtime.state("c1")["pid"]) in read(directory, "cgroup.procs").split()
    runtime.ok("delete", "--force", "c1")
    assert not os.path.exists(directory)


def test_limits(runtime, start):
    d = start({"memory": {"limit": 64 << 20, "swap": 96 << 20, "reservation": 16 << 20},
               "pids": {"limit": 50},
               "cpu": {"quota": 50000, "period": 100000, "shares": 2048},
               "unified": {"memory.high": str(48 << 20)}})
    assert read(d, "memory.max") == str(64 << 20)
    assert read(d, "memory.low") == str(16 << 20)
    assert read(d, "memory.high") == str(48 << 20)
    if os.path.exists(d + "/memory.swap.max"):
        assert read(d, "memory.swap.max") == str(32 << 20)
    assert read(d, "pids.max") == "50"
    assert read(d, "cpu.max") == "50000 100000"
    assert read(d, "cpu.weight") == "79"


def test_cpuset(runtime, start):
    d = start({"cpu": {"cpus": "0"}})
    assert read(d, "cpuset.cpus") == "0"


def test_the_limit_of_processes_holds(runtime, start):
    start({"pids": {"limit": 6}}, "for i in 1 2 3 4 5 6 7 8; do sleep 100 & done; wait")
    process.wait_until(lambda: len(runtime.json("ps", "-f", "json", "c1")) >= 5 or
                       runtime.status("c1") == "stopped", "the processes")
    assert len(runtime.json("ps", "-f", "json", "c1")) <= 6


def test_too_much_memory_is_a_kill(runtime, busybox_root, path, directory):
    config = runtime.config(["sh", "-c", "x=a; while :; do x=$x$x; done"], busybox_root)
    config["linux"]["cgroupsPath"] = path
    config["linux"]["resources"] = {"memory": {"limit": 16 << 20, "swap": 16 << 20}}
    assert runtime.run_config(config).code in (137, 2)
    assert not os.path.exists(directory)


def test_a_wrong_limit_leaves_nothing(runtime, busybox_root, path, directory):
    config = runtime.config(["true"], busybox_root)
    config["linux"]["cgroupsPath"] = path
    config["linux"]["resources"] = {"cpu": {"cpus": "9999"}}
    result = runtime.run_config(config)
    assert result.code == 1 and "linux.resources.cpu.cpus" in result.stderr, result
    assert not os.path.exists(directory)
    assert runtime.ok("list", "-q") == ""


def test_a_cgroup_in_use_is_refused(runtime, start, busybox_root, path):
    start()
    config = runtime.config(["true"], busybox_root)
    config["linux"]["cgroupsPath"] = path
    assert "is in use by other processes" in runtime.run_config(config, name="c2").stderr
    assert runtime.status("c1") == "running"


@pytest.mark.parametrize("bad", ["/", "/../x", "a/../../b", "/x\ny"])
def test_hostile_paths(runtime, busybox_root, bad):
    config = runtime.config(["true"], busybox_root)
    config["linux"]["cgroupsPath"] = bad
    result = runtime.run_config(config)
    assert result.code == 1 and "cgroupsPath" in result.stderr, result


def test_pause_and_resume(runtime, start):
    d = start(command="while :; do echo tick; sleep 0.05; done")
    runtime.ok("pause", "c1")
    assert runtime.status("c1") == "paused"
    assert "frozen 1" in read(d, "cgroup.events")
    assert "is paused, not running" in runtime.fails("pause", "c1")
    assert "it is paused" in runtime.fails("exec", "c1", "true")
    assert "not stopped: paused" in runtime.fails("delete", "c1")
    runtime.ok("resume", "c1")
    assert runtime.status("c1") == "running"
    assert "is running, not paused" in runtime.fails("resume", "c1")
    assert runtime.ok("exec", "c1", "echo", "again") == "again"


def test_exec_into_a_paused_container_waits(runtime, start):
    start()
    runtime.ok("pause", "c1")
    p = runtime.start("exec", "--ignore-paused", "c1", "echo", "thawed")
    with pytest.raises(Exception):
        p.wait(0.5)
    runtime.ok("resume", "c1")
    assert p.communicate(timeout=20)[0] == "thawed\n"


def test_a_paused_container_can_be_killed_and_deleted(runtime, start):
    start()
    runtime.ok("pause", "c1")
    runtime.ok("delete", "--force", "c1")
    assert runtime.ok("list", "-q") == ""


def test_update(runtime, start, base):
    d = start({"cpu": {"quota": 30000, "period": 100000}})
    runtime.ok("update", "--memory", "32m", "--pids-limit", "20", "c1")
    assert read(d, "memory.max") == str(32 << 20) and read(d, "pids.max") == "20"
    runtime.ok("update", "--cpu-period", "50000", "c1")
    assert read(d, "cpu.max") == "30000 50000"
    runtime.ok("update", "--resources", "-", "c1", input='{"pids": {"limit": -1}}')
    assert read(d, "pids.max") == "max"
    assert "at least one limit" in runtime.fails("update", "c1")
    assert "no such limit" in runtime.fails("update", "--kernel-memory", "10m", "c1")
    assert "less than" in runtime.fails(
        "update", "--resources", "-", "c1",
        input='{"memory": {"limit": 4096, "checkBeforeUpdate": true}}')


def test_events(runtime, start):
    start({"memory": {"limit": 64 << 20}, "pids": {"limit": 9}})
    event = runtime.json("events", "--stats", "c1")
    assert (event["type"], event["id"]) == ("stats", "c1")
    data = event["data"]
    assert data["pids"] == {"current": 1, "limit": 9}
    assert data["memory"]["usage"]["limit"] == 64 << 20
    assert 0 < data["memory"]["usage"]["usage"] < 64 << 20
    assert data["cpu"]["usage"]["total"] > 0
    assert "anon" in data["memory"]["raw"]
    p = runtime.start("events", "--interval", "100ms", "c1")
    for _ in range(3):
        assert json.loads(p.stdout.readline())["type"] == "stats"
    p.send_signal(signal.SIGTERM)
    p.communicate(timeout=10)


@pytest.mark.root
def test_kill_all_without_a_process_namespace(runtime, busybox_root, path, directory):
    """The cgroup knows what belongs to the container, even where its processes are the host's."""
    config = runtime.config(["sh", "-c", "sleep 1000 & sleep 1001; true"], busybox_root)
    config["linux"]["namespaces"] = [n for n in config["linux"]["namespaces"] if n["type"] != "pid"]
    config["linux"]["cgroupsPath"] = path
    runtime.detached("run", "-d", "--bundle", runtime.bundle(config), "c1")
    process.wait_until(lambda: len(runtime.json("ps", "-f", "json", "c1")) == 3, "three processes")
    pids = runtime.json("ps", "-f", "json", "c1")
    runtime.ok("kill", "--all", "c1", "KILL")
    for pid in pids:
        process.wait_gone(pid)


@pytest.mark.root
def test_device_rules(runtime, busybox_root, path, directory):
    config = runtime.config(["sh", "-c", "mknod /dev/m c 1 1 && echo made; head -c1 /dev/m; "
                                         "head -c1 /dev/zero | wc -c; mknod /dev/k c 1 11; "
                                         "echo x >/dev/k && echo kmsg"], busybox_root)
    config["linux"]["cgroupsPath"] = path
    for kind in ("bounding", "effective", "permitted"):
        config["process"]["capabilities"][kind] = ["CAP_MKNOD", "CAP_SYS_RAWIO", "CAP_DAC_OVERRIDE",
                                                   "CAP_SYSLOG"]
    config["linux"]["resources"] = {"devices": [
        {"allow": False, "access": "rwm"},
        {"allow": True, "type": "c", "major": 1, "minor": 11, "access": "w"}]}
    result = runtime.run_config(config)
    assert result.lines == ["made", "1", "kmsg"], result
    assert "Operation not permitted" in result.stderr


def test_disabled_cgroups(runtime, busybox_root, path, directory):
    config = runtime.config(["cat", "/proc/self/cgroup"], busybox_root)
    config["linux"]["cgroupsPath"] = path
    with open("/proc/self/cgroup", encoding="utf-8") as f:
        ours = f.read()
    assert runtime.ok("--cgroup-manager", "disabled", "run", "--bundle", runtime.bundle(config),
                      "c1") + "\n" == ours
    assert not os.path.exists(directory)
