# SPDX-License-Identifier: Apache-2.0
"""A range of ids of its own for each container: none is given twice, none is lost, and who has what is told."""

import json
import os
import signal
import subprocess

import pytest

from support import image, process
from support.program import run as run_program

pytestmark = pytest.mark.subids

FAULTS = pytest.mark.skipif("CUBBY_TEST_FAULTS" not in os.environ, reason="needs a build with fault injection")


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    path = os.path.join(shared_dir, "ranges.tar")
    image.oci_archive(path, {"localhost/bb:1": image.busybox(pristine_root)})
    return path


POOL = 65536


@pytest.fixture
def first_id(user):
    """Of the pool: that of an ordinary user, and for root, whose tests share one, as large a part that no other
    process who runs tests takes."""
    return 1000000000 + POOL * (os.getpid() % 17000) if user.is_root else user.subuid[0]


@pytest.fixture
def settings(environment, user, first_id):
    """settings("key = value"): cubby.conf, with the pool."""
    def write(*lines, first=first_id, count=POOL):
        directory = os.path.join(environment["XDG_CONFIG_HOME"], "cubby")
        os.makedirs(directory, exist_ok=True)
        pool = [f'auto_pool = "{first}-{first + count - 1}"'] if user.is_root else []
        with open(os.path.join(directory, "cubby.conf"), "w", encoding="utf-8") as f:
            f.write("\n".join([*pool, *lines, ""]))
    write()
    return write


@pytest.fixture
def box(cubby, archive, settings):
    cubby.ok("load", "-q", "-i", archive)
    return cubby


def rows(cubby):
    """Of root's, other tests' stores are seen as well."""
    return [r for r in cubby.json("idmap", "ls", "--format", "json") if r["Store"].startswith(cubby.base)]


def ranges(cubby, side="UIDs"):
    """{name: [(first, last)]}"""
    def parse(text):
        ends = [part.split("-") for part in text.split(",")]
        return [(int(e[0]), int(e[-1])) for e in ends]
    return {row["Name"]: parse(row[side]) for row in rows(cubby)}


def overlaps(spans):
    spans = sorted(spans)
    return [(a, b) for a, b in zip(spans, spans[1:]) if b[0] <= a[1]]


def create(cubby, name, *options, **more):
    return cubby("run", "-d", "--name", name, "--userns", "auto", *options, "bb:1", "sleep", "1000", **more)


def test_ranges_next_to_each_other(box, user):
    for name in "abc":
        box.ok("run", "-d", "--name", name, "--userns", "auto:size=500", "bb:1", "sleep", "1000")
    found = ranges(box)
    assert not overlaps([span for spans in found.values() for span in spans])
    assert [last - first + 1 for (first, last), in found.values()] == [500] * 3
    for name, ((first, _),) in found.items():
        with open(f"/proc/{box.pid(name)}/uid_map", encoding="ascii") as f:
            assert f.read().split() == ["0", str(first), "500"]
    # a hole is filled again
    box.ok("rm", "-f", "-t", "0", "b")
    assert set(ranges(box)) == {"a", "c"}
    box.ok("run", "-d", "--name", "d", "--userns", "auto:size=500", "bb:1", "sleep", "1000")
    assert ranges(box)["d"] == found["b"]


def test_kept_while_it_is_stopped(box):
    box.ok("run", "--name", "s", "--userns", "auto", "bb:1", "true")
    before = ranges(box)["s"]
    box.ok("run", "-d", "--name", "t", "--userns", "auto", "bb:1", "sleep", "1000")
    assert ranges(box)["s"] == before and not overlaps(before + ranges(box)["t"])
    assert [r["Status"] for r in rows(box)] == ["exited", "running"]
    box.ok("rm", "s")
    assert list(ranges(box)) == ["t"]


def test_given_back_by_rm(box):
    box.ok("run", "--rm", "--userns", "auto", "bb:1", "true")
    assert rows(box) == []


def test_given_back_by_a_failed_start(box):
    box.fails("run", "--rm", "--userns", "auto", "bb:1", "/nosuchprogram", code=127)
    assert rows(box) == []
    box.fails("run", "--rm", "--userns", "auto:size=5", "-u", "10", "bb:1", "true", code=125)
    assert rows(box) == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", ("auto", "auto:size=600"))
