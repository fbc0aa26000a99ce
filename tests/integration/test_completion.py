# SPDX-License-Identifier: Apache-2.0
"""What the tab key offers, in real shells: bash always, zsh and fish where they are installed."""

import os
import re
import shutil
import subprocess
import time

import pexpect
import pytest

from support import process

DRIVER = """
PATH=$1:$PATH
source <(cubby completion bash) && wait $! || exit
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=("${@:3}") COMP_CWORD=$(($# - 3))
_cubby
wait $!  # bash itself does not, and what is still ending would be found left behind
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def bin_dir(cubby, base):
    """A directory with a `cubby` that knows the test's --root and --runroot."""
    path = os.path.join(base, "bin")
    os.mkdir(path)
    script = os.path.join(path, "cubby")
    with open(script, "w", encoding="utf-8") as f:
        f.write("#!/bin/bash\n"
                f'[[ $1 == __complete ]] || exec {cubby.path} "$@"\n'
                f'case $2 in\n'
                f'bash) exec {cubby.path} __complete bash "cubby {" ".join(cubby.options)} ${{3#cubby}}" "$4" ;;\n'
                f'*) exec {cubby.path} __complete "$2" {" ".join(cubby.options)} "${{@:3}}" ;;\n'
                "esac\n")
    os.chmod(script, 0o755)
    return path


@pytest.fixture
def bash(cubby, bin_dir):
    def complete(line):
        words = re.findall(r"[=:]|[^\s=:]+", line)
        if line[-1] in " ":
            words.append("")
        done = subprocess.run(["bash", "--norc", "-c", DRIVER, "bash", bin_dir, line, *words],
                              env=cubby.environment(), stdout=subprocess.PIPE, text=True, check=True)
        return [w for w in done.stdout.split("\n") if w]
    return complete


def test_words_of_the_tables(bash):
    assert "stop" in bash("cubby st") and "run" not in bash("cubby st")
    assert set(bash("cubby container ")) > {"run", "ps", "inspect"}
    assert bash("cubby help insp") == ["inspect"]
    assert bash("cubby run --det") == ["--detach", "--detach-keys"]
    assert bash("cubby run --pull ") == ["missing", "always", "never", "newer"]
    assert bash("cubby run --pull=al") == ["always"]
    assert bash("cubby run --pull=") == ["missing", "always", "never", "newer"]
    assert bash("cubby ps --no-trunc=t") == ["true"]
    assert bash("cubby kill -s SIGKI") == ["SIGKILL"]
    assert bash("cubby run --cap-add NET_A") == ["NET_ADMIN"]
    assert "root" in bash("cubby run -u roo")
    assert "--entrypoint" in bash("cubby --log-level debug run -it --e")
    assert bash("cubby run image --rm") == [] and bash("cubby nonsense ") == []
    assert bash("cubby completion --f") == ["--file"]


@pytest.mark.subids
def test_names(cubby, busybox_root, bash):
    for name in ("runs-one", "runs-two"):
        cubby.ok("run", "-d", "--name", name, "--rootfs", busybox_root, "sleep", "1000")
    cubby.ok("run", "--name", "ended", "--rootfs", busybox_root, "true")
    assert set(bash("cubby stop ")) == {"runs-one", "runs-two"}
    assert bash("cubby stop runs-one ") == ["runs-two"]
    assert set(bash("cubby rm ")) == {"runs-one", "runs-two", "ended"}
    assert bash("cubby container exec runs-o") == ["runs-one"]
    assert bash("cubby run --userns=container:runs-o") == ["runs-one"]
    short = cubby.inspect("ended")["Id"][:12]
    assert short in bash("cubby inspect " + short[:6])
    started = time.monotonic()
    for _ in range(10):
        cubby.ok("__complete", "words", "stop", "")
    assert time.monotonic() - started < 4 * process.SLOW
    cubby.ok("load", "-i", os.path.join(os.path.dirname(cubby.path), "../share/cubby/hello.oci.tar"))
    assert "hello:latest" in bash("cubby run -it hello")
    assert bash("cubby rmi localhost/cubby/hello:la") == ["latest"] or "hello:latest" in bash("cubby rmi hello:la")
    cubby.ok("volume", "create", "site")
    assert bash("cubby volume inspect ") == ["site"] and bash("cubby run -v si") == ["site"]


def test_nothing_is_made_by_looking(cubby, base):
    home = os.path.join(base, "nobody")
    os.mkdir(home)
    assert cubby.ok("__complete", "words", "--root", home + "/root", "rm", "").strip() == ":"
    assert os.listdir(home) == []


def test_a_real_bash(cubby, bin_dir):
    env = dict(cubby.environment(), PATH=bin_dir + ":" + os.environ["PATH"], PS1="ready> ", TERM="dumb")
    shell = pexpect.spawn("bash", ["--norc", "--noprofile", "-i"], env=env, encoding="utf-8", timeout=10)
    try:
        shell.expect("ready> ")
        shell.sendline("source <(cubby completion bash)")
        shell.expect("ready> ")
        shell.send("cubby vers\t --form\tjs\t\n")
        shell.expect('"Version"')
    finally:
        shell.close(force=True)


def test_scripts_are_installed(cubby):
    share = os.path.join(os.path.dirname(os.path.dirname(cubby.path)), "share")
    for shell, path in (("bash", "bash-completion/completions/cubby"), ("zsh", "zsh/site-functions/_cubby"),
                        ("fish", "fish/vendor_completions.d/cubby.fish")):
        with open(os.path.join(share, path), encoding="utf-8") as f:
            assert f.read().strip() == cubby.ok("completion", shell).strip()
        found = shutil.which(shell)
        if found:
            subprocess.run([found, "-n", os.path.join(share, path)], check=True)
    assert "unknown shell tcsh" in cubby.fails("completion", "tcsh")
    described = cubby.ok("__complete", "zsh", "vers")
    assert described.strip() == "version\tshow the version\n:"
    assert cubby.ok("__complete", "words", "vers").strip() == "version\t\n:"


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish here")
def test_fish(cubby, bin_dir):
    env = dict(cubby.environment(), PATH=bin_dir + ":" + os.environ["PATH"])
    done = subprocess.run(["fish", "--no-config", "-c",
                           "cubby completion fish | source; complete -C 'cubby run --pull '"],
                          env=env, stdout=subprocess.PIPE, text=True, check=True)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["always", "missing", "never", "newer"]


@pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh here")
def test_zsh(cubby, bin_dir):
    env = dict(cubby.environment(), PATH=bin_dir + ":" + os.environ["PATH"], TERM="dumb")
    shell = pexpect.spawn("zsh", ["-f", "-i"], env=env, encoding="utf-8", timeout=10)
    try:
        shell.sendline("PS1='ready> '; autoload -U compinit && compinit -D -u; source <(cubby completion zsh); echo s''et")
        shell.expect("set\r")
        shell.expect("ready> ")
        shell.send("cubby vers\t--form\tjs\t\n")
        shell.expect('"Version"')
    finally:
        shell.close(force=True)
