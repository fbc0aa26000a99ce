# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the client, the monitor, the container, at many moments: the next `ps` tells
the truth, nothing is left running or mounted, and the name can be used again."""

import json
import os
import random
import signal
import time

import pytest

from support import process

ROUNDS = 25


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def truth(cubby, name, tries=3):
    """`ps` must agree with the kernel about this container."""
    shown = {line.split()[0]: line for line in
             cubby.ok("ps", "-a", "--format", "{{.Names}} {{.State}}").splitlines()}
    if name not in shown:
        return None
    state = shown[name].split()[1]
    inspected = cubby("inspect", name)
    if inspected.code:
        # Its maker's end was noticed between the two commands; then the next one agrees.
        assert state != "running" and name not in cubby.names(), inspected
        return None
    pid = json.loads(inspected.stdout)[0]["State"]["Pid"]
    if (state == "running") == (pid > 0 and process.alive(pid)):
        return state
    # What was killed took its time to end, and did so between two of our looks; then they agree again.
    assert state == "running" and tries > 1, (shown, pid)
    return truth(cubby, name, tries - 1)


def usable_again(cubby, root, name):
    cubby("rm", "-f", "-t", "0", name)
    assert cubby.ok("run", "--rm", "--name", name, "--rootfs", root, "echo", "again") == "again"


@pytest.mark.slow
@pytest.mark.parametrize("detached", [True, False])
def test_the_client_at_many_moments(cubby, busybox_root, detached):
    rng = random.Random(1)
    before = process.descendants()
    for i in range(ROUNDS):
        options = ["-d"] if detached else []
        client = cubby.start("run", *options, "--name", "k", "--rootfs", busybox_root,
                             "sleep", "1000")
        # Not a wait for something to happen: the moment itself is what varies.
        time.sleep(rng.uniform(0, 0.02))
        client.kill()
        client.communicate()
        truth(cubby, "k")
        cubby("rm", "-f", "-t", "0", "k")
        process.wait_until(lambda: not process.leftovers(before), f"round {i}: no process left")
    usable_again(cubby, busybox_root, "k")


@pytest.mark.slow
def test_everything_of_a_launch_at_many_moments(cubby, busybox_root):
    """The client and whatever it has started so far, at once."""
    rng = random.Random(2)
    before = process.descendants()
    for i in range(ROUNDS):
        client = cubby.start("run", "-d", "--name", "k", "--rootfs", busybox_root, "sleep", "1000")
        time.sleep(rng.uniform(0, 0.02))
        for pid in [client.pid, *process.descendants(client.pid)]:
            kill(pid)
        client.communicate()
        truth(cubby, "k")
        cubby("rm", "-f", "-t", "0", "k")
        process.wait_until(lambda: not process.leftovers(before), f"round {i}: no process left")
    usable_again(cubby, busybox_root, "k")


def monitor_of(pid):
    return process.stat_fields(pid)[1]


def kill_monitor(pid):
    """Of the container whose first process is pid; until it is really gone, `ps` may see it."""
    monitor = monitor_of(pid)
    kill(monitor)
    process.wait_gone(monitor)


def test_the_monitor(cubby, busybox_root):
    cubby.ok("run", "-d", "--name", "m", "--rootfs", busybox_root, "sleep", "1000")
    pid = cubby.pid("m")
    kill_monitor(pid)
    process.wait_until(lambda: truth(cubby, "m") == "exited", "the container's end")
    assert not process.alive(pid)
    usable_again(cubby, busybox_root, "m")


def test_the_monitor_of_a_program_that_ignores_its_death_signal(cubby, busybox_root):
    """Whatever the program does, `ps` must not leave it running without a monitor."""
    cubby.ok("run", "-d", "--name", "m", "--rootfs", busybox_root, "sh", "-c",
             "trap '' TERM HUP INT; while :; do sleep 1; done")
    pid = cubby.pid("m")
    kill_monitor(pid)
    process.wait_until(lambda: truth(cubby, "m") == "exited", "the container's end")
    process.wait_gone(pid)


def test_the_container(cubby, busybox_root):
    cubby.ok("run", "-d", "--name", "c", "--rootfs", busybox_root, "sleep", "1000")
    kill(cubby.pid("c"))
    cubby.wait_status("c", "exited")
    assert cubby.inspect("c")["State"]["ExitCode"] == 137
    usable_again(cubby, busybox_root, "c")


def test_the_container_in_the_foreground(cubby, busybox_root):
    client = cubby.start("run", "--rm", "--name", "c", "--rootfs", busybox_root, "sleep", "1000")
    # "running" it is a moment before its program runs
    process.wait_until(lambda: cubby.status("c") == "running" and
                       process.command_line(cubby.pid("c")) == "sleep 1000", "the container's start")
    kill(cubby.pid("c"))
    client.communicate(timeout=10 * process.SLOW)
    assert client.returncode == 137
    assert cubby.names() == []


def test_client_and_monitor_together_leave_no_container_with_rm(cubby, busybox_root):
    """--rm is a promise: whoever is killed, the record goes with the next command."""
    client = cubby.start("run", "--rm", "--name", "r", "--rootfs", busybox_root, "sleep", "1000")
    process.wait_until(lambda: cubby.status("r") == "running", "the container's start")
    pid = cubby.pid("r")
    for victim in (client.pid, monitor_of(pid), pid):
        kill(victim)
    client.communicate()
    process.wait_until(lambda: cubby.names() == [], "the record's end")
    usable_again(cubby, busybox_root, "r")


def test_the_client_of_exec(cubby, busybox_root):
    cubby.ok("run", "-d", "--name", "e", "--rootfs", busybox_root, "sleep", "1000")
    client = cubby.start("exec", "e", "sh", "-c", "echo here; exec sleep 999")
    assert client.stdout.readline() == "here\n"
    # if it was missed here nobody would reap it, and its pid namespace could not end
    inside = process.wait_until(
        lambda: [p for p in process.descendants() if process.command_line(p) == "sleep 999"], "the program")
    client.kill()
    client.communicate()
    for pid in inside:
        process.wait_gone(pid)
    assert truth(cubby, "e") == "running"


def test_no_mount_is_left_on_the_host(cubby, busybox_root, base):
    cubby.ok("run", "-d", "--name", "m", "-v", f"{base}:/mnt", "--rootfs", busybox_root, "sleep", "1000")
    pid = cubby.pid("m")
    assert process.mounts_below(base) == []
    kill_monitor(pid)
    kill(pid)
    truth(cubby, "m")
    assert process.mounts_below(base) == []