def test_many_at_once(box, mode, base, pristine_root):
    """As many as one user of 65536 ids shall be able to have; without a size, they get smaller as ids get few."""
    n = 100
    path = os.path.join(base, "few.tar")
    few = image.busybox(pristine_root).add({"etc/passwd": "root:x:0:0::/:/bin/sh\n", "etc/group": "users:x:100:\n"})
    image.oci_archive(path, {"localhost/few:1": few})
    box.ok("load", "-q", "-i", path)
    started = [box.start("run", "-d", "--name", f"c{i}", "--userns", mode, "few:1", "sleep", "1000")
               for i in range(n)]
    for one in started:
        _, said = one.communicate(timeout=120 * process.SLOW)
        assert one.returncode == 0, said
    found = ranges(box)
    assert len(found) == n
    assert not overlaps([span for spans in found.values() for span in spans])
    groups = ranges(box, "GIDs")
    assert not overlaps([span for spans in groups.values() for span in spans])
    for name, ((first, last),) in found.items():
        with open(f"/proc/{box.pid(name)}/uid_map", encoding="ascii") as f:
            assert f.read().split() == ["0", str(first), str(last - first + 1)]


def test_used_up(box, user):
    box.ok("run", "-d", "--name", "big", "--userns", f"auto:size={POOL - 1000}", "bb:1", "sleep", "1000")
    for name in "abcdef":
        box.ok("run", "-d", "--name", name, "--userns", "auto:size=150", "bb:1", "sleep", "1000")
    said = box.fails("run", "--userns", "auto:size=150", "bb:1", "true", code=125)
    assert "find 150 user ids for the container" in said
    assert "100 are free, at most 100 in a row" in said
    assert "big (64536), a (150)" in said and "and 2 more" in said
    assert "cubby idmap ls" in said and "cubby rm big" in said and "--userns=auto:size=100" in said
    assert ("auto_pool in /etc/cubby/cubby.conf" if user.is_root else "usermod --add-subuids") in said
    # fewer still fit
    box.ok("run", "--rm", "--userns", "auto:size=100", "bb:1", "true")
    box.ok("rm", "-f", "-t", "0", "c")
    box.ok("run", "--rm", "--userns", "auto:size=150", "bb:1", "true")


def test_smaller_ranges_when_ids_get_few(box):
    """Of a user with few ids many containers get smaller ranges, rather than few large ones."""
    box.ok("run", "-d", "--name", "most", "--userns", "auto:size=61440", "bb:1", "sleep", "1000")
    for i in range(4):
        assert create(box, f"c{i}").code == 0
    sizes = [last - first + 1 for name, ((first, last),) in ranges(box).items() if name != "most"]
    assert all(size == 1001 for size in sizes), sizes  # what carol of /etc/passwd needs
    said = create(box, "e")
    assert said.code == 125 and "1001 user ids" in said.stderr


def test_an_explicit_map_of_somebodys_range(box, user, first_id):
    create(box, "a")
    (first, _), = ranges(box)["a"]
    assert first == first_id
    middle = first if user.is_root else 1
    said = box.fails("run", "--uidmap", f"0:{middle + 5}:10", "bb:1", "true", code=125)
    assert f"map the host's user ids {first + 5}-{first + 14}: they were given to container a alone" in said
    said = box.fails("run", "--userns", f"auto:size=10,uidmapping=500:{middle}:1", "bb:1", "true", code=125)
    assert "given to container a alone" in said
    assert list(ranges(box)) == ["a"]


def test_a_range_avoids_explicit_maps(box, user, first_id):
    start = first_id + 100 if user.is_root else 101
    for name in "xy":  # explicit maps may share ids
        box.ok("run", "-d", "--name", name, "--uidmap", f"0:{start}:50", "bb:1", "sleep", "1000")
    box.ok("run", "-d", "--name", "a", "--userns", "auto:size=200", "bb:1", "sleep", "1000")
    found = ranges(box)
    assert found["x"] == found["y"] == [(first_id + 100, first_id + 149)]
    assert not overlaps(found["x"] + found["a"])
    assert {r["Name"]: r["UserNS"] for r in rows(box)} == {"x": "map", "y": "map", "a": "auto"}


