# SPDX-License-Identifier: Apache-2.0
"""Other programs of this field, where a test compares with them or lets them use ours."""

import os
import shutil

# Debian puts runc and others where an ordinary user's PATH does not go.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def find(name):
    """Full path of a peer, or None."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":" + PATH)


def need(name):
    """Full path of a peer. tools/setup installs them all: one that is missing is a failure, no reason to skip."""
    path = find(name)
    assert path, f"{name} is not installed: tools/setup test"
    return path


def usable_cgroup():
    """Whether a cgroup of our own can be made below the one that we are in (cgroup v2)."""
    try:
        with open("/proc/self/cgroup", encoding="utf-8") as f:
            line = next(x for x in f if x.startswith("0::"))
    except (OSError, StopIteration):
        return False
    for top in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        if os.path.exists(os.path.join(top, "cgroup.controllers")):
            own = top + line.strip()[3:]
            return os.access(own, os.W_OK) and bool(_read(os.path.join(own, "cgroup.controllers")))
    return False


def _read(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read().strip()
    except OSError:
        return ""
