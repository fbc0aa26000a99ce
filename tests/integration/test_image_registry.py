# SPDX-License-Identifier: Apache-2.0
"""pull, push, login, logout, search, manifest against Debian's registry on loopback, seen from the command line."""

import json
import os
import re
import urllib.request

import pytest

from support import image
from support.registry import Registry

pytestmark = pytest.mark.subids


@pytest.fixture(scope="session")
def registry(shared_dir):
    with Registry(shared_dir) as r:
        yield r


@pytest.fixture(scope="session")
def private(shared_dir):
    with Registry(shared_dir, tls=True, users={"me": "secret"}) as r:
        yield r


@pytest.fixture(scope="session")
def made(shared_dir, pristine_root):
    class Made:
        base = image.busybox(pristine_root)
        hello = base.add({"hello.txt": "hi\n"}).with_config(Cmd=["cat", "/hello.txt"])
        path = shared_dir + "/registry.tar"

    image.docker_archive(Made.path, {"localhost/base:1": Made.base, "localhost/hello:1": Made.hello})
    return Made


@pytest.fixture
def loaded(cubby, made):
    cubby.ok("load", "-q", "-i", made.path)
    return cubby


@pytest.fixture
def pushed(loaded, registry):
    """A repository of the test's own that holds hello as :1 and base as :2; the images are here no more."""
    name = f"{registry.host}/{os.urandom(4).hex()}/app"
    loaded.ok("push", "-q", "--tls-verify=false", "hello:1", f"{name}:1")
    loaded.ok("push", "-q", "--tls-verify=false", "base:1", f"{name}:2")
    loaded.ok("rmi", "-a", "-f")
    loaded.ok("image", "prune", "-f")       # also what was compressed for the push
    return name


def test_pull(cubby, pushed, made):
    done = cubby("pull", "--tls-verify=false", pushed + ":1")
    assert (done.code, done.stdout) == (0, made.hello.id + "\n"), done
    assert re.search(r"^Copying blob sha256:[0-9a-f]{64} done$", done.stderr, re.MULTILINE)
    done = cubby("pull", "-q", "--tls-verify=false", pushed + ":1", pushed + ":2")
    assert (done.code, done.stdout, done.stderr) == (0, f"{made.hello.id}\n{made.base.id}\n", "")
    assert cubby.ok("run", "--rm", pushed + ":1") == "hi"
    digest = cubby.ok("images", "--format", "{{.Digest}}", pushed + ":1")
    assert cubby.ok("pull", "-q", "--tls-verify=false", f"{pushed}@{digest}") == made.hello.id


def test_pull_of_all_tags(cubby, pushed, made):
    assert set(cubby.ok("pull", "-q", "-a", "--tls-verify=false", pushed).split()) == {made.hello.id, made.base.id}
    assert set(cubby.ok("images", "--format", "{{.Tag}}").split()) == {"1", "2"}


def test_pull_policies(cubby, pushed, made):
    words = ("pull", "-q", "--tls-verify=false", "--policy")
    assert "image not known" in cubby.fails(*words, "never", pushed + ":1", code=125)
    for policy in ("missing", "newer", "always", "never"):
        assert cubby.ok(*words, policy, pushed + ":1") == made.hello.id
    cubby.fails(*words, "sometimes", pushed + ":1", code=125)


def test_pull_says_what_is_wrong(cubby, pushed, registry):
    said = cubby.fails("pull", "--tls-verify=false", pushed + ":nosuch", code=125)
    assert ":nosuch" in said and said.startswith("Error: ")
    cubby.fails("pull", "--tls-verify", pushed + ":1", code=125)
    assert "lowercase" in cubby.fails("pull", "Bad/Name", code=125)
    assert "--platform does not go with" in cubby.fails("pull", "--platform", "linux/arm", "--arch", "arm", "x", code=125)
    assert "not supported yet" in cubby.fails("pull", "--decryption-key", "x", "y", code=125)
    assert "at least 1 argument" in cubby.fails("pull", code=125)


def test_run_fetches(cubby, pushed):
    done = cubby("run", "--rm", "--tls-verify=false", pushed + ":1")
    assert (done.code, done.stdout) == (0, "hi\n") and "Copying blob" in done.stderr
    cubby.ok("rmi", pushed + ":1")
    done = cubby("run", "--rm", "-q", "--tls-verify=false", pushed + ":1")
    assert (done.stdout, done.stderr) == ("hi\n", "")


