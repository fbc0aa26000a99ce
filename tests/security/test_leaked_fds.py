# SPDX-License-Identifier: Apache-2.0
"""CVE-2024-21626: file descriptors of the host that the caller left open, as working directory, as
program, as hook, or simply inherited. None of them is close-on-exec, and the attacker knows their numbers."""

import os

import pytest

from support import process

FIRST, LAST = 3, 40
LIST = ["sh", "-c", "ls /proc/self/fd | sort -n | tr '\\n' ' '"]
# a shell's ls: 0 1 2, and the one that reads the directory
ONLY_STANDARD = "0 1 2 3 "


@pytest.fixture
def leak(evil_root):
    """Every fd from 3 to 40 is the host's /, the directory that holds the root file system, or the
    host's view of the root file system: the numbers, to be passed on as pass_fds."""
    places = ["/", os.path.dirname(evil_root), evil_root]
    opened = [os.open(place, os.O_RDONLY | os.O_DIRECTORY) for place in places]
    for number in range(100, 100 + LAST - FIRST + 1):
        os.dup2(opened[number % 3], number)
    yield LeakedFds
    for fd in [*opened, *range(100, 100 + LAST - FIRST + 1)]:
        os.close(fd)


class LeakedFds:
    """Popen arguments that put the fds at 3..40 of the new process, whatever is open here."""

    @staticmethod
    def arguments():
        def install():
            for number in range(FIRST, LAST + 1):
                os.dup2(100 + number - FIRST, number)
        return {"preexec_fn": install, "close_fds": False}


def sample():
    """Three neighbours are three different places; the others are of cubby's own by then."""
    return (3, 4, 5, 20, 38, 39, 40)


def test_inherited_fds_do_not_reach_the_program(cubby, evil_root, leak):
    assert cubby.ok("run", "--rm", "--rootfs", evil_root, *LIST, **leak.arguments()) == ONLY_STANDARD.rstrip("\n")
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sleep", "1000", **leak.arguments())
    assert cubby.ok("exec", "victim", *LIST, **leak.arguments()) == ONLY_STANDARD
    pid = cubby.pid("victim")
    assert sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2"]


def test_inherited_fds_do_not_reach_the_runtimes_program(runtime, evil_root, leak):
    config = runtime.config(LIST, evil_root)
    assert runtime.run_config(config, **leak.arguments()).stdout == ONLY_STANDARD
    config = runtime.config(["sleep", "1000"], evil_root)
    runtime.detached("run", "-d", "--bundle", runtime.bundle(config), "c1", **leak.arguments())
    assert runtime("exec", "c1", *LIST, **leak.arguments()).stdout == ONLY_STANDARD


def test_the_monitor_holds_none_of_them(cubby, evil_root, leak):
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sleep", "1000", **leak.arguments())
    with open(os.path.join(cubby.run_dir, "containers", cubby.inspect("victim")["Id"], "monitor"),
              encoding="utf-8") as f:
        monitor = int(f.read().split(":")[0])
    held = [os.readlink(f"/proc/{monitor}/fd/{fd}") for fd in os.listdir(f"/proc/{monitor}/fd")]
    assert not {"/", os.path.dirname(evil_root), evil_root} & set(held), held


def test_only_the_preserved_fds_stay(cubby, evil_root, leak):
    said = cubby.ok("run", "--rm", "--preserve-fds", "2", "--rootfs", evil_root, *LIST, **leak.arguments())
    assert said.split() == ["0", "1", "2", "3", "4", "5"]


def escaped(result, evil_root):
    """Whether a container's `pwd; ls ..` shows the directory that holds its root file system."""
    return os.path.basename(evil_root) in result.stdout.split()


@pytest.mark.parametrize("link", [False, True], ids=["given", "image"])
def test_a_working_directory_through_an_fd(cubby, evil_root, leak, link):
    """Also where only a link in the image says so: the host's view of the root file system is the
    worst, as it has the same inode as the container's root."""
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sleep", "1000")
    os.mkdir(os.path.join(evil_root, "sub"))
    for fd in sample():
        for below in ("", "/sub"):
            place = f"/proc/self/fd/{fd}{below}"
            if link:
                os.symlink(place, os.path.join(evil_root, "work"))
                place = "/work"
            for result in (
                    cubby("run", "--rm", "-w", place, "--rootfs", evil_root, "ls", "-a", ".", "..",
                          **leak.arguments()),
                    cubby("exec", "-w", place, "victim", "ls", "-a", ".", "..", **leak.arguments())):
                assert not escaped(result, evil_root), (fd, result)
                assert result.code != 0 and "work" in result.stderr, (fd, result)
            if link:
                os.unlink(os.path.join(evil_root, "work"))
        if link:
            break


