# SPDX-License-Identifier: Apache-2.0
"""Builds that are killed, that run beside each other, on bad ground; and the same bytes whoever builds, where and when."""

import os
import random
import shutil
import signal
import time

import pytest

from support import image, process
from support.daemons import write

pytestmark = pytest.mark.subids

MOMENTS = 12
STEPS = """\
FROM localhost/base:1 AS one
RUN echo one >/one; sleep 0.05
RUN --mount=type=cache,target=/cache echo two >/two; sleep 0.05
FROM localhost/base:1 AS other
COPY files /files
RUN ls /files | wc -l >/count; sleep 0.1
FROM localhost/base:1
VOLUME /data
WORKDIR /made
COPY --from=one /one /two ./
COPY --from=other /count ./
RUN echo last >/last; sleep 0.05
"""


@pytest.fixture
def bases(cubby, base, pristine_root):
    archive = os.path.join(base, "base.tar")
    image.docker_archive(archive, {"localhost/base:1": image.busybox(pristine_root)})
    cubby.ok("load", "-q", "-i", archive)
    return cubby


def write_context(path):
    write(os.path.join(path, "Dockerfile"), STEPS)
    for i in range(50):
        write(os.path.join(path, "files", f"{i}.txt"), f"{i}\n" * 1000)
    return path


def unfinished(cubby):
    """Names in the store that are being made."""
    layers, partial = (os.path.join(cubby.data, below) for below in ("layers", "blobs/partial"))
    return [n for n in os.listdir(layers) if n.startswith(".")] + [n for n in os.listdir(partial) if n != "lock"]


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


@pytest.mark.slow
def test_killed_at_many_moments(bases, base):
    """The coordinator or everything: nothing runs on, nothing is mounted, and the next build is as if nothing had been."""
    rng = random.Random(7)
    context = write_context(os.path.join(base, "context"))
    began = time.monotonic()
    wanted = bases.ok("build", "-q", "--timestamp=1", "-t", "k", context).strip()
    whole = time.monotonic() - began
    n_layers = len(os.listdir(os.path.join(bases.data, "layers")))
    for i in range(MOMENTS):
        bases.ok("rmi", "-f", "k")
        if i % 3 == 0:
            bases.ok("builder", "prune", "-a", "-f")
        before = process.descendants()
        client = bases.start("build", "-q", "--timestamp=1", "-t", "k", context)
        time.sleep(rng.uniform(0, whole * 1.1))  # the moment itself is what varies
        kill([client.pid, *(process.descendants(client.pid) if i % 2 else ())])
        client.communicate()
        process.wait_until(lambda: not process.leftovers(before), f"round {i}: no process left")
        assert process.mounts_below(base) == []
        assert bases.names() == [], i
        if i % 4 == 3:
            assert bases.ok("build", "-q", "--timestamp=1", "-t", "k", context).strip() == wanted, i
        else:
            bases("rmi", "-f", "k")
            bases.ok("build", "-q", "--timestamp=1", "-t", "k", context)
    assert unfinished(bases) == []
    assert len(os.listdir(os.path.join(bases.data, "layers"))) <= 2 * n_layers
    bases.ok("rmi", "-af")
    bases.ok("builder", "prune", "-a", "-f")
    assert os.listdir(os.path.join(bases.data, "layers")) == ["lock"]


def test_finished_steps_are_cached(bases, base, terminal):
    """Killed or ended with Ctrl-C in its last step."""
    path = os.path.join(base, "context")
    text = "FROM localhost/base:1\nRUN echo one >/one\nRUN echo two >/two\nRUN %s\n"
    write(os.path.join(path, "Dockerfile"), text % "echo here; sleep 1000")
    before = process.descendants()
    client = bases.start("build", "--progress=plain", path)
    for line in client.stderr:
        if line.startswith("here"):
            break
    client.kill()
    client.communicate()
    process.wait_until(lambda: not process.leftovers(before), "no process left")

    child = terminal(bases.argv("build", "--progress=plain", path))
    child.expect("Using cache.*Using cache.*here")
    child.sendcontrol("c")
    child.wait()
    assert child.exitstatus == 130 or child.signalstatus == signal.SIGINT, (child.exitstatus, child.signalstatus)
    process.wait_until(lambda: not process.leftovers(before), "no process left")
    assert bases.names() == [] and process.mounts_below(base) == []

    write(os.path.join(path, "Dockerfile"), text % "echo done >/done")
    done = bases("build", path, check=True)
    assert done.stderr.count("Using cache") == 2, done
    assert unfinished(bases) == []


def test_several_at_once(bases, base):
    """The same and others: each has what it asked for."""
    context = write_context(os.path.join(base, "context"))
    builds = []
    for i in range(6):
        more = ["--no-cache"] if i == 5 else ["--build-arg", f"X={i // 3}"]
        builds.append(bases.start("build", "-q", "--timestamp=1", *more, "-t", f"many:{i}", context))
    ids = []
    for build in builds:
        out, err = build.communicate(timeout=60 * process.SLOW)
        assert build.returncode == 0, err
        ids.append(out.strip())
    assert len(set(ids[:3])) == 1, ids
    assert bases.ok("run", "--rm", "many:5", "cat", "one", "count", "/last").split() == ["one", "50", "last"]
    assert unfinished(bases) == []
    assert len(bases.ok("images", "--noheading", "--filter", "reference=many").splitlines()) == 6


