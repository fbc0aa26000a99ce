# SPDX-License-Identifier: Apache-2.0
"""The processes that look after networks: killed one by one, raced for, and gone with the last container."""

import json
import os
import signal
import subprocess

import pytest

from support import network, process

pytestmark = pytest.mark.network


@pytest.fixture
def box(cubby, net_archive):
    cubby.ok("load", "-q", "-i", net_archive)
    return cubby


def server(box, name, *options):
    box.ok("run", "-d", "--name", name, *options, "net:1", "tell", "serve", "80")
    box.wait_log(name, "serving")


def address(box, name, network_name):
    return box.inspect(name)["NetworkSettings"]["Networks"][network_name]["IPAddress"]


def forwarders():
    return [p for p in process.descendants() if " forward " in process.command_line(p) + " "
            and "network" in process.command_line(p).split()[0]]


def links():
    said = subprocess.run(["ip", "-j", "link"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {link["ifname"] for link in json.loads(said)}


def tables():
    said = subprocess.run(["nft", "list", "tables"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return set(said.splitlines())


@pytest.mark.uplink
def test_each_helper_is_replaced(box, lan, user):
    box.ok("network", "create", "shop")
    server(box, "web", "--network", "shop", "-p", "80")
    box.ok("run", "-d", "--name", "client", "--network", "shop", "net:1", "sleep", "1000")
    web = address(box, "web", "shop")
    port = box.ok("port", "web", "80/tcp").splitlines()[0].rpartition(":")[2]

    def broken():
        """What does not work, nothing if all does."""
        if "x" not in box("exec", "client", "tell", "tcp", web, "80", "x").stdout:
            return "container to container"
        if web not in box("exec", "client", "nslookup", "-type=a", "web").stdout:
            return "names"
        if lan.tcp(lan.host4, port, "x") != f"{lan.address4}\nx":
            return "the published port"
        out = box("exec", "client", "timeout", "2", "tell", "tcp", lan.world4, lan.tell).stdout
        return None if out == lan.host4 + "\n" else "the way out"

    process.wait_until(lambda: not broken(), "everything works")
    gateway = network.gateway(box.run_dir)
    for pid in sorted(process.descendants(gateway)):
        os.kill(pid, signal.SIGKILL)
        said = process.command_line(pid)
        process.wait_until(lambda: not broken(), f"a new {said}")
        assert network.gateway(box.run_dir) == gateway
    for pid in forwarders():
        os.kill(pid, signal.SIGKILL)
        process.wait_gone(pid)
        box.ok("port", "web")  # any command that looks at ports
        process.wait_until(lambda: not broken(), "a new forwarder")
    os.kill(gateway, signal.SIGKILL)
    process.wait_gone(gateway)
    assert "x" in box.ok("exec", "client", "tell", "tcp", web, "80", "x")  # the bridge is the kernel's
    assert box.ok("run", "--rm", "--network", "shop", "net:1", "true") == ""
    assert network.gateway(box.run_dir) not in (None, gateway)
    process.wait_until(lambda: not broken(), "all as before")
    assert address(box, "web", "shop") == web


def test_many_at_once_and_nothing_is_left(box, user):
    """The first containers of a user, all started at the same time: one gateway, no address twice."""
    before = links(), tables() if user.is_root else None
    starting = [box.start("run", "-d", "--name", f"m{i}", "net:1", "sleep", "1000") for i in range(32)]
    for p in starting:
        _, said = p.communicate(timeout=60 * process.SLOW)
        assert p.returncode == 0, said
    found = [c["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
             for c in box.json("inspect", *[f"m{i}" for i in range(32)])]
    assert len(set(found)) == 32 and all(found)
    assert len(network.ask(box.run_dir, {"op": "status"})["members"]) == 32
    gateway = network.gateway(box.run_dir)
    ending = [box.start("rm", "-f", "-t", "0", *[f"m{i}" for i in part]) for part in (range(16), range(16, 32))]
    for p in ending:
        _, said = p.communicate(timeout=60 * process.SLOW)
        assert p.returncode == 0, said
    process.wait_gone(gateway)  # by itself; a question would keep it
    process.wait_until(lambda: not [p for p in process.descendants() if box.run_dir in process.command_line(p)],
                       "the end of its helpers")
    assert links() == before[0]
    if user.is_root:
        assert tables() == before[1]
    # and it begins anew
    assert box.ok("run", "--rm", "net:1", "sh", "-c", "ls /sys/class/net") == "eth0\nlo"


@pytest.mark.slow
def test_many_networks(box):
    """Fifty: no two have addresses in common, and a container may be at all of them."""
    names = [f"n{i}" for i in range(50)]
    for name in names:
        box.ok("network", "create", name)
    assert set(names) <= set(box.ok("network", "ls", "-q", "--format", "{{.Name}}").split())
    subnets = [n["subnets"][0]["subnet"] for n in box.json("network", "inspect", *names)]
    assert len(set(subnets)) == 50
    at = [x for name in names for x in ("--network", name)]
    inside = box.ok("run", "--rm", *at, "net:1", "sh", "-c", "ls /sys/class/net | wc -l; ip -4 -o addr | grep -c eth")
    assert inside.split() == ["51", "50"]
    box.ok("network", "rm", *names)


def test_a_pool_that_is_used_up(box):
    box.ok("network", "create", "--subnet", "10.99.7.0/29", "tiny")
    for i in range(5):
        box.ok("run", "-d", "--name", f"t{i}", "--network", "tiny", "net:1", "sleep", "1000")
    said = box.fails("run", "--rm", "--network", "tiny", "net:1", "true", code=125)
    assert "tiny" in said and "10.99.7.0/29" in said, said
    old = address(box, "t2", "tiny")
    said = box.fails("run", "--rm", "--network", "tiny", "--ip", old, "net:1", "true", code=125)
    assert old in said and "t2" in said, said
    box.ok("rm", "-f", "-t", "0", "t2")
    assert old in box.ok("run", "--rm", "--network", "tiny", "net:1", "ip", "-4", "addr", "show", "eth0")
