# SPDX-License-Identifier: Apache-2.0
"""pause, unpause, rename, container exists, container prune."""

import os
import signal

import pytest

from support import cgroup, process

# Counts aloud and makes processes all the time, some by vfork(2) (busybox xargs).
BUSY = """
(while :; do true | cat; done) &
(while :; do echo sleep 0.01 | xargs -n 2 env; done) &
i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done
"""


@pytest.fixture
def counter(cubby, busybox_root):
    cubby.ok("run", "-d", "--name", "web", "--label", "app=site", "--rootfs", busybox_root, "sh", "-c", BUSY)
    cubby.wait_log("web", "3")
    return "web"


def count(cubby):
    return int(cubby.ok("logs", "web").split()[-1])


def states(pid):
    """Of all processes below it, itself included."""
    return {p: process.stat_fields(p)[0] for p in process.descendants(pid) | {pid} if process.alive(p)}


def test_nothing_runs_while_paused(cubby, counter):
    pid = cubby.pid("web")
    inside = cubby.start("exec", "web", "sh", "-c", "at=inside; while :; do true; done")
    process.wait_until(lambda: "at=inside" in cubby.ok("exec", "web", "ps"), "the exec")
    assert cubby.ok("pause", "web") == "web"
    assert cubby.status("web") == "paused"
    state = cubby.inspect("web")["State"]
    assert (state["Paused"], state["Running"], state["Pid"]) == (True, False, pid)
    if state["CgroupPath"]:
        assert cgroup.of_process(pid).keyed("cgroup.events")["frozen"] == 1
    else:
        assert set(states(pid).values()) <= {"T", "Z", "D"}
    # what it said before that is logged by now
    process.wait_until(lambda: process.stat_fields(state["ConmonPid"])[0] == "S", "its monitor at rest")
    before = count(cubby)
    assert cubby.ok("ps", "--format", "{{.Names}} {{.Status}} {{.State}}") == "web Paused paused"
    assert cubby.ok("ps", "-q", "--filter", "status=running") == ""
    assert cubby.ok("ps", "--filter", "status=paused", "--format", "{{.Names}}") == "web"
    assert "is already paused" in cubby.fails("pause", "web", code=125)
    assert "can only stop created or running" in cubby.fails("stop", "web", code=125)
    assert "can only create exec sessions on running" in cubby.fails("exec", "web", "true", code=255)
    assert "as it is paused" in cubby.fails("rm", "web", code=2)
    assert "you can only attach to running containers" in cubby.fails("attach", "web", code=125)
    assert cubby.ok("container", "prune", "-f") == ""
    assert count(cubby) == before
    assert cubby.ok("unpause", "--all") == cubby.inspect("web")["Id"]
    process.wait_until(lambda: count(cubby) > before, "counting goes on")
    assert cubby.status("web") == "running" and inside.poll() is None
    assert "is not paused, can't unpause" in cubby.fails("unpause", "web", code=125)
    cubby.ok("rm", "-f", "-t", "0", "web")
    inside.communicate()


def test_a_paused_one_can_be_killed_and_removed(cubby, counter):
    cubby.ok("pause", "--latest")
    assert cubby.ok("kill", "web") == "web"
    assert cubby.ok("wait", "web") == "137"
    assert "is not running, can't pause" in cubby.fails("pause", "web", code=125)
    assert cubby.ok("pause", "--all") == ""
    cubby.ok("run", "-d", "--name", "other", "--rootfs", cubby.inspect("web")["Rootfs"], "sleep", "100")
    cubby.ok("pause", "--filter", "name=other")
    assert cubby.ok("rm", "-f", "other") == "other"
    assert cubby.names() == ["web"]


def test_a_killed_monitor_ends_a_paused_container(cubby, counter):
    monitor = cubby.inspect("web")["State"]["ConmonPid"]
    cubby.ok("pause", "web")
    os.kill(monitor, signal.SIGKILL)
    process.wait_gone(monitor)
    cubby.wait_status("web", "exited")


