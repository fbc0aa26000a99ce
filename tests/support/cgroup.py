# SPDX-License-Identifier: Apache-2.0
"""A cgroup (version 2) and its files, as tests look into them."""

import os

TOP = "/sys/fs/cgroup"


def of_process(pid="self"):
    """The cgroup of a process."""
    with open(f"/proc/{pid}/cgroup", encoding="utf-8") as f:
        line = next(x for x in f if x.startswith("0::"))
    return Cgroup(TOP + line.strip()[3:])


class Cgroup:
    def __init__(self, path):
        self.path = path.rstrip("/")

    def __repr__(self):
        return f"Cgroup({self.path})"

    @property
    def name(self):
        return os.path.basename(self.path)

    @property
    def parent(self):
        return Cgroup(os.path.dirname(self.path))

    @property
    def exists(self):
        return os.path.isdir(self.path)

    def child(self, name):
        return Cgroup(os.path.join(self.path, name))

    def children(self):
        return sorted(e.name for e in os.scandir(self.path) if e.is_dir())

    def read(self, name):
        """A file's text; None if there is no such file."""
        try:
            with open(os.path.join(self.path, name), encoding="utf-8") as f:
                return f.read().strip()
        except FileNotFoundError:
            return None

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as f:
            f.write(str(text))

    def number(self, name):
        """A file that holds one number, or "max" as None."""
        text = self.read(name)
        return None if text in (None, "max") else int(text)

    def keyed(self, name):
        """A file of lines "key number" as a dict."""
        return {k: int(v) for k, v in (line.split() for line in (self.read(name) or "").splitlines())}

    def pids(self):
        return [int(p) for p in (self.read("cgroup.procs") or "").split()]

    def all_pids(self):
        """Of this cgroup and those below."""
        found = []
        for path, _, _ in os.walk(self.path):
            found += Cgroup(path).pids()
        return found

    def cpu_usec(self):
        return self.keyed("cpu.stat")["usage_usec"]
