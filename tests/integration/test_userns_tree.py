# SPDX-License-Identifier: Apache-2.0
"""`cubby userns tree`: what it draws is what the kernel says."""

import os
import re
import subprocess

import pytest

from support import image
from support.process import wait_until


def kernel_map(pid, file):
    with open(f"/proc/{pid}/{file}", encoding="ascii") as f:
        return [":".join(line.split()) for line in f]


def namespace_of(pid):
    return os.stat(f"/proc/{pid}/ns/user").st_ino


def rows(cubby):
    return {row["ID"]: row for row in cubby.json("userns", "tree", "--format", "json")}


@pytest.fixture
def nested(base):
    """A process two user namespaces deep; nobody is in the one between. Its pid."""
    pid_file = os.path.join(base, "pid")
    with subprocess.Popen(["unshare", "-Ur", "unshare", "-Ur", "sh", "-c",
                           f"echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 1000"]) as p:
        wait_until(lambda: os.path.exists(pid_file), "the inner process", 10)
        yield p.pid
        p.kill()


def run_mapped(cubby, user, root, name):
    """A container with a user namespace, whoever we are."""
    options = ["--uidmap", "0:2000:1000"] if user.is_root else []
    cubby.ok("run", "-d", "--name", name, *options, "--rootfs", root, "sleep", "1000")
    return cubby.pid(name)


@pytest.mark.subids
def test_containers(cubby, user, busybox_root):
    pid = run_mapped(cubby, user, busybox_root, "web")
    found = rows(cubby)
    row = found[namespace_of(pid)]
    assert row["Containers"] == ["web"]
    # root has the base of the range make the namespace
    assert row["OwnerUID"] == (2000 if user.is_root else user.uid)
    assert row["UIDMap"] == kernel_map(pid, "uid_map")
    assert row["GIDMap"] == kernel_map(pid, "gid_map")
    assert {"PID": pid, "Command": "sleep"} in row["Processes"]
    own = found[namespace_of("self")]
    assert own["Own"] and own["Parent"] == 0 and own["Depth"] == 0
    if not user.is_root:
        assert row["UIDMap"] == [f"0:{user.uid}:1", f"1:{user.subuid[0]}:{user.subuid[1]}"]
    else:
        assert row["UIDMap"] == ["0:2000:1000"]


@pytest.mark.rootless
@pytest.mark.subids
def test_containers_with_ranges_of_their_own(cubby, user, pristine_root, base):
    """The namespace between them and the host is found, though nobody is in it, and nothing else tells its map."""
    path = base + "/bb.tar"
    image.oci_archive(path, {"localhost/bb:1": image.busybox(pristine_root)})
    cubby.ok("load", "-q", "-i", path)
    for name, first in (("a", 1), ("b", 1001)):
        cubby.ok("run", "-d", "--name", name, "--uidmap", f"0:{first}:1000", "bb:1", "sleep", "1000")
    found = rows(cubby)
    a, b = (found[namespace_of(cubby.pid(name))] for name in "ab")
    assert (a["Containers"], b["Containers"]) == (["a"], ["b"])
    assert a["UIDMap"] == [f"0:{user.subuid[0]}:1000"] and b["UIDMap"] == [f"0:{user.subuid[0] + 1000}:1000"]
    if a["Depth"] == 1:
        pytest.skip("this kernel's containers of images have no namespace in between")
    outer = found[a["Parent"]]
    assert b["Parent"] == outer["ID"] and outer["Processes"] == []
    assert outer["UIDMap"] == [f"0:{user.uid}:1", f"1:{user.subuid[0]}:{user.subuid[1]}"]
    assert "no process: it has the ids that containers below share out\n" in cubby.ok("userns", "tree")


@pytest.mark.rootless
def test_one_id(cubby, user, busybox_root):
    cubby.ok("run", "-d", "--name", "one", "--uidmap", "0:0:1", "--rootfs", busybox_root, "sleep", "1000")
    drawn = cubby.ok("userns", "tree")
    number = namespace_of(cubby.pid("one"))
    assert re.search(rf"[├└]─ container one: user namespace {number} of {user.uid} \({user.name}\)\n"
                     rf"[│ ]     ids 0 -> {user.uid} \({user.name}\)\n"
                     rf"[│ ]     1 process: sleep {cubby.pid('one')}", drawn), drawn


def test_nested_namespaces_of_others(cubby, user, nested):
    found = rows(cubby)
    inner = found[namespace_of(nested)]
    outer = found[inner["Parent"]]
    assert found[outer["Parent"]]["Own"]
    assert (outer["Depth"], inner["Depth"]) == (1, 2)
    assert outer["Processes"] == [] and inner["Processes"] == [{"PID": nested, "Command": "sleep"}]
    # both seen from here: nobody is in the outer one, and its map is known all the same
    assert inner["UIDMap"] == outer["UIDMap"] == [f"0:{user.uid}:1"]
    assert inner["GIDMap"] == outer["GIDMap"] == [f"0:{user.gid}:1"]
    drawn = cubby.ok("userns", "tree")
    assert re.search(rf"─ user namespace {outer['ID']} of .*\n.*\n.*no process\n"
                     rf".*  └─ user namespace {inner['ID']} of ", drawn), drawn


def test_without_utf8(cubby, nested):
    drawn = cubby.ok("userns", "tree", env={"LANG": "C", "LC_ALL": None})
    assert drawn.isascii()
    assert f"`- user namespace {namespace_of(nested)} of " in drawn


def test_fits_the_terminal(cubby, user, nested, terminal):
    child = terminal(cubby.argv("userns", "tree", "--pids"), dimensions=(24, 50))
    child.expect(f"sleep {nested}")
    lines = child.before.replace("\r", "").split("\n")
    assert all(len(line) <= 50 for line in lines), lines


def test_templates(cubby, nested):
    lines = cubby.ok("userns", "tree", "--format", "{{.ID}} {{.Depth}}").splitlines()
    assert f"{namespace_of(nested)} 2" in lines


@pytest.mark.rootless
def test_seen_from_inside(cubby, user, busybox_root, base):
    """In a namespace of one's own nothing above it is shown, and ids are those that are known there."""
    inside = subprocess.run(["unshare", "-Ur", "--", cubby.path, "--root", base + "/d", "--runroot", base + "/r",
                             "userns", "tree"], env=cubby.environment(), cwd=base, text=True,
                            capture_output=True, check=True)
    first, second = inside.stdout.splitlines()[:2]
    assert re.fullmatch(r"user namespace \d+, where you are", first), inside.stdout
    assert "ids 0 -> " in second
