# SPDX-License-Identifier: Apache-2.0
"""--log-driver and --log-opt: where a container's output goes, and that `logs` finds it there."""

import json
import os
import re
import socket
import struct
import subprocess

import pytest

from support import process

SAY = "echo out; echo err >&2; printf 'no newline'"
CRI = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z std(out|err) [FP] .*"


def test_k8s_file(cubby, busybox_root):
    cubby("run", "--name", "t", "--log-driver", "k8s-file", "--rootfs", busybox_root, "sh", "-c",
          SAY + "; head -c 40000 /dev/zero | tr '\\0' x; echo; printf 'a\\001\\377\\n'")
    log = cubby.inspect("t")["HostConfig"]["LogConfig"]
    assert log["Type"] == "k8s-file"
    with open(log["Path"], "rb") as f:
        lines = f.read().split(b"\n")[:-1]
    assert all(re.fullmatch(CRI, line, re.DOTALL) for line in lines)
    assert [line.split(b" ", 3)[1:3] for line in lines if b"xx" in line] == [
        [b"stdout", b"P"], [b"stdout", b"P"], [b"stdout", b"F"]]
    done = cubby("logs", "t")
    assert done.stderr == "err\n"
    assert done.stdout.startswith("out\nno newline" + "x" * 40000 + "\na\x01")
    assert "a\x01" in cubby.ok("logs", "--tail", "2", "t")
    assert re.match(r"\S+Z ", cubby.ok("logs", "-t", "--tail", "2", "t"))


def test_k8s_file_is_rotated_and_followed(cubby, busybox_root):
    cubby.ok("run", "-d", "--name", "t", "--log-driver", "k8s-file", "--log-opt", "max-size=4k",
             "--log-opt", "max-file=1000", "--rootfs", busybox_root, "sh", "-c",
             "i=0; while [ $i -lt 200 ]; do seq $((i*10)) $((i*10+9)); i=$((i+1)); sleep 0.002; done")
    out, _ = cubby.start("logs", "-f", "t").communicate(timeout=40 * process.SLOW)
    assert out.split() == [str(i) for i in range(2000)]
    names = os.listdir(os.path.dirname(cubby.inspect("t")["HostConfig"]["LogConfig"]["Path"]))
    assert len([n for n in names if n.startswith("log.")]) > 3
    assert cubby.ok("logs", "--tail", "900", "t").split() == [str(i) for i in range(1100, 2000)]


def test_a_file_elsewhere(cubby, busybox_root, base):
    path = os.path.join(base, "my.log")
    cubby("run", "--name", "t", "--log-opt", f"path={path}", "--log-opt", "max-size=10k",
          "--log-opt", "max-file=3", "--rootfs", busybox_root, "seq", "2000")
    assert {n for n in os.listdir(base) if n.startswith("my.log")} == {
        "my.log", "my.log.1", "my.log.2"}
    with open(path, encoding="utf-8") as f:
        assert json.loads(f.readlines()[-1])["log"] == "2000\n"
    log = cubby.inspect("t")["HostConfig"]["LogConfig"]
    assert (log["Type"], log["Path"], log["Size"]) == ("json-file", path, "10240B")
    assert cubby.ok("logs", "--tail", "2", "t").split() == ["1999", "2000"]
    missing = os.path.join(base, "none", "x.log")
    assert "No such file".lower() in cubby.fails(
        "run", "--log-opt", f"path={missing}", "--rootfs", busybox_root, "true", code=125).lower()
    assert cubby.names() == ["t"]


@pytest.mark.parametrize("options, words", [
    (["--log-driver", "syslog"], "syslog"),
    (["--log-opt", "max-size=huge"], "expected a size"),
    (["--log-driver", "none", "--log-opt", "path=/tmp/x"], "no meaning with --log-driver none"),
    (["--log-opt", "tag={{.Nonsense}}"], "unknown field"),
    (["--log-driver", "passthrough-tty", "-t"], "--tty"),
])
def test_wrong_options(cubby, busybox_root, options, words):
    assert words in cubby.fails("run", *options, "--rootfs", busybox_root, "true", code=125)
    assert cubby.names() == []


def test_none(cubby, busybox_root):
    assert cubby.ok("run", "--name", "t", "--log-driver", "none", "--rootfs", busybox_root,
                    "echo", "seen") == "seen"
    assert "this container is using the 'none' log driver, cannot read logs" in cubby.fails(
        "logs", "t", code=125)


