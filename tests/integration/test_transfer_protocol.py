# SPDX-License-Identifier: Apache-2.0
"""The transfer program itself, without an engine: what it says, what is in the blobs afterwards."""

import contextlib
import gzip
import hashlib
import json
import lzma
import os
import signal
import subprocess
import tarfile
import threading

import pytest

from support import archives, process
from support.archives import Image, layer
from support.faulty_registry import (DOCKER_MANIFEST, INDEX, LAYER, MANIFEST, FaultyRegistry,
                                     digest_of)

LAYERS = [layer({"etc/motd": b"hello\n"}), layer({"a": os.urandom(300_000)}), layer({"b": b"b" * 9000})]


def descriptor(data, media_type, **more):
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data), **more}


@pytest.fixture
def registry():
    with FaultyRegistry() as r:
        yield r


@pytest.fixture
def pulled(registry):
    """An image in the registry: (source, digest of its manifest)."""
    digest = registry.add_image("a/b", "tag", LAYERS)
    return f"docker://{registry.host}/a/b:tag", digest


def check_fetched(transfer, said, layers=None):
    """Everything is in the store, and every follower has read everything."""
    layers = LAYERS if layers is None else layers
    assert said.code == 0, said.error
    assert said.events[-1] == {"event": "end"}
    image = said.image
    blobs = transfer.blobs()
    assert {image["manifest"], image["config"]} <= blobs
    for i, (part, (blob, diff_id)) in enumerate(zip(image["layers"], layers, strict=True)):
        assert part["diff_id"] == diff_id
        assert part["digest"] in blobs
        assert said.blobs[i] == transfer.blob(part["digest"])
        assert part["size"] == len(said.blobs[i])
        if said.blobs[i] != blob:  # another compression
            assert digest_of(gzip.decompress(blob)) == diff_id
    check_store(transfer)


def check_store(transfer):
    """No name in the store is wrong, whatever happened."""
    for digest in transfer.blobs():
        assert digest_of(transfer.blob(digest)) == digest


def chain_ids(diff_ids):
    chain = [diff_ids[0]]
    for diff_id in diff_ids[1:]:
        chain.append("sha256:" + hashlib.sha256(f"{chain[-1]} {diff_id}".encode()).hexdigest())
    return chain


# Registries.

def test_fetch(transfer, registry, pulled):
    source, digest = pulled
    said = transfer.fetch(source)
    check_fetched(transfer, said)
    image = said.image
    assert image["manifest"] == digest
    assert image["manifest_type"] == MANIFEST
    assert image["names"] == [f"{registry.host}/a/b:tag"]
    assert image["digest_names"] == [f"{registry.host}/a/b@{digest}"]
    assert "index" not in image
    assert [p["chain_id"] for p in image["layers"]] == chain_ids([d for _, d in LAYERS])
    for blob, _ in LAYERS:
        assert said.states(digest_of(blob))[0] == "waiting"
        assert said.states(digest_of(blob))[-1] == "done"
    assert [e["event"] for e in said.events].index("image_end") == len(said.events) - 2
    assert transfer.partial() == []


def test_fetch_again_asks_for_no_blob(transfer, registry, pulled):
    transfer.fetch(pulled[0])
    before = registry.count("/blobs/")
    said = transfer.fetch(pulled[0])
    check_fetched(transfer, said)
    assert registry.count("/blobs/") == before
    assert {s for blob, _ in LAYERS for s in said.states(digest_of(blob))} == {"exists"}
    assert all(growth is None for pairs in said.followed.values() for _, growth in pairs)


def test_unwanted_layers_are_fetched_but_not_announced(transfer, pulled):
    said = transfer.fetch(pulled[0], unpack=[True, False, False])
    assert said.code == 0
    assert list(said.blobs) == [0]
    assert {digest_of(b) for b, _ in LAYERS} <= transfer.blobs()


def test_one_layer_twice(transfer, registry):
    twice = [LAYERS[0], LAYERS[1], LAYERS[0]]
    registry.add_image("a", "t", twice)
    said = transfer.fetch(f"{registry.host}/a:t")
    check_fetched(transfer, said, twice)
    assert registry.count(digest_of(LAYERS[0][0])) == 1


def test_no_layers(transfer, registry):
    registry.add_image("a", "t", [])
    said = transfer.fetch(f"{registry.host}/a:t")
    assert said.code == 0 and said.image["layers"] == []


def test_by_digest(transfer, registry, pulled):
    said = transfer.fetch(f"{registry.host}/a/b@{pulled[1]}")
    check_fetched(transfer, said)
    assert "names" not in said.image
    assert said.image["digest_names"] == [f"{registry.host}/a/b@{pulled[1]}"]


def test_names_of_the_request(transfer, pulled):
    said = transfer.fetch(pulled[0], names=["localhost/x/y:z"])
    assert said.image["names"] == ["localhost/x/y:z"]


def test_known_digest(transfer, registry, pulled):
    said = transfer.fetch(pulled[0], known_digest=pulled[1])
    assert said.code == 0
    assert said.result == {"event": "result", "unchanged": True}
    assert not said.images and registry.count("/blobs/") == 0
    other = "sha256:" + "0" * 64
    check_fetched(transfer, transfer.fetch(pulled[0], known_digest=other))


