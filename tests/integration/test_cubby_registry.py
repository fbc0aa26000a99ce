# SPDX-License-Identifier: Apache-2.0
"""cubby and registries: names and places, settings, certificates, logins, sending. What registries that
misbehave can do to a pull is in test_pull_faults.py."""

import concurrent.futures
import hashlib
import json
import os
import re

import pytest

from support.faulty_registry import FaultyRegistry, digest_of, layer
from support.registry import Registry, available

LAYERS = [layer({"bin": None, "bin/first": b"1" * 5000}),
          layer({"second": os.urandom(1_500_000)}),
          layer({"third": b"3" * 40_000})]

# Two more attempts, without waiting; what Retry-After says is waited for nevertheless.
QUICK = ("--retry=2", "--retry-delay=1ms")

needs_registry = pytest.mark.skipif(not available(), reason="needs docker-registry")


@pytest.fixture
def faulty(cubby):
    """Start one: faulty(auth="token", ...)."""
    started = []

    def start(**options):
        started.append(FaultyRegistry(**options))
        return started[-1]

    yield start
    for registry in started:
        registry.stop()


@pytest.fixture
def debians(cubby, base):
    """Start Debian's: debians(tls=True), debians(users={...})."""
    started = []

    def start(**options):
        started.append(Registry(base, **options))
        return started[-1]

    yield start
    for registry in started:
        registry.stop()


@pytest.fixture
def registry(faulty):
    """A registry that has a/b:tag."""
    r = faulty()
    r.add_image("a/b", "tag", LAYERS)
    return r


