# SPDX-License-Identifier: Apache-2.0
"""build: what is found in the cache and what is not, what holds it, and how it goes."""

import os
import re
import signal

import pytest

from support import image, process, registry

pytestmark = pytest.mark.subids

HOUR = 3600


class Place:
    """A context that is built from; build() tells which steps were found."""

    def __init__(self, cubby, path):
        self.cubby, self.path = cubby, path
        os.makedirs(path)

    def write(self, name, text, mode=0o644, age=HOUR):
        """Older than what may change unseen, so that it is remembered."""
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
        now = os.stat(path).st_mtime
        os.utime(path, (now - age, now - age))

    def run(self, *args, cubby=None, **more):
        # what was changed in this very moment counts as changed while it is copied
        process.wait_tick()
        return (cubby or self.cubby)("build", "--pull=never", "-t", "app", *args, self.path, **more)

    def build(self, *args, **more):
        """One word a step that makes files: "hit" or "made", by its number in the stage."""
        done = self.run(*args, **more)
        assert done.code == 0, done
        return self.told(done)

    @staticmethod
    def told(done):
        steps, step = {}, None
        for line in done.stderr.splitlines():
            found = re.match(r"(?:\[\d+/\d+\] )?STEP (\d+)/\d+: (\w+)", line)
            if found and found[2] in ("RUN", "COPY", "ADD", "WORKDIR"):
                step = int(found[1])
                steps[step] = "made"
            elif found:
                step = None
            elif step and "--> Using cache" in line:
                steps[step] = "hit"
        return " ".join(steps[n] for n in sorted(steps))


@pytest.fixture
def archive(shared_dir, pristine_root):
    path = os.path.join(shared_dir, "build-base.tar")
    if not os.path.exists(path):
        image.docker_archive(path, {"localhost/base:1": image.busybox(pristine_root)})
    return path


@pytest.fixture
def place(cubby, base, archive):
    cubby.ok("load", "-q", "-i", archive)
    return Place(cubby, os.path.join(base, "context"))


def content(cubby, path, name="app"):
    return cubby.ok("run", "--rm", "--network=none", name, "cat", path)


UUID = "cat /proc/sys/kernel/random/uuid"


def test_what_a_step_depends_on(cubby, place):
    place.write("Dockerfile", f"""FROM localhost/base:1
RUN {UUID} > /one
COPY dir /dir
RUN {UUID} > /two
ARG VERSION
RUN echo "$VERSION" > /three
""")
    place.write("dir/a", "a")
    place.write("dir/b", "b", mode=0o755)
    assert place.build() == "made made made made"
    first = cubby.ok("inspect", "--format", "{{.Id}}", "app")
    assert place.build() == "hit hit hit hit"
    # the same image, not only the same files; each build is told once
    events = cubby.ok("events", "--stream=false", "--since", "1h", "--filter", "event=build")
    assert len(events.splitlines()) == 2, events
    assert cubby.ok("inspect", "--format", "{{.Id}}", "app") == first
    # touched; written anew with the same content
    os.utime(os.path.join(place.path, "dir/a"))
    place.write("dir/b", "b", mode=0o755, age=0)
    assert place.build() == "hit hit hit hit"
    # content, mode, name
    place.write("dir/a", "A")
    assert place.build() == "hit made made made"
    os.chmod(os.path.join(place.path, "dir/b"), 0o700)
    assert place.build() == "hit made made made"
    os.rename(os.path.join(place.path, "dir/a"), os.path.join(place.path, "dir/c"))
    assert place.build() == "hit made made made"
    # what is not copied
    place.write("other", "x")
    assert place.build() == "hit hit hit hit"
    # an ARG counts from where it stands
    assert place.build("--build-arg", "VERSION=2") == "hit hit hit made"
    assert content(cubby, "/three") == "2"
    assert place.build("--build-arg", "VERSION=2") == "hit hit hit hit"
    assert place.build() == "hit hit hit hit"
    # back to what was before: still known
    os.rename(os.path.join(place.path, "dir/c"), os.path.join(place.path, "dir/a"))
    assert place.build() == "hit hit hit hit"


