# SPDX-License-Identifier: Apache-2.0
"""What a container sees of cgroups, what its root may do with its own, and that no way leads to its limits."""

import os

import pytest

from support import process, rootfs, systemd_root
from support.cgroup import TOP, Cgroup

MIB = 1 << 20
# unshare(1) of the machine, as busybox knows no cgroup namespaces
TOOLS = [w for p in ("/usr/bin/unshare", "/usr/bin/nsenter", "/lib/x86_64-linux-gnu", "/lib64")
         for w in ("-v", f"{p}:{p}:ro")]


def ids_of(user):
    """As root the containers of these tests need a user namespace, or its root is the host's."""
    return ["--userns", "auto"] if user.is_root else []


def limits_of(group):
    """The cgroup that has the container's limits, and with systemd the scope."""
    while group.name != "container":
        group = group.parent
        assert group.path != TOP
    return group


@pytest.fixture
def no_leftovers(cubby):
    yield
    left = []

    def gone():
        left[:] = [path for path, _, _ in os.walk(TOP) if "/cubby-" in path and "gateway" not in path]
        return not left
    cubby("rm", "-f", "-t", "0", "-a")
    process.wait_until(gone, "no cgroup is left")


def test_namespaces(cubby, cgroup_of, user):
    show = "cat /proc/self/cgroup; grep ' /sys/fs/cgroup ' /proc/mounts; ls /sys/fs/cgroup"
    own = cubby.ok("run", "--rm", "--network=none", "busybox", "sh", "-c", show).splitlines()
    assert own[0] == "0::/" and " ro," in own[1] and "cgroup.events" in own

    host = cubby.ok("run", "--rm", "--network=none", "--cgroupns=host", "busybox", "sh", "-c", show).splitlines()
    assert ".scope/container" in host[0] and " ro," in host[1] and "init.scope" in host

    cubby.ok("run", "-d", "--name", "first", "--network=none", "busybox", "sleep", "100")
    cubby.ok("run", "-d", "--name", "second", "--network=none", "--cgroupns=container:first", "busybox", "sleep", "100")
    spaces = [os.readlink(f"/proc/{cubby.pid(n)}/ns/cgroup") for n in ("first", "second")]
    assert spaces[0] == spaces[1] != os.readlink("/proc/self/ns/cgroup")
    assert cgroup_of("first").path != cgroup_of("second").path
    assert cubby.ok("inspect", "--format", "{{.HostConfig.CgroupMode}}", "second").startswith("container:")
    path = f"/proc/{cubby.pid('first')}/ns/cgroup"
    if user.is_root:
        third = cubby.ok("run", "--rm", "--network=none", f"--cgroupns=ns:{path}", "busybox", "readlink",
                         "/proc/self/ns/cgroup")
        assert third == spaces[0]


def test_host_tree_is_never_writable(cubby, user):
    """CVE-2023-25809: an ordinary user owns parts of the host's tree, and so would the container's root."""
    if user.is_root:
        pytest.skip("of ordinary users")
    write = ("mount -o remount,rw,bind /sys/fs/cgroup; "
             "d=$(find /sys/fs/cgroup -name 'user@*.service' | head -1); "
             "mkdir ${d:-/sys/fs/cgroup/user.slice}/escape && echo escaped")
    for options in ([], ["--privileged"], ["--cap-add", "SYS_ADMIN"], ["--security-opt", "unmask=ALL"]):
        r = cubby("run", "--rm", "--network=none", "--cgroupns=host", *options, "busybox", "sh", "-c", write)
        assert "escaped" not in r.stdout, (options, r)
    assert not os.path.exists(f"{TOP}/user.slice/user-{user.uid}.slice/user@{user.uid}.service/escape")
    # version 1's way out of a container (CVE-2022-0492) is not there in version 2
    assert cubby.ok("run", "--rm", "--network=none", "--privileged", "busybox", "sh", "-c",
                    "find /sys/fs/cgroup -name release_agent | wc -l") == "0"


ATTACK = """
G=/sys/fs/cgroup
lift() { for f in memory.max memory.high memory.swap.max pids.max cpu.max cgroup.max.descendants; do
	echo max > $1/$f; done 2>/dev/null; }
lift $G
mkdir -p $G/child && echo $$ > $G/child/cgroup.procs
unshare -C sh -c "G=$G; $(type lift | tail -n +2); lift \\$G; lift \\$G/.."
mkdir -p /tmp/c && mount -t cgroup2 c /tmp/c && lift /tmp/c
unshare -Ur -m -C sh -c "mount -t cgroup2 c /tmp/c; $(type lift | tail -n +2); lift /tmp/c; lift $G"
nsenter --cgroup=/proc/1/ns/cgroup sh -c "mount -t cgroup2 c /tmp/c; $(type lift | tail -n +2); lift /tmp/c"
find $G /tmp/c -name memory.max -exec sh -c 'echo max > "$1"' - {} \\; 2>/dev/null
# out of the delegated part, upwards
for d in $G/.. $G/../.. /tmp/c/..; do echo $$ > $d/cgroup.procs; done 2>/dev/null
echo done
sleep 100
"""