def test_passthrough(cubby, busybox_root, base):
    path = os.path.join(base, "out")
    with open(path, "w", encoding="utf-8") as out:
        r = subprocess.run(
            cubby.argv("run", "--name", "t", "--log-driver", "passthrough", "--rootfs", busybox_root,
                       "sh", "-c", "cat; readlink /proc/self/fd/1; echo err >&2; exit 3"),
            env=cubby.environment(), input="typed\n", stdout=out, stderr=subprocess.PIPE, text=True,
            check=False, timeout=30 * process.SLOW)
    assert r.returncode == 3 and r.stderr == "err\n"
    with open(path, encoding="utf-8") as out:
        text = out.read()
    # its stdout is the file itself
    assert text.startswith("typed\n") and "pipe:" not in text
    assert "'passthrough' log driver, cannot read logs" in cubby.fails("logs", "t", code=125)


def test_passthrough_on_a_terminal(cubby, terminal, busybox_root):
    refused = terminal(cubby.argv("run", "--log-driver", "passthrough", "--rootfs", busybox_root, "true"))
    refused.expect("the '--log-driver passthrough' option cannot be used on a TTY")
    refused.wait()
    given = terminal(cubby.argv("run", "--log-driver", "passthrough-tty", "--rootfs", busybox_root,
                                "sh", "-c", "test -t 0 && test -t 1 && echo it is one"))
    given.expect("it is one")
    given.wait()
    given = terminal(cubby.argv("run", "-d", "--name", "t", "--log-driver", "passthrough-tty", "--rootfs",
                                busybox_root, "sleep", "100"))
    cubby.wait_status("t", "running")
    assert "'passthrough-tty' log driver, cannot attach" in cubby.fails("attach", "t", code=125)
    given.wait()


def test_journald_needs_a_journal(cubby, busybox_root):
    if os.path.exists("/run/systemd/journal/socket"):
        pytest.skip("this host has one")
    assert "no journal" in cubby.fails("run", "--log-driver", "journald", "--rootfs", busybox_root,
                                       "true", code=125)
    assert cubby.names() == []


def fields(datagram):
    """A datagram of journald's native protocol."""
    found = {}
    while datagram:
        name, _, datagram = datagram.partition(b"\n")
        if b"=" in name:
            name, _, value = name.partition(b"=")
        else:
            size = struct.unpack("<Q", datagram[:8])[0]
            value, datagram = datagram[8:8 + size], datagram[8 + size + 1:]
        found[name.decode()] = value
    return found


JOURNALCTL = """#!/bin/sh
echo "$@" >> {base}/asked
case "$*" in *--follow*) echo '{seen}'; exec sleep 100;; *--after-cursor=one*) echo '{late}';; *) echo '{seen}'; echo '{late}';; esac
"""


@pytest.mark.root
def test_journald(cubby, busybox_root, base):
    journal = os.path.join(base, "journal")
    os.mkdir(journal)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(os.path.join(journal, "socket"))
        receiver.settimeout(10 * process.SLOW)
        run = cubby.argv("run", "-d", "--name", "t", "--log-driver", "journald", "--log-opt",
                         "tag=my-{{.Name}}", "--log-opt", "label=TEAM=blue", "--rootfs", busybox_root,
                         "sh", "-c", SAY + "; exec sleep 100")
        # a journal of our own, in a mount namespace of our own
        r = subprocess.run(
            ["unshare", "-m", "sh", "-ec",
             "mount -t tmpfs none /run/systemd; mkdir /run/systemd/journal;"
             f'mount --bind {journal} /run/systemd/journal; exec "$@"', "sh", *run],
            env=cubby.environment(), check=True, capture_output=True, text=True,
            timeout=30 * process.SLOW)
        got = [fields(receiver.recv(65536)) for _ in range(2)]
        cubby.ok("kill", "t")
        got.append(fields(receiver.recv(65536)))
    got.sort(key=lambda f: f["MESSAGE"])
    identity = r.stdout.strip().encode()
    common = {"CONTAINER_ID_FULL": identity, "CONTAINER_ID": identity[:12], "CONTAINER_NAME": b"t",
              "CONTAINER_TAG": b"my-t", "SYSLOG_IDENTIFIER": b"my-t", "TEAM": b"blue"}
    assert got == [
        {**common, "MESSAGE": b"err", "PRIORITY": b"3"},
        {**common, "MESSAGE": b"no newline", "PRIORITY": b"6", "CONTAINER_PARTIAL_MESSAGE": b"true"},
        {**common, "MESSAGE": b"out", "PRIORITY": b"6"}]