def test_instructions(place):
    def file(env="A=1", run="echo x > /x", more=""):
        place.write("Dockerfile", f"FROM localhost/base:1\nWORKDIR /w\nENV {env}\nLABEL l=1\n{more}RUN {run}\n")
    file()
    assert place.build() == "made made"
    assert place.build() == "hit hit"
    file(env="A=2")
    assert place.build() == "hit made"
    file(run="echo  x > /x")
    assert place.build() == "hit made"
    file(more="USER 1\n", run="true")
    assert place.build() == "hit made"
    file()
    assert place.build() == "hit hit"
    # nothing is taken, but what is made is there for the next
    assert place.build("--no-cache") == "made made"
    assert place.build() == "hit hit"
    assert place.build("--cache-ttl=1h") == "hit hit"
    assert place.build("--cache-ttl=0") == "made made"
    place.write("Dockerfile", f"""FROM localhost/base:1 AS one
RUN {UUID} > /x
FROM localhost/base:1 AS two
COPY --from=one /x /x
RUN {UUID} > /y
""")
    place.build()
    done = place.run()
    assert done.stderr.count("--> Using cache") == 3, done
    done = place.run("--no-cache-filter", "two")
    assert done.stderr.count("--> Using cache") == 1, done
    # another file of stage one: what was copied is another as well
    done = place.run("--no-cache-filter", "one")
    assert done.stderr.count("--> Using cache") == 0, done


def df(cubby):
    return {s["Type"]: s for s in cubby.json("system", "df", "--format", "json")}["Build Cache"]


def test_what_holds_it_and_how_it_goes(cubby, place, base, archive):
    place.write("Dockerfile", f"""FROM localhost/base:1
RUN {UUID} > /one
RUN --mount=type=cache,target=/c {UUID} >> /c/log; dd if=/dev/zero of=/two bs=1k count=200
""")
    assert place.build() == "made made"
    row = df(cubby)
    assert row["Active"] >= 2 and 0 < row["RawSize"] < 100_000, row
    # the image goes, and with it what only it held; the steps stay
    cubby.ok("rmi", "app")
    cubby.ok("image", "prune", "-f")
    row = df(cubby)
    assert row["Active"] == 0 and row["RawReclaimable"] == row["RawSize"] > 200_000, row
    assert place.build() == "hit hit"
    # so does the base: without its layers a step is of no use, with them it is again
    cubby.ok("rmi", "-f", "app", "base:1")
    assert "base:1" in place.run().stderr
    cubby.ok("load", "-q", "-i", archive)
    assert place.build() == "hit hit"
    # an image has them: they stay, the cache mount's directory goes
    shown = cubby.ok("builder", "prune", "-f")
    assert shown.startswith("Deleted build cache objects:\n") and "Total reclaimed space: " in shown
    assert not os.listdir(os.path.join(cubby.data, "build/cache"))
    assert place.build() == "hit hit"
    # nobody has them
    cubby.ok("rmi", "app")
    assert cubby.ok("build", "prune", "-f", "--filter", "until=1h") == "Total reclaimed space: 0B"
    assert len(cubby.ok("build", "prune", "-f").splitlines()) > 3
    assert place.build() == "made made"
    assert cubby.ok("builder", "prune", "--all", "--force", "--keep-storage", "1g") == "Total reclaimed space: 0B"
    assert len(cubby.ok("builder", "prune", "--all", "--force").splitlines()) > 3
    assert df(cubby)["Total"] == 0
    assert place.build() == "made made"
    cubby.ok("rmi", "app")
    shown = cubby.ok("system", "prune", "-f")
    assert "Deleted build cache objects:" in shown
    assert df(cubby)["Total"] == 0
    assert not cubby.ok("system", "check").strip()
    # a directory of that name is a context
    os.mkdir(os.path.join(base, "prune"))
    assert "Dockerfile" in cubby.fails("build", "prune")
    assert "--foo" in cubby.fails("builder", "prune", "--foo", code=125)
    assert "invalid filter" in cubby.fails("builder", "prune", "-f", "--filter", "foo=1", code=125)


