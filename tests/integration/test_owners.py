# SPDX-License-Identifier: Apache-2.0
"""Whose files are, inside and outside, where the container's ids are others than the host's."""

import os
import re
import stat
import tarfile

import pexpect
import pytest

from support import image, process
from support.program import run

pytestmark = pytest.mark.subids

APP, STAFF = 1000, 100  # user and group of the image's program
MODES = ("default", "range", "keep-id")


def _entry(name, uid, gid, mode, kind=tarfile.DIRTYPE):
    member = tarfile.TarInfo(name)
    member.uid, member.gid, member.mode, member.type, member.mtime = uid, gid, mode, kind, 1700000000
    return member


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    """busybox, once plain and once with a VOLUME and a USER of its own."""
    plain = image.busybox(pristine_root)
    app = image.Image([image.tar_of_tree(pristine_root), image.tar_of({
        "srv": _entry("srv", 0, 0, 0o755), "data": _entry("srv/data", APP, APP, 0o750),
        "f": _entry("srv/data/f", APP, STAFF, 0o640, tarfile.REGTYPE)})],
        {"User": f"{APP}:{APP}", "Volumes": {"/srv/data": {}}})
    path = os.path.join(shared_dir, "owners.tar")
    if not os.path.exists(path):
        image.oci_archive(path, {"localhost/plain:1": plain, "localhost/app:1": app})
    return path


@pytest.fixture
def images(cubby, archive):
    cubby.ok("load", "-q", "-i", archive)


def options_of(user, mode):
    """Options that give a container this kind of map."""
    if mode == "default":
        return ["--userns", "host"]
    if mode == "range":
        return ["--uidmap", "0:2000:1200"]
    own = user.uid or 1001  # root's is as good as any
    return ["--uidmap", f"0:1:{own}", "--uidmap", f"{own}:0:1", "--uidmap", f"{own + 1}:{own + 1}:60000"]


def host_id(user, mode, inside, first):
    """The host's id for one of the container's; first: of the user's subordinate ids."""
    middle = inside
    if mode == "range":
        middle = 2000 + inside
    elif mode == "keep-id":
        own = user.uid or 1001
        middle = 0 if inside == own else inside + 1 if inside < own else inside
    if user.is_root:
        return middle
    return user.uid if middle == 0 else first + middle - 1


def host_ids(user, mode, uid, gid):
    group = host_id(user, mode, gid, user.subgid[0]) if not user.is_root else host_id(user, mode, gid, 0)
    if not user.is_root and group == user.uid:
        group = user.gid
    return host_id(user, mode, uid, 0 if user.is_root else user.subuid[0]), group


def owner(path):
    st = os.lstat(path)
    return st.st_uid, st.st_gid


def tree(base, name="vol"):
    """A directory of the caller's with a few kinds of files."""
    top = os.path.join(base, name)
    os.makedirs(top + "/sub/deep")
    for path in ("f", "sub/g", "sub/deep/h"):
        with open(os.path.join(top, path), "w", encoding="utf-8") as f:
            f.write("x")
    with open(os.path.join(base, "outside"), "w", encoding="utf-8") as f:
        f.write("x")
    os.symlink("../outside", top + "/link")
    os.mkfifo(top + "/fifo")
    os.chmod(top + "/f", 0o4755)
    os.chmod(top + "/sub", 0o2775)
    return top


def all_below(top):
    for here, directories, files in os.walk(top):
        yield here
        for name in files + [d for d in directories if os.path.islink(os.path.join(here, d))]:
            yield os.path.join(here, name)


# What the engine itself puts into a container

PLACES = {  # owner inside; None: the container's user
    "/": (0, 0), "/srv/data": (APP, APP), "/srv/data/f": (APP, STAFF),
    "/t": (APP, STAFF), "/given": None, "/dev": (0, 0), "/dev/shm": (0, 0), "/dev/pts": (0, 0),
    "/etc/hosts": (0, 0), "/etc/hostname": (0, 0), "/run/.containerenv": (0, 0),
    "/w": (0, 0), "/w/x": None, "/made": (0, 0), "/made/for": (0, 0), "/made/for/it": (0, 0),
}


