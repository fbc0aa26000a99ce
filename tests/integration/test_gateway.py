# SPDX-License-Identifier: Apache-2.0
"""The gateway's program: made by the first container, gone after the last, found and rebuilt when something was killed."""

import os
import signal
import subprocess
import time

import pytest
from support import network, process

pytestmark = pytest.mark.network


def status(cubby):
    return network.ask(cubby.run_dir, {"op": "status"})


def members(cubby):
    return sorted(m["name"] for m in status(cubby)["members"])


def sleeper(cubby, root, name, *args):
    cubby.ok("run", "-d", "--name", name, *args, "--network", "bridge", "--rootfs", root, "sleep", "1000")


def address(cubby, name):
    return cubby.ok("exec", name, "ip", "-4", "-o", "addr", "show", "eth0").split()[3].split("/")[0]


def finds(cubby, name, other):
    return address(cubby, other) in cubby("exec", name, "nslookup", other).stdout


def killed(pid):
    os.kill(pid, signal.SIGKILL)
    process.wait_until(lambda: not process.alive(pid), f"process {pid} to end")


def test_comes_and_goes(cubby, own_root, user):
    """Short containers leave no trace, the program lingers for the next one and then ends."""
    for _ in range(3):
        said = cubby.ok("run", "--rm", "--network", "bridge", "--rootfs", own_root, "ip", "route")
        assert said.splitlines()[0].startswith("default via 10."), said
    seen = status(cubby)
    first = seen["pid"]
    process.wait_until(lambda: members(cubby) == [], "the containers to be forgotten", 2)
    assert [n["name"] for n in seen["networks"]] == ["bridge"]
    interface = seen["networks"][0]["interface"]
    if user.is_root:
        assert interface in os.listdir("/sys/class/net")
    started = time.monotonic()
    process.wait_until(lambda: not process.alive(first), "the program to end", 10)
    assert time.monotonic() - started > 0.5
    assert interface not in os.listdir("/sys/class/net")
    assert network.gateway(cubby.run_dir) is None

    # and again, where both race for it
    racing = [cubby.start("run", "--rm", "--network", "bridge", "--rootfs", own_root, "true",
                          stderr=subprocess.STDOUT) for _ in range(4)]
    for one in racing:
        said, _ = one.communicate(timeout=30)
        assert one.returncode == 0, said
    assert network.gateway(cubby.run_dir) != first


def test_what_is_killed_is_rebuilt(cubby, own_root):
    sleeper(cubby, own_root, "anna")
    sleeper(cubby, own_root, "bert")
    assert members(cubby) == ["anna", "bert"]
    assert finds(cubby, "anna", "bert")

    before = status(cubby)
    killed(before["names"])
    process.wait_until(lambda: status(cubby).get("names") not in (None, before["names"]), "another name server")
    process.wait_until(lambda: finds(cubby, "anna", "bert"), "names to be answered again")

    # the program itself: the containers go on, the next command starts another in the same namespace
    inside = address(cubby, "anna")
    names = status(cubby)["names"]
    killed(before["pid"])
    process.wait_until(lambda: not process.alive(names), "its name server to end")
    sleeper(cubby, own_root, "carl")
    after = status(cubby)
    assert after["pid"] != before["pid"] and members(cubby) == ["anna", "bert", "carl"]
    assert address(cubby, "anna") == inside
    assert finds(cubby, "anna", "carl") and finds(cubby, "carl", "bert")

    # killed, and the last container ends with nobody looking: nothing is left by the next one
    killed(after["pid"])
    cubby.ok("rm", "-f", "-t", "0", "anna", "bert", "carl")
    sleeper(cubby, own_root, "dora")
    assert members(cubby) == ["dora"]
    cubby.ok("rm", "-f", "-t", "0", "dora")


def test_a_restart_has_its_interfaces(cubby, own_root):
    """The namespace of the run before may not have been cleared away yet."""
    sleeper(cubby, own_root, "anna")
    for _ in range(3):
        cubby.ok("restart", "-t", "0", "anna")
        assert "eth0" in cubby.ok("exec", "anna", "ip", "addr")
        assert members(cubby) == ["anna"]
    process.wait_until(lambda: members(cubby) == ["anna"], "the earlier run to be cleared away")
    assert cubby.ok("exec", "anna", "ip", "route").startswith("default via 10.")
    cubby.ok("rm", "-f", "-t", "0", "anna")