def test_bad_ground(bases, base, user):
    """A context that nobody may write to; a Dockerfile without end; a base that is broken."""
    context = write_context(os.path.join(base, "context"))
    for here, _, files in os.walk(context):
        for name in files:
            os.chmod(os.path.join(here, name), 0o444)
        os.chmod(here, 0o555)
    bases.ok("build", "-q", context)

    lines = "".join(f"LABEL l{i % 50}=\"{i}\"\n" for i in range(3000))
    long = write(os.path.join(base, "long", "Dockerfile"), "FROM scratch\n" + lines)
    began = time.monotonic()
    bases.ok("build", "-q", "-t", "long", os.path.dirname(long))
    assert time.monotonic() - began < 10 * process.SLOW
    assert bases.json("image", "inspect", "long")[0]["Config"]["Labels"]["l0"] == "2950"
    write(long, "FROM scratch\n" + "# " + "x" * (5 << 20) + "\n")
    said = bases.fails("build", os.path.dirname(long), code=125)
    assert "Dockerfile" in said and len(said) < 1000, said

    chain = bases.ok("image", "inspect", "-f", "{{index .RootFS.Layers 0}}", "base:1")[7:]
    user.remove_tree(os.path.join(bases.data, "layers", chain))
    # from its blob the layer is made again
    bases.ok("build", "-q", "--no-cache", "--pull=never", context)
    user.remove_tree(os.path.join(bases.data, "layers", chain))
    for blob in os.scandir(os.path.join(bases.data, "blobs", "sha256")):
        if blob.stat().st_size > 100_000:
            os.unlink(blob.path)
    said = bases.fails("build", "--no-cache", "--pull=never", context, code=125)
    assert "base:1" in said or chain[:12] in said, said
    assert process.mounts_below(base) == [] and unfinished(bases) == []


SAME = """\
FROM scratch
ARG SOURCE_DATE_EPOCH
WORKDIR /app
COPY . .
COPY --chown=5:6 --chmod=640 b/two.txt /owned
ADD one.tar /unpacked/
LABEL a=b
CMD ["/app/one"]
"""
# of the image, on a machine with amd64: the same for root and for an ordinary user, today and in a year
SAME_ID = "5926469268585edfe5aeb119fe188e8a6764a49fe84b3979a46681eb1063622a"


def write_same(path, order):
    files = {"one": "1\n", "b/two.txt": "2\n", "b/c/three": "3\n", "Dockerfile": SAME}
    for name in order(sorted(files)):
        os.chmod(write(os.path.join(path, name), files[name]), 0o644)
    for directory in (path, path + "/b", path + "/b/c"):
        os.chmod(directory, 0o755)
    os.symlink("b/two.txt", path + "/link")
    with open(os.path.join(path, "one.tar"), "wb") as f:
        f.write(image.tar_of({"in/": None, "in/x": "x\n"}))
    os.chmod(os.path.join(path, "one.tar"), 0o644)
    return path


def test_the_same_bytes(bases, base):
    """From other directories, made in another order and at another time, with another umask, name and time zone."""
    first = write_same(os.path.join(base, "first"), list)
    second = write_same(os.path.join(base, "some", "where", "else"), reversed)
    for here, _, files in os.walk(second):
        for name in files:
            os.utime(os.path.join(here, name), (1, 2_000_000_000), follow_symlinks=False)
    build = ["build", "-q", "--no-cache", "--platform=linux/amd64", "--timestamp=1700000000"]
    umask = os.umask(0o077)
    try:
        ids = [bases.ok(*build, first)]
        os.umask(0o002)
        ids.append(bases.ok(*build, "-t", "named", second, env={"TZ": "Asia/Tokyo", "LANG": "C"}))
    finally:
        os.umask(umask)
    epoch = [w for w in build if not w.startswith("--timestamp")] + ["--rewrite-timestamp"]
    ids.append(bases.ok(*epoch, second, env={"SOURCE_DATE_EPOCH": "1700000000"}))
    assert ids == [ids[0]] * 3
    assert ids[0] == SAME_ID
    assert bases.ok(*build[:-1], "--timestamp=1700000001", first) != ids[0]

    # and what a RUN makes
    write(os.path.join(base, "shell", "Dockerfile"),
          "FROM localhost/base:1\nRUN for i in c a b; do echo $i >/$i; done; date >/dev/null; mkdir -p /x/y; hostname >/dev/null\n"
          "RUN rm /a; ln /b /hard; adduser 2>/dev/null; ps >/dev/null; cat /etc/hosts /etc/resolv.conf >/dev/null\n")
    build[-1] = "--timestamp=0"
    run = [bases.ok(*build, os.path.join(base, "shell")) for _ in range(2)]
    shutil.copytree(os.path.join(base, "shell"), os.path.join(base, "shell2"))
    run.append(bases.ok(*build, os.path.join(base, "shell2")))
    assert run == [run[0]] * 3
    bases.ok("build", "-q", "--verify", "--timestamp=0", os.path.join(base, "shell"))