def test_a_working_directory_through_an_fd_in_a_bundle(runtime, evil_root, leak):
    os.mkdir(os.path.join(evil_root, "sub"))
    for fd in sample():
        config = runtime.config(["ls", "-a", ".", ".."], evil_root)
        config["process"]["cwd"] = f"/proc/self/fd/{fd}/sub"
        result = runtime.run_config(config, name=f"c{fd}", **leak.arguments())
        assert not escaped(result, evil_root) and result.code != 0, (fd, result)


def test_a_working_directory_that_only_the_containers_user_may_enter(cubby, evil_root, leak, user):
    """It is entered later, after the user change: by the same rule."""
    if not user.is_root and not user.has_subordinate_ids:
        pytest.skip("needs more than one id")
    home = os.path.join(evil_root, "locked")
    os.mkdir(home)
    os.symlink("/proc/self/fd/5/..", os.path.join(home, "in"))
    os.chmod(home, 0o700)
    for fd in sample():
        result = cubby("run", "--rm", "-u", "1000", "-w", f"/proc/self/fd/{fd}", "--rootfs", evil_root,
                       "ls", "..", **leak.arguments())
        assert not escaped(result, evil_root) and result.code != 0


@pytest.mark.parametrize("how", ["link", "script"])
def test_a_program_of_the_hosts_through_an_fd(cubby, runtime, evil_root, leak, how):
    """The program's path leads through an fd to the host's busybox, beside the root file system: it
    would be a program of the host's in the container, writable through its /proc/self/exe."""
    with open(os.path.join(evil_root, "bin/busybox"), "rb") as f:
        program = f.read()
    host = os.path.join(os.path.dirname(evil_root), "busybox")
    with open(host, "wb") as f:
        f.write(program)
    os.chmod(host, 0o755)
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sleep", "1000")
    evil = os.path.join(evil_root, "bin/evil")
    for fd in range(3, 12):
        if how == "link":
            os.symlink(f"/proc/self/fd/{fd}/busybox", evil)
            args = ["/bin/evil", "echo", "escaped"]
        else:
            with open(evil, "w", encoding="utf-8") as f:
                f.write(f"#!/proc/self/fd/{fd}/busybox echo escaped")
            os.chmod(evil, 0o755)
            args = ["/bin/evil"]
        results = [cubby("run", "--rm", "--rootfs", evil_root, *args, **leak.arguments()),
                   cubby("exec", "victim", *args, **leak.arguments())]
        if fd < 6:
            results.append(runtime.run_config(runtime.config(args, evil_root), name=f"c{fd}",
                                              **leak.arguments()))
        for result in results:
            assert result.code in (1, 126, 127) and "escaped" not in result.stdout, (fd, result)
        os.unlink(evil)
    cubby.ok("rm", "-f", "-t", "0", "victim")


def test_a_hook_of_the_containers_through_an_fd(runtime, evil_root, leak):
    """startContainer hooks are programs in the root file system."""
    for fd in (3, 4, 5):
        evil = os.path.join(evil_root, "hook")
        os.symlink(f"/proc/self/fd/{fd}/bin/sh", evil)
        config = runtime.config(["true"], evil_root)
        config["hooks"] = {"startContainer": [
            {"path": "/hook", "args": ["sh", "-c", "echo escaped >&2; exit 1"]}]}
        result = runtime.run_config(config, name=f"c{fd}", **leak.arguments())
        assert result.code != 0 and "escaped" not in result.stderr, result
        os.unlink(evil)


def test_a_bind_destination_through_an_fd(cubby, evil_root, leak, outside):
    """-v onto a link that leads out through an fd of ours."""
    for fd in sample():
        at = os.path.join(evil_root, "data")
        os.symlink(f"/proc/self/fd/{fd}/outside/made", at)
        result = cubby("run", "--rm", "-v", f"{outside}:/data", "--rootfs", evil_root, "true",
                       **leak.arguments())
        assert not os.path.exists(os.path.join(outside, "made")), result
        os.unlink(at)


def test_standard_streams_that_are_closed(cubby, evil_root):
    """Nothing of ours may become fd 0, 1 or 2."""
    anybodys = os.path.join(cubby.base, "anybodys")
    os.mkdir(anybodys)
    os.chmod(anybodys, 0o777)
    for closed in ((0,), (1,), (2,), (0, 1, 2)):
        out = os.path.join(anybodys, "fds")
        script = " ".join(f"{fd}{'<' if fd == 0 else '>'}&-" for fd in closed)
        argv = " ".join(cubby.argv("run", "--rm", "-v", f"{anybodys}:/out", "--rootfs", evil_root, "sh", "-c",
                                   "'ls -l /proc/self/fd > /out/fds'"))
        done = os.spawnve(os.P_WAIT, "/bin/sh", ["sh", "-c", f"{argv} {script}"], cubby.environment())
        assert done == 0 or 2 in closed or 1 in closed
        if os.path.exists(out):
            with open(out, encoding="utf-8") as f:
                said = f.read()
            assert cubby.data not in said and cubby.run_dir not in said and "memfd" not in said, said
            os.unlink(out)
    process.reap_orphans()