@pytest.mark.parametrize("mode", MODES)
def test_what_is_mounted(cubby, images, user, mode):
    for who in (None, "0:0", "1001:1001"):
        what_is_mounted(cubby, user, mode, who)


def what_is_mounted(cubby, user, mode, who):
    uid, gid = (APP, APP) if who is None else map(int, who.split(":"))
    cubby.ok("run", "-d", "--name", "c", *options_of(user, mode), *(["-u", who] if who else []),
             "--tmpfs", f"/t:uid={APP},gid={STAFF},mode=755", "--tmpfs", "/given:U,mode=700",
             "--tmpfs", "/made/for/it", "-w", "/w/x", "app:1", "sleep", "1000")
    said = cubby.ok("exec", "-u", "0", "c", "stat", "-c", "%n %u %g", *PLACES)
    found = {line.split()[0]: tuple(map(int, line.split()[1:])) for line in said.splitlines()}
    assert found == {place: wanted or (uid, gid) for place, wanted in PLACES.items()}
    # of the host's mounts nothing is left, above or below
    tops = [line for line in cubby.ok("exec", "c", "cat", "/proc/self/mountinfo").splitlines()
            if line.split()[4] == "/"]
    assert len(tops) == 1 and " overlay " in tops[0], tops
    # the program may write where it should
    writable = ["/given", "/w/x", "/dev/shm", "/tmp"] + (["/srv/data", "/t"] if uid in (0, APP) else [])
    made = [place + "/new" for place in writable]
    cubby.ok("exec", "c", "sh", "-ec", "for f; do echo x >$f; done", "sh", *made)
    assert set(cubby.ok("exec", "c", "stat", "-c", "%u %g", *made).splitlines()) == {f"{uid} {gid}"}
    # and the same seen by the host
    assert process.host_ids(cubby.pid("c")) == host_ids(user, mode, uid, gid)
    here = os.path.join(cubby.data, "containers", cubby.inspect("c")["Id"])
    assert owner(os.path.join(here, "upper")) == host_ids(user, mode, 0, 0)
    # of root a volume holds the ids that all its containers see
    volumes = [m["Source"] for m in cubby.inspect("c")["Mounts"] if m["Type"] == "volume"]
    assert [owner(v) for v in volumes] == [(APP, APP) if user.is_root else host_ids(user, mode, APP, APP)]
    cubby.ok("rm", "-f", "-v", "-t", "0", "c")
    assert not os.path.exists(here)


@pytest.mark.parametrize("mode", MODES)
def test_devices(cubby, images, user, mode):
    said = cubby.ok("run", "--rm", *options_of(user, mode), "--device", "/dev/zero:/dev/mine", "plain:1",
                    "sh", "-c", "head -c 3 /dev/mine | wc -c; echo >/dev/null && stat -c %a /dev/null")
    assert said.splitlines() == ["3", "666"]


@pytest.mark.parametrize("who", ("0", "1001"))
@pytest.mark.parametrize("mode", MODES)
def test_a_terminal(cubby, images, user, mode, who, terminal):
    child = terminal(cubby.argv("run", "--rm", "-it", *options_of(user, mode), "-u", who, "plain:1", "sh", "-c",
                                "stat -c '%u=%n' $(tty) /dev/console; echo >/dev/tty && echo fine"))
    child.expect(rf"{who}=/dev/pts/0\r\n{who}=/dev/console\r\n\r\nfine")
    child.expect_exact(pexpect.EOF)


# U

