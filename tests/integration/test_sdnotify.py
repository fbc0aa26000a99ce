# SPDX-License-Identifier: Apache-2.0
"""--sdnotify: what systemd hears, which is played by a socket of ours."""

import os
import socket

import pytest

from support import process


@pytest.fixture
def manager(base):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(os.path.join(base, "systemd"))
        s.settimeout(10 * process.SLOW)
        yield s


def hear(manager):
    return manager.recv(4096).decode()


def is_silent(manager):
    manager.setblocking(False)
    try:
        manager.recv(4096)
    except BlockingIOError:
        return True
    return False


def monitor_pid(cubby):
    return cubby.inspect("t")["State"]["ConmonPid"]


@pytest.fixture
def start(cubby, busybox_root, manager):
    def run(*options, script="exec sleep 100"):
        assert manager
        return cubby.ok("run", "-d", "--name", "t", *options, "--rootfs", busybox_root, "sh", "-c",
                        script, env={"NOTIFY_SOCKET": manager.getsockname()})
    return run


def test_conmon(cubby, start, manager):
    start("--sdnotify", "conmon")
    assert hear(manager) == f"MAINPID={monitor_pid(cubby)}\nREADY=1"
    assert cubby.inspect("t")["Config"]["sdNotifyMode"] == "conmon"
    assert "NOTIFY_SOCKET" not in cubby.ok("exec", "t", "cat", "/proc/1/environ")
    cubby.ok("restart", "-t", "0", "t", env={"NOTIFY_SOCKET": manager.getsockname()})
    assert hear(manager) == f"MAINPID={monitor_pid(cubby)}\nREADY=1"


def test_the_main_process_is_the_managers_own_child(cubby, manager, busybox_root):
    """It supervises no others; and the command may stay longer than the word takes."""
    command = cubby.start("run", "--name", "t", "--sdnotify", "conmon", "--rootfs", busybox_root, "sleep", "1000",
                          env={"NOTIFY_SOCKET": manager.getsockname()})
    pid = int(hear(manager).split()[0].removeprefix("MAINPID="))
    assert pid == monitor_pid(cubby)
    assert int(process.stat_fields(pid)[1]) == os.getpid()
    os.kill(pid, 15)    # as the manager does; the container's own signal follows, and SIGKILL after its time-out
    assert cubby.ok("kill", "t") == "t" and command.wait() == 137
    assert "no such container" in cubby.fails("run", "--rm", "--sdnotify", "conmon", "--network", "container:nosuch",
                                              "--rootfs", busybox_root, "true", code=125,
                                              env={"NOTIFY_SOCKET": manager.getsockname()})
    assert cubby("run", "--rm", "--sdnotify", "conmon", "--rootfs", busybox_root, "/nosuch",
                 env={"NOTIFY_SOCKET": manager.getsockname()}).code == 127


def test_ignore(cubby, start, manager):
    start("--sdnotify", "ignore")
    assert is_silent(manager)
    assert "NOTIFY_SOCKET" not in cubby.ok("exec", "t", "cat", "/proc/1/environ")


def test_healthy(cubby, start, manager, busybox_root):
    start("--sdnotify", "healthy", "--tmpfs", "/tmp", "--health-cmd", "test -e /tmp/well",
          "--health-interval", "200ms")
    assert hear(manager) == f"MAINPID={monitor_pid(cubby)}"
    assert is_silent(manager)
    manager.settimeout(10 * process.SLOW)
    cubby.ok("exec", "t", "touch", "/tmp/well")
    assert hear(manager) == "READY=1"
    # who said so waits until that has been read
    assert hear(manager) == "BARRIER=1"
    assert 'sdnotify policy "healthy" requires a healthcheck to be set' in cubby.fails(
        "run", "--sdnotify", "healthy", "--rootfs", busybox_root, "true", code=125)


def test_container(cubby, manager, start):
    """The program in it speaks, and what is not its own to say is left out."""
    start()
    pid = monitor_pid(cubby)
    assert hear(manager) == f"MAINPID={pid}"
    environment = dict(line.split("=", 1) for line in
                       cubby.ok("exec", "t", "cat", "/proc/1/environ").split("\0") if line)
    assert environment["NOTIFY_SOCKET"] == "/run/notify/notify.sock"
    # through the container's root, as a program in it would
    path = f"/proc/{cubby.pid('t')}/root/run/notify/notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(b"MAINPID=1\nSTATUS=up\nREADY=1", path)
    assert hear(manager) == "STATUS=up\nREADY=1"
    # without a manager there is nothing of the kind
    cubby.ok("restart", "-t", "0", "t")
    assert "NOTIFY_SOCKET" not in cubby.ok("exec", "t", "cat", "/proc/1/environ")
    assert "notify" not in cubby.ok("exec", "t", "cat", "/proc/self/mounts")
