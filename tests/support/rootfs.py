# SPDX-License-Identifier: Apache-2.0
"""Root file systems for the tests, made by the recipes in tests/roots."""

import fcntl
import hashlib
import os
import shutil
import subprocess

RECIPES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "roots")
# What was made beforehand, by whoever carried the suites into a machine where making it is slow or cannot be done.
READY = os.path.join(os.path.dirname(RECIPES), "ready")
SYSTEM_CACHE = "/var/cache/cubby-tests"
# A file descriptor of the machine's network namespace, once we are in another one (support/stage.py).
OUTSIDE = None


def cache_dir(user):
    """Where trees that are dear to make outlive a test run."""
    path = SYSTEM_CACHE if user.is_root else os.path.join(user.home, ".cache", "cubby-tests")
    os.makedirs(path, mode=0o755, exist_ok=True)
    return path


def recipe(name):
    return os.path.join(RECIPES, name)


def recipe_key(name):
    with open(recipe(name), "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()[:12]


def outside(argv):
    """The command line that runs where the mirror can be reached; OUTSIDE must be passed on."""
    return argv if OUTSIDE is None else ["nsenter", f"--net=/proc/self/fd/{OUTSIDE}", *argv]


def debian_mirror():
    return subprocess.run([recipe("mirror")], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def make_busybox(path):
    if os.path.isdir(os.path.join(READY, "busybox")):
        return shutil.copytree(os.path.join(READY, "busybox"), path, symlinks=True)
    subprocess.run([recipe("busybox"), path], check=True)
    return path


class _Locked:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.file = open(self.path, "w", encoding="utf-8")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


def debian_archive(user):
    """The tar archive, from the cache that root filled, or made now."""
    name = f"debian-{recipe_key('debian')}.tar"
    shared = os.path.join(SYSTEM_CACHE, name)
    if os.access(shared, os.R_OK) and os.stat(shared).st_uid == 0:
        return shared
    path = os.path.join(cache_dir(user), name)
    with _Locked(path + ".lock"):
        if not os.path.exists(path):
            subprocess.run([recipe("debian"), path], check=True, stdin=subprocess.DEVNULL)
    return path


def debian_packages(user):
    """A repository of what apt needs to install gcc into debian_archive()'s system; from the cache that root filled, or
    made now."""
    name = f"debs-{recipe_key('debian')[:6]}{recipe_key('packages')[:6]}"
    shared = os.path.join(SYSTEM_CACHE, name)
    if os.access(shared, os.R_OK) and os.stat(shared).st_uid == 0:
        return shared
    path = os.path.join(cache_dir(user), name)
    status = os.path.join(debian_tree(user), "var/lib/dpkg/status")
    with _Locked(path + ".lock"):
        if not os.path.exists(path):
            subprocess.run([recipe("packages"), status, path, "gcc", "libc6-dev"], check=True, stdin=subprocess.DEVNULL)
    return path


def debian_tree(user):
    """The unpacked tree, its files owned as a container of this user would see them.

    For an ordinary user it is unpacked inside a user namespace with all of the user's ids: root's
    files belong to the user, the others to subordinate ids. Devices are left out, as
    nobody but root could make them.
    """
    tree = os.path.join(cache_dir(user), f"debian-{recipe_key('debian')}.root")
    with _Locked(tree + ".lock"):
        if not os.path.exists(tree):
            archive = debian_archive(user)
            partial = f"{tree}.partial"
            user.remove_tree(partial)
            os.mkdir(partial, mode=0o755)
            subprocess.run(user.in_namespace(["tar", "-x", "-p", "--numeric-owner", "-f", archive,
                                              "-C", partial, "--exclude=./dev/*"]), check=True)
            os.rename(partial, tree)
    return tree
