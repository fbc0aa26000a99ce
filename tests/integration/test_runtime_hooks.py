# SPDX-License-Identifier: Apache-2.0
"""The six hook kinds: when they run, what they are told, and what happens when one fails."""

import json
import os
import time

import pytest

KINDS = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]


@pytest.fixture
def hook(base):
    """A hook script of the host's that appends its kind, and keeps its standard input."""
    def make(kind, more=""):
        path = os.path.join(base, f"hook-{kind}")
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\ncat >{base}/{kind}.json\necho {kind} >>{base}/order\n{more}\n")
        os.chmod(path, 0o755)
        return {"path": path}
    return make


def order(base):
    try:
        with open(os.path.join(base, "order"), encoding="utf-8") as f:
            return f.read().split()
    except FileNotFoundError:
        return []


def told(base, kind):
    with open(os.path.join(base, f"{kind}.json"), encoding="utf-8") as f:
        return json.load(f)


def hooks_of_the_runtime(hook):
    return {kind: [hook(kind)] for kind in KINDS if kind not in ("createContainer", "startContainer")}


def test_hooks_run_in_the_order_of_the_specification(runtime, busybox_root, base, hook):
    config = runtime.config(["sh", "-c", "echo program"], busybox_root)
    config["hooks"] = hooks_of_the_runtime(hook)
    config["hooks"]["createContainer"] = [hook("createContainer")]
    config["hooks"]["startContainer"] = [
        {"path": "/bin/sh", "args": ["sh", "-c", "cat >/dev/null; echo startContainer"]}]
    bundle = runtime.bundle(config)
    runtime.detached("create", "--bundle", bundle, "c1", out=os.path.join(base, "out"))
    assert order(base) == ["prestart", "createRuntime", "createContainer"]
    runtime.ok("start", "c1")
    runtime.wait_status("c1", "stopped")
    assert order(base) == ["prestart", "createRuntime", "createContainer", "poststart"]
    runtime.ok("delete", "c1")
    assert order(base)[-1] == "poststop"


def test_the_state_on_standard_input(runtime, busybox_root, base, hook):
    config = runtime.config(["sleep", "100"], busybox_root)
    config["annotations"] = {"key": "value"}
    config["hooks"] = hooks_of_the_runtime(hook)
    bundle = runtime.bundle(config)
    runtime.detached("create", "--bundle", bundle, "c1")
    pid = runtime.state("c1")["pid"]
    runtime.ok("start", "c1")
    runtime.ok("delete", "--force", "c1")
    for kind, status in [("prestart", "creating"), ("createRuntime", "creating"),
                         ("poststart", "running"), ("poststop", "stopped")]:
        state = told(base, kind)
        assert (state["id"], state["status"], state["bundle"]) == ("c1", status, bundle)
        assert state["annotations"] == {"key": "value"}
        assert state["ociVersion"].startswith("1.")
        if kind != "poststop":
            assert state["pid"] == pid


@pytest.mark.root
def test_create_runtime_sees_the_containers_namespaces(runtime, busybox_root, base, hook):
    config = runtime.config(["sleep", "100"], busybox_root)
    config["hooks"] = {"createRuntime": [hook("createRuntime",
                                              f"pid=$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/' {base}/createRuntime.json)\n"
                                              f"readlink /proc/$pid/ns/net >{base}/ns")]}
    runtime.detached("create", "--bundle", runtime.bundle(config), "c1")
    with open(os.path.join(base, "ns"), encoding="utf-8") as f:
        net = f.read().strip()
    assert net == os.readlink(f"/proc/{runtime.state('c1')['pid']}/ns/net")
    assert net != os.readlink("/proc/self/ns/net")


def test_arguments_and_environment(runtime, busybox_root, base):
    config = runtime.config(["true"], busybox_root)
    config["hooks"] = {"prestart": [{
        "path": "/bin/sh", "args": ["sh", "-c", f"cat >/dev/null; echo \"$0 $1 $A\" >{base}/said", "zero", "one"],
        "env": ["A=value", "PATH=/usr/bin:/bin"]}]}
    assert runtime.run_config(config).code == 0
    with open(os.path.join(base, "said"), encoding="utf-8") as f:
        assert f.read() == "zero one value\n"


@pytest.mark.parametrize("kind", ["prestart", "createRuntime", "createContainer"])
def test_a_failing_hook_stops_create(runtime, busybox_root, base, hook, kind):
    config = runtime.config(["true"], busybox_root)
    config["hooks"] = {kind: [hook(kind, "echo because of this >&2; exit 3")],
                       "poststop": [hook("poststop")]}
    said = runtime.fails("create", "--bundle", runtime.bundle(config), "c1", code=1)
    assert kind in said and "because of this" in said and "3" in said
    assert runtime.ok("list", "-q") == ""
    assert order(base) == [kind, "poststop"]


def test_a_failing_start_container_hook_stops_start(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    config["hooks"] = {"startContainer": [{"path": "/bin/sh", "args": ["sh", "-c", "exit 4"]}]}
    runtime.detached("create", "--bundle", runtime.bundle(config), "c1")
    assert "startContainer" in runtime.fails("start", "c1")
    runtime.wait_status("c1", "stopped")
    runtime.ok("delete", "c1")


def test_a_failing_poststart_hook_ends_the_container(runtime, busybox_root, hook):
    config = runtime.config(["sleep", "100"], busybox_root)
    config["hooks"] = {"poststart": [hook("poststart", "exit 1")]}
    runtime.detached("create", "--bundle", runtime.bundle(config), "c1")
    assert "poststart" in runtime.fails("start", "c1")
    runtime.wait_status("c1", "stopped")
    runtime.ok("delete", "c1")


def test_failing_poststop_hooks_are_only_warned_about(runtime, busybox_root, base, hook):
    config = runtime.config(["true"], busybox_root)
    config["hooks"] = {"poststop": [hook("first", "exit 1"), hook("second")]}
    result = runtime.run_config(config)
    assert result.code == 0
    assert "Warning: " in result.stderr and "poststop" in result.stderr
    assert order(base) == ["first", "second"]
    assert runtime.ok("list", "-q") == ""


def test_a_hook_that_takes_too_long_is_killed(runtime, busybox_root, hook):
    config = runtime.config(["true"], busybox_root)
    config["hooks"] = {"createRuntime": [{**hook("createRuntime", "exec sleep 60"), "timeout": 1}]}
    begin = time.monotonic()
    said = runtime.run_config(config).stderr
    assert "createRuntime" in said and ("time" in said)
    assert time.monotonic() - begin < 20
    assert runtime.ok("list", "-q") == ""


def test_a_hook_that_is_not_there(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    config["hooks"] = {"createRuntime": [{"path": "/nonexistent/hook"}]}
    said = runtime.run_config(config).stderr
    assert "/nonexistent/hook" in said and "no such file" in said


def test_hook_paths_must_be_absolute(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    config["hooks"] = {"poststop": [{"path": "relative"}]}
    assert "hooks.poststop[0].path" in runtime.run_config(config).stderr
