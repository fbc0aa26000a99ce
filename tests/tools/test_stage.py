# SPDX-License-Identifier: Apache-2.0
"""The network that the suites run in (tests/support/stage.py)."""

import socket
import subprocess

import pytest

from support.lan import Failed


def test_the_lan_answers(lan):
    said = subprocess.run(["busybox", "wget", "-q", "-O", "-", "http://four.test/"], check=True, stdout=subprocess.PIPE,
                          text=True).stdout
    assert said == lan.host4 + "\n"
    with pytest.raises(Failed, match="ConnectionRefused"):
        lan.tcp(lan.host4, 5555)
    with socket.create_server((lan.host4, 0)) as server:
        assert lan.tcp(lan.address4, lan.tell, "hi") == f"{lan.address4}\nhi"
        assert lan.udp(lan.world4, lan.tell, "hi").endswith("\nhi")
        port = server.getsockname()[1]
        server.settimeout(0.1)
        with pytest.raises(Failed, match="Timeout"):
            lan.tcp(lan.host4, port, until="never", timeout=0.2)


@pytest.mark.root
def test_a_host_that_moves(host):
    host.resolv_conf(f"nameserver {host.lan.other4}\n")
    assert host.lan.other4 in host.run("busybox", "nslookup", "-type=a", "which.test", as_root=False)
    host.ip("route del default", f"route add default via {host.lan.other4}")
    assert host.lan.tcp(host.lan.world4, host.lan.tell).endswith("\n")
    assert "cubby-test" in host.run("id", as_root=False)
