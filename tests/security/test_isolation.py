# SPDX-License-Identifier: Apache-2.0
"""What of the host is in sight of a container: cgroups (CVE-2023-25809, CVE-2022-0492), mounts, sockets
(CVE-2020-15257), keyrings, processes."""

import contextlib
import os
import signal
import socket

import pytest

from support import process

WRITE_CGROUPS = r"""
grep -E ' - cgroup2? ' /proc/self/mountinfo | cut -d' ' -f5 | while read -r d; do
	for top in "$d" "$d"/*/; do
		mkdir "$top/made" 2>/dev/null && echo "made $top"
		for f in release_agent notify_on_release cgroup.procs tasks cgroup.subtree_control; do
			[ -e "$top/$f" ] && echo 0 2>/dev/null >> "$top/$f" && echo "wrote $top/$f"
		done
	done
done
mount -t cgroup -o rdma cgroup /mnt && echo mounted
mount -t cgroup2 cgroup /mnt && echo mounted
mount -o remount,rw /sys/fs/cgroup && echo remounted
mount -o remount,rw /sys && echo remounted
true
"""


@pytest.mark.parametrize("options", [[], ["--network", "host"], ["--cap-add", "DAC_OVERRIDE"]],
                         ids=["default", "host-network", "dac-override"])
def test_cgroups_are_not_writable(cubby, evil_root, options):
    result = cubby("run", "--rm", *options, "--rootfs", evil_root, "sh", "-c", WRITE_CGROUPS)
    assert result.stdout == "", result


def test_the_cgroup_tree_is_not_the_hosts_in_a_bundle(runtime, evil_root):
    """A config that asks for a writable cgroup mount, as engines send it, without a cgroup of its own."""
    config = runtime.config(["sh", "-c", WRITE_CGROUPS], evil_root)
    config["mounts"] += [{"destination": "/sys", "type": "sysfs", "source": "sysfs",
                          "options": ["nosuid", "noexec", "nodev", "ro"]},
                         {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
                          "options": ["nosuid", "noexec", "nodev", "relatime", "rw"]}]
    result = runtime.run_config(config)
    assert (result.code, result.stdout) == (0, ""), result


def test_the_host_read_only_is_read_only_everywhere(cubby, evil_root, base):
    """-v /:/host:ro is of no use if what is mounted below / stays writable."""
    result = cubby("run", "--rm", "-v", "/:/host:ro", "--rootfs", evil_root, "sh", "-c",
                   "grep ' /host' /proc/self/mountinfo | cut -d' ' -f5,6; "
                   f"touch /host{base}/made /host/dev/shm/made /host/run/made")
    mounts = [line.split() for line in result.lines if line.startswith("/host")]
    assert mounts and all(flags.split(",")[0] == "ro" for _, flags in mounts), mounts
    assert result.stderr.count("Read-only file system") >= 2, result
    assert not os.path.exists(os.path.join(base, "made"))


@contextlib.contextmanager
def listening(name):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind("\0" + name)
        s.listen()
        yield


def test_abstract_sockets_of_the_host(cubby, evil_root):
    """They belong to the network namespace (CVE-2020-15257): out of sight, but with --network host,
    which is what that option means."""
    name = f"cubby-test-{os.getpid()}"
    with listening(name):
        hidden = cubby.ok("run", "--rm", "--rootfs", evil_root, "/hostile", "abstract", name)
        seen = cubby.ok("run", "--rm", "--network", "host", "--rootfs", evil_root, "/hostile", "abstract", name)
    assert (hidden, seen) == ("connect ECONNREFUSED", "connect got")


def test_none_of_our_sockets_is_abstract(cubby, running):
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as f:
        assert not [line for line in f if " @" in line and "cubby" in line and "test" not in line]


def test_processes_of_the_host_are_out_of_sight(cubby, evil_root):
    said = cubby.ok("run", "--rm", "--rootfs", evil_root, "sh", "-c",
                    "ls -d /proc/[0-9]*; kill -0 -1; kill -9 2; readlink /proc/1/root")
    assert said.splitlines()[0] == "/proc/1" and len(said.splitlines()) <= 4, said


