# SPDX-License-Identifier: Apache-2.0
"""`cubby idmap explain`: its answers are what the kernel says, and its remedies are typed as they are printed."""

import json
import os
import struct
import subprocess

import pytest

from support import image

pytestmark = pytest.mark.subids

MAP_OF_ROOT = ["--uidmap", "0:2000:1000"]


@pytest.fixture
def mapped(user):
    """Options for a container with a user namespace, and what its 1..999 are on the host."""
    if user.is_root:
        return MAP_OF_ROOT, lambda n: 2000 + n
    return [], lambda n: user.subuid[0] + n - 1


@pytest.fixture
def root(own_root):
    """Root of the container may not make a mount point in it."""
    os.mkdir(own_root + "/data")
    return own_root


@pytest.fixture
def app(cubby, mapped, root, base):
    """A container whose program runs as 500, with a directory of the caller's. Its map's function."""
    os.mkdir(base + "/files")
    cubby.ok("run", "-d", "--name", "app", *mapped[0], "-u", "500:500", "-v", base + "/files:/data",
             "--rootfs", root, "sleep", "1000")
    return mapped[1]


def answers(cubby, *args):
    return cubby.json("idmap", "explain", "--format", "json", *args)["Answers"]


def shell(cubby, command):
    """A remedy, typed: `cubby` is ours, with its directories."""
    words = command.replace("cubby ", f"{' '.join(cubby.argv())} ", 1) if command.startswith("cubby ") else command
    subprocess.run(["sh", "-ec", words], env=cubby.environment(), cwd=cubby.base, check=True)


def can_write(cubby):
    return cubby("exec", "-u", "500:500", "app", "touch", "/data/by-app").code == 0


def test_ids_both_ways(cubby, app):
    host = app(7)
    (answer,) = answers(cubby, "app", str(host))
    assert f"On the host, user {host} is 7 in app" in answer["Sentences"][0], answer
    (answer,) = answers(cubby, "app", "uid:7")
    assert f"In app, user 7 is {host} on the host" in answer["Sentences"][1], answer
    (answer,) = answers(cubby, "app", "gid:root")
    assert "In app, group 0 (root) is " in answer["Sentences"][1], answer
    assert "unable to find user nix" in cubby.fails("idmap", "explain", "app", "uid:nix", code=125)


def test_whole(cubby, app, user):
    whole = cubby.json("idmap", "explain", "--format", "json", "app")
    with open(f"/proc/{cubby.pid('app')}/uid_map", encoding="ascii") as f:
        assert whole["UIDMap"] == [":".join(line.split()) for line in f]
    assert (whole["UID"], whole["HostUID"]) == (500, app(500))
    text = cubby.ok("idmap", "explain", "app")
    assert f"It runs as 500, group 500: on the host that is {app(500)}, group {app(500)}." in text
    assert [line.split()[0] for line in text.splitlines() if "/files" in line] == ["/data"]


def test_the_first_remedy_lets_it_write(cubby, app, base):
    """Whether the host's path is asked for or the container's."""
    assert not can_write(cubby)
    for question in (base + "/files", "./files", "app:/data"):
        (answer,) = answers(cubby, "app", question)
        assert answer["Subject"] == base + "/files"
        assert any(s.startswith("app, as 500, can't make files in it") for s in answer["Sentences"]), answer
    shell(cubby, answer["Remedies"][0]["Command"])
    assert can_write(cubby)
    (answer,) = answers(cubby, "app", "app:/data/by-app")
    assert f"It belongs to {app(500)}, group {app(500)} on the host" in answer["Sentences"][0]
    assert "In app that is 500, group 500, because its map says" in answer["Sentences"][2]
    assert "app, as 500, can write to it: the mode lets its owner." in answer["Sentences"]


@pytest.mark.rootless
def test_mine_again(cubby, app, base, user):
    cubby.ok("unshare", "chown", "500:500", base + "/files")
    assert can_write(cubby)
    (answer,) = answers(cubby, "app", base + "/files")
    (remedy,) = answer["Remedies"]
    assert remedy["Purpose"] == "Make it yours on the host"
    shell(cubby, remedy["Command"])
    assert os.stat(base + "/files/by-app").st_uid == os.stat(base + "/files").st_uid == user.uid


