# SPDX-License-Identifier: Apache-2.0
"""`cubby logs`: what a container has written, now and as it comes, over rotations."""

import re

import pytest

from support import process


@pytest.fixture
def talker(cubby, busybox_root):
    """talker("echo a", "--rm", ...) runs a script to its end as container "t"."""
    def run(script, *options):
        cubby("run", "--name", "t", *options, "--rootfs", busybox_root, "sh", "-c", script)
    return run


def test_both_streams(cubby, talker):
    talker("echo out; echo err >&2; printf 'no newline'")
    done = cubby("logs", "t")
    assert (done.stdout, done.stderr) == ("out\nno newline", "err\n")


def test_timestamps_and_names(cubby, talker):
    talker("echo a; echo b")
    lines = cubby.ok("logs", "-t", "t").splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z [ab]$", line) for line in lines)
    assert cubby.ok("logs", "--names", "t").splitlines() == ["t a", "t b"]


def test_tail(cubby, talker):
    talker("seq 1 10")
    assert cubby.ok("logs", "--tail", "3", "t").split() == ["8", "9", "10"]
    assert cubby.ok("logs", "--tail", "0", "t") == ""
    assert len(cubby.ok("logs", "--tail", "100", "t").split()) == 10
    assert len(cubby.ok("logs", "--tail", "all", "t").split()) == 10
    cubby.fails("logs", "--tail", "x", "t", code=125)


def test_since_and_until(cubby, talker):
    talker("echo early; sleep 1.2; echo late")
    stamps = [line.split()[0] for line in cubby.ok("logs", "-t", "t").splitlines()]
    middle = stamps[0][:19] + "Z" if stamps[0][:19] > stamps[0] else stamps[1][:19] + "Z"
    assert cubby.ok("logs", "--since", stamps[1], "t") == "late"
    assert cubby.ok("logs", "--until", stamps[0][:26] + "9Z", "t") in ("early", "")
    assert cubby.ok("logs", "--since", "1h", "t").split() == ["early", "late"]
    assert cubby.ok("logs", "--until", "1h", "t") == ""
    assert middle
    assert "not a time" in cubby.fails("logs", "--since", "yesterday", "t", code=125)


def test_binary_and_long_lines(cubby, talker):
    talker("head -c 100000 /dev/zero | tr '\\0' x; echo; printf 'a\\001\\t\"\\\\b\\n'")
    out = cubby.ok("logs", "t")
    assert out == "x" * 100000 + "\na\x01\t\"\\b"
    assert cubby.ok("logs", "--tail", "2", "t") == out
    assert len(cubby("logs", "-t", "--tail", "2", "t").stdout.splitlines()) == 2


def test_nul_and_invalid_utf8(cubby, talker):
    talker("printf 'a\\000b\\377c\\n'")
    out = cubby.ok("logs", "t")
    assert out.startswith("a\0b") and out.endswith("c")


def test_rotation_loses_nothing_that_is_kept(cubby, talker):
    talker("seq 1 3000", "--log-opt", "max-size=20k", "--log-opt", "max-file=100")
    assert cubby.ok("logs", "t").split() == [str(i) for i in range(1, 3001)]
    assert cubby.ok("logs", "--tail", "1500", "t").split() == [str(i) for i in range(1501, 3001)]


def test_rotation_drops_the_oldest(cubby, talker):
    talker("seq 1 3000", "--log-opt", "max-size=20k", "--log-opt", "max-file=2")
    kept = [int(n) for n in cubby.ok("logs", "t").split()]
    assert kept and kept == list(range(kept[0], 3001)) and kept[0] > 1


def test_follow(cubby, busybox_root):
    cubby.ok("run", "-d", "-i", "--name", "t", "--rootfs", busybox_root, "sh", "-c",
             "echo 0; while [ ! -e /dev/shm/go ]; do sleep 0.02; done; "
             "i=1; while [ $i -lt 20 ]; do echo $i; i=$((i+1)); sleep 0.02; done")
    follower = cubby.start("logs", "-f", "t")
    first = follower.stdout.readline()
    cubby.ok("exec", "t", "touch", "/dev/shm/go")
    # not communicate(): what readline() has read ahead would be lost
    out = follower.stdout.read()
    follower.communicate(timeout=20 * process.SLOW)
    assert (first + out).split() == [str(i) for i in range(20)]
    assert follower.returncode == 0
    assert cubby.ok("logs", "-f", "t").split() == [str(i) for i in range(20)]


@pytest.mark.slow
def test_of_one_that_writes_faster_than_is_read(cubby, busybox_root):
    """What was there at first is shown, with no end of the container in sight."""
    for options in ((), ("--log-opt", "max-size=200k")):
        cubby.ok("run", "-d", "--name", "t", *options, "--rootfs", busybox_root, "sh", "-c",
                 "while :; do echo line; done")
        cubby.wait_log("t", "line")
        # of a file that begins anew faster than it is read there may be nothing
        assert set(cubby.ok("logs", "t").split()) <= {"line"}
        # one that was being written when it was counted may come on top
        assert options or len(cubby.ok("logs", "--tail", "50", "t").split()) in (50, 51)
        with cubby.start("logs", "-f", "--tail", "3", "t") as follower:
            assert {follower.stdout.readline() for _ in range(10)} == {"line\n"}
            follower.terminate()
        cubby.ok("rm", "-f", "-t", "0", "t")


def test_follow_over_rotations(cubby, busybox_root):
    cubby.ok("run", "-d", "--name", "t", "--log-opt", "max-size=4k", "--log-opt", "max-file=1000",
             "--rootfs", busybox_root, "sh", "-c",
             "i=0; while [ $i -lt 400 ]; do seq $((i*10)) $((i*10+9)); i=$((i+1)); sleep 0.002; done")
    out, _ = cubby.start("logs", "-f", "t").communicate(timeout=40 * process.SLOW)
    assert out.split() == [str(i) for i in range(4000)]


def test_follow_a_container_that_is_removed_at_its_end(cubby, busybox_root):
    cubby.ok("run", "-d", "--rm", "--name", "t", "--rootfs", busybox_root, "sh", "-c",
             "echo one; while [ ! -e /dev/shm/go ]; do sleep 0.02; done; echo two")
    follower = cubby.start("logs", "-f", "t")
    assert follower.stdout.readline() == "one\n"
    cubby.ok("exec", "t", "touch", "/dev/shm/go")
    assert follower.stdout.read() == "two\n"
    follower.communicate(timeout=20 * process.SLOW)


def test_no_log(cubby, talker):
    talker("echo a", "--log-driver", "none")
    assert "using the 'none' log driver" in cubby.fails("logs", "t", code=125)