def test_all_tags(transfer, registry):
    for tag in ("one", "two"):
        registry.add_image("a", tag, LAYERS, config={"author": tag})
    said = transfer.fetch(f"{registry.host}/a", all_tags=True)
    assert said.code == 0, said.error
    assert [i["names"] for i in said.images] == [[f"{registry.host}/a:one"], [f"{registry.host}/a:two"]]
    assert len(said.of("image_end")) == 2


def test_cut_download_is_resumed(transfer, registry, pulled):
    registry.fault(digest_of(LAYERS[1][0]), cut=100_000, times=2)
    said = transfer.fetch(pulled[0], unpack=True)
    check_fetched(transfer, said)
    assert "retry" in said.states(digest_of(LAYERS[1][0]))
    assert len(said.followed[1]) == 1  # its follower was not disturbed


def test_follower_starts_anew_where_a_download_does(transfer, registry, pulled):
    registry.fault(digest_of(LAYERS[1][0]), cut=100_000, times=1)
    registry.fault(digest_of(LAYERS[1][0]), no_range=True, times=1)
    said = transfer.fetch(pulled[0])
    check_fetched(transfer, said)
    assert len(said.followed[1]) in (1, 2)


@pytest.mark.parametrize("fault", [{"corrupt": True}, {"truncate": 100}, {"size": 200_000}])
def test_wrong_blob_is_never_in_the_store(transfer, registry, pulled, fault):
    wrong = digest_of(LAYERS[0][0])
    registry.fault(wrong, **fault)
    said = transfer.fetch(pulled[0], registry={"retry": 1})
    assert said.code == 125
    assert wrong[7:] in said.error["text"]
    assert said.blobs.get(0) is None
    assert wrong not in transfer.blobs()
    check_store(transfer)


def test_one_failure_ends_the_others(transfer, registry, pulled):
    registry.fault(digest_of(LAYERS[1][0]), hang=True)
    registry.fault(digest_of(LAYERS[2][0]), status=404)
    said = transfer.fetch(pulled[0])
    assert said.code == 125
    assert "404" in said.error["text"]


def test_eight_at_once_fetch_each_blob_once(transfer, registry):
    common = [layer({f"c{i}": os.urandom(200_000)}) for i in range(3)]
    own = [layer({f"o{i}": os.urandom(100_000)}) for i in range(8)]
    registry.fault("/blobs/", drip=(20_000, 0.005))
    for i in range(8):
        registry.add_image("a", f"t{i}", [*common, own[i]])
    running = [transfer.start("fetch", transfer.fetch_request(f"{registry.host}/a:t{i}"))
               for i in range(8)]
    for i, one in enumerate(running):
        check_fetched(transfer, one.wait(), [*common, own[i]])
    for blob, _ in common + own:
        assert registry.count(digest_of(blob)) == 1
    assert transfer.partial() == []


def test_killed_and_resumed(transfer, registry, pulled):
    before = process.descendants()
    slow = digest_of(LAYERS[1][0])
    registry.fault(slow, drip=(50_000, 0.1), times=1)
    running = transfer.start("fetch", transfer.fetch_request(pulled[0]))
    partial = os.path.join(transfer.data, "blobs", "partial", slow[7:])
    process.wait_until(lambda: transfer.partial() == [slow[7:]] and os.path.getsize(partial) > 0,
                       "a part of the slow blob, and the others", 20)
    running.process.send_signal(signal.SIGKILL)
    assert running.wait().code == -signal.SIGKILL
    process.wait_until(lambda: not process.leftovers(before), "its workers to end", 10)
    check_store(transfer)
    assert transfer.partial() == [slow[7:]]
    check_fetched(transfer, transfer.fetch(pulled[0]))
    ranges = [h.get("Range") for _, _, h in registry.seen(slow)]
    assert ranges[0] is None and ranges[-1].startswith("bytes=")


@pytest.mark.parametrize("where", ["manifest", "answer", "blobs"])
def test_ends_with_the_engine(transfer, registry, pulled, where):
    """Whatever it is waiting for; and not before its workers, who hold the locks of what they write."""
    before = process.descendants()
    if where == "manifest":
        registry.fault("/manifests/", hang=True)
    registry.fault("/blobs/" + digest_of(LAYERS[1][0]), hang=True)
    running = transfer.start("fetch", transfer.fetch_request(pulled[0]),
                             unpack=None if where == "answer" else True)
    if where == "manifest":
        process.wait_until(lambda: registry.count("/manifests/") > 0, "a request", 10)
    elif where == "answer":
        assert running.image_seen.wait(10)
    else:
        process.wait_until(lambda: registry.count(digest_of(LAYERS[1][0])) > 0, "a request", 10)
    running.abandon()
    assert running.process.wait(10 * process.SLOW) == 125
    assert not process.leftovers(before)


def test_wrong_answer(transfer, pulled):
    for flags in ([True], [True, False, 1], None):
        running = transfer.start("fetch", transfer.fetch_request(pulled[0]), unpack=None)
        assert running.image_seen.wait(10)
        running.socket.send(json.dumps({"unpack": flags}).encode())
        said = running.wait()
        assert said.code == 125 and "answer.unpack" in said.error["text"]


# Indexes and platforms.

def add_index(registry, entries, tag="tag", media_type=INDEX):
    index = json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": entries}).encode()
    registry.add_manifest("a", tag, index, media_type)
    return index


