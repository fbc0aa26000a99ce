# SPDX-License-Identifier: Apache-2.0
"""Published ports: bound before there is a container, served by a forwarder, seen in port, ps and inspect."""

import os
import signal
import socket

import pytest

from support.process import wait_until

pytestmark = pytest.mark.network

# answers on port 80 and 81 of TCP, over and over
SERVER = 'for p in 80 81; do while true; do echo "port $p" | nc -l -p $p; done & done; wait'


def hears(address, port):
    """All that the server says; "" where it refuses, or nobody listens there."""
    try:
        with socket.create_connection((address, int(port)), timeout=10) as s:
            s.shutdown(socket.SHUT_WR)
            with s.makefile() as f:
                return f.read()
    except ConnectionError:
        return ""


def is_served(address, port, want="port 80\n"):
    # each nc takes one connection, and before the next one there is none
    wait_until(lambda: hears(address, port) == want, f"{address} {port} is served")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def forwarder(cubby, name):
    with open(os.path.join(cubby.run_dir, "containers", cubby.inspect(name)["Id"], "ports"), encoding="utf-8") as f:
        return int(f.read().rsplit('"forwarder":"', 1)[1].split(":")[0])


def test_life_of_a_port(cubby, busybox_root):
    port = free_port()
    cubby.ok("run", "-d", "--network", "bridge", "--name", "web", "-p", f"{port}:80", "-p", "127.0.0.1::81",
             "-p", "53/udp", "--expose", "99", "--rootfs", busybox_root, "sh", "-c", SERVER)
    shown = dict(line.split(" -> ") for line in cubby.ok("port", "web").splitlines())
    assert shown["80/tcp"] == f"0.0.0.0:{port}"
    assert cubby.ok("port", "web", "80") == f"0.0.0.0:{port}"
    other = shown["81/tcp"].removeprefix("127.0.0.1:")
    udp = shown["53/udp"].removeprefix("0.0.0.0:")
    short = cubby.inspect("web")["Id"][:12]
    assert f"{short}\t80/tcp -> 0.0.0.0:{port}" in cubby.ok("port", "-a").splitlines()
    is_served("127.0.0.1", port)
    is_served("::1", port)
    is_served("127.0.0.1", other, "port 81\n")

    assert cubby.ok("ps", "--format", "{{.Ports}}").strip() == (
        f"0.0.0.0:{port}->80/tcp, 127.0.0.1:{other}->81/tcp, 0.0.0.0:{udp}->53/udp")
    assert {"host_ip": "127.0.0.1", "container_port": 81, "host_port": int(other), "range": 1,
            "protocol": "tcp"} in cubby.json("ps", "--format", "json")[0]["Ports"]
    seen = cubby.inspect("web")
    assert seen["NetworkSettings"]["Ports"] == {
        "80/tcp": [{"HostIp": "", "HostPort": str(port)}], "81/tcp": [{"HostIp": "127.0.0.1", "HostPort": other}],
        "53/udp": [{"HostIp": "", "HostPort": udp}], "99/tcp": None}
    assert "99/tcp" not in seen["HostConfig"]["PortBindings"] and "99/tcp" in seen["Config"]["ExposedPorts"]

    # somebody has it: before there is a container
    late = ["run", "-d", "--network", "bridge", "--name", "late"]
    said = cubby.fails(*late, "-p", f"{port}:80", "--rootfs", busybox_root, "true", code=125)
    assert f"publish 0.0.0.0:{port}/tcp: container web has it: address already in use" in said
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        number = taken.getsockname()[1]
        said = cubby.fails(*late, "-p", f"{number}:80", "--rootfs", busybox_root, "true", code=125)
        assert "address already in use" in said and f"sport = :{number}" in said
    assert cubby.names() == ["web"]

    # a forwarder that was killed comes back with the next look, with the same ports
    pid = forwarder(cubby, "web")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not hears("127.0.0.1", port), "nobody serves it")
    assert f"0.0.0.0:{port}->80/tcp" in cubby.ok("ps")
    is_served("127.0.0.1", port)
    assert forwarder(cubby, "web") != pid

    # at rest it has none; the next start has the same number, and another random one
    cubby.ok("stop", "-t", "0", "web")
    assert cubby.ok("port", "web") == "" and not hears("127.0.0.1", port)
    cubby.ok("start", "web")
    is_served("127.0.0.1", port)
    cubby.ok("rm", "-f", "-t", "0", "web")
    assert not hears("127.0.0.1", port)


def test_what_cannot_be(cubby, busybox_root):
    for words, want in (
            (["-p", "80:80/sctp"], "sctp ports can't be published"),
            (["-p", "8080:80", "-p", "8080:81"], "conflicting port mappings for host port 8080"),
            (["-p", "192.0.2.250:8080:80"], "this host has no such address"),
            (["-p", "80-90:80"], "different lengths")):
        assert want in cubby.fails("run", "--rm", "--network", "bridge", *words, "--rootfs", busybox_root, "true",
                                   code=125)
    if os.geteuid() != 0:
        said = cubby.fails("run", "--rm", "--network", "bridge", "-p", "80:80", "--rootfs", busybox_root, "true",
                           code=125)
        assert "privileged port 80" in said and "sysctl net.ipv4.ip_unprivileged_port_start=80" in said
    done = cubby("run", "--rm", "--network", "none", "-p", "8080:80", "--rootfs", busybox_root, "true")
    assert done.code == 0 and "Port mappings have been discarded" in done.stderr
    assert cubby.names() == []
