# SPDX-License-Identifier: Apache-2.0
"""A registry that misbehaves when told to, and a right one (OCI distribution specification) otherwise.

    registry = FaultyRegistry()
    digest = registry.add_image("a/b", "tag", [layer({"etc/motd": b"hello"})])
    registry.fault(r"/blobs/", cut=100, times=2)       # the first two GETs of a blob end after 100 bytes
    ... cubby pull registry.host + "/a/b:tag" ...
    assert registry.count(r"/blobs/sha256:abc") == 3
    registry.stop()

It lives in threads of the test process, on loopback. What a fault may be stands at Fault.

As a program it takes its set-up as JSON and says its port, for tests that are not in Python:
    faulty_registry.py '{"blobs": {"a": ["text", ["abc", 1000]]}, "faults": [{"path": "/blobs/", "cut": 3}]}'
(["abc", 1000] is "abc" a thousand times.) It ends with its standard input; a line "GET REGEX" there is
answered by how many such requests there were ("AUTHORIZED REGEX": with credentials).
"""

import base64
import contextlib
import gzip
import hashlib
import http.server
import io
import json
import re
import socket
import ssl
import struct
import sys
import tarfile
import threading
import urllib.parse
import uuid

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"

CHUNK = 64 * 1024


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def layer(files, compress=True):
    """A layer of {path: bytes}; None as bytes makes a directory. Return: (blob, diff id)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            if data is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            else:
                info.size, info.mode = len(data), 0o644
            tar.addfile(info, io.BytesIO(data or b""))
    data = out.getvalue()
    return (gzip.compress(data, mtime=0) if compress else data), digest_of(data)


class Fault:
    """What goes wrong with the requests whose path matches.

    path, method, times      which: a regular expression, "GET" (None: any), how many of them (None: all);
                             skip: how many are let through first
    cut=N                    the connection ends after N bytes of the body
    truncate=N               the body ends after N bytes, and Content-Length says so
    corrupt=True             a byte in the middle is another
    length=N                 Content-Length says N
    status=503, text, headers  this answer instead
    redirect=URL             302 to there (redirect_status=307); "loop": to itself
    drip=(N, SECONDS)        N bytes, then a pause, and so on
    media_type=T, digest_header=T  these headers lie
    size=N                   N bytes of body that never were asked for
    header_bytes=N           that many bytes of headers
    no_range=True            200 and everything, though a range was asked for
    wrong_range=True         206 with another range than asked for
    hang=True                no answer at all until the registry is stopped
    unauthorized=True        401 whatever is shown
    cut_upload=N             N bytes of what is sent are taken, then the connection is reset
    """

    def __init__(self, path, method=None, times=None, skip=0, **behaviour):
        self.path, self.method, self.times, self.skip = re.compile(path), method, times, skip
        self.behaviour = behaviour

    def take(self, method, path):
        if (self.method not in (None, method) or self.times == 0
                or not self.path.search(path)):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class FaultyRegistry:
    """See above. auth: None, "basic" or "token", with users {name: password}; tls: (cert, key) files."""

    def __init__(self, auth=None, users=None, tls=None, chunk_min=None, identity_token=None):
        self.auth, self.users, self.chunk_min = auth, users or {}, chunk_min
        self.identity_token = identity_token
        self.lock = threading.Lock()
        self.blobs = {}      # repository -> {digest: bytes}
        self.manifests = {}  # repository -> {tag or digest: (type, bytes)}
        self.uploads = {}    # id -> bytearray
        self.search_results = []
        self.faults = []
        self.requests = []   # (method, path with query, headers)
        self.tokens = {}     # token -> scopes
        self.stopped = threading.Event()
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.registry = self
        self.port = self.server.server_address[1]
        self.scheme = "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"
        self.host = f"localhost:{self.port}"
        self.url = f"{self.scheme}://{self.host}"
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # What it holds.

    def add_blob(self, repository, data):
        with self.lock:
            self.blobs.setdefault(repository, {})[digest_of(data)] = data
        return digest_of(data)

    def add_manifest(self, repository, reference, data, media_type=MANIFEST):
        if isinstance(data, dict):
            data = json.dumps(data).encode()
        with self.lock:
            manifests = self.manifests.setdefault(repository, {})
            manifests[digest_of(data)] = (media_type, data)
            if reference:
                manifests[reference] = (media_type, data)
        return digest_of(data)

    def add_image(self, repository, tag, layers, config=None, media_type=LAYER):
        """layers: (blob, diff id) each, as layer() makes them. Return: the manifest's digest."""
        document = {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/sh"]}}
        document.update(config or {})
        document["rootfs"] = {"type": "layers", "diff_ids": [diff_id for _, diff_id in layers]}
        text = json.dumps(document).encode()
        manifest = {
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": self.add_blob(repository, text),
                       "size": len(text)},
            "layers": [{"mediaType": media_type, "digest": self.add_blob(repository, blob),
                        "size": len(blob)} for blob, _ in layers],
        }
        return self.add_manifest(repository, tag, manifest)

    # What goes wrong, and what was asked for.

    def fault(self, path, **behaviour):
        with self.lock:
            self.faults.append(Fault(path, **behaviour))
        return self

    def take_fault(self, method, path):
        with self.lock:
            for fault in self.faults:
                if fault.take(method, path):
                    return fault.behaviour
        return {}

    def count(self, path, method="GET"):
        """How many requests there were whose path matches the regular expression."""
        with self.lock:
            return sum(1 for m, p, _ in self.requests
                       if method in (None, m) and re.search(path, p))

    def seen(self, path, method=None):
        """[(method, path, headers)] of the requests that match."""
        with self.lock:
            return [r for r in self.requests
                    if method in (None, r[0]) and re.search(path, r[1])]


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a client that goes away is part of the play


