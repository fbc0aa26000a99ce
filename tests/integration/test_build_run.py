# SPDX-License-Identifier: Apache-2.0
"""build: RUN: what runs, in which root, with which mounts; and that nothing of it outlives the builder."""

import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from support import image, process

pytestmark = pytest.mark.subids


@pytest.fixture
def build(cubby, base, shared_dir, pristine_root):
    """build(DOCKERFILE, *options): with busybox as localhost/b, in a context of the test's own."""
    path = shared_dir + "/build-run.tar"
    if not os.path.exists(path):
        image.docker_archive(path, {"localhost/b:1": image.busybox(pristine_root)})
    cubby.ok("load", "-q", "-i", path)
    context = base + "/context"
    os.mkdir(context)

    def write(text):
        with open(context + "/Dockerfile", "w", encoding="utf-8") as f:
            f.write("FROM localhost/b:1\n" + text)
        return context

    def run(text, *options, **more):
        return cubby("build", "-t", "t", *options, write(text), **more)

    run.context, run.write, run.cubby = context, write, cubby
    return run


def said(result):
    """What the steps wrote."""
    assert result.code == 0, result
    lines = [re.sub(r"^\[\d+/\d+\] ", "", line) for line in result.stderr.splitlines()]
    return [line for line in lines if not line.startswith(("STEP ", "-->", "COMMIT ", "Successfully tagged "))]


def letters(lines):
    return sorted("".join(lines))


def seen(cubby, command):
    return cubby.ok("run", "--rm", "t", "sh", "-c", command)


def test_forms(build):
    done = build('ARG FOO=arg\nARG BOTH=arg\nENV BOTH=env NAME=n\nWORKDIR /w\n'
                 'RUN echo "$FOO $BOTH $NAME $HOME" && pwd\n'
                 'RUN ["echo", "$FOO", "a  b"]\n'
                 'RUN <<EOF\necho one $0\necho two\nEOF\n'
                 'RUN <<EOF\n#!/bin/sh -e\necho script $0\nEOF\n'
                 'RUN cat <<A && cat <<"B"\nx $NAME\nA\ny $NAME\nB\n'
                 'SHELL ["/bin/sh", "-x", "-c"]\nRUN echo loud\n'
                 'USER 7:8\nRUN id -u; id -g\n'
                 'USER root\nRUN echo named:x:1234:1234::/home/u: >> /etc/passwd\nUSER named\nRUN id -un; echo $HOME; id -u\n')
    # two streams: neither their order nor the ends of their lines are kept
    assert letters(said(done)) == letters(["arg env n /root", "/w", "$FOO a  b", "one /bin/sh", "two", "script /dev/pipes/EOF",
                          "x n", "y $NAME", "+ echo loud", "loud",
                          "+ id -u", "7", "+ id -g", "8", "+ echo named:x:1234:1234::/home/u:",
                          "+ id -un", "named", "+ echo /home/u", "/home/u", "+ id -u", "1234"]), done
    assert seen(build.cubby, "id -un; ls -A /w; pwd") == "named\n/w"


def test_what_it_leaves(build):
    """Files and their owners are the layer; places of mounts, and times of what was only mounted on, are not."""
    done = build("RUN --mount=type=tmpfs,target=/deep/er/tmp --mount=type=cache,target=/var/c"
                 " mkdir /d && echo x > /d/f && chown 5:6 /d/f && chmod 4711 /d/f && rm -r /mnt\n"
                 "RUN true\n")
    assert done.code == 0, done
    root = build.cubby.ok("image", "mount", "t") if os.geteuid() == 0 else None
    listing = seen(build.cubby, "ls -d /d /deep /var/c /mnt 2>/dev/null; stat -c '%u:%g %a' /d/f")
    assert listing.split("\n") == ["/d", "5:6 4711"], listing
    if root:
        assert not os.path.exists(root + "/etc/hosts") and not os.path.exists(root + "/run/.containerenv")
        build.cubby.ok("image", "unmount", "t")
    assert build.cubby.ok("ps", "-a", "-q") == "" and build.cubby.ok("ps", "-a", "--external", "-q") == ""


