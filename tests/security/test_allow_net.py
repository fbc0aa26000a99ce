# SPDX-License-Identifier: Apache-2.0
"""--allow-net: a container reaches what is on its list, whatever it tries; what it is refused is an event."""

import json

import pytest

from support import process

pytestmark = [pytest.mark.network, pytest.mark.uplink]


@pytest.fixture
def box(cubby, net_archive):
    cubby.ok("load", "-q", "-i", net_archive)
    cubby.ok("network", "create", "--ipv6", "six")
    yield cubby
    cubby.remove_all()
    cubby.ok("network", "rm", "-f", "six")


def heard(box, kind, address, port, name="lim", limit=1):
    """What a container hears of a server that tells: nothing, if it doesn't get there."""
    return box("exec", name, "timeout", limit, "tell", kind, address, port, "x").stdout


def reaches(box, kind, address, port, name="lim"):
    return "x" in heard(box, kind, address, port, name, limit=10)


def refused(box):
    """(address, protocol, port) of the events there are."""
    lines = box.ok("events", "--stream=false", "--filter", "event=refused", "--format", "json").splitlines()
    attributes = [json.loads(line)["Attributes"] for line in lines]
    return {(a["address"], a["protocol"], a.get("port")) for a in attributes}


def test_only_the_list(box, lan):
    for name in ("web", "db", "store"):
        box.ok("run", "-d", "--name", name, "--network", "six", "net:1", "tell", "serve", "80")
        box.wait_log(name, "serving")
    db = box.inspect("db")["NetworkSettings"]["Networks"]["six"]
    box.ok("run", "-d", "--name", "lim", "--network", "six", "--cap-add", "NET_ADMIN,NET_RAW",
           "--allow-net", f"{lan.address4}:{lan.tell},[{lan.address6}]:{lan.tell}", "--allow-net", f"store:80,{db['IPAddress']}:80",
           "net:1", "tell", "serve", "80")
    box.wait_log("lim", "serving")
    web = box.inspect("web")["NetworkSettings"]["Networks"]["six"]
    lim = box.inspect("lim")["NetworkSettings"]["Networks"]["six"]

    # what is listed, by address and by a name that the name server tells
    assert reaches(box, "tcp", lan.address4, lan.tell)
    assert reaches(box, "udp", lan.address4, lan.tell)
    assert reaches(box, "tcp", lan.address6, lan.tell)
    assert reaches(box, "tcp", "store", 80)
    assert reaches(box, "udp", db["IPAddress"], 80)
    # what isn't: another address of the same host, a neighbour by both families, a name
    assert heard(box, "tcp", lan.other4, lan.tell) == ""
    assert heard(box, "udp", lan.other4, lan.tell) == ""
    assert heard(box, "tcp", web["IPAddress"], 80) == ""
    assert heard(box, "udp", web["GlobalIPv6Address"], 80) == ""
    assert heard(box, "tcp", "web", 80) == ""
    assert box("exec", "lim", "nslookup", "secret.example.com").code != 0
    # others reach it, by TCP and UDP, and get their answers
    for address in (lim["IPAddress"], lim["GlobalIPv6Address"]):
        assert reaches(box, "tcp", address, 80, "web")
        assert reaches(box, "udp", address, 80, "web")

    # a neighbour's address, which it takes: nobody is answered, nor does the neighbour lose it
    take = f"ip addr add {web['IPAddress']}/24 dev eth0; ip addr del {lim['IPAddress']}/24 dev eth0"
    box.ok("exec", "lim", "sh", "-c", take)
    assert heard(box, "tcp", lan.address4, lan.tell) == ""
    assert reaches(box, "tcp", web["IPAddress"], 80, "db")
    # its own address, but another's hardware address
    back = (f"ip addr add {lim['IPAddress']}/24 dev eth0; ip addr del {web['IPAddress']}/24 dev eth0; "
            f"ip route add default via {lim['Gateway']}; ip link set eth0 address 02:00:00:00:00:99")
    box.ok("exec", "lim", "sh", "-c", back)
    assert heard(box, "tcp", lan.address4, lan.tell) == ""
    # nor does what needs no ARP leave it: no answer would come to that hardware address, so the neighbour is asked
    before = box.ok("logs", "db").count("udp " + lim["IPAddress"])
    assert before > 0
    box.ok("exec", "lim", "arp", "-s", db["IPAddress"], db["MacAddress"])
    assert heard(box, "udp", db["IPAddress"], 80) == ""
    assert box.ok("logs", "db").count("udp " + lim["IPAddress"]) == before

    told = {(lan.other4, "tcp", str(lan.tell)), (lan.other4, "udp", str(lan.tell)), (web["IPAddress"], "tcp", "80"),
            (web["GlobalIPv6Address"], "udp", "80"), ("secret.example.com", "dns", None)}
    process.wait_until(lambda: told <= refused(box), "the refusals are told")
