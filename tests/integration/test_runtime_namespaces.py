# SPDX-License-Identifier: Apache-2.0
"""Namespaces: new ones, joined ones, time offsets, and names."""

import os

import pytest

FILES = {"pid": "pid", "network": "net", "mount": "mnt", "ipc": "ipc", "uts": "uts", "cgroup": "cgroup",
         "time": "time", "user": "user"}


def with_namespaces(config, *kinds):
    had = {n["type"] for n in config["linux"]["namespaces"]}
    config["linux"]["namespaces"] += [{"type": k} for k in kinds if k not in had]
    return config


def replace_namespace(config, kind, path=None):
    config["linux"]["namespaces"] = [n for n in config["linux"]["namespaces"] if n["type"] != kind]
    if path:
        config["linux"]["namespaces"].append({"type": kind, "path": path})


def add_user_namespace(config, user):
    if user.is_root:
        with_namespaces(config, "user")
        config["linux"]["uidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
        config["linux"]["gidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    return config


def test_every_kind_is_new(runtime, busybox_root, user):
    config = runtime.config(["sh", "-c", "for n in pid net mnt ipc uts cgroup time user; do "
                                         "readlink /proc/self/ns/$n; done"], busybox_root)
    with_namespaces(add_user_namespace(config, user), "cgroup", "time")
    inside = runtime.run_config(config).lines
    assert len(inside) == 8
    for line in inside:
        kind = line.split(":")[0]
        assert line != os.readlink(f"/proc/self/ns/{kind}"), kind


def test_kinds_that_are_not_listed_are_the_callers(runtime, busybox_root):
    config = runtime.config(["sh", "-c", "readlink /proc/self/ns/net; readlink /proc/self/ns/uts"],
                            busybox_root)
    del config["hostname"]
    replace_namespace(config, "network")
    replace_namespace(config, "uts")
    assert runtime.run_config(config).lines == [os.readlink("/proc/self/ns/net"),
                                                os.readlink("/proc/self/ns/uts")]


@pytest.mark.parametrize("kind", ["network", "ipc", "uts", "pid"])
def test_joining_another_containers_namespace(runtime, busybox_root, user, kind):
    first = runtime.config(["sleep", "100"], busybox_root)
    runtime.detached("run", "-d", "--bundle", runtime.bundle(first), "first")
    pid = runtime.state("first")["pid"]
    path = f"/proc/{pid}/ns/{FILES[kind]}"
    wanted = os.readlink(path)
    config = runtime.config(["readlink", f"/proc/self/ns/{FILES[kind]}"], busybox_root)
    if kind == "uts":
        del config["hostname"]
    replace_namespace(config, kind, path)
    if not user.is_root:
        replace_namespace(config, "user", f"/proc/{pid}/ns/user")
        del config["linux"]["uidMappings"], config["linux"]["gidMappings"]
    result = runtime.run_config(config, name="second")
    assert result.lines == [wanted], result


def test_joining_a_pid_namespace_shows_its_processes(runtime, busybox_root, user):
    first = runtime.config(["sleep", "100"], busybox_root)
    runtime.detached("run", "-d", "--bundle", runtime.bundle(first), "first")
    pid = runtime.state("first")["pid"]
    config = runtime.config(["ps"], busybox_root)
    replace_namespace(config, "pid", f"/proc/{pid}/ns/pid")
    if not user.is_root:
        replace_namespace(config, "user", f"/proc/{pid}/ns/user")
        del config["linux"]["uidMappings"], config["linux"]["gidMappings"]
    result = runtime.run_config(config, name="second")
    assert "sleep 100" in result.stdout, result


def test_a_namespace_of_the_wrong_kind_is_refused(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    replace_namespace(config, "network", "/proc/self/ns/uts")
    said = runtime.run_config(config).stderr
    assert "/proc/self/ns/uts" in said and "network" in said


def test_a_namespace_path_that_does_not_exist(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    replace_namespace(config, "network", "/nonexistent/ns")
    said = runtime.run_config(config).stderr
    assert "/nonexistent/ns" in said and "no such file" in said


def test_hostname_and_domainname(runtime, busybox_root):
    config = runtime.config(["sh", "-c", "hostname; cat /proc/sys/kernel/domainname"], busybox_root)
    config["hostname"] = "web-1"
    config["domainname"] = "example.org"
    assert runtime.run_config(config).lines == ["web-1", "example.org"]


def test_a_hostname_without_a_uts_namespace_is_refused(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    replace_namespace(config, "uts")
    before = os.uname().nodename
    said = runtime.run_config(config).stderr
    assert "hostname" in said
    assert os.uname().nodename == before


def test_loopback_is_up(runtime, busybox_root):
    result = runtime.run_config(runtime.config(["sh", "-c", "cat /sys/class/net/lo/operstate 2>/dev/null; "
                                                            "ip -o addr show lo; ping -c1 -W1 127.0.0.1"],
                                               busybox_root))
    assert "127.0.0.1/8" in result.stdout, result


def test_time_offsets(runtime, busybox_root):
    with open("/proc/uptime", encoding="utf-8") as f:
        up = float(f.read().split()[0])
    config = with_namespaces(runtime.config(["cat", "/proc/uptime"], busybox_root), "time")
    config["linux"]["timeOffsets"] = {"boottime": {"secs": 1000000, "nanosecs": 0},
                                      "monotonic": {"secs": 500, "nanosecs": 0}}
    inside = float(runtime.run_config(config).stdout.split()[0])
    assert 1000000 <= inside - up < 1000100


def test_time_offsets_without_a_time_namespace_are_refused(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    config["linux"]["timeOffsets"] = {"boottime": {"secs": 1, "nanosecs": 0}}
    assert "timeOffsets" in runtime.run_config(config).stderr


@pytest.mark.subids
def test_id_maps(runtime, busybox_root, user):
    config = runtime.config(["sh", "-c", "cat /proc/self/uid_map; id -u; sleep 0.1"], busybox_root)
    add_user_namespace(config, user)
    base = 100000 if user.is_root else user.uid
    result = runtime.run_config(config)
    assert result.lines[0].split()[:2] == ["0", str(base)]
    assert result.lines[-1] == "0"


@pytest.mark.root
def test_the_program_runs_as_the_mapped_id(runtime, busybox_root, user):
    config = add_user_namespace(runtime.config(["sleep", "100"], busybox_root), user)
    config["process"]["user"] = {"uid": 1000, "gid": 50}
    runtime.detached("run", "-d", "--bundle", runtime.bundle(config), "c1")
    st = os.stat(f"/proc/{runtime.state('c1')['pid']}")
    assert (st.st_uid, st.st_gid) == (101000, 100050)


@pytest.mark.rootless
def test_a_map_of_one_single_id_needs_no_helper(runtime, busybox_root, user):
    config = runtime.config(["sh", "-c", "cat /proc/self/uid_map; cat /proc/self/setgroups"], busybox_root)
    for key, own in (("uidMappings", user.uid), ("gidMappings", user.gid)):
        config["linux"][key] = [{"containerID": 0, "hostID": own, "size": 1}]
    result = runtime.run_config(config, env={"PATH": "/nonexistent"})
    assert result.code == 0, result
    assert result.lines[0].split() == ["0", str(user.uid), "1"]
    assert result.lines[1] == "deny"


def test_mappings_without_a_user_namespace_are_refused(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    replace_namespace(config, "user")
    config["linux"]["uidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 10}]
    config["linux"]["gidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 10}]
    assert runtime.run_config(config).code == 1
