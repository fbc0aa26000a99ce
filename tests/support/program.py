# SPDX-License-Identifier: Apache-2.0
"""Running the installed programs: cubby with data of its own, cubby-runtime with bundles."""

import copy
import json
import os
import shlex
import signal
import subprocess
import tempfile

from . import process


class Result:
    """What a command did."""

    def __init__(self, argv, code, stdout, stderr):
        self.argv, self.code, self.stdout, self.stderr = argv, code, stdout, stderr

    @property
    def lines(self):
        return self.stdout.splitlines()

    def __repr__(self):
        return (f"\n$ {shlex.join(self.argv)}\n[exit {self.code}]\n"
                f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}\n---")


def run(argv, *, env, cwd, input=None, timeout=60, check=False, pass_fds=(), **more):
    """Run to the end, or fail the test when that takes too long. `input` is text for stdin."""
    argv = [str(a) for a in argv]
    if "stdin" not in more and input is None:
        more["stdin"] = subprocess.DEVNULL
    elif input is not None:
        more["stdin"] = subprocess.PIPE
    more.setdefault("stdout", subprocess.PIPE)
    more.setdefault("stderr", subprocess.PIPE)
    with subprocess.Popen(argv, env=env, cwd=cwd, pass_fds=pass_fds, text=True,
                          errors="surrogateescape", **more) as p:
        try:
            out, err = p.communicate(input, timeout=timeout * process.SLOW)
        except subprocess.TimeoutExpired as late:
            tree = "\n".join(f"  {pid} {process.command_line(pid)}"
                             for pid in sorted(process.descendants(p.pid) | {p.pid}))
            p.kill()

            def text(b):
                return (b or b"").decode(errors="replace") if not isinstance(b, str) else b
            raise AssertionError(
                f"not finished after {timeout * process.SLOW:g} s (or its output was kept open): "
                f"{shlex.join(argv)}\n{tree}\n--- stdout\n{text(late.stdout)}\n"
                f"--- stderr\n{text(late.stderr)}") from None
    process.reap_orphans()
    result = Result(argv, p.returncode, out or "", err or "")
    if check:
        assert result.code == 0, result
    return result


class Program:
    """One of our executables with its fixed first arguments, environment and directory."""

    def __init__(self, path, options, env, base, user):
        self.path, self.options, self.env, self.base, self.user = path, options, env, base, user

    def argv(self, *args):
        return [self.path, *self.options, *[str(a) for a in args]]

    def environment(self, env=None):
        """Ours, with `env` added; a value of None takes a variable away."""
        merged = {**self.env, **(env or {})}
        return {k: str(v) for k, v in merged.items() if v is not None}

    def __call__(self, *args, env=None, cwd=None, **more):
        """Run with these arguments and return the Result, whatever the exit status."""
        return run(self.argv(*args), env=self.environment(env), cwd=cwd or self.base, **more)

    def ok(self, *args, **more):
        """Run, expect success, return what it printed without the last newline."""
        result = self(*args, check=True, **more)
        return result.stdout.rstrip("\n")

    def fails(self, *args, code=None, **more):
        """Run, expect failure (with exit status `code`), return what it said on stderr."""
        result = self(*args, **more)
        assert result.code != 0 if code is None else result.code == code, result
        return result.stderr

    def json(self, *args, **more):
        return json.loads(self.ok(*args, **more))

    def start(self, *args, env=None, cwd=None, **more):
        """Start without waiting; a subprocess.Popen with text pipes."""
        more.setdefault("stdin", subprocess.DEVNULL)
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        return subprocess.Popen(self.argv(*args), env=self.environment(env), cwd=cwd or self.base,
                                text=True, errors="surrogateescape", **more)


class Cubby(Program):
    """cubby with data and run directories of the test's own."""

    def __init__(self, prefix, base, env, user):
        self.data = os.path.join(base, "data")
        self.run_dir = os.path.join(base, "run")
        super().__init__(os.path.join(prefix, "bin", "cubby"),
                         ["--root", self.data, "--runroot", self.run_dir], env, base, user)

    def inspect(self, name):
        return self.json("inspect", name)[0]

    def pid(self, name):
        """Host pid of a running container's first process."""
        pid = self.inspect(name)["State"]["Pid"]
        assert pid > 0, self.inspect(name)
        return pid

    def status(self, name):
        """created, running, exited ... as `inspect` has it; None if there is no such container."""
        result = self("inspect", name)
        return json.loads(result.stdout)[0]["State"]["Status"] if result.code == 0 else None

    def wait_status(self, name, status, timeout=10):
        process.wait_until(lambda: self.status(name) == status, f"{name} being {status}", timeout)

    def wait_log(self, name, text, timeout=10):
        """Wait for text to appear in a container's log; what the log says then."""
        def logged():
            said = self("logs", name)
            return said if text in said.stdout + said.stderr else None
        return process.wait_until(logged, f"{text!r} in the log of {name}", timeout)

    def names(self):
        """Of all containers, ended ones too."""
        return [c for c in self.ok("ps", "-a", "--format", "{{.Names}}").splitlines() if c]

    def remove_all(self):
        """Used at a test's end: problems met are returned as sentences."""
        if not os.path.isdir(self.data):
            return []
        listed = self("ps", "-aq", "--no-trunc")
        if listed.code != 0:
            return [f"ps -aq failed: {listed!r}"]
        ids = listed.stdout.split()
        if not ids:
            return []
        removed = self("rm", "-f", "-t", "0", *ids)
        return [] if removed.code == 0 else [f"rm -f failed: {removed!r}"]


