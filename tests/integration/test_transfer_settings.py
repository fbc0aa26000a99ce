# SPDX-License-Identifier: Apache-2.0
"""What the host's and the user's settings for registries do to a fetch: registries.conf, policy.json, auth.json."""

import base64
import json
import os

import pytest

from support import archives
from support.archives import Image, layer
from support.faulty_registry import FaultyRegistry

LAYERS = [layer({"etc/motd": b"hello\n"})]
ACCEPT = [{"type": "insecureAcceptAnything"}]
REJECT = [{"type": "reject"}]
SIGNED = [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/k"}]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text if isinstance(text, str) else json.dumps(text))
    return path


@pytest.fixture
def registry():
    with FaultyRegistry() as r:
        r.add_image("a/b", "t", LAYERS)
        yield r


@pytest.fixture
def mirror():
    with FaultyRegistry() as r:
        yield r


@pytest.fixture
def conf(base):
    """conf(text): a registries.conf, as a part of a request."""
    return lambda text: {"registries_conf": write(f"{base}/registries.conf", text)}


@pytest.fixture
def policy(base):
    return lambda document: {"policy": write(f"{base}/policy.json", document)}


# registries.conf

def test_mirror_first_then_the_place_itself(transfer, registry, mirror, conf):
    """The image keeps its own name wherever it came from."""
    settings = conf(f"[[registry]]\nlocation = '{registry.host}'\n"
                    f"[[registry.mirror]]\nlocation = '{mirror.host}/cache'\n")
    said = transfer.fetch(f"{registry.host}/a/b:t", registry=settings)
    assert said.code == 0, said.error
    assert mirror.count("/v2/cache/a/b/manifests/t") > 0  # asked, but it has none
    assert registry.count("/manifests/t") > 0
    mirror.add_image("cache/a/b", "t", LAYERS)
    before = registry.count("")
    said = transfer.fetch(f"{registry.host}/a/b:t", registry=settings)
    assert said.code == 0, said.error
    assert said.image["names"] == [f"{registry.host}/a/b:t"]
    assert registry.count("") == before


def test_location(transfer, registry, conf):
    settings = conf("[[registry]]\nprefix = 'far.example/x'\n" f"location = '{registry.host}/a'\n")
    said = transfer.fetch("far.example/x/b:t", registry=settings)
    assert said.code == 0, said.error
    assert said.image["names"] == ["far.example/x/b:t"]


def test_blocked(transfer, registry, conf):
    settings = conf(f"[[registry]]\nlocation = '{registry.host}'\nblocked = true\n")
    said = transfer.fetch(f"{registry.host}/a/b:t", registry=settings)
    assert said.code == 125
    assert said.error["text"] == f"use {registry.host}/a/b:t: registry {registry.host} is blocked"
    assert settings["registries_conf"] in said.error["hint"]
    assert registry.count("") == 0


def test_alias_and_search(transfer, registry, mirror, conf):
    mirror.add_image("only/here", "latest", LAYERS)
    settings = conf(f"unqualified-search-registries = ['{registry.host}', '{mirror.host}']\n"
                    f"[aliases]\nshort = '{registry.host}/a/b'\n")
    said = transfer.fetch("short:t", registry=settings)
    assert said.code == 0, said.error
    assert said.image["names"] == [f"{registry.host}/a/b:t"]
    said = transfer.fetch("only/here", registry=settings)
    assert said.code == 0, said.error
    assert said.image["names"] == [f"{mirror.host}/only/here:latest"]
    assert registry.count("/v2/only/here/") > 0


@pytest.mark.parametrize("text, words", [
    ("[[registry]]\nlocation = 1\n", "registry[0].location: expected a string, got 1"),
    ("a = \n", "line 1, column 5: expected a value"),
    ("[registries.search]\nregistries = []\n", "version 1 of the format"),
])
def test_wrong_conf(transfer, registry, conf, text, words):
    said = transfer.fetch(f"{registry.host}/a/b:t", registry=conf(text))
    assert said.code == 125 and words in said.error["text"]
    assert registry.count("") == 0


# policy.json

@pytest.mark.parametrize("requirements, words", [
    (REJECT, "the policy rejects it"),
    (SIGNED, "the policy demands signatures (signedBy), which are not supported"),
])
def test_policy_of_a_registry(transfer, registry, policy, requirements, words):
    settings = policy({"default": ACCEPT, "transports": {"docker": {f"{registry.host}/a": requirements}}})
    said = transfer.fetch(f"{registry.host}/a/b:t", registry=settings)
    assert said.code == 125
    assert said.error["text"] == f"{registry.host}/a/b:t: {words}"
    assert settings["policy"] in said.error["hint"]
    assert registry.count("") == 0 and not transfer.blobs()
    registry.add_image("c", "t", LAYERS)
    assert transfer.fetch(f"{registry.host}/c:t", registry=settings).code == 0


def test_policy_counts_for_the_name_not_for_the_mirror(transfer, registry, conf, policy):
    settings = {**conf(f"[[registry]]\nprefix = 'far.example'\nlocation = '{registry.host}'\n"),
                **policy({"default": REJECT, "transports": {"docker": {"far.example": ACCEPT}}})}
    assert transfer.fetch("far.example/a/b:t", registry=settings).code == 0
    assert transfer.fetch(f"{registry.host}/a/b:t", registry=settings).code == 125


def test_policy_of_archives(transfer, base, policy):
    images = [Image(LAYERS, ["docker.io/library/x:1"])]
    docker = archives.docker_archive(f"{base}/d.tar", images)
    directory = archives.oci_layout(f"{base}/oci", images)
    oci = archives.tar_of(directory, f"{base}/o.tar")
    sources = {"docker-archive": [f"docker-archive:{docker}", f"archive:{docker}"],
               "oci-archive": [f"oci-archive:{oci}", f"archive:{oci}"],
               "oci": [f"oci:{directory}", f"archive:{directory}"]}
    for transport in sources:
        settings = policy({"default": ACCEPT, "transports": {transport: {"": REJECT}}})
        for kind, texts in sources.items():
            for text in texts:
                said = transfer.fetch(text, registry=settings)
                assert said.code == (125 if kind == transport else 0), (transport, text, said.error)
                if kind == transport:
                    assert said.error["text"].endswith(": the policy rejects it")
    settings = policy({"default": ACCEPT, "transports": {"oci": {os.path.realpath(base): REJECT}}})
    assert transfer.fetch(f"oci:{directory}", registry=settings).code == 125


def test_policy_of_standard_input(transfer, base, policy):
    docker = archives.docker_archive(f"{base}/d.tar", [Image(LAYERS, ["docker.io/library/x:1"])])
    for requirements, code in ((REJECT, 125), (ACCEPT, 0)):
        settings = policy({"default": REJECT, "transports": {"docker-archive": {"": requirements}}})
        with open(docker, "rb") as f:
            said = transfer.fetch("archive:-", stdin=f, input_is_stdin=True, registry=settings)
        assert said.code == code, said.error


def test_wrong_policy(transfer, registry, policy):
    said = transfer.fetch(f"{registry.host}/a/b:t", registry=policy({"default": []}))
    assert said.code == 125
    assert "default: expected an array of one or more requirements" in said.error["text"]


# auth.json

def test_auth_file(transfer, base):
    """One that is wrong has its sentence, without the secret; a right one is used."""
    with FaultyRegistry(auth="basic", users={"u": "p"}) as registry:
        registry.add_image("a/b", "t", LAYERS)
        check_auth_file(transfer, base, registry)


def check_auth_file(transfer, base, registry):
    path = write(f"{base}/auth.json", {"auths": {registry.host: {"auth": "c2VjcmV0"}}})
    said = transfer.fetch(f"{registry.host}/a/b:t", registry={"authfile": path})
    assert said.code == 125
    assert said.error["text"] == f'{path}: auths["{registry.host}"].auth: expected USER:PASSWORD in base64'
    for password, code in ((b"u:p", 0), (b"u:q", 125)):
        write(path, {"auths": {f"{registry.host}/a": {"auth": base64.b64encode(password).decode()}}})
        said = transfer.fetch(f"{registry.host}/a/b:t", registry={"authfile": path})
        assert said.code == code, said.error