@pytest.mark.rootless
def test_kept_by_keep_id(cubby, app, base, user, root):
    (answer,) = answers(cubby, "app", base + "/files")
    command = answer["Remedies"][1]["Command"]
    assert command == "cubby run --userns=keep-id:uid=500,gid=500 ..."
    shell(cubby, command.replace("...", f"--rm -v {base}/files:/data --rootfs {root} touch /data/kept"))
    assert os.stat(base + "/files/kept").st_uid == user.uid


def test_nobody(cubby, app, user):
    """A file of somebody who has no id in the container."""
    (answer,) = answers(cubby, "app", "/etc/hosts")
    assert any("are seen as 65534 (nobody)" in s and "not even its root can change" in s
               for s in answer["Sentences"]), answer
    assert not answer["Remedies"]


@pytest.mark.root
def test_mapped_volume(cubby, root, base):
    os.mkdir(base + "/disk")
    os.chown(base + "/disk", 5, 5)
    cubby.ok("run", "-d", "--name", "db", *MAP_OF_ROOT, "-u", "5:5", "-v", base + "/disk:/data",
             "--rootfs", root, "sleep", "1000")
    (answer,) = answers(cubby, "db", base + "/disk")
    command = answer["Remedies"][1]["Command"]
    assert command == f"cubby run -v {base}/disk:/data:idmap ..."
    shell(cubby, command.replace("...", f"-d --name mapped {' '.join(MAP_OF_ROOT)} -u 5:5 "
                                        f"--rootfs {root} sleep 1000"))
    cubby.ok("exec", "mapped", "touch", "/data/x")
    (answer,) = answers(cubby, "mapped", base + "/disk/x")
    assert "mapped, as 5, can write to it: the mode lets its owner." in answer["Sentences"], answer


def owner_inside(cubby, name, path):
    return cubby.ok("exec", "-u", "0", name, "stat", "-c", "%u", path)


@pytest.mark.root
def test_a_root_that_is_shown_mapped(cubby, root):
    """Root's directory in a container with other ids: what is 0 on the disk is its 0."""
    cubby.ok("run", "-d", "--name", "db", *MAP_OF_ROOT, "--rootfs", root, "sleep", "1000")
    os.chown(root + "/etc/passwd", 7, 7)
    assert owner_inside(cubby, "db", "/etc/passwd") == "7"
    for question in (root + "/etc/passwd", "db:/etc/passwd"):
        (answer,) = answers(cubby, "db", question)
        assert "It belongs to 7 " in answer["Sentences"][0]
        assert any(s.startswith("In db the owner is 7") for s in answer["Sentences"]), answer


@pytest.mark.root
def test_a_volume_with_a_map_of_its_own(cubby, root, base):
    os.mkdir(base + "/disk")
    os.chown(base + "/disk", 40, 40)
    option = "idmap=uids=@40-5-1;gids=@40-6-1"
    cubby.ok("run", "-d", "--name", "db", *MAP_OF_ROOT, "-v", f"{base}/disk:/data:{option}", "--rootfs", root,
             "sleep", "1000")
    assert owner_inside(cubby, "db", "/data") == "5"
    (answer,) = answers(cubby, "db", base + "/disk")
    assert any(s.startswith("In db the owner is 5") for s in answer["Sentences"]), answer
    assert any(s.startswith("In db the group is 6") for s in answer["Sentences"]), answer


def test_given_at_the_start(cubby, app, mapped, root, base):
    """The remedy with -v :U."""
    (answer,) = answers(cubby, "app", base + "/files")
    (command,) = [r["Command"] for r in answer["Remedies"] if r["Command"].endswith(":U ...")]
    shell(cubby, command.replace("...", f"--rm {' '.join(mapped[0])} -u 500:500 --rootfs {root} touch /data/x"))
    assert os.stat(base + "/files/x").st_uid == app(500)


@pytest.mark.rootless
def test_ones_home_is_not_given_away(cubby, root, environment):
    cubby.ok("run", "-d", "--name", "app", "-u", "500", "-v", environment["HOME"] + ":/data", "--rootfs", root,
             "sleep", "1000")
    (answer,) = answers(cubby, "app", "app:/data")
    assert any("only for the container" in s for s in answer["Sentences"]), answer
    assert [r["Command"] for r in answer["Remedies"]] == ["cubby run --userns=keep-id:uid=500,gid=0 ..."]