def test_volumes_are_there(build):
    """VOLUME's directory need not be made by hand, follows links inside, and what RUN writes there stays."""
    done = build("RUN ln -s /elsewhere /link && echo f > /file\n"
                 "VOLUME /new/data /link/data relative /file\n"
                 "RUN stat -c '%n %u:%g %a' /new/data /elsewhere/data /relative && echo x > /new/data/x && rmdir /relative\n"
                 "RUN cat /new/data/x && ls -d /relative\n")
    assert said(done) == ["/new/data 0:0 755", "/elsewhere/data 0:0 755", "/relative 0:0 755", "x", "/relative"], done


def test_same_bytes_twice(build):
    text = ("RUN echo $(hostname) > /name; cat /proc/sys/kernel/hostname >> /name\n"
            "RUN --network=none true && ls /sys/class/net > /net\n")
    first = build(text, "--timestamp", "7", "--no-cache", "-q")
    again = build(text, "--timestamp", "7", "--no-cache", "-q")
    assert first.code == 0 and first.stdout == again.stdout, (first, again)
    assert seen(build.cubby, "cat /name /net").split() == ["cubby-build", "cubby-build", "lo"]


def test_failures(build):
    for text, code, words in (
            ("RUN exit 3", 3, "RUN exit 3: exit status 3"),
            ("RUN sleep 1000 & kill -9 $!; wait $!", 137, "exit status 137"),
            ('RUN ["/nowhere"]', 127, "no such file"),
            ("RUN --network=some true", 125, "There are default, none and host"),
            ("RUN --network=host true", 125, "--allow network.host"),
            ("RUN --security=insecure true", 125, "--allow security.insecure"),
            ("RUN --mount=type=bin,target=/x true", 125, "Types: bind, cache, tmpfs, secret, ssh"),
            ("RUN --mount=target=/x,srce=y true", 125, "Did you mean src?"),
            ("RUN --mount=target=/x,source=none true", 125, "none"),
            ("RUN --mount=target=/x,from=nobody true", 125, "nobody"),
            ("RUN --mount=type=secret,id=s,required true", 125, "--secret id=s,src=FILE"),
            ("RUN --mount=type=ssh,required true", 125, "--ssh default"),
            ("USER nobody-knows\nRUN true", 126, "nobody-knows")):
        done = build(text + "\n", "--pull=never")
        assert done.code == code and words in done.stderr, (text, done)
        assert "Dockerfile:" in done.stderr, done
    done = build("RUN --security=insecure grep CapEff /proc/self/status; --network=host true || :\n",
                 "--allow", "security.insecure")
    assert re.search("f{5}$", said(done)[0])


def test_options_are_checked_first(build):
    """Before anything is built, so nothing is half done."""
    for options, words in ((["--secret", "id=x,src=/nowhere"], "secret x: open /nowhere"), (["--secret", "src"], "KEY=VALUE"),
                           (["--ssh", "default"], "SSH_AUTH_SOCK is not set"), (["--ssh", "a=/nowhere"], "/nowhere"),
                           (["--allow", "some"], "network.host and security.insecure")):
        done = build("RUN true\n", *options)
        assert done.code == 125 and words in done.stderr and "STEP" not in done.stderr, done


def test_binds(build):
    top = build.context
    os.makedirs(top + "/src/deep")
    for name, text in (("src/a", "a"), ("src/deep/b.log", "b"), ("src/deep/c", "c"), ("drop.log", "d"), ("one", "1")):
        with open(f"{top}/{name}", "w", encoding="utf-8") as f:
            f.write(text)
    with open(top + "/.dockerignore", "w", encoding="utf-8") as f:
        f.write("**/*.log\nDockerfile\n.dockerignore\n")
    text = ("ARG WHAT=src\n"
            "RUN --mount=target=/c cd /c && find . | sort && ! touch /c/new 2>/dev/null\n"
            "RUN --mount=source=$WHAT,target=/c/x,rw cd /c/x && echo new > n && rm a && find . | sort\n"
            "RUN --mount=source=one,target=/file cat /file; echo\n")
    done = build(text)
    assert said(done) == [".", "./one", "./src", "./src/a", "./src/deep", "./src/deep/c",
                          ".", "./deep", "./deep/c", "./n", "1"], done
    assert os.path.exists(top + "/src/a") and not os.path.exists(top + "/src/n")
    # what is mounted decides about the cache: not by time, not by what is ignored
    os.utime(top + "/one", (1, 1))
    with open(top + "/drop.log", "w", encoding="utf-8") as f:
        f.write("other")
    assert build(text).stderr.count("--> Using cache") == 3
    with open(top + "/one", "w", encoding="utf-8") as f:
        f.write("2")
    done = build(text)
    assert said(done)[-1] == "2" and done.stderr.count("--> Using cache") == 1, done  # that of src