def test_namespaces_are_its_own(cubby, running):
    pid = cubby.pid(running)
    for name in ("mnt", "pid", "ipc", "uts", "net", "cgroup"):
        assert os.readlink(f"/proc/{pid}/ns/{name}") != os.readlink(f"/proc/self/ns/{name}"), name


@pytest.mark.rootless
def test_root_in_the_container_is_the_user_outside(cubby, running, user):
    pid = cubby.pid(running)
    assert os.readlink(f"/proc/{pid}/ns/user") != os.readlink("/proc/self/ns/user")
    assert process.host_ids(pid) == (user.uid, user.gid)


def test_mounts_do_not_reach_the_host(cubby, evil_root, base):
    """Even of a container that may mount, in a volume, with each propagation that was not asked for."""
    volume = os.path.join(base, "volume")
    os.mkdir(volume)
    before = process.mounts_below("/")
    cubby.ok("run", "-d", "--name", "victim", "--cap-add", "SYS_ADMIN", "-v", f"{volume}:/volume",
             "--rootfs", evil_root, "sh", "-c",
             "mount -t tmpfs x /volume; mount --make-rshared / && mount -t tmpfs y /mnt; touch /volume/in; "
             "echo done; sleep 1000")
    cubby.wait_log("victim", "done")
    assert process.mounts_below("/") == before
    assert os.listdir(volume) == []


def test_a_root_that_shares_its_mounts_keeps_those_of_the_container_to_itself(cubby, evil_root):
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sleep", "1000")
    with open(f"/proc/{cubby.pid('victim')}/mountinfo", encoding="utf-8") as f:
        assert not [line for line in f if "shared:" in line or "master:" in line]


def test_signals_from_inside_reach_nobody_outside(cubby, evil_root):
    """Not its monitor, not who waits for it: kill -1, and the process group."""
    p = cubby.start("run", "--rm", "--rootfs", evil_root, "sh", "-c",
                    "trap '' TERM HUP INT; kill -TERM -1; kill -HUP 0; kill -INT -1; kill -TERM 0; echo alive")
    out, err = p.communicate(timeout=20)
    assert (p.returncode, out) == (0, "alive\n"), err


def test_the_monitor_cannot_be_reached_through_its_children(cubby, evil_root):
    """What init inherits from its maker: parent's pid 0, a session of its own, no death signal to abuse."""
    said = cubby.ok("run", "--rm", "--rootfs", evil_root, "cat", "/proc/self/stat").rpartition(")")[2].split()
    _, ppid, pgrp, session, tty = said[:5]
    assert (ppid, pgrp, session, tty) == ("0", "1", "1", "0")


def test_keys_of_the_caller_are_out_of_sight(cubby, evil_root):
    said = cubby("run", "--rm", "--security-opt", "seccomp=unconfined", "--rootfs", evil_root, "sh", "-c",
                 "cat /proc/keys /proc/key-users; /hostile calls | grep -E 'keyctl|add_key'")
    assert "_uid_ses" not in said.stdout and "keyring" not in said.stdout


def test_the_log_and_the_record_are_out_of_reach(cubby, running, user):
    """Whatever of the container's run directory is mounted into it, the rest is not beside it."""
    said = cubby.ok("exec", running, "sh", "-c",
                    "ls -a /etc/.. /run; ls /proc/self/fd/../..; grep -c . /proc/self/mountinfo")
    assert "attach" not in said and "config.json" not in said and "db.sqlite" not in said


def test_a_container_ends_with_all_its_processes(cubby, evil_root):
    """Daemons, double forks, other sessions and ignored signals: nothing survives the first process."""
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sh", "-c",
             "for i in 1 2 3; do setsid sh -c \"trap '' TERM HUP; (sleep 1000 &) ; sleep 1000\" & done; "
             "echo up; sleep 1000")
    cubby.wait_log("victim", "up")
    pid = cubby.pid("victim")
    inside = process.descendants(pid) | {pid}
    os.kill(pid, signal.SIGKILL)
    for other in inside:
        process.wait_gone(other)
