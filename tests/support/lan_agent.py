# SPDX-License-Identifier: Apache-2.0
"""The rest of the network, as far as tests need it: runs in the LAN's namespace (support/stage.py makes it), until its
standard input ends.

    80/tcp      HTTP: the client's address as a line, whatever was asked
    7000/tcp    the client's address as a line, then what was sent comes back
    7000/udp    the client's address as a line, and what was sent
    53          names: see ZONE; which.test is the address of the server that was asked

and a unix socket that comes along, for support/lan.py: a request is a line of JSON, and so is its answer.
"""

import json
import os
import select
import socket
import socketserver
import struct
import sys
import threading

NAME_SERVERS = ("192.0.2.2", "192.0.2.3", "2001:db8:1::2", "198.51.100.1")
ZONE = {
    "lan.test": ("192.0.2.2", "2001:db8:1::2"),
    "www.lan.test": ("192.0.2.2", "2001:db8:1::2"),
    "world.test": ("198.51.100.1", "2001:db8:2::1"),
    "www.world.test": ("198.51.100.1", "2001:db8:2::1"),
    "four.test": ("192.0.2.2", None),
}
A, AAAA = 1, 28


def plain(address):
    """Without what says that it is an IPv4 address in an IPv6 socket."""
    return address.removeprefix("::ffff:")


class Tell(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(plain(self.client_address[0]).encode() + b"\n")
        while True:
            data = self.request.recv(65536)
            if not data:
                return
            self.request.sendall(data)


class Http(socketserver.BaseRequestHandler):
    def handle(self):
        asked = b""
        while b"\r\n\r\n" not in asked and b"\n\n" not in asked:
            data = self.request.recv(65536)
            if not data:
                return
            asked += data
        body = plain(self.client_address[0]).encode() + b"\n"
        self.request.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"
                             % (len(body), body))


class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A client that goes away is no event."""


def answer(packet, own):
    """To a question about a name. Source: RFC 1035, section 4.1."""
    number, flags, n = struct.unpack("!HHH", packet[:6])
    at = 12
    labels = []
    while n and packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode(errors="replace").lower())
        at += 1 + packet[at]
    name, question = ".".join(labels), packet[12:at + 5]
    kind = struct.unpack("!H", packet[at + 1:at + 3])[0]
    known = ZONE.get(name)
    if name == "which.test":
        known = (None, own) if ":" in own else (own, None)
    address = known and {A: known[0], AAAA: known[1]}.get(kind)
    data = b""
    if address:
        raw = socket.inet_pton(socket.AF_INET if kind == A else socket.AF_INET6, address)
        data = struct.pack("!HHHIH", 0xc00c, kind, 1, 1, len(raw)) + raw
    code = 0 if known else 3
    return struct.pack("!HHHHHH", number, 0x8480 | (flags & 0x0100) | code, 1, bool(address), 0, 0) + question + data


def udp(sock, reply):
    while True:
        data, client = sock.recvfrom(65536)
        try:
            sock.sendto(reply(data, client), client)
        except (OSError, IndexError, struct.error):
            continue


def names_tcp(listener, own):
    while True:
        sock, _ = listener.accept()
        try:
            with sock, sock.makefile("rb") as f:
                sock.settimeout(5)
                said = answer(f.read(struct.unpack("!H", f.read(2))[0]), own)
                sock.sendall(struct.pack("!H", len(said)) + said)
        except (OSError, IndexError, struct.error):
            continue


def background(function, *args):
    threading.Thread(target=function, args=args, daemon=True).start()


def serve():
    for port, handler in ((80, Http), (7000, Tell)):
        background(Server(("::", port), handler).serve_forever)
    for family, own in ((socket.AF_INET, ("192.0.2.2", "192.0.2.3", "198.51.100.1")),
                        (socket.AF_INET6, ("2001:db8:1::2", "2001:db8:2::1"))):
        for address in own:  # each its own socket: answers come from the address that was asked
            sock = socket.socket(family, socket.SOCK_DGRAM)
            sock.bind((address, 7000))
            background(udp, sock, lambda data, client: client[0].encode() + b"\n" + data)
    for own in NAME_SERVERS:
        family = socket.AF_INET6 if ":" in own else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind((own, 53))
        background(udp, sock, lambda data, client, own=own: answer(data, own))
        listener = socket.create_server((own, 53), family=family)
        background(names_tcp, listener, own)


def ask(request):
    """Connect (or send a packet), say something, hear what comes back: until the end, or until it has `until` in it."""
    kind = socket.SOCK_DGRAM if request["op"] == "udp" else socket.SOCK_STREAM
    address, port = request["to"]
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as sock:
        sock.settimeout(request.get("timeout", 5))
        if request.get("from"):
            sock.bind((request["from"], 0))
        sock.connect((address, port))
        own = sock.getsockname()
        sock.sendall(request.get("send", "").encode())
        if kind == socket.SOCK_DGRAM:
            return {"own": own, "received": sock.recv(65536).decode(errors="replace")}
        until = request.get("until")
        if until is None:
            sock.shutdown(socket.SHUT_WR)
        heard = b""
        while until is None or until.encode() not in heard:
            data = sock.recv(65536)
            if not data:
                break
            heard += data
        return {"own": own, "received": heard.decode(errors="replace")}


class Control(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            try:
                said = ask(json.loads(line))
            except OSError as failed:
                said = {"error": type(failed).__name__}
            self.wfile.write(json.dumps(said).encode() + b"\n")
            self.wfile.flush()


def control(listener):
    while True:
        sock, _ = listener.accept()
        background(Control, sock, None, None)


def main():
    listener, told = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    serve()
    background(control, listener)
    os.write(told, b"ready\n")
    os.close(told)
    select.select([0], [], [])


if __name__ == "__main__":
    main()
