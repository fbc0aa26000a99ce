# SPDX-License-Identifier: Apache-2.0
"""cp: names, kinds, owners, archives; running and stopped containers."""

import gzip
import io
import os
import stat
import subprocess
import tarfile

import pytest

from support import image

pytestmark = pytest.mark.subids

NOT_FOUND = "could not be found on"
TREE = "/bin/sh -c 'mkdir -p /src/sub/deep /src/empty; echo one >/src/one; echo two >/src/sub/two; " \
       "chmod 640 /src/one; chmod 2750 /src/sub; ln -s one /src/link; ln /src/one /src/sub/hard; " \
       "ln -s /nowhere /src/broken; mkfifo /src/fifo; touch -d @1000000000 /src/sub/two /src/empty; sync'"


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    path = os.path.join(shared_dir, "copy.tar")
    if not os.path.exists(path):
        image.oci_archive(path, {"localhost/bb:1": image.busybox(pristine_root),
                                 "localhost/app:1": image.busybox(pristine_root, User="1000:100")})
    return path


@pytest.fixture
def images(cubby, archive):
    cubby.ok("load", "-q", "-i", archive)


@pytest.fixture
def box(cubby, images):
    """A running container with a tree to copy."""
    cubby.ok("run", "-d", "--name", "box", "localhost/bb:1", "sleep", "1000")
    cubby.ok("exec", "box", "sh", "-c", TREE[len("/bin/sh -c '"):-1])
    return cubby


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def sh(cubby, name, script):
    return cubby.ok("exec", name, "sh", "-c", script)


def listing(directory):
    """Every path below with what it is."""
    found = {}
    for top, dirs, files in os.walk(directory):
        for name in dirs + files:
            path = os.path.join(top, name)
            st = os.lstat(path)
            what = os.readlink(path) if stat.S_ISLNK(st.st_mode) else \
                read(path) if stat.S_ISREG(st.st_mode) else stat.filemode(st.st_mode)[0]
            found[os.path.relpath(path, directory)] = what
    return found


WHOLE = {"one": "one\n", "link": "one", "broken": "/nowhere", "fifo": "p", "empty": "d", "sub": "d",
         "sub/two": "two\n", "sub/hard": "one\n", "sub/deep": "d"}


def test_names_of_files(box, base):
    """podman's table: what is there at the target decides."""
    write(f"{base}/f", "text\n")
    assert box("cp", f"{base}/f", "box:/tmp/new").stderr == ""     # not there: by that name
    box.ok("cp", f"{base}/f", "box:tmp/new")                       # a file: replaced; no slash in front
    box.ok("cp", f"{base}/f", "box:/tmp")                          # a directory: into it
    box.ok("cp", f"{base}/f", "box:/root/")
    box.ok("container", "cp", "f", "box:/root/../tmp/./again", cwd=base)
    assert sh(box, "box", "cat /tmp/new /tmp/f /root/f /tmp/again") == "text\n" * 3 + "text"
    for target in ("box:/none/f", "box:/none/"):
        said = box.fails("cp", f"{base}/f", target, code=125)
        assert said == f'Error: "{target[4:]}" {NOT_FOUND} container box: no such file or directory\n'
    assert "not a directory" in box.fails("cp", f"{base}/f", "box:/tmp/f/", code=125)
    assert "not a directory" in box.fails("cp", f"{base}/f/", "box:/tmp/x", code=125)
    assert box.fails("cp", f"{base}/none", "box:/tmp", code=125) == \
        f'Error: "{base}/none" {NOT_FOUND} the host: no such file or directory\n'
    # and out
    for target, there in (("out", "out"), ("d", "d/one"), ("d/", "d/one"), ("./d/.", "d/one"), ("d/one", "d/one")):
        os.makedirs(f"{base}/d", exist_ok=True)
        box.ok("cp", "box:/src/one", target, cwd=base)
        assert read(f"{base}/{there}") == "one\n"
    assert f'"none/x" {NOT_FOUND} the host' in box.fails("cp", "box:/src/one", "none/x", cwd=base, code=125)
    assert f'"new/" {NOT_FOUND} the host' in box.fails("cp", "box:/src/one", "new/", cwd=base, code=125)
    assert f'"/none" {NOT_FOUND} container box' in box.fails("cp", "box:/none", base, code=125)