@pytest.mark.rootless
def test_the_whole_map_is_nobodys_reservation(box):
    box.ok("run", "-d", "--name", "d", "bb:1", "sleep", "1000")
    box.ok("run", "-d", "--name", "k", "--userns", "keep-id", "bb:1", "sleep", "1000")
    box.ok("run", "-d", "--name", "n", "--userns", "nomap", "bb:1", "sleep", "1000")
    box.ok("run", "-d", "--name", "w", "--uidmap", "+5:0:1", "bb:1", "sleep", "1000")
    assert rows(box) == []
    assert create(box, "a").code == 0
    # and the other way round
    box.ok("run", "--rm", "bb:1", "true")
    box.ok("run", "--rm", "--userns", "keep-id", "bb:1", "true")
    box.ok("run", "--rm", "--uidmap", "+5:0:1", "bb:1", "true")


def test_two_stores_of_one_user(box, base, archive):
    other = type(box)(os.path.dirname(os.path.dirname(box.path)), os.path.join(base), box.env, box.user)
    other.options = ["--root", base + "/data2", "--runroot", base + "/run2"]
    other.data = base + "/data2"
    other.ok("load", "-q", "-i", archive)
    for i in range(3):
        assert create(box, f"a{i}").code == 0
        assert create(other, f"b{i}").code == 0
    mine = {r["Name"]: r for r in rows(box)}
    assert mine["b1"]["Status"] == "in another store" and mine["b1"]["Store"] == base + "/data2"
    assert mine["a1"]["Status"] == "running"
    found = ranges(box)
    assert len(found) >= 6 and not overlaps([span for spans in found.values() for span in spans])
    assert other.remove_all() == []
    assert {name for name in ranges(box) if name.startswith("b")} == set()


def test_a_store_by_two_names(box, base):
    """A link to it is the same store, not another one."""
    os.symlink(box.data, base + "/link")
    box.ok("run", "--name", "a", "--userns", "auto", "bb:1", "true")
    own_id = box.inspect("a")["Id"]
    box.options = ["--root", base + "/link", "--runroot", base + "/run3"]
    # those of tests that run meanwhile are listed too, and may be called the same
    found = [r for r in box.json("idmap", "ls", "--format", "json") if r["ContainerID"] == own_id]
    box.options = ["--root", box.data, "--runroot", box.run_dir]
    assert len(found) == 1 and found[0]["Status"] != "in another store"


def test_a_store_that_is_gone(box, base, archive, environment):
    other = type(box)(os.path.dirname(os.path.dirname(box.path)), os.path.join(base), box.env, box.user)
    other.options = ["--root", base + "/data2", "--runroot", base + "/run2"]
    other.ok("load", "-q", "-i", archive)
    other.ok("run", "--rm", "--userns", "auto", "bb:1", "true")
    box.user.remove_tree(base + "/data2")
    assert create(box, "a").code == 0
    if not box.user.is_root:
        with open(environment["XDG_DATA_HOME"] + "/cubby/stores", encoding="ascii") as f:
            assert f.read() == box.data + "\0"


@pytest.mark.root
def test_a_pool_that_was_changed(box, settings, first_id):
    """Ranges outside of it stay whose they are, and are pointed out."""
    settings(count=10000)
    assert create(box, "old", "--userns", "auto:size=100").code == 0
    settings(first=first_id + 20000, count=10000)
    assert create(box, "new", "--userns", "auto:size=100").code == 0
    found = {r["Name"]: r for r in rows(box)}
    assert found["old"]["OutsidePool"] and not found["new"]["OutsidePool"]
    assert found["old"]["Status"] == "running, outside the pool"
    assert found["new"]["UIDs"] == f"{first_id + 20000}-{first_id + 20099}"
    settings(first=first_id + 50, count=100)
    assert box.ok("run", "--rm", "--userns", "auto:size=50", "bb:1", "cat",
                  "/proc/self/uid_map").split() == ["0", str(first_id + 100), "50"]
    assert ": 50 of 100 free\n" in box.ok("idmap", "ls") + "\n"


