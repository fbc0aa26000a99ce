# SPDX-License-Identifier: Apache-2.0
"""The transfer program as the engine speaks to it: src/transfer/protocol.h.

    said = transfer.fetch("docker://" + registry.host + "/a/b:tag")
    said.code, said.error, said.images, said.result, said.progress, said.notes
    said.blobs[0]          the bytes that the unpacker of layer 0 would have read
    transfer.blobs()       digests that are in the store
    running = transfer.start("fetch", {...}); running.wait()
"""

import array
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import threading

from . import process

PACKET_MAX = 192 * 1024
COMPLETE = 1 << 63
REGISTRY = {"tls_verify": -1, "retry": -1, "retry_delay_usec": 1000}


class Said:
    """What came of one run."""

    def __init__(self):
        self.events, self.code = [], None
        self.followed = {}  # layer -> [(file fd, growth fd or None)]
        self.blobs = {}

    def of(self, event):
        return [e for e in self.events if e["event"] == event]

    @property
    def error(self):
        return (self.of("error") or [None])[0]

    @property
    def images(self):
        return self.of("image")

    @property
    def image(self):
        assert len(self.images) == 1, self.images or self.error
        return self.images[0]

    @property
    def result(self):
        return (self.of("result") or [None])[0]

    @property
    def notes(self):
        return [e["text"] for e in self.of("note")]

    def states(self, digest):
        return [e["state"] for e in self.of("progress") if e["id"] == digest]


class Running:
    """One process; a thread hears it."""

    def __init__(self, path, operation, request, data, env, unpack, stdin, stdout):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket, self.unpack, self.said = ours, unpack, Said()
        self.image_seen, self.blob_seen = threading.Event(), threading.Event()
        directory = os.open(data, os.O_PATH)
        fds = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (theirs.fileno(), directory)]
        # as the fds 3 and 4 of the program, whatever they are here
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", 'exec "$0" "$1" 3<&{0} 4<&{1} {0}<&- {1}<&-'.format(*fds),
             path, operation], pass_fds=fds, env=env, stdin=stdin, stdout=stdout)
        theirs.close()
        for fd in [directory, *fds]:
            os.close(fd)
        self.socket.send(json.dumps(request).encode())
        self.thread = threading.Thread(target=self._hear, daemon=True)
        self.thread.start()

    def _receive(self):
        fds = array.array("i")
        data, control, _, _ = self.socket.recvmsg(PACKET_MAX, socket.CMSG_SPACE(8 * 4))
        for level, kind, content in control:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(content[:len(content) - len(content) % fds.itemsize])
        return data, list(fds)

    def _hear(self):
        resets = 0
        while resets < 2:
            try:
                data, fds = self._receive()
            except ConnectionResetError:
                # once, ahead of the last words of one that left ours unread
                resets += 1
                continue
            except OSError:
                return
            if not data:
                return
            self._handle(json.loads(data), fds)

    def _handle(self, event, fds):
        self.said.events.append(event)
        if event["event"] == "image":
            self.image_seen.set()
            flags = self.unpack
            if isinstance(flags, bool):
                flags = [flags] * len(event["layers"])
            if flags is not None:
                self.socket.send(json.dumps({"unpack": flags}).encode())
        if event["event"] == "blob":
            self.blob_seen.set()
            pair = (fds[0], fds[1] if len(fds) > 1 else None)
            self.said.followed.setdefault(event["index"], []).append(pair)
        else:
            assert not fds

    def wait(self, timeout=60):
        self.said.code = self.process.wait(timeout * process.SLOW)
        self.thread.join(10)
        for index, pairs in self.said.followed.items():
            self.said.blobs[index] = _content(*pairs[-1])
            for pair in pairs:
                for fd in pair:
                    if fd is not None:
                        os.close(fd)
        self.socket.close()
        return self.said

    def abandon(self):
        """The engine is gone."""
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def _content(file_fd, growth_fd):
    """What a follower would have read; None if it was told to give up."""
    size = os.fstat(file_fd).st_size
    if growth_fd is not None:
        size = None
        while select.select([growth_fd], [], [], 0)[0]:
            record = os.read(growth_fd, 8)
            if not record:
                break
            value = struct.unpack("=Q", record)[0]
            if value & COMPLETE:
                size = value & ~COMPLETE
        if size is None:
            return None
    return os.pread(file_fd, size, 0)


class Transfer:
    def __init__(self, prefix, base, environment):
        self.path = os.path.join(prefix, "libexec", "cubby", "transfer")
        self.base, self.env = base, environment
        self.data = os.path.join(base, "data")
        os.makedirs(self.data, mode=0o700)

    def start(self, operation, request, unpack=True, stdin=None, stdout=None, data=None, env=None):
        return Running(self.path, operation, request, data or self.data,
                       {**self.env, **(env or {})}, unpack, stdin or subprocess.DEVNULL, stdout)

    def fetch_request(self, source, **more):
        registry = {**REGISTRY, **more.pop("registry", {})}
        return {"source": source, "platform": {}, "registry": registry, **more}

    def fetch(self, source, unpack=True, stdin=None, data=None, env=None, **more):
        return self.start("fetch", self.fetch_request(source, **more), unpack=unpack, stdin=stdin,
                          data=data, env=env).wait()

    def send(self, target, images, stdout=None, data=None, **more):
        """images: manifest digests, or whole dicts."""
        registry = {**REGISTRY, **more.pop("registry", {})}
        images = [{"manifest": i} if isinstance(i, str) else i for i in images]
        request = {"target": target, "images": images, "compression_level": -1,
                   "registry": registry, **more}
        return self.start("send", request, stdout=stdout, data=data).wait()

    def blobs(self):
        found = set()
        for algorithm in ("sha256", "sha512"):
            directory = os.path.join(self.data, "blobs", algorithm)
            if os.path.isdir(directory):
                found |= {f"{algorithm}:{name}" for name in os.listdir(directory)}
        return found

    def partial(self):
        directory = os.path.join(self.data, "blobs", "partial")
        return sorted(os.listdir(directory)) if os.path.isdir(directory) else []

    def blob(self, digest):
        with open(os.path.join(self.data, "blobs", digest.replace(":", "/")), "rb") as f:
            return f.read()
