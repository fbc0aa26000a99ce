# SPDX-License-Identifier: Apache-2.0
"""The monitor by itself: the real program as the parent of a child that plays the container.

No container engine is needed: a launcher forks the "container" (a shell command), then becomes the monitor
by exec, as the engine's launcher does. The program is $CUBBY_PREFIX/libexec/cubby/monitor (or
$CUBBY_MONITOR).
"""

import fcntl
import json
import os
import pty
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import time

import pytest

PREFIX = os.environ.get("CUBBY_PREFIX", "/usr/local")
MONITOR = os.environ.get("CUBBY_MONITOR", PREFIX + "/libexec/cubby/monitor")
SLOW = float(os.environ.get("CUBBY_TEST_SLOW", "1"))

HELLO, STDIN, STDIN_EOF, RESIZE, STDOUT, STDERR, EXIT, EXIT_ACK = range(1, 9)
PACKET_MAX = 16384
CLEANED = "cleaned"


class Client:
    """One end of an attach socket."""

    def __init__(self, sock, hello=True):
        self.sock = sock
        self.sock.settimeout(10 * SLOW)
        self.out = b""
        self.err = b""
        self.status = None
        self.terminal = None
        self.version = None
        if hello:
            self.send(HELLO, struct.pack("=II", 1, 0))
            while self.version is None:
                assert self.receive(), "end of file before the hello"

    def send(self, kind, payload=b""):
        self.sock.send(bytes([kind]) + payload)

    def receive(self):
        """Take one message; False at the end."""
        try:
            packet = self.sock.recv(PACKET_MAX + 1)
        except ConnectionResetError:
            return True
        if not packet:
            return False
        assert len(packet) <= PACKET_MAX
        kind, payload = packet[0], packet[1:]
        if kind == HELLO:
            self.version, self.terminal = struct.unpack("=II", payload)
        elif kind == STDOUT:
            self.out += payload
        elif kind == STDERR:
            self.err += payload
        elif kind == EXIT:
            self.status = struct.unpack("@iq", payload)[0]
        else:
            raise AssertionError(f"unknown message {kind}")
        return True

    def until(self, condition):
        deadline = time.monotonic() + 10 * SLOW
        while not condition(self):
            assert time.monotonic() < deadline, f"got {self.out[-200:]!r} {self.err[-200:]!r}"
            assert self.receive(), f"end of file after {self.out[-200:]!r}"

    def until_exit(self, ack=False):
        self.until(lambda c: c.status is not None)
        if ack:
            self.send(EXIT_ACK)
        return os.waitstatus_to_exitcode(self.status)

    def close(self):
        self.sock.close()