def add_platforms(registry, platforms):
    """[(platform of the entry or None, platform of the config)]. Return: the entries."""
    entries = []
    for entry, config in platforms:
        image = Image([layer({"platform": json.dumps(config).encode()})], platform=config)
        for blob in [image.config] + [b for b, _ in image.layers]:
            registry.add_blob("a", blob)
        registry.add_manifest("a", None, image.manifest())
        entries.append(descriptor(image.manifest(), MANIFEST, **({"platform": entry} if entry else {})))
    return entries


AMD64 = {"os": "linux", "architecture": "amd64"}
ARM64 = {"os": "linux", "architecture": "arm64", "variant": "v8"}
ARM7 = {"os": "linux", "architecture": "arm", "variant": "v7"}


def test_index(transfer, registry):
    entries = add_platforms(registry, [(p, p) for p in (ARM64, ARM7, AMD64)])
    index = add_index(registry, entries)
    for platform, want in ((AMD64, 2), (ARM64, 0), (ARM7, 1), ({"architecture": "arm64"}, 0)):
        said = transfer.fetch(f"{registry.host}/a:tag", platform=platform)
        assert said.code == 0, said.error
        assert said.image["manifest"] == entries[want]["digest"]
        assert said.image["index"] == digest_of(index)
        assert digest_of(index) in transfer.blobs()
        assert said.image["digest_names"] == [f"{registry.host}/a@{entries[want]['digest']}",
                                              f"{registry.host}/a@{digest_of(index)}"]


def test_index_known(transfer, registry):
    entries = add_platforms(registry, [(AMD64, AMD64)])
    index = add_index(registry, entries)
    for digest in (digest_of(index), entries[0]["digest"]):
        said = transfer.fetch(f"{registry.host}/a:tag", platform=AMD64, known_digest=digest)
        assert said.result["unchanged"] is True


def test_index_without_the_platform(transfer, registry):
    add_index(registry, add_platforms(registry, [(ARM64, ARM64)]))
    said = transfer.fetch(f"{registry.host}/a:tag", platform={"os": "linux", "architecture": "s390x"})
    assert said.code == 125 and "linux/arm64" in said.error["text"] + said.error.get("hint", "")


def test_index_whose_entries_say_nothing(transfer, registry):
    entries = add_platforms(registry, [(None, ARM64), (None, AMD64)])
    add_index(registry, entries)
    said = transfer.fetch(f"{registry.host}/a:tag", platform=AMD64)
    assert said.code == 0, said.error
    assert said.image["manifest"] == entries[1]["digest"]


def test_nested_indexes(transfer, registry):
    entries = add_platforms(registry, [(AMD64, AMD64)])
    for depth in range(1, 6):
        index = add_index(registry, entries, f"d{depth}")
        entries = [descriptor(index, INDEX)]
        said = transfer.fetch(f"{registry.host}/a:d{depth}", platform=AMD64)
        if depth <= 4:
            assert said.code == 0, said.error
            assert said.image["index"] == digest_of(index)
        else:
            assert said.code == 125 and "deep" in said.error["text"]


def test_other_platform(transfer, registry):
    """Without an index: what was asked for is insisted on, what was not is only said."""
    entries = add_platforms(registry, [(None, {"os": "linux", "architecture": "s390x"})])
    source = f"{registry.host}/a@{entries[0]['digest']}"
    said = transfer.fetch(source)
    assert said.code == 0 and "linux/s390x" in said.notes[0]
    said = transfer.fetch(source, platform=AMD64)
    assert said.code == 125 and "linux/s390x" in said.error["text"]


@pytest.mark.parametrize("change, words", [
    ({"schemaVersion": 1}, "schema"),
    ({"config": descriptor(b"{}", "application/vnd.oci.empty.v1+json")}, ""),
    ({"layers": [descriptor(b"x", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                            urls=["http://localhost/x"])]}, "foreign"),
    ({"layers": [descriptor(b"x", "application/vnd.example+json")]}, ""),
    ({"layers": [descriptor(LAYERS[0][0], LAYER)] * 501}, "500"),
    ({"layers": [descriptor(LAYERS[0][0], LAYER)] * 2}, "2"),  # than the config has
    ({"mediaType": INDEX}, ""),
])
def test_refused_manifests(transfer, registry, change, words):
    digest = registry.add_image("a", "t", LAYERS[:1])
    manifest = json.loads(registry.manifests["a"][digest][1])
    manifest.update(change)
    registry.add_manifest("a", "t", manifest)
    registry.add_blob("a", b"{}")
    said = transfer.fetch(f"{registry.host}/a:t")
    assert said.code == 125 and not said.images
    assert words in said.error["text"]


# Archives.

@pytest.mark.parametrize("layout", ["flat", "old", "new"])
@pytest.mark.parametrize("compress", [True, False])
def test_docker_archive(transfer, base, layout, compress):
    layers = [layer({"etc/motd": b"hello\n"}, compress), layer({"a": b"a" * 100_000}, compress)]
    layers.append(layers[0])
    path = archives.docker_archive(f"{base}/a.tar", [Image(layers, ["a/b:1", "localhost:5000/c:2"])],
                                   layout)
    for source in (f"docker-archive:{path}", f"archive:{path}", f"docker-archive:{path}:@0",
                   f"docker-archive:{path}:docker.io/a/b:1"):
        said = transfer.fetch(source)
        check_fetched(transfer, said, layers)
        assert said.image["names"][0] == "docker.io/a/b:1"
        assert said.image["config"] == digest_of(Image(layers).config)
        for part, (blob, diff_id) in zip(said.image["layers"], layers, strict=True):
            assert part["digest"] == (digest_of(blob) if compress else diff_id)
    assert said.image["names"] == ["docker.io/a/b:1"]  # only what was asked for


