# SPDX-License-Identifier: Apache-2.0
"""events: what is on record, what happens from now on, filters, forms, rotation, backends."""

import glob
import json
import os
import re
import signal
import socket
import time

import pytest

from support import image, process

pytestmark = pytest.mark.subids


@pytest.fixture
def loaded(cubby, shared_dir, pristine_root):
    path = os.path.join(shared_dir, "events.tar")
    if not os.path.exists(path):
        image.docker_archive(path, {("localhost/base:1",): image.busybox(pristine_root)})
    cubby.ok("load", "-q", "-i", path)
    return cubby


def past(cubby, *options):
    lines = cubby.ok("events", "--stream=false", "--format", "json", *options).splitlines()
    return [json.loads(line) for line in lines]


def words(events):
    return [f"{e['Type']} {e['Status']}" for e in events]


def watches(popen):
    """The follower has its watch, so what happens from now on is seen."""
    def has_watch():
        for path in glob.glob(f"/proc/{popen.pid}/fdinfo/*"):
            try:
                with open(path) as f:
                    if "inotify wd" in f.read():
                        return True
            except OSError:
                pass
        return False
    process.wait_until(has_watch, "events watching")


def test_images(loaded):
    loaded.ok("tag", "base:1", "other:2")
    loaded.ok("untag", "base:1", "other:2")
    loaded.ok("tag", "base:1", "third:3")
    loaded.ok("rmi", "third:3")
    loaded.ok("save", "-q", "-o", loaded.base + "/saved.tar", "base:1")
    loaded.ok("rmi", "base:1")
    events = past(loaded)
    assert words(events) == ["image loadfromarchive", "image tag", "image untag", "image tag", "image untag",
                             "image save", "image untag", "image remove"]
    assert len({e["ID"] for e in events}) == 1
    assert events[1]["Name"] == "other:2" and events[2]["Name"] == "localhost/other:2"
    # filters: one key twice is or, two keys are and
    assert words(past(loaded, "-f", "event=tag", "-f", "event=save", "-f", "type=image")) == \
        ["image tag", "image tag", "image save"]
    assert past(loaded, "--filter", "type=container") == []
    assert len(past(loaded, "--filter", "image=" + events[0]["ID"][:12])) == len(events)
    assert len(past(loaded, "--filter", "image=other:2")) == 1
    # podman's line
    first = loaded.ok("events", "--stream=false").splitlines()[1]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \w+ image tag "
                        + events[0]["ID"] + " other:2", first), first
    short = loaded.ok("events", "--stream=false", "--no-trunc=false").splitlines()[1]
    assert f" {events[0]['ID'][:12]} other:2" in short
    assert loaded.ok("events", "--stream=false", "--filter", "event=save", "--format",
                     "{{.Type}}|{{.Status}}|{{.ID}}|{{.Image}}|{{.ContainerExitCode}}") == \
        f"image|save|{events[0]['ID']}||0"


def test_times(loaded):
    loaded.ok("tag", "base:1", "before:1")
    middle = time.time()
    loaded.ok("tag", "base:1", "after:1")

    def names(*options):
        return [e["Name"] for e in past(loaded, "--filter", "event=tag", *options)]
    utc = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(middle)) + f"{middle % 1:.6f}"[1:] + "Z"
    for form in (utc, f"{middle:.6f}"):
        assert names("--since", form) == ["after:1"], form
        assert names("--until", form) == ["before:1"], form
    assert names("--since", "10m") == names("--until", "1m") == ["before:1", "after:1"]
    assert names("--until", "-10m") == []
    # a stream ends at --until, by itself
    assert len(loaded.ok("events", "--until", "0.2s", "--filter", "event=tag").splitlines()) == 2
    for bad in ("yesterday", "10x", "2026-13-01"):
        assert "not a time" in loaded.fails("events", "--since", bad, code=125)
    assert "is an invalid filter" in loaded.fails("events", "--filter", "colour=red", code=125)
    assert "is an invalid filter" in loaded.fails("events", "--filter", "event", code=125)
    loaded.fails("events", "--format", "{{.Nope", code=125)


def test_follow(loaded):
    """What happened before isn't shown; what happens is, also over a rotation."""
    with loaded.start("events", "--format", "{{.Name}}") as follower:
        watches(follower)
        loaded.ok("tag", "base:1", "one:1")
        assert follower.stdout.readline() == "one:1\n"
        log = os.path.join(loaded.run_dir, "events.log")
        with open(log, "a") as f:
            f.write("x" * 300_000 + "\n" + '{"torn":')
            f.write("\n" + "y" * 800_000)
        loaded.ok("tag", "base:1", "two:2")
        loaded.ok("tag", "base:1", "three:3")
        assert follower.stdout.readline() == "two:2\n"
        assert follower.stdout.readline() == "three:3\n"
        assert sorted(os.path.basename(p) for p in glob.glob(log + "*")) == ["events.log", "events.log.1"]
        assert os.path.getsize(log) < 10_000 and os.stat(log).st_mode & 0o777 == 0o600
        follower.send_signal(signal.SIGINT)
        assert follower.wait(10) in (0, -signal.SIGINT)
    assert [e["Name"] for e in past(loaded, "--filter", "event=tag")] == ["one:1", "two:2", "three:3"]
    # its reader has gone: it ends without an event
    with loaded.start("events", "--since", "1h") as follower:
        for word in ("loadfromarchive", "one:1", "two:2", "three:3"):
            assert word in follower.stdout.readline()
        watches(follower)
        follower.stdout.close()
        assert follower.wait(10) == 0


