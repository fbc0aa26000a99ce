# SPDX-License-Identifier: Apache-2.0
"""--pid, --ipc, --uts, --network of other containers and of the host; what needs what."""

import os

import pytest

from support import image, process

KINDS = ("pid", "ipc", "uts", "net", "user")


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    path = os.path.join(shared_dir, "shared.tar")
    image.oci_archive(path, {"localhost/bb:1": image.busybox(pristine_root)})
    return path


@pytest.fixture
def box(cubby, archive):
    cubby.ok("load", "-q", "-i", archive)
    return cubby


def namespaces(pid):
    return {kind: os.readlink(f"/proc/{pid}/ns/{kind}") for kind in KINDS}


def test_each_kind_of_another_container(box):
    box.ok("run", "-d", "--name", "web", "--hostname", "www", "bb:1",
           "sh", "-c", "echo seen > /dev/shm/x; exec sleep 1000")
    web = namespaces(box.pid("web"))
    for option, kind in (("pid", "pid"), ("ipc", "ipc"), ("uts", "uts"), ("network", "net")):
        box.ok("run", "-d", "--name", "one", f"--{option}", "container:web", "bb:1", "sleep", "1000")
        one = namespaces(box.pid("one"))
        assert {k for k in KINDS if one[k] == web[k]} >= {kind, "user"}
        assert {k for k in KINDS if one[k] == web[k]} <= {kind, "user"}
        assert "dependent containers" in box.fails("rm", "-f", "web", code=125)
        box.ok("rm", "-f", "-t", "0", "one")
    inside = box.ok("run", "--rm", "--pid=container:web", "--ipc=container:web", "--uts=container:web",
                    "--network=container:web", "bb:1", "sh", "-c",
                    "cat /dev/shm/x; hostname; echo back > /dev/shm/y; cat /etc/hosts; ps")
    assert inside.startswith("seen\nwww\n") and " sleep 1000" in inside and "www web" in inside
    assert box.ok("exec", "web", "cat", "/dev/shm/y") == "back"
    assert box.ok("ps", "-aq", "--no-trunc") == box.ok("inspect", "-f", "{{.Id}}", "web")


def test_the_hosts(box):
    box.ok("run", "-d", "--name", "h", "--pid=host", "--ipc=host", "--uts=host", "bb:1", "sleep", "1000")
    ours, theirs = namespaces("self"), namespaces(box.pid("h"))
    assert {k for k in KINDS if ours[k] == theirs[k]} >= {"pid", "ipc", "uts"}
    # who joins one that shares the host's shares it as well
    box.ok("run", "-d", "--name", "i", "--pid=container:h", "--ipc=container:h", "bb:1", "sleep", "1000")
    again = namespaces(box.pid("i"))
    assert (again["pid"], again["ipc"], again["user"]) == (theirs["pid"], theirs["ipc"], theirs["user"])
    assert "shm" not in box.ok("run", "--rm", "--ipc=none", "bb:1", "ls", "/dev")


@pytest.mark.subids
def test_the_user_namespace_comes_along(box):
    box.ok("run", "-d", "--name", "iso", "--userns=auto", "--ipc=private", "bb:1", "sleep", "1000")
    box.ok("run", "-d", "--name", "web", "bb:1", "sleep", "1000")
    iso = namespaces(box.pid("iso"))
    box.ok("run", "-d", "--name", "in", "--pid=container:iso", "--network=container:iso", "bb:1", "sleep", "1000")
    joined = namespaces(box.pid("in"))
    assert [joined[k] for k in ("user", "pid", "net")] == [iso[k] for k in ("user", "pid", "net")]
    # joined through one that has joined
    box.ok("run", "--rm", "--pid=container:iso", "--uts=container:in", "--userns=container:iso", "bb:1", "true")
    assert "another one cannot be asked for" in box.fails(
        "run", "--pid=container:iso", "--userns=keep-id" if os.geteuid() else "--userns=host", "bb:1", "true")
    assert "different user namespaces" in box.fails(
        "run", "--pid=container:iso", "--network=container:web", "bb:1", "true")
    assert "non-shareable IPC" in box.fails("run", "--ipc=container:iso", "bb:1", "true")


