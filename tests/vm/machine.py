# SPDX-License-Identifier: Apache-2.0
"""A virtual machine of tests/vm/rig with Cubby and the test suites in it; on the host's side.

What lies in the machine:
    /usr/local, /usr/lib/systemd   the installed Cubby
    /srv/tests                     a copy of tests/
    /share                         the host's directory that both see; /share/results takes files from everybody
"""

import contextlib
import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path.insert(0, TESTS)

from support import image  # noqa: E402

IMAGE = "localhost/busybox:latest"
RIG = os.path.join(HERE, "rig", "rig")
NEEDED = ("qemu-system-x86_64", "mmdebstrap", "mkfs.ext4", "ssh", "ssh-keygen")
# Every deadline of a test is so many times longer in an emulated machine, which may share its processors with others.
SLOW = 6
# The directories of tests/ that are run in the machine, and what they need.
CARRIED = ("conftest.py", "pytest.ini", "support", "roots", "vm", "integration", "scenarios", "security")
# What `make test-vm` runs in it, beside tests/vm: what is skipped, or is another thing, on a host that delegates nothing.
# More would take minutes: emulated, a test lasts five times as long.
INTEGRATION = tuple(f"integration/test_{name}" for name in (
    "runtime_cgroups.py", "stats.py", "update.py", "pause.py::test_nothing_runs_while_paused",
    "pause.py::test_shared_processes_are_paused_in_a_cgroup_only"))


def why_not():
    """What this host lacks for a virtual machine, as a sentence; None if nothing."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in NEEDED if not shutil.which(name, path=path)]
    if not any(os.path.exists(p) for p in ("/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd")):
        missing.append("virtiofsd")
    if missing:
        return f"no {', '.join(missing)} here: tools/setup vm installs what a virtual machine needs"
    if os.geteuid() != 0:
        return "a virtual machine's disk and shared directory want root: sudo make test-vm"
    return None


def make_readable(directory):
    for path, _, names in os.walk(directory):
        os.chmod(path, os.stat(path).st_mode | 0o555)
        for name in names:
            file = os.path.join(path, name)
            if not os.path.islink(file):
                os.chmod(file, os.stat(file).st_mode | 0o444)


class Machine:
    def __init__(self, name, share=None):
        self.name = name
        self.state = os.path.join(os.environ.get("VMRIG_STATE", "/run/vmrig"), name)
        self.share = share or self._recorded("share")

    def _recorded(self, what):
        try:
            with open(os.path.join(self.state, what), encoding="utf-8") as f:
                return f.read().strip()
        except FileNotFoundError:
            return None

    def is_up(self):
        pid = self._recorded("qemu.pid")
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                return f"{self.state}/".encode() in f.read()
        except OSError:
            return False

    def rig(self, verb, *args, **more):
        more.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([RIG, verb, "--name", self.name, *[str(a) for a in args]], check=False, **more)

    def up(self, kernel="6.12", mem=1536, **more):
        """Boot; whether that worked. The share is made if it isn't there."""
        os.makedirs(self.share, mode=0o755, exist_ok=True)
        return self.rig("up", "--kernel", kernel, "--mem", mem, "--share", self.share, **more).returncode == 0

    def down(self):
        self.rig("down", stderr=subprocess.DEVNULL)

    def reboot(self):
        return self.rig("reboot").returncode == 0

    def argv(self, user, command, timeout=None):
        """The command line that runs a command (a list, or a shell line) as this user in a session of its own."""
        words = [command] if isinstance(command, str) else [str(c) for c in command]
        limit = ["--timeout", str(timeout)] if timeout else []
        return [RIG, "exec", "--name", self.name, "--user", user, *limit, "--", *words]

    def run(self, user, command, timeout=300, **more):
        """Run to the end; a CompletedProcess with text."""
        more.setdefault("stdin", subprocess.DEVNULL)
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        more.setdefault("check", False)
        return subprocess.run(self.argv(user, command, timeout), text=True, errors="replace", **more)

    # -- what lies in it

    def fill_share(self, installed, tests=TESTS):
        """installed: a directory that Cubby was installed below (DESTDIR); its usr and the tests go into the share."""
        with self.locked():
            into = os.path.join(self.share, "usr")
            if os.path.realpath(installed) != os.path.realpath(self.share):
                shutil.rmtree(into, ignore_errors=True)
                shutil.copytree(os.path.join(installed, "usr"), into, symlinks=True)
            to = os.path.join(self.share, "tests")
            shutil.rmtree(to, ignore_errors=True)
            os.mkdir(to)
            for name in CARRIED:
                path = os.path.join(tests, name)
                if os.path.isdir(path):
                    shutil.copytree(path, os.path.join(to, name), symlinks=True,
                                    ignore=shutil.ignore_patterns("__pycache__", "rig"))
                else:
                    shutil.copy(path, to)
            self._make_ready(tests)
            make_readable(to)
            results = os.path.join(self.share, "results")
            os.makedirs(results, exist_ok=True)
            os.chmod(results, 0o1777)

    def _make_ready(self, tests):
        """What takes long to make in the machine, or a compiler; see support/rootfs.py. Once a share."""
        ready = os.path.join(self.share, "ready")
        if not os.path.exists(os.path.join(ready, "busybox.tar")):
            shutil.rmtree(ready, ignore_errors=True)
            partial = ready + ".partial"
            shutil.rmtree(partial, ignore_errors=True)
            os.mkdir(partial)
            subprocess.run([os.path.join(tests, "roots", "busybox"), os.path.join(partial, "busybox")], check=True)
            subprocess.run(["cc", "-O1", "-D_GNU_SOURCE", "-static", "-o", os.path.join(partial, "tell"),
                            os.path.join(tests, "support", "tell.c")], check=True)
            image.docker_archive(os.path.join(partial, "busybox.tar"),
                                 {IMAGE: image.busybox(os.path.join(partial, "busybox"))})
            os.rename(partial, ready)

    def locked(self):
        """One at a time fills a share."""
        file = open(os.path.join(self.share, ".lock"), "w", encoding="utf-8")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def install(self, **more):
        """What lies in the share, into the machine."""
        return self.run("root", "sh /share/tests/vm/install", **more)

    def pytest(self, user, args, prefix="/usr/local", env=None):
        """The command line that runs pytest on args (files below /srv/tests, and its options) as a user."""
        # the suites of integration want a cgroup of their own, as in a session that was delegated one
        own = any(str(a).startswith("integration") for a in args) and user != "root"
        scope = ["systemd-run", "--user", "--scope", "-q", "-pDelegate=yes"] if own else []
        settings = {"CUBBY_PREFIX": prefix, "CUBBY_TEST_SLOW": str(SLOW), "CUBBY_TEST_VM": "guest", **(env or {})}
        words = [*scope, "env", *[f"{k}={v}" for k, v in settings.items()],
                 "/usr/bin/python3", "-m", "pytest", "-q", "-o", f"timeout={60 * SLOW}", *args]
        return self.argv(user, "cd /srv/tests && " + shlex.join(str(w) for w in words))


@contextlib.contextmanager
def temporary_share(vm):
    """A share for as long as the machine is needed."""
    with tempfile.TemporaryDirectory(prefix="cubby-vm-") as vm.share:
        os.chmod(vm.share, 0o755)
        yield vm


def default_name(top):
    """The name of a checkout's own machine."""
    return os.environ.get("CUBBY_VM") or re.sub(r"[^A-Za-z0-9]", "-", os.path.basename(top))


def default_share(name):
    return os.path.join(tempfile.gettempdir(), f"{name}-share")


def die(text):
    print(text, file=sys.stderr)
    sys.exit(2)
