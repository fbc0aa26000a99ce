# SPDX-License-Identifier: Apache-2.0
"""Names as containers see them: forwards, backwards, by TCP, of one's own networks only, and of what a limited one may reach."""

import ipaddress
import os
import signal
import socket
import struct

import pytest

from support import network, process

pytestmark = pytest.mark.network


@pytest.fixture
def shop(cubby, net_archive):
    cubby.ok("load", "-q", "-i", net_archive)
    cubby.ok("network", "create", "--ipv6", "shop")
    cubby.ok("network", "create", "--internal", "vault")
    yield cubby
    cubby.remove_all()
    cubby.ok("network", "rm", "-f", "shop", "vault")


def sleeper(cubby, name, *options):
    cubby.ok("run", "-d", "--name", name, *options, "net:1", "sleep", "1000")
    return cubby.inspect(name)["NetworkSettings"]["Networks"]


def look_up(cubby, asker, name, kind="a"):
    """Addresses, or the server's word for why there are none."""
    if kind == "ptr":
        name = ipaddress.ip_address(name).reverse_pointer
    said = cubby("exec", asker, "nslookup", f"-type={kind}", name).stdout
    for word in ("NXDOMAIN", "REFUSED", "SERVFAIL"):
        if word in said:
            return word
    answers = said.partition("\n\n")[2]
    return [line.split()[-1] for line in answers.splitlines() if line.startswith("Address") or "name = " in line]


def by_tcp(cubby, asker, server, name):
    """The first address of the answer to a question for A."""
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    query = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + wire + struct.pack("!HH", 1, 1)
    message = "".join(f"\\{byte:03o}" for byte in struct.pack("!H", len(query)) + query)
    said = cubby.ok("exec", asker, "sh", "-c", f"printf '{message}' | nc -w 5 {server} 53 | od -An -v -tx1")
    return socket.inet_ntoa(bytes.fromhex("".join(said.split()))[-4:])


def test_names(shop):
    db = sleeper(shop, "db", "--network", "shop", "--network-alias", "store", "--hostname", "dbhost")["shop"]
    sleeper(shop, "client", "--network", "shop", "--network", "vault")
    inner = sleeper(shop, "inner", "--network", "vault")["vault"]
    for name in ("db", "DB", "store", "dbhost", shop.inspect("db")["Id"][:12], "db.dns.podman"):
        assert look_up(shop, "client", name) == [db["IPAddress"]], name
    assert look_up(shop, "client", "db", "aaaa") == [db["GlobalIPv6Address"]]
    assert look_up(shop, "client", "inner", "aaaa") == []  # it is there, without such an address
    assert look_up(shop, "client", "nobody.dns.podman") == "NXDOMAIN"
    # backwards, and what nobody has is asked of nobody else
    assert look_up(shop, "client", db["IPAddress"], "ptr") == ["db"]
    assert look_up(shop, "client", db["GlobalIPv6Address"], "ptr") == ["db"]
    free = db["IPAddress"].rpartition(".")[0] + ".250"
    assert look_up(shop, "client", free, "ptr") == "NXDOMAIN"
    assert by_tcp(shop, "client", db["Gateway"], "store") == db["IPAddress"]
    # each sees the networks that it is at
    assert look_up(shop, "client", "inner") == [inner["IPAddress"]]
    assert look_up(shop, "inner", "db") == "NXDOMAIN"
    assert look_up(shop, "inner", "example.org") == "NXDOMAIN"
    assert look_up(shop, "db", "inner.dns.podman") == "NXDOMAIN"
    # two with one alias; one that has ended is gone
    other = sleeper(shop, "db2", "--network", "shop", "--network-alias", "store")["shop"]
    assert sorted(look_up(shop, "client", "store")) == sorted([db["IPAddress"], other["IPAddress"]])
    shop.ok("rm", "-f", "-t", "0", "db")
    process.wait_until(lambda: look_up(shop, "client", "store") == [other["IPAddress"]], "db is forgotten")
    assert look_up(shop, "client", "db.dns.podman") == "NXDOMAIN"


def test_other_names(shop):
    """A new name counts at once; a new network program knows all names, also those that no record has."""
    db = sleeper(shop, "db", "--network", "shop", "--hostname", "dbhost")["shop"]["IPAddress"]
    sleeper(shop, "client", "--network", "shop")
    assert look_up(shop, "client", "db") == [db]
    shop.ok("rename", "db", "ledger")
    assert look_up(shop, "client", "ledger") == [db] and look_up(shop, "client", "db") == "NXDOMAIN"
    os.kill(network.gateway(shop.run_dir), signal.SIGKILL)
    shop.ok("run", "--rm", "--network", "shop", "net:1", "true")
    for name in ("ledger", "dbhost"):
        assert look_up(shop, "client", name) == [db], name


def test_a_place_given_up(shop):
    """Names go with it, and do not come back with another name server."""
    sleeper(shop, "db", "--network", "shop", "--network", "vault")
    sleeper(shop, "client", "--network", "shop")
    shop.ok("network", "disconnect", "shop", "db")
    assert look_up(shop, "client", "db") == "NXDOMAIN"
    status = network.ask(shop.run_dir, {"op": "status"})
    assert [len(m["endpoints"]) for m in status["members"]] == [1, 1]
    os.kill(status["names"], signal.SIGKILL)
    process.wait_until(lambda: look_up(shop, "client", "client") not in ([], "SERVFAIL"), "another name server")
    assert look_up(shop, "client", "db") == "NXDOMAIN"
    shop.ok("network", "connect", "shop", "db")
    assert look_up(shop, "client", "db") == [shop.inspect("db")["NetworkSettings"]["Networks"]["shop"]["IPAddress"]]


def test_limited_names(shop):
    db = sleeper(shop, "db", "--network", "shop")["shop"]
    sleeper(shop, "other", "--network", "shop")
    sleeper(shop, "tight", "--network", "shop", "--allow-net", "db,*.example.org")
    assert look_up(shop, "tight", "db") == [db["IPAddress"]]
    assert look_up(shop, "tight", "other") == "REFUSED"
    assert look_up(shop, "tight", "www.example.com") == "REFUSED"
    assert look_up(shop, "tight", "www.example.org") != "REFUSED"  # asked for; whoever answers in this test

    def refusals():
        return shop.ok("events", "--stream=false", "--since", "10m", "--filter", "event=refused",
                       "--format", "json")

    process.wait_until(lambda: "www.example.com" in refusals(), "the refusal is an event")
    assert "tight" in refusals()
    assert "example.org" not in refusals()
    assert network.gateway(shop.run_dir)