def test_backends(loaded):
    loaded.ok("--events-backend", "none", "tag", "base:1", "silent:1")
    assert past(loaded, "--filter", "event=tag") == []
    assert 'cannot read events with the "none" backend' in \
        loaded.fails("--events-backend=none", "events", code=125)
    assert "--events-backend" in loaded.fails("--events-backend=syslog", "ps", code=125)
    # whether the host has a journal or not, nobody fails for it
    loaded.ok("--events-backend", "journald", "tag", "base:1", "journal:1")
    assert past(loaded, "--filter", "event=tag") == []


def test_no_room(loaded):
    """An event that can't be written fails nobody."""
    log = os.path.join(loaded.run_dir, "events.log")
    os.unlink(log)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(log)
    loaded.ok("tag", "base:1", "lost:1")
    os.unlink(log)


def of(cubby, name):
    return [e["Status"] for e in past(cubby, "--filter", f"container={name}")]


def test_container_life(loaded):
    """What podman tells of it, in its order."""
    loaded.ok("run", "--rm", "--name", "passing", "--label", "a=b", "--label", "c=", "base:1", "true")
    assert of(loaded, "passing") == ["create", "init", "start", "attach", "died", "remove"]
    died = past(loaded, "--filter", "event=die", "--filter", "label=a=b")[0]
    assert died["ContainerExitCode"] == 0 and died["Image"] == "localhost/base:1"
    assert {"a": "b", "c": ""}.items() <= died["Attributes"].items()
    line = loaded.ok("events", "--stream=false", "--filter", "event=start")
    assert "(image=localhost/base:1, name=passing, a=b, c=)" in line

    loaded.ok("run", "-d", "--name", "web", "base:1", "sh", "-c", "trap 'exit 3' TERM; while :; do sleep 0.1; done")
    loaded("exec", "web", "false")
    loaded.ok("kill", "-s", "WINCH", "web")
    loaded.ok("rename", "web", "site")
    loaded.ok("pause", "site")
    loaded.ok("unpause", "site")
    loaded.ok("stop", "site")
    loaded.ok("start", "site")
    loaded.ok("restart", "-t", "0", "site")
    loaded.ok("rm", "-f", "-t", "0", "site")
    seen = of(loaded, "web") + of(loaded, "site")
    assert seen == ["create", "init", "start", "exec", "exec_died", "kill",
                    "rename", "pause", "unpause", "stop", "died", "cleanup", "init", "start",
                    "restart", "stop", "died", "cleanup", "init", "start",
                    "stop", "died", "cleanup", "remove"], seen
    codes = [e.get("ContainerExitCode") for e in past(loaded, "--filter", "container=site", "--filter", "event=died")]
    assert codes == [3, 137, 137]
    exec_died, = past(loaded, "--filter", "event=exec_died")
    assert exec_died["ContainerExitCode"] == 1

    # one that can't be started, one that was only created, one that ends by itself
    loaded("run", "--rm", "--name", "wrong", "base:1", "/nope")
    assert of(loaded, "wrong") == ["create", "remove"]
    loaded.ok("create", "--name", "made", "base:1", "true")
    loaded.ok("start", "-a", "made")
    assert of(loaded, "made") == ["create", "init", "start", "attach", "died", "cleanup"]
    loaded.ok("run", "-d", "--name", "short", "base:1", "true")
    process.wait_until(lambda: "cleanup" in of(loaded, "short"), "the end of short")
    assert of(loaded, "short") == ["create", "init", "start", "died", "cleanup"]


def test_died_once(loaded):
    """Whoever finds that a container has ended says so, and nobody says it again."""
    loaded.ok("run", "-d", "--name", "orphan", "base:1", "sleep", "1000")
    with open(os.path.join(loaded.run_dir, "containers", loaded.inspect("orphan")["Id"], "monitor")) as f:
        os.kill(int(f.read().split(":")[0]), signal.SIGKILL)
    loaded.wait_status("orphan", "exited")
    loaded.ok("ps", "-a")
    assert of(loaded, "orphan") == ["create", "init", "start", "died", "cleanup"]
    # 20 that look at once
    loaded.ok("run", "-d", "--name", "many", "base:1", "sleep", "1000")
    os.kill(loaded.pid("many"), signal.SIGKILL)
    lookers = [loaded.start("ps", "-a") for _ in range(20)]
    for looker in lookers:
        looker.communicate(timeout=30)
    loaded.wait_status("many", "exited")
    # on record a moment before it is told
    process.wait_until(lambda: "died" in of(loaded, "many"))
    assert of(loaded, "many").count("died") == 1
