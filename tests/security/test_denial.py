# SPDX-License-Identifier: Apache-2.0
"""Containers that will not end, will not read, will not stop talking: their owner gets rid of them all the
same, and nothing of ours hangs, spins or grows with them."""

import os
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest

from support import process


@pytest.mark.parametrize("end", [["rm", "-f", "-t", "0"], ["rm", "-f", "-t", "1"], ["kill"], ["stop", "-t", "0"],
                                 ["stop", "-t", "1"]], ids=" ".join)
def test_a_fork_bomb_is_ended(cubby, evil_root, end):
    """Its processes are never the same, and all ignore signals."""
    cubby.ok("run", "-d", "--rm", "--name", "bomb", "--rootfs", evil_root, "/hostile", "bomb", "8")
    cubby.wait_log("bomb", "ready")
    pid = cubby.pid("bomb")
    cubby.ok(*end, "bomb", timeout=20)
    process.wait_gone(pid)
    process.wait_until(lambda: cubby.names() == [], "removal")
    assert not [p for p in process.descendants() if "/hostile" in process.command_line(p)]


def test_a_fork_bomb_of_the_runtime_is_ended(runtime, evil_root):
    config = runtime.config(["/hostile", "bomb", "8"], evil_root)
    runtime.detached("run", "-d", "--bundle", runtime.bundle(config), "c1")
    pid = runtime.state("c1")["pid"]
    runtime.ok("delete", "--force", "c1", timeout=20)
    process.wait_gone(pid)
    assert not [p for p in process.descendants() if "/hostile" in process.command_line(p)]


def test_one_that_ignores_signals_is_killed_after_its_time(cubby, evil_root):
    cubby.ok("run", "-d", "--name", "deaf", "--rootfs", evil_root, "sh", "-c",
             "trap '' TERM INT HUP QUIT; echo up; while :; do sleep 1000; done")
    cubby.wait_log("deaf", "up")
    started = time.monotonic()
    cubby.ok("stop", "-t", "1", "deaf")
    assert 0.9 < time.monotonic() - started < 6 * process.SLOW
    assert cubby.inspect("deaf")["State"]["ExitCode"] == 137


def test_one_whose_processes_are_all_stopped(cubby, evil_root):
    """A stopped process takes no SIGTERM; SIGKILL it takes."""
    cubby.ok("run", "-d", "--name", "still", "--rootfs", evil_root, "sh", "-c",
             "sleep 1000 & sleep 1000 & kill -STOP -1; echo up; wait")
    cubby.wait_log("still", "up")
    os.kill(cubby.pid("still"), signal.SIGSTOP)
    cubby.ok("stop", "-t", "0", "still", timeout=15)
    assert cubby.status("still") == "exited"


def test_one_that_stops_its_killers_process(cubby, evil_root):
    """Everything in it sends SIGSTOP to everything, all the time."""
    cubby.ok("run", "-d", "--name", "still", "--rootfs", evil_root, "sh", "-c",
             "echo up; while :; do kill -STOP -1; done")
    cubby.wait_log("still", "up")
    cubby.ok("rm", "-f", "-t", "0", "still", timeout=15)
    assert cubby.names() == []


@pytest.fixture
def stopped_client(cubby, evil_root):
    """A container that floods, and its client, which was stopped and reads nothing."""
    client = cubby.start("run", "--name", "flood", "--log-opt", "max-size=1m", "--rootfs", evil_root,
                         "sh", "-c", "yes 'a line that fills whatever is there to be filled'")
    assert client.stdout.read(1000)
    client.send_signal(signal.SIGSTOP)
    yield client
    client.kill()
    client.communicate()


def test_a_flood_with_a_stopped_client_is_ended(cubby, stopped_client):
    pid = cubby.pid("flood")
    cubby.ok("rm", "-f", "-t", "0", "flood", timeout=20)
    process.wait_gone(pid)


