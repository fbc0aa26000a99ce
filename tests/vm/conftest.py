# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests that run in a virtual machine (tests/vm/rig): systemd, one unified cgroup hierarchy, controllers
delegated to alice. pytest runs in a login session there, once as alice and once as root, by tests/vm/try.

All of tests/conftest.py is there as well, but `cubby` keeps its store (with the image "busybox") from test to test, as
everything takes its time in an emulated machine; a test's containers are removed at its end.
"""

import os
import shutil

import pytest

from support import cgroup as cgroup_module
from support import network, process, rootfs, systemd as systemd_module
from support.program import Cubby

PREFIX = os.environ.get("CUBBY_PREFIX", "/usr/local")
IMAGE = "localhost/busybox:latest"
# those are run outside
collect_ignore = ["host"] if os.environ.get("CUBBY_TEST_VM") == "guest" else []


def pytest_configure():
    if os.environ.get("CUBBY_TEST_VM") is None:
        pytest.exit("tests/vm are run in a virtual machine: tests/vm/try FILE", 4)


@pytest.fixture
def environment(environment, user):
    """As in a login session: with the runtime directory and the session bus of the user."""
    environment["XDG_RUNTIME_DIR"] = f"/run/user/{user.uid}"
    environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path=/run/user/{user.uid}/bus"
    return environment


@pytest.fixture
def bare_environment(environment):
    """As under cron or su: nothing that leads to a runtime directory or a bus."""
    return {k: v for k, v in environment.items() if k not in ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")}


@pytest.fixture(scope="session")
def busybox_archive():
    """Image localhost/busybox:latest as an archive for `load`."""
    return os.path.join(rootfs.READY, "busybox.tar")


@pytest.fixture(scope="session")
def _engine_dir(shared_dir, user):
    path = os.path.join(shared_dir, "engine")
    os.mkdir(path, mode=0o700)
    return path


@pytest.fixture
def cubby(_engine_dir, busybox_archive, base, environment, user):
    """The installed cubby with a store that all tests share, in it the image "busybox". See tests/conftest.py."""
    program = Cubby(PREFIX, _engine_dir, environment, user)
    assert os.access(program.path, os.X_OK), f"no {program.path}: tests/vm/install"
    program.base = base
    if program("image", "exists", IMAGE).code != 0:
        program.ok("load", "-q", "-i", busybox_archive)
    yield program
    problems = program.remove_all()
    program("pod", "rm", "-f", "-a")
    problems += network.end(program.run_dir)
    process.wait_until(lambda: not [p for p in process.descendants() if _engine_dir in process.command_line(p)],
                       "processes of cubby to end after its containers were removed", 5)
    assert not problems, "\n".join(problems)


@pytest.fixture
def home_cubby(busybox_archive, base, user):
    """cubby as units of the user run it: with the user's own store, in it the image "busybox"."""
    env = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "USER", "LOGNAME", "LANG")}
    env.update(XDG_RUNTIME_DIR=f"/run/user/{user.uid}", DBUS_SESSION_BUS_ADDRESS=f"unix:path=/run/user/{user.uid}/bus")
    program = Cubby(PREFIX, base, env, user)
    program.options = []
    program.run_dir = "/run/cubby" if user.is_root else f"/run/user/{user.uid}/cubby"
    if program("image", "exists", IMAGE).code != 0:
        program.ok("load", "-q", "-i", busybox_archive)
    yield program
    program("rm", "-f", "-t", "0", "-a")
    program("pod", "rm", "-f", "-a")
    # it would wait a while for another container
    problems = network.end(program.run_dir)
    assert not problems, "\n".join(problems)


@pytest.fixture
def systemd(user, base):
    """The systemd manager of whoever runs the test; see support/systemd.py."""
    manager = systemd_module.Manager(user, base)
    yield manager
    manager.end()


@pytest.fixture
def cgroup_of(cubby):
    """The cgroup of a running container's first process: cgroup_of("name").read("memory.max")."""
    return lambda name: cgroup_module.of_process(cubby.pid(name))


@pytest.fixture
def eventually():
    """Wait for a condition: eventually(lambda: ..., "what it is", seconds)."""
    return process.wait_until


@pytest.fixture
def disk(base):
    """(directory, "MAJOR:MINOR"): a directory on the machine's disk, and that disk."""
    path = os.path.join(base, "disk")
    os.mkdir(path)
    device = os.stat(path).st_dev
    yield path, f"{os.major(device)}:{os.minor(device)}"
    shutil.rmtree(path, ignore_errors=True)