@pytest.mark.parametrize("who", ("0", "1001"))
@pytest.mark.parametrize("mode", MODES)
def test_given_to_the_user(cubby, images, user, base, mode, who):
    top = tree(base)
    before = owner(base + "/outside")
    said = cubby.ok("run", "--rm", *options_of(user, mode), "-u", f"{who}:{who}", "-v", top + ":/v:U", "plain:1", "sh",
                    "-c", "find /v -exec stat -c '%u %g' {} +; echo x >/v/new; echo x >>/v/sub/deep/h")
    assert set(said.splitlines()) == {f"{who} {who}"}
    expected = host_ids(user, mode, int(who), int(who))
    assert {owner(path) for path in all_below(top)} == {expected}
    assert owner(base + "/outside") == before
    # as chown(2) has it, for those whose owner has changed
    changed = expected != (user.uid, user.gid)
    assert stat.S_IMODE(os.stat(top + "/f").st_mode) == (0o755 if changed else 0o4755)
    assert stat.S_IMODE(os.stat(top + "/sub").st_mode) == 0o2775


@pytest.mark.parametrize("mode", MODES)
def test_only_what_must_be_is_changed(cubby, images, user, base, mode):
    top = tree(base)
    arguments = ["run", "--rm", *options_of(user, mode), "-u", "1001", "-v", top + ":/v:U,ro", "plain:1", "true"]
    cubby.ok(*arguments)
    before = {path: os.lstat(path).st_ctime_ns for path in all_below(top)}
    cubby.ok(*arguments)
    assert {path: os.lstat(path).st_ctime_ns for path in all_below(top)} == before


def test_given_back(cubby, images, user, base):
    """What belongs to an id of its own, in directories that nobody else may list, too."""
    top = tree(base)
    cubby.ok("run", "--rm", "--userns=host", "-u", "1001:1001", "-v", top + ":/v:U", "plain:1", "chmod", "700", "/v", "/v/sub")
    cubby.ok("run", "--rm", "--userns=host", "-u", "0:0", "-v", top + ":/v:U", "plain:1", "true")
    assert {owner(path) for path in all_below(top)} == {(user.uid, user.gid)}


def test_one_file(cubby, images, user, base):
    top = tree(base)
    os.symlink("vol/f", base + "/to-f")
    for source in (top + "/f", base + "/to-f"):
        cubby.ok("run", "--rm", "--userns=host", "-u", "1001:1001", "-v", source + ":/f:U", "plain:1", "sh", "-c", "echo y >>/f")
        assert owner(top + "/f") == host_ids(user, "default", 1001, 1001)
        assert owner(top) == (user.uid, user.gid)
        cubby.ok("run", "--rm", "--userns=host", "-u", "0", "-v", source + ":/f:U", "plain:1", "true")
        assert owner(top + "/f") == (user.uid, user.gid)


@pytest.mark.root
def test_other_mounts_are_left_alone(cubby, images, base):
    """Neither what is mounted in the tree nor the place: also a bind mount of the same file system."""
    top = tree(base)
    os.mkdir(base + "/elsewhere")
    os.mkdir(top + "/tmpfs")
    os.mkdir(top + "/bind")
    command = " ".join(cubby.argv("run", "--rm", "--userns=host", "-u", "1001", "-v", top + ":/v:U", "plain:1", "true"))
    said = run(["unshare", "-m", "sh", "-ec",
                f"mount -t tmpfs t {top}/tmpfs; touch {top}/tmpfs/x; mount --bind {base}/elsewhere {top}/bind; "
                f"mount --bind {base}/outside {top}/f; {command}; "
                f"stat -c %u {top}/tmpfs {top}/tmpfs/x {top}/bind {top}/f {top}/sub/g"],
               env=cubby.environment(), cwd=base, check=True)
    assert said.stdout.split() == ["0", "0", "0", "0", "1001"]