def test_a_path(box):
    box.ok("run", "-d", "--name", "web", "bb:1", "sleep", "1000")
    pid = box.pid("web")
    web = namespaces(pid)
    box.ok("run", "-d", "--name", "p", f"--network=ns:/proc/{pid}/ns/net", f"--uts=ns:/proc/{pid}/ns/uts",
           "bb:1", "sleep", "1000")
    joined = namespaces(box.pid("p"))
    assert [joined[k] for k in ("user", "uts", "net")] == [web[k] for k in ("user", "uts", "net")]
    assert "is not a network namespace" in box.fails("run", f"--network=ns:/proc/{pid}/ns/uts", "bb:1", "true")


def test_nothing_outlives_it_in_a_shared_pid_namespace(box):
    box.ok("run", "-d", "--name", "web", "bb:1", "sleep", "1000")
    for options in (("--pid=host",), ("--pid=container:web",)):
        box.ok("run", "--rm", *options, "bb:1", "sh", "-c", "(sleep 4321 & sleep 4321 &) & sleep 0.1")
        process.wait_until(lambda: not [p for p in process.descendants() if process.command_line(p) == "sleep 4321"],
                           "what the container left to be killed", 5)
    assert "sleep 4321" not in box.ok("exec", "web", "ps")


def test_what_is_refused(box):
    for options, sentence in (
            (("--pid=web",), 'unrecognized namespace mode'),
            (("--pid=container:nobody",), 'no container with name or ID "nobody" found'),
            (("--requires=nobody",), 'no container with name or ID "nobody" found'),
            (("--uts=host", "--hostname=x"), "cannot set hostname"),
            (("--network=none", "--ip=10.0.0.1"), "can only be used with Bridge mode networking"),
            (("--network=host", "--network=web"), "cannot set multiple networks")):
        assert sentence in box.fails("run", *options, "bb:1", "true", code=125)


def test_namespaces_are_found_at_each_start(box):
    box.ok("run", "-d", "--name", "web", "bb:1", "sh", "-c", "hostname > /dev/shm/x; exec sleep 1000")
    box.ok("create", "--name", "side", "--pid=container:web", "--ipc=container:web", "--network=container:web",
           "bb:1", "sh", "-c", "cat /dev/shm/x; exec sleep 1000")
    for _ in range(2):
        # what it needs is started first, and has other namespaces each time
        box.ok("stop", "-t", "0", "web")
        box.ok("start", "side")
        web, side = namespaces(box.pid("web")), namespaces(box.pid("side"))
        assert [web[k] for k in ("user", "pid", "ipc", "net")] == [side[k] for k in ("user", "pid", "ipc", "net")]
        assert web["uts"] != side["uts"]
    assert box.ok("run", "--rm", "--requires", "web,side", "bb:1", "echo", "fine") == "fine"


def test_removal_follows_what_is_needed(box):
    box.ok("run", "-d", "--name", "web", "bb:1", "sleep", "1000")
    box.ok("run", "-d", "--name", "side", "--pid=container:web", "bb:1", "sleep", "1000")
    box.ok("run", "-d", "--name", "last", "--requires=side", "bb:1", "sleep", "1000")
    ids = {n: box.ok("inspect", "-f", "{{.Id}}", n) for n in ("web", "side", "last")}
    said = box.fails("rm", "-f", "web", code=125)
    assert f"which must be removed before it: {ids['side']}" in said
    assert box.ok("rm", "-f", "-t", "0", "--depend", "web").split() == [ids["last"], ids["side"], "web"]
    assert box.ok("ps", "-aq") == ""