def test_push(loaded, registry, made, base):
    name = f"{registry.host}/{os.urandom(4).hex()}/app"
    loaded.ok("tag", "hello:1", name + ":x")
    done = loaded("push", "--tls-verify=false", "--digestfile", base + "/digest", name + ":x")
    assert done.code == 0 and done.stdout == "" and "Copying blob" in done.stderr
    with open(base + "/digest", encoding="utf-8") as f:
        digest = f.read()
    request = urllib.request.Request(f"{registry.url}/v2/{name.partition('/')[2]}/manifests/x",
                                     headers={"Accept": image.MANIFEST + ", application/vnd.docker.distribution.manifest.v2+json"})
    with urllib.request.urlopen(request) as answer:
        assert image.digest_of(answer.read()) == digest
    assert "does not say where to" in loaded.fails("push", made.hello.id[:12], code=125)
    loaded.ok("push", "-q", "--tls-verify=false", made.hello.id[:12], "docker://" + name + ":y")
    assert "unknown" in loaded.fails("push", "--format", "v1", "hello:1", name, code=125)
    assert "unknown" in loaded.fails("push", "--compression-format", "lz4", "hello:1", name, code=125)
    assert "not supported yet" in loaded.fails("push", "--sign-by", "x", "hello:1", name, code=125)


def test_push_to_an_archive(loaded, made, base):
    loaded.ok("push", "-q", "hello:1", "oci-archive:" + base + "/o.tar")
    loaded.ok("push", "-q", "hello:1", "dir:" + base + "/d")
    loaded.ok("rmi", "-a", "-f")
    assert loaded.ok("pull", "-q", "oci-archive:" + base + "/o.tar") == made.hello.id
    loaded.ok("rmi", "-a", "-f")
    assert loaded.ok("pull", "-q", "dir:" + base + "/d") == made.hello.id


def test_login(loaded, private, base):
    words = ("--cert-dir", private.certs_dir(), "--authfile", base + "/auth.json")
    name = f"{private.host}/app:{os.urandom(4).hex()}"
    loaded.fails("push", "-q", *words, "hello:1", name, code=125)
    assert f"not logged into {private.host}" in loaded.fails("login", *words, "--get-login", private.host, code=125)
    loaded.fails("login", *words, "-u", "me", "-p", "wrong", private.host, code=125)
    assert loaded.ok("login", *words, "-u", "me", "--password-stdin", private.host, input="secret\n") == "Login Succeeded!"
    assert os.stat(base + "/auth.json").st_mode & 0o777 == 0o600
    assert loaded.ok("login", *words, "--get-login", private.host) == "me"
    loaded.ok("push", "-q", *words, "hello:1", name)
    loaded.ok("pull", "-q", *words, name)
    said = loaded.ok("logout", "--authfile", base + "/auth.json", private.host)
    assert said == f"Removed login credentials for {private.host}"
    loaded.fails("pull", "-q", *words, name, code=125)
    loaded.fails("logout", "--authfile", base + "/auth.json", private.host, code=125)
    loaded.ok("pull", "-q", *words, "--creds", "me:secret", name)
    assert "Used: " in loaded.ok("login", *words, "-v", "-u", "me", "-p", "secret", "https://" + private.host + "/")
    assert loaded.ok("logout", "--authfile", base + "/auth.json", "--all") == "Removed login credentials for all registries"
    with open(base + "/auth.json", encoding="utf-8") as f:
        assert not json.load(f).get("auths")


def test_login_without_a_terminal(cubby, private):
    assert "--password-stdin" in cubby.fails("login", private.host, code=125)
    assert "--password-stdin" in cubby.fails("login", "-u", "me", private.host, code=125)
    assert "--username" in cubby.fails("login", "--password-stdin", private.host, code=125)
    assert "exclude" in cubby.fails("login", "-u", "a", "-p", "b", "--password-stdin", private.host, code=125)


def test_login_on_a_terminal(cubby, private, base, terminal):
    words = ("login", "--cert-dir", private.certs_dir(), "--authfile", base + "/auth.json", private.host)
    child = terminal(cubby.argv(*words))
    child.expect("Username: ")
    child.send("me\r")
    child.expect("Password: ")
    child.send("wrong\x15secrex\x7ft\r")      # ctrl-u and delete
    child.expect("Login Succeeded!")
    assert "secre" not in child.before and "wrong" not in child.before
    child.expect(child_end())
    child = terminal(cubby.argv(*words))
    child.expect(r"Username \(me\): ")
    child.send("\r")
    child.expect("Password: ")
    child.send("\x03")
    child.expect("no password was typed")