@pytest.mark.parametrize("options", [["--privileged"], ["--nested"], ["--security-opt", "seccomp=unconfined"]],
                         ids=["privileged", "nested", "unconfined"])
def test_root_inside_cannot_lift_its_limits(cubby, cgroup_of, user, eventually, no_leftovers, options):
    cubby.ok("run", "-d", "--name", "prisoner", "--network=none", "--memory", "64m", "--memory-swap", "64m",
             "--pids-limit", "40", "--cpus", "0.5", *TOOLS, *ids_of(user), *options, "busybox", "sh", "-c", ATTACK)
    eventually(lambda: "done" in cubby.ok("logs", "prisoner"), "it has tried it all")
    group = limits_of(cgroup_of("prisoner"))
    assert group.number("memory.max") == 64 * MIB and group.number("memory.swap.max") == 0
    assert group.number("pids.max") == 40 and group.read("cpu.max") == "50000 100000"
    assert ".scope/container" in group.path
    # none of its processes has come out
    pids = group.all_pids()
    assert cubby.pid("prisoner") in pids
    r = cubby("exec", "prisoner", "dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1")
    assert r.code != 0 and group.keyed("memory.events")["oom_kill"] >= 1
    # what lies above is not in sight
    assert cubby.ok("exec", "prisoner", "cat", "/sys/fs/cgroup/pids.max") == "max"


DELEGATED = """
set -e
cd /sys/fs/cgroup
mkdir work
echo $$ > work/cgroup.procs
echo '+memory +pids' > cgroup.subtree_control
mkdir limited
echo 16M > limited/memory.max
echo 0 > limited/memory.swap.max
(echo 0 > limited/cgroup.procs; dd if=/dev/zero of=/dev/null bs=64M count=1) && echo 'not limited'
grep oom_kill limited/memory.events
sleep 100
"""


@pytest.mark.parametrize("own_ids", [False, True], ids=["user", "own-ids"])
def test_nested_makes_and_limits_cgroups(cubby, cgroup_of, user, eventually, no_leftovers, own_ids):
    options = ["--userns", "auto"] if own_ids or user.is_root else []
    cubby.ok("run", "-d", "--name", "outer", "--network=none", "--nested", *options, "busybox", "sh", "-c", DELEGATED)
    eventually(lambda: "oom_kill 1" in cubby.ok("logs", "outer"), "the limit inside counts")
    assert "not limited" not in cubby.ok("logs", "outer")
    group = cgroup_of("outer")
    assert group.name == "work" and group.parent.name == "inside"
    # another process goes where the first one is, or beside it: never outside the limits
    where = Cgroup(TOP + cubby.ok("exec", "outer", "cat", "/proc/self/cgroup").removeprefix("0::"))
    assert where.name in ("work", "exec")


INNER = """
mkdir -p /tmp/h
$CUBBY run --rm --network=none --memory 32m --memory-swap 32m --pids-limit 20 --rootfs /bb sh -c '
	cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max
	dd if=/dev/zero of=/dev/null bs=64M count=1 || echo killed'
find /sys/fs/cgroup -name 'cubby-*' | wc -l
"""


def test_cubby_inside_has_limits_of_its_own(cubby, base, user, no_leftovers):
    if user.is_root:
        pytest.skip("its root file system is the user's")
    rootfs.make_busybox(os.path.join(base, "inner"))
    r = cubby("run", "--rm", "--network=none", "--nested", "--memory", "300m", "-e", f"CUBBY={cubby.path}",
              "-v", f"{os.path.join(base, 'inner')}:/bb", "-v", "/usr/local:/usr/local:ro",
              "-v", "/lib/x86_64-linux-gnu:/lib/x86_64-linux-gnu:ro", "-v", "/lib64:/lib64:ro",
              "busybox", "sh", "-c", INNER)
    assert r.lines[:3] == [str(32 * MIB), "20", "killed"] and r.lines[-1] == "0", r


def test_systemd_boots_and_stops_in_order(cubby, base, cgroup_of, user, eventually, no_leftovers):
    root = systemd_root.make(os.path.join(base, "root"))
    options = ["--privileged=false"] if user.is_root else []
    cubby.ok("run", "-d", "--name", "host", "--network=none", "--memory", "200m", *options, "--rootfs", root,
             "/sbin/init")
    state = ["exec", "host", "systemctl", "is-active", "work.service"]
    eventually(lambda: cubby(*state).stdout.strip() == "active", "its service runs", 60)
    group = limits_of(cgroup_of("host"))
    service = group.child("inside/system.slice/work.service")
    assert service.number("memory.max") == 20 * MIB and service.number("pids.max") == 17
    assert group.number("memory.max") == 200 * MIB
    assert cgroup_of("host").name == "init.scope"
    assert "init.scope" in cubby.ok("exec", "host", "cat", "/proc/self/cgroup")
    # its console is in the log, although nobody asked for a terminal
    assert "work.service" in cubby.ok("logs", "host")
    cubby.ok("stop", "-t", "60", "host", timeout=90)
    assert cubby.ok("inspect", "--format", "{{.State.ExitCode}}", "host") == "0"
    with open(os.path.join(root, "stopped"), encoding="utf-8") as f:
        assert f.read() == "in order\n"