def test_binds_of_stages_and_images(build):
    done = build("RUN mkdir /made && echo of a stage > /made/f\n"
                 "FROM localhost/b:1 AS other\nRUN echo early > /early\n"
                 "FROM localhost/b:1\n"
                 "RUN --mount=from=0,source=/made,target=/x --mount=from=other,target=/o,rw cat /x/f /o/early;"
                 " echo more >> /o/early; ! touch /x/g 2>/dev/null\n"
                 "RUN --mount=from=localhost/b:1,source=bin/busybox,target=/tool/busybox /tool/busybox echo tool\n"
                 "RUN --mount=from=other,target=/o cat /o/early; ls -d /x /tool 2>/dev/null || :\n")
    assert said(done)[-4:] == ["of a stage", "early", "tool", "early"], done


@pytest.mark.network
def test_at_the_network(build, base):
    """Its user namespace lies below another one then: each kind of mount, of a build and of a container."""
    with open(build.context + "/one", "w", encoding="utf-8") as f:
        f.write("1\n")
    done = build("FROM localhost/b:1\n"
                 "RUN --mount=target=/c,rw --mount=source=one,target=/f --mount=from=0,target=/s --mount=type=cache,target=/k"
                 " --mount=type=tmpfs,target=/t --mount=type=secret,id=s"
                 " cat /c/one /f /run/secrets/s; ls -d /s/bin /k /t; ls /sys/class/net; touch /c/new\n",
                 "--secret", "id=s,env=S", env={"S": "secret\n"})
    assert said(done) == ["1", "1", "secret", "/k", "/s/bin", "/t", "eth0", "lo"], done
    kept = build.cubby.ok("run", "--rm", "-v", build.context + ":/o:O", "--mount", "type=image,source=t,target=/i", "t",
                          "sh", "-c", "touch /o/new; ls -d /o/new /i/bin")
    assert kept.split() == ["/i/bin", "/o/new"] and not os.path.exists(build.context + "/new")


def test_caches(build):
    text = "RUN --mount=type=cache,target=/c,id=mine,uid=3,mode=0711 stat -c '%u %a' /c; cat /c/f; echo {} >> /c/f\n"
    build(text.format("one"))
    assert said(build(text.format("two"))) == ["3 711", "one"]
    done = build("RUN --mount=type=cache,target=/elsewhere,id=mine,ro cat /elsewhere/f; ! touch /elsewhere/g 2>/dev/null\n"
                 "RUN --mount=type=cache,target=/fresh,from=localhost/b:1,source=bin ls -d /fresh/busybox;"
                 " echo x > /fresh/new\n"
                 "RUN --mount=type=cache,target=/fresh,from=localhost/b:1,source=bin ls /fresh/busybox /fresh/new\n")
    assert said(done) == ["one", "two", "/fresh/busybox", "/fresh/busybox", "/fresh/new"], done
    assert seen(build.cubby, "ls -d /c /fresh 2>/dev/null || echo none") == "none"


def test_options_of_the_command_line(build, base):
    os.mkdir(base + "/shared")
    text = "RUN readlink /proc/self/ns/uts; ls -d /m || true\n"
    assert os.readlink("/proc/self/ns/uts") in said(build(text, "--uts", "host"))
    # what is mounted is a part of what the step depends on
    assert "/m" in said(build(text, "--mount", f"type=bind,source={base}/shared,target=/m"))
    assert "--> Using cache" not in build(text).stderr and "--> Using cache" in build(text).stderr
    done = build("RUN cat /etc/hosts; ulimit -n; ls /shared; df /dev/shm | tail -n 1 | cut -d ' ' -f 1-30;"
                 " grep CapEff /proc/self/status; env\n",
                 "--add-host", "name:1.2.3.4", "--ulimit", "nofile=77:88", "-v", base + "/shared:/shared",
                 "--shm-size", "1m", "--cap-drop", "all", "--http-proxy=true", "--build-arg", "HTTPS_PROXY=given",
                 env={"http_proxy": "of-the-host"})
    lines = said(done)
    assert any(x.split() == ["1.2.3.4", "name"] for x in lines) and "77" in lines, done
    assert any(x.split()[1:2] == ["1024"] for x in lines if x.startswith("shm")), done
    assert "CapEff:\t0000000000000000" in lines, done
    assert "http_proxy=of-the-host" in lines and "HTTPS_PROXY=given" in lines, done
    seen_env = build.cubby.ok("inspect", "-f", "{{.Config.Env}}", "t")
    assert "proxy" not in seen_env.lower()


