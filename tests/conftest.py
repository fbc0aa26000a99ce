# SPDX-License-Identifier: Apache-2.0
"""Fixtures that the integration, scenario and security suites share.

    CUBBY_PREFIX       where cubby is installed: $CUBBY_PREFIX/bin/cubby (default: /usr/local)
    CUBBY_TEST_SLOW    factor for every deadline (sanitizer builds, busy machines)

The suites run as whoever runs pytest: once as root, once as an ordinary user. Each test has
directories of its own below a short path in /tmp (a unix socket's path has 107 bytes), and
at its end nothing may be left: no process, no mount.

As root every pytest process has a network of its own (support/stage.py), and nothing happens in the machine's. An
ordinary user's suites are started in one by tools/run-tests; by hand, `python3 tests/support/stage.py COMMAND...` as root.
Tests that are not about networks run containers without one: all but the scenarios and those marked `network`.
"""

import os
import shutil
import tempfile

import pexpect
import pytest

from support import daemons, image, nested, network, process, rootfs, stage
from support import peers as peers_module
from support.lan import Host, Lan
from support.program import Cubby, Runtime
from support.transfer import Transfer
from support.user import User

PREFIX = os.environ.get("CUBBY_PREFIX", "/usr/local")

# From our own environment to the programs': what the sanitizers, coverage and fault injection need.
PASSED_ON = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "GCOV_PREFIX", "GCOV_PREFIX_STRIP")


def pytest_configure(config):
    # whoever only hands tests out to others needs no network, and gives them none
    # and a virtual machine's network is nobody else's
    in_machine = "CUBBY_TEST_VM" in os.environ and "CUBBY_TEST_STAGE" not in os.environ
    if os.geteuid() == 0 and not config.getoption("numprocesses", None) and not in_machine:
        rootfs.OUTSIDE = stage.enter().before
    process.become_subreaper()
    config.addinivalue_line("markers", "root: needs root")
    config.addinivalue_line("markers", "rootless: for an ordinary user only")
    config.addinivalue_line("markers", "subids: needs subordinate ids and newuidmap (or root)")
    config.addinivalue_line("markers", "network: containers are at the default network, as without any settings")
    config.addinivalue_line("markers", "uplink: an ordinary user's containers get out; needs /dev/net/tun")
    config.addinivalue_line("markers", "slow: takes more than a few seconds")


def pytest_collection_modifyitems(items):
    who = User()
    for item in items:
        if item.get_closest_marker("root") and not who.is_root:
            item.add_marker(pytest.mark.skip(reason="needs root"))
        if item.get_closest_marker("rootless") and who.is_root:
            item.add_marker(pytest.mark.skip(reason="for an ordinary user"))
        if (item.get_closest_marker("subids") and not who.is_root
                and not who.has_subordinate_ids):
            item.add_marker(pytest.mark.skip(reason="needs subordinate ids"))
        if item.get_closest_marker("uplink") and not who.is_root and not os.access("/dev/net/tun", os.W_OK):
            item.add_marker(pytest.mark.skip(reason="needs /dev/net/tun"))


@pytest.fixture(scope="session")
def user():
    """Who runs the tests: .name, .uid, .gid, .is_root, .subuid and .subgid as (start, count)."""
    return User()


@pytest.fixture(scope="session")
def peers():
    """Other programs: peers.find("crun"), peers.need("podman") fails where there is none."""
    return peers_module


@pytest.fixture(scope="session")
def shared_dir(user):
    """A directory for the session that everybody may read."""
    path = tempfile.mkdtemp(prefix="cs", dir="/tmp")
    os.chmod(path, 0o755)
    yield path
    user.remove_tree(path)


@pytest.fixture(scope="session")
def pristine_root(shared_dir):
    """The busybox tree that the others are copies of; no container ever runs in it."""
    return rootfs.make_busybox(os.path.join(shared_dir, "pristine"))


@pytest.fixture(scope="session")
def busybox_root(shared_dir, pristine_root):
    """A busybox root file system for the whole session. Mount points that a test asks for are made in
    it and stay; a test that looks at the tree itself takes own_root."""
    path = os.path.join(shared_dir, "busybox")
    shutil.copytree(pristine_root, path, symlinks=True)
    return path


@pytest.fixture(scope="session")
def nest_archive(shared_dir, pristine_root):
    """A system with the installed cubby in it, and a plain user carol, as a tar archive for `import`."""
    tree = nested.make_tree(pristine_root, PREFIX, os.path.join(shared_dir, "nest"))
    return nested.archive(tree, os.path.join(shared_dir, "nest.tar"))


@pytest.fixture(scope="session")
def net_archive(shared_dir, pristine_root):
    """Image localhost/net:1: busybox, and `tell` of support/tell.c, as an archive for `load`."""
    tree = os.path.join(shared_dir, "net")
    shutil.copytree(pristine_root, tree, symlinks=True)
    network.compile_tell(os.path.join(tree, "bin", "tell"))
    path = os.path.join(shared_dir, "net.tar")
    image.docker_archive(path, {"localhost/net:1": image.busybox(tree)})
    return path


@pytest.fixture
def own_root(pristine_root, base):
    """A busybox root file system of the test's own, as new."""
    path = os.path.join(base, "rootfs")
    shutil.copytree(pristine_root, path, symlinks=True)
    return path


@pytest.fixture(scope="session")
def debian_root(user):
    """A minimal Debian with bash, ps, vi, ping, su, apt; kept between runs, for all tests."""
    return rootfs.debian_tree(user)


@pytest.fixture(scope="session")
def debian_archive(user):
    """The same as a tar archive for `import`."""
    return rootfs.debian_archive(user)