def test_what_must_keep_its_owners(cubby, images, base, environment):
    link = base + "/link"
    os.symlink("/usr", link)
    for source in ("/", "/etc", "/usr", "/home", "/var/lib", "/proc", "/etc/passwd", "//etc/../etc/", link,
                   environment["HOME"], cubby.data, base, cubby.run_dir):
        before = owner(source)
        said = cubby.fails("run", "--rm", "-v", source + ":/v:U", "plain:1", "true", code=125)
        assert "owners must not be changed" in said, said
        assert owner(source) == before
    assert cubby.names() == []


@pytest.mark.rootless
def test_files_of_others(cubby, images, base):
    """Said before anything is changed, with the file, whose it is, and what helps."""
    os.symlink("/usr/share/doc", base + "/doc")
    said = cubby.fails("run", "--rm", "-u", "1001", "-v", base + "/doc:/v:U", "plain:1", "true", code=125)
    assert "belongs to the host's user 0" in said and "/doc" in said, said
    assert re.search(r"As root: chown -hR \d+:\d+ ", said), said


@pytest.mark.root
def test_a_file_that_nobody_may_change(cubby, images, base):
    top = tree(base)
    said = run(["unshare", "-m", "sh", "-ec", f"mount -t tmpfs -o ro t {top}/sub; " + " ".join(
        cubby.argv("run", "--rm", "-u", "1001", "-v", top + "/sub:/v:U", "plain:1", "true"))],
        env=cubby.environment(), cwd=base)
    assert said.code == 125 and "read-only file system" in said.stderr, said


# idmap

@pytest.mark.root
@pytest.mark.parametrize("mode", MODES[1:])
def test_shown_through_the_map(cubby, images, user, base, mode):
    """On the disk files have the container's own ids."""
    top = tree(base)
    os.chown(top + "/sub/g", 1000, 100)
    said = cubby.ok("run", "--rm", *options_of(user, mode), "-v", top + ":/v:idmap", "plain:1", "sh", "-c",
                    "stat -c '%u %g' /v /v/f /v/sub/g; touch /v/new; chown 7:8 /v/f")
    assert said.splitlines() == ["0 0", "0 0", "1000 100"]
    assert owner(top + "/new") == (0, 0)
    assert owner(top + "/f") == (7, 8)


@pytest.mark.root
def test_shown_through_a_map_of_its_own(cubby, images, user, base):
    top = tree(base)
    os.chown(top + "/f", 1234, 1234)
    said = cubby.ok("run", "--rm", *options_of(user, "range"), "-v",
                    top + ":/v:idmap=uids=0-2005-1#1234-2006-1;gids=0-2000-2000", "plain:1", "stat", "-c", "%u %g",
                    "/v", "/v/f")
    assert said.splitlines() == ["5 0", "6 65534"] or said.splitlines() == ["5 0", "6 1234"]
    said = cubby.ok("run", "--rm", *options_of(user, "range"), "-v",
                    top + ":/v:idmap=uids=@1234-7-1;gids=@1234-8-1", "plain:1", "stat", "-c", "%u %g", "/v/f")
    assert said == "7 8"


@pytest.mark.root
def test_file_systems_that_cannot_be_idmapped(cubby, images, user):
    said = cubby.fails("run", "--rm", *options_of(user, "range"), "-v", "/sys/kernel:/v:idmap", "plain:1", "true",
                       code=125)
    assert "sysfs" in said and "option U" in said, said


def test_idmap_that_makes_no_sense(cubby, images, user, base):
    top = tree(base)
    said = cubby.fails("run", "--rm", *options_of(user, "default"), "-v", top + ":/v:idmap", "plain:1", "true", code=125)
    assert ("right as they are" if user.is_root else "--userns=keep-id") in said, said
    if not user.is_root:
        assert f"-v {top}:/v:U" in said
    assert "both U" in cubby.fails("run", "--rm", "-v", top + ":/v:idmap,U", "plain:1", "true", code=125)


# A directory as root file system

