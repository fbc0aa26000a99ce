# SPDX-License-Identifier: Apache-2.0
"""The systemd manager of whoever runs the tests: the system's for root, else the user's."""

import json
import os
import shutil

from . import process, program


class Manager:
    """What a test makes here is taken away by end()."""

    def __init__(self, user, base):
        self.user, self.base = user, base
        self.scope = [] if user.is_root else ["--user"]
        self.units = []
        self.files = []
        config = "/etc" if user.is_root else os.path.join(user.home, ".config")
        self.unit_dir = os.path.join(config, "systemd", "system" if user.is_root else "user")
        self.quadlet_dir = os.path.join(config, "containers", "systemd")
        self.env = {k: v for k, v in os.environ.items() if k not in ("NOTIFY_SOCKET", "LISTEN_FDS")}
        self.env["XDG_RUNTIME_DIR"] = f"/run/user/{user.uid}"

    def run(self, *argv, **more):
        return program.run(argv, env=self.env, cwd=self.base, **more)

    def ctl(self, *args, **more):
        """systemctl with these arguments; the Result."""
        return self.run("systemctl", *self.scope, *args, **more)

    def ok(self, *args, **more):
        return self.ctl(*args, check=True, **more).stdout.rstrip("\n")

    def show(self, unit, *properties):
        """Properties of a unit as a dict."""
        lines = self.ok("show", unit, *[f"-p{p}" for p in properties]).splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def state(self, unit):
        return self.show(unit, "ActiveState")["ActiveState"]

    def wait_state(self, unit, state, timeout=20):
        def reached():
            return self.state(unit) == state
        try:
            process.wait_until(reached, f"{unit} being {state}", timeout)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.ctl('status', unit).stdout}\n{self.journal(unit)}") from None

    def journal(self, unit, *args):
        """The messages of a unit, as text."""
        option = "--user-unit" if self.scope else "--unit"
        return self.run("journalctl", "-q", "-o", "cat", option, unit, *args).stdout

    def entries(self, *matches):
        """Entries of the journal as dicts: entries("CONTAINER_NAME=c")."""
        lines = self.run("journalctl", "-q", "-o", "json", *matches).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def scoped(self, *argv, properties=(), **more):
        """Run in a transient scope of its own; the Result."""
        return self.run("systemd-run", *self.scope, "--scope", "-q", *[f"-p{p}" for p in properties], *argv, **more)

    def service(self, *argv, properties=(), **more):
        """Run as a transient service and wait for its end; the Result."""
        return self.run("systemd-run", *self.scope, "--wait", "--pipe", "-q", *[f"-p{p}" for p in properties], *argv, **more)

    def _put(self, directory, name, text):
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        self.files.append(path)
        return path

    def unit(self, name, text):
        """Install a unit file; stopped and removed at the test's end."""
        self.units.append(name)
        path = self._put(self.unit_dir, name, text)
        self.ok("daemon-reload")
        return path

    def quadlet(self, name, text, service=None):
        """Install a Quadlet file; `service` (default: as podman names it) is stopped at the test's end."""
        stem, kind = name.rsplit(".", 1)
        self.units.append(service or (f"{stem}.service" if kind == "container" else f"{stem}-{kind}.service"))
        path = self._put(self.quadlet_dir, name, text)
        self.ok("daemon-reload")
        return path

    def end(self):
        for unit in reversed(self.units):
            self.ctl("stop", unit)
            self.ctl("reset-failed", unit)
        for path in self.files:
            if os.path.exists(path):
                os.unlink(path)
            shutil.rmtree(path + ".d", ignore_errors=True)
        if self.files:
            self.ctl("daemon-reload")