def test_several_images(transfer, base):
    images = [Image(LAYERS[:2], ["a:1"]), Image(LAYERS[1:], ["b:1", "b:2"]), Image(LAYERS[:1])]
    path = archives.docker_archive(f"{base}/a.tar", images)
    said = transfer.fetch(f"archive:{path}")
    assert said.code == 0, said.error
    assert [i.get("names") for i in said.images] == [
        ["docker.io/library/a:1"], ["docker.io/library/b:1", "docker.io/library/b:2"], None]
    assert [i["config"] for i in said.images] == [digest_of(i.config) for i in images]
    said = transfer.fetch(f"docker-archive:{path}")
    assert said.code == 125 and "3 images" in said.error["text"] and "a:1" in said.error["hint"]
    assert transfer.fetch(f"docker-archive:{path}:b:2").image["config"] == digest_of(images[1].config)
    assert transfer.fetch(f"docker-archive:{path}:@2").image["config"] == digest_of(images[2].config)
    assert "@3" in transfer.fetch(f"docker-archive:{path}:@3").error["text"]
    assert "nothere" in transfer.fetch(f"docker-archive:{path}:nothere").error["text"]


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("how", ["oci", "oci-archive", "gzip", "stdin", "stdin-gzip"])
def test_oci(transfer, base, depth, how):
    directory = archives.oci_layout(f"{base}/oci", [Image(LAYERS, ["v1"])], depth)
    path = archives.tar_of(directory, f"{base}/oci.tar", compress="gzip" in how)
    sources = {"oci": [f"oci:{directory}", f"archive:{directory}"]}.get(
        how, [f"oci-archive:{path}", f"archive:{path}"])
    for source in sources:
        if how.startswith("stdin"):
            with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as cat:
                said = transfer.fetch("archive:-", stdin=cat.stdout, input_is_stdin=True)
        else:
            said = transfer.fetch(source)
        check_fetched(transfer, said)
        assert said.image["manifest"] == digest_of(Image(LAYERS).manifest())
        assert said.image.get("names") == (None if depth else ["localhost/v1:latest"])
    assert transfer.partial() == []


def test_oci_references(transfer, base):
    images = [Image(LAYERS[:1], ["v1", "docker.io/library/x:1"]), Image(LAYERS[1:2], ["v2"])]
    directory = archives.oci_layout(f"{base}/oci", images)
    assert transfer.fetch(f"oci:{directory}:v2").image["config"] == digest_of(images[1].config)
    assert transfer.fetch(f"oci:{directory}:x:1").image["config"] == digest_of(images[0].config)
    said = transfer.fetch(f"oci:{directory}")
    assert said.code == 125 and "v1, docker.io/library/x:1, v2" in said.error["hint"]
    said = transfer.fetch(f"archive:{directory}")
    assert [i["names"] for i in said.images] == [
        ["localhost/v1:latest", "docker.io/library/x:1"], ["localhost/v2:latest"]]


def test_both_layouts_in_one(transfer, base):
    """As newer versions of docker save: digests stay what they were."""
    images = [Image(LAYERS, ["docker.io/library/x:1"])]
    directory = archives.oci_layout(f"{base}/oci", images, key="io.containerd.image.name")
    with open(f"{directory}/manifest.json", "wb") as f:
        f.write(dict(archives.docker_members(images, "new"))["manifest.json"])
    path = archives.tar_of(directory, f"{base}/both.tar")
    said = transfer.fetch(f"archive:{path}")
    assert said.image["manifest"] == digest_of(images[0].manifest())
    assert said.image["names"] == ["docker.io/library/x:1"]
    said = transfer.fetch(f"docker-archive:{path}")
    assert said.image["config"] == digest_of(images[0].config)


def hostile_docker(path, **change):
    image = Image(LAYERS[:1], ["a:1"])
    members = dict(archives.docker_members([image]))
    listed = json.loads(members["manifest.json"])
    listed[0].update(change)
    members["manifest.json"] = json.dumps(listed).encode()
    return members


@pytest.mark.parametrize("change", [
    {"Layers": ["../../../etc/passwd"]}, {"Layers": ["/etc/passwd"]}, {"Config": "/etc/passwd"},
    {"Layers": ["loop1"]}, {"Layers": ["out"]}, {"Layers": ["up"]}, {"Layers": ["directory"]},
    {"Layers": []}, {"Layers": None}, {"Layers": "x"}, {"Layers": ["x"] * 501}, {"Config": ""},
    {"Config": None}, {"RepoTags": 1}, {"Layers": [""]}, {"Layers": ["\u0000"]},
])
def test_hostile_docker_archive(transfer, base, change):
    members = hostile_docker(base, **change)
    members.update({"loop1": ("symlink", "loop2"), "loop2": ("symlink", "loop1"),
                    "out": ("symlink", "/etc/passwd"), "up": ("symlink", "../../../etc/passwd"),
                    "directory": None})
    path = archives.write_tar(f"{base}/a.tar", list(members.items()))
    said = transfer.fetch(f"docker-archive:{path}")
    assert said.code == 125, said.events
    assert path in said.error["text"] or "manifest.json" in said.error["text"]
    with open("/etc/passwd", "rb") as f:
        assert digest_of(f.read()) not in transfer.blobs()


