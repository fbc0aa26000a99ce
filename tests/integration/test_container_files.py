# SPDX-License-Identifier: Apache-2.0
"""export, diff, mount, unmount: a container's files from outside."""

import io
import os
import shlex
import subprocess
import tarfile

import pytest

from support import image
from support.program import run

pytestmark = pytest.mark.subids

STRANGER = 5000  # an id that the small map below has not
SMALL = ["--uidmap", "0:3000:2000"]


def entry(name, uid, mode, kind=tarfile.REGTYPE):
    member = tarfile.TarInfo(name)
    member.uid = member.gid = uid
    member.mode, member.type, member.mtime = mode, kind, 1700000000
    return member


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    """busybox, with files of somebody whom a small map does not have."""
    path = os.path.join(shared_dir, "container-files.tar")
    if not os.path.exists(path):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for member, data in ((entry("secret", STRANGER, 0o600), b"hidden"),
                                 (entry("priv", STRANGER, 0o700, tarfile.DIRTYPE), None),
                                 (entry("priv/link", STRANGER, 0o777, tarfile.SYMTYPE), None),
                                 (entry("priv/in", 7, 0o640), b"deep")):
                member.size = len(data or b"")
                member.linkname = "in" if member.issym() else ""
                tar.addfile(member, io.BytesIO(data) if data else None)
        odd = image.busybox(pristine_root)
        odd.layers.append(buffer.getvalue())
        odd.comments.append("ADD strangers")
        image.oci_archive(path, {"localhost/bb:1": image.busybox(pristine_root), "localhost/odd:1": odd})
    return path


@pytest.fixture
def images(cubby, archive):
    cubby.ok("load", "-q", "-i", archive)


def exported(cubby, name):
    run = subprocess.run(cubby.argv("export", name), env=cubby.environment(), stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, check=False)
    assert run.returncode == 0 and run.stderr == b"", run
    with tarfile.open(fileobj=io.BytesIO(run.stdout)) as tar:
        return {m.name: (m, tar.extractfile(m).read() if m.isfile() else None) for m in tar}


def test_export_of_what_its_root_may_not_read(cubby, images):
    cubby.ok("run", "--name", "small", *SMALL, "localhost/odd:1", "sh", "-c",
             "! cat /secret 2>/dev/null && echo x >/new && chown 9:8 /new && rm /etc/group")
    files = exported(cubby, "small")
    assert files["secret"][1] == b"hidden" and files["priv/in"][1] == b"deep"
    assert files["priv/link"][0].linkname == "in"
    assert {n: files[n][0].uid for n in ("secret", "priv", "priv/in", "new", "bin")} == \
        {"secret": 65534, "priv": 65534, "priv/in": 7, "new": 9, "bin": 0}
    assert files["new"][0].gid == 8 and "etc/group" not in files
    assert files["priv"][0].mode == 0o700 and files["secret"][0].mode == 0o600


def as_root(cubby, user, script):
    """Where mounts are possible: on the host for root, else inside of `unshare`. What it printed."""
    env = {"cubby": shlex.join(cubby.argv())}
    if user.is_root:
        return run(["sh", "-euc", script], env=cubby.environment(env), cwd=cubby.base, check=True).stdout
    return cubby.ok("unshare", "sh", "-euc", script, env=env) + "\n"


@pytest.mark.parametrize("options", [[], SMALL], ids=["plain", "mapped"])
def test_mount(cubby, images, user, base, options):
    cubby.ok("run", "--name", "ended", *options, "localhost/bb:1", "sh", "-c", "echo x >/new; chown 9 /new")
    first = cubby.inspect("ended")["Id"]
    said = as_root(cubby, user, """
        test -z "$($cubby mount)"
        m=$($cubby container mount ended)
        echo $m; $cubby mount; $cubby mount --no-trunc; $cubby mount --format json | tr -d '\n '; echo
        cat $m/new; stat -c %u $m/new $m/bin; echo added >$m/added
        test $m = $($cubby mount -l)
        $cubby umount ended; test -e $m/bin; $cubby mount --notruncate >/dev/null
        $cubby unmount ended; test ! -e $m/bin; test -z "$($cubby mount)"
        $cubby unmount ended 2>&1 || echo $?
        """).splitlines()
    path = f"{cubby.data}/mounts/{first}"
    assert said[:4] == [path, f"{first[:12]}  {path}", f"{first}  {path}",
                        '[{"id":"%s","Names":["ended"],"mountpoint":"%s"}]' % (first, path)]
    assert said[4] == "x" and int(said[5]) - int(said[6]) == 9
    assert said[7:] == [first, first, "Error: container ended is not mounted", "125"]
    assert "A /added" in cubby.ok("diff", "ended").splitlines()
    cubby.ok("cp", "ended:/added", f"{base}/added")


