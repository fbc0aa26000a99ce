# SPDX-License-Identifier: Apache-2.0
"""What several of the attacks need."""

import hashlib
import os
import shutil
import stat
import struct


def listing(path):
    """All below a directory: name, type and mode, content."""
    found = {}
    for top, dirs, files in os.walk(path):
        for name in dirs + files:
            at = os.path.join(top, name)
            st = os.lstat(at)
            data = None
            if stat.S_ISREG(st.st_mode):
                with open(at, "rb") as f:
                    data = f.read()
            found[os.path.relpath(at, path)] = (st.st_mode, st.st_uid, st.st_gid, data)
    return found


def copy_prefix(prefix, to):
    """The installed programs, copied so that they belong to the user who tests."""
    for part in ("bin", "libexec/cubby"):
        os.makedirs(os.path.join(to, part))
        for name in os.listdir(os.path.join(prefix, part)):
            shutil.copy(os.path.join(prefix, part, name), os.path.join(to, part, name))
    return to


def digests(prefix):
    found = {}
    for part in ("bin", "libexec/cubby"):
        for name in os.listdir(os.path.join(prefix, part)):
            path = os.path.join(prefix, part, name)
            with open(path, "rb") as f:
                found[path] = (hashlib.sha256(f.read()).hexdigest(), os.stat(path).st_mode)
    return found


def elf_interpreter(path):
    """PT_INTERP of a 64-bit little-endian program; None if it has none. Source: elf(5)."""
    with open(path, "rb") as f:
        data = f.read()
    offset, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for i in range(count):
        kind, _, at, _, _, length = struct.unpack_from("<IIQQQQ", data, offset + i * size)
        if kind == 3:
            return data[at:at + length].rstrip(b"\0").decode()
    return None