def names(cubby):
    return cubby.ok("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()


def check_store(cubby):
    """Each complete blob is what its name says."""
    directory = os.path.join(cubby.data, "blobs", "sha256")
    for name in os.listdir(directory) if os.path.isdir(directory) else []:
        with open(os.path.join(directory, name), "rb") as f:
            assert hashlib.sha256(f.read()).hexdigest() == name


def write_conf(environment, name, text):
    directory = os.path.join(environment["XDG_CONFIG_HOME"], "containers")
    home = os.path.join(environment["HOME"], ".config", "containers")
    for path in (directory, home):  # root's is looked for at home only by some
        os.makedirs(os.path.dirname(os.path.join(path, name)), exist_ok=True)
        with open(os.path.join(path, name), "w", encoding="utf-8") as f:
            f.write(text)


# Several at once.

@pytest.mark.subids
def test_eight_pulls_at_once_fetch_each_blob_once(cubby, faulty):
    registry = faulty()
    images = [f"image{i}:tag" for i in range(8)]
    for i in range(8):
        registry.add_image(f"image{i}", "tag", [*LAYERS, layer({f"own{i}": b"%d" % i * 1000})])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for result in pool.map(lambda name: cubby("pull", f"{registry.host}/{name}"), images):
            assert result.code == 0, result
    for blob, _ in LAYERS:
        assert registry.count(digest_of(blob)) == 1
    assert len(names(cubby)) == 8
    check_store(cubby)


# Names and places.

@pytest.mark.subids
def test_mirrors_and_short_names(cubby, faulty, environment):
    mirror, own = faulty(), faulty()
    mirror.add_image("copies/b", "tag", LAYERS)
    own.add_image("a/b", "tag", LAYERS)
    own.add_image("a/c", "tag", LAYERS[:1])
    write_conf(environment, "registries.conf", f"""
unqualified-search-registries = ["{own.host}"]
[[registry]]
prefix = "example.invalid/a"
location = "{own.host}/a"
[[registry.mirror]]
location = "{mirror.host}/copies"
[[registry]]
location = "blocked.example"
blocked = true
""")
    cubby.ok("pull", "example.invalid/a/b:tag")
    assert mirror.count("/blobs/") == 4 and own.count(".") == 0
    cubby.ok("pull", *QUICK, "example.invalid/a/c:tag")
    assert own.count("/a/c/manifests/") == 1
    cubby.ok("pull", "a/c:tag")
    assert sorted(names(cubby)) == sorted(["example.invalid/a/b:tag", "example.invalid/a/c:tag",
                                           f"{own.host}/a/c:tag"])
    assert "blocked" in cubby.fails("pull", "blocked.example/a:tag", code=125)


def test_policy(cubby, registry, environment):
    write_conf(environment, "policy.json", json.dumps({"default": [{"type": "reject"}]}))
    assert "policy.json" in cubby.fails("pull", f"{registry.host}/a/b:tag", code=125)
    assert registry.count(".") == 0


@pytest.mark.subids
def test_all_tags(cubby, registry):
    registry.add_image("a/b", "other", LAYERS[:2])
    cubby.ok("pull", "--all-tags", f"{registry.host}/a/b")
    assert sorted(names(cubby)) == [f"{registry.host}/a/b:{t}" for t in ("other", "tag")]


@pytest.mark.subids
def test_by_digest(cubby, registry):
    digest = registry.add_image("a/b", None, LAYERS[:1])
    cubby.ok("pull", f"{registry.host}/a/b:tag@{digest}")
    assert registry.count("/manifests/tag") == 0
    assert cubby.ok("images", "--digests", "--format", "{{.Digest}}") == digest


def test_proxies(cubby, registry):
    """They are used, but not for loopback, and are named when they are the reason."""
    env = {"https_proxy": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}
    said = cubby.fails("pull", "registry.invalid/a", code=125, env=env)
    assert "connect to the proxy for registry.invalid: connection refused" in said
    assert "https_proxy" in said
    said = cubby.fails("pull", f"{registry.host}/a/b:none", code=125, env=env)
    assert "manifest unknown" in said


# Who one is.

@needs_registry
@pytest.mark.subids
def test_tls(cubby, debians, faulty, environment, skopeo, base):
    registry = debians(tls=True)
    source = faulty()
    source.add_image("a/b", "tag", LAYERS)
    skopeo.ok("copy", "--src-tls-verify=false", "--dest-tls-verify=false",
              f"docker://{source.host}/a/b:tag", f"docker://{registry.host}/a/b:tag")
    name = f"{registry.host}/a/b:tag"
    said = cubby.fails("pull", name, code=125)
    assert f"verify the certificate of {registry.host}" in said
    assert f"/etc/containers/certs.d/{registry.host}/ca.crt" in said
    assert "--tls-verify=false" in said
    cubby.ok("pull", "--tls-verify=false", name)
    cubby.ok("pull", "--cert-dir", registry.certs_dir(), name)
    with open(registry.ca, encoding="ascii") as f:
        write_conf(environment, f"certs.d/{registry.host}/ca.crt", f.read())
    cubby.ok("pull", name)
    cubby.ok("push", name, f"{registry.host}/c/d:e")
    said = cubby.fails("pull", "--tls-verify=true", f"{source.host}/a/b:tag", code=125)
    assert "not TLS" in said and "--tls-verify=false" in said


@needs_registry
@pytest.mark.subids
def test_login_with_a_password(cubby, debians, faulty, base):
    registry = debians(users={"me": "se:cret"})
    source = faulty()
    source.add_image("a/b", "tag", LAYERS)
    cubby.ok("pull", f"{source.host}/a/b:tag")
    pushed = f"{registry.host}/a/b:tag"
    cubby.ok("tag", f"{source.host}/a/b:tag", pushed)
    auth = os.path.join(base, "auth.json")
    said = cubby.fails("push", "--authfile", auth, pushed, code=125)
    assert f"cubby login {registry.host}" in said or "auth.json" in said
    login = ("login", "--authfile", auth, "-u", "me", "--password-stdin", registry.host)
    said = cubby.fails(*login, input="wrong\n", code=125)
    assert f"log in to {registry.host}: {registry.host} refuses the credentials of me" in said
    assert "wrong" not in said and not os.path.exists(auth)
    cubby.ok(*login, input="se:cret\n")
    assert os.stat(auth).st_mode & 0o777 == 0o600
    assert cubby.ok("login", "--authfile", auth, "--get-login", registry.host) == "me"
    cubby.ok("push", "--authfile", auth, pushed)
    cubby.ok("rmi", "-a")
    cubby.ok("pull", "--authfile", auth, pushed)
    cubby.ok("pull", "--creds=me:se:cret", pushed)
    said = cubby.fails("pull", "--creds=me:wrong", pushed, code=125)
    assert "refuses the credentials of me" in said
    cubby.ok("logout", "--authfile", auth, registry.host)
    said = cubby.fails("pull", "--authfile", auth, pushed, code=125)
    assert f"cubby login {registry.host}" in said
    assert "not logged in" in cubby.fails("logout", "--authfile", auth, registry.host, code=125)


@pytest.mark.subids
def test_tokens(cubby, faulty, base):
    registry = faulty(auth="token", users={"me": "secret"})
    registry.add_image("a/b", "tag", LAYERS)
    auth = os.path.join(base, "auth.json")
    with open(auth, "w", encoding="ascii") as f:
        f.write("{}")
    name = f"{registry.host}/a/b:tag"
    assert "cubby login" in cubby.fails("pull", "--authfile", auth, name, code=125)
    cubby.ok("login", "--authfile", auth, "-u", "me", "--password-stdin", registry.host,
             input="secret")
    registry.requests.clear()
    cubby.ok("pull", "--authfile", auth, name)
    assert registry.count("/token") == 1
    cubby.ok("tag", name, f"{registry.host}/c/d:e")
    cubby.ok("push", "--authfile", auth, f"{registry.host}/c/d:e")
    assert registry.manifests["c/d"]["e"][1] == registry.manifests["a/b"]["tag"][1]


# Sending.

@pytest.mark.subids
def test_push_sends_what_is_not_there(cubby, faulty):
    source, target = faulty(), faulty()
    digest = source.add_image("a/b", "tag", LAYERS)
    cubby.ok("pull", f"{source.host}/a/b:tag")
    cubby.ok("push", f"{source.host}/a/b:tag", f"{target.host}/x:1")
    assert target.manifests["x"]["1"][1] == source.manifests["a/b"]["tag"][1]
    assert digest in target.manifests["x"]
    assert target.blobs["x"] == source.blobs["a/b"]
    sent = target.count(".", "PUT")
    cubby.ok("push", f"{source.host}/a/b:tag", f"{target.host}/x:2")
    assert target.count(".", "PUT") == sent + 1  # the manifest
    check_store(cubby)


@pytest.mark.subids
def test_push_mounts_from_another_repository(cubby, faulty):
    registry = faulty()
    registry.add_image("a/b", "tag", LAYERS)
    cubby.ok("pull", f"{registry.host}/a/b:tag")
    cubby.ok("push", f"{registry.host}/a/b:tag", f"{registry.host}/c/d:e")
    assert registry.count("mount=.*from=a%2Fb", "POST") == 4
    assert registry.count("/blobs/", "PUT") == 0
    assert registry.blobs["c/d"] == registry.blobs["a/b"]


PUSH_FAULTS = {
    "cut": {"path": "/uploads/", "method": "PUT", "cut_upload": 100_000, "times": 2},
    "chunks only": {"path": "/uploads/", "method": "PUT", "status": 405, "times": 1},
    "small chunks": {"path": "/uploads/", "method": "PUT", "status": 413, "times": 1},
    "busy": {"path": "/uploads/", "method": "POST", "status": 503, "times": 1},
}


@pytest.mark.subids
@pytest.mark.parametrize("name", PUSH_FAULTS)
def test_push_goes_on(name, cubby, registry, faulty):
    target = faulty().fault(**PUSH_FAULTS[name])
    cubby.ok("pull", f"{registry.host}/a/b:tag")
    cubby.ok("push", *QUICK, f"{registry.host}/a/b:tag", f"{target.host}/x:1")
    assert target.blobs["x"] == registry.blobs["a/b"]


@pytest.mark.subids
def test_push_that_is_refused(cubby, registry, faulty):
    target = faulty().fault("/uploads/", status=403,
                            text='{"errors":[{"code":"DENIED","message":"read only"}]}')
    cubby.ok("pull", f"{registry.host}/a/b:tag")
    said = cubby.fails("push", *QUICK, f"{registry.host}/a/b:tag", f"{target.host}/x:1", code=125)
    assert "answers 403: read only (DENIED)" in said
    assert "x" not in target.manifests


# Looking for something.

def test_search(cubby, faulty):
    registry = faulty()
    registry.search_results = [
        {"name": "debian", "description": "an \033[31mOS", "star_count": 7, "is_official": True},
        {"name": "me/debian-more", "description": "", "star_count": 0}]
    found = json.loads(cubby.ok("search", "--format=json", f"{registry.host}/debian"))
    assert [f["Name"] for f in found] == [f"{registry.host}/debian",
                                          f"{registry.host}/me/debian-more"]
    shown = cubby.ok("search", f"{registry.host}/debian")
    assert "\033" not in shown and "debian-more" in shown


@needs_registry
@pytest.mark.subids
def test_search_in_a_catalog(cubby, debians, registry):
    catalog = debians()
    cubby.ok("pull", f"{registry.host}/a/b:tag")
    for name in ("one/thing:1", "one/thing:2", "other:1"):
        cubby.ok("push", f"{registry.host}/a/b:tag", f"{catalog.host}/{name}")
    shown = cubby.ok("search", "--format", "{{.Name}}", f"{catalog.host}/thing")
    assert shown == f"{catalog.host}/one/thing"
    shown = cubby.ok("search", "--list-tags", "--format", "{{.Tag}}", f"{catalog.host}/one/thing")
    assert sorted(shown.splitlines()) == ["1", "2"]


def test_search_finds_no_registry(cubby):
    said = cubby.fails("search", "localhost:1/thing", code=125)
    assert re.search("search localhost:1: .*connection refused", said)