def child_end():
    import pexpect
    return pexpect.EOF


def test_search_of_tags(cubby, pushed):
    words = ("search", "--tls-verify=false", "--list-tags")
    lines = [line.split() for line in cubby.ok(*words, pushed).splitlines()]
    assert lines[0] == ["NAME", "TAG"] and sorted(lines[1:]) == [[pushed, "1"], [pushed, "2"]]
    (listed,) = cubby.json(*words, "--format", "json", pushed)
    assert listed["Name"] == pushed and sorted(listed["Tags"]) == ["1", "2"]
    assert cubby.ok(*words, "--limit", "1", "--format", "{{.Tag}}", pushed) in ("1", "2")
    assert "takes no filters" in cubby.fails(*words, "-f", "stars=3", pushed, code=125)
    assert "invalid filter" in cubby.fails("search", "-f", "a=b", "x", code=125)


def test_manifest(loaded, registry, made, base):
    name = f"{registry.host}/{os.urandom(4).hex()}/multi"
    foreign = made.hello.with_config(Cmd=["true"])
    foreign.architecture = "riscv64"
    image.docker_archive(base + "/foreign.tar", {"localhost/foreign:1": foreign})
    loaded.ok("load", "-q", "-i", base + "/foreign.tar")
    assert loaded("manifest", "exists", "multi").code == 1
    assert loaded.ok("manifest", "create", "multi", "hello:1") == "localhost/multi:latest"
    assert "already in use" in loaded.fails("manifest", "create", "multi", code=125)
    loaded.ok("manifest", "add", "--annotation", "a=b", "--variant", "v1", "multi", "foreign:1")
    index = loaded.json("manifest", "inspect", "multi")
    assert index["mediaType"] == image.INDEX
    assert [m["platform"]["architecture"] for m in index["manifests"]] == [image.host_architecture(), "riscv64"]
    assert index["manifests"][1]["annotations"] == {"a": "b"} and index["manifests"][1]["platform"]["variant"] == "v1"
    loaded.ok("manifest", "annotate", "--os-version", "6.1", "multi", index["manifests"][1]["digest"])
    assert loaded.json("manifest", "inspect", "multi")["manifests"][1]["platform"]["os.version"] == "6.1"
    loaded.ok("manifest", "push", "-q", "--tls-verify=false", "multi", "docker://" + name + ":1")
    loaded.ok("manifest", "remove", "multi", "foreign:1")
    assert len(loaded.json("manifest", "inspect", "multi")["manifests"]) == 1
    assert loaded.ok("manifest", "rm", "multi") == "Untagged: localhost/multi:latest"
    assert "not known" in loaded.fails("manifest", "rm", "multi", code=125)
    loaded.ok("manifest", "rm", "-i", "multi")
    loaded.ok("rmi", "-a", "-f")
    assert loaded.ok("pull", "-q", "--tls-verify=false", name + ":1") == made.hello.id
    assert loaded.ok("pull", "-q", "--tls-verify=false", "--platform", "linux/riscv64", name + ":1") == foreign.id
    assert loaded.json("manifest", "inspect", foreign.id[:12])["config"]["digest"] == "sha256:" + foreign.id


def test_progress_on_a_terminal(cubby, pushed, terminal):
    child = terminal(cubby.argv("pull", "--tls-verify=false", pushed + ":1"), dimensions=(24, 60))
    child.expect(child_end())
    screen = child.before
    assert re.search(r"[0-9a-f]{12}  done +[0-9.]+ [kM]?B\x1b\[K", screen), screen
    assert "\x1b[J" in screen and "Copying blob" not in screen and "\x1b[?25l" not in screen
    for line in re.split(r"\r\n|\r|\x1b\[\d*A", screen):
        assert len(re.sub(r"\x1b\[[0-9]*[A-Z]", "", line)) < 65, line
    cubby.ok("rmi", "-a")
    child = terminal(cubby.argv("pull", "--tls-verify=false", pushed + ":1"), env={"TERM": "dumb"})
    child.expect(child_end())
    assert "Copying blob" in child.before and "\x1b" not in child.before
