# SPDX-License-Identifier: Apache-2.0
"""The fixtures themselves: a test suite that misses what is left behind proves nothing."""

import os
import signal
import subprocess

import pexpect
import pytest

from support import process, program


def test_a_busybox_root_runs_programs(busybox_root, user):
    chroot = user.in_namespace(["chroot", busybox_root, "/bin/sh", "-c", "id -u; ls /etc/passwd"])
    assert subprocess.check_output(chroot, text=True) == "0\n/etc/passwd\n"


def test_a_root_of_ones_own_is_a_copy(busybox_root, own_root):
    with open(os.path.join(own_root, "mark"), "w", encoding="utf-8"):
        pass
    assert not os.path.exists(os.path.join(busybox_root, "mark"))
    assert os.readlink(os.path.join(own_root, "bin", "sh")) == "busybox"


@pytest.mark.slow
def test_a_debian_root_has_what_people_try_first(debian_root, user):
    for path in ("bin/bash", "usr/bin/vi", "bin/ping", "bin/su", "usr/bin/apt-get", "bin/ps"):
        assert os.path.lexists(os.path.join(debian_root, path)), path
    inside = user.in_namespace(["chroot", debian_root, "stat", "-c", "%u %g", "/", "/var/mail"])
    if user.is_root or user.has_subordinate_ids:
        assert subprocess.check_output(inside, text=True) == "0 0\n0 8\n"


def test_an_orphan_is_found_as_a_descendant_and_reaped(base):
    # The shell ends at once; its child is an orphan that comes to us.
    pid = int(subprocess.check_output(["sh", "-c", "sleep 1000 >/dev/null & echo $!"], text=True))
    assert pid in process.descendants()
    process.wait_until(lambda: process.stat_fields(pid)[1] == os.getpid(), "adoption")
    os.kill(pid, signal.SIGKILL)
    process.wait_until(lambda: process.stat_fields(pid) is None, "the orphan to be reaped")


def test_an_orphan_is_reaped_while_a_command_runs(base, environment):
    # The second shell waits for the orphan of the first to be gone altogether, not only dead.
    pid = int(subprocess.check_output(["sh", "-c", "sleep 0.3 >/dev/null & echo $!"], text=True))
    waited = program.run(["sh", "-c", f"while [ -e /proc/{pid} ]; do sleep 0.05; done"],
                         env=environment, cwd=base, timeout=10)
    assert waited.code == 0


def test_children_of_ones_own_are_not_reaped():
    for _ in range(50):
        assert subprocess.run(["sh", "-c", "exit 7"], check=False).returncode == 7
    pid = os.fork()
    if pid == 0:
        os._exit(5)
    process.wait_until(lambda: not process.alive(pid), "end of the child")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5


def test_what_is_left_is_named_and_killed(base):
    before = process.descendants()
    sleeper = subprocess.Popen(["sleep", "1001"])
    process.wait_until(lambda: process.command_line(sleeper.pid) == "sleep 1001", "exec")
    told = process.end_leftovers(before)
    assert told == [f"process {sleeper.pid}: sleep 1001"]
    assert sleeper.wait() == -signal.SIGKILL


def test_a_deadline_names_what_did_not_happen():
    with pytest.raises(AssertionError, match="not within .*: the moon"):
        process.wait_until(lambda: False, "the moon", 0.01)


def test_a_command_that_keeps_its_output_open_is_a_failure(base, environment):
    with pytest.raises(AssertionError, match="kept open"):
        program.run(["sh", "-c", "echo said; sleep 1002 & sleep 0"], env=environment, cwd=base,
                    timeout=0.5)
    process.end_leftovers()


def test_a_result_shows_all_of_it(base, environment):
    result = program.run(["sh", "-c", "cat; echo no >&2; exit 3"], env=environment, cwd=base,
                         input="yes")
    assert (result.code, result.stdout, result.stderr) == (3, "yes", "no\n")
    assert "[exit 3]" in repr(result) and "yes" in repr(result)


def test_a_terminal_is_one(terminal):
    child = terminal(["sh", "-c", "test -t 0 && stty size; exec cat"], dimensions=(30, 100))
    child.expect("30 100")
    child.sendline("hello")
    child.expect("hello\r\nhello")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.signalstatus == signal.SIGINT


def test_default_config_maps_an_ordinary_user(user):
    config = program.default_config(user, ["true"], "/root")
    kinds = [n["type"] for n in config["linux"]["namespaces"]]
    assert ("user" in kinds) == (not user.is_root)
    if not user.is_root:
        first = config["linux"]["uidMappings"][0]
        assert first == {"containerID": 0, "hostID": user.uid, "size": 1}