def test_mounts_of_several(cubby, images, user, busybox_root):
    """Of one that runs to be read; all; one that goes takes its mount along."""
    cubby.ok("run", "-d", "--name", "up", "localhost/bb:1", "sh", "-c", "echo x >/live; sleep 1000")
    cubby.ok("exec", "up", "sh", "-c", "until test -s /live; do :; done")
    cubby.ok("run", "--name", "ended", "localhost/bb:1", "true")
    cubby.ok("run", "--name", "bare", "--rootfs", busybox_root, "true")
    said = as_root(cubby, user, """
        m=$($cubby mount up); cat $m/live; ! touch $m/x 2>/dev/null
        $cubby mount bare
        $cubby mount --all >/dev/null; $cubby mount | wc -l
        $cubby unmount --all --force | wc -l; $cubby mount | wc -l
        """).splitlines()
    assert [s.strip() for s in said] == ["x", busybox_root, "2", "2", "0"]
    if user.is_root:
        as_root(cubby, user, "m=$($cubby mount ended); $cubby rm ended; test ! -e $m")
    else:
        assert "must execute `cubby unshare` first" in cubby.fails("mount", "up", code=125)
        assert cubby.ok("mount") == ""
    assert "no such container" in cubby.fails("container", "unmount", "none", code=125)
    assert "at least one name" in cubby.fails("unmount", code=125)
    assert "--format" in cubby.fails("mount", "--format", "yaml", code=125)


def test_diff(cubby, images):
    """Of a container and its image; of two containers with other ids each; of images and containers."""
    cubby.ok("run", "--name", "one", "localhost/bb:1", "sh", "-c",
             "mkdir -p /d/e; echo x >/d/f; touch -d @9 /d/f /d/e /d /; chown 5 /d/f; rm /etc/group")
    cubby.ok("run", "--name", "two", *SMALL, "localhost/bb:1", "sh", "-c",
             "mkdir -p /d/e; echo x >/d/f; echo y >/own; touch -d @9 /d/f /d/e /d /; chown 5 /d/f; chown 6 /etc/passwd")
    whole = ["A /d", "A /d/e", "A /d/f", "C /etc", "D /etc/group"]
    assert cubby.ok("diff", "one").splitlines() == whole
    assert cubby.ok("container", "diff", "one").splitlines() == whole
    assert cubby.ok("diff", "one", "localhost/bb:1").splitlines() == whole
    assert cubby.json("diff", "--format", "json", "one") == \
        {"changed": ["/etc"], "added": ["/d", "/d/e", "/d/f"], "deleted": ["/etc/group"]}
    assert cubby.json("diff", "--format", "json", "localhost/bb:1", "one")["deleted"] == ["/d"]
    assert cubby.ok("container", "diff", "two", "one").splitlines() == \
        ["C /etc", "A /etc/group", "C /etc/passwd", "A /own"]
    assert cubby.ok("diff", "-l").splitlines() == cubby.ok("diff", "two", "localhost/bb:1").splitlines()
    assert 'no such object: "none"' in cubby.fails("diff", "none", code=125)
    assert "no such object" in cubby.fails("diff", "one", "none", code=125)
    assert "no such container" in cubby.fails("container", "diff", "localhost/bb:1", code=125)
    assert "json" in cubby.fails("diff", "--format", "table", "one", code=125)


def test_not_yet(cubby):
    for words in (("unshare", "--rootless-netns", "true"), ("container", "checkpoint", "x"),
                  ("container", "restore", "x"), ("container", "runlabel", "x", "y")):
        assert "not" in cubby.fails(*words, code=125)
