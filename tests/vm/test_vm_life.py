# SPDX-License-Identifier: Apache-2.0
"""A container's cgroup from its start to its end, with systemd: who is where, exec, pause, kill, restarts, `systemctl stop`,
and that nothing is left whoever is killed whenever."""

import contextlib
import os
import random
import signal
import time

from support import cgroup, process

SCRIPT = "trap 'echo bye; exit 4' QUIT; echo up; while :; do sleep 0.1; done"


def unit(cubby, name):
    return f"cubby-{cubby.inspect(name)['Id']}.scope"


def left():
    """Cgroups of this user's containers, anywhere."""
    found = []
    for path, _, _ in os.walk(cgroup.TOP):
        name = os.path.basename(path)
        with contextlib.suppress(FileNotFoundError):
            if name.startswith("cubby-") and not name.startswith("cubby-network") and os.stat(path).st_uid == os.getuid():
                found.append(path)
    return found


def monitor_pid(cubby, name):
    return cubby.inspect(name)["State"]["ConmonPid"]


def test_who_is_where(cubby, user, cgroup_of, systemd, eventually):
    cubby.ok("run", "-d", "--name", "web", "--network", "none", "busybox", "sh", "-c", SCRIPT)
    cubby.wait_log("web", "up")
    own, name = cgroup_of("web"), unit(cubby, "web")
    assert (own.name, own.parent.name) == ("container", name)
    assert cgroup.of_process(monitor_pid(cubby, "web")).path == own.parent.child("monitor").path
    assert systemd.show(name, "ActiveState", "Description") == {"ActiveState": "active", "Description": "Container web"}

    # one more process is in it as well, and sees itself at the top
    assert cubby.ok("exec", "web", "cat", "/proc/self/cgroup") == "0::/"
    cubby.ok("exec", "-d", "web", "sleep", "777")
    assert any("777" in process.command_line(p) for p in own.all_pids())
    # who waits for it, too, unless it may make processes in there from anywhere
    keepers = set(own.parent.child("monitor").pids()) - {monitor_pid(cubby, "web")}
    assert len(keepers) == (0 if user.is_root else 1)

    assert cubby.ok("pause", "web") == "web"
    assert own.read("cgroup.freeze") == "1" and own.keyed("cgroup.events")["frozen"] == 1
    assert cubby.status("web") == "paused"
    assert cubby.ok("unpause", "web") == "web"
    assert own.read("cgroup.freeze") == "0"
    cubby.ok("pause", "web")  # and one that is frozen can be killed
    assert cubby.ok("kill", "web") == "web"
    assert cubby.inspect("web")["State"]["ExitCode"] == 137
    eventually(lambda: not left() and not any(process.alive(p) for p in keepers), "nothing is left")


def test_stopped_by_systemd(cubby, systemd, eventually):
    """The container's own signal, once, to its first process; and no restart policy mends that."""
    cubby.ok("run", "-d", "--name", "web", "--network", "none", "--restart", "always", "--stop-signal", "QUIT", "busybox",
             "sh", "-c", SCRIPT)
    cubby.wait_log("web", "up")
    monitor = monitor_pid(cubby, "web")
    systemd.ok("stop", unit(cubby, "web"))
    eventually(lambda: not process.alive(monitor) and not left(), "nobody starts it again")
    assert cubby.ok("logs", "web").split() == ["up", "bye"]
    state = cubby.inspect("web")["State"]
    assert (state["Status"], state["ExitCode"]) == ("exited", 4)
    cubby.ok("start", "web")
    cubby.ok("rm", "-f", "-t", "0", "web")


def test_restarts(cubby, eventually):
    """A restart policy is carried out in the scope of the life before, which ends with the last one."""
    cubby.ok("run", "-d", "--name", "web", "--network", "none", "--restart", "on-failure:1", "busybox", "sh", "-c",
             "cat /proc/self/cgroup; exit 3")
    eventually(lambda: cubby.inspect("web")["RestartCount"] == 1 and cubby.status("web") == "exited", "the second of two", 30)
    assert cubby.ok("logs", "web").split() == ["0::/"] * 2
    eventually(lambda: not left(), "no scope is left")
    cubby.ok("restart", "-t", "0", "web")
    cubby.ok("rm", "-f", "-t", "0", "web")
    eventually(lambda: not left(), "no scope is left")


def test_a_shared_pid_namespace(cubby, eventually):
    """What its first process leaves goes with the cgroup."""
    program = "sleep 7771 & setsid sleep 7772 & echo up; exec sleep 7773"
    for how in ("kill", "end"):
        cubby.ok("run", "-d", "--name", how, "--network", "none", "--pid", "host", "busybox", "sh", "-c", program)
        cubby.wait_log(how, "up")
        pids = cgroup.of_process(cubby.pid(how)).all_pids()
        assert len(pids) == 3
        if how == "kill":
            cubby.ok("kill", how)
            assert not any(process.alive(p) for p in pids)
        else:
            os.kill(cubby.pid(how), signal.SIGKILL)
            eventually(lambda p=pids: not any(process.alive(x) for x in p), "all have gone")
    eventually(lambda: not left(), "no scope is left")


def test_killed_processes_leave_nothing(cubby, eventually):
    cubby.ok("run", "-d", "--name", "web", "--network", "none", "busybox", "sleep", "1000")
    pid, monitor = cubby.pid("web"), monitor_pid(cubby, "web")
    os.kill(monitor, signal.SIGKILL)
    eventually(lambda: not process.alive(pid), "the container goes with its monitor")
    assert cubby.inspect("web")["State"]["ExitCode"] == 137
    eventually(lambda: not left(), "no scope is left")

    for i in range(2):
        maker = cubby.start("run", "--rm", "--network", "none", "busybox", "sleep", "1000")
        time.sleep(random.uniform(0.1, 1.2) if i else 0.5)
        maker.kill()
        maker.wait()
        cubby.ok("rm", "-f", "-t", "0", "-a")
        assert cubby.names() == []
        eventually(lambda: not left(), f"round {i}: no scope is left")


def test_the_networks_have_a_scope_of_their_own(cubby, systemd, eventually):
    """Their program is nobody's: not of the service from which it was started first."""
    service = systemd.service(cubby.path, *cubby.options, "run", "-d", "--name", "web", "busybox", "sleep", "1000")
    assert service.code == 0, service
    units = systemd.ok("list-units", "--plain", "--no-legend", "cubby-network-*.scope").split()
    assert units and units[0].startswith("cubby-network-")
    cubby.ok("rm", "-f", "-t", "0", "web")
