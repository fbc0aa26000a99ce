# SPDX-License-Identifier: Apache-2.0
"""Debian's docker-registry, each with a port and a storage directory of its own, on loopback.

    registry = Registry(base)                            # plain HTTP
    registry = Registry(base, tls=True)                  # with a CA of its own: registry.ca
    registry = Registry(base, users={"me": "secret"})    # basic authentication
    ... registry.host + "/a/b:tag" ...                   # "localhost:PORT"
    registry.stop()

It runs as whoever runs the tests. A registry is up when the constructor returns.
"""

import os
import shutil
import socket
import ssl
import subprocess
import urllib.error
import urllib.request

from . import process

PROGRAM = "/usr/bin/docker-registry"

CONFIG = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {storage}}}
  delete: {{enabled: true}}
  cache: {{blobdescriptor: inmemory}}
http:
  addr: 127.0.0.1:{port}
  secret: only-for-tests
{more_http}{auth}"""


def available():
    return os.access(PROGRAM, os.X_OK)


def free_port():
    """A port of 127.0.0.1 that nobody has; it may be somebody else's a moment later."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make_certificates(directory):
    """A CA and a certificate of it for localhost and 127.0.0.1. Return: paths (ca, cert, key)."""
    ca, ca_key, cert, key, request = (
        os.path.join(directory, n) for n in ("ca.crt", "ca.key", "tls.crt", "tls.key", "tls.csr"))
    names = os.path.join(directory, "names")
    with open(names, "w", encoding="ascii") as f:
        f.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")

    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", ca_key, "-out", ca, "-days", "2",
            "-subj", "/CN=test CA")
    openssl("req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=localhost")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial",
            "-days", "2", "-extfile", names, "-out", cert)
    return ca, cert, key


class Registry:
    def __init__(self, base, tls=False, users=None):
        assert available(), f"{PROGRAM} is missing: apt-get install docker-registry"
        self.directory = os.path.join(base, f"registry-{os.urandom(4).hex()}")
        self.storage = os.path.join(self.directory, "storage")
        os.makedirs(self.storage)
        self.users, self.tls, self.ca = users or {}, tls, None
        self.process = None
        self._http = self._auth = ""
        if tls:
            self.ca, cert, key = make_certificates(self.directory)
            self._http = f"  tls: {{certificate: {cert}, key: {key}}}\n"
        if users:
            self._auth = f"auth:\n  htpasswd: {{realm: test, path: {self._password_file()}}}\n"
        for attempt in range(5):  # somebody may have taken the port meanwhile
            if self._start():
                return
        raise AssertionError(f"docker-registry does not start: {self._log()}")

    def _password_file(self):
        path = os.path.join(self.directory, "htpasswd")
        with open(path, "w", encoding="utf-8"):
            pass
        for name, password in self.users.items():
            subprocess.run(["htpasswd", "-B", "-b", path, name, password], check=True,
                           capture_output=True)
        return path

    def _log(self):
        with open(os.path.join(self.directory, "log"), encoding="utf-8", errors="replace") as f:
            return f.read()[-2000:]

    def _start(self):
        self.port = free_port()
        self.host = f"localhost:{self.port}"
        self.url = f"{'https' if self.tls else 'http'}://{self.host}"
        config = os.path.join(self.directory, "config.yml")
        with open(config, "w", encoding="utf-8") as f:
            f.write(CONFIG.format(storage=self.storage, port=self.port, more_http=self._http,
                                  auth=self._auth))
        with open(os.path.join(self.directory, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"})
        process.wait_until(lambda: self.process.poll() is not None or self._answers(),
                           f"docker-registry to answer at {self.url}", 30)
        return self.process.poll() is None

    def _answers(self):
        context = ssl.create_default_context(cafile=self.ca) if self.tls else None
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        try:
            opener.open(f"{self.url}/v2/", timeout=5).close()
        except urllib.error.HTTPError as e:
            return e.code == 401
        except OSError:
            return False
        return True

    def certs_dir(self):
        """A directory for --cert-dir, which holds the CA."""
        path = os.path.join(self.directory, "certs")
        os.makedirs(path, exist_ok=True)
        shutil.copy(self.ca, os.path.join(path, "ca.crt"))
        return path

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
