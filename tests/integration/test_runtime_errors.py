# SPDX-License-Identifier: Apache-2.0
"""Mistakes: every one has its sentence, leaves nothing, and is written to the log for engines."""

import json
import os

import pytest


def test_broken_json_says_where(runtime, base):
    bundle = os.path.join(base, "broken")
    os.mkdir(bundle)
    with open(os.path.join(bundle, "config.json"), "w", encoding="utf-8") as f:
        f.write('{\n  "ociVersion": "1.2.0",\n  "process": {,\n}\n')
    said = runtime.fails("run", "--bundle", bundle, "c1", code=1)
    assert said.startswith("Error: ") and "config.json" in said and "3" in said


@pytest.mark.parametrize("change, path", [
    (lambda c: c["process"]["user"].update(uid="root"), 'process.user.uid: expected a number, got "root"'),
    (lambda c: c["process"].update(args="sh"), "process.args"),
    (lambda c: c["process"].update(args=[]), "process.args"),
    (lambda c: c["linux"]["namespaces"].append({"type": "nonsense"}), "unknown namespace \"nonsense\""),
    (lambda c: c["linux"]["namespaces"].append({"type": "pid"}), "the pid namespace stands twice"),
    (lambda c: c["mounts"][0].pop("destination"), "mounts[0].destination"),
    (lambda c: c.update(ociVersion="2.0.0"), "ociVersion"),
    (lambda c: c.pop("process"), "process"),
    (lambda c: c.pop("root"), "root"),
])
def test_wrong_values_are_named_by_their_path(runtime, busybox_root, change, path):
    config = runtime.config(["true"], busybox_root)
    change(config)
    result = runtime.run_config(config)
    assert result.code == 1 and path in result.stderr, result
    assert runtime.ok("list", "-q") == ""


def test_a_missing_root_file_system(runtime):
    result = runtime.run_config(runtime.config(["true"], "/nonexistent/rootfs"))
    assert result.code == 1
    assert "/nonexistent/rootfs" in result.stderr and "no such file" in result.stderr
    assert runtime.ok("list", "-q") == ""


def test_a_missing_bundle(runtime, base):
    said = runtime.fails("run", "--bundle", os.path.join(base, "nowhere"), "c1")
    assert "nowhere" in said and "no such file" in said


def test_a_bundle_without_config(runtime, base):
    said = runtime.fails("run", "--bundle", base, "c1")
    assert "config.json" in said and "cubby-runtime spec" in said


def test_another_config_file(runtime, busybox_root, base):
    config = runtime.config(["echo", "other"], busybox_root)
    bundle = runtime.bundle(config)
    os.rename(os.path.join(bundle, "config.json"), os.path.join(base, "other.json"))
    assert runtime.ok("run", "--config", os.path.join(base, "other.json"), "--bundle", bundle,
                      "c1") == "other"


def test_the_bundle_defaults_to_the_working_directory(runtime, busybox_root):
    bundle = runtime.bundle(runtime.config(["echo", "here"], busybox_root))
    assert runtime.ok("run", "c1", cwd=bundle) == "here"


def test_a_relative_root_path_belongs_to_the_bundle(runtime, busybox_root, base):
    config = runtime.config(["echo", "relative"], busybox_root)
    config["root"]["path"] = os.path.relpath(busybox_root, os.path.join(base, "bundle1"))
    assert runtime.run_config(config).stdout == "relative\n"


def test_an_unknown_option_suggests_the_nearest(runtime):
    said = runtime.fails("run", "--bundel", "x", "c1", code=1)
    assert said == ("Error: unknown flag: --bundel\ndid you mean --bundle?\n"
                    "See 'cubby-runtime run --help'\n")


def test_an_unknown_command_suggests_the_nearest(runtime):
    said = runtime.fails("strat", "c1", code=1)
    assert "unknown command: cubby-runtime strat" in said and "did you mean cubby-runtime start?" in said


@pytest.mark.parametrize("command", ["checkpoint", "restore"])
def test_commands_that_are_not_there_yet(runtime, command):
    assert f"cubby-runtime {command} is not supported yet" in runtime.fails(command, "c1", code=1)