def test_names_of_directories(box, base):
    box.ok("cp", "box:/src", f"{base}/new")          # not there: it becomes that
    assert listing(f"{base}/new") == WHOLE
    box.ok("cp", "box:/src", f"{base}/new")          # there: into it
    assert listing(f"{base}/new/src") == WHOLE
    os.mkdir(f"{base}/dot")
    box.ok("cp", "box:/src/.", f"{base}/dot")        # what is in it
    box.ok("cp", "box:/src/sub/.", f"{base}/newdot")
    assert listing(f"{base}/dot") == WHOLE
    assert set(listing(f"{base}/newdot")) == {"two", "hard", "deep"}
    box.ok("cp", "box:/src/", f"{base}/slash")
    assert listing(f"{base}/slash") == WHOLE
    write(f"{base}/file", "")
    said = "Error: destination must be a directory when copying a directory\n"
    assert box.fails("cp", "box:/src", f"{base}/file", code=125) == said
    assert box.fails("cp", f"{base}/new", "box:/src/one", code=125) == said
    # in: the same, and over what is there
    box.ok("cp", f"{base}/slash/.", "box:/in")
    box.ok("cp", f"{base}/slash", "box:/in")
    assert sh(box, "box", "cd /in && cat one sub/two slash/sub/hard; readlink link; test -p fifo && ls -d slash/empty") \
        == "one\ntwo\none\none\nslash/empty"
    assert sh(box, "box", "stat -c %h /in/one") == "2"
    # what it is like
    st = os.stat(f"{base}/new/one")
    assert stat.S_IMODE(st.st_mode) == 0o640 and st.st_nlink == 2 and st.st_uid == os.geteuid()
    assert st.st_ino == os.stat(f"{base}/new/sub/hard").st_ino
    assert os.stat(f"{base}/new/sub/two").st_mtime == os.stat(f"{base}/new/empty").st_mtime == 1000000000
    assert stat.S_IMODE(os.stat(f"{base}/new/sub").st_mode) == 0o750  # no set-id bits for the host
    assert sh(box, "box", "stat -c %Y:%a /in/sub/two") == "1000000000:644"


def test_kinds_in_each_others_place(box, base):
    for path in ("a/sub", "b/one"):
        os.makedirs(f"{base}/{path}")
    os.rmdir(f"{base}/a/sub")
    write(f"{base}/a/sub", "a file")
    write(f"{base}/b/one/x", "x")
    said = box.fails("cp", f"{base}/a/.", "box:/src", code=125)
    assert said.startswith("Error: cannot overwrite directory /src/sub with non-directory\n") and "--overwrite" in said
    assert "cannot overwrite non-directory /src/one with directory" in \
        box.fails("cp", f"{base}/b/.", "box:/src", code=125)
    assert "cannot overwrite non-directory" in box.fails("cp", "box:/src/.", f"{base}/a", code=125)
    box.ok("cp", "--overwrite", f"{base}/a/.", "box:/src")
    box.ok("cp", "--overwrite", f"{base}/b/.", "box:/src")
    assert sh(box, "box", "cat /src/sub /src/one/x") == "a filex"
    box.ok("cp", "--overwrite", "box:/src/.", f"{base}/b")
    assert read(f"{base}/b/sub") == "a file" and read(f"{base}/b/one/x") == "x"


