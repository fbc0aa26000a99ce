# SPDX-License-Identifier: Apache-2.0
"""Images that were made to harm: their layers, documents and archives. Whatever is in them, nothing outside
the layer's directory changes, no file of the host gets into an image, and what is refused leaves nothing."""

import gzip
import hashlib
import io
import json
import os
import stat
import struct
import tarfile

import pytest

from attack import listing
from support import image
from support.program import run

pytestmark = pytest.mark.subids

SECRET = "root:x:this-was-read-from-the-host"


def member(name, kind=tarfile.REGTYPE, link="", **fields):
    """A TarInfo; fields: mode, uid, size, pax_headers ..."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    for key, value in {"mode": 0o755 if kind == tarfile.DIRTYPE else 0o644, "mtime": 1700000000, **fields}.items():
        setattr(info, key, value)
    return info


def symlink(name, target):
    return member(name, tarfile.SYMTYPE, target)


def hardlink(name, target):
    return member(name, tarfile.LNKTYPE, target)


def directory(name, **fields):
    return member(name, tarfile.DIRTYPE, **fields)


def layer(*entries):
    """A tar: TarInfos, or (name or TarInfo, text) for files; names may come twice."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                tar.addfile(entry)
                continue
            info = entry[0] if isinstance(entry[0], tarfile.TarInfo) else member(entry[0])
            data = entry[1].encode()
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def digest_names_content(path):
    name = os.path.basename(path)
    with open(path, "rb") as f:
        return hashlib.new(os.path.basename(os.path.dirname(path)), f.read()).hexdigest() == name


class Attack:
    """cubby and what it must not touch: files beside its data directory, and in it."""

    def __init__(self, cubby, base, outside):
        self.cubby, self.base, self.outside = cubby, base, outside
        self.layers = os.path.join(cubby.data, "layers")
        with open(os.path.join(outside, "passwd"), "w", encoding="utf-8") as f:
            f.write(SECRET)
        cubby.ok("images")
        self.beside = os.path.join(cubby.data, "beside")
        for top in (self.beside, os.path.join(self.layers, "beside")):
            os.makedirs(top)
            with open(os.path.join(top, "victim"), "w", encoding="utf-8") as f:
                f.write("untouched")
        self.before = self.sentinels()

    def sentinels(self):
        found = {top: listing(top) for top in (self.outside, self.beside, os.path.join(self.layers, "beside"))}
        # evil*: archives that the test itself makes
        found["names"] = sorted(n for n in os.listdir(self.base) if not n.startswith("evil")), sorted(os.listdir("/"))
        return found

    def check(self, result, refused):
        """refused: True, False, None for either, or "in part": what was right before that stays until a prune."""
        if refused is not None:
            assert (result.code == 125) == bool(refused), result
        assert result.code in (0, 125), result
        assert SECRET not in result.stdout + result.stderr
        # nothing for the terminal to obey
        assert all(c.isprintable() or c == "\n" for c in result.stdout + result.stderr), ascii(result.stderr)
        if result.code == 125:
            # a sentence, and perhaps what to do about it
            said, *hint = [x for x in result.stderr.splitlines() if not x.startswith("Copying blob")]
            assert said.startswith("Error: ") and len(said) < 1500 and len(hint) < 2, result
            assert self.cubby.ok("images", "-a", "-q") == ""
            if refused == "in part":
                self.cubby.ok("image", "prune", "-f")
            self.check_nothing_left()
        assert not [n for n in os.listdir(self.layers) if n.startswith(".new-")]
        assert self.sentinels() == self.before
        return result

    def check_nothing_left(self):
        assert self.cubby.ok("images", "-a", "-q") == ""
        assert set(os.listdir(self.layers)) <= {"lock", "beside"}, os.listdir(self.layers)
        blobs = os.path.join(self.cubby.data, "blobs")
        for top, _, files in os.walk(blobs):
            for name in files:
                assert os.path.basename(top) != "partial", name
                assert digest_names_content(os.path.join(top, name)), name

    def load(self, *layers, refused=True, name="localhost/evil:1"):
        path = os.path.join(self.base, "evil.tar")
        image.docker_archive(path, {name: image.Image(layers, {"Cmd": ["sh"]})})
        return self.check(self.cubby("load", "-q", "-i", path), refused)

    def load_files(self, files, refused=True):
        """An archive of these members: name -> content, as tar_of() takes them."""
        path = os.path.join(self.base, "evil.tar")
        with open(path, "wb") as f:
            f.write(image.tar_of(files))
        return self.check(self.cubby("load", "-q", "-i", path), refused)

    def import_(self, data, refused=True):
        path = os.path.join(self.base, "evil-root.tar")
        with open(path, "wb") as f:
            f.write(data)
        return self.check(self.cubby("import", "-q", path, "localhost/evil:1"), refused)

    def pull(self, path, refused=True):
        return self.check(self.cubby("pull", "-q", "oci:" + path), refused)

    def layer(self):
        """The directory of the one layer there is."""
        name, = set(os.listdir(self.layers)) - {"lock", "beside"}
        return os.path.join(self.layers, name)

    def tree(self):
        top = self.layer()
        return {os.path.relpath(os.path.join(at, n), top) for at, dirs, files in os.walk(top) for n in dirs + files}

    def start_over(self):
        self.cubby.ok("rmi", "-a", "-f")
        self.check_nothing_left()


