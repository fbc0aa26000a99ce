# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment leaves something that the next command repairs by itself."""

import os
import random
import signal
import time

import pytest

from support import process
from support.program import kill


@pytest.fixture
def bundle(runtime, busybox_root):
    return runtime.bundle(runtime.config(["sleep", "1000"], busybox_root))


def settle(runtime, name="c1"):
    """After the kill: the id can be used again, and nothing is left in the end."""
    process.reap_orphans()
    assert runtime("list", "-f", "json").code == 0
    # "creating" for as long as the init takes to die with its creator
    process.wait_until(lambda: runtime.status(name) in (None, "created", "running", "stopped"),
                       "a state that lasts")
    runtime.ok("delete", "--force", name)
    assert runtime.ok("list", "-q") == ""


def how_long(runtime, bundle, *args):
    begin = time.monotonic()
    runtime.detached(*args)
    return time.monotonic() - begin


def kill_within(runtime, seconds, *args):
    with open(os.devnull, "r+b") as null:
        p = runtime.start(*args, stdout=null, stderr=null)
    time.sleep(seconds)
    kill(p.pid)
    p.wait(10)


@pytest.mark.slow
def test_create_killed_at_many_moments(runtime, bundle):
    before = process.descendants()  # a registry that serves the whole session may be among them
    args = ["create", "--bundle", bundle, "c1"]
    whole = how_long(runtime, bundle, *args)
    runtime.ok("delete", "--force", "c1")
    for i in range(40):
        kill_within(runtime, whole * 1.2 * i / 40, *args)
        if i % 2:
            settle(runtime)
        result = runtime.detached(*args, check=False)
        if result.code == 0:
            runtime.ok("start", "c1")
        else:
            # it had come far enough to be a container, dead or alive
            assert "is in use" in result.stderr and runtime.status("c1") is not None, result
        settle(runtime)
    process.wait_until(lambda: not process.leftovers(before), "no process being left")


@pytest.mark.slow
def test_start_killed_at_many_moments(runtime, bundle):
    runtime.detached("create", "--bundle", bundle, "c1")
    whole = how_long(runtime, bundle, "start", "c1")
    settle(runtime)
    for i in range(20):
        runtime.detached("create", "--bundle", bundle, "c1")
        pid = runtime.state("c1")["pid"]
        kill_within(runtime, whole * 1.2 * i / 20, "start", "c1")
        status = runtime.status("c1")
        if status == "created":
            runtime("start", "c1")
            # killed between the word to the init and its exec, `start` took the container along
            process.wait_until(lambda: runtime.status("c1") in ("running", "stopped"),
                               "the container's start or end")
        elif status == "running":
            # it has its word: in a moment it runs the program, or `start` took it along
            process.wait_until(lambda: "sleep 1000" in process.command_line(pid) or runtime.status("c1") == "stopped",
                               "the program or the container's end")
        else:
            assert "sleep 1000" not in process.command_line(pid), status
        settle(runtime)


@pytest.mark.slow
def test_delete_killed_at_many_moments(runtime, bundle):
    runtime.detached("run", "-d", "--bundle", bundle, "c1")
    whole = how_long(runtime, bundle, "delete", "--force", "c1")
    for i in range(20):
        runtime.detached("run", "-d", "--bundle", bundle, "c1")
        kill_within(runtime, whole * i / 20, "delete", "--force", "c1")
        settle(runtime)


@pytest.mark.slow
def test_run_in_the_foreground_killed(runtime, bundle):
    for _ in range(5):
        with open(os.devnull, "r+b") as null:
            p = runtime.start("run", "--bundle", bundle, "c1", stdout=null, stderr=null)
        if random.random() < 0.5:
            runtime.wait_status("c1", "running")
        kill(p.pid)
        p.wait(10)
        settle(runtime)


def test_the_init_killed(runtime, bundle):
    runtime.detached("run", "-d", "--bundle", bundle, "c1")
    os.kill(runtime.state("c1")["pid"], signal.SIGKILL)
    runtime.wait_status("c1", "stopped")
    runtime.ok("delete", "c1")


def test_what_a_killed_create_left_does_not_hold_the_name(runtime, bundle):
    """An empty state directory whose lock nobody holds is what a kill -9 at the very beginning leaves."""
    os.makedirs(os.path.join(runtime.state_dir, "c1"), mode=0o700)
    os.chmod(runtime.state_dir, 0o700)
    assert runtime.ok("list", "-q") == ""
    os.makedirs(os.path.join(runtime.state_dir, "c1"), mode=0o700)
    runtime.detached("create", "--bundle", bundle, "c1")
    assert runtime.status("c1") == "created"


def test_a_pid_that_was_used_again_is_not_believed(runtime, bundle):
    """State from before: the pid lives, but it is another process."""
    runtime.detached("run", "-d", "--bundle", bundle, "c1")
    real = runtime.state("c1")["pid"]
    path = os.path.join(runtime.state_dir, "c1", "state.json")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(f'"{real}:', f'"{os.getpid()}:'))
    assert runtime.status("c1") == "stopped"
    assert "container not running" in runtime.fails("kill", "c1", "9")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
