# SPDX-License-Identifier: Apache-2.0
"""A laptop on its way: name servers, default route and interface of the host change while containers run, and names,
the way out and published ports go on. The host is a namespace of the test's own, in which cubby-test has containers."""

import pytest

from support import process

pytestmark = pytest.mark.root  # to make the host; the containers are an ordinary user's

NEW_HOST, NEW_LAN = "198.18.0.1", "198.18.0.2"


@pytest.fixture
def moving(host, net_archive):
    cubby = host.cubby()
    cubby.ok("load", "-q", "-i", net_archive)
    cubby.ok("run", "-d", "--name", "web", "-p", "80", "net:1", "tell", "serve", "80")
    cubby.wait_log("web", "serving")
    return cubby


def out(cubby, *argv):
    """What a command in the container says; "" if it fails."""
    done = cubby("exec", "web", *argv, timeout=30)
    return done.stdout.strip() if done.code == 0 else ""


def seen_as(cubby, lan):
    return out(cubby, "tell", "tcp", lan.world4, lan.tell)


def test_the_host_moves(host, moving):
    lan = host.lan
    port = moving.ok("port", "web", "80/tcp").splitlines()[0].rpartition(":")[2]
    assert seen_as(moving, lan) == lan.host4
    assert lan.address4 in out(moving, "nslookup", "-type=a", "which.test").splitlines()[-1]
    assert lan.tcp(lan.host4, port, "x") == f"{lan.address4}\nx"

    # a VPN comes up: other name servers
    host.resolv_conf(f"nameserver {lan.other4}\n")
    process.wait_until(lambda: lan.other4 in out(moving, "nslookup", "-type=a", "which.test"), "the new name server")

    # another router; and for a while none at all
    host.ip(f"route replace default via {lan.other4}")
    assert seen_as(moving, lan) == lan.host4
    host.ip("route del default")
    assert seen_as(moving, lan) == ""
    assert lan.tcp(lan.host4, port, "x") == f"{lan.address4}\nx"

    # from the cable to the air: another interface, other addresses, another name server
    host.ip("link set host0 down",
            f"link add wifi0 type veth peer name lan1 netns {host.agent}",
            f"addr add {NEW_HOST}/24 dev wifi0", "link set wifi0 up")
    host.in_lan(f"addr add {NEW_LAN}/24 dev lan1", "link set lan1 up")
    host.ip(f"route add default via {NEW_LAN}")
    host.resolv_conf(f"nameserver {lan.world4}\n")
    process.wait_until(lambda: lan.world4 in out(moving, "nslookup", "-type=a", "which.test"), "the name server out there")
    assert seen_as(moving, lan) == NEW_HOST
    assert out(moving, "tell", "tcp", "world.test", lan.tell) == NEW_HOST
    assert lan.tcp(NEW_HOST, port, "moved") == f"{NEW_LAN}\nmoved"

    # a container that starts now knows no other world
    assert moving.ok("run", "--rm", "net:1", "tell", "tcp", "world.test", lan.tell) == NEW_HOST