class Runtime(Program):
    """cubby-runtime with a state directory of the test's own, and bundles for it."""

    def __init__(self, prefix, base, env, user):
        self.state_dir = os.path.join(base, "state")
        self.n_bundles = 0
        super().__init__(os.path.join(prefix, "bin", "cubby-runtime"), ["--root", self.state_dir],
                         env, base, user)

    def config(self, args, root, terminal=False):
        """A config.json as a dict to be changed at will: the least that works for this user."""
        return default_config(self.user, args, root, terminal)

    def bundle(self, config):
        """Write a config (a dict) as a bundle; its directory."""
        self.n_bundles += 1
        path = os.path.join(self.base, f"bundle{self.n_bundles}")
        os.mkdir(path)
        with open(os.path.join(path, "config.json"), "w", encoding="utf-8") as f:
            json.dump(config, f, indent=2)
        return path

    def run_config(self, config, *options, name="c1", **more):
        """`run` of a bundle with this config; the Result."""
        return self("run", *options, "--bundle", self.bundle(config), name, **more)

    def detached(self, *args, check=True, out=None, **more):
        """A command whose container keeps the standard streams (create, run -d): they go to files,
        `out` or one that is forgotten, as a pipe would stay open."""
        with tempfile.TemporaryFile("w+") as errors, open(out or os.devnull, "w",
                                                          encoding="utf-8") as output:
            result = self(*args, stdout=output, stderr=errors, **more)
            errors.seek(0)
            result.stderr = errors.read()
        assert not check or result.code == 0, result
        return result

    def state(self, name):
        return self.json("state", name)

    def status(self, name):
        result = self("state", name)
        return json.loads(result.stdout)["status"] if result.code == 0 else None

    def wait_status(self, name, status, timeout=10):
        process.wait_until(lambda: self.status(name) == status, f"{name} being {status}", timeout)

    def remove_all(self):
        if not os.path.isdir(self.state_dir):
            return []
        problems = []
        for name in sorted(os.listdir(self.state_dir)):
            if name.startswith(".") or not os.path.isdir(os.path.join(self.state_dir, name)):
                continue
            deleted = self("delete", "--force", name)
            if deleted.code != 0:
                problems.append(f"delete --force failed: {deleted!r}")
        return problems


CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
                "CAP_NET_BIND_SERVICE", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID",
                "CAP_SYS_CHROOT"]

_CONFIG = {
    "ociVersion": "1.2.0",
    "process": {
        "terminal": False,
        "user": {"uid": 0, "gid": 0},
        "args": [],
        "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"],
        "cwd": "/",
        "capabilities": {k: CAPABILITIES for k in ("bounding", "effective", "permitted")},
        "noNewPrivileges": True,
    },
    "root": {"path": "", "readonly": False},
    "hostname": "test",
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
         "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
        {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
         "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
        {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
         "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
        {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
         "options": ["nosuid", "noexec", "nodev"]},
    ],
    "linux": {
        "namespaces": [{"type": t} for t in ("pid", "network", "ipc", "uts", "mount")],
        "maskedPaths": ["/proc/kcore", "/proc/keys"],
        "readonlyPaths": ["/proc/sys", "/proc/sysrq-trigger"],
    },
}


def default_config(user, args, root, terminal=False):
    """The dict of a config.json that runs args in root, for root or for an ordinary user."""
    config = copy.deepcopy(_CONFIG)
    config["process"]["args"] = list(args)
    config["process"]["terminal"] = terminal
    config["root"]["path"] = str(root)
    if not user.is_root:
        linux = config["linux"]
        linux["namespaces"].append({"type": "user"})
        linux["uidMappings"] = _mapping(user.uid, user.subuid if user.has_subordinate_ids else None)
        linux["gidMappings"] = _mapping(user.gid, user.subgid if user.has_subordinate_ids else None)
    return config


def _mapping(own, subordinate):
    lines = [{"containerID": 0, "hostID": own, "size": 1}]
    if subordinate:
        lines.append({"containerID": 1, "hostID": subordinate[0], "size": subordinate[1]})
    return lines


def kill(pid, sig=signal.SIGKILL):
    """Send a signal to a process that may be gone already."""
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass
