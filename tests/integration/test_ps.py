# SPDX-License-Identifier: Apache-2.0
"""ps: columns, sizes, namespaces, order, filters, watching."""

import os

import pytest

from support import process


@pytest.fixture
def three(cubby, own_root):
    """web and db run, old has ended."""
    cubby.ok("run", "-d", "--name", "web", "--label", "app=site", "-v", f"{own_root}:/mnt:ro", "--rootfs", own_root,
             "sleep", "1000")
    cubby.ok("run", "-d", "--name", "db", "--label", "tier=a1", "cubby/hello", "sleep", "100")
    cubby("run", "--name", "old", "--rootfs", own_root, "sh", "-c", "exit 3")


def names(cubby, *options):
    return cubby.ok("ps", "-a", *options, "--format", "{{.Names}}").split()


def test_columns(cubby, three):
    head = cubby.ok("ps", "--ns").splitlines()[0]
    assert head.split("  ")[0] == "CONTAINER ID"
    assert head.split()[2:] == ["NAMES", "PID", "CGROUPNS", "IPC", "MNT", "NET", "PIDNS", "USERNS", "UTS"]
    pid = cubby.pid("web")
    uts = os.stat(f"/proc/{pid}/ns/uts").st_ino
    assert str(uts) in cubby.ok("ps", "--ns", "--filter", "name=web")
    assert cubby.json("ps", "--namespace", "--format", "json", "--filter", "name=web")[0]["Namespaces"]["Uts"] == str(uts)
    assert cubby.json("ps", "--format", "json")[0]["Namespaces"] == {}
    assert cubby.ok("ps", "--pod", "--size").splitlines()[0].endswith("SIZE")
    assert "POD ID  PODNAME" in cubby.ok("ps", "-p").splitlines()[0]
    sizes = {c["Names"][0]: c["Size"] for c in cubby.json("ps", "-as", "--format", "json")}
    assert sizes["web"]["rwSize"] > 500000 and sizes["web"]["rootFsSize"] == 0
    assert sizes["db"]["rootFsSize"] > sizes["db"]["rwSize"] > 0
    assert "(virtual " in cubby.ok("ps", "--filter", "name=db", "--format", "{{.Size}}")
    assert cubby.ok("ps", "--filter", "name=web", "--format", "{{.Mounts}} {{.Labels}} {{.State}} {{.ImageID}}") == \
        "[/mnt] map[app:site] running "
    assert cubby.ok("ps", "--filter", "name=db", "--format", "{{len .ImageID}}") == "12"
    assert len(cubby.ok("ps", "--sync", "--external", "-q").split()) == 2
    table = cubby.ok("ps", "--format", "table {{.Names}} {{.RunningFor}} {{.Pod}}").splitlines()
    assert table[0].split("  ")[0] == "NAMES" and "RUNNING FOR" in table[0] and "POD ID" in table[0]


def test_order_and_number(cubby, three):
    assert names(cubby) == ["web", "db", "old"]
    assert names(cubby, "--sort", "names") == ["db", "old", "web"]
    assert names(cubby, "--sort", "command") == ["old", "web", "db"]
    assert names(cubby, "--sort", "runningfor") == ["web", "db", "old"]
    assert len(names(cubby, "--sort", "size")) == 3
    assert cubby.ok("ps", "-n", "2", "--format", "{{.Names}}").split() == ["db", "old"]
    assert cubby.ok("ps", "--latest", "--format", "{{.Names}}") == "old"
    for words, said in ((["-l", "-n", "3"], "last and latest are mutually exclusive"),
                        (["-q", "-s"], "quiet conflicts with size and namespace"),
                        (["--ns", "-s"], "size and namespace options conflict"),
                        (["--filter", "before=nosuch"], "no such container"),
                        (["--filter", "until=x"], "failed to parse value as time or duration"),
                        (["--filter", "name=["], "filter"),
                        (["--sort", "colour"], "runningfor")):
        assert said in cubby.fails("ps", *words, code=125)


def test_more_filters(cubby, three, own_root):
    for filters, expected in ((["ancestor=hello"], ["db"]), (["command=^sleep"], ["web", "db"]),
                              ([f"volume={own_root}"], ["web"]), (["volume=/mnt"], ["web"]),
                              (["label=t*=a?"], ["db"]), (["label!=app"], ["db", "old"]), (["until=1h"], []),
                              (["until=0s"], ["web", "db", "old"]), (["status=stopped"], ["old"]),
                              (["status=paused", "status=exited"], ["old"]), (["health=none", "name=web"], ["web"])):
        words = [w for f in filters for w in ("--filter", f)]
        assert names(cubby, *words) == expected, filters
    some = cubby.inspect("db")["Id"]
    assert names(cubby, "--filter", "id=" + some[:5]) == names(cubby, "--filter", f"id=^{some}$") == ["db"]


def test_watch(cubby, three):
    watching = cubby.start("ps", "-q", "--watch", "1")
    first = [watching.stdout.readline() for _ in range(2)]
    cubby.ok("kill", "db")
    rest = []
    process.wait_until(lambda: rest.append(watching.stdout.readline()) or rest[-2:] == [first[0]] * 2, "one is gone")
    watching.kill()
    watching.communicate()
