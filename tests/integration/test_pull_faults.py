# SPDX-License-Identifier: Apache-2.0
"""Registries and networks that misbehave. What passes is survived; what does not is a sentence with a
remedy. Whatever it was, nothing wrong is in the store, and the same pull works once it is over."""

import gzip
import json
import os
import random

import pytest

from support.faulty_registry import (INDEX, LAYER, MANIFEST, FaultyRegistry, digest_of, layer)
from support.registry import free_port
from support.store import Store

pytestmark = pytest.mark.subids

# BIG does not get smaller by compression, SOFT very much so: a wrong byte in the one is seen by its
# checksum, in the other where it stands.
LAYERS = [layer({"bin": None, "bin/first": b"1" * 5000}),
          layer({"second": random.Random(1).randbytes(1_500_000)}),
          layer({f"third/{i}": b"".join(b"%d\n" % j for j in range(i * 5000, i * 5000 + 5000))
                 for i in range(40)})]
BIG, SOFT = LAYERS[1][0], LAYERS[2][0]
BLOBS = [blob for blob, _ in LAYERS]

# Two more attempts, without waiting; what Retry-After says is waited for nevertheless.
QUICK = ("--retry=2", "--retry-delay=1ms")


def of(blob):
    return f"/blobs/{digest_of(blob)}"


@pytest.fixture
def store(cubby):
    return Store(cubby.data)


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
def registry(faulty):
    """A registry that has a/b:tag."""
    r = faulty()
    r.add_image("a/b", "tag", LAYERS)
    return r


