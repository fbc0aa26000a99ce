# SPDX-License-Identifier: Apache-2.0
"""A web server, a client and a database on a network of their own: they find each other by name, go on after restarts and
at new addresses; others don't reach them; the LAN reaches what is published, and is seen as who it is."""

import pytest

from support import process
from support.lan import Failed

pytestmark = pytest.mark.uplink


@pytest.fixture
def shop(cubby, net_archive):
    cubby.ok("load", "-q", "-i", net_archive)
    cubby.ok("network", "create", "--ipv6", "shop")
    yield cubby
    cubby.remove_all()
    cubby.ok("network", "rm", "-f", "shop")


def server(cubby, name, port, *options):
    cubby.ok("run", "-d", "--name", name, *options, "net:1", "tell", "serve", port)
    cubby.wait_log(name, "serving")


def address(cubby, name, network, key="IPAddress"):
    return cubby.inspect(name)["NetworkSettings"]["Networks"][network][key]


def hears(cubby, client, name, port):
    """What a client of a service hears, who finds it by name."""
    return cubby("exec", client, "tell", "tcp", name, port, "hello").stdout.splitlines()


def test_names_go_on(shop):
    server(shop, "db", 5432, "--network", "shop")
    server(shop, "web", 80, "--network", "shop", "--network-alias", "www")
    shop.ok("run", "-d", "--name", "client", "--network", "shop", "net:1", "sleep", "1000")
    own = address(shop, "client", "shop")
    six = address(shop, "client", "shop", "GlobalIPv6Address")
    for name, port in (("db", 5432), ("web", 80), ("www", 80), (shop.inspect("web")["Id"][:12], 80)):
        said = hears(shop, "client", name, port)
        assert said[1:] == ["hello"] and said[0] in (own, six), (name, said)
    assert hears(shop, "web", "db", 5432)[1:] == ["hello"]

    # the database comes back at another address, while somebody else has its old one
    old = address(shop, "db", "shop")
    shop.ok("stop", "-t", "0", "db")
    server(shop, "squatter", 5432, "--network", "shop", "--ip", old)
    shop.ok("start", "db")
    new = address(shop, "db", "shop")
    assert new != old and address(shop, "squatter", "shop") == old
    process.wait_until(lambda: shop.ok("logs", "db").count("serving") == 2, "the database is back")
    assert new in shop.ok("exec", "client", "nslookup", "-type=a", "db")
    assert hears(shop, "client", "db", 5432)[1:] == ["hello"]
    shop.ok("restart", "-t", "0", "web")
    process.wait_until(lambda: shop.ok("logs", "web").count("serving") == 2, "the web server is back")
    assert hears(shop, "client", "www", 80)[1:] == ["hello"]
    assert shop("exec", "client", "nslookup", "nobody").code != 0

    # another network reaches nobody here, neither by name nor by address
    shop.ok("network", "create", "other")
    shop.ok("run", "-d", "--name", "stranger", "--network", "other", "net:1", "sleep", "1000")
    assert shop("exec", "stranger", "nslookup", "db").code != 0
    stranger = shop.start("exec", "stranger", "tell", "tcp", new, "5432", "x")
    assert shop("exec", "stranger", "tell", "udp", new, "5432", "x").code == 1
    assert stranger.wait(30) == 1
    stranger.communicate()
    assert shop("logs", "db").stdout.count(address(shop, "stranger", "other")) == 0
    # until it is connected
    shop.ok("network", "connect", "shop", "stranger")
    assert hears(shop, "stranger", "db", 5432)[1:] == ["hello"]
    shop.ok("rm", "-f", "-t", "0", "stranger")
    shop.ok("network", "rm", "other")


def test_the_lan_is_seen_as_who_it_is(shop, lan):
    server(shop, "web", 80, "--network", "shop", "-p", "80", "-p", "80/udp")
    tcp = shop.ok("port", "web", "80/tcp").splitlines()[0].rpartition(":")[2]
    udp = shop.ok("port", "web", "80/udp").splitlines()[0].rpartition(":")[2]
    for host, client in ((lan.host4, lan.address4), (lan.host6, lan.address6)):
        assert lan.tcp(host, tcp, "good day\n") == f"{client}\ngood day\n"
        assert lan.udp(host, udp, "good day\n") == f"{client}\ngood day\n"
    # two clients at once, each its own answers
    assert lan.udp(lan.host4, udp, "x", source=lan.other4) == f"{lan.other4}\nx"
    for line in ("tcp " + lan.address4, "tcp " + lan.address6, "udp " + lan.address4, "udp " + lan.address6,
                 "udp " + lan.other4):
        shop.wait_log("web", line + "\n")

    # and gets out: by name, by address
    assert shop.ok("exec", "web", "tell", "tcp", lan.world4, lan.tell) == lan.host4
    assert shop.ok("exec", "web", "tell", "tcp", "world.test", lan.tell) == lan.host4
    assert shop.ok("exec", "web", "tell", "udp", lan.world4, lan.tell, "out") == f"{lan.host4}\nout"

    # what is stopped is closed, and comes back
    shop.ok("stop", "-t", "0", "web")
    with pytest.raises(Failed, match="ConnectionRefused"):
        lan.tcp(lan.host4, tcp)
    shop.ok("start", "web")
    process.wait_until(lambda: shop.ok("logs", "web").count("serving") == 2, "the web server is back")
    tcp = shop.ok("port", "web", "80/tcp").splitlines()[0].rpartition(":")[2]
    assert lan.tcp(lan.host4, tcp, "again") == f"{lan.address4}\nagain"