def test_systemd_cgroups_need_systemd(runtime, busybox_root):
    if os.path.exists("/run/systemd/private"):
        pytest.skip("systemd runs this host")
    bundle = runtime.bundle(runtime.config(["true"], busybox_root))
    for option in (["--systemd-cgroup"], ["--cgroup-manager", "systemd"]):
        said = runtime.fails(*option, "create", "--bundle", bundle, "c1")
        assert "--systemd-cgroup: " in said and ("version 2" in said or "run by systemd" in said or "no systemd" in said)


def test_too_few_and_too_many_arguments(runtime):
    assert "needs exactly 1 argument, got 0" in runtime.fails("start")
    assert "needs exactly 1 argument, got 2" in runtime.fails("start", "a", "b")


def test_the_json_log_is_runcs(runtime, busybox_root, base):
    log = os.path.join(base, "log.json")
    bundle = runtime.bundle(runtime.config(["true"], "/nonexistent/rootfs"))
    said = runtime.fails("--log", log, "--log-format", "json", "create", "--bundle", bundle, "c1")
    with open(log, encoding="utf-8") as f:
        lines = [json.loads(line) for line in f]
    last = lines[-1]
    assert set(last) == {"level", "msg", "time"}
    assert last["level"] == "error"
    assert "/nonexistent/rootfs" in last["msg"]
    assert f"Error: {last['msg']}" in said


def test_the_text_log(runtime, base):
    log = os.path.join(base, "log")
    runtime.fails("--log", log, "state", "nope")
    with open(log, encoding="utf-8") as f:
        assert "does not exist" in f.read()


def test_debug_shows_what_is_done(runtime, busybox_root):
    bundle = runtime.bundle(runtime.config(["true"], busybox_root))
    result = runtime("--debug", "run", "--bundle", bundle, "c1")
    assert result.code == 0 and result.stdout == "" and result.stderr != ""


def cgroups_are_version_2():
    return os.path.exists("/sys/fs/cgroup/cgroup.controllers")


@pytest.mark.skipif(cgroups_are_version_2(), reason="limits can be had on this host")
@pytest.mark.parametrize("resources, what", [
    ({"memory": {"limit": 10000000}}, "memory.limit"),
    ({"pids": {"limit": 10}}, "pids.limit"),
    ({"cpu": {"quota": 1000}}, "cpu.quota"),
])
def test_limits_on_a_host_without_usable_cgroups(runtime, busybox_root, resources, what):
    config = runtime.config(["true"], busybox_root)
    config["linux"]["resources"] = resources
    result = runtime.run_config(config)
    assert result.code == 1 and f"linux.resources.{what} cannot be set on this host" in result.stderr
    assert "systemd.unified_cgroup_hierarchy=1" in result.stderr
    assert runtime.ok("list", "-q") == ""


@pytest.mark.skipif(cgroups_are_version_2(), reason="there are cgroups on this host")
def test_device_rules_alone_are_no_limit(runtime, busybox_root):
    config = runtime.config(["echo", "fine"], busybox_root)
    config["linux"]["resources"] = {"devices": [{"allow": False, "access": "rwm"}],
                                    "pids": {"limit": -1}}
    config["linux"]["cgroupsPath"] = "/some/where"
    assert runtime.run_config(config).stdout == "fine\n"


@pytest.mark.skipif(cgroups_are_version_2(), reason="there are cgroups on this host")
@pytest.mark.parametrize("args", [["pause"], ["update", "--pids-limit", "5"], ["events", "--stats"]])
def test_what_needs_a_cgroup_says_so(runtime, busybox_root, args):
    runtime.detached("run", "-d", "--bundle", runtime.bundle(runtime.config(["sleep", "100"], busybox_root)),
               "c1")
    assert "no cgroup" in runtime.fails(*args, "c1")
    assert runtime.status("c1") == "running"


def test_a_limit_with_cgroups_disabled(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    config["linux"]["resources"] = {"pids": {"limit": 5}}
    said = runtime.fails("--cgroup-manager", "disabled", "run", "--bundle", runtime.bundle(config), "c1")
    assert "pids.limit" in said and "--cgroup-manager disabled" in said


@pytest.mark.rootless
def test_a_state_directory_of_somebody_else(runtime, busybox_root):
    bundle = runtime.bundle(runtime.config(["true"], busybox_root))
    said = runtime.fails("--root", "/run", "run", "--bundle", bundle, "c1")
    assert "/run" in said
