# SPDX-License-Identifier: Apache-2.0
"""Root of a container with a map of its own against the namespace above it, its layers, the files of other
ranges, and the caller's."""

import hashlib
import os
import shutil
import stat
import subprocess
import tarfile

import pytest

from conftest import compile_program
from support import image, maps
from support.maps import NAME

pytestmark = pytest.mark.subids

DEVICES = "localhost/devices:1"
ALL = ["--cap-add", "ALL", "--security-opt", "seccomp=unconfined"]


@pytest.fixture(scope="session")
def attacker(shared_dir):
    return compile_program("map_attack.c", os.path.join(shared_dir, "attack"), "-static")


def device(name, kind, major, minor):
    member = tarfile.TarInfo(name)
    member.type, member.devmajor, member.devminor, member.mode = kind, major, minor, 0o666
    return member


def disk():
    """(major, minor) of a block device of the host's."""
    for name in sorted(os.listdir("/sys/class/block")):
        with open(f"/sys/class/block/{name}/dev", encoding="ascii") as f:
            return tuple(int(n) for n in f.read().split(":"))
    return 8, 0


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root, attacker):
    path = os.path.join(shared_dir, "attacked.tar")
    identity = maps.compile_identity(os.path.join(shared_dir, "identity"))
    made = maps.make(pristine_root, identity)
    with open(attacker, "rb") as f:
        made.layers.append(maps.Layer().add("attack", f.read(), mode=0o755).bytes())
        made.comments.append("/bin/sh -c true")
    devices = made.add({"dev-disk": device("dev-disk", tarfile.BLKTYPE, *disk()),
                        "dev-mem": device("dev-mem", tarfile.CHRTYPE, 1, 1),
                        "dev-null": device("dev-null", tarfile.CHRTYPE, 1, 3)})
    image.docker_archive(path, {NAME: made, DEVICES: devices})
    return path


@pytest.fixture
def loaded(cubby, archive):
    cubby.ok("load", "-q", "-i", archive)
    return cubby


@pytest.fixture
def own_map(user):
    return maps.Map(user)


@pytest.fixture
def attack(loaded, own_map):
    """attack(what...): what it said, as lines."""
    def call(*words, options=(), name=NAME):
        return loaded.ok("run", "--rm", *own_map.options, *options, name, "/attack", *words).splitlines()
    return call


@pytest.mark.parametrize("options", [[], ALL], ids=["default", "all"])
def test_the_namespace_above(attack, options):
    said = dict(line.rsplit(" ", 1) for line in attack("namespaces", options=options))
    assert said["parent"] == said["parent of the mount namespace's"] == "EPERM"
    assert said["setns to itself"] == ("EINVAL" if options else "EPERM")
    assert said["back from a child"] == "EPERM"


@pytest.mark.parametrize("options", [[], ALL], ids=["default", "all"])
def test_nothing_below_or_above_the_root(attack, options):
    """Neither the host's mounts, nor the outer namespace's, nor layers or trees."""
    said = [line for line in attack("below", options=options) if ":" in line]
    assert said and all(line.endswith(": the same") for line in said), said


def test_entering_its_mount_namespace_leads_into_its_root(loaded, own_map):
    loaded.ok("run", "-d", "--name", "c", *own_map.options, NAME, "sleep", "1000")
    assert loaded.ok("exec", "c", "ls", "/own/identity") == "/own/identity"
    with open(f"/proc/{loaded.pid('c')}/mountinfo", encoding="utf-8") as f:
        mounts = [line.split() for line in f]
    # one root, and nothing of the engine's data but the files that are mounted in it
    assert [m[4] for m in mounts].count("/") == 1
    text = "\n".join(" ".join(m) for m in mounts)
    assert "layers" not in text and "/trees" not in text and loaded.data + "/" not in text, text


@pytest.mark.parametrize("options", [[], ["--init"], ["-d"]], ids=["plain", "init", "detached"])
def test_no_fd_is_left_open(loaded, own_map, options):
    loaded.ok("run", "--name", "f", *options, *own_map.options, NAME, "/attack", "fds")
    loaded.wait_status("f", "exited")
    assert loaded.ok("logs", "f") == ""
    # nor in the second one, which joins what the first has made
    loaded.ok("run", "-d", "--name", "first", *own_map.options, NAME, "sleep", "1000")
    assert loaded.ok("run", "--rm", *own_map.options, NAME, "/attack", "fds") == ""
    assert loaded.ok("exec", "first", "/attack", "fds") == ""


@pytest.mark.parametrize("options", [["--cap-add", "SYS_ADMIN", "--cap-add", "MKNOD"], ALL],
                         ids=["sys-admin", "all"])
def test_device_nodes_of_an_image_are_dead(attack, options, user):
    said = dict(line.rsplit(" ", 1) for line in attack("devices", "/dev-disk", "/dev-mem", "/dev-null",
                                                       options=options, name=DEVICES))
    # an ordinary user's layers have none at all
    assert {said[d] for d in ("/dev-disk", "/dev-mem", "/dev-null")} == {"EACCES" if user.is_root else "ENOENT"}
    assert said["mknod disk"] == said["mknod null"] == "EPERM"
    assert said["reconfigure lowerdir"] != "got"
    # root's own overlay is the container's: it may be made read-only, and what it is told at a remount is ignored
    if not user.is_root:
        assert "got" not in (said["remount the file system"], said["reconfigure ro"]), said


