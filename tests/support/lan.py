# SPDX-License-Identifier: Apache-2.0
"""The network around the host, as support/stage.py makes it: fixture `lan`.

    lan.tcp("192.0.2.1", 8080, send="hi\\n")     a client in the LAN connects, speaks, hears until the end
    lan.udp("192.0.2.1", 8080, send="hi\\n")     ... or sends a packet and hears one
    lan.tell                                     port of the servers there, TCP and UDP, that tell the client's address

What goes wrong for the client is an OSError of Python's name, `lan.Failed`: "ConnectionRefusedError", "TimeoutError".
"""

import json
import os
import socket
import subprocess

from . import process, stage

PYTHON = "/usr/bin/python3"


class Failed(Exception):
    """Name of the client's error."""


class Lan:
    host4, host6 = stage.HOST4, stage.HOST6
    address4, other4, address6 = stage.LAN4, stage.OTHER_LAN4, stage.LAN6
    world4, world6 = stage.WORLD4, stage.WORLD6
    tell = 7000

    def __init__(self, host=None):
        """host: a process in the network namespace that plays the host, None for our own."""
        self.host = host

    def _connect(self, sock):
        if not self.host:
            sock.connect(stage.AGENT)
            return
        with open("/proc/thread-self/ns/net", "rb") as own, open(f"/proc/{self.host}/ns/net", "rb") as theirs:
            stage.set_namespace(theirs.fileno())
            try:
                sock.connect(stage.AGENT)
            finally:
                stage.set_namespace(own.fileno())

    def is_there(self):
        try:
            with socket.socket(socket.AF_UNIX) as sock:
                self._connect(sock)
        except OSError:
            return False
        return True

    def _ask(self, request):
        with socket.socket(socket.AF_UNIX) as sock:
            self._connect(sock)
            with sock.makefile("rwb") as f:
                f.write(json.dumps(request).encode() + b"\n")
                f.flush()
                said = json.loads(f.readline())
        if "error" in said:
            raise Failed(said["error"])
        return said["received"]

    def tcp(self, address, port, send="", until=None, source=None, timeout=5):
        """What came until the end, or until `until` was in it; our end is closed once `send` is sent, but with `until`."""
        return self._ask({"op": "tcp", "to": [address, int(port)], "send": send, "until": until, "from": source,
                          "timeout": timeout * process.SLOW})

    def udp(self, address, port, send="", source=None, timeout=5):
        """The packet that came back."""
        return self._ask({"op": "udp", "to": [address, int(port)], "send": send, "from": source,
                          "timeout": timeout * process.SLOW})

    def http(self, address, port, path="/", source=None, timeout=5):
        """Body of a GET; status other than 200 fails."""
        said = self.tcp(address, port, f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n", until="\0never", source=source,
                        timeout=timeout)
        head, _, body = said.partition("\r\n\r\n")
        assert " 200 " in head.split("\r\n", maxsplit=1)[0], said
        return body


class Host:
    """A host of the test's own for an ordinary user, whose routes, interfaces and name servers may change; root only.

    host.ip("route del default")            ip(8) there
    host.resolv_conf("nameserver ...")      replaced by renaming, as NetworkManager does
    host.argv(command, as_root=False)       the command line that runs there, as the user or as root
    host.lan                                the LAN at its other end
    """

    def __init__(self, base, name="cubby-test"):
        self.name = name
        before = process.descendants()
        with open(os.path.join(base, "stage.log"), "w+", encoding="utf-8") as log:
            # says so when it is there, and stays
            self.holder = subprocess.Popen(
                [PYTHON, "-B", stage.__file__, "--own-etc", "sh", "-c", "echo there; exec sleep 100000"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
            if not self.holder.stdout.readline():
                self.holder.wait()
                log.seek(0)
                raise AssertionError(log.read())
        self.lan = Lan(self.holder.pid)
        self.started = process.descendants() - before

    def argv(self, command, as_root=False, clean=()):
        """clean: the whole environment, as a dict, of what runs as the user."""
        become = ["setpriv", f"--reuid={self.name}", f"--regid={self.name}", "--init-groups"]
        if clean:
            become += ["env", "-i", *[f"{k}={v}" for k, v in clean.items()]]
        return ["nsenter", "-t", str(self.holder.pid), "--net", "--mount", *([] if as_root else become), *command]

    def run(self, *command, as_root=True):
        done = subprocess.run(self.argv(command, as_root), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stdout}"
        return done.stdout

    def ip(self, *lines):
        for line in lines:
            self.run("ip", *line.split())

    def resolv_conf(self, text):
        self.run("sh", "-euc", 'printf "%s" "$1" >/etc/.resolv.conf.new; mv /etc/.resolv.conf.new /etc/resolv.conf',
                 "sh", text)

    def end(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()
        for pid in self.started:
            process.wait_gone(pid)