def test_access_control_lists(cubby, app, base):
    # acl(5): owner, user 500, group, mask, others
    entries = ((1, 7, -1), (2, 7, 500), (4, 5, -1), (16, 7, -1), (32, 5, -1))
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    os.setxattr(base + "/files", "system.posix_acl_access", acl)
    (answer,) = answers(cubby, "app", base + "/files")
    assert any("access control list" in s for s in answer["Sentences"]), answer


def test_as_another_user(cubby, app, base):
    (answer,) = answers(cubby, "-u", "0", "app", base + "/files")
    seen = [s for s in answer["Sentences"] if s.startswith("app, as 0 (root), can")][0]
    by_root = cubby("exec", "-u", "0", "app", "touch", "/data/by-root").code == 0
    assert by_root == ("can't" not in seen), seen


def test_what_is_where(cubby, app, base, root):
    """Paths that the container does not have, that only it has, and that nobody has."""
    (answer,) = answers(cubby, "app", base)
    assert "app does not have it: it is in none of the directories that are mounted there." in answer["Sentences"]
    (answer,) = answers(cubby, "app", "app:/proc/self")
    assert answer["Subject"] == "app:/proc/self"
    (answer,) = answers(cubby, "app", root + "/bin/busybox")
    assert answer["Sentences"][1].startswith("app has it as /bin/busybox"), answer
    said = cubby.fails("idmap", "explain", "app", "/data", code=125)
    assert "In the container: app:/data" in said
    said = cubby.fails("idmap", "explain", "app", "app:/nowhere", code=125)
    assert "look at /nowhere of app" in said


def test_links_of_the_container(cubby, app, base):
    """What a link in a volume means is the container's affair: /etc/passwd there is not the host's."""
    os.symlink("/etc", base + "/files/link")
    (answer,) = answers(cubby, "app", "app:/data/link/passwd")
    assert answer["Subject"] == "app:/data/link/passwd"
    (answer,) = answers(cubby, "app", base + "/files/link")
    assert "app has it as /data/link." in answer["Sentences"]


def test_stopped(cubby, app, mapped, base):
    host = mapped[1](500)
    running = cubby.ok("idmap", "explain", "app", base + "/files", str(host))
    cubby.ok("stop", "-t", "0", "app")
    assert cubby.ok("idmap", "explain", "app", base + "/files", str(host)) == running
    assert cubby.ok("idmap", "explain", "app").startswith("app does not run.\n")


def test_stopped_container_of_an_image(cubby, mapped, pristine_root, base):
    """Names come from the image, and owners of its files are known while nothing runs."""
    path = base + "/bb.tar"
    busy = image.busybox(pristine_root).add({"etc/passwd": "root:x:0:0::/:/bin/sh\nweb:x:33:33::/:/bin/sh\n"})
    image.oci_archive(path, {"localhost/bb:1": busy})
    cubby.ok("load", "-q", "-i", path)
    cubby.ok("run", "--name", "done", *mapped[0], "bb:1", "sh", "-c", "echo > /mine; chown 33:33 /mine")
    (number, mine, passwd) = answers(cubby, "done", "uid:web", "done:/mine", "done:/etc/passwd")
    assert f"In done, user 33 (web) is {mapped[1](33)} on the host" in number["Sentences"][1], number
    assert any("In done that is 33 (web), group 33" in s or "In done the owner is 33 (web)" in s
               for s in mine["Sentences"]), mine
    assert mine["Sentences"][0].startswith(f"It belongs to {mapped[1](33)}, group {mapped[1](33)} on the host"), mine
    assert any("0 (root)" in s and s.startswith("In done") for s in passwd["Sentences"]), passwd


def test_json_is_whole(cubby, app):
    text = cubby.ok("idmap", "explain", "--format", "json", "app", "5", "6")
    assert [a["Subject"] for a in json.loads(text)["Answers"]] == ["user 5", "user 6"]
    assert cubby.ok("idmap", "explain", "--format", "{{.Container}} {{.HostUID}}", "app") == f"app {app(500)}"
