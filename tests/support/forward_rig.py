# SPDX-License-Identifier: Apache-2.0
"""The forwarder alone, between namespaces of its own. Run as root of a user namespace: unshare -Urn python3 THIS PROGRAM SCENARIO...

    LAN 192.0.2.2, 2001:db8::2 -- host 192.0.2.1, 2001:db8::1 (the forwarder listens here)
                                  gateway 10.89.0.1, fd89::1 -- container 10.89.0.2, fd89::2
"""

import contextlib
import ctypes
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
IS_SANITIZED = "ASAN_OPTIONS" in os.environ
LIMIT = 20 * float(os.environ.get("CUBBY_TEST_SLOW", "1"))
RULES = """
table inet cubby {
	chain prerouting {
		type filter hook prerouting priority mangle
		meta l4proto { tcp, udp } socket transparent 1 meta mark set 1
	}
}
"""
V4 = {"lan": "192.0.2.2", "host": "192.0.2.1", "gateway": "10.89.0.1", "container": "10.89.0.2"}
V6 = {"lan": "2001:db8::2", "host": "2001:db8::1", "gateway": "fd89::1", "container": "fd89::2"}


def check(done):
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Rig:
    """Namespaces by name, and what is done in them."""

    def __init__(self, program):
        self.program = program
        self.namespaces = {"host": os.open("/proc/self/ns/net", os.O_RDONLY)}
        for name in ("lan", "gateway", "container"):
            check(LIBC.unshare(CLONE_NEWNET))
            self.namespaces[name] = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.enter("host")
        self.join("host", "lan", 24, 64)
        self.join("gateway", "container", 24, 64)
        for family, one in (("-4", V4), ("-6", V6)):
            self.run("container", f"ip {family} route add default via {one['gateway']}")
            self.run("gateway", f"ip {family} rule add fwmark 1 lookup 100")
            self.run("gateway", f"ip {family} route add local default dev lo table 100")
        self.run("gateway", "nft -f -", RULES)

    def enter(self, name):
        check(LIBC.setns(self.namespaces[name], CLONE_NEWNET))

    @contextlib.contextmanager
    def inside(self, name):
        self.enter(name)
        try:
            yield
        finally:
            self.enter("host")

    def run(self, name, command, text=""):
        with self.inside(name):
            subprocess.run(command.split(), input=text, text=True, check=True)

    def join(self, left, right, length, length6):
        with self.inside(left):
            fd = self.namespaces[right]
            subprocess.run(["ip", "link", "add", right, "mtu", "65520", "type", "veth", "peer", left,
                            "netns", f"/proc/self/fd/{fd}"], check=True, pass_fds=[fd])
        for here, there in ((left, right), (right, left)):
            self.run(here, "ip link set lo up")
            self.run(here, f"ip link set {there} mtu 65520 up")
            self.run(here, f"ip address add {V4[here]}/{length} dev {there}")
            self.run(here, f"ip address add {V6[here]}/{length6} dev {there} nodad")

    def bound(self, where, kind, address, port, transform=None):
        """Bound, and listening if it is of TCP."""
        with self.inside(where):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            s = socket.socket(family, kind)
            if family == socket.AF_INET6:
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if kind == socket.SOCK_STREAM:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind((address, port))
            if kind == socket.SOCK_STREAM:
                s.listen(4096)
            s.settimeout(LIMIT)
            return s

    def connect(self, where, address, port, kind=socket.SOCK_STREAM, bind=None):
        with self.inside(where):
            s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
            s.settimeout(LIMIT)
            if bind:
                s.bind(bind)
            s.connect((address, port))
            return s

    @contextlib.contextmanager
    def forwarder(self, ports, addresses=("10.89.0.2/24", "fd89::2/64"), limit=None):
        """ports: of tcp and udp, as ("tcp", host's address, host's port, container's port)."""
        init = subprocess.Popen(["sleep", "600"])
        pidfd = os.pidfd_open(init.pid)
        fds, lines = [pidfd, self.namespaces["gateway"]], [f"init {pidfd}", f"net {self.namespaces['gateway']}", "transparent"]
        sockets = []
        for protocol, address, port, target in ports:
            kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
            s = self.bound("host", kind, address, port)
            sockets.append(s)
            fds.append(s.fileno())
            lines.append(f"{protocol}{'6' if ':' in address else ''} {s.fileno()} {target}")
        for word, address in zip(("address", "address6"), addresses):
            if address:
                lines.append(f"{word} {address}")
        plan = os.memfd_create("plan")
        os.write(plan, "\n".join(lines + [""]).encode())
        os.lseek(plan, 0, os.SEEK_SET)

        def prepare():
            if limit:
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

        p = subprocess.Popen([self.program, "forward", str(plan)], pass_fds=[*fds, plan], preexec_fn=prepare)
        for s in sockets:
            s.close()
        os.close(plan)
        os.close(pidfd)
        try:
            yield p, init
            assert p.poll() is None, f"the forwarder has ended: {p.returncode}"
        finally:
            init.kill()
            init.wait()
            assert p.wait(LIMIT) == 0