def test_pause_by_cidfile_and_wrong_choices(cubby, busybox_root, base):
    cidfile = os.path.join(base, "cid")
    cubby.ok("run", "-d", "--name", "web", "--cidfile", cidfile, "--rootfs", busybox_root, "sleep", "100")
    assert cubby.ok("pause", "--cidfile", cidfile) == cubby.inspect("web")["Id"]
    assert cubby.ok("unpause", "--cidfile", cidfile) == cubby.inspect("web")["Id"]
    for words, said in ((["--all", "web"], "no arguments are needed with --all"),
                        (["--all", "--latest"], "--all and --latest cannot be used together"),
                        ([], "you must provide at least one name or id"),
                        (["nosuch"], "no such container")):
        assert said in cubby.fails("pause", *words, code=125)
        assert said in cubby.fails("unpause", *words, code=125)


def test_shared_processes_are_paused_in_a_cgroup_only(cubby, busybox_root):
    cubby.ok("run", "-d", "--name", "web", "--pid", "host", "--rootfs", busybox_root, "sleep", "100")
    if cubby.inspect("web")["State"]["CgroupPath"]:
        assert cubby.ok("pause", "web") == "web" and cubby.status("web") == "paused"
        assert cubby.ok("unpause", "web") == "web" and cubby.status("web") == "running"
        return
    assert "shares its processes' namespace" in cubby.fails("pause", "web", code=125)
    assert cubby.status("web") == "running"
    cubby.ok("run", "-d", "--name", "owner", "--rootfs", busybox_root, "sleep", "100")
    cubby.ok("run", "-d", "--name", "guest", "--pid", "container:owner", "--rootfs", busybox_root, "sleep", "100")
    assert "shares its processes' namespace" in cubby.fails("pause", "guest", code=125)
    cubby.ok("rm", "-f", "-t", "0", "web", "guest", "owner")


def test_rename(cubby, counter, busybox_root):
    container_id = cubby.inspect("web")["Id"]
    assert cubby.ok("rename", "web", "site") == ""
    assert cubby.inspect("site")["Id"] == container_id and cubby.names() == ["site"]
    assert "no such container" in cubby.fails("stop", "web", code=125)
    cubby.ok("rename", container_id[:12], "site")
    cubby.ok("run", "--name", "web", "--rootfs", busybox_root, "true")
    said = cubby.fails("rename", "site", "web", code=125)
    assert "already in use" in said and cubby.names() == ["site", "web"]
    assert "names must match" in cubby.fails("rename", "site", "a/b", code=125)
    assert "no such container" in cubby.fails("rename", "nosuch", "x", code=125)


def test_exists_and_prune(cubby, counter, busybox_root):
    cubby("run", "--name", "old", "--label", "keep=1", "--rootfs", busybox_root, "true")
    cubby("run", "--name", "older", "--rootfs", busybox_root, "true")
    exists = cubby("container", "exists", "old")
    assert (exists.code, exists.stdout, exists.stderr) == (0, "", "")
    missing = cubby("container", "exists", "nosuch")
    assert (missing.code, missing.stdout, missing.stderr) == (1, "", "")
    older = cubby.inspect("older")["Id"]
    asked = cubby("container", "prune", input="n\n")
    assert "This will remove all non running containers." in asked.stdout and len(cubby.names()) == 3
    assert "name is an invalid filter" in cubby.fails("container", "prune", "-f", "--filter", "name=x", code=125)
    assert cubby.ok("container", "prune", "-f", "--filter", "until=1h") == ""
    assert cubby.ok("container", "prune", "-f", "--filter", "label!=keep") == older
    assert sorted(cubby.names()) == ["old", "web"]
    assert cubby("container", "prune", input="y\n").code == 0
    assert cubby.names() == ["web"]
