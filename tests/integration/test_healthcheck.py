# SPDX-License-Identifier: Apache-2.0
"""Health checks: the container's monitor keeps the time, `healthcheck run` does it at once."""

import json
import os
import time

import pytest

from support import image, process
from support.process import wait_until

CHECK = "test -e /tmp/well && echo fine || { echo ill; exit 1; }"


def health(cubby, name="t"):
    return cubby.inspect(name)["State"]["Health"]


def until(cubby, status, name="t"):
    wait_until(lambda: health(cubby, name)["Status"] == status, timeout=10)


@pytest.fixture
def checked(cubby, busybox_root):
    """checked("--health-..."): a container "t" that runs on, with a health check and /tmp of its own."""
    def run(*options, cmd=CHECK, script="exec sleep 100", root=None):
        return cubby.ok("run", "-d", "--name", "t", "--tmpfs", "/tmp", "--health-cmd", cmd, *options,
                        "--rootfs", root or busybox_root, "sh", "-c", script)
    return run


def test_life(cubby, checked):
    identity = checked("--health-interval", "300ms", "--health-retries", "2")
    first = health(cubby)
    assert first["Status"] in ("starting", "unhealthy")
    until(cubby, "unhealthy")
    assert "(unhealthy)" in cubby.ok("ps")
    assert cubby.ok("ps", "-q", "--filter", "health=unhealthy") == identity[:12]
    assert cubby.ok("ps", "-q", "--filter", "health=healthy") == ""
    bad = health(cubby)
    assert bad["FailingStreak"] >= 2
    entry = bad["Log"][-1]
    assert (entry["ExitCode"], entry["Output"]) == (1, "ill\n") and entry["Start"] < entry["End"]
    waiting = cubby.start("wait", "--condition", "healthy", "t")
    assert cubby.ok("wait", "--condition", "unhealthy", "t") == "-1"
    cubby.ok("exec", "t", "touch", "/tmp/well")
    until(cubby, "healthy")
    assert waiting.communicate(timeout=20 * process.SLOW)[0] == "-1\n"
    good = health(cubby)
    assert (good["FailingStreak"], good["Log"][-1]["Output"]) == (0, "fine\n")
    wait_until(lambda: len(health(cubby)["Log"]) == 5, timeout=10)
    assert "(healthy)" in cubby.ok("ps")
    events = cubby.ok("events", "--stream=false", "--filter", "event=health_status", "--format", "json")
    assert [json.loads(line)["health_status"] for line in events.splitlines()][-1] == "healthy"
    # a start begins anew
    cubby.ok("exec", "t", "rm", "/tmp/well")
    cubby.ok("restart", "-t", "0", "t")
    again = health(cubby)
    assert again["Status"] in ("starting", "unhealthy") and len(again["Log"] or []) < 5
    until(cubby, "unhealthy")
    cubby.ok("rm", "-f", "-t", "0", "t")


def test_by_hand(cubby, checked, busybox_root):
    identity = checked("--health-interval", "disable", "--health-retries", "2", "--health-max-log-count",
                       "2", "--health-max-log-size", "3")
    assert health(cubby)["Status"] == "starting" and "(starting)" in cubby.ok("ps")
    done = cubby("healthcheck", "run", "t")
    assert (done.code, done.stdout) == (1, "unhealthy\n")
    assert health(cubby)["Status"] == "starting"
    assert cubby("healthcheck", "run", "--ignore-result", "t").code == 0
    assert health(cubby)["Status"] == "unhealthy"
    cubby.ok("exec", "t", "touch", "/tmp/well")
    done = cubby("healthcheck", "run", "t")
    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    state = health(cubby)
    assert state["Status"] == "healthy"
    assert [entry["Output"] for entry in state["Log"]] == ["ill", "fin"]
    config = cubby.inspect("t")["Config"]
    assert config["Healthcheck"] == {"Test": ["CMD-SHELL", CHECK], "StartPeriod": 0, "Interval": 0,
                                     "Timeout": 30000000000, "Retries": 2}
    cubby.ok("kill", "t")
    cubby.ok("wait", "t")
    assert f"container {identity} is not running" in cubby.fails("healthcheck", "run", "t", code=125)
    cubby.ok("run", "-d", "--name", "u", "--rootfs", busybox_root, "sleep", "100")
    assert "has no defined healthcheck" in cubby.fails("healthcheck", "run", "u", code=125)
    assert "no such container" in cubby.fails("healthcheck", "run", "nobody", code=125)
    assert "Health" in cubby.inspect("u")["State"] and "(" not in cubby.ok("ps", "--format", "{{.Status}}")


def test_a_check_that_takes_too_long(cubby, checked):
    checked("--health-timeout", "1s", "--health-retries", "1", "--health-interval", "disable",
            cmd="echo begun; sleep 60")
    started = time.monotonic()
    assert cubby("healthcheck", "run", "t").code == 1
    assert time.monotonic() - started < 10 * process.SLOW
    entry = health(cubby)["Log"][-1]
    assert entry["ExitCode"] == -1 and entry["Output"].startswith("begun\n")
    assert "exceeded timeout of 1s" in entry["Output"]


def test_a_check_that_is_no_program(cubby, checked):
    checked("--health-retries", "1", "--health-interval", "disable", cmd='["CMD", "nonsense", "x"]')
    assert cubby("healthcheck", "run", "t").code == 1
    entry = health(cubby)["Log"][-1]
    assert entry["ExitCode"] == 127 and "nonsense" in entry["Output"]


