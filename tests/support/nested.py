# SPDX-License-Identifier: Apache-2.0
"""A system that has cubby in it: for containers in containers."""

import os
import re
import shutil
import subprocess
import tarfile

from . import peers

CAROL = 1000


def _libraries(programs):
    """What the dynamic ones among them are linked with, as absolute paths."""
    found = set()
    for program in programs:
        listed = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                text=True, check=False).stdout
        found |= set(re.findall(r"(/\S+) \(0x", listed))
    return sorted(found)


def _programs(directory):
    return [os.path.join(top, name) for top, _, names in os.walk(directory) for name in names
            if os.access(os.path.join(top, name), os.X_OK)]


def make_tree(pristine, prefix, path):
    """busybox, the cubby that is being tested in /usr/local, newuidmap, and what they are linked with."""
    shutil.copytree(pristine, path, symlinks=True)
    shutil.copytree(prefix, os.path.join(path, "usr/local"), symlinks=True)
    programs = _programs(prefix)
    for name in ("newuidmap", "newgidmap"):
        programs.append(shutil.which(name, path=peers.PATH))
        shutil.copy(programs[-1], os.path.join(path, "usr/bin", name))
    for library in _libraries(programs):
        os.makedirs(path + os.path.dirname(library), exist_ok=True)
        shutil.copy(library, path + library)
    for program in _programs(os.path.join(path, "usr/local")):
        subprocess.run(["strip", program], stderr=subprocess.DEVNULL, check=False)
    os.makedirs(os.path.join(path, "home/carol"))
    # as there is no nft in it, and no tun
    os.makedirs(os.path.join(path, "etc/containers"))
    with open(os.path.join(path, "etc/containers/containers.conf"), "w", encoding="utf-8") as f:
        f.write('[containers]\nnetns = "none"\n')
    return path


def archive(tree, path):
    """The tree as a tar archive: all is root's, but for Carol's home; the helpers are setuid."""
    def owned(member):
        home = member.name.startswith("./home/carol")
        member.uid = member.gid = CAROL if home else 0
        member.uname = member.gname = ""
        if re.search("/new[ug]idmap$", member.name):
            member.mode |= 0o4000
        return member

    with tarfile.open(path, "w") as tar:
        tar.add(tree, ".", filter=owned)
    os.chmod(path, 0o644)
    return path