@pytest.mark.root
@pytest.mark.parametrize("option", ("", ":idmap"))
def test_a_root_of_the_hosts_ids(cubby, own_root, user, option):
    os.chown(own_root + "/home", 1000, 100)
    said = cubby.ok("run", "--rm", *options_of(user, "range"), "--hostname", "here", "--rootfs", own_root + option,
                    "sh", "-c", "stat -c '%u %g' / /bin/busybox /home; touch /made; mkdir -p /a/b; cat /etc/hostname")
    assert said.splitlines() == ["0 0", "0 0", "1000 100", "here"]
    assert owner(own_root + "/made") == owner(own_root + "/a/b") == (0, 0)


@pytest.mark.root
def test_a_root_of_the_containers_ids(cubby, own_root, user):
    """A tree that was given to the container is shown as it is."""
    for path in all_below(own_root):
        os.lchown(path, 2000, 2000)
    said = cubby.ok("run", "--rm", *options_of(user, "range"), "--rootfs", own_root, "sh", "-c",
                    "stat -c '%u %g' / /bin; touch /made")
    assert said.splitlines() == ["0 0", "0 0"]
    assert owner(own_root + "/made") == (2000, 2000)


@pytest.mark.root
def test_a_root_that_cannot_be_idmapped(cubby, own_root, user, base):
    os.makedirs(base + "/m/u")
    os.makedirs(base + "/m/w")
    done = run(["unshare", "-m", "sh", "-ec", f"mkdir {base}/o; mount -t overlay o -o lowerdir={own_root},upperdir={base}/m/u,"
                f"workdir={base}/m/w {base}/o; " + " ".join(cubby.argv(
                    "run", "--rm", *options_of(user, "range"), "--rootfs", base + "/o", "true"))],
               env=cubby.environment(), cwd=base)
    assert done.code == 125, done
    assert "--userns=host" in done.stderr and base + "/o" in done.stderr, done


@pytest.mark.rootless
def test_a_root_of_ones_own(cubby, own_root, user):
    said = cubby.fails("run", "--rm", *options_of(user, "range"), "--rootfs", own_root, "true", code=125)
    assert "nobody's" in said and "cubby import" in said and "--userns=keep-id" in said, said
    assert "only root" in cubby.fails("run", "--rm", "--rootfs", own_root + ":idmap", "true", code=125)
    said = cubby.ok("run", "--rm", *options_of(user, "keep-id"), "--rootfs", own_root, "stat", "-c", "%u", "/bin")
    assert said == str(user.uid)
    assert cubby.names() == []


# Files of one's own in a volume

@pytest.mark.rootless
def test_keep_id(cubby, images, user, base):
    """Who is oneself inside makes files that are one's own outside, and the image is not copied."""
    top = tree(base)
    said = cubby.ok("run", "-d", "--name", "c", *options_of(user, "keep-id"), "-u", f"{user.uid}:{user.gid}", "-v",
                    top + ":/v", "plain:1", "sleep", "1000")
    said = cubby.ok("exec", "c", "sh", "-c", "stat -c '%u %g' /v /v/f /bin/busybox; touch /v/new; mkdir /v/d; touch /tmp/x")
    assert said.splitlines() == [f"{user.uid} {user.gid}"] * 2 + ["0 0"]
    assert owner(top + "/new") == owner(top + "/d") == (user.uid, user.gid)
    layer = next(os.path.join(here, "busybox") for here, _, files in os.walk(cubby.data + "/layers")
                 if "busybox" in files)
    copies = [here for here, _, files in os.walk(cubby.data) if "busybox" in files]
    assert len(copies) == len({os.path.dirname(os.path.dirname(c)) for c in copies}), copies
    assert owner(layer) == (user.uid, user.gid)