class _Cut(Exception):
    """The connection is to be reset."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and a small body in one packet
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    @property
    def registry(self):
        return self.server.registry

    def _reset(self):
        """The end, and what is still on its way is lost."""
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
        raise _Cut

    def _hang_up(self):
        """The end, but what was sent arrives."""
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
        raise _Cut

    # One request.

    def _handle(self):
        parts = urllib.parse.urlsplit(self.path)
        self.query = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
        with self.registry.lock:
            self.registry.requests.append((self.command, self.path, dict(self.headers)))
        self.fault = self.registry.take_fault(self.command, self.path)
        self.body_left = int(self.headers.get("Content-Length") or 0)
        try:
            self._route(urllib.parse.unquote(parts.path))
            self._drain()
            self.wfile.flush()
        except _Cut:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _handle

    def _drain(self):
        """What was sent and nobody wanted."""
        if self.body_left > 256 * CHUNK:
            self.close_connection = True
            return
        while self.body_left > 0 and self._read(CHUNK):
            pass

    def _read(self, n):
        data = self.rfile.read(min(n, self.body_left))
        self.body_left -= len(data)
        if not data and self.body_left:
            raise _Cut
        return data

    def _route(self, path):
        fault = self.fault
        if fault.get("hang"):
            self.registry.stopped.wait()
            self._reset()
        if "redirect" in fault:
            where = self.path if fault["redirect"] == "loop" else fault["redirect"]
            return self._answer(fault.get("redirect_status", 302), b"moved",
                                {"Location": where})
        if "status" in fault:
            return self._answer(fault["status"], fault.get("text", "").encode(),
                                fault.get("headers"))
        if "size" in fault:
            return self._huge(fault["size"])
        if path == "/token":
            return self._token()
        if path == "/v1/search":
            return self._search()
        if not path.startswith("/v2/"):
            return self._error(404, "NOT_FOUND", "no such page")
        if fault.get("unauthorized") or not self._authorized(path):
            return self._challenge(path)
        if path == "/v2/":
            return self._answer(200, b"{}", {"Content-Type": "application/json"})
        if path == "/v2/_catalog":
            names = sorted(set(self.registry.manifests) | set(self.registry.blobs))
            return self._page("repositories", names, {})
        match = re.fullmatch(r"/v2/(.+?)/(tags/list|manifests/([^/]+)|blobs/uploads/(.*)"
                             r"|blobs/([^/]+))", path)
        if not match:
            return self._error(404, "NOT_FOUND", "no such page")
        repository, what, reference, upload, digest = match.groups()
        if what == "tags/list":
            return self._tags(repository)
        if reference:
            return self._manifest(repository, reference)
        if digest:
            return self._blob(repository, digest)
        return self._upload(repository, upload)

    # Answers.

    def _error(self, status, code, message):
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        self._answer(status, body, {"Content-Type": "application/json"})

    def _huge(self, size):
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.send_header("Content-Type", MANIFEST)
        self.end_headers()
        while size > 0:
            self.wfile.write(b" " * min(size, CHUNK))
            size -= CHUNK

    def _answer(self, status, body=b"", headers=None):
        fault = self.fault
        headers = dict(headers or {})
        if "truncate" in fault:
            body = body[:fault["truncate"]]
        if fault.get("corrupt") and body:
            middle = len(body) // 2
            body = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1:]
        if "media_type" in fault:
            headers["Content-Type"] = fault["media_type"]
        if "digest_header" in fault:
            headers["Docker-Content-Digest"] = fault["digest_header"]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        for i in range(fault.get("header_bytes", 0) // 1000):
            self.send_header(f"X-Filler-{i}", "x" * 985)
        if status != 204:
            self.send_header("Content-Length", str(fault.get("length", len(body))))
        self.end_headers()
        if self.command == "HEAD" or status == 204:
            return
        self._send_body(body)
        if fault.get("length", len(body)) != len(body):
            self.wfile.flush()
            self.close_connection = True

    def _send_body(self, body):
        fault = self.fault
        if "cut" in fault:
            self.wfile.write(body[:fault["cut"]])
            self._hang_up()
        elif "drip" in fault:
            n, seconds = fault["drip"]
            for i in range(0, len(body), n):
                self.wfile.write(body[i:i + n])
                self.wfile.flush()
                if self.registry.stopped.wait(seconds):
                    self._reset()
        else:
            self.wfile.write(body)

    # Who may.

    def _credentials(self):
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return scheme.lower(), value
        try:
            name, _, password = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return "basic", None
        return "basic", (name, password)

    def _user_ok(self, pair):
        return pair is not None and self.registry.users.get(pair[0]) == pair[1]

    def _scope(self, path):
        match = re.match(r"/v2/(.+?)/(tags|manifests|blobs)/", path)
        if not match:
            return "registry:catalog:*" if path == "/v2/_catalog" else None
        action = "pull" if self.command in ("GET", "HEAD") else "pull,push"
        return f"repository:{match[1]}:{action}"

    def _authorized(self, path):
        if not self.registry.auth:
            return True
        scheme, value = self._credentials()
        if self.registry.auth == "basic":
            return scheme == "basic" and self._user_ok(value)
        granted = self.registry.tokens.get(value) if scheme == "bearer" else None
        wanted = self._scope(path)
        return granted is not None and (wanted is None or any(
            g.rpartition(":")[0] == wanted.rpartition(":")[0]
            and set(wanted.rpartition(":")[2].split(",")) <= set(g.rpartition(":")[2].split(","))
            for g in granted))

    def _challenge(self, path):
        if self.registry.auth == "basic":
            value = 'Basic realm="faulty"'
        else:
            value = f'Bearer realm="{self.registry.url}/token",service="faulty"'
            if self._scope(path):
                value += f',scope="{self._scope(path)}"'
        body = json.dumps({"errors": [{"code": "UNAUTHORIZED",
                                       "message": "authentication required"}]}).encode()
        self._answer(401, body, {"WWW-Authenticate": value})

    def _token(self):
        registry = self.registry
        if self.command == "POST":
            form = urllib.parse.parse_qs(self._read(CHUNK).decode())
            if form.get("refresh_token") != [registry.identity_token]:
                return self._error(401, "UNAUTHORIZED", "bad refresh token")
            scopes = form.get("scope", [""])[0].split()
        else:
            scheme, value = self._credentials()
            scopes = [s for group in self.query.get("scope", []) for s in group.split()]
            if registry.users and not (scheme == "basic" and self._user_ok(value)):
                if scheme:
                    return self._error(401, "UNAUTHORIZED", "incorrect username or password")
                scopes = []  # for anybody: a token for nothing
        token = uuid.uuid4().hex
        with registry.lock:
            registry.tokens[token] = scopes
        name = "access_token" if self.command == "POST" else "token"
        self._answer(200, json.dumps({name: token, "expires_in": 300}).encode(),
                     {"Content-Type": "application/json"})

    # Lists.

    def _page(self, key, items, more):
        last, n = self.query.get("last", [""])[0], int(self.query.get("n", ["100"])[0])
        page = [i for i in items if i > last][:n]
        headers = {"Content-Type": "application/json"}
        if page and page[-1] != items[-1]:
            path = urllib.parse.urlsplit(self.path).path
            headers["Link"] = (f'<{path}?last={urllib.parse.quote(page[-1])}&n={n}>; '
                               'rel="next"')
        self._answer(200, json.dumps({**more, key: page}).encode(), headers)

    def _tags(self, repository):
        manifests = self.registry.manifests.get(repository)
        if manifests is None:
            return self._error(404, "NAME_UNKNOWN", "repository name not known to registry")
        tags = sorted(t for t in manifests if not t.startswith("sha256:"))
        return self._page("tags", tags, {"name": repository})

    def _search(self):
        word = self.query.get("q", [""])[0]
        results = [r for r in self.registry.search_results if word in r["name"]]
        if not self.registry.search_results:
            return self._error(404, "NOT_FOUND", "no search here")
        self._answer(200, json.dumps({"num_results": len(results),
                                      "results": results}).encode(),
                     {"Content-Type": "application/json"})

    # Manifests and blobs.

    def _manifest(self, repository, reference):
        registry = self.registry
        if self.command == "PUT":
            data = self._read(self.body_left)
            if reference.startswith("sha256:") and reference != digest_of(data):
                return self._error(400, "DIGEST_INVALID", "digest does not match")
            registry.add_manifest(repository, reference, data,
                                  self.headers.get("Content-Type"))
            return self._answer(201, b"", {
                "Location": f"/v2/{repository}/manifests/{digest_of(data)}",
                "Docker-Content-Digest": digest_of(data)})
        found = registry.manifests.get(repository, {}).get(reference)
        if not found:
            return self._error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        media_type, data = found
        self._answer(200, data, {"Content-Type": media_type,
                                 "Docker-Content-Digest": digest_of(data)})

    def _blob(self, repository, digest):
        data = self.registry.blobs.get(repository, {}).get(digest)
        if data is None:
            return self._error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": digest}
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not match or self.fault.get("no_range"):
            return self._answer(200, data, headers)
        first = int(match[1])
        last = min(int(match[2] or len(data)), len(data) - 1)
        if self.fault.get("wrong_range"):
            first = max(0, first - 1)
        if first > last:
            return self._answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        return self._answer(206, data[first:last + 1], headers)

    # Uploads.

    def _upload(self, repository, upload):
        registry = self.registry
        if self.command == "POST" and not upload:
            return self._upload_begin(repository)
        if upload not in registry.uploads:
            return self._error(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown")
        data = registry.uploads[upload]
        if self.command == "DELETE":
            del registry.uploads[upload]
            return self._answer(204)
        if self.command in ("PATCH", "PUT"):
            match = re.fullmatch(r"(\d+)-(\d+)", self.headers.get("Content-Range", ""))
            if match and int(match[1]) != len(data):
                return self._upload_state(416, repository, upload)
            self._upload_take(data)
        if self.command != "PUT":
            status = 204 if self.command == "GET" else 202
            return self._upload_state(status, repository, upload)
        digest = self.query.get("digest", [""])[0]
        if digest != digest_of(data):
            del registry.uploads[upload]
            return self._error(400, "DIGEST_INVALID", "provided digest did not match")
        registry.add_blob(repository, bytes(data))
        del registry.uploads[upload]
        return self._answer(201, b"", {"Location": f"/v2/{repository}/blobs/{digest}",
                                       "Docker-Content-Digest": digest})

    def _upload_take(self, data):
        room = self.fault.get("cut_upload")
        while self.body_left:
            if room is not None and room <= 0:
                self._reset()
            piece = self._read(CHUNK if room is None else min(CHUNK, room))
            data += piece
            room = None if room is None else room - len(piece)

    def _upload_begin(self, repository):
        registry = self.registry
        digest, source = (self.query.get(k, [None])[0] for k in ("mount", "from"))
        if digest and digest in registry.blobs.get(source, {}):
            registry.add_blob(repository, registry.blobs[source][digest])
            return self._answer(201, b"", {"Location": f"/v2/{repository}/blobs/{digest}",
                                           "Docker-Content-Digest": digest})
        upload = uuid.uuid4().hex
        registry.uploads[upload] = bytearray()
        return self._upload_state(202, repository, upload)

    def _upload_state(self, status, repository, upload):
        have = len(self.registry.uploads[upload])
        headers = {"Location": f"/v2/{repository}/blobs/uploads/{upload}?state=x",
                   "Range": f"0-{max(have - 1, 0)}", "Docker-Upload-UUID": upload}
        if self.registry.chunk_min:
            headers["OCI-Chunk-Min-Length"] = str(self.registry.chunk_min)
        return self._answer(status, b"", headers)


def main():
    setup = json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}")
    options = {k: setup[k] for k in ("auth", "users", "chunk_min", "identity_token", "tls")
               if k in setup}
    with FaultyRegistry(**options) as registry:
        for repository, texts in setup.get("blobs", {}).items():
            for text in texts:
                if isinstance(text, list):
                    text = text[0] * text[1]
                registry.add_blob(repository, text.encode())
        for repository, manifests in setup.get("manifests", {}).items():
            for reference, text in manifests.items():
                registry.add_manifest(repository, reference, text.encode())
        registry.search_results = setup.get("search_results", [])
        for fault in setup.get("faults", []):
            path = fault.pop("path").replace("PORT", str(registry.port))
            if "redirect" in fault:
                fault["redirect"] = fault["redirect"].replace("PORT", str(registry.port))
            registry.fault(path, **fault)
        print(registry.port, flush=True)
        for line in sys.stdin:  # "METHOD REGEX": how many requests of that kind there were
            method, _, path = line.rstrip("\n").partition(" ")
            if method == "AUTHORIZED":
                print(sum("Authorization" in r[2] for r in registry.seen(path)), flush=True)
            else:
                print(registry.count(path, method), flush=True)


if __name__ == "__main__":
    main()
