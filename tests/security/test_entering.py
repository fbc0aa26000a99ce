# SPDX-License-Identifier: Apache-2.0
"""A process that enters a container is visible to those inside before it becomes the program: CVE-2016-9962.
It holds the host's fds and memory then. The spy in the container tries everything it can on each."""

import os
import resource
import subprocess

import pytest

SECRET = "the-callers-secret"
ROUNDS = 25


def enter_until_met(cubby, name, spy, *options):
    """Exec until the spy has met its number of entering processes and ended; how often."""
    rounds = 0
    while cubby.status(name) == "running" and rounds < 400:
        for _ in range(5):
            cubby("exec", *options, name, "true", env={"SECRET_OF_CALLER": SECRET}, timeout=20)
        rounds += 5
    return spy(), rounds


@pytest.mark.parametrize("options", [[], ["--cap-add", "SYS_PTRACE"]], ids=["default", "with-ptrace"])
def test_entering_processes_cannot_be_looked_into(cubby, evil_root, user, options):
    if options and user.is_root:
        options = [*options, "--uidmap", "0:100000:65536"]
        os.chmod(cubby.base, 0o755)
    cubby.ok("run", "-d", "--name", "victim", *options, "--rootfs", evil_root, "/hostile", "spy", str(ROUNDS))
    said, _ = enter_until_met(cubby, "victim", lambda: cubby("logs", "victim").stdout)
    assert f"met {ROUNDS}" in said, said
    assert "leak" not in said and SECRET not in said, said


def test_the_spy_sees_what_can_be_seen(cubby, evil_root):
    """A program of the container's that is called as if it were ours is looked into, by every way."""
    with open(os.path.join(evil_root, "cubby-false"), "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\nsleep 5\n")
    os.chmod(os.path.join(evil_root, "cubby-false"), 0o755)
    said = cubby.ok("run", "--rm", "-e", f"SECRET={SECRET}", "--cap-add", "SYS_PTRACE", "--rootfs", evil_root,
                    "sh", "-c", "/cubby-false & exec /hostile spy 50 -1")
    for way in ("mem", "environ", "root", "cwd", "exe", "fd", "ptrace", "process_vm_readv"):
        assert f"leak {way}" in said, way
    assert SECRET in said


def test_entering_processes_of_the_runtime(runtime, evil_root):
    out = os.path.join(runtime.base, "said")
    config = runtime.config(["/hostile", "spy", str(ROUNDS)], evil_root)
    runtime.detached("run", "-d", "--bundle", runtime.bundle(config), "c1", out=out)
    for _ in range(400):
        if runtime.status("c1") != "running":
            break
        runtime("exec", "c1", "true", env={"SECRET_OF_CALLER": SECRET})
    with open(out, encoding="utf-8") as f:
        said = f.read()
    assert f"met {ROUNDS}" in said and "leak" not in said and SECRET not in said, said


@pytest.mark.parametrize("sig", [9, 11, 15, 3], ids=["KILL", "SEGV", "TERM", "QUIT"])
def test_entering_processes_are_signalled(cubby, evil_root, sig):
    """exec fails with a sentence; nothing hangs, no memory of ours is left behind as a core file."""
    cubby.ok("run", "-d", "--name", "victim", "--ulimit", "core=-1:-1", "--rootfs", evil_root,
             "/hostile", "spy", "5", str(sig))
    soft = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (soft[1], soft[1]))
    for _ in range(300):
        result = cubby("exec", "victim", "true", env={"SECRET_OF_CALLER": SECRET}, timeout=20)
        # 137: the spy has met enough, and with the first process all that are in the container are killed
        if result.code not in (0, 128 + sig, 137):
            assert result.stderr.startswith("Error: "), result
        if cubby.status("victim") != "running":
            break
    resource.setrlimit(resource.RLIMIT_CORE, soft)
    # one may be of the program itself, which had just been executed
    for name in os.listdir(evil_root):
        if name.startswith("core"):
            with open(os.path.join(evil_root, name), "rb") as f:
                assert SECRET.encode() not in f.read()


def test_a_stopped_entering_process_lets_its_caller_go(cubby, evil_root):
    """SIGSTOP from inside holds exec up; whoever waits can still leave, and nothing stays."""
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "/hostile", "spy", "1000", "19")
    cubby.wait_log("victim", "ready")
    held = None
    for _ in range(100):
        p = cubby.start("exec", "victim", "true")
        try:
            p.communicate(timeout=0.5)
        except subprocess.TimeoutExpired:
            held = p
            break
    assert held, "the spy never caught one"
    held.terminate()
    try:
        held.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        # Not ours but the program itself was stopped, right after its exec: it takes no TERM then.
        held.kill()
        held.communicate(timeout=10)
    assert cubby.ok("rm", "-f", "-t", "0", "victim") == "victim"


def test_environment_and_arguments_of_our_processes_stay_outside(cubby, evil_root, running):
    """None of our processes is in the container's pid namespace once the program runs."""
    said = cubby.ok("exec", running, "sh", "-c", "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'",
                    env={"SECRET_OF_CALLER": SECRET})
    assert SECRET not in said and "cubby" not in said.replace("container=cubby", ""), said


def test_names_are_not_looked_up_with_the_containers_libraries(cubby, runtime, evil_root, base):
    """CVE-2019-14271: an image with an nsswitch.conf and an NSS library, and LD_PRELOAD in its environment."""
    marker = os.path.join(base, "loaded")
    source = os.path.join(base, "evil.c")
    with open(source, "w", encoding="utf-8") as f:
        f.write('#include <fcntl.h>\n__attribute__((constructor)) static void init(void)\n'
                f'{{ open("{marker}", O_CREAT | O_WRONLY, 0600); open("/loaded", O_CREAT | O_WRONLY, 0600); }}\n')
    library = os.path.join(base, "evil.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    for place in ("lib", "usr/lib", "lib/x86_64-linux-gnu", "lib64"):
        os.makedirs(os.path.join(evil_root, place), exist_ok=True)
        for name in ("libnss_evil.so.2", "libnss_files.so.2", "evil.so"):
            with open(library, "rb") as f, open(os.path.join(evil_root, place, name), "wb") as g:
                g.write(f.read())
    with open(os.path.join(evil_root, "etc/nsswitch.conf"), "w", encoding="utf-8") as f:
        f.write("passwd: evil files\ngroup: evil files\nhosts: evil\n")
    environment = ["-e", f"LD_PRELOAD={library}:/lib/evil.so", "-e", "LD_LIBRARY_PATH=/lib", "-e", f"PATH=/bin:{base}"]
    cubby.ok("run", "--init", "-u", "daemon", *environment, "--rm", "--rootfs", evil_root, "true")
    cubby.ok("run", "-d", "--init", *environment, "--name", "victim", "--rootfs", evil_root, "sleep", "1000")
    cubby.ok("exec", "-u", "nobody", *environment, "victim", "true")
    cubby.ok("stop", "-t", "0", "victim")
    config = runtime.config(["true"], evil_root)
    config["process"]["env"] = [f"LD_PRELOAD={library}", "PATH=/bin"]
    assert runtime.run_config(config).code == 0
    assert not os.path.exists(marker) and not os.path.exists(os.path.join(evil_root, "loaded"))
