# SPDX-License-Identifier: Apache-2.0
"""File descriptors, terminals and the environment between the caller and the container."""

import array
import fcntl
import os
import select
import socket
import struct
import subprocess
import termios

import pytest

from support import process


def receive_fd(sock, timeout=10):
    """The fd that runc's console socket protocol sends."""
    sock.settimeout(timeout * process.SLOW)
    connection, _ = sock.accept()
    fds = array.array("i")
    with connection:
        name, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4))
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(data[:4])
    assert len(fds) == 1, (name, ancillary)
    return fds[0], name


def read_until(fd, text, timeout=10):
    got = b""
    while text not in got:
        assert select.select([fd], [], [], timeout * process.SLOW)[0], got
        got += os.read(fd, 4096)
    return got


@pytest.fixture
def console(base):
    """A listening console socket and its path."""
    path = os.path.join(base, "console")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(path)
        sock.listen()
        yield sock, path


def test_create_with_a_console_socket_gives_a_real_terminal(runtime, busybox_root, console):
    sock, path = console
    config = runtime.config(["sh"], busybox_root, terminal=True)
    config["process"]["consoleSize"] = {"width": 132, "height": 40}
    runtime.ok("create", "--console-socket", path, "--bundle", runtime.bundle(config), "c1")
    master, _ = receive_fd(sock)
    runtime.ok("start", "c1")
    size = struct.unpack("hhhh", fcntl.ioctl(master, termios.TIOCGWINSZ, b"\0" * 8))
    assert size[:2] == (40, 132)
    os.write(master, b"tty; test -t 0 && test -t 1 && test -t 2 && echo all-$((1+1))\n")
    said = read_until(master, b"all-2")
    assert b"/dev/pts/0" in said or b"/dev/console" in said
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("hhhh", 11, 22, 0, 0))
    os.write(master, b"stty size\n")
    read_until(master, b"11 22")
    os.write(master, b"exit 5\n")
    runtime.wait_status("c1", "stopped")
    os.close(master)


def test_exec_with_a_console_socket(runtime, busybox_root, console):
    sock, path = console
    runtime.detached("run", "-d", "--bundle",
               runtime.bundle(runtime.config(["sleep", "100"], busybox_root)), "c1")
    runtime.ok("exec", "--tty", "--detach", "--console-socket", path, "c1", "sh")
    master, _ = receive_fd(sock)
    os.write(master, b"test -t 0 && echo yes-$((2+2))\n")
    read_until(master, b"yes-4")
    os.close(master)
    # it is our child now: a process namespace ends only when all in it were reaped
    process.wait_until(lambda: len(runtime.json("ps", "-f", "json", "c1")) == 1, "its hang-up")


def test_a_terminal_without_a_socket_is_refused_for_create(runtime, busybox_root):
    config = runtime.config(["sh"], busybox_root, terminal=True)
    said = runtime.fails("create", "--bundle", runtime.bundle(config), "c1")
    assert "--console-socket is needed" in said
    assert runtime.ok("list", "-q") == ""


def test_a_socket_without_a_terminal_is_refused(runtime, busybox_root, console):
    config = runtime.config(["sh"], busybox_root)
    said = runtime.fails("create", "--console-socket", console[1], "--bundle",
                         runtime.bundle(config), "c1")
    assert "process.terminal" in said


def test_a_console_socket_that_is_not_there(runtime, busybox_root):
    config = runtime.config(["sh"], busybox_root, terminal=True)
    said = runtime.fails("create", "--console-socket", "/nonexistent/socket", "--bundle",
                         runtime.bundle(config), "c1")
    assert "--console-socket" in said and "no such file" in said
    assert runtime.ok("list", "-q") == ""


def test_run_uses_the_callers_terminal(runtime, busybox_root, terminal):
    config = runtime.config(["sh"], busybox_root, terminal=True)
    child = terminal(runtime.argv("run", "--bundle", runtime.bundle(config), "c1"),
                     dimensions=(33, 99))
    child.sendline("stty size; echo in-$((3+4))")
    child.expect("33 99")
    child.expect("in-7")
    child.setwinsize(20, 60)
    child.sendline("while [ \"$(stty size)\" = '33 99' ]; do sleep 0.02; done; stty size")
    child.expect("20 60")
    child.sendline("sleep 100")
    process.wait_until(lambda: "sleep 100" in runtime.ok("ps", "c1"), "sleep running")
    child.sendintr()
    child.sendline("echo status-$?")
    child.expect("status-130")
    child.sendline("exit 9")
    child.expect_exact("exit 9")
    child.wait()
    assert child.exitstatus == 9


