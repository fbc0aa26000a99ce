# SPDX-License-Identifier: Apache-2.0
"""The options of stop, kill, wait, rm, and exec in the background."""

import os

import pytest

from support import process


@pytest.fixture
def run(cubby, busybox_root):
    """Start a container of this name, with its command."""
    def start(name, *command, options=()):
        cubby.ok("run", "-d", "--name", name, *options, "--rootfs", busybox_root, *(command or ("sleep", "1000")))
        return name
    return start


def test_stop_by_signal_filter_and_without_end(cubby, run):
    run("web", "sh", "-c", "trap 'exit 7' USR1; trap '' TERM; echo ready; while :; do sleep 0.02; done",
        options=["--label", "app=site"])
    run("other", options=["--label", "app=db"])
    cubby.wait_log("web", "ready")
    assert cubby.ok("stop", "--filter", "label=app=site", "--signal", "USR1", "-t", "-1") == cubby.inspect("web")["Id"]
    assert cubby.inspect("web")["State"]["ExitCode"] == 7
    assert cubby.status("other") == "running"
    assert cubby.ok("stop", "--filter", "label=app", "-t", "0", "web") == ""     # it is named, but does not run
    assert cubby.ok("stop", "-i", "-t", "0", "nosuch", "other") == "other"
    assert "invalid signal: NOSUCH" in cubby.fails("stop", "-s", "NOSUCH", "web", code=125)
    assert "valid signals are 1 through 64" in cubby.fails("kill", "-s", "99", "web", code=125)


def test_killed_means_ended(cubby, run, base):
    cidfile = os.path.join(base, "cid")
    run("web", options=["--cidfile", cidfile])
    run("other")
    assert cubby.ok("kill", "--cidfile", cidfile) == cubby.inspect("web")["Id"]
    assert cubby.status("web") == "exited"
    assert cubby.ok("kill", "--latest") == cubby.inspect("other")["Id"]
    assert cubby.ok("kill", "--all") == ""


def test_wait_for_conditions(cubby, run):
    run("web", "sh", "-c", "trap 'exit 4' TERM; while :; do sleep 0.02; done")
    assert cubby.ok("wait", "--condition", "running", "--condition", "paused", "web") == "-1"
    waiting = cubby.start("wait", "--condition=paused,exited", "--interval", "20ms", "web")
    cubby.ok("pause", "web")
    assert waiting.communicate(timeout=20)[0] == "-1\n"
    cubby.ok("unpause", "web")
    run("short", "true")
    assert cubby.ok("wait", "--return-on-first", "-i", "20", "web", "short") == "0"
    gone = cubby.start("wait", "--ignore", "--condition", "removing", "-i", "20", "short")
    cubby.ok("rm", "short")
    assert gone.communicate(timeout=20)[0] == "-1\n"
    cubby.ok("stop", "web")
    assert cubby.ok("wait", "--ignore", "nosuch", "web") == "-1\n4"
    assert "unknown container state: happy" in cubby.fails("wait", "--condition", "happy", "web", code=125)
    assert 'invalid duration "x"' in cubby.fails("wait", "-i", "x", "web", code=125)
    assert 'requires a name, id, or the "--latest" flag' in cubby.fails("wait", code=125)


def test_rm_statuses_and_dependents(cubby, run):
    run("base", options=["--userns=private"])
    run("joined", options=["--userns", "container:base"])
    said = cubby.fails("rm", "-f", "-t", "0", "base", code=125)
    assert "has dependent containers which must be removed before it" in said
    assert cubby.ok("rm", "-f", "-t", "0", "--depend", "base").splitlines()[-1] == "base"
    assert cubby.names() == []
    run("base", options=["--userns=private"])
    run("joined", options=["--userns", "container:base"])
    assert len(cubby.ok("rm", "-a", "-f", "-t", "0").splitlines()) == 2
    run("web")
    assert "container state improper" in cubby.fails("rm", "web", code=2)
    assert "no such container" in cubby.fails("rm", "web", "nosuch", code=1)
    assert "no such container" in cubby.fails("rm", "nosuch", "web", code=1)
    assert "--force option must be specified" in cubby.fails("rm", "-t", "1", "web", code=125)
    web = cubby.inspect("web")["Id"]
    assert cubby.ok("rm", "-f", "-t", "0", "--filter", "name=other", "web") == ""
    assert cubby.ok("rm", "-f", "-t", "0", "--filter", "name=web") == web
    assert cubby.ok("rm", "-f", "nosuch") == ""


def test_exec_in_the_background(cubby, run, base):
    run("web", options=["--cidfile", os.path.join(base, "cid")])
    init = cubby.pid("web")
    done = cubby("exec", "-d", "web", "sh", "-c", "echo $$ > /tmp/pid; echo lost; exec sleep 999")
    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    cubby.ok("exec", "-dt", "web", "sh", "-c", "test -t 1 && while :; do echo 12345678901234567890; done")
    process.wait_until(lambda: "sleep 999" in cubby.ok("exec", "web", "ps"), "the process in the background")
    assert len([p for p in cubby.ok("exec", "web", "ps", "-o", "args").splitlines() if "1234567890" in p]) == 1
    assert "not found in $PATH" in cubby.fails("exec", "-d", "web", "nosuch", code=127)
    assert cubby.ok("exec", "--cidfile", os.path.join(base, "cid"), "--no-session", "echo", "hi") == "hi"
    assert cubby.ok("exec", "--latest", "echo", "hi") == "hi"
    assert cubby.ok("kill", "web") == "web"
    process.wait_gone(init)
    process.wait_until(lambda: not [p for p in process.descendants()
                                    if base in process.command_line(p)], "nobody to be left")
    assert "container state improper" in cubby.fails("exec", "-d", "web", "true", code=125)


def test_exec_exit_codes_and_files(cubby, run, base):
    run("web")
    for code, words in ((125, ["nosuch", "true"]), (255, ["web"]), (255, ["-u", "nosuch", "web", "true"]),
                        (127, ["web", "nosuch"]), (126, ["web", "/etc"]), (127, ["-w", "/nosuch", "web", "true"]),
                        (125, ["--env-file", "/nosuch", "web", "true"]), (125, [])):
        cubby.fails("exec", *words, code=code)
    with open(os.path.join(base, "file"), "w+", encoding="ascii") as f:
        f.write("content")
        f.flush()
        f.seek(0)
        os.set_inheritable(f.fileno(), True)
        assert cubby.ok("exec", f"--preserve-fd={f.fileno()}", "web", "sh", "-c", f"cat <&{f.fileno()}",
                        pass_fds=[f.fileno()]) == "content"
        assert "is not available" in cubby.fails("exec", "--preserve-fd=99", "web", "true", code=125)
