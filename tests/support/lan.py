# SPDX-License-Identifier: Apache-2.0
"""The network around the host, as support/stage.py makes it: fixture `lan`.

    lan.tcp("192.0.2.1", 8080, send="hi\\n")     a client in the LAN connects, speaks, hears until the end
    lan.udp("192.0.2.1", 8080, send="hi\\n")     ... or sends a packet and hears one
    lan.tell                                     port of the servers there, TCP and UDP, that tell the client's address

What goes wrong for the client is an OSError of Python's name, `lan.Failed`: "ConnectionRefusedError", "TimeoutError".
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess

from . import network, process, stage
from .peers import PATH
from .program import Cubby

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

    @contextlib.contextmanager
    def _connected(self):
        """A socket belongs to the network namespace that it was made in, and so does the name of an abstract one."""
        if not self.host:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.connect(stage.AGENT)
                yield sock
            return
        with open("/proc/thread-self/ns/net", "rb") as own, open(f"/proc/{self.host}/ns/net", "rb") as theirs:
            stage.set_namespace(theirs.fileno())
            try:
                sock = socket.socket(socket.AF_UNIX)
            finally:
                stage.set_namespace(own.fileno())
        with sock:
            sock.connect(stage.AGENT)
            yield sock

    def is_there(self):
        try:
            with self._connected():
                return True
        except OSError:
            return False

    def _ask(self, request):
        with self._connected() as sock, sock.makefile("rwb") as f:
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

    def __init__(self, base, prefix, name="cubby-test"):
        self.base, self.prefix, self.name = base, prefix, name
        self.programs = []
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

    def in_lan(self, *lines):
        """ip(8) at the other end."""
        for line in lines:
            subprocess.run(["nsenter", "-t", str(self.agent), "--net", "ip", *line.split()], check=True)

    def resolv_conf(self, text):
        self.run("sh", "-euc", 'printf "%s" "$1" >/etc/.resolv.conf.new; mv /etc/.resolv.conf.new /etc/resolv.conf',
                 "sh", text)

    @property
    def agent(self):
        """Pid of a process in the LAN's network namespace."""
        return next(p for p in self.started if "lan_agent.py" in process.command_line(p))

    def cubby(self):
        """The installed cubby as the ordinary user of this host, with data of its own; end() removes its containers."""
        program = _HostCubby(self)
        self.programs.append(program)
        return program

    def end(self):
        for program in self.programs:
            problems = program.remove_all() + network.end(program.run_dir)
            assert not problems, problems
        self._end()

    def _end(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()
        for pid in self.started:
            process.wait_gone(pid)


class _HostCubby(Cubby):
    def __init__(self, host):
        top = os.path.join(host.base, host.name)
        env = {"PATH": PATH, "USER": host.name, "LOGNAME": host.name, "LANG": "C.UTF-8", "TERM": "xterm",
               "HOME": os.path.join(top, "home"), "XDG_RUNTIME_DIR": os.path.join(top, "xdg-run")}
        for path in (top, env["HOME"], env["XDG_RUNTIME_DIR"]):
            os.mkdir(path, mode=0o700)
            shutil.chown(path, host.name, host.name)
        self.host = host
        super().__init__(host.prefix, top, env, None)

    def argv(self, *args):
        return self.host.argv(super().argv(*args), clean=self.env)