def test_exec_uses_the_callers_terminal(runtime, busybox_root, terminal):
    runtime.detached("run", "-d", "--bundle",
               runtime.bundle(runtime.config(["sleep", "100"], busybox_root)), "c1")
    child = terminal(runtime.argv("exec", "-t", "c1", "sh"), dimensions=(30, 90))
    child.sendline("stty size")
    child.expect("30 90")
    child.sendline("exit 4")
    child.expect_exact("exit 4")
    child.wait()
    assert child.exitstatus == 4


def test_create_does_not_keep_the_callers_pipes(runtime, busybox_root):
    """An engine reads until end of file: nothing but the container may hold its pipes, and the
    container only 0, 1 and 2."""
    inherited_r, inherited_w = os.pipe()
    with open(os.devnull, "r+b") as null:
        p = subprocess.Popen(
            runtime.argv("create", "--bundle",
                         runtime.bundle(runtime.config(["sleep", "100"], busybox_root)), "c1"),
            env=runtime.environment(), stdin=null, stdout=null, stderr=null,
            pass_fds=[inherited_w])
        assert p.wait(20) == 0
    os.close(inherited_w)
    ready = select.select([inherited_r], [], [], 5)[0]
    assert ready and os.read(inherited_r, 1) == b""
    os.close(inherited_r)
    assert runtime.status("c1") == "created"


def test_the_container_sees_only_standard_streams(runtime, busybox_root):
    r, w = os.pipe()
    config = runtime.config(["ls", "/proc/self/fd"], busybox_root)
    result = runtime.run_config(config, pass_fds=[r, w])
    os.close(r)
    os.close(w)
    # ls itself opens the directory as 3
    assert result.stdout.split() == ["0", "1", "2", "3"]


def test_preserve_fds_are_passed_on(runtime, busybox_root, base):
    path = os.path.join(base, "greeting")
    with open(path, "w", encoding="utf-8") as f:
        f.write("hello\n")
    config = runtime.config(["sh", "-c", "cat <&3; ls /proc/self/fd"], busybox_root)
    bundle = runtime.bundle(config)
    script = f'exec "$@" 3<{path}'
    result = subprocess.run(["sh", "-c", script, "sh",
                             *runtime.argv("run", "--preserve-fds", "1", "--bundle", bundle, "c1")],
                            env=runtime.environment(), stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, check=False)
    assert result.returncode == 0, result
    assert result.stdout.split() == ["hello", "0", "1", "2", "3", "4"]


def test_preserve_fds_that_are_not_open(runtime, busybox_root):
    said = runtime.run_config(runtime.config(["true"], busybox_root), "--preserve-fds", "3").stderr
    assert "3 is not open" in said


def test_an_empty_environment(runtime, busybox_root, base):
    config = runtime.config(["sh", "-c", "echo fine; env"], busybox_root)
    config["process"]["env"] = ["A=1"]
    result = runtime.run_config(config, env={k: None for k in runtime.env})
    assert result.code == 0, result
    assert result.stdout.splitlines()[0] == "fine"
    assert "A=1" in result.stdout


def test_closed_standard_streams(runtime, busybox_root):
    """A daemon may have closed them: our own files must not become the container's."""
    config = runtime.config(["sh", "-c", "exec ls -l /proc/self/fd"], busybox_root)
    script = 'exec "$@" <&- 2>&-'
    result = subprocess.run(
        ["sh", "-c", script, "sh", *runtime.argv("run", "--bundle", runtime.bundle(config), "c1")],
        env=runtime.environment(), stdout=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 0
    targets = {line.split()[-3]: line.split()[-1] for line in result.stdout.splitlines() if "->" in line}
    assert targets["0"] == "/dev/null" and targets["2"] == "/dev/null", result.stdout


def test_listen_fds_are_passed_on(runtime, busybox_root, base):
    config = runtime.config(["sh", "-c", "echo $LISTEN_FDS $LISTEN_PID; ls /proc/self/fd"], busybox_root)
    bundle = runtime.bundle(config)
    script = 'exec 3</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
    result = subprocess.run(
        ["sh", "-c", script, "sh", *runtime.argv("run", "--bundle", bundle, "c1")],
        env=runtime.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert result.stdout.split() == ["1", "1", "0", "1", "2", "3", "4"], result


def test_pidfd_socket(runtime, busybox_root, base):
    path = os.path.join(base, "pidfd")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(path)
        sock.listen()
        config = runtime.config(["sleep", "100"], busybox_root)
        runtime.detached("create", "--pidfd-socket", path, "--bundle", runtime.bundle(config), "c1")
        fd, _ = receive_fd(sock)
    with open(f"/proc/self/fdinfo/{fd}", encoding="utf-8") as f:
        info = dict(line.split(":\t") for line in f.read().splitlines() if ":\t" in line)
    assert int(info["Pid"]) == runtime.state("c1")["pid"]
    os.close(fd)