def test_links(box, base):
    """The host's are followed if they are the source; in a container with -L; in a tree never."""
    write(f"{base}/f", "text\n")
    os.symlink("f", f"{base}/l")
    os.symlink("to", f"{base}/ld")
    os.mkdir(f"{base}/to")
    box.ok("cp", f"{base}/l", "box:/tmp")
    assert sh(box, "box", "test ! -L /tmp/l && cat /tmp/l") == "text"
    box.ok("cp", "box:/src/link", f"{base}/to")
    assert os.readlink(f"{base}/to/link") == "one"
    box.ok("cp", "-L", "box:/src/link", f"{base}/to")
    assert read(f"{base}/to/link") == "one\n" and not os.path.islink(f"{base}/to/link")
    box.ok("cp", "box:/src/one", f"{base}/ld")   # a link to a directory is one
    box.ok("cp", "box:/src/one", f"{base}/l")    # a link to a file: that file
    assert read(f"{base}/to/one") == read(f"{base}/f") == "one\n" and os.path.islink(f"{base}/l")
    # in the container all links stay inside: absolute ones, and those that go up
    sh(box, "box", "ln -s /tmp /way; ln -s ../../../../../tmp/up /tmp/far; ln -s /etc/absolute /tmp/abs")
    for target in ("/way", "/tmp/far", "/tmp/abs"):
        box.ok("cp", f"{base}/to/one", f"box:{target}")
    assert sh(box, "box", "cat /tmp/one /tmp/up /etc/absolute; readlink /tmp/far") == \
        "one\none\none\n../../../../../tmp/up"
    assert not os.path.exists("/etc/absolute") and not os.path.exists("/tmp/up")
    # a directory over a link to one goes on there, as with /lib -> usr/lib
    os.makedirs(f"{base}/tree/way")
    write(f"{base}/tree/way/merged", "m")
    box.ok("cp", f"{base}/tree/.", "box:/")
    assert sh(box, "box", "cat /tmp/merged; readlink /way") == "m/tmp"


def test_owners(cubby, images, base, user):
    cubby.ok("run", "-d", "--name", "app", "localhost/app:1", "sleep", "1000")
    cubby.ok("run", "-d", "--name", "other", "--uidmap", "0:3000:2000", "localhost/bb:1", "sleep", "1000")
    write(f"{base}/f", "f")
    os.chmod(f"{base}/f", 0o600)
    for name, plain in (("app", "1000:100"), ("other", "0:0")):
        cubby.ok("cp", f"{base}/f", f"{name}:/tmp/f")
        cubby.ok("cp", "-a", f"{base}/f", f"{name}:/tmp/kept")
        assert cubby.ok("exec", name, "stat", "-c", "%u:%g:%a", "/tmp/f", "/tmp/kept").split() == \
            [plain + ":600", "0:0:600"]
    cubby.ok("exec", "--user", "0", "other", "sh", "-c", "mkdir /o; echo x >/o/x; chown 5:6 /o/x; chmod 4700 /o/x")
    # between containers, whose ids are not each other's
    cubby.ok("cp", "other:/o", "app:/tmp/o")
    cubby.ok("cp", "-a", "other:/o", "app:/tmp/oa")
    assert cubby.ok("exec", "-u", "0", "app", "stat", "-c", "%u:%g:%a", "/tmp/o/x", "/tmp/oa/x").split() == \
        ["1000:100:4700", "5:6:4700"]
    # out of them all is the caller's
    cubby.ok("cp", "app:/tmp/oa/x", f"{base}/x")
    st = os.stat(f"{base}/x")
    assert (st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)) == (os.geteuid(), os.getegid(), 0o700)
    if user.is_root:
        cubby.ok("cp", "-a", "app:/tmp/oa/x", f"{base}/x")
        assert (os.stat(f"{base}/x").st_uid, os.stat(f"{base}/x").st_gid) == (5, 6)


