# SPDX-License-Identifier: Apache-2.0
"""Containers with a map of their own: the map that tests use, and an image whose files have all that a
map could spoil.

    m = Map(user)
    cubby.ok("run", *m.options, NAME, ...)
    m.uid(1000)         # on the host
"""

import io
import os
import struct
import subprocess
import tarfile

from . import image

NAME = "localhost/maps:1"
SECRET = "localhost/maps:secret"  # has a file that only an id outside of the map may read
LAST = 59999      # the last id of the map's first line
OUTSIDE = 60001   # an id that the map doesn't have
NOBODY = 65534
MTIME = 1700000000.123456789
HERE = os.path.dirname(os.path.abspath(__file__))


class Map:
    """0 to LAST and NOBODY, beginning `first` ids after the user's own."""

    def __init__(self, user, first=2000):
        # of an ordinary user the ids are counted in its whole map, where 1 is the first subordinate one
        self.start = 300000 + first if user.is_root else first
        self.lines = [f"0:{self.start}:{LAST + 1}", f"{NOBODY}:{self.start + LAST + 1}:1"]
        self.options = [w for line in self.lines for w in ("--uidmap", line)]
        if user.is_root:
            self.host_uids = self.host_gids = self.start
        else:
            self.host_uids = user.subuid[0] + self.start - 1
            self.host_gids = user.subgid[0] + self.start - 1

    @staticmethod
    def _step(number):
        return LAST + 1 if number == NOBODY else number

    def uid(self, number):
        return self.host_uids + self._step(number)

    def gid(self, number):
        return self.host_gids + self._step(number)


def compile_identity(path):
    subprocess.run(["cc", "-O1", "-static", "-o", path, os.path.join(HERE, "identity.c")], check=True)
    return path


def capability(bits):
    """security.capability for these effective ones. Source: capabilities(7), VFS_CAP_REVISION_2."""
    return {"SCHILY.xattr.security.capability":
            struct.pack("<5I", 0x02000001, bits, 0, 0, 0).decode()}


class Layer:
    """A tar, entry by entry."""

    def __init__(self):
        self.out = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.out, mode="w", format=tarfile.PAX_FORMAT)  # pylint: disable=R1732

    def add(self, path, data=None, *, uid=0, gid=0, mode=None, kind=None, link="", pax=None):
        member = tarfile.TarInfo(path.rstrip("/"))
        member.type = kind or (tarfile.DIRTYPE if path.endswith("/") else tarfile.REGTYPE)
        member.uid, member.gid, member.mtime, member.linkname = uid, gid, MTIME, link
        member.mode = mode or (0o755 if path.endswith("/") else 0o644)
        member.pax_headers = pax or {}
        data = data.encode() if isinstance(data, str) else data or b""
        member.size = len(data)
        self.tar.addfile(member, io.BytesIO(data))
        return self

    def whiteout(self, path):
        return self.add(os.path.join(os.path.dirname(path), ".wh." + os.path.basename(path)))

    def opaque(self, path):
        return self.add(os.path.join(path, ".wh..wh..opq"))

    def bytes(self):
        self.tar.close()
        return self.out.getvalue()


def _first(identity):
    with open(identity, "rb") as f:
        program = f.read()
    layer = Layer()
    layer.add("own/").add("own/identity", program, mode=0o755)
    layer.add("own/suid", program, uid=1000, gid=1000, mode=0o4755)
    layer.add("own/sgid", program, gid=50, mode=0o2755)
    layer.add("own/capable", program, mode=0o755, pax=capability(1))
    layer.add("own/carol", "carol's\n", uid=1000, gid=1000, mode=0o640)
    layer.add("own/nobody", "nobody's\n", uid=NOBODY, gid=NOBODY)
    layer.add("own/last", "the last one's\n", uid=LAST, gid=LAST)
    layer.add("own/outside", "who's\n", uid=OUTSIDE, gid=OUTSIDE)
    layer.add("own/dir/", uid=1000, gid=50, mode=0o2770).add("own/dir/f", "f", uid=1, gid=2)
    layer.add("own/sticky/", mode=0o1777).add("own/none", "0000", mode=0o001).add("own/empty")
    layer.add("own/fifo", kind=tarfile.FIFOTYPE, uid=5, gid=6, mode=0o600)
    layer.add("own/link", kind=tarfile.SYMTYPE, link="carol", uid=1000, gid=1000)
    layer.add("own/long", kind=tarfile.SYMTYPE, link="x/" * 1500)
    layer.add("own/xattr", "x", uid=1000, pax={"SCHILY.xattr.user.color": "blue"})
    layer.add("own/zeros", bytes(3000000) + b"end")
    layer.add("own/hard1", "both", uid=1000, gid=50)
    layer.add("own/hard2", kind=tarfile.LNKTYPE, link="own/hard1")
    layer.add("w/").add("w/gone", "lower").add("w/again", "lower").add("w/opaque/")
    layer.add("w/opaque/below", "lower").add("w/dir/").add("w/dir/kept", "lower")
    layer.add("w/to-file/").add("w/to-file/below", "x").add("w/to-dir", "x")
    layer.add("w/to-link/").add("w/to-link/below", "x")
    layer.add("hl/").add("hl/one", "first\n").add("hl/two", kind=tarfile.LNKTYPE, link="hl/one")
    layer.add("hl/three", kind=tarfile.LNKTYPE, link="hl/one")
    return layer.bytes()


def _second():
    layer = Layer()
    layer.whiteout("w/gone").whiteout("w/again")
    layer.add("w/opaque/", uid=7, mode=0o750).opaque("w/opaque").add("w/opaque/new", "second", uid=1000)
    layer.add("w/dir/", uid=1000, gid=50, mode=0o2775).add("w/dir/more", "second", gid=0)
    layer.add("w/to-file", "a file now").add("w/to-dir/", mode=0o711).add("w/to-dir/f", "in it")
    layer.add("w/to-link", kind=tarfile.SYMTYPE, link="/etc")
    layer.add("hl/one", "second has replaced it\n", uid=1000)
    return layer.bytes()


def _third():
    layer = Layer()
    layer.add("w/again", "third", uid=1000, gid=1000).add("w/dir/third", "third", uid=3, gid=0)
    layer.add("hl/three", "third's own\n").add("hl/four", kind=tarfile.LNKTYPE, link="hl/three")
    return layer.bytes()


def make(pristine_root, identity):
    """An Image of four layers."""
    made = image.busybox(pristine_root)
    for layer in (_first(identity), _second(), _third()):
        made.layers.append(layer)
        made.comments.append("/bin/sh -c true")
    return made


def with_secret(made):
    secret = tarfile.TarInfo("own/outside-secret")
    secret.uid = secret.gid = OUTSIDE
    secret.mode = 0o600
    return made.add({secret.name: secret})