def both(port, target=None, protocol="tcp"):
    return [(protocol, a, port, target or port) for a in ("0.0.0.0", "::")]


def receive(s):
    """To the end."""
    data = b""
    while chunk := s.recv(1 << 16):
        data += chunk
    return data


def is_reset(action):
    try:
        action()
    except (ConnectionResetError, BrokenPipeError):
        return True
    return False


def addresses(rig):
    """Who the server thinks its client is."""
    listeners = {a: rig.bound("container", socket.SOCK_STREAM, a, 80) for a in ("0.0.0.0", "::")}
    cases = [
        ("lan", "192.0.2.1", "192.0.2.2"),
        ("lan", "2001:db8::1", "2001:db8::2"),
        ("host", "127.0.0.1", "10.89.0.1"),
        ("host", "::1", "fd89::1"),
        ("host", "192.0.2.1", "192.0.2.1"),
        ("host", "2001:db8::1", "2001:db8::1"),
    ]
    with rig.forwarder(both(8080, 80)):
        for where, address, seen in cases:
            client = rig.connect(where, address, 8080)
            server, peer = listeners["::" if ":" in address else "0.0.0.0"].accept()
            assert peer[0] == seen, (where, address, peer)
            if not address.startswith(("127", "::1")):
                assert peer[1] == client.getsockname()[1]
            client.sendall(b"hello")
            assert server.recv(100) == b"hello"
            server.sendall(b"well")
            assert client.recv(100) == b"well"
            server.close()
            client.close()
    # the container has one IP version only: the other's clients come from the gateway
    for have, address, seen in ((0, "2001:db8::1", "10.89.0.1"), (1, "192.0.2.1", "fd89::1")):
        own = ["10.89.0.2/24", None] if have == 0 else [None, "fd89::2/64"]
        with rig.forwarder(both(8081, 80), own):
            client = rig.connect("lan", address, 8081)
            _, peer = listeners["::" if have else "0.0.0.0"].accept()
            assert peer[0] == seen
    # the same client's port at two ports of the host that are one of the container
    with rig.forwarder(both(8082, 80) + both(8083, 80)):
        one = rig.connect("lan", "192.0.2.1", 8082)
        _, first = listeners["0.0.0.0"].accept()
        with rig.inside("lan"):
            two = socket.socket()
            two.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one_port = one.getsockname()[1]
            try:
                two.bind(("192.0.2.2", one_port))
            except OSError:
                two = None
        if two:
            two.connect(("192.0.2.1", 8083))
            _, second = listeners["0.0.0.0"].accept()
            assert (first[0], second[0]) == ("192.0.2.2", "10.89.0.1")


def endings(rig):
    """Half-close, reset and refused arrive as such, in both directions."""
    listener = rig.bound("container", socket.SOCK_STREAM, "0.0.0.0", 80)
    with rig.forwarder(both(8080, 80) + both(8081, 81)):
        def pair():
            client = rig.connect("lan", "192.0.2.1", 8080)
            return client, listener.accept()[0]

        for swap in (False, True):
            one, other = pair()[::-1] if swap else pair()
            one.sendall(b"question")
            one.shutdown(socket.SHUT_WR)
            assert receive(other) == b"question"
            big = b"answer" * 1000000
            sender = threading.Thread(target=lambda: (other.sendall(big), other.close()))
            sender.start()
            assert receive(one) == big
            sender.join()
            one.close()
        for swap in (False, True):
            one, other = pair()[::-1] if swap else pair()
            one.sendall(b"x")
            assert other.recv(1) == b"x"
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()
            assert is_reset(lambda: other.recv(1))
        # bytes that came before the reset are there to be read
        client, server = pair()
        client.sendall(b"unread")
        assert select.select([server], [], [], LIMIT)[0]
        server.sendall(b"413")
        assert client.recv(3) == b"413"
        server.close()
        assert is_reset(lambda: client.recv(1))
        # nobody listens there: the kernel has accepted it by then
        assert is_reset(lambda: rig.connect("lan", "192.0.2.1", 8081).recv(1))