def test_the_listing(box, user):
    empty = box.ok("idmap", "ls")
    assert empty.splitlines()[-1].startswith("Pool: ") and ": 65536 of 65536 free" in empty
    create(box, "a")
    box.ok("run", "-d", "--name", "x", "--uidmap", "0:2000:10", "--gidmap", "0:3000:10", "bb:1", "sleep", "1000")
    lines = [line for line in box.ok("idmap", "ls").splitlines() if "in another store" not in line]
    assert lines[0].split() == ["CONTAINER", "ID", "NAME", "USERNS", "UIDS", "GIDS", "STATUS"]
    assert lines[3] == "" and lines[4].startswith("Pool: " if user.is_root else "Pool of user ids: ")
    ids = box.ok("idmap", "ls", "-q").split()
    assert {r["ContainerID"][:12] for r in rows(box)} <= set(ids) and all(len(i) == 12 for i in ids)
    said = box.ok("idmap", "ls", "--format", "{{.Name}} {{.UserNS}}").splitlines()
    assert "a auto" in said and "x map" in said
    assert set(json.loads(box.ok("idmap", "ls", "--format", "json"))[0]) == {
        "ContainerID", "Name", "UserNS", "UIDs", "GIDs", "Status", "Store", "Exclusive", "OutsidePool"}


def test_rows_of_a_maker_who_was_killed(box):
    """kill -9 at many moments: the next commands find nothing that is left."""
    for i in range(12):
        maker = box.start("run", "-d", "--name", "k", "--userns", "auto", "bb:1", "sleep", "1000")
        try:
            maker.wait(timeout=0.004 * i)
        except subprocess.TimeoutExpired:
            pass
        maker.kill()
        maker.communicate()
        box("rm", "-f", "-t", "0", "k")
        process.wait_until(lambda: box.ok("ps", "-aq") == "" and rows(box) == [], f"round {i}: nothing is left")


def data_is_empty(box):
    return [os.listdir(box.data + "/containers"), os.listdir(box.run_dir + "/containers")] == [[], []]


@FAULTS
@pytest.mark.parametrize("step", ("id_range_insert", "id_range_committed", "purge_record", "purge_data", "purge_ids"))
def test_killed_at_each_step(box, step, first_id):
    for _ in range(2):
        done = box("run", "--rm", "--userns", "auto", "bb:1", "true", env={"CUBBY_FAIL": f"{step}:KILL"})
        assert done.code == -signal.SIGKILL, done
        process.wait_until(lambda: box.ok("ps", "-aq") == "" and rows(box) == [], "nothing is left")
        process.wait_until(lambda: data_is_empty(box), "no directory is left")
    assert create(box, "a").code == 0
    assert ranges(box)["a"][0][0] == first_id


@FAULTS
@pytest.mark.parametrize("step", ("id_range_insert", "id_range_committed"))
def test_failed_at_each_step(box, step):
    said = box.fails("run", "--rm", "--userns", "auto", "bb:1", "true", code=125, env={"CUBBY_FAIL": f"{step}:EIO"})
    assert "record the container's ids" in said
    assert rows(box) == [] and data_is_empty(box)


@FAULTS
def test_rows_of_the_dead_are_not_missing(box):
    """A used-up pool is swept before it is called used up."""
    dead = box("run", "--rm", "--userns", f"auto:size={POOL}", "bb:1", "true",
               env={"CUBBY_FAIL": "id_range_committed:KILL"})
    assert dead.code == -signal.SIGKILL
    box.ok("run", "--rm", "--userns", f"auto:size={POOL}", "bb:1", "true")


def test_without_the_run_directory(box):
    """After a reboot: what lay in memory is gone, the range of a container that exists is not."""
    box.ok("run", "--name", "s", "--userns", "auto", "bb:1", "true")
    before = ranges(box)["s"]
    box.user.remove_tree(box.run_dir)
    assert ranges(box)["s"] == before
    box.ok("rm", "s")
    assert rows(box) == []


@pytest.mark.rootless
def test_root_of_a_namespace(box, base, user):
    """It has the ids of the namespace, but 0."""
    place = os.path.join(base, "inner")
    os.mkdir(place)
    os.chmod(place, 0o777)
    done = run_program(["unshare", "--user", f"--map-users={user.subuid[0]},0,5000",
                        f"--map-groups={user.subgid[0]},0,5000", "--setuid", "0", "--setgid", "0", "--", box.path,
                        "--root", place + "/d", "--runroot", place + "/r", "idmap", "ls"],
                       env={**box.env, "XDG_CONFIG_HOME": place, "XDG_DATA_HOME": place}, cwd=place)
    assert done.code == 0 and "1-4999 (ids of this user namespace): 4999 of 4999 free" in done.stdout, done