@pytest.fixture(scope="session")
def debian_packages(user):
    """A directory of packages with an index, from which apt in debian_archive installs gcc without any network."""
    return rootfs.debian_packages(user)


@pytest.fixture
def base(user):
    """The directory of this test. Everything it makes belongs here."""
    path = tempfile.mkdtemp(prefix="cb", dir="/tmp")
    os.chmod(path, 0o755)
    before = process.descendants()
    yield path
    problems = process.end_leftovers(before)
    process.reap_orphans()
    problems += [f"mount left at {m}" for m in process.mounts_below(path)]
    if not any(p.startswith("mount") for p in problems):
        user.remove_tree(path)
    assert not problems, "left behind by the test:\n" + "\n".join(problems)


def wants_network(node):
    """Whether its containers are at the default network; see above."""
    return bool(node.get_closest_marker("network")) or "scenarios" in node.path.parts


@pytest.fixture
def environment(base, user, request):
    """The environment that programs are run with: small, the same everywhere."""
    env = {
        "PATH": peers_module.PATH,
        "HOME": os.path.join(base, "home"),
        "USER": user.name,
        "LOGNAME": user.name,
        "LANG": "C.UTF-8",
        "TERM": "xterm",
        "XDG_RUNTIME_DIR": os.path.join(base, "xdg-run"),
        "XDG_DATA_HOME": os.path.join(base, "xdg-data"),
        "XDG_CONFIG_HOME": os.path.join(base, "xdg-config"),
    }
    for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        os.mkdir(env[name], mode=0o700)
    if not wants_network(request.node):
        network.default_none(env["XDG_CONFIG_HOME"])
    env.update({k: os.environ[k] for k in PASSED_ON if k in os.environ})
    return env


def _ended(program):
    """At the end of a test: remove its containers, and wait for their processes to go."""
    problems = program.remove_all()
    if isinstance(program, Cubby):
        problems += network.end(program.run_dir)
    own = os.path.basename(program.path)
    # by its directories: a registry or a peer of the same test may still run
    directories = [o for o in program.options if o.startswith("/")]
    if not problems:
        try:
            process.wait_until(
                lambda: not [p for p in process.descendants()
                             if any(d in process.command_line(p) for d in directories)],
                f"processes of {own} to end after its containers were removed", 5)
        except AssertionError as late:
            problems.append(str(late))
    assert not problems, "\n".join(problems)


@pytest.fixture
def cubby(base, environment, user):
    """The installed cubby with data of its own.

    cubby("run", ...)      the Result: .code .stdout .stderr .lines
    cubby.ok("ps")         expects success; what it printed
    cubby.fails(..., code=125)   expects failure; what it said on stderr
    cubby.start(...)       a Popen; cubby.argv(...) for `terminal`
    """
    program = Cubby(PREFIX, base, environment, user)
    assert os.access(program.path, os.X_OK), f"no {program.path}: set CUBBY_PREFIX"
    yield program
    _ended(program)


@pytest.fixture
def lan():
    """The network around us; see support/lan.py."""
    found = Lan()
    if not found.is_there():
        pytest.skip("not started in tests/support/stage.py")
    return found


@pytest.fixture
def host(base):
    """A host of the test's own, whose network may change, for cubby-test; mark the test `root`. host.cubby() is the
    installed cubby there. See support/lan.py."""
    made = Host(base, PREFIX)
    yield made
    made.end()


@pytest.fixture
def runtime(base, environment, user):
    """The installed cubby-runtime with a state directory of its own; runtime.config(args, root)
    is a dict to be changed, runtime.run_config(config) runs it."""
    program = Runtime(PREFIX, base, environment, user)
    assert os.access(program.path, os.X_OK), f"no {program.path}: set CUBBY_PREFIX"
    yield program
    _ended(program)


@pytest.fixture
def transfer(base, environment):
    """The installed transfer program, driven without an engine; see support/transfer.py."""
    program = Transfer(PREFIX, base, environment)
    assert os.access(program.path, os.X_OK), f"no {program.path}: set CUBBY_PREFIX"
    return program


@pytest.fixture
def terminal(base, environment):
    """Start a command on a terminal of its own: terminal(cubby.argv("run", "-it", ...)) is a
    pexpect.spawn; closed at the test's end."""
    opened = []

    def start(argv, env=None, timeout=20, dimensions=(24, 80), **more):
        merged = {k: str(v) for k, v in {**environment, **(env or {})}.items() if v is not None}
        child = pexpect.spawn(str(argv[0]), [str(a) for a in argv[1:]], env=merged, cwd=base,
                              timeout=timeout * process.SLOW, dimensions=dimensions,
                              encoding="utf-8", codec_errors="replace", **more)
        child.delaybeforesend = None
        opened.append(child)
        return child

    yield start
    for child in opened:
        child.close(force=True)


@pytest.fixture
def peer_environment(base, user):
    """The environment of the engines and tools below: not cubby's."""
    return daemons.peer_environment(base, user)


@pytest.fixture
def buildah(base, peer_environment, user):
    """buildah with storage of the test's own; see support/daemons.py."""
    return daemons.Buildah(peer_environment, base, user)


@pytest.fixture
def podman(base, peer_environment, user):
    """podman with storage of the test's own, which is buildah's too; runs without network and cgroups."""
    program = daemons.Podman(peer_environment, base, user)
    yield program
    program.end()


@pytest.fixture
def skopeo(base, peer_environment, user):
    return daemons.Skopeo(peer_environment, base, user)


@pytest.fixture
def umoci(base, peer_environment, user):
    return daemons.Umoci(peer_environment, base, user)


@pytest.fixture
def docker(base, peer_environment, user):
    """A dockerd of the test's own, for images only; mark the test `root`."""
    program = daemons.Docker(peer_environment, base, user)
    yield program
    program.end()
