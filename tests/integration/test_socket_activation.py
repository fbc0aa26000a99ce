# SPDX-License-Identifier: Apache-2.0
"""Sockets that a service manager opened are the container's; the manager is played by us."""

import os
import socket
import sys

import pytest

from support import process, program

SAY = ("echo fds=$LISTEN_FDS names=$LISTEN_FDNAMES mine=$([ \"$LISTEN_PID\" = $$ ] && echo yes) "
       "$(ls /proc/self/fd | tr '\\n' ' '); head -n 1 <&3")


# as systemd does it: the socket becomes fd 3, and the variables are for the process that cubby will be
EXEC = """
import os, sys
fd, pid = int(sys.argv[1]), sys.argv[2]
os.dup2(fd, 3) if fd != 3 else os.set_inheritable(3, True)
if fd != 3:
    os.close(fd)
os.environ["LISTEN_PID"] = pid or str(os.getpid())
os.execv(sys.argv[3], sys.argv[3:])
"""


@pytest.fixture
def activate(cubby, base):
    """Run cubby with a socket for its container."""
    path = os.path.join(base, "activation")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(path)

        def run(*args, fds=1, pid=""):
            return program.run([sys.executable, "-c", EXEC, ours.fileno(), pid, *cubby.argv(*args)],
                               cwd=cubby.base, pass_fds=(ours.fileno(),),
                               env=cubby.environment({"LISTEN_FDS": fds, "LISTEN_FDNAMES": "web"}))

        run.path = path
        yield run


def send(activate, text=b"hello\n"):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(text, activate.path)


@pytest.mark.parametrize("more", [[], ["--init"], ["--pid", "host"]])
def test_run(activate, busybox_root, more):
    """LISTEN_PID is that of the program, whatever its pid is: sd_listen_fds(3) asks."""
    send(activate)
    done = activate("run", "--rm", "--network", "none", *more, "--rootfs", busybox_root, "sh", "-c", SAY)
    assert done.code == 0 and done.lines[0].startswith("fds=1 names=web mine=yes 0 1 2 3 "), done
    assert done.lines[1] == "hello", done


def test_start_and_others(activate, cubby, busybox_root):
    """A container that exists already gets them at each start that is activated, and keeps nothing of it."""
    cubby.ok("create", "--name", "web", "--network", "none", "--rootfs", busybox_root, "sh", "-c",
             "echo fds=$LISTEN_FDS; [ -z \"$LISTEN_FDS\" ] || head -n 1 <&3")
    send(activate)
    assert activate("start", "-a", "web").lines == ["fds=1", "hello"]
    assert cubby.ok("start", "-a", "web") == "fds="
    # meant for another process: nobody's
    assert activate("start", "-a", "web", pid="1").lines == ["fds="]
    told = activate("start", "-a", "web", fds=100)
    assert told.code == 125 and "LISTEN_FDS=100: file descriptor" in told.stderr, told
    # in the background nothing but the container keeps it open
    cubby.ok("rm", "web")
    assert activate("run", "-d", "--name", "web", "--network", "none", "--rootfs", busybox_root, "sh", "-c",
                    "exec sleep 100").code == 0
    pid, state = cubby.pid("web"), cubby.inspect("web")["State"]
    mine = os.readlink(f"/proc/{pid}/fd/3")
    assert mine.startswith("socket:")
    assert mine not in [os.readlink(f"/proc/{state['ConmonPid']}/fd/{fd}")
                        for fd in os.listdir(f"/proc/{state['ConmonPid']}/fd")]
    assert process.command_line(pid).startswith("sleep")


def test_unit_is_a_label(cubby, busybox_root):
    cubby.ok("create", "--name", "web", "--label", "a=b", "--rootfs", busybox_root, "true",
             env={"PODMAN_SYSTEMD_UNIT": "web.service"})
    assert cubby.inspect("web")["Config"]["Labels"] == {"PODMAN_SYSTEMD_UNIT": "web.service", "a": "b"}
