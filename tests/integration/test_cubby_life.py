# SPDX-License-Identifier: Apache-2.0
"""stop, kill, wait, rm, exec, attach, inspect, ps of `cubby`."""

import contextlib
import json
import os
import subprocess
import time

import pytest

from support import process


@pytest.fixture
def sleeper(cubby, busybox_root):
    """A running container "web" whose program ends with 0 on TERM."""
    cubby.ok("run", "-d", "--name", "web", "--label", "app=site", "--rootfs", busybox_root, "sh", "-c",
             "trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done")
    cubby.wait_log("web", "ready")
    return "web"


def test_stop_with_its_signal(cubby, sleeper):
    assert cubby.ok("stop", "web") == "web"
    state = cubby.inspect("web")["State"]
    assert (state["Status"], state["ExitCode"]) == ("exited", 0)
    assert cubby.ok("stop", "web") == "web"     # again is fine


def test_stop_kills_after_the_time(cubby, busybox_root):
    cubby.ok("run", "-d", "--name", "deaf", "--rootfs", busybox_root, "sleep", "1000")
    begin = time.monotonic()
    cubby.ok("stop", "-t", "1", "deaf")
    assert 0.9 < time.monotonic() - begin < 8 * process.SLOW
    assert cubby.inspect("deaf")["State"]["ExitCode"] == 137


def test_stop_of_several_goes_on_after_a_failure(cubby, sleeper):
    done = cubby("stop", "nosuch", "web", "other")
    assert done.code == 125 and done.stdout == "web\n"
    assert done.stderr.count("no such container") == 2


def test_kill(cubby, sleeper):
    assert cubby.ok("kill", "-s", "TERM", "web") == "web"
    assert cubby.ok("wait", "web") == "0"
    assert "can only kill running containers" in cubby.fails("kill", "web", code=125)
    assert "invalid signal" in cubby.fails("kill", "-s", "NOSUCH", "web", code=125)


def test_wait_prints_statuses(cubby, busybox_root):
    cubby.ok("run", "-d", "--name", "a", "--rootfs", busybox_root, "sh", "-c", "sleep 0.3; exit 3")
    cubby.ok("run", "-d", "--name", "b", "--rootfs", busybox_root, "sh", "-c", "exit 4")
    assert cubby.ok("wait", "a", "b") == "3\n4"
    assert cubby.ok("wait", "a") == "3"
    assert "no such container" in cubby.fails("wait", "nosuch", code=125)


def holds_pidfd(pid):
    fds = f"/proc/{pid}/fd"
    for fd in os.listdir(fds):
        with contextlib.suppress(FileNotFoundError):
            if "pidfd" in os.readlink(os.path.join(fds, fd)):
                return True
    return False


def test_wait_for_a_container_that_is_removed_at_its_end(cubby, busybox_root):
    cubby.ok("run", "-di", "--rm", "--name", "a", "--rootfs", busybox_root, "sh", "-c", "read l; exit 3")
    waiters = [cubby.start("wait", "a") for _ in range(3)]
    process.wait_until(lambda: all(holds_pidfd(w.pid) for w in waiters), "all to wait for its end")
    client = cubby.start("attach", "a", stdin=subprocess.PIPE)
    client.communicate("go\n", timeout=10 * process.SLOW)
    for waiter in waiters:
        out, err = waiter.communicate(timeout=10 * process.SLOW)
        assert (out, waiter.returncode) == ("3\n", 0), err
    process.wait_until(lambda: cubby.names() == [], "the container to be removed")


def test_rm(cubby, sleeper):
    said = cubby.fails("rm", "web", code=2)
    assert "cannot remove container" in said
    assert "as it is running - running or paused containers cannot be removed without force" in said
    assert cubby.ok("rm", "-f", "-t", "0", "web") == "web"
    assert cubby.names() == []
    assert "no container with name or ID \"web\" found: no such container" in cubby.fails("rm", "web", code=1)
    assert cubby("rm", "-f", "web").code == 0
    assert cubby("rm", "--ignore", "web").code == 0
    assert os.listdir(cubby.data + "/containers") == []
    assert os.listdir(cubby.run_dir + "/containers") == []