@pytest.mark.parametrize("action", ["kill", "stop"])
def test_on_failure(cubby, checked, action):
    checked("--health-on-failure", action, "--health-retries", "1", "--health-interval", "200ms",
            script="trap 'exit 7' TERM; while :; do sleep 0.05; done", cmd="exit 1")
    assert cubby.ok("wait", "t") == ("137" if action == "kill" else "7")


def test_startup(cubby, checked):
    checked("--health-startup-cmd", "test -e /tmp/up", "--health-startup-interval", "200ms",
            "--health-startup-success", "2", "--health-interval", "200ms")
    wait_until(lambda: len(health(cubby)["Log"] or []) >= 3, timeout=10)
    assert health(cubby)["Status"] == "starting"
    cubby.ok("exec", "t", "touch", "/tmp/well", "/tmp/up")
    until(cubby, "healthy")
    assert cubby.inspect("t")["Config"]["StartupHealthCheck"]["Successes"] == 2


def test_log_destination(cubby, checked, base):
    identity = checked("--health-log-destination", base, "--health-interval", "disable")
    cubby("healthcheck", "run", "t")
    with open(os.path.join(base, identity + "-healthcheck.log"), encoding="utf-8") as f:
        assert json.load(f)["Log"][0]["Output"] == "ill\n"
    assert health(cubby)["Log"][0]["ExitCode"] == 1
    cubby.ok("rm", "-f", "-t", "0", "t")
    checked("--health-log-destination", "events_logger", "--health-interval", "disable")
    cubby("healthcheck", "run", "t")
    events = cubby.ok("events", "--stream=false", "--filter", "event=health_status", "--format", "json")
    assert json.loads(events.splitlines()[-1])["Attributes"]["health_log"] == "ill\n"


def test_on_failure_restart(cubby, checked, own_root):
    """It is healthy only the second time; a startup check that never succeeds has the same effect."""
    checked("--health-on-failure", "restart", "--health-retries", "1", "--health-interval", "200ms",
            "--stop-signal", "KILL", root=own_root, cmd="test -e /ran && touch /again || { touch /ran; exit 1; }")
    until(cubby, "healthy")
    assert cubby.status("t") == "running" and cubby.ok("exec", "t", "ls", "/again") == "/again"
    cubby.ok("rm", "-f", "-t", "0", "t")
    checked("--health-startup-cmd", "exit 1", "--health-startup-retries", "2", "--stop-signal",
            "KILL", "--health-startup-interval", "200ms", "--health-interval", "200ms")
    first = cubby.pid("t")
    # it goes on being restarted: each question is one look
    wait_until(lambda: cubby.inspect("t")["State"]["Pid"] not in (0, first), timeout=10)
    assert health(cubby)["Status"] == "starting"
    cubby.ok("rm", "-f", "-t", "0", "t")


@pytest.mark.parametrize("options, words", [
    (["--health-interval", "5s"], "no health check"),
    (["--health-cmd", "true", "--no-healthcheck"], "cannot specify both"),
    (["--health-cmd", "true", "--health-on-failure", "explode"], "expected none"),
    (["--health-cmd", "true", "--health-retries", "0"], "greater than 0"),
    (["--health-cmd", "true", "--health-log-destination", "/nowhere/at/all"], "/nowhere"),
])
def test_wrong_options(cubby, busybox_root, options, words):
    assert words in cubby.fails("run", *options, "--rootfs", busybox_root, "true", code=125)
    assert cubby.names() == []


def test_the_end_does_not_wait_for_a_check(cubby, checked):
    checked("--rm", "--health-interval", "1s", cmd="sleep 60")
    wait_until(lambda: "sleep 60" in cubby.ok("exec", "t", "ps"), timeout=10)
    started = time.monotonic()
    cubby.ok("kill", "t")
    wait_until(lambda: cubby.names() == [], timeout=10)
    assert time.monotonic() - started < 5 * process.SLOW


def test_the_check_of_an_image(cubby, pristine_root, base):
    """In nanoseconds there; --no-healthcheck leaves it out, --health-cmd takes its place."""
    path = os.path.join(base, "checked.tar")
    checked = image.busybox(pristine_root)
    checked.config["Healthcheck"] = {"Test": ["CMD-SHELL", "echo of the image"], "Interval": 300000000,
                                     "Retries": 7}
    image.docker_archive(path, {"localhost/checked:1": checked})
    cubby.ok("load", "-q", "-i", path)
    cubby.ok("run", "-d", "--name", "t", "--health-retries", "4", "localhost/checked:1", "sleep", "100")
    until(cubby, "healthy")
    assert health(cubby)["Log"][-1]["Output"] == "of the image\n"
    config = cubby.inspect("t")["Config"]["Healthcheck"]
    assert (config["Interval"], config["Retries"], config["Timeout"]) == (300000000, 4, 30000000000)
    cubby.ok("create", "--name", "u", "--no-healthcheck", "localhost/checked:1", "true")
    assert cubby.inspect("u")["Config"]["Healthcheck"] == {"Test": ["NONE"]}
    cubby.ok("create", "--name", "v", "--health-cmd", "exit 1", "localhost/checked:1", "true")
    assert cubby.inspect("v")["Config"]["Healthcheck"]["Interval"] == 30000000000