@pytest.fixture
def outside(base):
    """The suite's own, but looked at after each attack instead of at the end: there is more to put in it."""
    path = os.path.join(base, "outside")
    os.mkdir(path, mode=0o777)
    with open(os.path.join(path, "victim"), "w", encoding="utf-8") as f:
        f.write("untouched")
    return path


@pytest.fixture
def attack(cubby, base, outside):
    return Attack(cubby, base, outside)


def text_in(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


# --- Names

@pytest.mark.parametrize("name", ["../victim", "..", "a/../../victim", "./../beside/victim", "/../../beside/victim",
                                  "a/..", "../../../outside/victim"])
def test_dot_dot_in_a_name(attack, name):
    for kind in (tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE):
        data = layer(directory("a"), member(name, kind, "x" if kind == tarfile.SYMTYPE else ""))
        assert ".." in attack.load(data).stderr
    attack.import_(layer((name, "evil")))


def test_absolute_names_are_below_the_layer(attack):
    victim = os.path.join(attack.outside, "victim")
    attack.load(layer((victim, "evil"), ("//" + victim + "2", "evil")), refused=False)
    assert text_in(attack.layer() + victim) == text_in(attack.layer() + victim + "2") == "evil"
    attack.start_over()
    attack.import_(layer((victim, "evil")), refused=False)


@pytest.mark.parametrize("name", ["n" * 5000, "n/" * 2500 + "f", "n" * 256],
                         ids=["component", "path", "256"])
def test_names_that_are_too_long(attack, name):
    attack.load(layer((name, "evil")))
    attack.import_(layer((name, "evil")))
    attack.load(layer(("f", "x"), hardlink("h", name)))
    if len(name) > 4095:
        attack.load(layer(symlink("s", name)))
    attack.load_files({name: "x"})


def test_nul_in_names(attack):
    """In an extended header; in the plain one a NUL is the end."""
    for key in ("path", "linkpath"):
        kind = tarfile.REGTYPE if key == "path" else tarfile.SYMTYPE
        attack.load(layer(member("f", kind, "", pax_headers={key: "beside\0/../../../outside/victim"})))
    data = bytearray(layer(("harmless_../x", "y")))
    data[8:9] = b"\0"
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    attack.import_(bytes(data), refused=False)
    assert attack.tree() == {"harmless"}


def test_escape_sequences_in_names(attack):
    evil = "\x1b]0;evil\x07\x1b[2J\n\x7f\u009b2JError"
    attack.load(layer((f"../{evil}", "x")))
    attack.load(layer(("f", "x"), hardlink("h", evil)))
    attack.load(layer(hardlink(evil, "nothing")))
    attack.load(layer(symlink(evil, "nowhere"), (evil + "/f", "x")))
    attack.load(layer(member(evil, pax_headers={"SCHILY.xattr.security.capability": "x"})))
    attack.load(layer(member("f", pax_headers={"mtime": evil})))
    attack.load_files({"manifest.json": json.dumps([{"Config": evil, "Layers": [evil]}])})
    attack.load_files({"manifest.json": json.dumps([{"Config": 7, evil: 1, "RepoTags": [evil]}])})
    attack.load_files({"manifest.json": '{"a": "' + evil + '"'})
    attack.load(layer(("f", "x")), name=evil, refused=None)


# --- Links

def test_a_symlink_and_a_write_through_it(attack):
    """Out of the layer is its top, as a container would see it."""
    for target in (attack.outside, "../../../outside", "/" + "../" * 30 + attack.outside[1:], "/", "..", "../beside"):
        for entry in (("s/victim", "evil"), directory("s/victim"), symlink("s/victim", "x"), ("s/d/victim", "evil"),
                      ("s/.wh.victim", ""), ("s/.wh..wh..opq", ""), member("s/victim", tarfile.FIFOTYPE)):
            if attack.load(layer(symlink("s", target), entry), refused=None).code == 0:
                attack.start_over()
            attack.import_(layer(symlink("s", target), entry), refused=None)
            if attack.cubby.ok("images", "-q"):
                attack.start_over()


def test_a_file_over_a_symlink_replaces_the_link(attack):
    victim = os.path.join(attack.outside, "victim")
    for target in (victim, "../../../outside/victim", "../beside/victim"):
        attack.load(layer(symlink("s", target), (member("s", mode=0o4777), "evil")), refused=False)
        assert stat.S_ISREG(os.lstat(attack.layer() + "/s").st_mode)
        attack.start_over()
    attack.load(layer(symlink("s", attack.outside), directory("s", mode=0o700, uid=7)), refused=False)
    assert stat.S_ISDIR(os.lstat(attack.layer() + "/s").st_mode)


def test_links_through_links(attack):
    up = "../../../outside"
    chains = ([symlink("a", "."), symlink("a/b", ".."), symlink("a/b/c", up), ("a/b/c/victim", "evil")],
              [directory("d"), symlink("d/a", ".."), symlink("b", "d/a/" + up), ("b/victim", "evil")],
              [symlink("a", "b"), symlink("b", "c"), symlink("c", attack.outside), ("a/victim", "evil")],
              # what was checked as a directory becomes a link
              [directory("d"), ("d/victim", "x"), symlink("d", up), ("d/victim", "evil")],
              [directory("d"), directory("d/e"), ("d/e/victim", "x"), symlink("d", up), ("d/e/victim", "evil")],
              [directory("d"), ("d/f", "x"), symlink("d", attack.outside), hardlink("h", "d/victim")])
    for chain in chains:
        if attack.load(layer(*chain), refused=None).code == 0:
            attack.start_over()


def test_symlink_loops(attack):
    attack.load(layer(symlink("a", "b"), symlink("b", "a"), ("a/f", "evil")))
    attack.load(layer(symlink("a", "a"), ("a/f", "evil")))
    attack.load(layer(symlink("a", "a/a/a"), hardlink("h", "a/f")))
    attack.load(layer(*[symlink(f"l{i}", f"l{i + 1}") for i in range(100)], ("l0/f", "evil")))
    attack.load(layer(symlink("a", "b"), symlink("b", "a")), refused=False)


def test_a_hard_link_to_a_file_outside(attack):
    victim = os.path.join(attack.outside, "victim")
    for target in (victim, "../../../outside/victim", "/" + "../" * 20 + victim[1:], "/etc/passwd", "../lock"):
        attack.load(layer(hardlink("h", target), ("h", "evil")))
        attack.import_(layer(hardlink("h", target)))


def test_a_hard_link_through_a_symlink(attack):
    victim = os.path.join(attack.outside, "victim")
    for target in (attack.outside, "../../../outside", "/" + "../" * 20 + attack.outside[1:]):
        attack.load(layer(symlink("s", target), hardlink("h", "s/victim")))
    # the link itself is linked, not what it leads to
    attack.load(layer(symlink("s", victim), hardlink("h", "s"), (member("h", mode=0o777), "evil")), refused=False)
    assert os.path.islink(attack.layer() + "/s") and text_in(attack.layer() + "/h") == "evil"


def test_a_hard_link_to_nothing(attack):
    for target in ("missing", "missing/too", "h", "d", ".", "/", "", ".wh.f"):
        result = attack.load(layer(directory("d"), hardlink("h", target)), refused=None)
        assert result.code == 125, (target, result)
    # not a file of the layer below either; that one is a layer like any other
    result = attack.load(layer(("f", "x")), layer(hardlink("h", "f")), refused="in part")
    assert "no file of this layer" in result.stderr


def test_duplicate_entries(attack):
    """The last one counts, and what was linked before keeps its content."""
    attack.load(layer(("f", "1"), hardlink("h", "f"), ("f", "2"), directory("d"), ("d/x", "x"), ("d", "3"),
                      ("e", "x"), directory("e"), ("e/y", "4"), symlink("s", "f"), ("s", "5"), hardlink("f", "f")),
                refused=False)
    top = attack.layer()
    assert [text_in(f"{top}/{n}") for n in ("f", "h", "d", "e/y", "s")] == ["2", "1", "3", "4", "5"]
    attack.start_over()
    attack.load(layer(("f", "x"), ("f/y", "evil")))
    many = [x for _ in range(1100) for x in (directory("d"), ("d", "x"))]
    assert "replaces" in attack.load(layer(*many)).stderr


# --- What files are

def test_device_nodes(attack, user, pristine_root):
    base_image = image.busybox(pristine_root)
    evil = layer(member("d1", tarfile.CHRTYPE, devmajor=1, devminor=5, mode=0o666),
                 member("d2", tarfile.BLKTYPE, devmajor=8, devminor=0, mode=0o666),
                 member("kept", tarfile.CHRTYPE, devmajor=0, devminor=0), member("fifo", tarfile.FIFOTYPE))
    path = os.path.join(attack.base, "evil.tar")
    image.docker_archive(path, {"localhost/evil:1": image.Image(
        [*base_image.layers, layer(("kept", "still there")), evil], {"Cmd": ["cat", "/kept"]})})
    result = attack.check(attack.cubby("load", "-i", path), False)
    said = [x for x in result.stderr.splitlines() if "device" in x]
    assert len(said) == 1 and ("1 device" if user.is_root else "3 device") in said[0], result
    for top, _, files in os.walk(attack.layers):
        for name in files:
            st = os.lstat(os.path.join(top, name))
            assert not stat.S_ISBLK(st.st_mode) or user.is_root
            assert not (stat.S_ISCHR(st.st_mode) and st.st_rdev == 0), "a whiteout that was none"
            assert not stat.S_ISCHR(st.st_mode) or user.is_root
    assert stat.S_IMODE(os.stat(attack.cubby.data).st_mode) == 0o700
    # what is there is not for the container to open
    assert attack.cubby.ok("run", "--rm", "evil:1") == "still there"
    assert attack.cubby("run", "--rm", "evil:1", "head", "-c1", "/d2").code != 0


def test_setuid_files(attack, user):
    attack.load(layer((member("root", mode=0o6755), "x"), (member("other", mode=0o4755, uid=33, gid=34), "x"),
                      (member("last", mode=0o4755, uid=60000, gid=60000), "x"), directory("d", mode=0o7777)),
                refused=False)
    top = attack.layer()
    for name, inside in (("root", 0), ("other", 33), ("last", 60000), ("d", 0)):
        st = os.lstat(f"{top}/{name}")
        assert st.st_mode & stat.S_ISUID
        if not user.is_root:
            assert st.st_uid == (user.uid if inside == 0 else user.subuid[0] + inside - 1), name
    # nobody else of the host comes to them
    assert stat.S_IMODE(os.stat(attack.cubby.data).st_mode) == 0o700


@pytest.mark.rootless
@pytest.mark.parametrize("owner", [65537, 4000000, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 2 ** 63])
def test_owners_that_are_not_the_users(attack, owner):
    for key in ("uid", "gid"):
        attack.load(layer(member("f", pax_headers={key: str(owner)})))
        attack.load(layer(directory("d", pax_headers={key: str(owner)})))


def test_file_capabilities_are_of_the_users_namespace(attack, user):
    """Also when the image says that they are of the host's root."""
    v2 = struct.pack("<5I", 0x02000001, 0xffffffff, 0, 0x1ff, 0)
    v3 = struct.pack("<6I", 0x03000001, 0xffffffff, 0, 0x1ff, 0, 0)
    for value in (v2, v3):
        text = value.decode("utf-8", "surrogateescape")
        attack.load(layer((member("f", mode=0o755, pax_headers={"SCHILY.xattr.security.capability": text}), "x")),
                    refused=False)
        got = os.getxattr(attack.layer() + "/f", "security.capability")
        if not user.is_root:
            assert struct.unpack("<6I", got)[0] >> 24 == 3 and struct.unpack("<6I", got)[5] == user.uid
        attack.start_over()
    for text in ("x", "x" * 60000, v2.decode("utf-8", "surrogateescape") + "x"):
        attack.load(layer(member("f", pax_headers={"SCHILY.xattr.security.capability": text})))


# --- What speaks to overlayfs

@pytest.mark.parametrize("name", [".wh..", ".wh...", ".wh.", "d/.wh..", "d/.wh...", ".wh.d/f", ".wh.../victim"])
def test_whiteouts_of_what_is_no_name(attack, name):
    assert "whiteout" in attack.load(layer(directory("d"), (name, ""))).stderr
    attack.import_(layer((name, "")))


def test_attributes_of_overlay_are_not_taken(attack, pristine_root):
    pairs = {"opaque": "y", "redirect": "/etc", "metacopy": "", "origin": "x", "whiteout": "y", "impure": "y"}
    attributes = {f"SCHILY.xattr.{s}.overlay.{k}": v for s in ("user", "trusted") for k, v in pairs.items()}
    attributes["LIBARCHIVE.xattr.user%2Eoverlay%2Eopaque"] = "eQ"
    attributes["LIBARCHIVE.xattr.user.overlay.redirect"] = "L2V0Yw"
    attributes["SCHILY.xattr.user.mine"] = "kept"
    lower = layer(directory("d"), ("d/f", "below"), directory("e"), ("e/f", "e"))
    upper = layer(directory("./", pax_headers=dict(attributes)), directory("d", pax_headers=dict(attributes)),
                  (member("e/f", pax_headers=dict(attributes)), "above"))
    path = os.path.join(attack.base, "evil.tar")
    image.docker_archive(path, {"localhost/evil:1": image.Image(
        [*image.busybox(pristine_root).layers, lower, upper], {"Cmd": ["cat", "/d/f", "/e/f"]})})
    attack.check(attack.cubby("load", "-q", "-i", path), False)
    mine = 0
    for top, dirs, files in os.walk(attack.layers):
        for at in [top] + [os.path.join(top, n) for n in dirs + files]:
            if not os.path.islink(at) and os.access(at, os.R_OK):
                names = os.listxattr(at)
                assert not [n for n in names if "overlay" in n], at
                mine += "user.mine" in names
    assert mine >= 3
    assert attack.cubby.ok("run", "--rm", "evil:1") == "belowabove"


# --- Too much

def zeros_after(head, megabytes):
    """gzip: these bytes, then zeros."""
    out = io.BytesIO()
    digest = hashlib.sha256(head)
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as z:
        z.write(head)
        piece = bytes(1 << 20)
        for _ in range(megabytes):
            z.write(piece)
            digest.update(piece)
    return out.getvalue(), "sha256:" + digest.hexdigest()


def put(path, data):
    """A blob of a layout; its descriptor's members."""
    with open(os.path.join(path, "blobs", "sha256", image.digest_of(data)[7:]), "wb") as f:
        f.write(data)
    return {"digest": image.digest_of(data), "size": len(data)}


def put_index(path, entry):
    with open(os.path.join(path, "index.json"), "w", encoding="utf-8") as f:
        json.dump({"schemaVersion": 2, "manifests": [{"mediaType": image.MANIFEST, **entry}]}, f)


def layout(base, blobs, diff_ids=None, config=None, change=None, suffix="+gzip"):
    """A layout of these layer blobs as they are. config: its bytes; change(manifest)."""
    path = os.path.join(base, "evil-layout")
    os.makedirs(os.path.join(path, "blobs", "sha256"), exist_ok=True)
    if config is None:
        config = image.text_of({"architecture": image.host_architecture(), "os": "linux",
                                "rootfs": {"type": "layers", "diff_ids": diff_ids}})
    manifest = {"schemaVersion": 2, "mediaType": image.MANIFEST,
                "config": {"mediaType": image.CONFIG, **put(path, config)},
                "layers": [{"mediaType": image.LAYER + suffix, **put(path, b)} for b in blobs]}
    if change:
        change(manifest)
    with open(os.path.join(path, "oci-layout"), "w", encoding="utf-8") as f:
        json.dump({"imageLayoutVersion": "1.0.0"}, f)
    put_index(path, put(path, image.text_of(manifest)))
    return path


def used(path):
    return sum(os.lstat(os.path.join(top, n)).st_blocks * 512 for top, _, files in os.walk(path) for n in files)


def test_zeros_behind_the_archive_take_no_room(attack):
    blob, diff_id = zeros_after(layer(("f", "x")), 300)
    assert len(blob) < 3 << 20
    attack.pull(layout(attack.base, [blob], [diff_id]), refused=False)
    assert used(attack.cubby.data) < 8 << 20
    attack.start_over()
    attack.pull(layout(attack.base, [blob], ["sha256:" + "0" * 64]))
    assert used(attack.cubby.data) < 8 << 20


def test_a_decompression_bomb_meets_the_users_limit(attack):
    """A file of 300 MB, and a limit (ulimit -f) of 50: one sentence, and nothing of it stays."""
    info = member("bomb")
    info.size = 300 << 20
    blob, diff_id = zeros_after(info.tobuf(tarfile.PAX_FORMAT), 301)
    path = layout(attack.base, [blob], [diff_id])
    argv = attack.cubby.argv("pull", "-q", "oci:" + path)
    result = run(["prlimit", f"--fsize={50 << 20}", *argv], env=attack.cubby.environment(), cwd=attack.base)
    attack.check(result, True)
    assert used(attack.cubby.data) < 8 << 20


def test_sizes_that_nobody_has(attack):
    for size in (2 ** 62, 2 ** 63 - 1, 2 ** 63, 2 ** 64 - 1, 2 ** 64, -1):
        attack.load(layer(member("f", pax_headers={"size": str(size)})))
        attack.import_(layer(member("f", pax_headers={"size": str(size)})))
    for size in (2 ** 63 - 1, 2 ** 64 - 1):
        attack.load(layer(member("f", pax_headers={
            "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.size": str(size),
            "GNU.sparse.map": f"{size},0", "GNU.sparse.name": "f"})))


def test_truncated_gzip(attack):
    whole = layer(("f", os.urandom(50000).hex()), ("g", "x"))
    blob = gzip.compress(whole, mtime=0)
    for length in (1, 10, 100, len(blob) // 2, len(blob) - 8, len(blob) - 1):
        attack.pull(layout(attack.base, [blob[:length]], [image.digest_of(whole)]))
    attack.import_(blob[:len(blob) // 2])
    path = os.path.join(attack.base, "evil.tar.gz")
    image.docker_archive(path, {"localhost/evil:1": image.Image([whole])})
    with open(path, "rb") as f:
        archive = gzip.compress(f.read(), mtime=0)
    for length in (len(archive) // 2, len(archive) - 8):
        with open(path, "wb") as f:
            f.write(archive[:length])
        attack.check(attack.cubby("load", "-q", "-i", path), True)


def test_truncated_tar(attack):
    whole = layer(("f", "x" * 50000), ("g", "x"))
    for length in (100, 512, 513, 20000, 51200):
        data = whole[:length]
        attack.pull(layout(attack.base, [gzip.compress(data, mtime=0)], [image.digest_of(data)]))
        attack.import_(data)
    path = os.path.join(attack.base, "evil.tar")
    image.docker_archive(path, {"localhost/evil:1": image.Image([whole])})
    with open(path, "rb") as f:
        archive = f.read()
    for length in (600, 20000):
        with open(path, "wb") as f:
            f.write(archive[:length])
        attack.check(attack.cubby("load", "-q", "-i", path), True)


# --- Documents

def test_a_wrong_diff_id(attack):
    one, two = layer(("f", "1")), layer(("f", "2"))
    for wrong in (image.digest_of(two), "sha256:" + "0" * 64, "sha256:../../../outside/victim", "", "sha256:",
                  "x" * 71):
        attack.pull(layout(attack.base, [gzip.compress(one, mtime=0)], [wrong]))
    document = json.loads(image.Image([one]).document)
    document["rootfs"]["diff_ids"] = [image.digest_of(two)]
    attack.load_files({"c.json": json.dumps(document), "l.tar": one,
                       "manifest.json": json.dumps([{"Config": "c.json", "Layers": ["l.tar"]}])})


def test_a_wrong_digest_in_the_manifest(attack):
    one, two = gzip.compress(layer(("f", "1")), mtime=0), gzip.compress(layer(("f", "2")), mtime=0)
    path = layout(attack.base, [one], [image.digest_of(gzip.decompress(one))])
    with open(os.path.join(path, "blobs", "sha256", image.digest_of(one)[7:]), "wb") as f:
        f.write(two)
    attack.pull(path)

    def change(manifest):
        manifest["layers"][0]["digest"] = image.digest_of(two)
    attack.pull(layout(attack.base, [one], [image.digest_of(gzip.decompress(one))], change=change))
    for size in (0, 1, len(one) + 1, 2 ** 40, 2 ** 63 - 1, -1):
        def resize(manifest, size=size):
            manifest["layers"][0]["size"] = size
        # of too few bytes it is thought that they were cut off: the next pull goes on from there
        short = len(one) < size < 2 ** 63 - 1
        attack.pull(layout(attack.base, [one], [image.digest_of(gzip.decompress(one))], change=resize),
                    refused="in part" if short else True)


def test_a_config_of_too_many_diff_ids(attack):
    one = layer(("f", "1"))
    attack.pull(layout(attack.base, [gzip.compress(one, mtime=0)], [image.digest_of(one)] * 100000))
    document = json.loads(image.Image([one]).document)
    document["rootfs"]["diff_ids"] *= 100000
    attack.load_files({"c.json": json.dumps(document), "l.tar": one,
                       "manifest.json": json.dumps([{"Config": "c.json", "Layers": ["l.tar"]}])})


def test_too_many_layers(attack):
    one = layer(("f", "1"))
    assert "layers" in attack.pull(layout(attack.base, [one] * 600, [image.digest_of(one)] * 600, suffix="")).stderr
    assert "layers" in attack.load(*[one] * 600).stderr


def test_deeply_nested_documents(attack):
    one = layer(("f", "1"))
    for deep in ("[" * 100000, '{"a":' * 100000, "[" * 1000000 + "]" * 1000000, '{"a":' * 3000 + "1" + "}" * 3000):
        attack.load_files({"manifest.json": deep})
        attack.pull(layout(attack.base, [one], config=deep.encode(), suffix=""))
        attack.pull(layout(attack.base, [one], suffix="", config=(
            '{"os":"linux","architecture":"%s","rootfs":{"type":"layers","diff_ids":["%s"]},"config":{"Labels":%s}}'
            % (image.host_architecture(), image.digest_of(one), deep)).encode()))
        path = layout(attack.base, [one], [image.digest_of(one)], suffix="")
        put_index(path, put(path, deep.encode()))
        attack.pull(path)
        with open(os.path.join(path, "index.json"), "w", encoding="utf-8") as f:
            f.write(deep)
        attack.pull(path)


# --- Archives that name other files

@pytest.fixture
def loot(attack):
    """Files of the host that would make an image: their layer and config."""
    attack.one = layer(("stolen", SECRET))
    attack.document = image.Image([attack.one]).document
    for name, data in (("layer.tar", attack.one), ("config.json", attack.document)):
        with open(os.path.join(attack.outside, name), "wb") as f:
            f.write(data)
    attack.before = attack.sentinels()
    return attack


def test_a_docker_archive_that_names_files_of_the_host(loot):
    up = "../" * 30
    for path in (loot.outside + "/", "../outside/", "outside/", up + loot.outside[1:] + "/"):
        loot.load_files({"l.tar": loot.one, "manifest.json": json.dumps(
            [{"Config": path + "config.json", "Layers": ["l.tar"]}])})
        loot.load_files({"c.json": loot.document, "manifest.json": json.dumps(
            [{"Config": "c.json", "Layers": [path + "layer.tar"]}])})
    for path in ("/etc/passwd", "../../etc/passwd", up + "etc/passwd", "/dev/zero", "/proc/self/environ", "", "."):
        loot.load_files({"l.tar": loot.one, "manifest.json": json.dumps([{"Config": path, "Layers": ["l.tar"]}])})
        loot.load_files({"c.json": loot.document, "manifest.json": json.dumps(
            [{"Config": "c.json", "Layers": [path]}])})


def test_links_in_a_docker_archive(loot):
    manifest = json.dumps([{"Config": "c.json", "Layers": ["l.tar"]}])
    for path in (loot.outside + "/", "../outside/", "../" * 30 + loot.outside[1:] + "/"):
        for link in (symlink, hardlink):
            loot.load_files({"c.json": loot.document, "l.tar": link("l.tar", path + "layer.tar"),
                             "manifest.json": manifest})
            loot.load_files({"l.tar": loot.one, "c.json": link("c.json", path + "config.json"),
                             "manifest.json": manifest})
            loot.load_files({"manifest.json": link("manifest.json", path + "config.json")})
    for link in (symlink, hardlink):
        loot.load_files({"c.json": loot.document, "l.tar": link("l.tar", "m.tar"), "m.tar": link("m.tar", "l.tar"),
                         "manifest.json": manifest})
        loot.load_files({"manifest.json": link("manifest.json", "manifest.json")})
    loot.load_files({"c.json": loot.document, "l.tar": member("l.tar", tarfile.FIFOTYPE), "manifest.json": manifest})


def test_links_in_a_layout(loot):
    """The directory may have been unpacked from anything."""
    path = layout(loot.base, [loot.one], config=loot.document, suffix="")
    # the config first: what is complete stays, and is not fetched again
    for data, name in ((loot.document, "config.json"), (loot.one, "layer.tar")):
        blob = os.path.join(path, "blobs", "sha256", image.digest_of(data)[7:])
        for target in (f"{loot.outside}/{name}", f"../../../outside/{name}", os.path.basename(blob), "/dev/zero"):
            os.unlink(blob)
            os.symlink(target, blob)
            loot.pull(path)
            loot.check(loot.cubby("load", "-q", "-i", path), True)
        os.unlink(blob)
        os.mkfifo(blob)
        loot.pull(path)
        os.unlink(blob)
        with open(blob, "wb") as f:
            f.write(data)
    index = os.path.join(path, "index.json")
    os.unlink(index)
    for target in (loot.outside + "/passwd", "../outside/passwd", "/dev/zero", "index.json"):
        os.symlink(target, index)
        loot.pull(path)
        os.unlink(index)
    os.mkfifo(index)
    loot.pull(path)


@pytest.mark.parametrize("digest", ["sha256:../../../outside/config.json", "sha256:/etc/passwd",
                                    "../../outside/config.json",
                                    "sha256:" + "../" * 20 + "etc", "sha256:" + "A" * 64, "sha256:" + "0" * 63 + "/",
                                    "outside:" + "0" * 64, "", ":", "sha256", "sha256:" + "0" * 100000],
                         ids=range(11))
def test_digests_that_are_paths(loot, digest):
    def layers(manifest):
        manifest["layers"][0]["digest"] = digest

    def config(manifest):
        manifest["config"]["digest"] = digest

    path = layout(loot.base, [loot.one], config=loot.document, suffix="")
    put_index(path, {"digest": digest, "size": len(loot.document)})
    loot.pull(path)
    loot.check(loot.cubby("load", "-q", "-i", path), True)
    for change in (layers, config):
        loot.pull(layout(loot.base, [loot.one], config=loot.document, suffix="", change=change))
