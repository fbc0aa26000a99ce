# SPDX-License-Identifier: Apache-2.0
"""tools/make-hello-image: the same bytes each time, and an image that others take too."""

import hashlib
import importlib.machinery
import importlib.util
import json
import os
import shutil
import subprocess
import tarfile

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(TOP, "tools", "make-hello-image")
NAME = "localhost/cubby/hello:latest"


def make(path, busybox=None, epoch="1700000000"):
    env = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
    if epoch:
        env["SOURCE_DATE_EPOCH"] = epoch
    return subprocess.run([TOOL, busybox or shutil.which("busybox"), os.path.join(TOP, "data", "hello"), "1.2.3",
                           path], env=env, stderr=subprocess.PIPE, text=True, check=False)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("hello") / "hello.tar")
    made = make(path)
    assert made.returncode == 0, made.stderr
    return path


def blobs(path):
    with tarfile.open(path) as archive:
        return {m.name: archive.extractfile(m).read() for m in archive if m.isreg()}


def layer(path, where):
    for data in blobs(path).values():
        if data[:2] == b"\x1f\x8b":
            out = where / "layer.tar.gz"
            out.write_bytes(data)
            return tarfile.open(out)
    raise AssertionError("no layer")


def test_two_builds_give_the_same_bytes(image, tmp_path):
    again = str(tmp_path / "again.tar")
    assert make(again).returncode == 0
    with open(image, "rb") as a, open(again, "rb") as b:
        assert a.read() == b.read()


def test_without_a_date_given_it_is_busyboxs(tmp_path):
    path = str(tmp_path / "dated.tar")
    assert make(path, epoch=None).returncode == 0
    with tarfile.open(path) as archive:
        assert {m.mtime for m in archive} == {int(os.stat(shutil.which("busybox")).st_mtime)}


def test_each_blob_has_the_digest_that_names_it(image):
    files = blobs(image)
    named = {n: d for n, d in files.items() if n.startswith("blobs/")}
    assert len(named) == 3
    for name, data in named.items():
        assert name == "blobs/sha256/" + hashlib.sha256(data).hexdigest()
    index = json.loads(files["index.json"])
    assert index["manifests"][0]["annotations"] == {"org.opencontainers.image.ref.name": NAME}


def test_all_files_are_roots_and_nothing_is_left_to_guess(image, tmp_path):
    with layer(image, tmp_path) as archive:
        members = {m.name: m for m in archive}
    assert {(m.uid, m.gid, m.mtime) for m in members.values()} == {(0, 0, 1700000000)}
    assert members["bin/sh"].linkname == "bin/busybox" and members["bin/sh"].islnk()
    assert members["hello"].mode == 0o755 and members["tmp"].mode == 0o1777
    assert not [m for m in members.values() if m.mode & 0o6000]


def test_skopeo_reads_it(image, environment):
    said = subprocess.run(["skopeo", "inspect", "--config", f"oci-archive:{image}:{NAME}"], env=environment,
                          stdout=subprocess.PIPE, text=True, check=True)
    config = json.loads(said.stdout)
    assert config["os"] == "linux" and config["config"]["Cmd"] == ["/hello"]
    assert config["config"]["Labels"]["org.opencontainers.image.version"] == "1.2.3"


@pytest.mark.parametrize("ids, outside", [
    ("0 1000 1", "that is uid 1000, and it can do there what uid 1000 can"),
    ("5 700 10\n0 2000 5", "that is uid 2000"),
    ("0 0 4294967295", "no user namespace of its own"),
])
def test_the_greeting_runs(image, tmp_path, base, user, ids, outside):
    """Told of a map as /proc/self/uid_map would have it."""
    root = os.path.join(base, "rootfs")
    os.mkdir(root)
    with layer(image, tmp_path) as archive:
        archive.extractall(root)
    said = subprocess.run(user.in_namespace(["chroot", root, "/bin/sh", "-c",
                                             f"echo '{ids}' >/tmp/map; "
                                             "sed 's|/proc/self/uid_map|/tmp/map|' /hello >/tmp/hello; "
                                             "PATH=/bin sh /tmp/hello"]),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=True)
    assert said.stderr == ""
    assert "In here you are   root (uid 0)" in said.stdout
    assert "cubby run -it --rm cubby/hello" in said.stdout
    assert outside in said.stdout


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n" * 20, b"\x7fELF\x02\x01\x01" + b"\xff" * 200],
                         ids=["empty", "script", "broken"])
def test_what_is_no_program_is_refused(tmp_path, content):
    bad = tmp_path / "busybox"
    bad.write_bytes(content)
    made = make(str(tmp_path / "out.tar"), str(bad))
    assert made.returncode == 1 and "not an ELF program" in made.stderr
    assert not (tmp_path / "out.tar").exists()


def test_a_busybox_that_needs_a_loader_is_refused(tmp_path):
    made = make(str(tmp_path / "out.tar"), "/bin/ls")
    assert made.returncode == 1 and "not static: install busybox-static" in made.stderr


def test_machines_have_gos_names():
    loader = importlib.machinery.SourceFileLoader("make_hello_image", TOOL)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_hello_image", loader))
    loader.exec_module(module)
    header = bytearray(64)
    header[:7] = b"\x7fELF\x02\x01\x01"
    for machine, expected in ((62, ("amd64", None)), (183, ("arm64", "v8"))):
        header[18:20] = machine.to_bytes(2, "little")
        assert module.look_at("x", bytes(header)) == expected
