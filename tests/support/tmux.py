# SPDX-License-Identifier: Apache-2.0
"""A real terminal that a test can type into and look at."""

import os
import shutil
import subprocess

import pytest

from support import process

PROMPT = "$ "


class Terminal:
    """A shell in a tmux of its own."""

    def __init__(self, base, env, columns=80, rows=24):
        if not shutil.which("tmux"):
            pytest.fail("tmux is missing: tools/setup test installs it")
        self.socket = os.path.join(base, "tmux")
        self.columns = columns
        self.env = {**env, "TERM": "xterm-256color", "PS1": PROMPT, "ENV": "", "LANG": "C.UTF-8"}
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "-s", "day",
                  "-c", base, "bash", "--norc", "--noprofile")
        self.wait(PROMPT.strip())

    def tmux(self, *args):
        done = subprocess.run(["tmux", "-u", "-S", self.socket, *args], env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def screen(self):
        """The lines that are seen, one that goes over the edge as a whole."""
        return [line.rstrip() for line in self.tmux("capture-pane", "-p", "-J").rstrip("\n").splitlines()]

    def wait(self, text, timeout=20):
        """Wait for text on the screen; the screen then."""
        def seen():
            shown = "\n".join(self.screen())
            return shown if text in shown else None
        try:
            return process.wait_until(seen, f"{text!r} on the screen", timeout)
        except AssertionError as e:
            raise AssertionError(f"{e}\n" + "\n".join(self.screen())) from None

    def key(self, *names):
        self.tmux("send-keys", *names)

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.key("Enter")

    def run(self, line, timeout=20):
        """Type a line and wait for the prompt after it: the lines between."""
        self.key("C-l")
        process.wait_until(lambda: [s for s in self.screen() if s] in ([PROMPT.strip()], []), "a clean screen")
        # one that ends at the edge is joined with the first line of what it prints
        self.type(line + " " if (len(PROMPT) + len(line)) % self.columns == 0 else line)

        def over():
            lines = self.screen()
            while lines and not lines[-1]:
                lines.pop()
            return lines if len(lines) > 1 and lines[-1] == PROMPT.strip() else None
        try:
            lines = process.wait_until(over, f"the end of {line!r}", timeout)
        except AssertionError as e:
            raise AssertionError(f"{e}\n" + "\n".join(self.screen())) from None
        first = next((i for i, s in enumerate(lines) if s.startswith(PROMPT.strip())), -1)
        return lines[first + 1:-1]

    def close(self):
        """The server answers before it ends, and the shell learns of that later still: both are waited for."""
        server = int(self.tmux("display-message", "-p", "#{pid}"))
        ending = process.descendants(server) | {server}
        self.tmux("kill-server")
        process.wait_until(lambda: not any(process.alive(p) for p in ending), "the end of tmux and its shell")
