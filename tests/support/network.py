# SPDX-License-Identifier: Apache-2.0
"""Cubby's own network program, as tests look after it: what a container's default is, and that none is left."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess

from . import process, rootfs

_SETTINGS = """\
# Most tests are not about networks; one that is has the marker `network`.
[containers]
netns = "none"
"""


def default_none(config_home):
    """Containers have no network unless they ask for one. Other files of that kind go before this one."""
    directory = os.path.join(config_home, "containers", "containers.conf.d")
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "00-network.conf"), "w", encoding="utf-8") as f:
        f.write(_SETTINGS)


def compile_tell(path):
    """The static server and client of support/tell.c."""
    if os.path.exists(os.path.join(rootfs.READY, "tell")):
        return shutil.copy(os.path.join(rootfs.READY, "tell"), path)
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tell.c")
    subprocess.run(["cc", "-O1", "-D_GNU_SOURCE", "-static", "-o", path, source], check=True)
    return path


def ask(run_dir, request):
    """A request to the network program of a run directory, and its answer (a dict); OSError where there is none."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.settimeout(10 * process.SLOW)
        # by a short name: the path may be longer than a socket's can be
        fd = os.open(os.path.join(run_dir, "network"), os.O_RDONLY | os.O_DIRECTORY)
        try:
            sock.connect(f"/proc/self/fd/{fd}/control")
        finally:
            os.close(fd)
        sock.sendall(json.dumps(request).encode())
        data, fds, _, _ = socket.recv_fds(sock, 1 << 18, 8)
        for received in fds:
            os.close(received)
        if not data:
            raise ConnectionResetError("no answer")
        return json.loads(data)


def gateway(run_dir):
    """Pid of the network program, None if there is none."""
    with contextlib.suppress(OSError, ValueError):
        return ask(run_dir, {"op": "hello"}).get("pid")
    return None


def end(run_dir):
    """At a test's end: the program needs not wait for another container. Problems as sentences."""
    pid = gateway(run_dir)
    if not pid:
        return []
    try:
        below = process.descendants(pid)
        os.kill(pid, signal.SIGTERM)
        process.wait_until(lambda: not any(process.alive(p) for p in {pid, *below}),
                           "the network program and its helpers to end", 5)
    except ProcessLookupError:
        pass
    except AssertionError as late:
        return [str(late)]
    return []
