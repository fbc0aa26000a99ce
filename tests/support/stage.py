#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The network that a test run takes for the host's, so that nothing is ever made or changed in the machine's own.

    host0  192.0.2.1, 2001:db8:1::1 ---- lan0  192.0.2.2, 192.0.2.3, 2001:db8:1::2
    default route to the LAN                   198.51.100.1, 2001:db8:2::1: the rest of the world

Two network namespaces and a mount namespace, which only root can make:

    stage.enter()                  in this process (root's pytest does it, each worker for itself)
    python3 stage.py COMMAND...    and then COMMAND in it (how tools/run-tests starts the user's suites)

In the mount namespace /dev/net/tun may be opened by everybody, as on Debian, /etc/resolv.conf names the LAN's name server
and /sys shows the new network. In the LAN runs support/lan_agent.py, which answers and, asked by support/lan.py, connects.
It hears us on an abstract socket, which is one in our network namespace.
"""

import collections
import ctypes
import os
import socket
import subprocess
import sys
import tempfile

HOST4, HOST6 = "192.0.2.1", "2001:db8:1::1"
LAN4, OTHER_LAN4, LAN6 = "192.0.2.2", "192.0.2.3", "2001:db8:1::2"
WORLD4, WORLD6 = "198.51.100.1", "2001:db8:2::1"
AGENT = "\0cubby-test-lan"

# Open network namespaces: the one that we came from, and the LAN.
Entered = collections.namedtuple("Entered", "before lan")

_AGENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lan_agent.py")
_CLONE_NEWNS, _CLONE_NEWNET = 0x00020000, 0x40000000
_NETWORK = "/proc/thread-self/ns/net"

_LAN = f"""
link set lo up
addr add {WORLD4}/32 dev lo
addr add {WORLD6}/128 dev lo
"""
_HOST = f"""
link set lo up
link add host0 type veth peer name lan0 netns /proc/self/fd/{{lan}}
addr add {HOST4}/24 dev host0
addr add {HOST6}/64 dev host0 nodad
link set host0 up
"""
_LAN_LINK = f"""
addr add {LAN4}/24 dev lan0
addr add {OTHER_LAN4}/24 dev lan0
addr add {LAN6}/64 dev lan0 nodad
link set lan0 up
"""
_ROUTES = f"""
route add default via {LAN4}
route add default via {LAN6}
"""
_MOUNTS = """
mount --make-rprivate /
if [ -e /dev/net/tun ]; then
	mount -t tmpfs -o mode=755,nosuid,noexec tmpfs /dev/net
	mknod -m 666 /dev/net/tun c 10 200
fi
scratch=$1
mount -t sysfs -o nosuid,nodev,noexec sysfs "$scratch"
[ ! -d /sys/fs/cgroup ] || mount --rbind /sys/fs/cgroup "$scratch/fs/cgroup"
mount --rbind "$scratch" /sys
umount -l "$scratch"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$scratch"
if [ -n "$2" ]; then
	cp -a /etc "$scratch/etc"
	mount --bind "$scratch/etc" /etc
	rm -f /etc/resolv.conf
fi
printf 'nameserver %s\\n' "$3" >"$scratch/resolv.conf"
if [ -n "$2" ]; then
	cp "$scratch/resolv.conf" /etc/resolv.conf
elif [ -e /etc/resolv.conf ]; then
	mount --bind "$scratch/resolv.conf" "$(readlink -f /etc/resolv.conf)"
fi
umount -l "$scratch"
"""


def _unshare(flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare: the suites as root need namespaces of their own")


def set_namespace(fd):
    """The calling thread into a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(fd, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def ip(text, *fds):
    """Carry out lines of ip(8) in the network namespace that we are in."""
    subprocess.run(["ip", "-batch", "-"], input=text, text=True, check=True, pass_fds=fds)


def _start_agent(control):
    """In the network namespace that we are in; it ends when the last process that has our end of the pipe does."""
    theirs, ours = os.pipe()
    ready, told = os.pipe()
    # not our child: whoever looks for what a test left behind must not find it
    subprocess.run(["setsid", "--fork", sys.executable, "-B", _AGENT, str(control.fileno()), str(told)], stdin=theirs,
                   pass_fds=[control.fileno(), told], check=True)
    os.close(theirs)
    os.close(told)
    with open(ready, "rb") as f:
        if not f.read():
            raise RuntimeError("the LAN's agent does not start")
    os.set_inheritable(ours, True)


def enter(own_etc=False):
    """Make it all and enter it, as root; an Entered. own_etc: /etc is a copy, so that files in it can be replaced."""
    before = os.open(_NETWORK, os.O_RDONLY)
    _unshare(_CLONE_NEWNET)
    lan = os.open(_NETWORK, os.O_RDONLY)
    ip(_LAN)
    _unshare(_CLONE_NEWNET | _CLONE_NEWNS)
    host = os.open(_NETWORK, os.O_RDONLY)
    ip(_HOST.format(lan=lan), lan)
    with socket.socket(socket.AF_UNIX) as control:
        control.bind(AGENT)
        control.listen(128)
        set_namespace(lan)
        ip(_LAN_LINK)
        _start_agent(control)
    set_namespace(host)
    ip(_ROUTES)
    os.close(host)
    with tempfile.TemporaryDirectory(prefix="stage", dir="/tmp") as scratch:
        subprocess.run(["sh", "-euc", _MOUNTS, "sh", scratch, "own" if own_etc else "", LAN4], check=True)
    return Entered(before, lan)


def main(argv):
    own_etc = argv[:1] == ["--own-etc"]
    command = argv[argv[:1] in (["--own-etc"], ["--"]):]
    if not command:
        raise SystemExit(__doc__)
    enter(own_etc)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