def test_killed(cubby, place):
    """Finished steps are kept, and nothing of the others."""
    def file(last):
        place.write("Dockerfile", f"FROM localhost/base:1\nRUN {UUID} > /one\nCOPY f /f\nRUN {last}\n")
    place.write("f", "f")
    file("echo started; sleep 1000")
    for sig in (signal.SIGKILL, signal.SIGINT):
        build = cubby.start("build", "--pull=never", place.path)
        for line in build.stderr:
            if line == "started\n":
                break
        ours = process.descendants(build.pid)
        assert ours
        build.send_signal(sig)
        build.communicate(timeout=20 * process.SLOW)
        for pid in ours:
            process.wait_gone(pid)
    assert cubby.names() == []
    file("true")
    assert place.build() == "hit hit made"
    cubby.ok("image", "prune", "-f")
    left = os.listdir(os.path.join(cubby.data, "layers"))
    assert not [name for name in left if name.startswith(".")], left


def test_two_at_once(cubby, place):
    place.write("f", "f")
    place.write("Dockerfile", f"FROM localhost/base:1\nRUN sleep 0.3; {UUID} > /one\nCOPY f /f\nRUN true > /two\n")
    builds = [cubby.start("build", "--pull=never", "-t", f"app{i}", place.path) for i in range(2)]
    for build in builds:
        _, said = build.communicate(timeout=60 * process.SLOW)
        assert build.returncode == 0, said
    assert place.build() == "hit hit hit"
    assert not cubby.ok("system", "check").strip()
    assert content(cubby, "/f", "app0") == content(cubby, "/f", "app1") == "f"


def test_cache_mounts(cubby, place):
    def file(run, mount="id=c,target=/c"):
        place.write("Dockerfile", f"FROM localhost/base:1\nRUN --mount=type=cache,{mount} {run}\n")
    file("echo one >> /c/log; cat /c/log > /seen")
    place.build()
    file("echo two >> /c/log; cat /c/log > /seen")
    place.build()
    assert content(cubby, "/seen") == "one\ntwo"
    assert cubby("run", "--rm", "--network=none", "app", "ls", "/c").stdout == ""
    # a locked one waits, and Ctrl-C ends that; a private one is another
    file("echo started; while ! test -e /c/go; do sleep 0.05; done; echo first >> /c/log",
         "id=c,target=/c,sharing=locked")
    first = cubby.start("build", "--pull=never", place.path)
    for line in first.stderr:
        if line == "started\n":
            break
    file("cat /c/log > /seen; echo second >> /c/log", "id=c,target=/c,sharing=private")
    place.build()
    assert content(cubby, "/seen") == ""
    file("cat /c/log > /seen", "id=c,target=/c,sharing=locked")
    waiting = cubby.start("build", "--pull=never", place.path)
    for line in waiting.stderr:
        if "waiting" in line:
            break
    waiting.send_signal(signal.SIGINT)
    waiting.communicate(timeout=20 * process.SLOW)
    assert waiting.returncode != 0
    # what is in use stays
    cubby.ok("builder", "prune", "--all", "-f")
    third = cubby.start("build", "--pull=never", "-t", "app", place.path)
    for line in third.stderr:
        if "waiting" in line:
            break
    names = os.listdir(os.path.join(cubby.data, "build/cache"))
    directory = [n for n in names if "." not in n]
    assert len(directory) == 1, names
    with open(os.path.join(cubby.data, "build/cache", directory[0], "data/go"), "w", encoding="utf-8"):
        pass
    for build in (first, third):
        build.communicate(timeout=20 * process.SLOW)
        assert build.returncode == 0
    assert content(cubby, "/seen") == "one\ntwo\nfirst"
    # owner and mode
    file("stat -c '%u:%g %a' /m > /seen", "id=m,target=/m,uid=3,gid=4,mode=0711")
    place.build()
    assert content(cubby, "/seen") == "3:4 711"
    cubby.ok("image", "prune", "-f", "--build-cache")
    assert not os.listdir(os.path.join(cubby.data, "build/cache"))


@pytest.fixture
def server(base):
    if not registry.available():
        pytest.skip("no docker-registry")
    server = registry.Registry(base)
    yield server
    server.stop()


def other(cubby, base, archive, name):
    """Another store of the same user."""
    second = type(cubby).__new__(type(cubby))
    second.__dict__.update(cubby.__dict__)
    second.data, second.run_dir = os.path.join(base, name), os.path.join(base, f"{name}-run")
    second.options = ["--root", second.data, "--runroot", second.run_dir]
    second.ok("load", "-q", "-i", archive)
    return second


