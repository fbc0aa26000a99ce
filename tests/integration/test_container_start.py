# SPDX-License-Identifier: Apache-2.0
"""create, start, restart; restart policies; after a reboot."""

import os
import re
import shutil
import signal
import time

import pytest

from support import image, process

COUNT = "echo x >>/runs; wc -l </runs"


def runs(cubby, name):
    """How often a container of COUNT has run, by its log."""
    return len(cubby("logs", name).stdout.split())


def reruns():
    """Processes that wait to carry out a restart policy."""
    return [p for p in process.descendants() if "rerun" in process.command_line(p)]


@pytest.fixture
def root(cubby, own_root):
    yield own_root
    cubby.ok("rm", "-f", "-a", "-t", "0")
    process.wait_until(lambda: not reruns(), "those that wait end with their containers")


def test_created_then_started(cubby, root):
    made = cubby.ok("create", "--name", "box", "--rootfs", root, "sh", "-c", COUNT + "; exit 3")
    assert re.fullmatch(r"[0-9a-f]{64}", made)
    assert cubby.status("box") == "created" and cubby.ok("ps", "-q") == ""
    assert "Created" in cubby.ok("ps", "-a")
    assert os.listdir(cubby.run_dir + "/containers") == []
    for n in range(1, 4):
        done = cubby("start", "-a", "box")
        assert (done.code, done.stdout) == (3, f"{n}\n"), done
    assert cubby.ok("start", "box") == "box"
    assert cubby.ok("wait", "box") == "3"
    state = cubby.inspect("box")["State"]
    assert (state["Status"], state["ExitCode"]) == ("exited", 3)
    assert cubby.ok("logs", "box").split() == ["1", "2", "3", "4"]
    assert cubby.ok("rm", "box") == "box" and cubby.names() == []


def test_input_and_signals_reach_one_that_is_started(cubby, root):
    cubby.ok("create", "-i", "--name", "cat", "--rootfs", root, "cat")
    for text in ("one\n", "two\n"):
        assert cubby.ok("start", "-ai", "cat", input=text) == text.strip()
    cubby.ok("create", "--name", "trap", "--rootfs", root, "sh", "-c",
             "trap 'echo got it; exit 5' TERM; echo ready; while :; do sleep 0.05; done")
    client = cubby.start("start", "-a", "trap")
    cubby.wait_log("trap", "ready")
    client.send_signal(signal.SIGTERM)
    out, err = client.communicate(timeout=10 * process.SLOW)
    assert (client.returncode, out) == (5, "ready\ngot it\n"), err


def test_words(cubby, root):
    cubby.ok("create", "--name", "box", "--rootfs", root, "sleep", "1000")
    cubby.ok("create", "--name", "box2", "--rootfs", root, "sleep", "1000")
    assert "start and attach multiple" in cubby.fails("start", "-a", "box", "box2", code=125)
    assert "no such container" in cubby.fails("start", "nosuch", code=125)
    assert "already in use" in cubby.fails("create", "--name", "box", "--rootfs", root, "true", code=125)
    assert cubby.ok("start", "box", "box2").split() == ["box", "box2"]
    assert cubby.ok("start", "box") == "box"  # it runs: fine
    assert cubby.ok("start", "--all").split() == [cubby.inspect(n)["Id"] for n in ("box", "box2")]
    assert cubby.ok("stop", "-t", "0", "box", "box2").split() == ["box", "box2"]
    assert "not a valid restart policy" in cubby.fails("create", "--restart", "often", "--rootfs", root, "true",
                                                       code=125)
    assert "conflicting options" in cubby.fails("run", "--rm", "--restart", "always", "--rootfs", root, "true",
                                                code=125)


def test_removed_at_its_end(cubby, root):
    cubby.ok("create", "--rm", "--name", "once", "--rootfs", root, "true")
    assert cubby.status("once") == "created"
    assert cubby("start", "-a", "once").code == 0
    assert cubby.names() == []


def test_a_start_that_fails_changes_nothing(cubby, root):
    cubby.ok("create", "--name", "none", "--rootfs", root, "nosuch")
    assert 'executable file "nosuch" not found' in cubby.fails("start", "none", code=127)
    state = cubby.inspect("none")["State"]
    assert state["Status"] == "created" and "nosuch" in state["Error"]
    cubby.ok("create", "--name", "gone", "--rootfs", root, "sh", "-c", "exit 4")
    assert cubby("start", "-a", "gone").code == 4
    shutil.move(root, root + ".away")
    assert cubby("start", "gone").code in (125, 127)
    shutil.move(root + ".away", root)
    assert (cubby.status("gone"), cubby.inspect("gone")["State"]["ExitCode"]) == ("exited", 4)
    assert cubby("start", "-a", "gone").code == 4
    assert os.listdir(cubby.run_dir + "/containers") == []