class Monitor:
    """The monitor and its container, in a directory of their own."""

    def __init__(self, command, tty=False, stdin=True, owner=True, log=True, more=(), end_fd=None,
                 cleanup=True, logs=None, health=None):
        self.base = tempfile.mkdtemp(prefix="cm", dir="/tmp")
        self.run = os.path.join(self.base, "run")
        # a socket to send it from, or a directory
        log_fd = logs.fileno() if isinstance(logs, socket.socket) else None
        self.logs = (log_fd is None and logs) or os.path.join(self.base, "logs")
        os.mkdir(self.run)
        if not logs:
            os.mkdir(self.logs)
        self.status = None
        self.clients = []
        self.fds = []
        self.socket_path = os.path.join(self.run, "attach")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(self.socket_path)
        listener.listen(16)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ready_r, ready_w = os.pipe()
        pid_r, pid_w = os.pipe()
        given = {"--dir-fd": self.open_dir(self.run), "--listen-fd": listener.fileno(),
                 "--ready-fd": ready_w}
        if log:
            given["--log-fd"] = self.open_dir(self.logs) if log_fd is None else log_fd
        if owner:
            given["--owner-fd"] = theirs.fileno()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(pid_r)
                self.launch(command, tty, stdin, given, pid_w, (list(more), end_fd, cleanup, health))
            finally:
                os._exit(99)
        for fd in (ready_w, pid_w, *self.fds):
            os.close(fd)
        theirs.close()
        listener.close()
        self.container = int(os.read(pid_r, 20) or 0)
        os.close(pid_r)
        self.ready = select.select([ready_r], [], [], 10 * SLOW)[0] and os.read(ready_r, 2)
        os.close(ready_r)
        self.owner = None
        if owner and self.ready:
            self.owner = Client(ours)
            self.clients.append(self.owner)
        else:
            ours.close()

    def open_dir(self, path):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self.fds.append(fd)
        return fd

    def launch(self, command, tty, stdin, given, pid_w, rest):
        more, end_fd, cleanup, health = rest
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        if tty:
            master, slave = pty.openpty()
            ends = (slave, slave, slave)
            given["--tty-fd"] = master
        else:
            in_r, in_w = os.pipe() if stdin else (os.open("/dev/null", os.O_RDONLY), None)
            out_r, out_w = os.pipe()
            err_r, err_w = os.pipe()
            ends = (in_r, out_w, err_w)
            given.update({"--out-fd": out_r, "--err-fd": err_r})
            if stdin:
                given["--in-fd"] = in_w
        child = os.fork()
        if child == 0:
            if tty:
                os.setsid()
                fcntl.ioctl(ends[0], termios.TIOCSCTTY, 0)
            else:
                os.setpgid(0, 0)
            for i, fd in enumerate(ends):
                os.dup2(fd, i)
            os.closerange(3, 100)
            os.execvp(command[0], command)
        os.write(pid_w, str(child).encode())
        argv = [MONITOR, "--pid", str(child), *more]
        for option, fd in given.items():
            os.set_inheritable(fd, True)
            argv += [option, str(fd)]
        for fd in set(ends):
            # an fd that the monitor is not told of: it must close it
            os.set_inheritable(fd, True)
        if end_fd is not None:
            os.set_inheritable(end_fd, True)
        if cleanup:
            argv += ["--", "/bin/sh", "-c", f"echo done > {self.base}/{CLEANED}"]
        if health:
            argv += ["", "/bin/sh", "-c", health]
        os.execv(MONITOR, argv)

    def attach(self, hello=True):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sock.connect(self.socket_path)
        client = Client(sock, hello)
        self.clients.append(client)
        return client

    def wait(self, timeout=10):
        """Until the monitor (or the clean-up that it became) has ended: its exit status."""
        deadline = time.monotonic() + timeout * SLOW
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            else:
                assert time.monotonic() < deadline, "the monitor does not end"
                time.sleep(0.005)
        return self.status

    @property
    def cleaned(self):
        return os.path.exists(os.path.join(self.base, CLEANED))

    def record(self):
        """(wait status, time) or None."""
        try:
            with open(os.path.join(self.run, "exit"), encoding="ascii") as f:
                text = f.read()
        except FileNotFoundError:
            return None
        assert re.fullmatch(r"-?\d+ \d+\n", text), text
        return tuple(int(word) for word in text.split())

    def until_record(self, timeout=10):
        deadline = time.monotonic() + timeout * SLOW
        while self.record() is None:
            assert time.monotonic() < deadline, "no exit record"
            time.sleep(0.01)
        return self.record()

    def log_bytes(self, name="log"):
        with open(os.path.join(self.logs, name), "rb") as f:
            return f.read()

    def log(self, name="log"):
        lines = self.log_bytes(name).decode("utf-8").splitlines(keepends=True)
        assert all(line.endswith("\n") for line in lines)
        return [json.loads(line) for line in lines]

    def logged(self, stream="stdout", name="log"):
        return "".join(r["log"] for r in self.log(name) if r["stream"] == stream)

    def stat(self):
        """The fields of /proc/PID/stat, from the state on."""
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as f:
            return f.read().rpartition(")")[2].split()

    def ticks(self):
        """CPU time that the monitor has used, in clock ticks."""
        words = self.stat()
        return int(words[11]) + int(words[12])

    def until_idle(self):
        """Until it has done what it was woken for, and waits again."""
        deadline = time.monotonic() + 10 * SLOW
        while self.stat()[0] != "S":
            assert time.monotonic() < deadline, "the monitor does not come to rest"
            time.sleep(0.01)

    def end(self):
        for client in self.clients:
            client.close()
        # what a test leaves behind on purpose is in the container's process group
        if self.container:
            try:
                os.killpg(self.container, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        shutil.rmtree(self.base, ignore_errors=True)


@pytest.fixture
def monitor():
    assert os.access(MONITOR, os.X_OK), f"no {MONITOR}: set CUBBY_PREFIX"
    made = []

    def start(command, **options):
        if isinstance(command, str):
            command = ["/bin/sh", "-c", command]
        m = Monitor(command, **options)
        made.append(m)
        return m

    yield start
    for m in made:
        m.end()


# --- the end ---


def test_owner_gets_output_status_and_does_the_clean_up(monitor):
    m = monitor("echo out; echo err >&2; exit 7")
    assert m.owner.until_exit(ack=True) == 7
    assert (m.owner.out, m.owner.err) == (b"out\n", b"err\n")
    # what EXIT announces is on record already
    status, finished = m.record()
    assert os.waitstatus_to_exitcode(status) == 7
    assert abs(finished / 1e6 - time.time()) < 60
    assert m.wait() == 0
    assert not m.cleaned
    assert m.logged() == "out\n" and m.logged("stderr") == "err\n"


def test_without_owner_it_becomes_the_clean_up(monitor):
    m = monitor("echo hello; kill -9 $$", owner=False)
    assert m.wait() == 0
    assert m.cleaned
    assert os.waitstatus_to_exitcode(m.record()[0]) == -9
    assert m.logged() == "hello\n"


def test_owner_that_leaves_without_ack_leaves_the_clean_up(monitor):
    m = monitor("read x; exit 3")
    m.owner.send(STDIN, b"go\n")
    m.owner.until_exit()
    assert not m.cleaned
    m.owner.close()
    m.wait()
    assert m.cleaned


def test_owner_killed_early(monitor):
    m = monitor("sleep 0.3; echo late; exit 0", stdin=False)
    m.owner.close()
    m.wait()
    assert m.cleaned and m.logged() == "late\n"


def test_exit_before_the_monitor_starts(monitor):
    for _ in range(10):
        m = monitor(["/bin/true"], owner=False)
        m.wait()
        assert m.record()[0] == 0


def test_sync_writes_the_same_record(monitor):
    m = monitor("exit 4", owner=False, more=["--sync", "1"])
    m.wait()
    assert os.waitstatus_to_exitcode(m.record()[0]) == 4


def test_a_surviving_process_does_not_hold_up_the_end(monitor):
    m = monitor("(sleep 60) & echo first; exit 5", owner=False)
    started = time.monotonic()
    m.wait()
    assert time.monotonic() - started < 5 * SLOW
    assert m.logged() == "first\n"


def test_a_chatty_survivor_does_not_hold_up_the_end(monitor):
    m = monitor("(yes | head -c 300000000) & sleep 0.2; exit 5", owner=False)
    m.wait()
    assert os.waitstatus_to_exitcode(m.record()[0]) == 5


def test_output_left_in_the_pipes_is_not_lost(monitor):
    m = monitor("head -c 60000 /dev/zero | tr '\\0' x; printf end", owner=False)
    m.wait()
    assert m.logged() == "x" * 60000 + "end"


def test_timeout_kills(monitor):
    m = monitor("sleep 60", owner=False, more=["--timeout", "1"])
    m.wait()
    assert os.waitstatus_to_exitcode(m.record()[0]) == -9


def test_term_is_forwarded_and_hangup_ignored(monitor):
    m = monitor("trap 'echo term; exit 9' TERM; echo up; while :; do sleep 0.05; done")
    m.owner.until(lambda c: b"up\n" in c.out)
    for sig in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        os.kill(m.pid, sig)
    os.kill(m.pid, signal.SIGTERM)
    assert m.owner.until_exit(ack=True) == 9
    assert m.owner.out == b"up\nterm\n"


@pytest.mark.parametrize("sig", (signal.SIGTERM, signal.SIGURG))
def test_told_to_stop_it_asks_and_then_kills(monitor, sig):
    """As a service manager does: the first to the monitor alone, the second to every process of a scope."""
    asked = monitor("trap 'echo asked; exit 9' QUIT; echo up; while :; do sleep 0.05; done",
                    more=["--stop-signal", str(int(signal.SIGQUIT)), "--stop-timeout", "60"])
    deaf = monitor("trap '' QUIT; echo up; while :; do sleep 0.05; done",
                   more=["--stop-signal", str(int(signal.SIGQUIT)), "--stop-timeout", "1"])
    for m in (asked, deaf):
        m.owner.until(lambda c: b"up\n" in c.out)
        os.kill(m.pid, sig)
    assert asked.owner.until_exit(ack=True) == 9
    assert asked.owner.out == b"up\nasked\n"
    deaf.owner.until_exit(ack=True)
    assert os.waitstatus_to_exitcode(deaf.record()[0]) == -9
    assert all(os.path.exists(os.path.join(m.run, "stopped")) for m in (asked, deaf))


# --- how it is started ---


@pytest.mark.parametrize("argv, words", [
    ([], "--pid"), (["--pid", "0"], "--pid"), (["--pid", "1x"], "--pid"),
    (["--pid", "12", "--dir-fd", "2"], "--dir-fd"), (["--nonsense", "1"], "--nonsense"),
    (["--pid", "12"], "--dir-fd"),
])
def test_wrong_options_are_named(argv, words):
    r = subprocess.run([MONITOR, *argv], capture_output=True, text=True, check=False)
    assert r.returncode == 125 and words in r.stderr and r.stderr.startswith("cubby-monitor: ")


def test_not_its_child(tmp_path):
    fd = os.open(tmp_path, os.O_RDONLY)
    r = subprocess.run([MONITOR, "--pid", "1", "--dir-fd", str(fd)], capture_output=True, text=True,
                       pass_fds=[fd], check=False)
    os.close(fd)
    assert r.returncode == 125 and "watch the container: no child" in r.stderr.lower()


def test_nothing_inherited_stays_open(monitor):
    fd = os.open("/etc/passwd", os.O_RDONLY)
    m = monitor("read x", end_fd=fd)
    os.close(fd)
    links = [os.readlink(f"/proc/{m.pid}/fd/{n}") for n in os.listdir(f"/proc/{m.pid}/fd")]
    assert "/etc/passwd" not in links
    assert links.count("/dev/null") == 3
    assert os.readlink(f"/proc/{m.pid}/cwd") == "/"
    assert os.getsid(m.pid) == m.pid
    with open(f"/proc/{m.pid}/comm", encoding="ascii") as f:
        assert f.read() == "cubby-monitor\n"
    m.owner.send(STDIN_EOF)
    m.owner.until_exit(ack=True)


# --- log ---


def test_log_lines_are_dockers(monitor):
    text = b'a"b\\c\t<x>&\x01\x7f\r\n\xc3\xa9\xff\xed\xa0\x80\xe2\x80\xa8\n'
    m = monitor("head -c %d" % len(text))
    m.owner.send(STDIN, text)
    m.owner.until_exit(ack=True)
    assert m.owner.out == text
    m.wait()
    lines = m.log_bytes().split(b"\n")
    assert lines[0].startswith(
        b'{"log":"a\\"b\\\\c\\u0009\\u003cx\\u003e\\u0026\\u0001\x7f\\r\\n","stream":"stdout","time":"')
    assert lines[1].startswith(
        b'{"log":"\xc3\xa9\\ufffd\\ufffd\\ufffd\\ufffd\\u2028\\n","stream":"stdout","time":"')
    stamp = m.log()[0]["time"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", stamp)
    parsed = time.mktime(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    assert abs(parsed - time.time()) < 60


def test_partial_lines(monitor):
    m = monitor("printf a; sleep 0.1; printf 'b\\nc'; head -c 40000 /dev/zero | tr '\\0' y; echo; printf z",
                owner=False)
    m.wait()
    got = [r["log"] for r in m.log()]
    assert got[0] == "ab\n"
    assert [len(g) for g in got[1:]] == [16384, 16384, 40001 - 2 * 16384 + 1, 1]
    assert got[3].endswith("y\n") and got[4] == "z"


def test_a_long_line_is_not_cut_within_a_character(monitor):
    m = monitor("i=0; while [ $i -lt 9000 ]; do printf '\\342\\202\\254'; i=$((i+1)); done", owner=False)
    m.wait()
    assert m.logged() == "\u20ac" * 9000


def test_rotation(monitor):
    m = monitor("seq 1 20000", owner=False,
                more=["--log-max-size", "100000", "--log-max-files", "3"])
    m.wait()
    assert sorted(os.listdir(m.logs)) == ["log", "log.1", "log.2"]
    for name in ("log.1", "log.2"):
        assert 100000 <= len(m.log_bytes(name)) < 100200
    numbers = [int(r["log"]) for name in ("log.2", "log.1", "log") for r in m.log(name)]
    assert numbers == list(range(numbers[0], 20001))


def test_rotation_with_a_single_file(monitor):
    m = monitor("seq 1 20000", owner=False, more=["--log-max-size", "100000"])
    m.wait()
    assert os.listdir(m.logs) == ["log"]
    numbers = [int(r["log"]) for r in m.log()]
    assert numbers == list(range(numbers[0], 20001)) and len(m.log_bytes()) < 100200


def test_a_restart_appends_to_the_log(monitor):
    m = monitor("echo one", owner=False)
    m.wait()
    with open(os.path.join(m.logs, "log"), "ab") as f:
        f.write(b'{"log":"half a rec')
    again = monitor("echo two", owner=False, logs=m.logs)
    again.wait()
    lines = again.log_bytes().splitlines()
    assert [json.loads(line)["log"] for line in (lines[0], lines[2])] == ["one\n", "two\n"]
    assert lines[1] == b'{"log":"half a rec'


def test_a_full_disk_does_not_stop_the_container(monitor):
    # RLIMIT_FSIZE fails write(2) as a full disk does, without one
    soft = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, soft[1]))
    try:
        m = monitor("seq 1 5000; echo end >&2; exit 3")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, soft)
    assert m.owner.until_exit(ack=True) == 3
    assert m.owner.out.split() == [b"%d" % n for n in range(1, 5001)]
    m.wait()
    # whole records only
    assert 0 < len(m.log()) < 5000


