# SPDX-License-Identifier: Apache-2.0
"""Limits hold, seen by what a container gets and not by what stands in a file.

With CUBBY_TEST_PEER=podman the same is tried with podman, which tells whether a scenario measures what it means to.
"""

import os
import re
import time

import pytest

from support import cgroup, process
from support.program import Program

SPIN = "while :; do :; done"


class _Peer(Program):
    """podman, as far as these tests use it."""

    def pid(self, name):
        return int(self.ok("inspect", "-f", "{{.State.Pid}}", name))


@pytest.fixture
def engine(request, base, user):
    """cubby, or the peer with the same image."""
    peer = os.environ.get("CUBBY_TEST_PEER")
    if not peer:
        yield request.getfixturevalue("cubby")
        return
    program = _Peer(f"/usr/bin/{peer}", [], dict(os.environ), base, user)
    if program("image", "exists", "localhost/busybox:latest").code:
        program.ok("load", "-i", request.getfixturevalue("busybox_archive"))
    yield program
    program.ok("rm", "-f", "-t", "0", "-a")


@pytest.fixture
def spin(engine):
    """Start a container that computes for ever; its cgroup."""
    def start(name, *options):
        engine.ok("run", "-d", "--name", name, "--network", "none", *options, "busybox", "sh", "-c", SPIN)
        return cgroup.of_process(engine.pid(name))
    return start


def usage(groups, seconds=2.0):
    """Processors that each of some cgroups used during that time."""
    start, before = time.monotonic(), [g.cpu_usec() for g in groups]
    time.sleep(seconds)  # what is measured is this time
    took = time.monotonic() - start
    return [(g.cpu_usec() - b) / 1e6 / took for g, b in zip(groups, before)]


def measured(groups, fits, tries=4):
    """The first usage that fits. A machine that others use too may give less than it should, once and again."""
    seen = []
    for _ in range(tries):
        seen.append(usage(groups))
        if fits(*seen[-1]):
            return seen[-1]
    raise AssertionError(f"processors used: {seen}")


def near(share, tolerance=0.10):
    return lambda used: abs(used - share) <= share * tolerance


def test_memory_hog_is_killed_and_said_to_be(engine):
    hog = ("--network", "none", "--memory", "32m", "busybox", "tail", "/dev/zero")
    told = engine("run", "--name", "glutton", *hog, timeout=40)
    assert told.code == 137, told
    if "cubby" in engine.path:  # podman misses it when nothing is left in the cgroup
        assert engine.ok("inspect", "-f", "{{.State.OOMKilled}} {{.State.ExitCode}}", "glutton") == "true 137"
        assert "out of memory" in told.stderr and "32" in told.stderr, told
        assert "out of memory" in engine.ok("ps", "-a", "--filter", "name=glutton").lower()
        assert "oom" in engine.ok("events", "--since", "5m", "--stream=false", "--filter", "container=glutton")


def test_cpu_quota(engine, spin):
    group = spin("half", "--cpus", "0.5")
    measured([group], near(0.5))
    assert group.keyed("cpu.stat")["nr_throttled"] > 0
    engine.ok("update", "--cpus", "0.25", "half")
    measured([group], near(0.25))


def test_fork_bomb_stays_inside(engine):
    engine.ok("run", "-d", "--name", "bomb", "--network", "none", "--pids-limit", "30", "busybox", "sh", "-c",
              "b() { b | b & }; (b) 2>/dev/null & exec sleep 1000")
    group = cgroup.of_process(engine.pid("bomb"))
    process.wait_until(lambda: group.keyed("pids.events")["max"] > 0, "forks to be refused", 20)
    assert group.number("pids.max") == 30
    assert max(group.number("pids.current") for _ in range(50)) <= 30
    engine.ok("rm", "-f", "-t", "0", "bomb")
    assert not group.exists


def written_in(engine, path, *options):
    """Seconds for 4 MB, without a cache between, as dd in the container says."""
    done = engine("run", "--rm", "--network", "none", "--userns=host", *options, "-v", f"{path}:/disk", "busybox",
                  "sh", "-c", "time dd if=/dev/zero of=/disk/file bs=128k count=32 oflag=direct", timeout=60)
    assert done.code == 0, done
    minutes, seconds = re.search(r"real\s+(\d+)m ([\d.]+)s", done.stderr).groups()
    return int(minutes) * 60 + float(seconds)


def test_io_limit(engine, disk):
    path, device = disk
    node = os.path.realpath(f"/dev/block/{device}") if os.path.exists(f"/dev/block/{device}") else "/dev/nvme0n1"
    free = written_in(engine, path)
    held = written_in(engine, path, "--device-write-bps", f"{node}:2mb")
    assert free < held / 2 and 1.7 <= held <= 5.0, (free, held)


def test_update_while_running(engine, spin):
    group = spin("u", "--memory", "64m", "--pids-limit", "50")
    assert (group.number("memory.max"), group.number("pids.max")) == (64 << 20, 50)
    before = engine.pid("u")
    if "cubby" not in engine.path:
        pytest.skip("podman 4.3 does not update all of these")
    engine.ok("update", "--memory", "48m", "--memory-swap", "96m", "--pids-limit", "40", "--cpus", "0.3", "u")
    assert (group.number("memory.max"), group.number("pids.max")) == (48 << 20, 40)
    assert group.read("memory.swap.max") in (str(48 << 20), None)
    assert group.read("cpu.max") == "30000 100000"
    assert engine.pid("u") == before


def test_weights_of_two(spin):
    heavy = spin("heavy", "--cpuset-cpus", "0", "--cpu-shares", "2048")
    light = spin("light", "--cpuset-cpus", "0", "--cpu-shares", "512")
    measured([heavy, light], lambda h, l: 2.5 <= h / l <= 6.5)


@pytest.mark.root
def test_device_denied_then_allowed(engine):
    look = ("--network", "none", "--userns=host", "--cap-add", "mknod", "busybox", "sh", "-c",
            "mknod /node c 10 229 && head -c 0 /node && echo opened")
    denied = engine("run", "--rm", *look)
    assert denied.code != 0 and "not permitted" in denied.stderr, denied
    assert engine.ok("run", "--rm", "--device-cgroup-rule", "c 10:229 rw", *look).strip() == "opened"
    assert engine.ok("run", "--rm", "--network", "none", "--userns=host", "--device", "/dev/fuse", "busybox", "sh", "-c",
                     "head -c 0 /dev/fuse && echo opened").strip() == "opened"
