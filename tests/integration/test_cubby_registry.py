# SPDX-License-Identifier: Apache-2.0
"""cubby and registries: right ones, as docker-registry is, and ones that misbehave. Whatever they do,
nothing wrong is in the store afterwards, and a person knows what happened."""

import concurrent.futures
import hashlib
import json
import os
import re

import pytest

from support.faulty_registry import (INDEX, LAYER, FaultyRegistry, digest_of, layer)
from support.registry import Registry, available

LAYERS = [layer({"bin": None, "bin/first": b"1" * 5000}),
          layer({"second": os.urandom(1_500_000)}),
          layer({"third": b"3" * 40_000})]
BIG = LAYERS[1][0]

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


# What goes wrong and passes.

SURVIVED = {
    "cut": ({"path": f"/blobs/{digest_of(BIG)}", "cut": 1_200_000, "times": 1}, 2),
    "cut, and no ranges": ({"path": f"/blobs/{digest_of(BIG)}", "cut": 1_200_000, "times": 1,
                            "no_range": True}, 2),
    "cut at once": ({"path": f"/blobs/{digest_of(BIG)}", "cut": 0, "times": 2}, 3),
    "503": ({"path": f"/blobs/{digest_of(BIG)}", "status": 503, "times": 1,
             "headers": {"Retry-After": "1"}}, 2),
    "429": ({"path": f"/blobs/{digest_of(BIG)}", "status": 429, "times": 2,
             "headers": {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}}, 3),
    "500": ({"path": f"/blobs/{digest_of(BIG)}", "status": 500, "times": 1}, 2),
    "drip": ({"path": f"/blobs/{digest_of(BIG)}", "drip": (500_000, 0.1)}, 1),
    "a type that says nothing": ({"path": "/manifests/", "media_type": "text/plain"}, 1),
    "manifest cut": ({"path": "/manifests/", "cut": 20, "times": 2}, 1),
    "manifest 504": ({"path": "/manifests/", "status": 504, "times": 1}, 1),
}


@pytest.mark.subids
@pytest.mark.parametrize("name", SURVIVED)
def test_faults_that_pass(name, cubby, registry):
    fault, requests = SURVIVED[name]
    registry.fault(**fault)
    result = cubby("pull", *QUICK, f"{registry.host}/a/b:tag", check=True)
    assert names(cubby) == [f"{registry.host}/a/b:tag"]
    assert registry.count(digest_of(BIG)) == requests, result
    check_store(cubby)


@pytest.mark.subids
def test_a_retry_is_told(cubby, registry):
    registry.fault("/blobs/", status=503, times=1)
    result = cubby("pull", *QUICK, f"{registry.host}/a/b:tag", check=True)
    assert "503 (service unavailable); again in" in result.stderr


@pytest.mark.subids
def test_a_cut_download_goes_on_in_the_next_pull(cubby, registry):
    registry.fault(f"/blobs/{digest_of(BIG)}", cut=1_000_000, times=1)
    said = cubby.fails("pull", "--retry=0", f"{registry.host}/a/b:tag", code=125)
    assert "the connection was cut" in said
    cubby.ok("pull", f"{registry.host}/a/b:tag")
    ranges = [headers.get("Range") for _, _, headers in registry.seen(digest_of(BIG))]
    assert ranges == [None, "bytes=1000000-"]
    check_store(cubby)


@pytest.mark.subids
def test_blobs_that_are_elsewhere(cubby, faulty):
    """A redirect is followed; credentials stay where they belong."""
    other = faulty()
    other.add_image("a/b", "tag", LAYERS)
    here = faulty(auth="basic", users={"me": "secret"})
    here.add_image("a/b", "tag", LAYERS)
    here.fault(f"/blobs/{digest_of(BIG)}",
               redirect=f"http://127.0.0.1:{other.port}/v2/a/b/blobs/{digest_of(BIG)}")
    cubby.ok("pull", "--creds=me:secret", f"{here.host}/a/b:tag")
    assert other.count("/blobs/") == 1
    assert all("Authorization" not in headers for _, _, headers in other.requests)
    check_store(cubby)


# What goes wrong and is refused: the fault, and what is said.