def test_a_gap_is_told_in_the_log(monitor):
    m = monitor("cat", more=["--log-max-size", "0"])
    m.owner.send(STDIN, b"before\n")
    m.owner.until(lambda c: c.out == b"before\n")
    resource.prlimit(m.pid, resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
    m.owner.send(STDIN, b"lost one\nlost two\n")
    m.owner.until(lambda c: c.out.endswith(b"two\n"))
    m.until_idle()
    resource.prlimit(m.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    m.owner.send(STDIN, b"after\n")
    m.owner.send(STDIN_EOF)
    m.owner.until_exit(ack=True)
    m.wait()
    assert m.logged() == "before\nafter\n"
    assert m.logged("stderr") == \
        "[cubby: 18 bytes of output were not logged: file too large]\n"


def test_no_log(monitor):
    m = monitor("echo x", log=False)
    assert m.owner.until_exit(ack=True) == 0
    assert m.owner.out == b"x\n"


# --- attach ---


def test_several_clients_see_the_same(monitor):
    m = monitor("read x; echo got $x; read y; echo got $y")
    others = [m.attach() for _ in range(3)]
    others[0].send(STDIN, b"one\n")
    for c in (m.owner, *others):
        c.until(lambda c: c.out == b"got one\n")
    # one detaches, nobody is disturbed
    others[1].close()
    m.owner.send(STDIN, b"two\n")
    for c in (others[0], others[2]):
        assert c.until_exit() == 0
        assert c.out == b"got one\ngot two\n"
    assert m.owner.until_exit(ack=True) == 0
    assert m.wait() == 0


def test_too_many_clients(monitor):
    m = monitor("read x")
    for _ in range(15):
        m.attach()
    extra = m.attach(hello=False)
    assert extra.receive() is False
    m.clients[3].close()
    m.until_idle()
    m.attach()
    m.owner.send(STDIN_EOF)
    m.owner.until_exit(ack=True)


def test_unknown_version_is_answered_with_ours(monitor):
    m = monitor("read x")
    c = m.attach(hello=False)
    c.send(HELLO, struct.pack("=II", 99, 0))
    assert c.receive() and c.version == 1
    assert c.receive() is False


def test_no_output_before_the_hello(monitor):
    m = monitor("read x; echo data")
    c = m.attach(hello=False)
    m.owner.send(STDIN, b"\n")
    assert m.owner.until_exit(ack=True) == 0
    assert c.receive() is False and c.out == b""


def test_messages_without_sense_are_harmless(monitor):
    m = monitor("read x; echo $x")
    for packet in (b"\xff", bytes([RESIZE]) + b"1", bytes([EXIT]) + b"x" * 5000, bytes([EXIT_ACK]),
                   bytes([HELLO]) + b"short", bytes([STDIN])):
        m.owner.sock.send(packet)
    c = m.attach(hello=False)
    c.send(STDIN, b"not said hello\n")
    assert c.receive() is False
    m.owner.send(STDIN, b"fine\n")
    m.owner.until_exit(ack=True)
    assert m.owner.out == b"fine\n" and m.wait() == 0


def test_stdin_end(monitor):
    m = monitor("cat; echo over")
    m.owner.send(STDIN, b"text")
    m.owner.send(STDIN_EOF)
    m.owner.until_exit(ack=True)
    assert m.owner.out == b"textover\n"


def test_stdin_closes_with_the_client(monitor):
    m = monitor("cat; echo over")
    other = m.attach()
    m.owner.send(STDIN, b"text\n")
    m.owner.close()
    other.until_exit()
    assert other.out == b"text\nover\n"


def test_keep_stdin(monitor):
    m = monitor("cat; echo over", more=["--keep-stdin", "1"])
    m.owner.send(STDIN, b"one\n")
    m.owner.close()
    time.sleep(0.2)
    other = m.attach()
    other.send(STDIN, b"two\n")
    other.until(lambda c: c.out.endswith(b"two\n"))
    other.send(STDIN_EOF)
    assert other.until_exit() == 0
    assert other.out.endswith(b"two\nover\n")


def test_all_input_of_a_client_that_has_gone_is_delivered(monitor):
    m = monitor("sleep 0.4; cat >/dev/null; echo read", more=["--keep-stdin", "0"])
    other = m.attach()
    for _ in range(9):
        m.owner.send(STDIN, b"x" * 16000)
    m.owner.close()
    assert other.until_exit() == 0
    assert other.out == b"read\n"
    m2 = monitor("sleep 0.4; wc -c")
    for _ in range(9):
        m2.owner.send(STDIN, b"x" * 16000)
    m2.owner.close()
    m2.wait()
    assert m2.logged().split() == ["144000"]


def test_blocked_stdin_does_not_block_output_or_other_messages(monitor):
    m = monitor("i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); done; sleep 0.3; exit 2")
    m.owner.sock.setblocking(False)
    try:
        while True:
            m.owner.send(STDIN, b"x" * 16000)
    except BlockingIOError:
        pass
    m.owner.sock.settimeout(10)
    m.owner.until(lambda c: c.out.endswith(b"line 199\n"))
    assert m.owner.until_exit(ack=True) == 2
    assert m.wait() == 0


@pytest.mark.slow
def test_owner_loses_nothing_however_slow(monitor):
    m = monitor("seq 1 300000; echo end >&2")
    time.sleep(1)
    before = m.ticks()
    time.sleep(1)
    assert m.ticks() - before <= 1, "busy while the owner takes nothing"
    m.owner.until_exit(ack=True)
    assert m.owner.out == b"".join(b"%d\n" % n for n in range(1, 300001))
    assert m.owner.err == b"end\n"
    m.wait()
    assert m.logged() == m.owner.out.decode()


@pytest.mark.slow
def test_exit_is_recorded_while_the_owner_sleeps(monitor):
    m = monitor(["seq", "1", "1000000"])
    time.sleep(0.5)
    os.kill(m.container, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(m.until_record()[0]) == -9
    before = m.ticks()
    time.sleep(1)
    assert m.ticks() - before <= 1
    # what was under way is still delivered, and logged
    m.owner.until_exit(ack=True)
    assert len(m.owner.out) > 65536
    m.wait()
    assert m.logged() == m.owner.out.decode()


@pytest.mark.slow
def test_a_sleeping_client_is_disconnected(monitor):
    m = monitor("seq 1 400000")
    m.attach()
    started = time.monotonic()
    m.owner.sock.settimeout(30)
    while m.owner.status is None:
        assert m.owner.receive()
    assert 5 < time.monotonic() - started < 25 * SLOW
    m.owner.send(EXIT_ACK)
    assert m.owner.out.endswith(b"400000\n") and m.wait() == 0


def test_client_killed_in_the_middle(monitor):
    m = monitor("seq 1 200000")
    for n in range(5):
        c = m.attach()
        c.close()
        m.owner.until(lambda c, n=n: len(c.out) > 100000 * n)
    m.owner.until_exit(ack=True)
    assert len(m.owner.out) == sum(len(str(n)) + 1 for n in range(1, 200001))


def test_other_clients_hear_the_end_without_owner(monitor):
    m = monitor("read x; exit 6", owner=False, more=["--keep-stdin", "1"])
    clients = [m.attach() for _ in range(4)]
    clients[0].send(STDIN, b"\n")
    assert [c.until_exit() for c in clients] == [6] * 4
    m.wait()
    assert m.cleaned


# --- terminal ---


def test_terminal(monitor):
    m = monitor("stty -echo; stty size; read x; stty size; echo got $x; tty; exit 3", tty=True)
    assert m.owner.terminal == 1
    m.owner.until(lambda c: b"0 0\r\n" in c.out)
    m.owner.send(RESIZE, struct.pack("=HH", 132, 43))
    m.owner.send(STDIN, b"word\n")
    assert m.owner.until_exit(ack=True) == 3
    assert b"43 132\r\ngot word\r\n/dev/pts/" in m.owner.out
    assert "got word\r\n" in m.logged()


def test_terminal_end_of_file(monitor):
    m = monitor("stty -echo; echo up; cat; echo over", tty=True)
    m.owner.until(lambda c: b"up" in c.out)
    m.owner.send(STDIN, b"half")
    m.owner.send(STDIN_EOF)
    m.owner.until_exit(ack=True)
    assert m.owner.out.endswith(b"halfover\r\n")


def test_terminal_end_of_file_at_line_start(monitor):
    m = monitor("stty -echo; echo up; cat; echo over; cat; echo out", tty=True)
    m.owner.until(lambda c: b"up" in c.out)
    m.owner.send(STDIN_EOF)
    m.owner.until(lambda c: b"over" in c.out)
    m.owner.send(STDIN_EOF)
    assert m.owner.until_exit(ack=True) == 0


def test_terminal_output_before_exit_is_complete(monitor):
    m = monitor("seq 1 50000", tty=True)
    m.owner.until_exit(ack=True)
    assert m.owner.out == b"".join(b"%d\r\n" % n for n in range(1, 50001))


def test_terminal_that_nobody_has_open_does_not_spin(monitor):
    m = monitor("name=$(tty); exec </dev/null >/dev/null 2>&1; sleep 1.5; echo again > $name", tty=True)
    time.sleep(0.5)
    before = m.ticks()
    time.sleep(0.8)
    assert m.ticks() - before <= 1
    m.owner.until_exit(ack=True)
    assert m.owner.out == b"again\r\n"


def test_terminal_input_that_is_not_read(monitor):
    m = monitor("stty raw -echo; echo up; sleep 1; echo alive; exit 1", tty=True)
    m.owner.until(lambda c: b"up" in c.out)
    for _ in range(8):
        m.owner.send(STDIN, b"y" * 16000)
    before = m.ticks()
    m.owner.until(lambda c: b"alive" in c.out)
    assert m.ticks() - before <= 3
    assert m.owner.until_exit(ack=True) == 1


# --- cost ---


def test_idle_costs_nothing(monitor):
    m = monitor("exec >&- 2>&-; read x")
    m.attach()
    time.sleep(0.2)
    before = m.ticks()
    time.sleep(1)
    assert m.ticks() == before
    with open(f"/proc/{m.pid}/status", encoding="ascii") as f:
        switches = int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", f.read(), re.M)[1])
    assert switches < 100
    m.owner.send(STDIN_EOF)
    m.owner.until_exit(ack=True)


def smaps(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        return {k: int(v) for k, v in re.findall(r"^(\w+):\s+(\d+) kB", f.read(), re.M)}


def test_memory(monitor):
    with open(MONITOR, "rb") as f:
        program = f.read()
    if b"__asan" in program or b"GNU C Library" in program:
        pytest.skip("this build has a C library in it")
    m = monitor("cat")
    m.owner.send(STDIN, b"x" * 10000 + b"\n")
    m.owner.until(lambda c: len(c.out) == 10001)
    used = smaps(m.pid)
    assert used["Rss"] < 150, used
    # a second one shares what is not written to
    used = smaps(monitor("cat").pid)
    assert used["Private_Clean"] + used["Private_Dirty"] < 80, used


@pytest.mark.slow
def test_a_hundred_megabytes(monitor):
    m = monitor("seq 1 13000000 | head -c 100000000")
    count = 0
    while m.owner.status is None:
        m.owner.out = b""
        assert m.owner.receive()
        count += len(m.owner.out)
    m.owner.send(EXIT_ACK)
    assert count == 100000000
    m.wait()
    count = 0
    with open(os.path.join(m.logs, "log"), "rb") as f:
        for line in f:
            count += line.index(b'"', 8) - 8 - line.count(b"\\n")
    assert count == 100000000


def test_survives_fd_shortage(monitor):
    m = monitor("read x; echo fine")
    resource.prlimit(m.pid, resource.RLIMIT_NOFILE, (22, 1024))
    waiting = []
    for _ in range(15):
        waiting.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        waiting[-1].connect(m.socket_path)
    time.sleep(0.1)
    before = m.ticks()
    time.sleep(1)
    assert m.ticks() - before <= 1
    resource.prlimit(m.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    m.clients += [Client(sock) for sock in waiting]
    m.clients[-1].send(STDIN, b"\n")
    m.clients[-1].until(lambda c: c.out == b"fine\n")
    assert m.owner.until_exit(ack=True) == 0


def test_a_journal_that_is_not_there_costs_no_more_than_the_output(monitor, tmp_path):
    """Nobody listens at first; then a gap is told of, before the next record."""
    path = str(tmp_path / "journal")
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    m = monitor("echo lost; read x; echo kept; echo piece >&2", logs=sender,
                more=["--log-journal", path, "--log-fields", "CONTAINER_NAME=x\n"])
    m.owner.until(lambda c: c.out == b"lost\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(path)
        receiver.settimeout(10 * SLOW)
        m.owner.send(STDIN, b"\n")
        got = [receiver.recv(65536) for _ in range(3)]
    assert m.owner.until_exit(ack=True) == 0
    assert got[0].startswith(b"PRIORITY=3\nCONTAINER_NAME=x\nMESSAGE\n")
    assert b"[cubby: 5 bytes of output were not logged: no such file or directory]" in got[0]
    assert got[1] == b"PRIORITY=6\nCONTAINER_NAME=x\nMESSAGE\n" + struct.pack("<Q", 4) + b"kept\n"
    assert got[2] == b"PRIORITY=3\nCONTAINER_NAME=x\nMESSAGE\n" + struct.pack("<Q", 5) + b"piece\n"
    sender.close()


def test_health_checks_come_when_the_last_one_said(monitor, tmp_path):
    """Three runs at 50 ms, then "0": no more. One that says nothing would be tried again much later."""
    script = (f"echo x >> {tmp_path}/ran; n=$(wc -l < {tmp_path}/ran); pwd >> {tmp_path}/where; "
              "if [ $n -lt 3 ]; then echo 50; else echo 0; fi; exit 1")
    m = monitor("read x", health=script)
    deadline = time.monotonic() + 10 * SLOW
    while len((tmp_path / "ran").read_text() if (tmp_path / "ran").exists() else "") < 6:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    before = m.ticks()
    time.sleep(0.3)
    assert (tmp_path / "ran").read_text() == "x\nx\nx\n" and m.ticks() - before < 3
    assert (tmp_path / "where").read_text() == "/\n/\n/\n"
    m.owner.send(STDIN_EOF)
    m.owner.until_exit()
    m.owner.close()
    m.wait()
    assert m.cleaned


def test_a_health_check_that_hangs_does_not_hold_up_the_end(monitor):
    m = monitor("sleep 0.2; exit 3", owner=False, health="exec sleep 1")
    m.wait()
    assert m.cleaned and os.waitstatus_to_exitcode(m.record()[0]) == 3
