# SPDX-License-Identifier: Apache-2.0
"""The init of `--init` by itself: as PID 1 of a pid namespace where that can be made, else as a reaper."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

PREFIX = os.environ.get("CUBBY_PREFIX", "/usr/local")
INIT = os.environ.get("CUBBY_INIT", PREFIX + "/libexec/cubby/init")
UNSHARE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"]


def run(*argv, **more):
    return subprocess.run([INIT, "--", *argv], capture_output=True, text=True, check=False, **more)


@pytest.fixture
def pid1():
    """Runs a shell script below the init as PID 1."""
    if not shutil.which("unshare") or subprocess.run([*UNSHARE, "true"], check=False,
                                                     capture_output=True).returncode:
        pytest.skip("no user namespaces")

    def start(script):
        return subprocess.run([*UNSHARE, INIT, "--", "/bin/sh", "-c", script], capture_output=True,
                              text=True, check=False, timeout=30)

    return start


@pytest.mark.parametrize("script, status", [
    ("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137),
])
def test_status_is_the_programs(script, status):
    assert run("/bin/sh", "-c", script).returncode == status


def test_no_such_program():
    r = run("/nowhere/program")
    assert r.returncode == 127
    assert r.stderr == "init: run /nowhere/program: no such file or directory\n"


def test_not_executable(tmp_path):
    (tmp_path / "x").write_text("#!/bin/sh\n")
    r = run(str(tmp_path / "x"))
    assert r.returncode == 126 and r.stderr.endswith(": permission denied\n")


def test_program_is_searched_in_path(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "tool").write_text("not executable")
    (tmp_path / "b" / "tool").write_text("#!/bin/sh\necho found $1\n")
    (tmp_path / "b" / "tool").chmod(0o755)
    env = {"PATH": f"{tmp_path}/a:/nowhere:{tmp_path}/b"}
    assert run("tool", "arg", env=env).stdout == "found arg\n"
    assert run("other", env=env).returncode == 127
    assert run("tool", env={"PATH": f"{tmp_path}/a"}).returncode == 126
    assert run("sh", "-c", "echo default", env={}).stdout == "default\n"


def test_usage():
    for argv in ([INIT], [INIT, "true"], [INIT, "--"]):
        r = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert r.returncode == 125 and "usage" in r.stderr


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1,
                                 signal.SIGQUIT, signal.SIGWINCH, signal.SIGRTMIN + 3])
def test_signals_are_forwarded(sig):
    child = subprocess.Popen(
        [INIT, "--", "/bin/sh", "-c", f"trap 'echo got; exit 9' {int(sig)}; echo up; "
         "while :; do sleep 0.02; done"], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "up\n"
    child.send_signal(sig)
    assert child.stdout.readline() == "got\n"
    assert child.wait(10) == 9
    child.stdout.close()


def test_the_program_has_no_signal_blocked():
    out = run("/bin/sh", "-c", "grep Sig[BI] /proc/self/status").stdout
    assert re.search(r"^SigBlk:\s0+$", out, re.M)


def test_zombies_are_reaped(pid1):
    # each subshell leaves an orphan that ends at once
    r = pid1("i=0; while [ $i -lt 50 ]; do ( : & ); i=$((i+1)); done; sleep 0.1; i=0; "
             "while grep -q '^State:.Z' /proc/[0-9]*/status && [ $i -lt 100 ]; do i=$((i+1)); sleep 0.05; done; "
             "echo $i $$")
    assert int(r.stdout.split()[0]) < 100 and r.stdout.split()[1] != "1"


def test_the_end_of_the_program_is_the_end_of_all(pid1):
    started = time.monotonic()
    assert pid1("sleep 60 & exit 3").returncode == 3
    assert time.monotonic() - started < 10


def test_program_gets_the_terminal():
    pid, master = pty.fork()
    if pid == 0:
        os.execv(INIT, [INIT, "--", "/bin/sh", "-c",
                        "trap 'echo interrupted; exit 4' INT; ps -o pid=,pgid=,tpgid= -p $$; "
                        "echo up; while :; do sleep 0.02; done"])
    text = b""
    while b"up" not in text:
        assert select.select([master], [], [], 10)[0]
        text += os.read(master, 1000)
    own, group, foreground = (int(w) for w in text.split()[:3])
    assert own == group == foreground != pid
    os.write(master, b"\x03")
    while b"interrupted" not in text:
        assert select.select([master], [], [], 10)[0]
        text += os.read(master, 1000)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 4
    os.close(master)


def test_small():
    child = subprocess.Popen([INIT, "--", "/bin/sleep", "60"])
    time.sleep(0.2)
    with open(f"/proc/{child.pid}/smaps_rollup", encoding="ascii") as f:
        used = dict(re.findall(r"^(\w+):\s+(\d+) kB", f.read(), re.M))
    child.terminate()
    child.wait()
    with open(INIT, "rb") as f:
        program = f.read()
    if b"GNU C Library" not in program and b"__asan" not in program:
        assert int(used["Rss"]) < 60