REFUSED = {
    "corrupt blob": ({"path": f"/blobs/{digest_of(BIG)}", "corrupt": True}, "digest"),
    "longer than said": ({"path": f"/blobs/{digest_of(BIG)}", "length": 2_000_000_000},
                         "has 2000000000 bytes"),
    "shorter than said": ({"path": f"/blobs/{digest_of(BIG)}", "truncate": 100}, "has 100 bytes"),
    "cut each time": ({"path": f"/blobs/{digest_of(BIG)}", "cut": 10}, "the connection was cut"),
    "missing blob": ({"path": f"/blobs/{digest_of(BIG)}", "status": 404}, "404 (not found)"),
    "503 each time": ({"path": "/blobs/", "status": 503}, "answers 503"),
    "redirect loop": ({"path": "/blobs/", "redirect": "loop"}, "more than 10"),
    "redirect to a file": ({"path": "/blobs/", "redirect": "file:///etc/passwd"},
                           "only http and https"),
    "redirect to nobody": ({"path": "/blobs/", "redirect": "http://127.0.0.1:1/"},
                           "connection refused"),
    "401 loop": ({"path": "/v2/", "unauthorized": True}, "wants a login"),
    "401 loop for blobs": ({"path": "/blobs/", "unauthorized": True}, "wants a login"),
    "403": ({"path": "/manifests/", "status": 403,
             "text": '{"errors":[{"code":"DENIED","message":"not \\u001b[31myou"}]}'},
            "(DENIED)"),
    "wrong type": ({"path": "/manifests/", "media_type": INDEX}, "index"),
    "corrupt manifest": ({"path": "/manifests/", "corrupt": True}, "the registry says"),
    "huge manifest": ({"path": "/manifests/", "size": 1 << 30}, "longer than 4194304 bytes"),
    "huge headers": ({"path": "/manifests/", "header_bytes": 90_000}, "headers of over"),
    "empty manifest": ({"path": "/manifests/", "truncate": 0}, "empty"),
}


@pytest.mark.subids
@pytest.mark.parametrize("name", REFUSED)
def test_faults_that_are_refused(name, cubby, registry):
    fault, said = REFUSED[name]
    registry.fault(**fault)
    result = cubby("pull", *QUICK, f"{registry.host}/a/b:tag")
    assert result.code == 125
    assert said in result.stderr, result
    assert "\033" not in result.stderr
    assert names(cubby) == []
    check_store(cubby)
    registry.faults.clear()  # and nothing of it is in the way
    cubby.ok("pull", f"{registry.host}/a/b:tag")
    check_store(cubby)


@pytest.mark.subids
def test_a_truncated_gzip_of_the_right_digest(cubby, faulty):
    registry = faulty()
    blob, diff_id = LAYERS[2]
    registry.add_image("a/b", "tag", [LAYERS[0], (blob[:-20], diff_id)])
    said = cubby.fails("pull", f"{registry.host}/a/b:tag", code=125)
    assert "layer" in said
    assert names(cubby) == []
    check_store(cubby)


@pytest.mark.subids
def test_a_layer_that_is_not_what_the_config_says(cubby, faulty):
    registry = faulty()
    registry.add_image("a/b", "tag", [(LAYERS[0][0], LAYERS[1][1])])
    cubby.fails("pull", f"{registry.host}/a/b:tag", code=125)
    assert names(cubby) == []


def test_foreign_layers(cubby, faulty):
    registry = faulty()
    registry.add_image("a/b", "tag", LAYERS[:1], media_type=LAYER.replace(
        "layer.v1", "layer.nondistributable.v1"))
    assert "layer" in cubby.fails("pull", f"{registry.host}/a/b:tag", code=125)
    assert names(cubby) == []


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


def test_nobody_there(cubby):
    said = cubby.fails("pull", "localhost:1/a", code=125)
    assert "connect to localhost:1: connection refused" in said
    said = cubby.fails("pull", "registry.invalid/a", code=125)
    assert "find host registry.invalid" in said and "getent hosts registry.invalid" in said


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


def test_a_token_server_that_lies(cubby, faulty):
    registry = faulty(auth="token")
    registry.add_image("a/b", "tag", LAYERS)
    registry.fault("/token", status=200, text='{"token": "a\\r\\nX-Injected: b"}')
    assert "token is malformed" in cubby.fails("pull", f"{registry.host}/a/b:tag", code=125)


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
