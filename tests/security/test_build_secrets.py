# SPDX-License-Identifier: Apache-2.0
"""build: a secret is in memory while its step runs, and nowhere else, before or after: not in layers, blobs, the database,
the cache, events, or files of the container, whatever is killed and when."""

import json
import os
import signal
import subprocess

import pytest

from support import image, process

pytestmark = pytest.mark.subids

VALUE = "zaqxsw-cdevfr-4711"
VARIABLE = "mlpokn-jibhuv-0815"


@pytest.fixture
def build(cubby, base, shared_dir, pristine_root):
    path = shared_dir + "/build-secrets.tar"
    if not os.path.exists(path):
        image.docker_archive(path, {"localhost/b:1": image.busybox(pristine_root)})
    cubby.ok("load", "-q", "-i", path)
    context = base + "/context"
    os.mkdir(context)
    with open(base + "/token", "w", encoding="utf-8") as f:
        f.write(VALUE)

    def argv(text, *options):
        with open(context + "/Dockerfile", "w", encoding="utf-8") as f:
            f.write("FROM localhost/b:1\n" + text)
        return ["build", "-t", "t", "--secret", f"id=f,src={base}/token", "--secret", "id=e,env=TOKEN",
                *options, context]

    def run(text, *options):
        return cubby(*argv(text, *options), env={"TOKEN": VARIABLE})

    run.argv, run.cubby = argv, cubby
    return run


def holders(base, user):
    """Files of the test's, the given one aside, that have a secret's bytes."""
    script = ("import os, sys\n"
              "words = [w.encode() for w in sys.argv[2:]]\n"
              "for top, dirs, files in os.walk(sys.argv[1]):\n"
              "    for name in files:\n"
              "        path = os.path.join(top, name)\n"
              "        if not os.path.isfile(path) or os.path.islink(path): continue\n"
              "        data = open(path, 'rb').read()\n"
              "        if any(w in data for w in words): print(path)\n"
              "    for name in files + dirs:\n"
              "        if any(w in os.fsencode(name) for w in words): print(os.path.join(top, name))\n")
    argv = ["/usr/bin/python3", "-c", script, base, VALUE, VARIABLE]
    if os.geteuid() != 0:
        argv = user.in_namespace(argv)
    found = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return [f for f in found if f != base + "/token"]


USES = ("RUN --mount=type=secret,id=f --mount=type=secret,id=e,env=TOKEN,target=/e,mode=0444,uid=3"
        " --mount=type=cache,target=/c test -s /run/secrets/f && test \"$TOKEN\" = \"$(cat /e)\""
        " && stat -c '%a %u' /e && wc -c < /run/secrets/f > /len && env > /dev/null\n")


def test_secrets_are_nowhere(build, base, user):
    cubby = build.cubby
    for options in ([], ["--layers=false", "--no-cache"], ["--squash", "--no-cache"], ["--progress", "json", "--no-cache"]):
        done = build(USES + "RUN ls /run/secrets /e || echo gone; echo \"<$TOKEN>\"\n", *options)
        assert done.code == 0 and "444 3" in done.stderr and "gone" in done.stderr and "<>" in done.stderr, done
        assert VALUE not in done.stderr + done.stdout and VARIABLE not in done.stderr + done.stdout
    shown = cubby.ok("inspect", "t") + cubby.ok("history", "--no-trunc", "t") + cubby.ok("events", "--stream=false", "--since", "1h")
    assert VALUE not in shown and VARIABLE not in shown
    cubby.ok("save", "-o", base + "/saved.tar", "t")
    assert holders(base, user) == []
    # the files are not there, not even empty
    names = json.dumps(cubby.ok("run", "--rm", "t", "find", "/", "-xdev"))
    assert "/run/secrets" not in names and "/e\\n" not in names
    # another value is no other step
    with open(base + "/token", "w", encoding="utf-8") as f:
        f.write("other")
    assert "--> Using cache" in build(USES).stderr


def test_a_step_that_fails(build, base, user):
    cubby = build.cubby
    done = cubby("--log-level=debug", *build.argv(
        "RUN --mount=type=secret,id=f --mount=type=secret,id=e,env=TOKEN sh -c 'exit 9'\n"), env={"TOKEN": VARIABLE})
    assert done.code == 9 and VALUE not in done.stderr and VARIABLE not in done.stderr, done
    done = build("RUN --mount=type=secret,id=f,target=/bin/sh/impossible true\n")
    assert done.code != 0 and VALUE not in done.stderr, done
    assert holders(base, user) == []


@pytest.mark.parametrize("who", ["cubby", "worker"])
def test_killed_in_the_middle(build, base, user, who):
    cubby = build.cubby
    before = process.descendants()  # a registry that other tests use may be among them
    client = cubby.start(*build.argv("RUN --mount=type=secret,id=f --mount=type=secret,id=e,env=TOKEN,target=/e"
                                     " sleep 1000\n"), env={"TOKEN": VARIABLE})
    process.wait_until(lambda: [p for p in process.descendants(client.pid) if "sleep" in process.command_line(p)], "the step")
    # while it runs it is in no file that outlives it
    assert holders(base, user) == []
    os.kill(client.pid if who == "cubby" else process.children(client.pid)[0], signal.SIGKILL)
    client.communicate(timeout=20)
    process.wait_until(lambda: not process.leftovers(before), "all processes to end")
    assert holders(base, user) == []
    assert cubby.ok("ps", "-aq") == "" and holders(base, user) == []


def test_others_do_not_see_them(build):
    """A step sees the secrets that it names; the next one, and the container of another, none."""
    done = build("RUN --mount=type=secret,id=f cat /run/secrets/f > /dev/shm/x; cp /run/secrets/f /tmp/mine; rm /tmp/mine\n"
                 "RUN ls -A /dev/shm /run/secrets /tmp 2>/dev/null; cat /proc/self/environ | tr '\\0' '\\n'\n"
                 "USER 5\nRUN --mount=type=secret,id=f cat /run/secrets/f 2>/dev/null || echo denied\n"
                 "RUN --mount=type=secret,id=f,uid=5 test -r /run/secrets/f && ! echo x 2>/dev/null > /run/secrets/f && echo mine\n")
    assert done.code == 0 and "denied" in done.stderr and "mine" in done.stderr, done
    assert VALUE not in done.stderr and VARIABLE not in done.stderr