def tags(server, repository):
    return os.listdir(os.path.join(server.storage, "docker/registry/v2/repositories", repository, "_manifests/tags"))


def test_in_a_registry(cubby, place, base, archive, server):
    place.write("Dockerfile", f"""FROM localhost/base:1
RUN {UUID} > /one
COPY f /f
RUN true
ENV A=b
""")
    place.write("f", "f")
    where = f"{server.host}/team/cache"
    tls = "--tls-verify=false"
    assert place.build("--cache-to", where, "--cache-from", where, tls) == "made made made"
    assert len(cubby.ok("images", "-aq").split()) == 2, "the images that carried it are gone"
    expected = content(cubby, "/one")
    # another store: nothing is executed, and the same image comes out
    second = other(cubby, base, archive, "second")
    assert place.build("--cache-from", where, tls, cubby=second) == "hit hit hit"
    assert content(second, "/one") == expected
    assert len(second.ok("images", "-aq").split()) == 2
    ids = [c.ok("inspect", "--format", "{{.Id}}", "app") for c in (cubby, second)]
    assert ids[0] == ids[1]
    assert place.build(cubby=second) == "hit hit hit"
    assert not second.ok("system", "check").strip()
    # and can be sent on, though its layers' blobs are gone
    second.ok("push", "-q", tls, "app", f"{server.host}/team/app:1")
    # Docker's words, and a tag that stands in front
    place.write("Dockerfile", f"FROM localhost/base:1\nRUN {UUID} > /two\n")
    spec = f"type=registry,ref={where}:main"
    assert place.build("--cache-to", spec + ",mode=max", tls) == "made"
    assert [t for t in tags(server, "team/cache") if t.startswith("main-")]
    assert place.build("--cache-from", spec, tls, cubby=second) == "hit"
    # all of a stage in one layer
    place.write("Dockerfile", f"FROM localhost/base:1\nRUN {UUID} > /two\nCOPY f /f\n")
    assert place.build("--squash", "--cache-to", where, tls) == "made made"
    assert place.build("--squash", "--cache-from", where, tls, cubby=second) == "hit hit"


def test_what_is_not_what_it_says(cubby, place, base, archive, server):
    where = f"{server.host}/cache"
    tls = "--tls-verify=false"
    place.write("Dockerfile", f"FROM localhost/base:1\nRUN {UUID} > /one\n")
    assert place.build("--cache-to", where, tls) == "made"
    keys = tags(server, "cache")
    place.write("Dockerfile", "FROM localhost/base:1\nRUN echo evil > /one\n")
    assert place.build("--cache-to", where, tls) == "made"
    evil = (set(tags(server, "cache")) - set(keys)).pop()
    # somebody gives another step's result, or another image, the name
    for wrong in (f"{where}:{evil}", "app"):
        second = other(cubby, base, archive, f"second{wrong[-5:]}")
        if wrong != "app":
            cubby.ok("pull", "-q", tls, wrong)
        for key in keys:
            cubby.ok("push", "-q", tls, wrong, f"{where}:{key}")
        place.write("Dockerfile", f"FROM localhost/base:1\nRUN {UUID} > /one\n")
        done = place.run("--cache-from", where, tls, cubby=second)
        assert place.told(done) == "made" and "is not what this step made" in done.stderr, done
        assert content(second, "/one") != "evil"
        assert len(second.ok("images", "-aq").split()) == 2
    # nobody answers: a note, and the build goes on; to send there is an error
    second = other(cubby, base, archive, "later")
    server.stop()
    done = place.run("--cache-from", where, tls, "--retry=0", cubby=second)
    assert done.code == 0 and f"build cache {where}: " in done.stderr, done
    place.write("Dockerfile", "FROM localhost/base:1\nRUN true > /other\n")
    done = place.run("--cache-to", where, tls, "--retry=0", cubby=second)
    assert done.code == 125 and f"send the step to the build cache {where}" in done.stderr, done
    assert place.build(cubby=second) == "hit"
    assert "type=gha is not supported" in place.run("--cache-to", "type=gha").stderr