def datagrams(rig):
    """UDP: from whom, to where the answer goes, and long ones."""
    servers = [rig.bound("container", socket.SOCK_DGRAM, a, 53) for a in ("0.0.0.0", "::")]

    def serve(s):
        with contextlib.suppress(OSError):
            while True:
                data, peer = s.recvfrom(1 << 16)
                s.sendto(f"{peer[0]} {peer[1]} ".encode() + data[:30000], peer)

    for s in servers:
        s.settimeout(None)
        threading.Thread(target=serve, args=[s], daemon=True).start()
    cases = [
        ("lan", "192.0.2.1", "192.0.2.2"),
        ("lan", "2001:db8::1", "2001:db8::2"),
        ("host", "127.0.0.1", "10.89.0.1"),
        ("host", "::1", "fd89::1"),
    ]
    with rig.forwarder(both(5353, 53, "udp") + both(5354, 53, "udp") + both(5355, 54, "udp")):
        for where, address, seen in cases:
            client = rig.connect(where, address, 5353, socket.SOCK_DGRAM)
            for size in (1, 1000, 60000):
                client.send(b"x" * size)
                who, port, data = client.recv(1 << 16).split(b" ", 2)
                assert who.decode() == seen, (where, address, who)
                assert len(data) == min(size, 30000)
                if where == "lan":
                    assert int(port) == client.getsockname()[1]
        # one socket of the client's, two ports of the host that are one of the container
        client = rig.connect("lan", "192.0.2.1", 5353, socket.SOCK_DGRAM)
        client.send(b"a")
        assert client.recv(100).startswith(b"192.0.2.2 ")
        client.connect(("192.0.2.1", 5354))
        client.send(b"b")
        assert client.recv(100).startswith(b"10.89.0.1 ")
        # nobody there; and others are served as before
        client = rig.connect("lan", "192.0.2.1", 5355, socket.SOCK_DGRAM)
        for _ in range(3):
            client.send(b"nobody")
        # more clients than there are sockets for
        many = [rig.connect("lan", "192.0.2.1", 5353, socket.SOCK_DGRAM) for _ in range(300)]
        for s in many:
            s.send(b"x")
            assert s.recv(100).startswith(b"192.0.2.2 ")


def many(rig):
    """As many connections at once as there are fds for; the rest has to wait and is not lost."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listener = rig.bound("container", socket.SOCK_STREAM, "0.0.0.0", 80)
    listener.setblocking(False)
    wanted = min(int(os.environ.get("FORWARD_CONNECTIONS", "10000")), (hard - 200) // 2)
    with rig.forwarder(both(8080, 80)) as (p, _):
        clients, servers = [], []
        with rig.inside("lan"):
            for i in range(wanted):
                s = socket.socket()
                s.connect(("192.0.2.1", 8080))
                clients.append(s)
                if i % 100 == 99:
                    assert select.select([listener], [], [], LIMIT)[0]
                    with contextlib.suppress(BlockingIOError):
                        while True:
                            servers.append(listener.accept()[0])

        listener.settimeout(LIMIT)
        while len(servers) < wanted:
            servers.append(listener.accept()[0])
        for s in servers:
            s.sendall(b"x")
        for s in clients:
            assert s.recv(1) == b"x"
        with open(f"/proc/{p.pid}/smaps_rollup", encoding="ascii") as f:
            print(f"{wanted} connections,", *[line.split()[1] for line in f if line.startswith("Rss")], "kB")
        for s in servers + clients:
            s.close()


def few_fds(rig):
    """When fds run out it stops accepting, and goes on when some are free; no spinning meanwhile."""
    listener = rig.bound("container", socket.SOCK_STREAM, "0.0.0.0", 80)
    with rig.forwarder(both(8080, 80), limit=100) as (p, _):
        clients = [rig.connect("lan", "192.0.2.1", 8080) for _ in range(40)]
        held = []
        listener.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            while True:
                held.append(listener.accept()[0])
        assert 5 < len(held) < 40
        before = cpu(p.pid)
        time.sleep(0.3)  # what is looked for is that nothing happens
        assert cpu(p.pid) - before < 0.15
        listener.settimeout(LIMIT)
        seen = len(held)
        while seen < 40:
            held.pop(0).close()
            clients.pop(0).close()
            held.append(listener.accept()[0])
            seen += 1


def cpu(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def ending(rig):
    """The forwarder ends with the container's init, and its connections with it."""
    listener = rig.bound("container", socket.SOCK_STREAM, "0.0.0.0", 80)
    with rig.forwarder(both(8080, 80)) as (p, init):
        client = rig.connect("lan", "192.0.2.1", 8080)
        listener.accept()
        with open(f"/proc/{p.pid}/status", encoding="ascii") as f:
            status = dict(line.split(":", 1) for line in f)
        assert int(status["NoNewPrivs"]) == 1
        assert int(status["CapPrm"], 16) == (1 << 13 | 1 << 10)
        print("memory:", *status["VmRSS"].split(), "of its own:", *status["RssAnon"].split())
        if not IS_SANITIZED:  # which wants system calls and memory of its own
            assert int(status["Seccomp"]) == 2
            assert int(status["RssAnon"].split()[0]) < 1024
        p.send_signal(signal.SIGSTOP)
        init.kill()
        init.wait()
        p.send_signal(signal.SIGCONT)
        assert p.wait(LIMIT) == 0
        p.poll = lambda: None
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""


def main():
    rig = Rig(sys.argv[1])
    for name in sys.argv[2:]:
        globals()[name](rig)
        print(name, "ok", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
