# SPDX-License-Identifier: Apache-2.0
"""A person at the keyboard, in a Debian root file system made by mmdebstrap."""

import os
import re
import signal

import pytest

from support import process

PROMPT = r"root@[^#]*# "


@pytest.fixture
def bash(cubby, debian_root, terminal):
    child = terminal(cubby.argv("run", "-it", "--rm", "--name", "deb", "--rootfs", debian_root, "bash"),
                     env={"TERM": "xterm"})
    child.expect(PROMPT)
    return child


def say(child, line, expected):
    child.sendline(line)
    child.expect(expected)
    match = child.match
    child.expect(PROMPT)
    return match


def test_job_control(bash):
    say(bash, "sleep 1000 &", r"\[1\] \d+")
    say(bash, "jobs", r"\[1\]\+\s+Running\s+sleep 1000")
    bash.sendline("fg")
    bash.expect("sleep 1000")
    bash.sendcontrol("z")
    bash.expect(r"Stopped\s+sleep 1000")
    bash.expect(PROMPT)
    say(bash, "kill %1; wait; echo ended", r"[\r\n]ended")


def test_ctrl_c_reaches_the_program_and_not_the_shell(bash):
    # The program itself says that it has the terminal; before, bash would get the ^C and ignore it.
    bash.sendline("sh -c 'echo st''arted; exec sleep 1000'")
    bash.expect("started")
    bash.sendcontrol("c")
    bash.expect(PROMPT)
    say(bash, "echo status=$?", r"[\r\n]status=130")


def test_the_window_size_is_followed(bash):
    assert say(bash, "stty size", r"[\r\n](\d+ \d+)\r").group(1) == "24 80"
    bash.setwinsize(50, 132)
    process.wait_until(
        lambda: say(bash, "stty size", r"[\r\n](\d+ \d+)\r").group(1) == "50 132", "the new size")


def test_vi(bash):
    bash.sendline("TERM=xterm vi /root/text")
    bash.expect("~")
    bash.send("ihello from vi\x1b:wq\r")
    bash.expect(PROMPT)
    say(bash, "cat /root/text; rm /root/text", r"[\r\n]hello from vi")


def test_exit_status_and_the_terminal_come_back(bash, cubby):
    bash.sendline("exit 7")
    bash.expect_exact("exit")
    bash.wait()
    bash.close()
    assert bash.exitstatus == 7
    assert cubby.names() == []


def test_programs_of_a_distribution_work(cubby, debian_root):
    def run(*argv):
        return cubby.ok("run", "--rm", "--rootfs", debian_root, *argv)
    assert re.match(r"apt \d", run("apt-get", "--version"))
    assert run("su", "-s", "/bin/bash", "nobody", "-c", "id -un") == "nobody"
    assert "1 received" in run("ping", "-c", "1", "127.0.0.1")


def test_detached_exec_logs_stop(cubby, debian_root, terminal):
    cubby.ok("run", "-d", "--name", "web", "--rootfs", debian_root, "bash", "-c",
             "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.1; done")
    cubby.wait_log("web", "ready")

    follower = cubby.start("logs", "-f", "web")
    inside = terminal(cubby.argv("exec", "-it", "web", "bash"))
    inside.expect(PROMPT)
    say(inside, "tty", r"[\r\n]/dev/(pts/\d+|console)")
    say(inside, "ps -o pid= -p 1", r"[\r\n]\s+1\r")
    inside.sendline("exit 3")
    inside.wait()
    inside.close()
    assert inside.exitstatus == 3

    cubby.ok("stop", "web")
    out, err = follower.communicate(timeout=10 * process.SLOW)
    assert follower.returncode == 0, err
    assert out.split() == ["ready", "bye"]
    assert cubby.status("web") == "exited"
    assert cubby.inspect("web")["State"]["ExitCode"] == 0


def test_detach_and_attach_again(cubby, debian_root, terminal):
    child = terminal(cubby.argv("run", "-it", "--name", "deb", "--rootfs", debian_root, "bash"))
    child.expect(PROMPT)
    child.sendline("X=kept")
    child.expect(PROMPT)
    child.send("\x10\x11")
    child.wait()
    child.close()
    assert child.exitstatus == 0
    assert cubby.status("deb") == "running"

    again = terminal(cubby.argv("attach", "deb"))
    again.sendline("echo X is $X")
    again.expect("X is kept")
    again.sendline("exit")
    again.wait()
    cubby.wait_status("deb", "exited")


def test_a_killed_client_gives_the_terminal_back(cubby, busybox_root, terminal):
    """kill -9 of the `cubby run -it` in the foreground: the user's terminal is sane again."""
    shell = terminal(["/bin/sh", "-i"], env={"PS1": "outer$ "})
    shell.expect_exact("outer$ ")
    shell.sendline("stty -a | tr ';' '\\n' | grep -c ' icanon'")
    shell.expect("1\r")
    run = " ".join(cubby.argv("run", "-it", "--name", "t", "--rootfs", busybox_root, "sh"))
    shell.sendline(run)
    shell.expect(r"/ # ")
    client = [p for p in process.children(shell.pid) if "run" in process.command_line(p)][0]
    os.kill(client, signal.SIGKILL)
    shell.expect("Killed")

    def sane():
        shell.sendline("stty -a; echo said $((40 + 2))")
        shell.expect("said 42")
        return " icanon" in shell.before and " echo " in shell.before
    process.wait_until(sane, "the terminal being sane")


def test_exec_without_t_does_not_hand_over_the_terminal(cubby, busybox_root, terminal):
    """What is shown comes through a pipe; keys arrive with -i only."""
    cubby.ok("run", "-d", "--name", "c", "--rootfs", busybox_root, "sleep", "1000")
    shown = terminal(cubby.argv("exec", "c", "sh", "-c",
                                "for n in 0 1 2; do test -t $n && echo tty $n; done; echo over"))
    shown.expect("over")
    assert "tty" not in shown.before
    shown.wait()
    typed = terminal(cubby.argv("exec", "-i", "c", "sh", "-c", "read x; echo got $x; cat; exit 5"))
    typed.sendline("hello")
    typed.expect("got hello")
    typed.sendeof()
    typed.wait()
    typed.close()
    assert typed.exitstatus == 5