def test_initialized(cubby, root):
    cubby.ok("create", "-i", "--name", "box", "--rootfs", root, "sh", "-c", COUNT + "; cat; exit 3")
    assert cubby.ok("init", "box") == "box"
    assert cubby.status("box") == "initialized" and cubby.pid("box") > 0
    assert "container state improper" in cubby.fails("init", "box", code=125)
    assert cubby.fails("exec", "box", "true", code=255)
    assert not os.path.exists(os.path.join(root, "runs"))
    assert cubby.ok("start", "box") == "box"
    cubby.wait_log("box", "1")
    assert cubby.status("box") == "running"
    cubby.ok("stop", "-t", "0", "box")
    cubby.ok("init", "box")
    assert cubby.ok("stop", "box") == "box"  # at once: there is nobody to ask
    assert cubby.status("box") == "exited"
    cubby.ok("init", "box")
    done = cubby("start", "-ai", "box", input="hello")
    assert (done.code, done.stdout) == (3, "2\nhello")
    cubby.ok("init", "--all")
    assert cubby.ok("rm", "box") == "box"
    cubby.ok("create", "--name", "none", "--rootfs", root, "nosuch")
    assert "not found" in cubby.fails("init", "none", code=127)
    assert cubby.status("none") == "created"


def test_restart(cubby, root):
    cubby.ok("run", "-d", "--name", "web", "--rootfs", root, "sh", "-c", COUNT + "; exec sleep 1000")
    cubby.wait_log("web", "1")
    before = cubby.pid("web")
    assert cubby.ok("restart", "-t", "0", "web") == "web"
    cubby.wait_log("web", "2")
    assert cubby.pid("web") != before
    cubby.ok("stop", "-t", "0", "web")
    assert cubby.ok("restart", "web") == "web"
    cubby.wait_log("web", "3")
    cubby.ok("run", "-d", "--rm", "--name", "passing", "--rootfs", root, "sleep", "1000")
    running = cubby.ok("restart", "--running", "-t", "0").split()
    assert len(running) == 2 and cubby.status("passing") == "running"
    cubby.ok("stop", "-t", "0", "passing")
    process.wait_until(lambda: cubby.names() == ["web"], "passing is removed at its end")


def test_an_image_with_ids_of_its_own(cubby, base, pristine_root):
    name, path = "localhost/own:1", os.path.join(base, "own.tar")
    image.docker_archive(path, {name: image.busybox(pristine_root)})
    cubby.ok("load", "-q", "-i", path)
    cubby.ok("create", "--userns=auto", "--name", "own", name, "sh", "-c",
             "echo x >>/runs; wc -l </runs; chown 5:6 /runs; stat -c %u:%g /runs /; cat /proc/self/uid_map")
    first = cubby.ok("start", "-a", "own").splitlines()
    second = cubby.ok("start", "-a", "own").splitlines()
    assert first[:3] == ["1", "5:6", "0:0"] and second[0] == "2"
    assert first[1:] == second[1:]
    cubby.ok("run", "-d", "--rm", "--userns=auto", "--name", "passing", name, "sleep", "1000")
    cubby.ok("restart", "-t", "0", "passing")
    assert cubby.status("passing") == "running"


