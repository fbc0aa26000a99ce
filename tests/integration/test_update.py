# SPDX-License-Identifier: Apache-2.0
"""update: restart policies and health checks of containers that exist."""

import json
import os
import signal

from support import process


def policy(cubby, name):
    return cubby.inspect(name)["HostConfig"]["RestartPolicy"]["Name"]


def test_restart(cubby, busybox_root):
    """A new policy counts from the next end on."""
    cubby.ok("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
    ids = cubby.inspect("web")["Id"]
    assert cubby.ok("update", "--restart", "on-failure:3", "web") == ids
    shown = cubby.inspect("web")["HostConfig"]["RestartPolicy"]
    assert (shown["Name"], shown["MaximumRetryCount"]) == ("on-failure", 3)
    first = cubby.pid("web")
    os.kill(first, signal.SIGKILL)
    process.wait_until(lambda: cubby.inspect("web")["RestartCount"] == 1, "its restart", 20)
    cubby.wait_status("web", "running")
    assert cubby.ok("container", "update", "--restart=no", "web") == ids
    assert policy(cubby, "web") in ("", "no")
    os.kill(cubby.pid("web"), signal.SIGKILL)
    cubby.wait_status("web", "exited")
    events = [json.loads(e) for e in cubby.ok("events", "--stream=false", "--format", "json", "--filter",
                                              "event=update", "--filter", "event=restart").splitlines()]
    assert [e["Status"] for e in events] == ["update", "restart", "update"]

    cubby.ok("create", "--rm", "--name", "passing", "--rootfs", busybox_root, "true")
    assert "can't have a restart policy" in cubby.fails("update", "--restart", "always", "passing", code=125)
    assert "not a valid restart policy" in cubby.fails("update", "--restart", "sometimes", "web", code=125)
    assert "nothing to change" in cubby.fails("update", "web", code=125)
    assert "no such container" in cubby.fails("update", "--restart", "no", "nobody", code=125)


def test_health(cubby, busybox_root):
    cubby.ok("create", "--name", "web", "--health-cmd", "true", "--health-retries", "7", "--rootfs", busybox_root,
             "sleep", "1000")
    cubby.ok("update", "--health-cmd", "test -e /nope", "--health-interval", "1h", "web")
    check = cubby.inspect("web")["Config"]["Healthcheck"]
    assert check["Test"] == ["CMD-SHELL", "test -e /nope"]
    assert check["Interval"] == 3600 * 10**9 and check["Retries"] == 7
    cubby.ok("start", "web")
    assert cubby("healthcheck", "run", "web").code == 1
    cubby.ok("update", "--health-cmd", "true", "web")
    assert cubby("healthcheck", "run", "web").code == 0
    cubby.ok("update", "--no-healthcheck", "web")
    assert cubby.inspect("web")["Config"]["Healthcheck"]["Test"] == ["NONE"]
    assert "there is no health check" in cubby.fails("update", "--health-retries", "3", "web", code=125)
    assert "needs --health-startup-cmd" in \
        cubby.fails("update", "--health-cmd", "true", "--health-startup-retries", "3", "web", code=125)