@pytest.mark.parametrize("options", [[], ["--uidmap", "0:3000:2000"]], ids=["plain", "mapped"])
def test_stopped(cubby, images, base, options):
    os.mkdir(f"{base}/vol")
    os.chmod(f"{base}/vol", 0o777)
    write(f"{base}/f", "f\n")
    cubby.ok("run", "--name", "ended", *options, "-v", f"{base}/vol:/vol", "localhost/bb:1",
             "sh", "-c", "mkdir /d; echo old >/d/old; chown 7:7 /d/old; rm /etc/group; ln -s /d /l")
    cubby.ok("cp", f"{base}/f", "ended:/l/new")
    cubby.ok("cp", f"{base}/f", "ended:/vol/in-volume")
    assert read(f"{base}/vol/in-volume") == "f\n"
    cubby.ok("cp", "ended:/d", f"{base}/d")
    assert listing(f"{base}/d") == {"old": "old\n", "new": "f\n"}
    assert "A /d/new" in cubby.ok("diff", "ended").splitlines()
    assert NOT_FOUND in cubby.fails("cp", "ended:/etc/group", base)
    with tarfile.open(fileobj=io.BytesIO(archive_of(cubby, "ended:/d"))) as tar:
        assert {m.name: m.uid for m in tar} == {"d": 0, "d/old": 7, "d/new": 0}
    assert cubby.status("ended") == "exited" and not os.listdir(f"{cubby.run_dir}/containers")
    cubby.ok("rm", "ended")


def test_created_and_paused(cubby, images, base):
    """One that was never started, and one that stands still."""
    write(f"{base}/f", "f\n")
    cubby.ok("create", "--name", "new", "localhost/bb:1", "cat", "/tmp/f")
    cubby.ok("cp", f"{base}/f", "new:/tmp/f")
    cubby.ok("cp", "new:/tmp/f", f"{base}/back")
    assert read(f"{base}/back") == "f\n" and cubby.status("new") == "created"
    assert cubby.ok("start", "-a", "new") == "f"
    cubby.ok("run", "-d", "--name", "still", "localhost/bb:1", "sleep", "1000")
    cubby.ok("pause", "still")
    cubby.ok("cp", f"{base}/f", "still:/tmp/f")
    cubby.ok("cp", "still:/tmp/f", "new:/tmp/again")
    cubby.ok("unpause", "still")
    assert sh(cubby, "still", "cat /tmp/f") == "f"
    cubby.ok("start", "new")  # its files are those of the first time
    cubby.ok("cp", "new:/tmp/again", f"{base}/again")
    assert read(f"{base}/again") == "f\n"


def archive_of(cubby, source):
    run = subprocess.run(cubby.argv("cp", source, "-"), env=cubby.environment(), stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, check=False)
    assert run.returncode == 0 and run.stderr == b"", run
    return run.stdout