@pytest.mark.root
def test_logs_of_journald(cubby, busybox_root, base):
    """journalctl is played by a script."""
    record = '{"__CURSOR":"%s","__REALTIME_TIMESTAMP":"1000000","PRIORITY":"%s","MESSAGE":"%s"}'
    directory = os.path.join(base, "bin")
    os.mkdir(directory)
    os.mkdir(os.path.join(base, "journal"))
    with open(os.path.join(directory, "journalctl"), "w", encoding="utf-8") as f:
        f.write(JOURNALCTL.format(base=base, seen=record % ("one", 6, "seen"),
                                  late=record % ("two", 3, "late")))
        os.fchmod(f.fileno(), 0o755)
    env = {"PATH": directory + ":" + os.environ["PATH"]}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(os.path.join(base, "journal", "socket"))
        subprocess.run(
            ["unshare", "-m", "sh", "-ec",
             "mount -t tmpfs none /run/systemd; mkdir /run/systemd/journal;"
             f'mount --bind {base}/journal /run/systemd/journal; exec "$@"', "sh",
             *cubby.argv("run", "-d", "--name", "t", "--log-driver", "journald", "--rootfs",
                         busybox_root, "sleep", "100")],
            env=cubby.environment(), check=True, capture_output=True, timeout=30 * process.SLOW)
    follower = cubby.start("logs", "-f", "t", env=env)
    assert follower.stdout.readline() == "seen\n"
    cubby.ok("kill", "t")
    _, err = follower.communicate(timeout=20 * process.SLOW)
    assert err == "late\n" and follower.returncode == 0
    done = cubby("logs", "--tail", "5", "-t", "t", env=env)
    assert done.stdout == "1970-01-01T00:00:01.000000Z seen\n" and done.stderr.endswith(" late\n")
    with open(os.path.join(base, "asked"), encoding="utf-8") as f:
        asked = f.read().splitlines()
    identity = cubby.inspect("t")["Id"]
    assert all(line.endswith(f"CONTAINER_ID_FULL={identity}") for line in asked)
    assert "--no-tail" in asked[0] and "--after-cursor=one" in asked[1] and "--lines=5" in asked[2]


def test_several(cubby, busybox_root):
    script = "echo 1; sleep 0.3; echo 3; sleep 0.3; echo 5"
    cubby.ok("run", "-d", "--name", "odd", "--rootfs", busybox_root, "sh", "-c", script)
    cubby.ok("run", "-d", "--name", "even", "--log-driver", "k8s-file", "--rootfs", busybox_root, "sh",
             "-c", "sleep 0.15; echo 2; sleep 0.3; echo 4")
    follower = cubby.start("logs", "-f", "-n", "odd", "even")
    out, _ = follower.communicate(timeout=20 * process.SLOW)
    assert sorted(out.splitlines()) == ["even 2", "even 4", "odd  1", "odd  3", "odd  5"]
    stamped = cubby.ok("logs", "-n", "-t", "odd", "even").splitlines()
    times = [line.split()[1] for line in stamped]
    assert len(times) == 5 and times == sorted(times)
    identity = cubby.inspect("odd")["Id"][:12]
    assert f"{identity} 5" in cubby.ok("logs", "odd", "even").splitlines()
    assert "\033[3" in cubby.ok("logs", "--color", "odd", "even")
    assert cubby.ok("logs", "-l").split() == ["2", "4"]
    assert "no such container" in cubby.fails("logs", "odd", "nobody", code=125)
    assert "specify at least one" in cubby.fails("logs", code=125)
    assert "--latest" in cubby.fails("logs", "-l", "odd", code=125)


def test_follow_until(cubby, busybox_root):
    cubby.ok("run", "-d", "--name", "t", "--rootfs", busybox_root, "sh", "-c", "echo now; exec sleep 100")
    cubby.wait_log("t", "now")
    follower = cubby.start("logs", "-f", "--until", "-1s", "t")
    out, _ = follower.communicate(timeout=20 * process.SLOW)
    assert (out, follower.returncode) == ("now\n", 0)