@pytest.mark.rootless
def test_keep_id_by_its_name(cubby, images, user, base):
    top = tree(base)
    cubby.ok("run", "--rm", "--userns=keep-id", "-v", top + ":/v", "plain:1", "touch", "/v/a")
    cubby.ok("run", "--rm", "--userns=keep-id:uid=7,gid=8", "-v", top + ":/v", "plain:1", "sh", "-c",
             "test $(id -u):$(id -g) = 7:8; touch /v/b; chown 9:9 /tmp 2>/dev/null; true")
    assert owner(top + "/a") == owner(top + "/b") == (user.uid, user.gid)
    # what belongs to others of one's ids is so again after U
    cubby.ok("run", "--rm", "-u", "5", "-v", top + ":/v:U", "plain:1", "true")
    cubby.ok("run", "--rm", "--userns=keep-id", "-v", top + ":/v:U", "plain:1", "true")
    assert {owner(path) for path in all_below(top)} == {(user.uid, user.gid)}


def test_a_range_of_its_own(cubby, images, user, base):
    """U gives the source to ids that are chosen only when the container is made."""
    top = tree(base)
    cubby.ok("run", "-d", "--name", "c", "--userns=auto", "-v", top + ":/v:U", "app:1", "sleep", "1000")
    cubby.ok("exec", "c", "touch", "/v/new")
    ids = process.host_ids(cubby.pid("c"))
    assert ids[0] not in (0, user.uid, APP)
    assert {owner(path) for path in all_below(top)} == {ids}
    here = os.path.join(cubby.data, "containers", cubby.inspect("c")["Id"])
    assert owner(here + "/upper") == (ids[0] - APP, ids[1] - APP)
    cubby.ok("rm", "-f", "-t", "0", "c")


def test_groups_that_are_kept(cubby, images, user, base):
    """A directory that is a group's of the caller's, without a number for it inside."""
    top = tree(base)
    group = 4242 if user.is_root else user.gid
    os.chown(top, -1, group)
    os.chmod(top, 0o2770)
    enter = ["setpriv", "--groups", str(group)] if user.is_root else []
    for mode in ("range", "keep-id", "default"):
        if mode == "default" and user.is_root:
            continue
        arguments = [*options_of(user, mode), "-u", "5:5", "-v", top + ":/v", "plain:1", "sh", "-c", f"touch /v/{mode}"]
        done = run(enter + cubby.argv("run", "--rm", *arguments), env=cubby.environment(), cwd=base)
        assert done.code == 1 and "Permission denied" in done.stderr, done
        assert "Warning: " in done.stderr, done
        done = run(enter + cubby.argv("run", "--rm", "--group-add", "keep-groups", *arguments),
                   env=cubby.environment(), cwd=base)
        assert done.code == 0 and done.stderr == "", done
        assert owner(f"{top}/{mode}") == (host_ids(user, mode, 5, 5)[0], group)


def test_the_hint(cubby, images, user, base):
    """One line that names the option, where the container's user can't write; nothing otherwise."""
    top = tree(base)

    def said(*options, source=top, rest=""):
        return cubby("run", "--rm", *options, "-v", f"{source}:/v{rest}", "plain:1", "true").stderr

    host = "--userns=host"
    there = said(host, "-u", "1001")
    assert there.count("\n") == 1 and f"-v {top}:/v:U" in there, there
    assert ("--userns=keep-id" in there) == (not user.is_root), there
    there = said(*options_of(user, "range"))
    assert there.count("\n") == 1, there
    assert (f"-v {top}:/v:idmap" if user.is_root else f"--userns=keep-id:uid=0,gid=0 or -v {top}:/v:U") in there, there
    twice = said(host, "-u", "1001", "-v", base + ":/w")
    assert twice.count("\n") == 1, twice
    if not user.is_root:
        assert said() == ""
        assert said(*options_of(user, "keep-id"), "-u", f"{user.uid}:{user.gid}") == ""
    assert said(host, "-u", "1001", rest=":ro") == ""
    assert said("-q", host, "-u", "1001") == ""
    assert said(host, "-u", "1001", rest=":U") == ""
    assert said(host, "-u", "1001") == ""
    os.mkdir(base + "/open")
    os.chmod(base + "/open", 0o1777)
    assert said(host, "-u", "1001", source=base + "/open") == ""
