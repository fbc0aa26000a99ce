# SPDX-License-Identifier: Apache-2.0
"""What a container says and hears: the user's terminal (CVE-2016-2568, CVE-2017-5226: TIOCSTI), the log,
and messages that are built from what an attacker wrote."""

import json
import os
import subprocess

import pytest

CONTROL = [chr(c) for c in range(32) if chr(c) not in "\n\t"] + ["\x7f", "\x9b"]
ESCAPE = "\x1b]0;owned\x07\x1b[2J\x9b31m"


def no_control(text):
    return not [c for c in CONTROL if c in text]


@pytest.fixture
def on_a_terminal(terminal):
    """Run a command of cubby's on a terminal, to its end; what appeared there, and what the shell that
    follows would read."""
    def run(argv):
        script = '"$@"; echo "[status $?]"; IFS= read -r -t 0.1 typed; echo "[typed:$typed]"'
        child = terminal(["/bin/bash", "-c", script, "bash", *argv])
        child.expect(r"\[typed:(.*?)\]")
        return child.before, child.match.group(1)
    return run


@pytest.mark.parametrize("options", [[], ["-t"], ["-i"], ["-it"]], ids=["plain", "t", "i", "it"])
def test_nothing_is_typed_into_the_users_terminal(cubby, on_a_terminal, evil_root, options):
    """TIOCSTI on each standard stream: of run, and of exec."""
    shown, typed = on_a_terminal(cubby.argv("run", "--rm", *options, "--rootfs", evil_root, "/hostile", "inject",
                                            "rm -rf /\n"))
    assert typed == "" and "status 0" in shown, shown
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sleep", "1000")
    shown, typed = on_a_terminal(cubby.argv("exec", *options, "victim", "/hostile", "inject", "rm -rf /\n"))
    assert typed == "" and "status 0" in shown, shown


@pytest.mark.parametrize("options", [[], ["-i"]], ids=["plain", "i"])
def test_the_users_terminal_is_not_handed_in(cubby, on_a_terminal, evil_root, options):
    """A process that stays in the background could read from it what is typed later, a password."""
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sleep", "1000")
    for words in (["run", "--rm", *options, "--rootfs", evil_root], ["exec", *options, "victim"]):
        shown, _ = on_a_terminal(cubby.argv(*words, "/hostile", "tty"))
        assert "fd " not in shown and "stole" not in shown and "/dev/tty got" not in shown, shown


def test_the_terminal_of_a_container_is_its_own(cubby, on_a_terminal, evil_root):
    shown, _ = on_a_terminal(cubby.argv("run", "--rm", "-it", "--rootfs", evil_root, "sh", "-c",
                                        "/hostile tty; ls /dev/pts | tr '\\n' ' '"))
    assert "fd 0 is /dev/pts/0" in shown or "fd 0 is /dev/console" in shown, shown
    assert "0 ptmx" in shown, shown


def test_the_terminal_is_mended_after_a_hostile_container(cubby, terminal, evil_root):
    """Raw modes that the container sets are those of its own terminal."""
    child = terminal(["/bin/bash", "-c", 'stty -g; "$@"; stty -g; echo "[end]"', "bash",
                      *cubby.argv("run", "--rm", "-it", "--rootfs", evil_root, "sh", "-c",
                                  "stty raw -echo; kill -9 $$")])
    child.expect(r"\[end\]")
    first, *_, last = [line for line in child.before.split() if line.count(":") > 10]
    assert first == last


# --------------------------------------------------------------------- messages

def test_a_program_that_is_not_there_says_nothing_to_the_terminal(cubby, runtime, evil_root):
    for what in (f"/bin/{ESCAPE}", ESCAPE, f"/{ESCAPE}/x"):
        assert no_control(cubby.fails("run", "--rm", "--rootfs", evil_root, what))
        result = runtime.run_config(runtime.config([what], evil_root))
        assert result.code != 0 and no_control(result.stderr), result


def test_the_interpreter_of_a_script_says_nothing_to_the_terminal(cubby, runtime, evil_root):
    for name, first in (("script", f"#!/bin/{ESCAPE}\n"), ("script2", f"#!{ESCAPE}"), ("script3", "#!\x1b[2J\r")):
        path = os.path.join(evil_root, name)
        with open(path, "w", encoding="latin-1") as f:
            f.write(first)
        os.chmod(path, 0o755)
        assert no_control(cubby.fails("run", "--rm", "--rootfs", evil_root, f"/{name}"))
        result = runtime.run_config(runtime.config([f"/{name}"], evil_root))
        assert result.code != 0 and no_control(result.stderr), result