def test_rm_all(cubby, busybox_root, sleeper):
    cubby.ok("run", "--name", "old", "--rootfs", busybox_root, "true")
    done = cubby("rm", "--all")
    assert done.code == 2 and cubby.names() == ["web"]
    cubby.ok("rm", "-a", "-f", "-t", "0")
    assert cubby.names() == []


def test_ids_may_be_cut_short(cubby, busybox_root):
    id = cubby.ok("run", "-d", "--rootfs", busybox_root, "sleep", "1000")
    assert cubby.inspect(id[:12])["Id"] == id
    assert cubby.inspect(id[:3])["Id"] == id
    assert 'no such object: "zz"' in cubby.fails("inspect", "zz", code=125)
    assert "no such container" in cubby.fails("container", "inspect", "zz", code=125)


def test_latest(cubby, busybox_root):
    cubby.ok("run", "--name", "a", "--rootfs", busybox_root, "true")
    cubby.ok("run", "--name", "b", "--rootfs", busybox_root, "echo", "hello")
    assert cubby.ok("logs", "--latest") == "hello"
    assert cubby.ok("inspect", "-l", "-f", "{{.Name}}") == "b"
    cubby.ok("rm", "-l")
    assert cubby.names() == ["a"]


def test_exec(cubby, sleeper):
    assert cubby.ok("exec", "web", "cat", "/proc/1/comm") == "sh"
    done = cubby("exec", "web", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (done.code, done.stdout, done.stderr) == (3, "out\n", "err\n")
    assert cubby.ok("exec", "-w", "/etc", "web", "pwd") == "/etc"
    assert cubby.ok("exec", "-e", "A=b", "web", "sh", "-c", "echo $A $container") == "b cubby"
    assert cubby.ok("exec", "-i", "web", "cat", input="text\n") == "text"
    assert cubby.ok("exec", "web", "cat", input="text\n") == ""
    assert "nosuch" in cubby.fails("exec", "web", "nosuch", code=127)
    cubby.fails("exec", "web", "/etc/passwd", code=126)
    assert "no such container" in cubby.fails("exec", "nosuch", "true", code=125)
    cubby.ok("stop", "web")
    assert "can only create exec sessions on running containers" in cubby.fails("exec", "web", "true", code=255)


@pytest.mark.subids
def test_exec_user(cubby, sleeper):
    assert cubby.ok("exec", "-u", "carol", "web", "sh", "-c", "id -u; echo $HOME") == "1000\n/home/carol"
    assert cubby.ok("exec", "-u", "5:6", "web", "sh", "-c", "id -u; id -g") == "5\n6"
    assert "unable to find user nosuch" in cubby.fails("exec", "-u", "nosuch", "web", "true", code=255)


def test_exec_is_confined_like_the_container(cubby, sleeper):
    def status(*options):
        lines = cubby.ok("exec", *options, "web", "cat", "/proc/self/status").splitlines()
        return {line.split(":")[0]: line.split()[1] for line in lines if ":" in line and len(line.split()) > 1}
    first = dict(line.split(":\t", 1) for line in
                 cubby.ok("exec", "web", "cat", "/proc/1/status").splitlines() if ":\t" in line)
    own = status()
    for key in ("CapEff", "CapBnd", "CapInh", "CapAmb", "Seccomp", "NoNewPrivs"):
        assert own[key] == first[key].strip(), key
    assert int(status("--privileged")["CapEff"], 16) & 1 << 21


def test_exec_signals_and_end_of_the_client(cubby, sleeper):
    client = cubby.start("exec", "web", "sh", "-c",
                         "trap 'echo got it; exit 9' TERM; echo ready; while :; do sleep 0.05; done")
    assert client.stdout.readline() == "ready\n"
    client.terminate()
    out, _ = client.communicate(timeout=10 * process.SLOW)
    assert (out, client.returncode) == ("got it\n", 9)
    client = cubby.start("exec", "web", "sh", "-c", "echo ready; exec sleep 4321")
    assert client.stdout.readline() == "ready\n"
    client.kill()
    client.communicate()
    process.wait_until(lambda: "sleep 4321" not in cubby.ok("exec", "web", "ps", "-o", "args"),
                       "the program to end with its client")


def test_exec_terminal(cubby, sleeper, terminal):
    child = terminal(cubby.argv("exec", "-it", "web", "sh"))
    child.expect("# ")
    child.sendline("stty size; echo $TERM; tty")
    child.expect("24 80")
    child.expect("xterm")
    child.sendline("exit 4")
    child.wait()
    child.close()
    assert child.exitstatus == 4


def test_attach(cubby, busybox_root):
    cubby.ok("run", "-d", "-i", "--name", "echo", "--rootfs", busybox_root, "sh", "-c",
             "while read l; do echo got $l; done; exit 6")
    client = cubby("attach", "echo", input="one\ntwo\n")
    assert client.stdout == "got one\ngot two\n" and client.code == 6, client
    assert "you can only attach to running containers" in cubby.fails("attach", "echo", code=125)


def test_attach_without_stdin(cubby, busybox_root):
    cubby.ok("run", "-d", "-i", "--name", "echo", "--rootfs", busybox_root, "sh", "-c",
             "while [ ! -e /dev/shm/go ]; do echo waits; sleep 0.02; done; read -t 1 l; echo said $l; exit 6")
    client = cubby.start("attach", "--no-stdin", "echo", stdin=subprocess.PIPE)
    assert client.stdout.readline() == "waits\n"
    client.stdin.write("one\n")
    client.stdin.flush()
    cubby.ok("exec", "echo", "touch", "/dev/shm/go")
    rest = client.stdout.read()
    assert client.wait(10 * process.SLOW) == 6 and ("\n" + rest).endswith("\nsaid\n"), rest
    client.communicate()


def test_detach_keys(cubby, busybox_root, terminal):
    child = terminal(cubby.argv("run", "-it", "--name", "t", "--detach-keys", "ctrl-a,d", "--rootfs",
                                busybox_root, "sh"))
    child.expect("# ")
    child.send("\x01d")
    child.wait()
    child.close()
    assert child.exitstatus == 0 and cubby.status("t") == "running"


def test_inspect(cubby, busybox_root, base):
    os.mkdir(base + "/vol")
    cubby.ok("run", "-d", "--name", "web", "-e", "A=b", "-w", "/tmp", "-h", "box", "--label", "x=1", "-v",
             base + "/vol:/data:ro", "--ulimit", "nofile=100:200", "--cap-add", "net_raw", "--stop-signal", "INT",
             "--annotation", "note=me", "--rootfs", busybox_root, "sleep", "1000")
    c = cubby.inspect("web")
    assert c["Name"] == "web" and c["Path"] == "sleep" and c["Args"] == ["1000"]
    assert c["State"]["Running"] is True and c["State"]["Status"] == "running"
    assert c["Config"]["Hostname"] == "box" and c["Config"]["WorkingDir"] == "/tmp"
    assert "A=b" in c["Config"]["Env"] and c["Config"]["Labels"] == {"x": "1"}
    assert c["Config"]["StopSignal"] == "SIGINT" and c["Config"]["Annotations"]["note"] == "me"
    assert c["Config"]["CreateCommand"][-3:] == [str(busybox_root), "sleep", "1000"]
    assert c["Mounts"][0]["Destination"] == "/data" and c["Mounts"][0]["RW"] is False
    assert c["HostConfig"]["Ulimits"] == [{"Name": "RLIMIT_NOFILE", "Soft": 100, "Hard": 200}]
    assert c["HostConfig"]["CapAdd"] == ["CAP_NET_RAW"] and c["HostConfig"]["NetworkMode"] == "none"
    assert "CAP_NET_RAW" in c["EffectiveCaps"] and c["Rootfs"] == str(busybox_root)
    assert c["State"]["FinishedAt"] == "0001-01-01T00:00:00Z"
    assert cubby.ok("inspect", "-f", "{{.State.Status}} {{json .Args}}", "web") == 'running ["1000"]'
    assert "there is no field \"Stat\"" in cubby.fails("inspect", "-f", "{{.Stat}}", "web", code=125)
    assert cubby.ok("inspect", "-f", "{{range .Args}}<{{.}}>{{end}}", "web") == "<1000>"
    assert "column 3: there is no function" in cubby.fails("inspect", "-f", "{{nosuch}}", "web", code=125)
    done = cubby("inspect", "web", "nosuch")
    assert done.code == 125 and json.loads(done.stdout)[0]["Name"] == "web"


def test_inspect_of_a_container_with_rm(cubby, busybox_root):
    cubby.ok("run", "-d", "--rm", "--name", "r", "--rootfs", busybox_root, "sleep", "1000")
    assert cubby.inspect("r")["HostConfig"]["AutoRemove"] is True
    assert cubby.ok("exec", "r", "echo", "yes") == "yes"


def test_ps(cubby, busybox_root, sleeper):
    cubby("run", "--name", "old", "--label", "app=db", "--rootfs", busybox_root, "sh", "-c", "exit 3")
    first, *rest = cubby.ok("ps").splitlines()
    assert first.split() == ["CONTAINER", "ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]
    assert len(rest) == 1 and rest[0].endswith("web") and " Up " in rest[0]
    lines = cubby.ok("ps", "-a").splitlines()
    assert len(lines) == 3 and "Exited (3)" in lines[2] and "ago" in lines[2]
    assert cubby.ok("ps", "-q") == cubby.inspect("web")["Id"][:12]
    assert cubby.ok("ps", "-q", "--no-trunc") == cubby.inspect("web")["Id"]
    assert cubby.ok("ps", "--noheading", "--format", "{{.Names}}") == "web"
    table = cubby.ok("ps", "-a", "--format", "table {{.Names}}\t{{.State}}").splitlines()
    assert [line.split() for line in table] == [["NAMES", "STATE"], ["web", "running"], ["old", "exited"]]
    listed = cubby.json("ps", "-a", "--format", "json")
    assert [c["Names"] for c in listed] == [["web"], ["old"]]
    assert listed[1]["ExitCode"] == 3 and listed[1]["State"] == "exited" and listed[0]["Pid"] > 0


FILTERED = [
    (["name=web"], ["web"]), (["name=^w"], ["web"]), (["name=o"], ["old"]), (["status=exited"], ["old"]),
    (["status=running"], ["web"]), (["exited=3"], ["old"]), (["exited=0"], []), (["label=app"], ["web", "old"]),
    (["label=app=db"], ["old"]), (["label=app", "label=nosuch"], []), (["label!=app=db"], ["web"]),
    (["name=web", "name=old"], ["web", "old"]), (["name=web", "status=exited"], []), (["since=web"], ["old"]),
    (["before=old"], ["web"]), (["network=none"], ["web", "old"])]


def test_filters(cubby, busybox_root, sleeper):
    cubby("run", "--name", "old", "--label", "app=db", "--rootfs", busybox_root, "sh", "-c", "exit 3")
    for filters, names in FILTERED:
        words = [w for f in filters for w in ("--filter", f)]
        assert cubby.ok("ps", "-a", *words, "--format", "{{.Names}}").split() == names, filters


def test_wrong_filters(cubby):
    assert "colour is an invalid filter" in cubby.fails("ps", "--filter", "colour=red", code=125)
    assert 'invalid filter "name"' in cubby.fails("ps", "--filter", "name", code=125)
    assert "unknown container state: happy" in cubby.fails("ps", "--filter", "status=happy", code=125)


def test_version_and_unknown_commands(cubby):
    assert cubby.ok("--version").startswith("cubby version ")
    assert cubby.json("version", "-f", "json")["Client"]["Version"] in cubby.ok("version")
    assert "unknown command" in cubby.fails("rnu", code=125)
    assert "not supported yet" in cubby.fails("compose", "up", code=125)
    assert "run" in cubby.ok("--help")
    for command in ("run", "exec", "ps", "logs", "attach", "stop", "kill", "wait", "rm", "inspect", "version"):
        assert "cubby " + command in cubby.ok(command, "--help")
    assert "cubby container rm" in cubby.ok("container", "rm", "--help")
