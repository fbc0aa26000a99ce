# SPDX-License-Identifier: Apache-2.0
"""Containers as units of a real systemd: ready, healthy, stopped in order, activated by a socket, updated; the journal."""

import json
import os
import socket

import pytest

STAY = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.1; done"
# a container that has the machine's own programs
TOOLS = ["-v", "/usr:/usr:ro", "-v", "/usr/lib:/lib:ro", "-v", "/usr/lib64:/lib64:ro"]


@pytest.fixture
def box(home_cubby):
    """Units have the user's own store."""
    return home_cubby


def generate(box, systemd, name, *options):
    """A unit for the container of this name, which is removed."""
    text = box.ok("generate", "systemd", "--new", "--name", "--no-header", *options, name)
    box.ok("rm", "-f", name)
    systemd.unit(f"container-{name}.service", text)
    return f"container-{name}.service"


def in_unit(pid, unit):
    with open(f"/proc/{pid}/cgroup", encoding="ascii") as f:
        return f"/{unit}" in f.read()


def test_conmon_and_stop(box, systemd):
    """Ready when it runs; the monitor is the main process and stays in the unit; a stop is the container's own."""
    box.ok("create", "--name", "web", "--log-driver", "journald", "--memory", "64m", "busybox", "sh", "-c", STAY)
    unit = generate(box, systemd, "web")
    systemd.ok("start", unit)
    state = box.inspect("web")["State"]
    shown = systemd.show(unit, "ActiveState", "MainPID")
    assert shown == {"ActiveState": "active", "MainPID": str(state["ConmonPid"])}, systemd.journal(unit)
    assert in_unit(state["ConmonPid"], unit)
    box.wait_log("web", "up")
    systemd.ok("stop", unit)
    shown = systemd.show(unit, "ActiveState", "Result", "ExecMainStatus")
    assert shown == {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"}, systemd.journal(unit)
    assert "web" not in box.names()
    said = [e["MESSAGE"] for e in systemd.entries("CONTAINER_NAME=web")]
    assert said[-2:] == ["up", "bye"]


def test_ready_says_the_program(box, systemd):
    box.ok("create", "--name", "says", "--sdnotify=container", *TOOLS, "busybox", "sh", "-c",
           "trap 'exit 0' TERM; while [ ! -e /tmp/go ]; do sleep 0.1; done; "
           "/usr/bin/systemd-notify --ready --status='at work'; while :; do sleep 0.1; done")
    unit = generate(box, systemd, "says")
    systemd.ok("start", "--no-block", unit)
    box.wait_status("says", "running", 30)
    assert systemd.state(unit) == "activating"
    box.ok("exec", "says", "touch", "/tmp/go")
    systemd.wait_state(unit, "active", 30)
    assert systemd.show(unit, "StatusText") == {"StatusText": "at work"}


def test_ready_when_healthy(box, systemd):
    box.ok("create", "--name", "well", "--sdnotify=healthy", "--health-cmd", "test -e /tmp/well", "--health-interval", "1s",
           "--health-timeout", "30s", "--health-retries", "50", "busybox", "sh", "-c", STAY)
    unit = generate(box, systemd, "well")
    systemd.ok("start", "--no-block", unit)
    box.wait_status("well", "running", 30)
    assert systemd.state(unit) == "activating"
    box.ok("exec", "well", "touch", "/tmp/well")
    systemd.wait_state(unit, "active", 30)


def test_existing_container(box, systemd):
    """A unit that starts what exists: Type=forking, with the file that says who the monitor is."""
    box.ok("create", "--name", "old", "busybox", "sh", "-c", STAY)
    systemd.unit("container-old.service", box.ok("generate", "systemd", "--name", "old"))
    systemd.ok("start", "container-old.service")
    state = box.inspect("old")["State"]
    shown = systemd.show("container-old.service", "ActiveState", "MainPID")
    assert shown == {"ActiveState": "active", "MainPID": str(state["ConmonPid"])}
    systemd.ok("stop", "container-old.service")
    assert box.inspect("old")["State"]["ExitCode"] == 0
    assert systemd.state("container-old.service") == "inactive"


SERVER = """
import os, socket
with socket.socket(fileno=3) as s:
    while True:
        with s.accept()[0] as c:
            c.sendall(f"{os.environ['LISTEN_FDS']} {os.environ['LISTEN_FDNAMES']} {os.environ['LISTEN_PID']} {os.getpid()}".encode())
"""


def test_socket_activation(box, systemd, base):
    """A server without any network, started by its first client."""
    path = os.path.join(base, "server")
    script = os.path.join(base, "server.py")
    with open(script, "w", encoding="ascii") as f:
        f.write(SERVER)
    systemd.unit("cubby-activated.socket", f"[Socket]\nListenStream={path}\nFileDescriptorName=door\n")
    systemd.unit("cubby-activated.service",
                 f"[Service]\nType=notify\nNotifyAccess=all\nExecStart={box.path} run --rm --name activated --cgroups=no-conmon "
                 f"--sdnotify=conmon -d --network none {' '.join(TOOLS)} -v {script}:/server.py:ro busybox "
                 "/usr/bin/python3 /server.py\n"
                 f"ExecStop={box.path} stop -t 0 activated\n")
    systemd.ok("start", "cubby-activated.socket")
    assert "activated" not in box.names()
    for _ in range(2):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(60)
            s.connect(path)
            assert s.recv(100) == b"1 door 1 1"
    assert systemd.state("cubby-activated.service") == "active"


def test_update_of_a_unit(box, systemd):
    """The unit is restarted with the newer image; if that is not well it goes back to the old one."""
    for version, last in (("1", STAY), ("2", STAY), ("bad", "exit 7")):
        box.ok("build", "-q", "-t", f"localhost/app:{version}", "-", input="FROM localhost/busybox\n"
               f"ENV VERSION={version}\nCMD {json.dumps(['sh', '-c', last])}\n")
    box.ok("tag", "localhost/app:1", "localhost/app:latest")
    box.ok("create", "--name", "app", "--label", "io.containers.autoupdate=local", "localhost/app:latest")
    unit = generate(box, systemd, "app", "--restart-policy", "no")
    systemd.ok("start", unit)
    assert json.loads(box("auto-update", "--format", "json").stdout)[0]["Updated"] == "false"
    box.ok("tag", "localhost/app:2", "localhost/app:latest")
    row = json.loads(box("auto-update", "--format", "json").stdout)[0]
    assert (row["Unit"], row["Updated"]) == (unit, "true")
    assert "VERSION=2" in box.inspect("app")["Config"]["Env"] and systemd.state(unit) == "active"
    box.ok("tag", "localhost/app:bad", "localhost/app:latest")
    done = box("auto-update", "--format", "json")
    assert done.code == 125 and json.loads(done.stdout)[0]["Updated"] == "rolled back", done
    assert "VERSION=2" in box.inspect("app")["Config"]["Env"] and systemd.state(unit) == "active"


def test_journal(box, systemd):
    """Logs and events in the real journal."""
    box.ok("--events-backend=journald", "run", "--name", "talks", "--network=none", "--log-driver=journald", "--label", "team=a",
           "--log-opt", "tag=mine", "busybox", "sh", "-c", "echo out; echo err >&2")
    entries = {e["MESSAGE"]: e for e in systemd.entries("CONTAINER_NAME=talks") if e.get("CONTAINER_ID_FULL") ==
               box.inspect("talks")["Id"]}
    assert {m: e["PRIORITY"] for m, e in entries.items()} == {"out": "6", "err": "3"}
    assert entries["out"]["CONTAINER_TAG"] == "mine"
    logs = box("logs", "talks")
    assert (logs.stdout, logs.stderr) == ("out\n", "err\n")
    assert box("logs", "--tail", "1", "talks").stderr == "err\n"
    events = box.ok("--events-backend=journald", "events", "--stream=false", "--since", "1m", "--filter", "container=talks",
                    "--format", "{{.Status}}").splitlines()
    assert "start" in events and "died" in events