def test_names_that_are_not_there_say_nothing_to_the_terminal(cubby, evil_root):
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sleep", "1000")
    for words in (["exec", "-w", f"/etc/passwd/{ESCAPE}", "victim", "true"], ["exec", "-u", ESCAPE, "victim", "true"],
                  ["exec", ESCAPE, "true"], ["run", "--name", ESCAPE, "--rootfs", evil_root, "true"],
                  ["run", "--rm", "-v", f"/{ESCAPE}:/x", "--rootfs", evil_root, "true"],
                  ["run", f"--{ESCAPE}"], [ESCAPE], ["logs", ESCAPE], ["rm", ESCAPE], ["kill", "-s", ESCAPE, "victim"]):
        said = cubby(*words)
        assert said.code != 0 and no_control(said.stderr), (words, said)


def test_a_failing_hook_says_nothing_to_the_terminal(runtime, evil_root):
    config = runtime.config(["true"], evil_root)
    config["hooks"] = {"startContainer": [{"path": "/bin/printf", "args": ["printf", "\\033[2Jtext\\n"]},
                                          {"path": "/bin/sh", "args": ["sh", "-c", "printf '\\033[2Jtext'; exit 1"]}]}
    result = runtime.run_config(config)
    assert result.code != 0 and "text" in result.stderr and no_control(result.stderr), result


def test_tables_say_nothing_to_the_terminal(cubby, evil_root):
    cubby.ok("run", "-d", "--name", "victim", "--label", f"a={ESCAPE}", "--rootfs", evil_root, "sh", "-c",
             f"exec sleep 1000; {ESCAPE}")
    assert no_control(cubby.ok("ps", "-a", "--no-trunc"))
    assert no_control(cubby.ok("ps", "-a"))
    # JSON escapes only what it must
    for words in (["inspect", "victim"], ["ps", "-a", "--format", "json"]):
        assert "\x1b" not in cubby.ok(*words) and "\x07" not in cubby.ok(*words)


def test_errors_of_a_bundle_say_nothing_to_the_terminal(runtime, evil_root):
    for change in ({"cwd": ESCAPE}, {"user": {"uid": ESCAPE, "gid": 0}}, {"rlimits": [{"type": ESCAPE, "hard": 1, "soft": 1}]},
                   {"args": [ESCAPE]}, {ESCAPE: 1, "cwd": 5}, {"apparmorProfile": ESCAPE}):
        config = runtime.config(["true"], evil_root)
        config["process"].update(change)
        result = runtime.run_config(config)
        assert result.code != 0 and no_control(result.stderr), result


# ------------------------------------------------------------------------- log

HOSTILE_OUTPUT = {
    "json": b'"}\n{"log":"fake\\n","stream":"stderr","time":"2000-01-01T00:00:00Z"}\n"\\u0000\\',
    "control": bytes(range(1, 32)) + b"\x7f\n",
    "nul": b"a\0b\0\0\n\0",
    "broken utf-8": b"\xff\xfe\xc3\x28\xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf \xe2\x82\n\xe2",
    "lines": b"\r\n\r\r\n\x0b\x0c\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\n",
    "long": b"x" * 300000 + b"\n" + b"\xe2\x82\xac" * 60000,
}


@pytest.mark.parametrize("kind", HOSTILE_OUTPUT)
def test_output_cannot_forge_the_log(cubby, evil_root, kind):
    data = HOSTILE_OUTPUT[kind]
    with open(os.path.join(evil_root, "data"), "wb") as f:
        f.write(data)
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "cat", "/data")
    cubby.ok("wait", "victim")
    log = cubby.inspect("victim")["HostConfig"]["LogConfig"].get("Path") or \
        cubby.inspect("victim").get("LogPath")
    with open(log, "rb") as f:
        lines = f.read().split(b"\n")
    assert lines.pop() == b""
    for line in lines:
        entry = json.loads(line)
        assert set(entry) == {"log", "stream", "time"} and entry["stream"] == "stdout", entry
        assert min(line) >= 32
    shown = subprocess.run(cubby.argv("logs", "victim"), env=cubby.environment(), check=True,
                           capture_output=True).stdout
    if kind == "broken utf-8":
        data = data.decode(errors="replace").encode()
        assert shown.decode().count(" ") == data.decode().count(" ")
    else:
        assert shown == data