def test_on_failure(cubby, root):
    cubby.ok("run", "-d", "--name", "bad", "--restart", "on-failure:2", "--rootfs", root, "sh", "-c",
             COUNT + "; exit 1")
    process.wait_until(lambda: runs(cubby, "bad") == 3, "three runs", 30)
    process.wait_until(lambda: not reruns() and cubby.status("bad") == "exited", "it is given up", 30)
    shown = cubby.inspect("bad")
    assert shown["RestartCount"] == 2
    assert shown["HostConfig"]["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 2}
    cubby.ok("run", "-d", "--name", "good", "--restart", "on-failure", "--rootfs", root, "true")
    assert cubby.ok("wait", "good") == "0"
    process.wait_until(lambda: not reruns(), "nobody waits")
    assert cubby.inspect("good")["RestartCount"] == 0
    cubby.ok("start", "bad")  # somebody does: the count begins anew
    process.wait_until(lambda: runs(cubby, "bad") == 6, "three runs more", 30)


def test_always_until_stopped(cubby, root):
    cubby.ok("run", "-d", "--name", "web", "--restart", "always", "--rootfs", root, "sh", "-c", COUNT)
    process.wait_until(lambda: runs(cubby, "web") >= 3, "some runs", 30)
    cubby.ok("stop", "-t", "0", "web")
    process.wait_until(lambda: not reruns(), "the one that waits is told")
    before = runs(cubby, "web")
    assert cubby.status("web") == "exited"
    cubby.ok("start", "web")
    process.wait_until(lambda: runs(cubby, "web") > before + 1, "it goes on", 30)
    cubby.ok("rm", "-f", "-t", "0", "web")
    process.wait_until(lambda: not reruns(), "the one that waits ends with the container")
    assert cubby.names() == []


def test_stopped_by_a_service_manager(cubby, root):
    """It stops the monitor; that is no end for a restart policy to mend, nor a person's word for the time after a boot."""
    quiet = "trap 'echo bye; exit 4' QUIT; echo up; while :; do sleep 0.05; done"
    cubby.ok("run", "-d", "--name", "web", "--restart", "always", "--stop-signal", "QUIT", "--rootfs", root, "sh", "-c", quiet)
    cubby.wait_log("web", "up")
    monitor = cubby.inspect("web")["State"]["ConmonPid"]
    os.kill(monitor, signal.SIGURG)
    process.wait_until(lambda: not process.alive(monitor), "it ends, and nobody waits to start it again")
    assert cubby.status("web") == "exited" and not reruns()
    assert cubby.inspect("web")["State"]["ExitCode"] == 4
    assert cubby.ok("logs", "web").split() == ["up", "bye"]
    assert cubby.ok("start", "--all", "--filter", "restart-policy=always").split() == [cubby.inspect("web")["Id"]]
    cubby.wait_log("web", "up")
    cubby.ok("rm", "-f", "-t", "0", "web")
    cubby.ok("run", "-d", "--name", "web", "--restart", "always", "--rootfs", root, "false")
    process.wait_until(reruns, "one that waits", 30)
    waiting = set(reruns())
    for pid in waiting:
        os.kill(pid, signal.SIGURG)
    process.wait_until(lambda: not waiting & set(reruns()), "it ends")
    cubby.ok("rm", "-f", "-t", "0", "web")


def test_in_the_foreground(cubby, root):
    """The command ends with the first end; the policy goes on."""
    done = cubby("run", "--name", "web", "--restart", "always", "--rootfs", root, "sh", "-c", COUNT + "; exit 7")
    assert (done.code, done.stdout) == (7, "1\n")
    process.wait_until(lambda: runs(cubby, "web") >= 2, "another run", 30)
    cubby.ok("rm", "-f", "-t", "0", "web")


def reboot(cubby):
    """All processes gone at once, and what lies in memory."""
    process.end_leftovers(())
    process.wait_until(lambda: not process.leftovers(()), "all processes gone")
    shutil.rmtree(cubby.run_dir)


def test_after_a_reboot(cubby, root):
    program = ("--rootfs", root, "sh", "-c", COUNT + "; exec sleep 1000")
    for name, policy in (("always", "always"), ("unless", "unless-stopped"), ("halted", "unless-stopped"),
                         ("fails", "on-failure"), ("plain", "no")):
        cubby.ok("run", "-d", "--name", name, "--restart", policy, *program)
    cubby.ok("create", "--name", "fresh", "--rootfs", root, "true")
    cubby.ok("stop", "-t", "0", "halted")
    reboot(cubby)
    states = {n: cubby.inspect(n)["State"] for n in cubby.names()}
    assert {n: s["Status"] for n, s in states.items()} == {
        "always": "exited", "unless": "exited", "halted": "exited", "fails": "exited", "plain": "exited",
        "fresh": "created"}
    assert states["plain"]["ExitCode"] == 255 and "host or the login session" in states["plain"]["Error"]
    assert all(s["Pid"] == 0 for s in states.values())
    ids = {n: cubby.inspect(n)["Id"] for n in states}
    assert cubby.ok("start", "--all", "--filter", "restart-policy=always").split() == [ids["always"]]
    started = cubby.ok("start", "--all", "--filter", "should-start-on-boot=true").split()
    assert sorted(started) == sorted([ids["always"], ids["unless"]])
    assert cubby.ok("ps", "--format", "{{.Names}}").split() == ["always", "unless"]


@pytest.mark.slow
@pytest.mark.parametrize("again", [False, True], ids=["first", "later"])
def test_killed_at_many_moments(cubby, root, again):
    """Whenever a start is killed, the container runs or is what it was."""
    cubby.ok("create", "--name", "web", "--rootfs", root, "sh", "-c",
             "test -e /again && exec sleep 1000; touch /again; exit 9")
    if again:
        assert cubby("start", "-a", "web").code == 9
    else:
        open(os.path.join(root, "again"), "w", encoding="ascii").close()
    before = process.descendants()
    for step in range(0, 12, 2):
        client = cubby.start("start", "web")
        time.sleep(step * 0.001)
        client.kill()
        client.wait()
        shown = cubby.inspect("web")["State"]
        if shown["Status"] != "running":
            assert (shown["Status"], shown["ExitCode"]) == (("exited", 9) if again else ("created", 0))
        cubby.ok("start", "web")
        assert cubby.status("web") == "running"
        cubby.ok("kill", "web")
        cubby.ok("wait", "web")
        if again:
            os.unlink(os.path.join(root, "again"))
            assert cubby("start", "-a", "web").code == 9
        else:
            cubby.ok("rm", "web")
            cubby.ok("create", "--name", "web", "--rootfs", root, "sleep", "1000")
    process.wait_until(lambda: not process.leftovers(before), "no process left")


def test_several_at_once(cubby, root):
    """Of ten starts of one container one starts it, the others find it running or are told."""
    cubby.ok("create", "--name", "web", "--rootfs", root, "sh", "-c", COUNT + "; exec sleep 1000")
    clients = [cubby.start("start", "web") for _ in range(10)]
    said = [c.communicate(timeout=20 * process.SLOW)[1] for c in clients]
    assert all(c.returncode == 0 or "meanwhile" in s for c, s in zip(clients, said, strict=True)), said
    cubby.wait_log("web", "1")
    assert runs(cubby, "web") == 1