def test_its_environment(build):
    """ENV has more to say than what every container gets; a step without a network does without what is for those with one."""
    done = build("ENV HOME=/mine HOSTNAME=me\nRUN --network=none echo $HOME $HOSTNAME; grep -c 1.2.3.4 /etc/hosts\n",
                 "--dns", "9.9.9.9", "--add-host", "a:1.2.3.4", "--add-host", "b:host-gateway")
    assert said(done) == ["/mine me", "1"], done
    assert seen(build.cubby, "echo $HOME $HOSTNAME") == "/mine me"
    assert build.cubby.ok("run", "--rm", "-e", "HOME=/other", "t", "sh", "-c", "echo $HOME") == "/other"


def agent(path, answers):
    """An agent that has no keys: answers each request for them."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()

    def serve():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                asked = peer.recv(64)
                answers.append(asked)
                peer.sendall(b"\0\0\0\5\x0c\0\0\0\0")
    threading.Thread(target=serve, daemon=True).start()
    return listener


def test_ssh_agents(build, base):
    answers = []
    with agent(base + "/agent", answers):
        done = build("RUN --mount=type=ssh echo $SSH_AUTH_SOCK; test -S $SSH_AUTH_SOCK && stat -c %a $SSH_AUTH_SOCK;"
                     " printf '\\0\\0\\0\\1\\13' | timeout 5 nc local:$SSH_AUTH_SOCK | od -An -tx1\n"
                     "RUN --mount=type=ssh,id=other,target=/own.sock,mode=0666 stat -c %a /own.sock; echo $SSH_AUTH_SOCK\n"
                     "RUN env | grep SSH || echo none\n",
                     "--ssh", "default", "--ssh", f"other={base}/agent", env={"SSH_AUTH_SOCK": base + "/agent"})
    lines = said(done)
    assert lines[:2] == ["/run/buildkit/ssh_agent.0", "600"] and lines[-3:] == ["666", "/own.sock", "none"], done
    if answers:  # this busybox may not speak to sockets
        assert answers[0] == b"\0\0\0\1\x0b" and "0c" in lines[2]
    assert "ssh" not in seen(build.cubby, "ls /run /; true")


def test_ssh_keys(build, base):
    if subprocess.run(["which", "ssh-agent"], stdout=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("no ssh-agent")
    for name, phrase in (("key", ""), ("locked", "phrase")):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", phrase, "-f", f"{base}/{name}"], check=True)
    text = "RUN --mount=type=ssh test -S $SSH_AUTH_SOCK\n"
    assert build(text, "--ssh", f"default={base}/key").code == 0
    done = build(text, "--no-cache", "--ssh", f"default={base}/locked")
    assert done.code == 125 and "passphrase" in done.stderr, done
    assert not process.leftovers(), "an agent outlives its step"


WAITING = "RUN --mount=type=tmpfs,target=/t echo begun; sleep 1000 & sleep 1000\n"


def deep(pid):
    return [p for p in process.descendants(pid) if "sleep" in process.command_line(p)]


@pytest.mark.parametrize("who", ["cubby", "worker", "monitor", "terminated"])
def test_nothing_outlives_the_builder(build, who):
    """kill -9 of any of them: all processes of the container go at once, and the next command sweeps up."""
    cubby = build.cubby
    client = cubby.start("build", "-t", "t", build.write(WAITING))
    process.wait_until(lambda: len(deep(client.pid)) >= 2, "the step to run")
    tree = process.descendants(client.pid)
    victim = {"monitor": lambda: next(p for p in tree if "monitor" in process.command_line(p).split()[0]),
              "worker": lambda: process.children(client.pid)[0]}.get(who, lambda: client.pid)()
    os.kill(victim, signal.SIGTERM if who == "terminated" else signal.SIGKILL)
    client.communicate(timeout=20)
    for pid in tree:
        process.wait_gone(pid)
    assert cubby.ok("ps", "-a", "-q") == ""
    assert os.listdir(cubby.run_dir + "/containers") == [] and os.listdir(cubby.data + "/containers") == []
    assert build("RUN echo again\n").code == 0
    cubby.ok("image", "prune", "-f")
    assert not [n for n in os.listdir(cubby.data + "/layers") if n.startswith(".new")]