def test_a_flood_does_not_make_the_monitor_grow_or_the_log(cubby, stopped_client):
    container = cubby.inspect("flood")
    folder = os.path.join(cubby.run_dir, "containers", container["Id"])
    with open(os.path.join(folder, "monitor"), encoding="utf-8") as f:
        monitor = int(f.read().split(":")[0])
    # others still see it and can look in
    assert cubby.ok("exec", "flood", "echo", "in") == "in"
    assert cubby("ps").stdout.count("flood") == 1
    data = os.path.join(cubby.data, "containers", container["Id"])
    size = sum(os.path.getsize(os.path.join(data, n)) for n in os.listdir(data))
    assert size < 4 << 20, os.listdir(data)
    assert int(process.status_field(monitor, "VmRSS").split()[0]) < 2048 * (4 if process.SLOW > 1 else 1)


def test_a_container_that_does_not_read_its_stdin(cubby, evil_root):
    """Megabytes wait for it; it ends when it ends."""
    result = cubby("run", "--rm", "-i", "--rootfs", evil_root, "sh", "-c", "exit 7", input="x" * (4 << 20))
    assert result.code == 7
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sleep", "1000")
    result = cubby("exec", "-i", "victim", "sh", "-c", "exit 8", input="x" * (4 << 20))
    assert result.code == 8


def test_a_container_that_leaves_its_output_to_a_daemon(cubby, evil_root):
    """A child in the background keeps the pipes open; with the first process all is over."""
    result = cubby("run", "--rm", "--rootfs", evil_root, "sh", "-c", "sleep 1000 & echo done", timeout=15)
    assert (result.code, result.stdout) == (0, "done\n")
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sleep", "1000")
    result = cubby("exec", "victim", "sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo done", timeout=15)
    assert (result.code, result.stdout) == (0, "done\n")


def test_a_closed_pipe_ends_the_talk_and_not_the_container(cubby, evil_root):
    """`cubby run ... | head -1`: nobody spins, the container can be removed."""
    argv = cubby.argv("run", "--name", "flood", "--log-opt", "max-size=1m", "--rootfs", evil_root, "yes")
    with subprocess.Popen(argv, env=cubby.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as p:
        p.stdout.readline()
        p.stdout.close()
        p.wait(timeout=20)
    cubby.ok("rm", "-f", "-t", "0", "flood", timeout=20)


def test_clients_that_say_nothing_hold_nobody_up(cubby, running):
    """The attach socket is ours; still, silent and stuttering clients must not stop the container's end."""
    folder = os.path.join(cubby.run_dir, "containers", cubby.inspect(running)["Id"])
    name = next(n for n in os.listdir(folder) if stat.S_ISSOCK(os.lstat(os.path.join(folder, n)).st_mode))
    clients = []
    for n in range(40):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        try:
            s.connect(os.path.join(folder, name))
            if n % 2:
                s.send(os.urandom(1 + n))
        except OSError:
            pass
        clients.append(s)
    assert cubby.ok("exec", running, "echo", "in") == "in"
    cubby.ok("stop", "-t", "0", running, timeout=20)
    for s in clients:
        s.close()


def test_many_at_once_do_not_disturb_each_other(cubby, evil_root):
    """Names and records under competition: of eight with one name, one runs."""
    results = []

    def start():
        results.append(subprocess.run(cubby.argv("run", "-d", "--name", "one", "--rootfs", evil_root, "sleep", "1000"),
                                      env=cubby.environment(), stdin=subprocess.DEVNULL, capture_output=True,
                                      check=False).returncode)
    threads = [threading.Thread(target=start) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(results) == [0] + [125] * 7
    assert cubby.names() == ["one"]


def test_limits_hold_for_those_who_enter(cubby, evil_root):
    """Rlimits of the container hold for exec too, and cannot be raised."""
    cubby.ok("run", "-d", "--name", "victim", "--ulimit", "nofile=64:64", "--ulimit", "core=0:0", "--rootfs",
             evil_root, "sleep", "1000")
    said = cubby("exec", "victim", "sh", "-c", "ulimit -n; ulimit -Hn; ulimit -n 65; ulimit -c; ulimit -n")
    assert said.lines == ["64", "64", "0", "64"], said


def test_a_container_cannot_fill_the_directories_of_its_record(cubby, evil_root):
    """The files that are mounted into it are files: no more than these can grow, and their directory not."""
    said = cubby("run", "--rm", "--rootfs", evil_root, "sh", "-c",
                 "rm /etc/hosts; mv /etc/hosts /etc/x; ln /etc/hosts /etc/y; mkdir /etc/hosts/z; rm -rf /run/.containerenv")
    assert said.code != 0
