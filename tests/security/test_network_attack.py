# SPDX-License-Identifier: Apache-2.0
"""What must not be reachable by network, and what must not listen: docs/network.md says so, here it is tried."""

import json
import os
import socket
import threading

import pytest

from support import network, process
from support.program import Cubby

pytestmark = pytest.mark.network


@pytest.fixture
def box(cubby, net_archive):
    cubby.ok("load", "-q", "-i", net_archive)
    return cubby


class Loopback:
    """A server on the host's loopback that counts who came."""

    def __init__(self):
        self.came = []
        self.sockets = []
        four = socket.create_server(("127.0.0.1", 0))
        self.port = four.getsockname()[1]
        self.sockets = [four, socket.create_server(("::1", self.port), family=socket.AF_INET6)]
        for sock in self.sockets:
            threading.Thread(target=self.serve, args=[sock], daemon=True).start()

    def serve(self, sock):
        while True:
            try:
                client, address = sock.accept()
            except OSError:
                return
            self.came.append(address[0])
            client.close()

    def close(self):
        for sock in self.sockets:
            sock.close()


@pytest.fixture
def loopback():
    server = Loopback()
    yield server
    server.close()


def test_the_hosts_loopback(box, loopback, lan):
    """By any address that leads to the host in some engine."""
    with socket.create_connection(("127.0.0.1", loopback.port)):
        pass
    process.wait_until(lambda: loopback.came, "the server counts")
    loopback.came.clear()
    box.ok("network", "create", "--ipv6", "six")
    box.ok("run", "-d", "--name", "c", "--network", "six", "--cap-add", "NET_ADMIN,NET_RAW", "net:1", "sleep", "1000")
    at = box.inspect("c")["NetworkSettings"]["Networks"]["six"]
    tried = ["127.0.0.1", "::1", at["Gateway"], at["IPv6Gateway"], lan.host4, lan.host6, "10.0.2.2", "10.0.2.3", "169.254.1.1",
             "169.254.1.2", "fd00::2", "fd00::3"]
    script = f"for a in {' '.join(tried)}; do timeout 2 tell tcp $a {loopback.port} x & done; wait; echo tried"
    assert box("exec", "c", "sh", "-c", script).stdout == "tried\n"
    for name in ("host.containers.internal", "host.docker.internal"):
        assert box("exec", "c", "timeout", "2", "tell", "tcp", name, loopback.port, "x").stdout == ""
    # 127.0.0.0/8 by way of the gateway, as routes may be changed inside
    script = ("ip route flush table local; ip addr flush dev lo; "
              f"ip route add 127.0.0.0/8 via {at['Gateway']}; timeout 2 tell tcp 127.0.0.1 {loopback.port} x")
    assert box("exec", "c", "sh", "-c", script).stdout == ""
    assert loopback.came == []


@pytest.mark.rootless
def test_other_users(box, base, environment, user, net_archive):
    """Two stores are two gateways, as two users are: the same addresses, and no way from one to the other."""
    os.mkdir(base + "/other")
    other = Cubby(os.path.dirname(os.path.dirname(box.path)), base + "/other", environment, user)
    try:
        other.ok("load", "-q", "-i", net_archive)
        for one in (box, other):
            one.ok("network", "create", "--subnet", "10.99.5.0/24", "same")
        box.ok("run", "-d", "--name", "web", "--network", "same", "--ip", "10.99.5.77", "net:1", "tell", "serve", "80")
        box.wait_log("web", "serving")
        other.ok("run", "-d", "--name", "thief", "--network", "same", "net:1", "sleep", "1000")
        assert "x" in box.ok("run", "--rm", "--network", "same", "net:1", "tell", "tcp", "10.99.5.77", "80", "x")
        assert other("exec", "thief", "timeout", "3", "tell", "tcp", "10.99.5.77", "80", "x").stdout == ""
        assert other("exec", "thief", "nslookup", "web").code != 0
        assert other("exec", "thief", "nslookup", "-type=a", "thief").code == 0
        assert box.ok("logs", "web").count("tcp") == 1
    finally:
        assert other.remove_all() + network.end(other.run_dir) == []


def listening(host):
    """{(protocol, address, port)} of a host's network."""
    found = [line.split() for line in host.run("ss", "-Hltun").splitlines()]
    return {(f[0], *f[4].rpartition(":")[::2]) for f in found}


def links(host):
    return {link["ifname"] for link in json.loads(host.run("ip", "-j", "link"))}


@pytest.mark.root
def test_nothing_listens_and_nothing_appears(host, net_archive):
    """On a host of the test's own, by an ordinary user there."""
    box = host.cubby()
    box.ok("load", "-q", "-i", net_archive)
    before = listening(host), links(host)
    box.ok("run", "-d", "--name", "c", "net:1", "sleep", "1000")
    assert (listening(host), links(host)) == before
    box.ok("run", "-d", "--name", "d", "-p", "80", "-p", "127.0.0.1::81/udp", "net:1", "sleep", "1000")
    tcp = box.ok("port", "d", "80/tcp").splitlines()[0].rpartition(":")[2]
    udp = box.ok("port", "d", "81/udp").splitlines()[0].rpartition(":")[2]
    assert {(p, port) for p, _, port in listening(host) - before[0]} == {("tcp", tcp), ("udp", udp)}
    assert ("udp", "127.0.0.1", udp) in listening(host)
    assert links(host) == before[1]
    box.ok("rm", "-f", "-t", "0", "c", "d")
    process.wait_until(lambda: listening(host) == before[0], "the ports are closed")


def test_the_gateway_is_not_the_containers(box, user):
    """All capabilities inside change nothing of the gateway: its bridge, routes and rules are not in reach."""
    box.ok("network", "create", "shop")
    box.ok("run", "-d", "--name", "web", "--network", "shop", "net:1", "tell", "serve", "80")
    box.ok("run", "-d", "--name", "evil", "--network", "shop", "--privileged", "net:1", "sleep", "1000")
    at = box.inspect("evil")["NetworkSettings"]["Networks"]["shop"]
    web = box.inspect("web")["NetworkSettings"]["Networks"]["shop"]["IPAddress"]
    names = box.ok("exec", "evil", "ls", "/sys/class/net").split()
    assert sorted(names) == ["eth0", "lo"]
    # its own interface is all that it has: another name, another end, another namespace do not lead out
    for words in ("ip link set eth0 netns 1", "ip link add br0 type bridge", "ip link set eth0 down", "ip link set eth0 up",
                  "ip link set eth0 address 02:00:00:00:00:01"):
        box("exec", "evil", *words.split())
    box.ok("exec", "evil", "ip", "link", "del", "eth0")
    said = box.ok("run", "--rm", "--network", "shop", "net:1", "tell", "tcp", web, "80", "x")
    assert said.endswith("x")
    assert at["Gateway"] in box.ok("run", "--rm", "--network", "shop", "net:1", "ip", "route")
