# SPDX-License-Identifier: Apache-2.0
"""Secrets: kept for their user only, seen in containers, and in nothing else."""

import json
import os
import stat
import subprocess

import pytest

from support import image

pytestmark = pytest.mark.subids

VALUE = "correct-horse-battery"


@pytest.fixture
def loaded(cubby, shared_dir, pristine_root):
    path = shared_dir + "/secrets.tar"
    if not os.path.exists(path):
        image.docker_archive(path, {"localhost/s:1": image.busybox(pristine_root)})
    cubby.ok("load", "-q", "-i", path)
    return cubby


def test_the_commands(cubby, base):
    ident = cubby.ok("secret", "create", "-l", "a=b", "pw", "-", input=VALUE)
    assert len(ident) == 25 and cubby.ok("secret", "ls", "-q") == ident
    assert cubby.fails("secret", "create", "pw", "-", input="x", code=125) == "Error: pw: secret name in use\n"
    assert cubby.ok("secret", "create", "--ignore", "pw", "-", input="x") == ident
    path = f"{cubby.data}/secrets/{ident}"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600 and os.listdir(cubby.data + "/secrets") == [ident]
    assert cubby.ok("secret", "ls").split()[:5] == ["ID", "NAME", "DRIVER", "CREATED", "UPDATED"]
    seen = cubby.json("secret", "inspect", "pw")[0]
    assert seen["Spec"]["Name"] == "pw" and seen["Spec"]["Labels"] == {"a": "b"} and "SecretData" not in seen
    assert cubby.ok("secret", "inspect", "--showsecret", "-f", "{{.SecretData}}", ident[:8]) == VALUE
    assert "Driver:            file" in cubby.ok("secret", "inspect", "--pretty", "pw")
    missing = cubby("secret", "inspect", "pw", "nix")
    assert missing.code == 125 and len(json.loads(missing.stdout)) == 1 and "no such secret" in missing.stderr
    assert [cubby("secret", "exists", n).code for n in ("pw", "nix")] == [0, 1]
    other = cubby.ok("secret", "create", "--replace", "pw", "-", input="other")
    assert other != ident and os.listdir(cubby.data + "/secrets") == [other]
    assert cubby.ok("secret", "create", "--env", "e1", "MINE", env={"MINE": "v"})
    assert "is not set" in cubby.fails("secret", "create", "--env", "e2", "NONE", code=125)
    with open(base + "/big", "w") as f:
        f.write("x" * 512000)
    for name, file, words in (("big", base + "/big", "less than 512000"), ("empty", "/dev/null", "larger than 0"),
                              ("a/b", base + "/big", "invalid secret name"), ("..", base + "/big", "invalid secret name"),
                              ("f", base + "/nix", "no such file")):
        assert words in cubby.fails("secret", "create", name, file, code=125), name
    assert cubby.ok("secret", "ls", "--filter", "name=^e", "--format", "{{.Name}}") == "e1"
    assert "no such secret" in cubby.fails("secret", "rm", "nix", code=125)
    cubby.ok("secret", "rm", "--ignore", "nix")
    assert cubby.ok("secret", "rm", "pw") == other
    cubby.ok("secret", "rm", "--all")
    assert os.listdir(cubby.data + "/secrets") == []


def found(cubby, where):
    grep = ["grep", "-rlF", VALUE, where]
    if cubby.user.is_root:
        return subprocess.run(grep, stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    return cubby("unshare", *grep).stdout.split()


def test_in_a_container(loaded):
    ident = loaded.ok("secret", "create", "pw", "-", input=VALUE)
    show = "cat /run/secrets/pw /k/pem; echo; stat -c '%u:%g %a' /run/secrets/pw /k/pem; echo $PASS; ! echo x 2>/dev/null >/run/secrets/pw"
    for more in ([], ["--userns=auto"], ["--read-only"]):
        place = [] if more == ["--read-only"] else ["--secret", "pw,target=/k/pem,uid=33,gid=5,mode=0400"]
        command = show if place else "cat /run/secrets/pw /run/secrets/pw; echo; echo 33:5 400; echo 0:0 444; echo $PASS"
        seen = loaded.ok("run", "--rm", *more, "--secret", "pw", *place, "--secret", "source=pw,type=env,target=PASS",
                         "s:1", "sh", "-c", command).splitlines()
        assert seen[0] == VALUE * 2 and sorted(seen[1:3]) == ["0:0 444", "33:5 400"] and seen[3] == VALUE, (more, seen)
    loaded.ok("create", "--name", "keeper", "--secret", "pw", "--secret", "pw,type=env", "s:1", "sleep", "100")
    loaded.ok("secret", "rm", "pw")
    loaded.ok("start", "keeper")
    for _ in range(2):
        assert loaded.ok("exec", "keeper", "sh", "-c", "cat /run/secrets/pw; echo; echo $pw") == f"{VALUE}\n{VALUE}"
        assert VALUE not in json.dumps(loaded.inspect("keeper"))
        loaded.ok("restart", "-t", "0", "keeper")
    whole = loaded.inspect("keeper")
    assert [s["Name"] for s in whole["Config"]["Secrets"]] == ["pw", "pw"] and whole["Mounts"] == []
    # the file itself, and nothing else: no document, log, or layer
    own = f"{loaded.data}/containers/{whole['Id']}/secrets/{ident}"
    assert found(loaded, loaded.data) == [own] and found(loaded, loaded.run_dir) == []
    loaded.ok("export", "-o", loaded.base + "/out.tar", "keeper")
    with open(loaded.base + "/out.tar", "rb") as f:
        assert VALUE.encode() not in f.read()
    loaded.ok("rm", "-f", "-t", "0", "keeper")
    assert found(loaded, loaded.data) == []


@pytest.mark.parametrize("wrong, words", [
    ("nix", "no such secret"), ("pw,foo=x", "not a valid option"), ("pw,type=x", "type x is invalid"),
    ("pw,mode=9", "octal mode"), ("pw,uid=x", "an id"), ("pw,type=env,uid=1", "cannot be set with secret type env"),
    ("pw,type=env,target=1a", "no name of a variable"), ("pw,target=/", "no such target"), ("", "no name")])
def test_wrong_words(cubby, busybox_root, wrong, words):
    cubby.ok("secret", "create", "pw", "-", input="x")
    assert words in cubby.fails("run", "--rm", "--secret", wrong, "--rootfs", busybox_root, "true", code=125)
