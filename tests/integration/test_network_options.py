# SPDX-License-Identifier: Apache-2.0
"""--network and what goes with it: what a container has, what its files of /etc and `inspect` say."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket

import pytest

from support import process

pytestmark = pytest.mark.network


def up(cubby, root, name, *options):
    cubby.ok("run", "-d", "-t", "--name", name, *options, "--rootfs", root, "sleep", "1000")


def inside(cubby, name, script):
    return cubby.ok("exec", name, "sh", "-c", script)


def greeting(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as sock:
        return sock.recv(100)
    return b""


@pytest.fixture
def one(cubby):
    cubby.ok("network", "create", "--subnet", "10.213.5.0/24", "--subnet", "fd31:5::/64", "one")
    cubby.ok("network", "create", "--subnet", "10.213.6.0/24", "--internal", "two")
    return cubby


def test_two_networks(one, busybox_root):
    up(one, busybox_root, "web", "--network", "one:ip=10.213.5.9,ip6=fd31:5::9,mac=92-d0-c6-0a-29-33,alias=db",
       "--network", "two:interface_name=inner7", "--network-alias", "shop", "--hostname", "www",
       "--add-host", "up:host-gateway", "--dns-search", "lan.example", "--dns-option", "ndots:3")
    seen = inside(one, "web", "ip -o addr; cat /sys/class/net/eth0/address; echo; cat /etc/hosts /etc/resolv.conf")
    assert "eth0    inet 10.213.5.9/24" in seen and "inner7    inet 10.213.6." in seen
    assert "inet6 fd31:5::9/64" in seen and "92:d0:c6:0a:29:33" in seen
    hosts = dict((line.split()[0], line.split()[1:]) for line in seen.splitlines()
                 if re.match(r"10\.213\.|fd31:", line))
    assert hosts["10.213.5.9"][:2] == hosts["fd31:5::9"][:2] == ["www", "web"]
    assert {"db", "shop"} <= set(hosts["10.213.5.9"])
    inner = [names for address, names in hosts.items() if address.startswith("10.213.6.")]
    assert len(inner) == 1 and "shop" in inner[0] and "db" not in inner[0]
    assert "search lan.example" in seen.splitlines() and "options ndots:3" in seen.splitlines()
    assert re.findall("nameserver (.*)", seen) == ["10.213.5.1", "10.213.6.1"]
    # one address of the host, by three names, if it has any
    gateways = {line.split()[0] for line in seen.splitlines() if re.search(r"\s(up|host\.\w+\.internal)\b", line)}
    assert len(gateways) <= 1 and not any(a.startswith("127.") for a in gateways)

    settings = json.loads(one.ok("inspect", "-f", "{{json .NetworkSettings}}", "web"))
    first = settings["Networks"]["one"]
    assert (first["IPAddress"], first["IPPrefixLen"], first["Gateway"]) == ("10.213.5.9", 24, "10.213.5.1")
    assert (first["GlobalIPv6Address"], first["GlobalIPv6PrefixLen"]) == ("fd31:5::9", 64)
    assert first["MacAddress"] == "92:d0:c6:0a:29:33" and {"db", "shop"} <= set(first["Aliases"])
    assert settings["IPAddress"] == "" and set(settings["Networks"]) == {"one", "two"}
    assert one.ok("inspect", "-f", "{{.HostConfig.NetworkMode}}", "web") == "bridge"
    assert one.ok("ps", "--format", "{{.Networks}}") == "one,two"
    assert one.ok("ps", "--format", "{{.Names}}", "--filter", "network=two") == "web"
    assert one.ok("ps", "-q", "--filter", "network=bridge") == ""

    # addresses come and go with a run; what was asked for stays
    one.ok("stop", "-t", "0", "web")
    assert one.ok("inspect", "-f", "{{.NetworkSettings.Networks.one.IPAddress}}|", "web") == "|"
    one.ok("start", "web")
    assert "10.213.5.9" in inside(one, "web", "ip -o addr show eth0")


def test_the_default_network(cubby, busybox_root):
    up(cubby, busybox_root, "web", "--network", "private", "--add-host", "web:192.0.2.7")
    seen = inside(cubby, "web", "ip -o -4 addr show eth0; ip route; cat /etc/hosts")
    settings = json.loads(cubby.ok("inspect", "-f", "{{json .NetworkSettings}}", "web"))
    assert settings["IPAddress"] and settings["IPAddress"] in seen
    assert f"default via {settings['Gateway']} " in seen
    assert settings["Networks"]["bridge"]["IPAddress"] == settings["IPAddress"]
    # who says what a name is has the last word
    assert re.search(r"^192\.0\.2\.7\tweb$", seen, re.M)
    assert not re.search(r"^10\..*\bweb\b", seen, re.M)


def test_pods(one, busybox_root):
    one.ok("pod", "create", "--name", "shop", "--network", "one:ip=10.213.5.77", "--dns-search", "x.example",
           "--add-host", "db:192.0.2.9")
    up(one, busybox_root, "web", "--pod", "shop")
    seen = inside(one, "web", "ip -o -4 addr show eth0; cat /etc/hosts /etc/resolv.conf")
    assert "10.213.5.77" in seen and "192.0.2.9\tdb" in seen and "search x.example" in seen
    config = json.loads(one.ok("pod", "inspect", "-f", "{{json .InfraConfig}}", "shop"))
    assert config["Networks"] == ["one"] and config["StaticIP"] == "10.213.5.77"
    assert config["DNSSearch"] == ["x.example"]
    assert one.ok("pod", "ps", "-q", "--filter", "network=one") != ""
    assert "network cannot be configured when it is shared with a pod" in one.fails(
        "run", "--pod", "shop", "--add-host", "a:1.1.1.1", "--rootfs", busybox_root, "true", code=125)
    one.ok("pod", "rm", "-f", "-t", "0", "shop")


def test_refusals(one, busybox_root):
    for options, words in (
            (["--network", "nothing"], "network not found"),
            (["--network", "one", "--network", "one"], "network one is specified multiple times"),
            (["--network", "default", "--network", "bridge"], "can only set extra network names"),
            (["--network", "none", "--network", "one"], "cannot set multiple networks without bridge network mode"),
            (["--network", "one", "--network", "two", "--ip", "10.213.5.9"], "--ip can only be set for a single network"),
            (["--network", "host", "--mac-address", "92:d0:c6:0a:29:33"], "can only be used with Bridge mode networking"),
            (["--network", "one:ip=10.213.6.9"], "not in any subnet on network one"),
            (["--network", "one:what=x"], "unknown bridge network option: what"),
            (["--network", "none", "--allow-net", "example.org"], "--allow-net"),
            (["--network", "one", "--allow-net", "a b"], "--allow-net"),
            (["--network", "none", "--dns", "192.0.2.1"], "conflicting options: dns and the network mode: none"),
            (["--network", "slirp4netns:mtu=1"], 'invalid mtu "1" for slirp4netns'),
            (["--network", "pasta:--netns,/x"], "--netns is not yours to say")):
        assert words in one.fails("run", "--rm", *options, "--rootfs", busybox_root, "true", code=125), options
    up(one, busybox_root, "web", "--network", "one:ip=10.213.5.9")
    # who shares its user namespace can be at a network too
    assert "10.213.5." in one.ok("run", "--rm", "--pid", "container:web", "--network", "one", "--rootfs", busybox_root,
                                 "ip", "-o", "addr", "show", "eth0")
    assert "10.213.5.9" in one.fails("run", "--rm", "--network", "one:ip=10.213.5.9", "--rootfs", busybox_root, "true",
                                     code=125)


@pytest.mark.skipif(not shutil.which("slirp4netns"), reason="no slirp4netns")
def test_slirp4netns(cubby, busybox_root):
    if not os.access("/dev/net/tun", os.W_OK):
        pytest.skip("no /dev/net/tun")
    up(cubby, busybox_root, "web", "--network", "slirp4netns:mtu=1500,cidr=10.99.0.0/24", "-p", "127.0.0.1::80")
    cubby.ok("exec", "-d", "web", "sh", "-c", "while :; do echo hello | nc -l -p 80; done")
    port = int(cubby.ok("port", "web", "80").rpartition(":")[2])
    process.wait_until(lambda: greeting(port) == b"hello\n", "an answer from the container", 5)
    seen = inside(cubby, "web", "ip -o addr show tap0; ip route; cat /etc/resolv.conf")
    assert "inet 10.99.0.100/24" in seen and "default via 10.99.0.2" in seen and "nameserver 10.99.0.3" in seen
    helpers = [p for p in process.descendants() if "slirp4netns" in process.command_line(p)]
    assert len(helpers) == 2
    # ends with the container, whatever it dies of
    cubby.ok("kill", "web")
    process.wait_until(lambda: not any(process.alive(p) for p in helpers), "slirp4netns to end", 5)


@pytest.mark.rootless
@pytest.mark.skipif(not shutil.which("pasta"), reason="no pasta")
def test_pasta(cubby, busybox_root):
    if not os.access("/dev/net/tun", os.W_OK):
        pytest.skip("no /dev/net/tun")
    up(cubby, busybox_root, "web", "--network", "pasta:-I,up0,-a,10.98.0.7,-n,24,-g,10.98.0.1,-4")
    assert "inet 10.98.0.7/24" in inside(cubby, "web", "ip -o addr show up0")
    helpers = [p for p in process.descendants() if "pasta" in process.command_line(p)]
    assert len(helpers) == 3
    cubby.ok("kill", "web")
    process.wait_until(lambda: not any(process.alive(p) for p in helpers), "pasta to end", 5)

    # killed, who looks after it takes it along
    cubby.ok("start", "web")
    helpers = {p: process.command_line(p) for p in process.descendants() if "pasta" in process.command_line(p)}
    os.kill(min(p for p, line in helpers.items() if "network" in line), signal.SIGKILL)
    process.wait_until(lambda: not any(process.alive(p) for p in helpers), "pasta to end too", 5)
