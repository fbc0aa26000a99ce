# SPDX-License-Identifier: Apache-2.0
"""build: stages as a graph, the same image twice, and what is left when a build is ended."""

import json
import os
import re
import shutil
import signal
import time

import pytest

from support import process

ID = "[0-9a-f]{64}"


@pytest.fixture
def build(cubby, base, pristine_root):
    """build(TEXT, OPTIONS...) -> Result, of a context that has busybox; build.path, build.argv()."""
    path = os.path.join(base, "context")
    os.mkdir(path)
    shutil.copy(os.path.join(pristine_root, "bin", "busybox"), os.path.join(path, "busybox"))

    def write(text):
        with open(os.path.join(path, "Dockerfile"), "w", encoding="utf-8") as f:
            f.write(text)

    def run(text, *options, **more):
        write(text)
        return cubby("build", *options, path, **more)
    run.write, run.path = write, path
    return run


def config(cubby, image):
    return cubby.json("image", "inspect", image)[0]


def drafts(cubby):
    layers = os.path.join(cubby.data, "layers")
    return [n for n in os.listdir(layers) if n.startswith(".") and n not in (".", "..")] if os.path.isdir(layers) else []


def containers_left(cubby):
    return cubby.ok("ps", "-aq", "--external") + "".join(
        n for n in os.listdir(os.path.join(cubby.run_dir, "containers")) if re.fullmatch(ID, n))


def test_only_what_is_needed(cubby, build):
    done = build("ARG BASE=scratch\nFROM $BASE AS Base\nCOPY busybox /bin/sh\nFROM scratch AS unused\nCOPY nothing /\n"
                 "FROM BASE AS mid\nLABEL mid=1\nFROM scratch\nCOPY --from=MID /bin/sh /a\nCOPY --from=0 /bin/sh /b\n", "-t", "g")
    assert done.code == 0 and "unused" not in done.stderr and "[4/4] STEP 3/3" in done.stderr, done
    assert len(config(cubby, "g")["RootFS"]["Layers"]) == 2
    # up to the target, which may be named or counted
    for target in ("mid", "MID", "2"):
        assert config(cubby, build("FROM scratch AS base\nCOPY busybox /bin/sh\nFROM scratch\nFROM base AS mid\nLABEL mid=1\n"
                                   "FROM nowhere.invalid/x\n", "--target", target).stdout.strip())["Labels"] == {"mid": "1"}
    failed = build("FROM scratch\n", "--target", "nope")
    assert failed.code == 125 and 'the target "nope" was not found in the provided Dockerfile' in failed.stderr
    failed = build("FROM scratch\nCOPY --from=late / /\nFROM scratch AS late\n")
    assert failed.code == 125 and "Dockerfile:2:" in failed.stderr and "begins only later, at line 3" in failed.stderr, failed
    failed = build("FROM scratch AS a\nFROM \\\n  nowhere:1\n", "--pull=never")
    assert failed.code == 125 and "Dockerfile:3:3: nowhere:1: image not known" in failed.stderr, failed
    assert build("FROM scratch AS a\nCOPY nothing /\nFROM scratch\nLABEL a=b\n", "--skip-unused-stages=false").code == 125


BASE = "FROM scratch AS base\nCOPY busybox /bin/sh\nCOPY busybox /bin/sleep\n"


@pytest.mark.subids
def test_stages_beside_each_other(cubby, build):
    # each waits for the other: one after the other they would never end
    text = BASE + "".join(
        f"FROM base AS s{i}\nRUN --mount=type=cache,target=/m,id=meet : > /m/{i}; until [ -e /m/{1 - i} ]; do sleep 0.1; done; "
        f"echo {i} > /out\n" for i in (0, 1)
    ) + "FROM scratch\nCOPY --from=s0 /out /0\nCOPY --from=s1 /out /1\n"
    done = build(text, "--jobs", "2", "-t", "both", timeout=60)
    assert done.code == 0 and "[2/4]" in done.stderr and "[3/4]" in done.stderr, done
    # the first failure ends the others
    start = time.monotonic()
    failed = build(BASE + "FROM base AS long\nRUN sleep 60\nFROM base AS bad\nRUN sleep 0.5; exit 5\n"
                   "FROM scratch\nCOPY --from=long / /\nCOPY --from=bad / /\n", "--jobs", "2")
    assert failed.code == 5 and time.monotonic() - start < 30, failed
    assert not drafts(cubby) and not containers_left(cubby)