def names(cubby):
    return cubby.ok("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()


def check_refused(cubby, store, result, said, remedy):
    assert (result.code, result.stdout) == (125, ""), result
    error = result.stderr[result.stderr.index("Error: "):]
    assert said in error, result
    assert remedy is None or remedy in error.partition("\n")[2], result
    assert "\033" not in result.stderr
    assert "docker://localhost" not in error.partition("docker://localhost")[2], "said twice"
    assert names(cubby) == []
    store.check_reusable(cubby, BLOBS)


def check_works(cubby, store, registry, name="a/b:tag"):
    registry.faults.clear()
    cubby.ok("pull", f"{registry.host}/{name}")
    assert names(cubby) == [f"{registry.host}/{name}"]
    store.check_clean(cubby)


# What passes: the faults, and how often the blob BIG is asked for.

SURVIVED = {
    "cut": ([{"path": of(BIG), "cut": 1_200_000, "times": 1}], 2),
    "cut at once": ([{"path": of(BIG), "cut": 0, "times": 2}], 3),
    "cut again and again, but each time further": ([{"path": of(BIG), "cut": 400_000, "times": 2}], 3),
    "cut, and no ranges": ([{"path": of(BIG), "cut": 1_200_000, "times": 1},
                            {"path": of(BIG), "no_range": True}], 2),
    "cut, and another range": ([{"path": of(BIG), "cut": 1_200_000, "times": 1},
                                {"path": of(BIG), "wrong_range": True}], 2),
    "503": ([{"path": of(BIG), "status": 503, "times": 1, "headers": {"Retry-After": "1"}}], 2),
    "429 with a date": ([{"path": of(BIG), "status": 429, "times": 2,
                          "headers": {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}}], 3),
    "429 for the manifest": ([{"path": "/manifests/", "status": 429, "times": 1,
                               "headers": {"Retry-After": "1"}}], 1),
    "500": ([{"path": of(BIG), "status": 500, "times": 1}], 2),
    "drip": ([{"path": of(BIG), "drip": (200_000, 0.1)}], 1),
    "a type that says nothing": ([{"path": "/manifests/", "media_type": "text/plain"}], 1),
    "no digest header": ([{"path": "/", "digest_header": "nonsense"}], 1),
    "manifest cut": ([{"path": "/manifests/", "cut": 20, "times": 2}], 1),
    "manifest 504": ([{"path": "/manifests/", "status": 504, "times": 1}], 1),
}


@pytest.mark.parametrize("name", SURVIVED)
def test_faults_that_pass(name, cubby, store, registry):
    faults, requests = SURVIVED[name]
    for fault in faults:
        registry.fault(**fault)
    result = cubby("pull", *QUICK, f"{registry.host}/a/b:tag", check=True)
    assert registry.count(digest_of(BIG)) == requests, result
    assert ("again in" in result.stderr) == any("times" in f for f in faults), result
    assert names(cubby) == [f"{registry.host}/a/b:tag"]
    store.check_clean(cubby)


def test_only_the_rest_is_asked_for(cubby, store, registry):
    registry.fault(of(BIG), cut=400_000, times=2)
    cubby.ok("pull", *QUICK, f"{registry.host}/a/b:tag")
    ranges = [headers.get("Range") for _, _, headers in registry.seen(digest_of(BIG))]
    assert ranges == [None, "bytes=400000-", "bytes=800000-"]
    store.check_clean(cubby)


def test_a_retry_is_told(cubby, registry):
    registry.fault("/manifests/", status=503, times=1)
    registry.fault(of(BIG), status=503, times=1)
    said = cubby("pull", *QUICK, f"{registry.host}/a/b:tag", check=True).stderr
    why = "rying again: the registry answers 503 (service unavailable); again in 0.0 s (1 of 2)\n"
    assert f"T{why}" in said and f"Copying blob {digest_of(BIG)}: t{why}" in said


def test_a_cut_download_goes_on_in_the_next_pull(cubby, store, registry):
    registry.fault(of(BIG), cut=1_000_000, times=1)
    said = cubby("pull", "--retry=0", f"{registry.host}/a/b:tag")
    check_refused(cubby, store, said, "the connection was cut", "try again")
    assert digest_of(BIG) in store.partial
    check_works(cubby, store, registry)
    ranges = [headers.get("Range") for _, _, headers in registry.seen(digest_of(BIG))]
    assert ranges == [None, "bytes=1000000-"]


@pytest.mark.parametrize("blob", [BIG, SOFT], ids=["big", "soft"])
@pytest.mark.parametrize("damage", ["a byte", "too long"])
def test_a_part_that_was_damaged_meanwhile(cubby, store, registry, blob, damage):
    """By the disk, or by a hand: the blob comes once more, and whole."""
    registry.fault(of(blob), cut=len(blob) // 2)
    cubby.fails("pull", "--retry=0", f"{registry.host}/a/b:tag", code=125)
    with open(store.path("blobs", "partial", digest_of(blob)[7:]), "r+b") as f:
        f.seek(len(blob) // 4)
        f.write(b"not what came" if damage == "a byte" else b"x" * len(blob))
    registry.faults.clear()
    registry.fault(of(blob), drip=(len(blob) // 8, 0.05), times=1)  # there is time to stumble over it
    cubby.ok("pull", f"{registry.host}/a/b:tag")
    store.check_clean(cubby)


def test_blobs_that_are_elsewhere(cubby, store, faulty):
    """A redirect is followed; credentials stay where they belong."""
    other = faulty()
    other.add_image("a/b", "tag", LAYERS)
    here = faulty(auth="basic", users={"me": "secret"})
    here.add_image("a/b", "tag", LAYERS)
    here.fault(of(BIG), redirect=f"http://127.0.0.1:{other.port}/v2/a/b{of(BIG)}")
    cubby.ok("pull", "--creds=me:secret", f"{here.host}/a/b:tag")
    assert other.count("/blobs/") == 1
    assert all("Authorization" not in headers for _, _, headers in other.requests)
    store.check_clean(cubby)


# What is refused: the fault, what is said, and the remedy (None: only the registry can do something).

LOGIN = "cubby login localhost:"
REFUSED = {
    "corrupt blob": ({"path": of(BIG), "corrupt": True}, "what came has the digest",
                     "try again; if it stays so, the copy there is damaged"),
    "corrupt blob that can't be read": ({"path": of(SOFT), "corrupt": True, "drip": (len(SOFT) // 8, 0.05)},
                                        "what came has the digest",
                                        "try again; if it stays so, the copy there is damaged"),
    "longer than said": ({"path": of(BIG), "length": 2_000_000_000}, "has 2000000000 bytes",
                         "have it pushed again"),
    "shorter than said": ({"path": of(BIG), "truncate": 100}, "has 100 bytes", "have it pushed again"),
    "endless": ({"path": of(BIG), "size": 1 << 40}, f"has {1 << 40} bytes", "have it pushed again"),
    "cut each time": ({"path": of(BIG), "cut": 10}, "the connection was cut", "try again"),
    "missing blob": ({"path": of(BIG), "status": 404}, "404 (not found)", "have it pushed again"),
    "503 each time": ({"path": of(BIG), "status": 503}, "answers 503", "try later"),
    "429 each time": ({"path": "/manifests/", "status": 429}, "answers 429", LOGIN),
    "redirect loop": ({"path": of(BIG), "redirect": "loop"}, "there are more than 10", "localhost"),
    "redirect to a file": ({"path": of(BIG), "redirect": "file:///etc/passwd"},
                           "only http and https", None),
    "redirect to nobody": ({"path": of(BIG), "redirect": "http://127.0.0.1:1/"},
                           "connect to 127.0.0.1:1: connection refused", "on port 1 of 127.0.0.1"),
    "redirect to nowhere": ({"path": of(BIG), "redirect": "http://store.invalid/"},
                            "find host store.invalid", "getent hosts store.invalid"),
    "401 loop": ({"path": "/v2/", "unauthorized": True}, "wants a login", LOGIN),
    "401 loop for blobs": ({"path": of(BIG), "unauthorized": True}, "wants a login", LOGIN),
    "403": ({"path": "/manifests/", "status": 403,
             "text": '{"errors":[{"code":"DENIED","message":"not \\u001b[31myou"}]}'}, "(DENIED)", LOGIN),
    "wrong type": ({"path": "/manifests/", "media_type": INDEX}, "declared as an index", None),
    "a web page": ({"path": "/manifests/", "status": 200, "text": "<html>\033[31mHello"},
                   "/a/b:tag: manifest: line 1, column 1", None),
    "corrupt manifest": ({"path": "/manifests/", "corrupt": True}, "the registry says", None),
    "cut off manifest": ({"path": "/manifests/", "truncate": 40}, "the registry says", None),
    "huge manifest": ({"path": "/manifests/", "size": 1 << 40}, "longer than 4194304 bytes", None),
    "huge headers": ({"path": "/manifests/", "header_bytes": 90_000}, "headers of over", None),
    "empty manifest": ({"path": "/manifests/", "truncate": 0}, "empty", None),
    "another manifest": ({"path": "/manifests/", "digest_header": "sha256:" + "1" * 64},
                         "as the registry says", None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_faults_that_are_refused(name, cubby, store, registry):
    fault, said, remedy = REFUSED[name]
    registry.fault(**fault)
    check_refused(cubby, store, cubby("pull", *QUICK, f"{registry.host}/a/b:tag"), said, remedy)
    check_works(cubby, store, registry)


# Images that are not right, by somebody who knows how to make digests.

def change(registry, **members):
    manifest = json.loads(registry.manifests["a/b"]["tag"][1])
    manifest.update(members)
    registry.add_manifest("a/b", "tag", manifest)


def change_layer(registry, **members):
    layers = json.loads(registry.manifests["a/b"]["tag"][1])["layers"]
    layers[1].update(members)
    change(registry, layers=layers)


def image_of(*layers):
    return lambda r: r.add_image("a/b", "tag", [LAYERS[0], *layers])


def for_another_platform(registry):
    text = registry.manifests["a/b"]["tag"][1]
    registry.add_manifest("a/b", "tag", {
        "schemaVersion": 2, "mediaType": INDEX, "manifests": [
            {"mediaType": MANIFEST, "digest": digest_of(text), "size": len(text),
             "platform": {"os": "linux", "architecture": a}} for a in ("s390x", "ppc64le")]}, INDEX)


SCHEMA_1 = {"schemaVersion": 1, "name": "a/b", "tag": "tag", "fsLayers": [], "history": []}
FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
NO_TAR = b"this is no tar" * 500

WRONG_IMAGES = {
    "truncated gzip": (image_of((SOFT[:-2000], LAYERS[2][1])), "gzip data are cut off", "made again"),
    "damaged gzip": (image_of((BIG[:700_000] + b"X" + BIG[700_001:], LAYERS[1][1])),
                     "gzip data are damaged", "made again"),
    "truncated tar": (image_of((gzip.compress(gzip.decompress(SOFT)[:100_000]), LAYERS[2][1])),
                      "the archive is cut off", "made again"),
    "no tar": (image_of((gzip.compress(NO_TAR), digest_of(NO_TAR))), "no tar header", "made again"),
    "other content than the config says": (image_of((BIG, LAYERS[2][1])),
                                           f"its content is {LAYERS[1][1]}, the image's config says", "made again"),
    "longer than the manifest says": (lambda r: change_layer(r, size=len(BIG) - 1), "the manifest says",
                                      "have it pushed again"),
    "shorter than the manifest says": (lambda r: change_layer(r, size=len(BIG) + 1), "the manifest says",
                                       "have it pushed again"),
    "a layer more than the config has": (
        lambda r: change(r, layers=[*json.loads(r.manifests["a/b"]["tag"][1])["layers"]] * 2), "6", None),
    "foreign layer": (lambda r: change_layer(r, mediaType=FOREIGN, urls=["http://localhost:1/x"]),
                      "a foreign layer", "--platform"),
    "nondistributable layer": (
        lambda r: change_layer(r, mediaType=LAYER.replace("layer.v1", "layer.nondistributable.v1")),
        "a foreign layer", "--platform"),
    "layer of no known type": (lambda r: change_layer(r, mediaType="application/vnd.example"),
                               "application/vnd.example", None),
    "schema 1": (lambda r: r.add_manifest("a/b", "tag", SCHEMA_1, "application/vnd.docker.distribution"
                                          ".manifest.v1+prettyjws"), "schema 1", "skopeo copy"),
    "no image, but something else": (lambda r: change(r, config={
        "mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(b"{}"), "size": 2}), "", None),
    "no image for this platform": (for_another_platform, "there is only linux/s390x", "--platform"),
}


@pytest.mark.parametrize("name", WRONG_IMAGES)
def test_wrong_images(name, cubby, store, registry):
    make, said, remedy = WRONG_IMAGES[name]
    make(registry)
    check_refused(cubby, store, cubby("pull", *QUICK, f"{registry.host}/a/b:tag"), said, remedy)
    assert registry.count("localhost:1") == 0
    registry.add_image("a/b", "tag", LAYERS)
    cubby.ok("pull", f"{registry.host}/a/b:tag")
    store.check_reusable(cubby)  # the blobs of the wrong one are there
    cubby.ok("system", "check", "--repair")
    store.check_clean(cubby)


def test_an_image_for_another_platform(cubby, store, registry):
    result = cubby("pull", "--platform=linux/s390x", f"{registry.host}/a/b:tag")
    check_refused(cubby, store, result, "the image is for linux/amd64, not for linux/s390x",
                  "--platform linux/amd64")
    for_another_platform(registry)
    result = cubby("pull", f"{registry.host}/a/b:tag")
    check_refused(cubby, store, result, "linux/s390x, linux/ppc64le", "--platform")


# Nobody there, or not what was asked for.

def test_nobody_there(cubby, store):
    port = free_port()
    result = cubby("pull", f"localhost:{port}/a")
    check_refused(cubby, store, result, f"connect to localhost:{port}: connection refused",
                  f"check that a registry listens on port {port} of localhost")
    check_refused(cubby, store, cubby("pull", "registry.invalid/a"), "find host registry.invalid",
                  "getent hosts registry.invalid")


def test_no_such_image(cubby, store, registry):
    for name, repository in (("nosuch:tag", "nosuch"), ("a/b:nosuch", "a/b")):
        check_refused(cubby, store, cubby("pull", f"{registry.host}/{name}"),
                      f"fetch the manifest {registry.host}/{name}: {registry.host} answers 404: manifest unknown",
                      f"cubby search --list-tags {registry.host}/{repository}")
    digest = "sha256:" + "0" * 64
    check_refused(cubby, store, cubby("pull", f"{registry.host}/a/b@{digest}"), digest, None)
    done = cubby("run", "--rm", *QUICK[:0], f"{registry.host}/a/b:nosuch", "true")
    check_refused(cubby, store, done, "manifest unknown", "--list-tags")


def test_it_goes_away_amid_a_pull(cubby, store, registry):
    """And comes back at another port: the name of the image does not matter to its blobs."""
    registry.fault(of(BIG), drip=(100_000, 0.1))
    pull = cubby.start("pull", "--retry=0", f"{registry.host}/a/b:tag")
    while registry.count(of(BIG)) == 0 and pull.poll() is None:
        registry.stopped.wait(0.01)
    registry.stop()
    out, err = pull.communicate(timeout=30)
    assert (pull.returncode, out) == (125, ""), err
    assert "the connection was cut" in err or "connection refused" in err
    store.check_reusable(cubby, BLOBS)
    with FaultyRegistry() as other:
        other.add_image("a/b", "tag", LAYERS)
        check_works(cubby, store, other)


# Who may, and who lies about it.

def without_login(base):
    path = os.path.join(base, "auth.json")
    with open(path, "w", encoding="ascii") as f:
        f.write("{}")
    return f"--authfile={path}"


@pytest.mark.parametrize("auth", ["basic", "token"])
def test_a_login_is_needed(cubby, store, faulty, base, auth):
    registry = faulty(auth=auth, users={"me": "secret"})
    registry.add_image("a/b", "tag", LAYERS)
    name = f"{registry.host}/a/b:tag"
    no = without_login(base)
    check_refused(cubby, store, cubby("pull", no, name), "wants a login, or there is no such repository",
                  f"cubby login {registry.host}")
    check_refused(cubby, store, cubby("pull", no, "--creds=me:wrong", name),
                  "refuses the credentials of me", f"cubby login {registry.host}")
    before = registry.count(".")
    registry.fault("/v2/", unauthorized=True)
    check_refused(cubby, store, cubby("pull", no, "--creds=me:secret", name), "", f"cubby login {registry.host}")
    assert registry.count(".") - before < 10
    registry.faults.clear()
    cubby.ok("pull", no, "--creds=me:secret", name)
    store.check_clean(cubby)


TOKENS = {
    "header in it": ({"status": 200, "text": '{"token": "a\\r\\nX-Injected: b"}'}, "the token is malformed"),
    "no token": ({"status": 200, "text": '{}'}, "token"),
    "a number": ({"status": 200, "text": '{"token": 5}'}, "token"),
    "not accepted": ({"status": 200, "text": '{"token": "nonsense"}'}, "wants a login"),
    "a web page": ({"status": 200, "text": "<html>"}, "get a token for localhost"),
    "endless": ({"size": 1 << 40}, "it is longer than"),
    "a loop": ({"redirect": "loop"}, "there are more than 10"),
    "503 each time": ({"status": 503}, "503"),
    "404": ({"status": 404}, "404"),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_server_that_lies(name, cubby, store, faulty, base):
    registry = faulty(auth="token")
    registry.add_image("a/b", "tag", LAYERS)
    fault, said = TOKENS[name]
    registry.fault("/token", **fault)
    result = cubby("pull", without_login(base), *QUICK, f"{registry.host}/a/b:tag")
    check_refused(cubby, store, result, said, None)
    assert all("X-Injected" not in headers for _, _, headers in registry.requests)
    assert registry.count("/token") <= 11
    check_works(cubby, store, registry)