def test_hostile_directory(transfer, base):
    """Links in a directory lead nowhere outside of it; only regular files are opened."""
    for name in ("link", "fifo"):
        directory = archives.oci_layout(f"{base}/{name}", [Image(LAYERS[:1], ["v1"])])
        victim = f"{directory}/blobs/sha256/{digest_of(LAYERS[0][0])[7:]}"
        os.unlink(victim)
        if name == "link":
            with open(f"{base}/outside", "wb") as f:
                f.write(LAYERS[0][0])
            os.symlink(f"{base}/outside", victim)
        else:
            os.mkfifo(victim)
        said = transfer.fetch(f"oci:{directory}")
        assert said.code == 125
        assert digest_of(LAYERS[0][0]) not in transfer.blobs()


@pytest.mark.parametrize("wrong", ["layer", "config", "manifest", "size"])
def test_wrong_digests_in_a_layout(transfer, base, wrong):
    image = Image(LAYERS[:1], ["v1"])
    directory = archives.oci_layout(f"{base}/oci", [image])
    data = {"layer": LAYERS[0][0], "config": image.config}.get(wrong, image.manifest())
    path = f"{directory}/blobs/sha256/{digest_of(data)[7:]}"
    with open(path, "r+b") as f:
        if wrong == "size":
            f.truncate(len(data) - 1)
        else:
            f.seek(len(data) // 2)
            f.write(bytes([data[len(data) // 2] ^ 1]))
    said = transfer.fetch(f"oci:{directory}")
    assert said.code == 125
    assert digest_of(data) not in transfer.blobs()
    check_store(transfer)


@pytest.mark.parametrize("keep", [0, 100, 600, 2000, 100_000])
def test_cut_archive(transfer, base, keep):
    path = archives.docker_archive(f"{base}/a.tar", [Image(LAYERS, ["a:1"])])
    os.truncate(path, keep)
    said = transfer.fetch(f"archive:{path}")
    assert said.code == 125 and path in said.error["text"]
    check_store(transfer)


@pytest.mark.parametrize("content", [b"", b"x" * 5000, b"\0" * 10240, gzip.compress(b"hello"),
                                     gzip.compress(b"x" * 100_000)[:50]],
                         ids=["empty", "text", "zeros", "gzip", "cut"])
def test_no_archive(transfer, base, content):
    with open(f"{base}/x", "wb") as f:
        f.write(content)
    for kind in ("archive", "docker-archive", "oci-archive"):
        said = transfer.fetch(f"{kind}:{base}/x")
        assert said.code == 125 and f"{base}/x" in said.error["text"]


def test_sources_that_cannot_be(transfer, base):
    for source, words in ((f"archive:{base}/nothere", "no such file"), ("containers-storage:x", "transport"),
                          (f"oci:{base}/nothere", "no such"), ("UPPER/case", "case"), ("", "source"),
                          (f"docker-archive:{base}", "directory"), (f"dir:{base}", "manifest.json")):
        said = transfer.fetch(source)
        assert said.code == 125
        message = said.error["text"] + os.strerror(said.error["code"]).lower()
        assert words in message


# Import.

def make_tar(path, mode="w", **files):
    with tarfile.open(path, mode) as tar:
        for name, content in files.items():
            full = path + ".content"
            with open(full, "wb") as f:
                f.write(content)
            tar.add(full, name)
    return path


def zstd(path):
    subprocess.run(["zstd", "-q", "-f", path, "-o", path + ".zst"], check=True)
    return path + ".zst"


@pytest.mark.parametrize("kind", ["plain", "gzip", "zstd", "xz", "bzip2"])
@pytest.mark.parametrize("how", ["file", "stdin", "url"])
def test_import(transfer, base, kind, how):
    mode = {"gzip": "w:gz", "xz": "w:xz", "bzip2": "w:bz2"}.get(kind, "w")
    path = make_tar(f"{base}/root.tar", mode, motd=b"hello", noise=os.urandom(100_000))
    path = zstd(path) if kind == "zstd" else path
    with open(path, "rb") as f:
        content = f.read()
    config = {"created": "2020-01-02T03:04:05Z", "config": {"Cmd": ["/bin/sh"]}}
    request = {"import_config": json.dumps(config), "import_message": "made by hand",
               "names": ["localhost/x:1"]}
    with contextlib.ExitStack() as stack:
        if how == "file":
            said = transfer.fetch(f"tarball:{path}", **request)
        elif how == "stdin":
            cat = stack.enter_context(subprocess.Popen(["cat", path], stdout=subprocess.PIPE))
            said = transfer.fetch("tarball:-", stdin=cat.stdout, input_is_stdin=True, **request)
        else:
            server = stack.enter_context(FaultyRegistry())
            digest = server.add_blob("a", content)
            said = transfer.fetch(f"tarball:{server.url}/v2/a/blobs/{digest}", **request)
    assert said.code == 0, said.error
    image = said.image
    assert image["names"] == ["localhost/x:1"]
    written = json.loads(transfer.blob(image["config"]))
    assert written["config"] == {"Cmd": ["/bin/sh"]}
    assert written["rootfs"] == {"type": "layers", "diff_ids": [image["layers"][0]["diff_id"]]}
    assert written["history"][0]["comment"] == "made by hand"
    assert written["os"] == "linux" and written["architecture"]
    assert written["created"] == written["history"][0]["created"] == "2020-01-02T03:04:05Z"
    stored = transfer.blob(image["layers"][0]["digest"])
    if kind in ("plain", "gzip", "zstd"):
        assert stored == content
    else:
        assert digest_of(gzip.decompress(stored)) == image["layers"][0]["diff_id"]
        assert image["layers"][0]["media_type"] == LAYER
    assert said.blobs[0] == stored
    assert transfer.partial() == []
    check_store(transfer)


def test_import_refused(transfer, base):
    make_tar(f"{base}/a.tgz", "w:gz", noise=os.urandom(50_000))
    with open(f"{base}/a.tgz", "rb") as f:
        content = f.read()
    cases = {"empty": b"", "cut": content[:20_000], "damaged": content[:20_000] + b"x" * 9000,
             "xz": lzma.compress(b"x" * 10_000)[:-20]}
    for name, wrong in cases.items():
        with open(f"{base}/{name}", "wb") as f:
            f.write(wrong)
        said = transfer.fetch(f"tarball:{base}/{name}", import_config="{}")
        assert said.code == 125 and f"{base}/{name}" in said.error["text"]
    for config in ("", "[]", "{\"rootfs\"", None):
        said = transfer.fetch(f"tarball:{base}/a.tgz", import_config=config)
        assert said.code == 125
    assert transfer.partial() == []


# Sending.

@pytest.fixture
def stored(transfer, registry, pulled):
    """An image in the store: the digest of its manifest."""
    return transfer.fetch(pulled[0]).image["manifest"]


def test_send_to_a_registry(transfer, registry, stored):
    name = f"{registry.host}/c/d:new"
    said = transfer.send(f"docker://{name}", [{"manifest": stored, "names": [name]}])
    assert said.code == 0, said.error
    assert said.result["manifest"] == stored
    assert registry.manifests["c/d"]["new"][1] == transfer.blob(stored)
    assert set(registry.blobs["c/d"]) == {digest_of(b) for b, _ in LAYERS} | {
        json.loads(transfer.blob(stored))["config"]["digest"]}
    uploads = registry.count("/uploads/", method="PUT")
    said = transfer.send(f"docker://{name}", [stored])
    assert said.code == 0 and registry.count("/uploads/", method="PUT") == uploads
    assert "exists" in said.states(digest_of(LAYERS[0][0]))


def test_send_compressed_anew(transfer, registry, base):
    plain = [layer({"a": b"a" * 100_000}, compress=False), LAYERS[0]]
    path = archives.docker_archive(f"{base}/a.tar", [Image(plain, ["a:1"])])
    manifest = transfer.fetch(f"archive:{path}").image["manifest"]
    target = f"docker://{registry.host}/x:1"
    said = transfer.send(target, [manifest])
    assert said.code == 0, said.error
    sent = json.loads(registry.manifests["x"]["1"][1])
    assert digest_of(registry.manifests["x"]["1"][1]) == said.result["manifest"] != manifest
    blob = registry.blobs["x"][sent["layers"][0]["digest"]]
    assert digest_of(gzip.decompress(blob)) == plain[0][1]
    assert sent["layers"][0]["mediaType"].endswith("tar.gzip")
    assert sent["layers"][1]["digest"] == digest_of(LAYERS[0][0])  # was compressed already
    again = transfer.send(target, [manifest])
    assert again.result["manifest"] == said.result["manifest"]  # the same bytes

    said = transfer.send(target, [manifest], compression="zstd", force_compression=True)
    assert said.code == 125 and "v2s2" in said.error["text"]
    said = transfer.send(target, [manifest], compression="zstd", force_compression=True, format="oci")
    assert said.code == 0, said.error
    sent = json.loads(registry.manifests["x"]["1"][1])
    assert sent["mediaType"] == MANIFEST
    assert {p["mediaType"] for p in sent["layers"]} == {LAYER.replace("gzip", "zstd")}
    said = transfer.fetch(f"{registry.host}/x:1")
    assert [p["diff_id"] for p in said.image["layers"]] == [d for _, d in plain]


def test_send_in_the_other_format(transfer, registry, stored):
    said = transfer.send(f"docker://{registry.host}/x:1", [stored], format="v2s2")
    assert said.code == 0, said.error
    media_type, data = registry.manifests["x"]["1"]
    sent = json.loads(data)
    assert media_type == sent["mediaType"] == DOCKER_MANIFEST
    assert [p["digest"] for p in sent["layers"]] == [digest_of(b) for b, _ in LAYERS]
    back = transfer.fetch(f"{registry.host}/x:1").image["manifest"]
    said = transfer.send(f"docker://{registry.host}/x:2", [back], format="oci")
    assert json.loads(registry.manifests["x"]["2"][1])["layers"] == json.loads(
        transfer.blob(stored))["layers"]
    same = transfer.send(f"docker://{registry.host}/x:3", [stored], format="oci")
    assert same.result["manifest"] == stored


def test_send_an_index(transfer, registry):
    entries = add_platforms(registry, [(AMD64, AMD64), (ARM64, ARM64)])
    index = add_index(registry, entries)
    target = f"docker://{registry.host}/b:1"
    transfer.fetch(f"{registry.host}/a:tag", platform=AMD64)
    said = transfer.send(target, [digest_of(index)])
    assert said.code == 125 and entries[1]["digest"] in said.error["text"]
    transfer.fetch(f"{registry.host}/a:tag", platform=ARM64)
    said = transfer.send(target, [digest_of(index)])
    assert said.code == 0, said.error
    assert said.result["manifest"] == digest_of(index)
    assert registry.manifests["b"]["1"] == (INDEX, index)
    said = transfer.send(target, [digest_of(index)], format="v2s2")
    assert said.code == 0, said.error
    sent = json.loads(registry.manifests["b"]["1"][1])
    assert {e["mediaType"] for e in sent["manifests"]} == {DOCKER_MANIFEST}
    assert sent["manifests"][1]["platform"] == ARM64


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "oci", "dir"])
def test_send_and_fetch_back(transfer, base, stored, kind):
    target = f"{kind}:{base}/out"
    names = ["docker.io/library/x:1", "localhost:5000/y:2"]
    said = transfer.send(target, [{"manifest": stored, "names": names}])
    assert said.code == 0, said.error
    back = transfer.fetch(f"archive:{base}/out")
    check_fetched(transfer, back)
    assert back.image.get("names") == (None if kind == "dir" else names)
    if kind != "docker-archive":
        assert back.image["manifest"] == stored
    assert back.image["config"] == json.loads(transfer.blob(stored))["config"]["digest"]
    assert [n for n in os.listdir(base) if n.startswith(".")] == []


def test_docker_archive_of_several(transfer, registry, base):
    images = []
    for i in range(3):
        registry.add_image("a", f"t{i}", LAYERS[:i + 1], config={"author": str(i)})
        images.append(transfer.fetch(f"{registry.host}/a:t{i}").image)
    request = [{"manifest": i["manifest"], "names": i["names"]} for i in images]
    request.append({"manifest": images[0]["manifest"], "names": ["docker.io/library/more:1"]})
    for name in ("one", "two"):
        said = transfer.send(f"docker-archive:{base}/{name}", request)
        assert said.code == 0, said.error
    with open(f"{base}/one", "rb") as one, open(f"{base}/two", "rb") as two:
        assert one.read() == two.read()
    with tarfile.open(f"{base}/one") as tar:
        names = tar.getnames()
        listed = json.load(tar.extractfile("manifest.json"))
        for blob, diff_id in LAYERS:
            assert tar.extractfile(diff_id[7:] + ".tar").read() == gzip.decompress(blob)
    assert len(names) == len(set(names)) == 3 + 3 + 1
    assert [len(i["Layers"]) for i in listed] == [1, 2, 3]
    assert listed[0]["RepoTags"] == [f"{registry.host}/a:t0", "docker.io/library/more:1"]


def test_docker_archive_with_sizes(transfer, base, stored):
    sizes = [str(len(gzip.decompress(b))) for b, _ in LAYERS]
    said = transfer.send(f"docker-archive:{base}/a", [{"manifest": stored, "diff_sizes": sizes}])
    assert said.code == 0, said.error
    for wrong in ("1", str(10**6)):
        said = transfer.send(f"docker-archive:{base}/b",
                             [{"manifest": stored, "diff_sizes": [wrong, *sizes[1:]]}])
        assert said.code == 125
        assert not os.path.exists(f"{base}/b")
    assert sorted(os.listdir(base)) == sorted({"a", *os.listdir(base)} - {"b"})
    assert [n for n in os.listdir(base) if n.startswith(".")] == []


def test_existing_files(transfer, base, stored):
    for name in ("full", "none"):
        with open(f"{base}/{name}", "wb") as f:
            f.write(b"mine" if name == "full" else b"")
    said = transfer.send(f"docker-archive:{base}/full", [stored])
    assert said.code == 125 and "rm " in said.error["hint"]
    with open(f"{base}/full", "rb") as f:
        assert f.read() == b"mine"
    assert transfer.send(f"docker-archive:{base}/none", [stored]).code == 0
    assert transfer.send(f"oci-archive:{base}/full", [stored]).code == 0  # as podman: replaced
    os.mkdir(f"{base}/mine")
    with open(f"{base}/mine/file", "wb"):
        pass
    assert transfer.send(f"dir:{base}/mine", [stored]).code == 125
    assert transfer.send(f"oci-archive:{base}/nothere/x", [stored]).code == 125


def test_stdout(transfer, base, stored):
    with open(f"{base}/out", "wb") as out:
        assert transfer.send("docker-archive:-", [stored], stdout=out, output_is_stdout=True).code == 0
    assert transfer.fetch(f"archive:{base}/out").code == 0
    read_fd, write_fd = os.pipe()
    got = []
    reader = threading.Thread(target=lambda: got.append(open(read_fd, "rb").read()))
    reader.start()
    with os.fdopen(write_fd, "wb") as out:
        assert transfer.send("oci-archive:-", [stored], stdout=out, output_is_stdout=True).code == 0
    reader.join(10)
    assert got[0][:10] == b"oci-layout"


def test_oci_layout_is_added_to(transfer, registry, base, stored):
    other = registry.add_image("o", "t", LAYERS[:1])
    transfer.fetch(f"{registry.host}/o:t")
    for reference, manifest in (("one", stored), ("two", stored), ("two", other)):
        said = transfer.send(f"oci:{base}/oci:{reference}", [manifest])
        assert said.code == 0, said.error
    with open(f"{base}/oci/index.json", "rb") as f:
        entries = json.load(f)["manifests"]
    names = {e["annotations"]["org.opencontainers.image.ref.name"]: e["digest"] for e in entries}
    assert names == {"one": stored, "two": other} and len(entries) == 2


def test_failure_leaves_nothing(transfer, base, stored):
    os.unlink(os.path.join(transfer.data, "blobs", digest_of(LAYERS[2][0]).replace(":", "/")))
    for kind in ("docker-archive", "oci-archive"):
        said = transfer.send(f"{kind}:{base}/out", [stored])
        assert said.code == 125 and digest_of(LAYERS[2][0]) in said.error["text"]
        assert not os.path.exists(f"{base}/out")
    assert [n for n in os.listdir(base) if n.startswith(".")] == []


def test_requests_that_make_no_sense(transfer, base, stored):
    for target, more in ((f"tarball:{base}/x", {}), (f"docker-archive:{base}/x", {"format": "oci"}),
                         (f"oci:{base}/x:@1", {}), (f"dir:{base}/x", {"output_is_stdout": True})):
        assert transfer.send(target, [stored], **more).code == 125
    assert transfer.send(f"dir:{base}/x", []).code == 125
    said = transfer.start("nothing", {}).wait()
    assert said.code == 125 and "no such operation" in said.error["text"]
    said = transfer.start("fetch", {"source": 1}).wait()
    assert said.code == 125 and "source" in said.error["text"]
    by_hand = subprocess.run([transfer.path, "fetch"], env=transfer.env, capture_output=True,
                             stdin=subprocess.DEVNULL, text=True, check=False)
    assert by_hand.returncode == 125 and "control socket" in by_hand.stderr


# Others write what we read, and read what we write.

def check_others_image(transfer, said):
    assert said.code == 0, said.error
    for i, part in enumerate(said.image["layers"]):
        assert digest_of(said.blobs[i]) == part["digest"]
        with contextlib.suppress(gzip.BadGzipFile):
            assert digest_of(gzip.decompress(said.blobs[i])) == part["diff_id"]
    check_store(transfer)


def test_skopeo_agrees(transfer, skopeo, base, stored):
    for kind, target in (("oci", "layout:x"), ("oci-archive", "x.tar"), ("dir", "dir")):
        assert transfer.send(f"{kind}:{base}/{target}", [stored]).code == 0
        assert skopeo.digest(f"{kind}:{base}/{target}") == stored
        skopeo.ok("copy", f"{kind}:{base}/{target}", f"{kind}:{base}/back-{target}")
        said = transfer.fetch(f"{kind}:{base}/back-{target}")
        check_fetched(transfer, said)
        assert said.image["manifest"] == stored
    name = "docker.io/library/x:1"
    transfer.send(f"docker-archive:{base}/d.tar", [{"manifest": stored, "names": [name]}])
    config = json.loads(transfer.blob(json.loads(transfer.blob(stored))["config"]["digest"]))
    assert skopeo.config(f"docker-archive:{base}/d.tar:{name}")["rootfs"]["diff_ids"] == \
        config["rootfs"]["diff_ids"]


def test_podman_agrees(transfer, podman, base, pristine_root):
    podman.make("localhost/made:1", pristine_root)
    for kind in ("docker-archive", "oci-archive"):
        podman.ok("save", "--format", kind, "-o", f"{base}/{kind}", "localhost/made:1")
        said = transfer.fetch(f"archive:{base}/{kind}")
        check_others_image(transfer, said)
        assert said.image["names"] == ["localhost/made:1"]
        image = {"manifest": said.image["manifest"], "names": [f"localhost/back:{kind}"]}
        assert transfer.send(f"{kind}:{base}/back-{kind}", [image]).code == 0
        podman.ok("load", "-i", f"{base}/back-{kind}")
        inspected = json.loads(podman.ok("image", "inspect", f"localhost/back:{kind}"))[0]
        assert "sha256:" + inspected["Id"] == said.image["config"]


@pytest.mark.root
def test_docker_agrees(transfer, docker, base, pristine_root):
    docker.make("made:1", pristine_root)
    docker.ok("tag", "made:1", "localhost:5000/also:2")
    docker.ok("save", "-o", f"{base}/a.tar", "made:1", "localhost:5000/also:2")
    said = transfer.fetch(f"archive:{base}/a.tar")
    check_others_image(transfer, said)
    assert sorted(said.image["names"]) == ["docker.io/library/made:1", "localhost:5000/also:2"]
    image = {"manifest": said.image["manifest"], "names": ["docker.io/library/back:1", "localhost:5000/b:2"]}
    assert transfer.send(f"docker-archive:{base}/back.tar", [image]).code == 0
    docker.ok("load", "-i", f"{base}/back.tar")
    for name in ("back:1", "localhost:5000/b:2"):
        assert docker.ok("image", "inspect", "--format", "{{.Id}}", name).strip() == said.image["config"]


def test_umoci_agrees(transfer, umoci, base, pristine_root, registry):
    umoci.make(f"{base}/layout:x", pristine_root)
    said = transfer.fetch(f"oci:{base}/layout:x")
    check_others_image(transfer, said)
    assert transfer.send(f"oci:{base}/layout:y", [said.image["manifest"]]).code == 0
    assert "y" in umoci.ok("list", "--layout", f"{base}/layout").split()
    umoci.ok("stat", "--image", f"{base}/layout:y")