@pytest.mark.subids
def test_the_same_image_twice(cubby, build, base):
    text = ("FROM scratch AS one\nCOPY busybox /bin/sh\nRUN echo $(date) > /now\nFROM one\nENV A=b\nRUN echo more > /more\n"
            "LABEL z=1 a=2\nCMD [\"x\"]\n")
    first = build(text, "-t", "twice").stdout
    assert re.fullmatch(ID + "\n", first)
    assert build(text, "-t", "twice").stdout == first
    # also what makes no files is remembered, and a context's times don't matter
    os.utime(os.path.join(build.path, "busybox"), (1, 1))
    assert build(text).stdout == first
    assert build(text, "--label", "x=y").stdout != first
    assert build(text).stdout == first
    cubby.ok("rmi", "-f", first.strip())
    other = build(text, "--no-cache").stdout
    assert other != first
    # what the cache had before goes, unless an image has it
    assert "no image needs" not in cubby("system", "check").stdout + cubby("system", "check").stderr
    # given a time nothing is left that differs
    fixed = [build(text.replace("$(date)", "x"), "--no-cache", "--timestamp", "1000000000").stdout for _ in range(2)]
    assert fixed[0] == fixed[1]
    inspected = config(cubby, fixed[0].strip())
    assert inspected["Created"].startswith("2001-09-09T01:46:40")
    assert {h["created"] for h in inspected["History"]} == {"2001-09-09T01:46:40Z"}


@pytest.mark.subids
def test_verify(cubby, build):
    text = "FROM scratch\nCOPY busybox /bin/sh\nRUN cat /proc/sys/kernel/random/uuid > /uuid\n"
    done = build(text, "--verify", "--timestamp", "0", "-t", "v")
    assert done.code == 1 and "layer 2: /uuid: other content" in done.stderr + done.stdout, done
    before = set(os.listdir(os.path.join(cubby.data, "layers")))
    assert build(text, "--verify", "--timestamp", "0", "-t", "v").code == 1
    # the second build's layers are gone, and what is in the cache is the first one's
    assert set(os.listdir(os.path.join(cubby.data, "layers"))) == before
    done = build(text.replace("cat /proc/sys/kernel/random/uuid", "echo 1"), "--verify", "--timestamp", "0")
    assert done.code == 0 and re.fullmatch(ID, done.stdout.splitlines()[-1]), done
    assert build("FROM scratch\nCOPY busybox /bin/sh\n", "--verify", "--omit-history", "--timestamp", "0").code == 0
    done = build("FROM scratch\nWORKDIR /a\n", "--verify", "-q")
    assert done.code in (0, 1) and (done.code == 0 or "with --timestamp SECONDS" in done.stderr + done.stdout)


@pytest.mark.subids
def test_onbuild(cubby, build):
    assert build("FROM scratch\nCOPY busybox /bin/sh\nONBUILD ARG WHO=you\nONBUILD RUN echo hi $WHO > /hi\n", "-t", "parent").code == 0
    assert config(cubby, "parent")["Config"]["OnBuild"] == ["ARG WHO=you", "RUN echo hi $WHO > /hi"]
    done = build("FROM parent\nRUN cat /hi\n", "--pull=never", "--build-arg", "WHO=me", "--build-arg", "B=1", "--build-arg", "A=1", "-t", "child")
    assert done.code == 0 and "STEP 3/4: RUN echo hi $WHO > /hi" in done.stderr and "\nhi me\n" in done.stderr, done
    assert "[Warning] one or more build args were not consumed: [A B]\n" in done.stderr
    assert "--build-arg A=" in build("FROM scratch\nARG A\n", "--build-arg", "A=\udcff").stderr
    inspected = config(cubby, "child")
    assert not inspected["Config"].get("OnBuild")
    assert "|1 WHO=me /bin/sh -c echo hi $WHO > /hi" in [h["created_by"] for h in inspected["History"]]
    # the same within one file
    done = build("FROM scratch AS p\nCOPY busybox /bin/sh\nFROM scratch AS q\nONBUILD COPY --from=p /bin/sh /sh\nFROM q\n", "-t", "c2")
    assert done.code == 0 and len(config(cubby, "c2")["RootFS"]["Layers"]) == 1, done


@pytest.mark.subids
def test_one_layer(cubby, build):
    text = ("FROM scratch AS base\nCOPY busybox /bin/sh\nRUN echo 1 > /one\nFROM base\nRUN rm /one; echo 2 > /two\nWORKDIR /d/e\n"
            "ENV A=b\n")
    count = {}
    for option in ("--layers", "--layers=false", "--squash", "--squash-all"):
        ids = [build(text, option, "-t", "sq").stdout for _ in range(2)]
        assert ids[0] == ids[1] and ids[0], option
        inspected = config(cubby, "sq")
        count[option] = len(inspected["RootFS"]["Layers"])
        assert len([h for h in inspected["History"] if not h.get("empty_layer")]) == count[option]
        assert cubby.ok("run", "--rm", "sq", "sh", "-c", "pwd; echo $A; cat /two; ls /one 2>/dev/null || :") == "/d/e\nb\n2"
    assert count == {"--layers": 4, "--layers=false": 2, "--squash": 2, "--squash-all": 1}


