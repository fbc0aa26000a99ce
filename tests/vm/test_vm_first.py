# SPDX-License-Identifier: Apache-2.0
"""The virtual machine is what the tests take it for, and a container runs in it."""

import os

from support import cgroup


def test_unified_hierarchy_with_systemd(user, systemd):
    assert cgroup.Cgroup(cgroup.TOP).read("cgroup.controllers").split()
    assert systemd.ctl("is-system-running").stdout.strip() in ("running", "degraded", "starting")
    if not user.is_root:
        manager = cgroup.Cgroup(f"{cgroup.TOP}/user.slice/user-{user.uid}.slice/user@{user.uid}.service")
        assert {"cpu", "cpuset", "io", "memory", "pids"} <= set(manager.read("cgroup.controllers").split())


def test_container_runs(cubby):
    assert cubby.ok("run", "--rm", "busybox", "echo", "hello") == "hello"


def test_session_is_a_login(user):
    assert os.environ["XDG_RUNTIME_DIR"] == f"/run/user/{user.uid}"
    assert "session" in cgroup.of_process().path
