# SPDX-License-Identifier: Apache-2.0
"""CVE-2019-5736: a container that makes the engine run itself, to overwrite it through /proc/self/exe.

The engine's dynamic loader is looked up in the container, and there it is an attacker's program. With a
binary that belongs to root and a container of an ordinary user there is nothing to be done; root's container,
and a copy of the program that belongs to the user, run from a sealed copy in memory.
"""

import errno
import os
import shutil

import pytest

from attack import elf_interpreter

EXES = ["/proc/self/exe", "/bin/script"]
DENIED = {-errno.EACCES, -errno.EPERM, -errno.EROFS, -errno.ETXTBSY}


@pytest.fixture
def trap(programs, evil_root, loader):
    """evil_root with the loader that attacks, and a script whose interpreter is /proc/self/exe."""
    for program in programs:
        interpreter = elf_interpreter(program.path)
        if interpreter:
            path = evil_root + interpreter
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copy(loader, path)
    with open(os.path.join(evil_root, "bin/script"), "w", encoding="utf-8") as f:
        f.write("#!/proc/self/exe\n")
    os.chmod(os.path.join(evil_root, "bin/script"), 0o755)
    return evil_root


def check(result, path):
    """What the loader said, if the kernel ran anything at all: nothing could be written."""
    attacks = [line.split() for line in result.lines if " write " in line]
    for name, _, opened, _, written in attacks:
        assert int(opened) in DENIED or int(written) < 0, (name, result)
    # a script's interpreter is resolved when nothing of ours is left to be run
    if path == "/proc/self/exe":
        assert len(attacks) == 4, result
        assert result.lines[0].startswith("exe "), result


@pytest.mark.parametrize("path", EXES)
def test_run_the_engine_as_the_containers_program(programs, trap, path):
    cubby, _ = programs
    check(cubby("run", "--rm", "--rootfs", trap, path), path)


@pytest.mark.parametrize("path", EXES)
def test_exec_the_engine_in_a_running_container(programs, trap, path):
    cubby, _ = programs
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", trap, "sleep", "1000")
    check(cubby("exec", "victim", path), path)
    check(cubby("container", "exec", "victim", path), path)
    check(cubby("exec", "--privileged", "victim", path), path)


@pytest.mark.parametrize("path", EXES)
def test_run_and_exec_the_runtime(programs, trap, path):
    _, runtime = programs
    check(runtime.run_config(runtime.config([path], trap), name="c0"), path)
    config = runtime.config(["sleep", "1000"], trap)
    runtime.detached("run", "-d", "--bundle", runtime.bundle(config), "c1")
    check(runtime("exec", "c1", path), path)
    runtime("kill", "c1", "KILL")


def test_the_init_cannot_be_written_by_its_container(programs, evil_root):
    cubby, _ = programs
    said = cubby.ok("run", "--rm", "--init", "--rootfs", evil_root, "/hostile", "openw", "/proc/1/exe",
                    "/run/cubby-init")
    assert all(line.split()[1] in ("EROFS", "EACCES", "ETXTBSY", "ENOENT") for line in said.splitlines()), said


def test_a_program_path_in_the_environment_is_not_believed(programs, evil_root):
    cubby, _ = programs
    assert cubby.ok("run", "--rm", "--rootfs", evil_root, "echo", "ok",
                    env={"_CUBBY_EXE": os.path.join(evil_root, "bin/busybox")}) == "ok"


def test_a_writable_engine_never_starts_a_container(programs, evil_root, user):
    """What forks the container's processes is a sealed copy, or belongs to root and we are not root."""
    _, runtime = programs
    seen = os.path.join(runtime.base, "seen")
    config = runtime.config(["true"], evil_root)
    config["hooks"] = {"createRuntime": [{
        "path": "/bin/sh", "args": ["sh", "-c", f"(readlink /proc/$PPID/exe; stat -L -c %u /proc/$PPID/exe) > {seen}"],
        "env": ["PATH=/usr/bin:/bin"]}]}
    result = runtime.run_config(config)
    assert result.code == 0, result
    with open(seen, encoding="utf-8") as f:
        exe, owner = f.read().splitlines()
    assert exe.startswith("/memfd:") or (not user.is_root and owner == "0"), (exe, owner)