def test_config_options(cubby, build):
    text = "FROM scratch AS a\nENV A=1 B=2\nLABEL l=1 m=2\nFROM a\nSTOPSIGNAL SIGUSR1\nSHELL [\"/x\"]\nCMD y\nHEALTHCHECK --retries=3 CMD z\n"
    done = build(text, "--unsetenv", "A", "--unsetlabel", "m", "--env", "C=3", "--label", "n=$x", "--annotation", "k=v", "-t", "co")
    inspected = config(cubby, "co")
    assert done.code == 0 and inspected["Labels"] == {"l": "1", "n": "$x"}, done
    assert inspected["Config"]["Env"][1:] == ["C=3", "B=2"] and inspected["Config"]["Cmd"] == ["/x", "y"]
    assert inspected["Annotations"] == {"k": "v"} and inspected["Config"]["Healthcheck"]["Retries"] == 3
    # a base image is told by name and digest
    assert build("FROM co\nLABEL o=1\n", "-t", "co2", "--pull=never").code == 0
    annotations = config(cubby, "co2")["Annotations"]
    assert annotations["org.opencontainers.image.base.name"] == "localhost/co:latest"
    assert annotations["org.opencontainers.image.base.digest"] == inspected["Digest"] and annotations["k"] == "v"
    # with nothing added it is that image itself
    assert build("FROM co\n", "-t", "co3", "--pull=never").stdout.strip() == inspected["Id"]
    assert not config(cubby, build(text, "--omit-history").stdout.strip()).get("History")


def test_other_platform(cubby, build):
    done = build("FROM scratch\nARG TARGETPLATFORM\nARG TARGETVARIANT\nARG BUILDOS\nLABEL p=$TARGETPLATFORM/$TARGETVARIANT/$BUILDOS\n"
                 "COPY busybox /x\n", "--platform", "linux/arm/v6", "-t", "arm")
    inspected = config(cubby, "arm")
    assert done.code == 0 and inspected["Architecture"] == "arm" and inspected["Labels"]["p"] == "linux/arm/v6/v6/linux", done
    # nothing on any of these machines runs it
    done = build("FROM scratch\nRUN [\"/x\"]\n", "--platform", "linux/mips64")
    if not os.path.exists("/proc/sys/fs/binfmt_misc/qemu-mips64"):
        assert done.code == 125 and "apt-get install qemu-user-static" in done.stderr and "linux/mips64" in done.stderr, done


SLOW = BASE + "RUN echo made > /made\nRUN echo begun; while :; do sleep 1; done\n"


@pytest.mark.subids
@pytest.mark.parametrize("how", ["INT", "TERM", "KILL", "worker", "^C"])
def test_ended_in_the_middle(cubby, build, base, how):
    build.write(SLOW)
    log = os.path.join(base, "log")
    with open(log, "w", encoding="utf-8") as out:
        started = cubby.start("build", "-t", "slow", build.path, stderr=out, start_new_session=how == "^C")
    process.wait_until(lambda: "\nbegun\n" in open(log, encoding="utf-8").read(), "the second RUN", 20)
    below = process.descendants(started.pid)
    assert below
    if how == "worker":
        os.kill(min(below), signal.SIGKILL)
    elif how == "^C":
        os.killpg(started.pid, signal.SIGINT)
    else:
        started.send_signal(getattr(signal, "SIG" + how))
    code = started.wait(timeout=20)
    assert code == (125 if how == "worker" else -getattr(signal, "SIG" + how.replace("^C", "INT")))
    process.wait_until(lambda: not [p for p in below if process.alive(p)], "everything to end", 10)
    if how != "KILL":
        assert not drafts(cubby)
    cubby.ok("ps", "-a")
    assert containers_left(cubby) == ""
    assert not process.mounts_below(base)
    # what was complete is in the cache, and the next build takes away what lies about
    again = build(SLOW.replace("while :; do sleep 1; done", ":"), "-t", "slow")
    assert again.code == 0 and again.stderr.count("--> Using cache") == 3, again
    assert not drafts(cubby)


def test_events(cubby, build):
    build("FROM scratch\nLABEL a=b\n", "-t", "ev")
    events = [json.loads(line) for line in cubby.ok("events", "--stream=false", "--format", "json").splitlines()]
    assert [e for e in events if e.get("Status") == "build" and e.get("Name") == "localhost/ev:latest"], events


@pytest.mark.network
@pytest.mark.subids
def test_overlays_beside_a_network(cubby, build):
    """A container at a network is made in the gateway's user namespace, where others' mounts can't be cloned."""
    done = build("FROM scratch\nCOPY busybox /bin/sh\nRUN --mount=type=bind,target=/ctx read first < /ctx/Dockerfile; echo got $first\n", "-t", "n")
    assert done.code == 0 and "\ngot FROM scratch\n" in done.stderr, done
    assert cubby.ok("run", "--rm", "-v", f"{build.path}:/x:O", "n", "sh", "-c", ": > /x/new; echo /x/*") == "/x/Dockerfile /x/busybox /x/new"
    assert sorted(os.listdir(build.path)) == ["Dockerfile", "busybox"]