def test_bad_requests(cubby, own_root):
    sleeper(cubby, own_root, "anna")
    for request, words in (({}, "no such request"), ({"op": "fly"}, "no such request: fly"), ([1], "not an object"),
                           ({"op": "attach"}, "member: is missing"), ({"op": "detach"}, "id: is missing"),
                           ({"op": "forget"}, "network: is missing"),
                           ({"op": "network", "networks": [{"id": "x"}]}, "a network's definition"),
                           ({"op": "attach", "member": {"id": "x"}}, "places in networks"),
                           ({"op": "announce", "member": {"id": "a" * 64}}, "not attached"),
                           ({"op": "attach", "member": {"id": "a" * 64, "endpoints": [
                               {"network": "b" * 64, "interface": "eth0"}]}}, "nobody has told of it")):
        said = network.ask(cubby.run_dir, request)
        assert words in said["error"]["text"], (request, said)
    assert network.ask(cubby.run_dir, {"op": "detach", "id": "a" * 64}) == {}
    assert network.ask(cubby.run_dir, {"op": "forget", "network": "a" * 64}) == {}
    assert members(cubby) == ["anna"]
    cubby.ok("rm", "-f", "-t", "0", "anna")


def routes(cubby, name):
    return [line.split()[2] for line in cubby.ok("exec", name, "ip", "route").splitlines() if line.startswith("default")]


def test_the_default_route_moves(cubby, own_root):
    """It goes by the first network that has a way out, also when networks come and go."""
    cubby.ok("network", "create", "--internal", "--subnet", "10.213.1.0/24", "inner")
    cubby.ok("network", "create", "--subnet", "10.213.2.0/24", "--subnet", "fd31:2::/64", "two")
    cubby.ok("network", "create", "--subnet", "10.213.3.0/24", "--subnet", "fd31:3::/64", "three")
    cubby.ok("run", "-d", "--name", "anna", "--network", "inner", "--rootfs", own_root, "sleep", "1000")
    assert routes(cubby, "anna") == []
    cubby.ok("network", "connect", "two", "anna")
    assert routes(cubby, "anna") == ["10.213.2.1"]
    cubby.ok("network", "connect", "three", "anna")
    assert routes(cubby, "anna") == ["10.213.2.1"]
    assert "default via fd31:2::1" in cubby.ok("exec", "anna", "ip", "-6", "route")
    cubby.ok("network", "disconnect", "two", "anna")
    assert routes(cubby, "anna") == ["10.213.3.1"]
    assert "default via fd31:3::1" in cubby.ok("exec", "anna", "ip", "-6", "route")
    cubby.ok("network", "reload", "anna")
    assert routes(cubby, "anna") == ["10.213.3.1"]
    cubby.ok("network", "disconnect", "three", "anna")
    cubby.ok("network", "disconnect", "inner", "anna")
    assert routes(cubby, "anna") == [] and "eth" not in cubby.ok("exec", "anna", "ip", "link")
    cubby.ok("network", "connect", "two", "anna")
    assert routes(cubby, "anna") == ["10.213.2.1"] and members(cubby) == ["anna"]
    cubby.ok("rm", "-f", "-t", "0", "anna")


def test_one_at_many_networks(cubby, own_root):
    names = [f"n{k}" for k in range(40)]
    for k, name in enumerate(names):
        cubby.ok("network", "create", "--subnet", f"10.213.{k}.0/24", "--subnet", f"fd31:{k:x}::/64", name)
    said = cubby.ok("run", "--rm", *[word for name in names for word in ("--network", name)], "--rootfs", own_root,
                    "ip", "-o", "addr")
    assert said.count("inet 10.213.") == 40 and said.count("inet6 fd31:") == 40
    assert len(status(cubby)["networks"]) == 40


def test_overlay_below_the_gateway(cubby, own_root, base):
    """Layers among the mounts, which --mount=type=bind of a build's RUN are too: who joins the gateway can clone nothing."""
    os.mkdir(base + "/src")
    with open(base + "/src/f", "w"):
        pass
    said = cubby.ok("run", "--rm", "--network", "bridge", "-v", f"{base}/src:/x:O", "--rootfs", own_root,
                    "sh", "-c", "touch /x/new; ls /x")
    assert said.split() == ["f", "new"] and os.listdir(base + "/src") == ["f"]