def put(cubby, data, target):
    """An archive from stdin: what it said."""
    run = subprocess.run(cubby.argv("cp", "-", target), env=cubby.environment(), input=data,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    said = run.stderr.decode()
    assert run.returncode == (125 if said else 0) and run.stdout == b"", run
    return said


def test_archives(box, base):
    with tarfile.open(fileobj=io.BytesIO(archive_of(box, "box:/src"))) as tar:
        names = {m.name: m for m in tar}
        assert set(names) == {"src"} | {f"src/{n}" for n in WHOLE}
        assert names["src/link"].linkname == "one" and names["src/sub"].mode == 0o2750
        hard = [m for m in names.values() if m.islnk()]
        assert len(hard) == 1 and hard[0].linkname in ("src/one", "src/sub/hard")
    with tarfile.open(fileobj=io.BytesIO(archive_of(box, "box:/src/."))) as tar:
        assert {m.name for m in tar} == set(WHOLE)
    one = archive_of(box, "box:/src/one")
    with tarfile.open(fileobj=io.BytesIO(one)) as tar:
        assert tar.extractfile("one").read() == b"one\n"
    whole = archive_of(box, "box:/src")
    assert put(box, whole, "box:/tmp") == ""
    assert sh(box, "box", "cat /tmp/src/sub/hard /tmp/src/sub/two; readlink /tmp/src/broken") == "one\ntwo\n/nowhere"
    assert put(box, gzip.compress(one), "box:/root") == ""
    assert sh(box, "box", "cat /root/one") == "one"
    assert put(box, one, "box:/src/one") == "Error: destination must be a directory when copying from stdin\n"
    assert NOT_FOUND in put(box, one, "box:/none")
    assert "archive" in put(box, whole[:700], "box:/tmp") and "archive" in put(box, b"no such thing" * 99, "box:/tmp")
    assert "cut off" in put(box, gzip.compress(whole)[:300], "box:/tmp")
    # without directories of their own, sparse, and names that lead out
    up, bare = io.BytesIO(), io.BytesIO()
    for buffer, name in ((up, "x/../../../../tmp/escaped"), (bare, "./made/up/file")):
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            tar.addfile(tarfile.TarInfo(name))
    assert "leads out" in put(box, up.getvalue(), "box:/src")
    assert put(box, bare.getvalue(), "box:/src") == ""
    assert sh(box, "box", "ls /src/made/up; ls /tmp/escaped 2>&1 || true").splitlines()[0] == "file"


def test_what_a_running_one_sees(cubby, images, base):
    """Volumes, tmpfs and files that are mounted; procfs is not walked into."""
    os.mkdir(f"{base}/vol")
    os.chmod(f"{base}/vol", 0o777)  # root's container has ids of its own
    write(f"{base}/f", "f\n")
    write(f"{base}/single", "")
    os.chmod(f"{base}/single", 0o666)
    cubby.ok("run", "-d", "--name", "box", "-v", f"{base}/vol:/vol", "-v", f"{base}/single:/single", "--tmpfs", "/mem",
             "--read-only", "localhost/bb:1", "sleep", "1000")
    cubby.ok("cp", f"{base}/f", "box:/vol/")
    cubby.ok("cp", f"{base}/f", "box:/mem/")
    assert read(f"{base}/vol/f") == "f\n" and sh(cubby, "box", "cat /mem/f") == "f"
    assert "read-only file system" in cubby.fails("cp", f"{base}/f", "box:/etc/new", code=125)
    inode = os.stat(f"{base}/single").st_ino
    cubby.ok("cp", f"{base}/f", "box:/single")  # a mount: written, not replaced
    assert read(f"{base}/single") == "f\n" and sh(cubby, "box", "cat /single") == "f"
    assert os.stat(f"{base}/single").st_ino == inode
    cubby.ok("cp", "box:/proc/uptime", f"{base}/uptime")
    assert float(read(f"{base}/uptime").split()[0]) > 0
    cubby.ok("cp", "box:/", f"{base}/all")
    assert read(f"{base}/all/mem/f") == "f\n" and os.listdir(f"{base}/all/proc") == []
    assert "device" in cubby.fails("cp", "box:/dev/null", f"{base}/null")


def test_arguments(box, base):
    write(f"{base}/f", "f\n")
    said = box.fails("cp", "a", "b", code=125)
    assert 'invalid arguments "a", "b": you must specify one container' in said
    assert "you must specify paths" in box.fails("cp", "box:", base, code=125)
    assert 'no container with name or ID "none" found: no such container' in \
        box.fails("cp", "none:/x", base, code=125)
    write(f"{base}/box:f", "colon")
    box.ok("cp", "./box:f", "box:/tmp/colon", cwd=base)
    assert sh(box, "box", "cat /tmp/colon") == "colon"
    assert "into itself" in box.fails("cp", "box:/src", "box:/src/sub", code=125)
    box.ok("cp", "box:/src", "box:/src2")
    box.ok("cp", "-q", "box:/src/one", "box:/src/one")
    assert sh(box, "box", "cat /src/one /src2/sub/two") == "one\ntwo"
    box.ok("cp", f"{base}/f", f"{box.inspect('box')['Id'][:10]}:/tmp")


def test_large_and_sparse(box, base):
    with open(f"{base}/big", "wb") as f:
        f.write(os.urandom(3 << 20))
        f.seek(200 << 20)
        f.write(b"end")
    box.ok("cp", f"{base}/big", "box:/tmp/big")
    box.ok("cp", "box:/tmp/big", f"{base}/back")
    assert subprocess.run(["cmp", f"{base}/big", f"{base}/back"], check=False).returncode == 0
    assert os.stat(f"{base}/back").st_blocks * 512 < 8 << 20
    assert int(sh(box, "box", "stat -c %b /tmp/big")) * 512 < 8 << 20