@pytest.fixture
def treasure(base, user, own_map):
    """A directory as /tmp, with files of the caller's and of another range."""
    path = os.path.join(base, "treasure")
    os.mkdir(path)
    others = maps.Map(user, 62500).uid(0) if user.is_root else user.uid
    for name, mode in (("secret", 0o600), ("readable", 0o644)):
        with open(os.path.join(path, name), "w", encoding="ascii") as f:
            f.write("treasure")
        os.chmod(f.name, mode)
        if user.is_root:
            shutil.copy(f.name, f.name + "-other")
            os.chmod(f.name + "-other", mode)
            os.chown(f.name + "-other", others, others)
    os.chmod(path, 0o1777)

    def state():
        return {n: (s.st_mode, s.st_uid, s.st_size) for n in os.listdir(path)
                for s in [os.lstat(os.path.join(path, n))]}
    before = state()
    yield path
    assert state() == before


@pytest.mark.parametrize("options", [[], ALL], ids=["default", "all"])
def test_files_of_others(attack, treasure, options):
    said = attack("rob", "/treasure", options=["-v", f"{treasure}:/treasure", *options])
    assert said and all(line.endswith(" safe") for line in said), said


def layers_digest(cubby, user):
    """Everything of every layer: names, owners, modes, times, content, attributes."""
    script = ("import os,hashlib,stat\nh=hashlib.sha256()\n"
              f"for t,d,f in os.walk({cubby.data + '/layers'!r}):\n"
              "  d.sort()\n"
              "  for n in sorted(d+f):\n"
              "    p=os.path.join(t,n); s=os.lstat(p)\n"
              "    h.update(repr((p,s.st_mode,s.st_uid,s.st_gid,s.st_size,s.st_mtime_ns,s.st_ctime_ns,s.st_nlink,"
              "os.listxattr(p,follow_symlinks=False))).encode())\n"
              "    stat.S_ISREG(s.st_mode) and h.update(open(p,'rb').read())\n"
              "print(h.hexdigest())")
    command = ["/usr/bin/python3", "-B", "-c", script]
    if user.is_root:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return cubby.ok("unshare", *command)


@pytest.mark.parametrize("options", [[], ALL], ids=["default", "all"])
def test_layers_stay_as_they_are(loaded, attack, user, options):
    before = layers_digest(loaded, user)
    attack("spoil", options=options)
    attack("devices", options=options)
    assert layers_digest(loaded, user) == before
    assert loaded.ok("run", "--rm", *maps.Map(user).options, NAME, "cat", "/own/carol") == "carol's"


def test_a_file_that_claims_its_content_is_elsewhere(loaded, own_map, base):
    """What the container writes is looked at later as a layer: by diff and export."""
    layer = sorted(n for n in os.listdir(os.path.join(loaded.data, "layers")) if len(n) == 64)
    for name in layer:
        loaded.ok("run", "--name", "forger", *own_map.options, *ALL, NAME, "/attack", "forge", name, "own/carol")
        loaded.ok("diff", "forger")
        path = os.path.join(base, "forged.tar")
        loaded.ok("export", "-o", path, "forger")
        with tarfile.open(path) as tar:
            members = {m.name.lstrip("./"): m for m in tar}
            assert tar.extractfile(members["forged"]).read() == bytes(64)
            assert [n for n in members if n.startswith("forged-dir")] == ["forged-dir"]
            assert "etc/passwd" in members
        loaded.ok("rm", "forger")


def test_files_with_set_id_bits_are_out_of_others_reach(loaded, own_map, user):
    """They belong to ids of the user's: whoever else is on the host must not run them."""
    loaded.ok("run", "-d", "--name", "s", *own_map.options, NAME, "sh", "-c",
              "cp /attack /suid; chown 0:0 /suid; chmod 6755 /suid; exec sleep 1000")
    top = os.path.join(loaded.data, "containers", loaded.inspect("s")["Id"])
    assert stat.S_IMODE(os.stat(top).st_mode) & 0o077 == 0


def test_an_image_cannot_name_anothers_content(cubby, base, pristine_root, own_map):
    """A layer that has overlayfs's attributes in it, as if it were a metadata tree."""
    secret = maps.Layer().add("secret", "treasure\n").bytes()
    image.docker_archive(base + "/secret.tar", {"localhost/secret:1": image.Image([secret])})
    cubby.ok("load", "-q", "-i", base + "/secret.tar")
    name = hashlib.sha256(secret).hexdigest()
    claims = {"SCHILY.xattr.user.overlay.metacopy": "", "SCHILY.xattr.user.overlay.redirect": f"/{name}/secret"}
    liar = maps.Layer().add("liar", "", pax=claims).add("longer", "x" * 9, pax=claims)
    made = image.busybox(pristine_root)
    made.layers.insert(0, liar.bytes())
    made.layers.append(maps.Layer().add("liar2", "", pax=claims).bytes())
    made.comments += ["x", "x"]
    image.docker_archive(base + "/liar.tar", {"localhost/liar:1": made})
    cubby.ok("load", "-q", "-i", base + "/liar.tar")
    assert os.path.isdir(os.path.join(cubby.data, "layers", name))
    for options in (own_map.options, []):
        assert cubby.ok("run", "--rm", *options, "localhost/liar:1", "cat", "/liar", "/longer", "/liar2") == "x" * 9
