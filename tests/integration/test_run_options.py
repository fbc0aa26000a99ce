# SPDX-License-Identifier: Apache-2.0
"""Options of `cubby run` about the program's environment and its confinement, and those that are refused for good."""

import os

import pytest

from support import image, process


@pytest.fixture
def inside(cubby, busybox_root):
    """inside("-e", "A=1", "--", "env"): options, then the command; what it printed."""
    def run(*words, **more):
        at = words.index("--")
        return cubby.ok("run", "--rm", *words[:at], "--rootfs", busybox_root, *words[at + 1:], **more)
    return run


def test_environment_from_the_caller(inside, base):
    path = os.path.join(base, "env")
    with open(path, "w", encoding="utf-8") as f:
        f.write("# words\nF=a b\r\n  G=\"q\"\nAA\nNONE\nOVER=file\n")
    caller = {"AA": "1", "http_proxy": "h:1", "NO_PROXY": "n", "LC_X": "x"}
    env = inside("--env-file", path, "-e", "OVER=option", "-e", "LC_*", "--env-merge", "PATH=$PATH:${NONE:-/opt}",
                 "--env-merge", "NONE=x", "--", "env", env=caller).splitlines()
    for line in ("F=a b", 'G="q"', "AA=1", "OVER=option", "LC_X=x", "http_proxy=h:1", "NO_PROXY=n"):
        assert line in env, line
    assert any(line.startswith("PATH=") and line.endswith("/bin:/opt") for line in env)
    assert not any(line.startswith("NONE") for line in env)
    env = inside("--http-proxy=false", "--unsetenv", "container", "--", "env", env=caller).splitlines()
    assert not any(line.lower().startswith(("http_proxy", "no_proxy", "container=")) for line in env)
    env = inside("--unsetenv-all", "--env-host", "--", "env", env=caller).splitlines()
    assert "AA=1" in env and "container=cubby" not in env


def test_confinement(inside, cubby, busybox_root):
    out = inside("--security-opt", "proc-opts=hidepid=2", "--security-opt", "systempaths=unconfined",
                 "--security-opt", "label=type:t", "--security-opt", "seccomp=builtin", "--ulimit", "host",
                 "--", "cat", "/proc/mounts", "/proc/self/status")
    proc = [line for line in out.splitlines() if line.split()[1:3] == ["/proc", "proc"]]
    assert "hidepid=invisible" in proc[0] or "hidepid=2" in proc[0]
    assert not any(" /proc/" in line for line in out.splitlines())
    assert "Seccomp:\t2" in out
    said = cubby.fails("run", "--seccomp-policy", "image", "--rootfs", busybox_root, "true", code=125)
    assert "no seccomp policy defined by image" in said


REFUSED = [
    (["--gpus", "all"], "Container Device Interface"), (["--device", "nvidia.com/gpu=all"], "Container Device"),
    (["--runtime", "runc"], "runs its containers itself"), (["--isolation", "hyperv"], "Windows"),
    (["--link", "db:db"], "--add-host"), (["--storage-opt", "size=1g"], "--tmpfs"),
    (["--kernel-memory", "1g"], "not supported"), (["--decryption-key", "k"], "skopeo"),
    (["--rdt-class", "c"], "resctrl"), (["--permissive"], "refused"), (["--use-api-socket"], "no daemon"),
    (["--cpu-count", "2"], "Windows"), (["--volume-driver", "nfs"], "local"),
    (["--ulimit", "host", "--ulimit", "core=0"], "other limits"),
    (["--security-opt", "label=typo:x"], "unknown option"), (["--seccomp-policy", "typo"], "default, image"),
    (["--env-merge", "A=${"], "without a name"),
]


def test_refused(cubby, busybox_root, inside):
    for options, part in REFUSED:
        said = cubby.fails("run", "--rm", *options, "--rootfs", busybox_root, "true", code=125)
        assert said.startswith("Error: ") and part in said, (options, said)
    # what means nothing else than what happens anyway
    assert inside("--isolation", "default", "--volume-driver=local", "--disable-content-trust", "--permissive=false",
                  "--", "echo", "ran") == "ran"


@pytest.fixture
def box(cubby, pristine_root, base):
    """An image of busybox, by its name."""
    path = os.path.join(base, "box.tar")
    content = image.busybox(pristine_root).add({"run/from-image": "x"})
    image.docker_archive(path, {"localhost/box:1": content})
    cubby.ok("load", "-q", "-i", path)
    return "localhost/box:1"


def test_systemd(cubby, box, base):
    program = os.path.join(base, "systemd")
    with open(program, "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\nexec \"$@\"\n")
    os.chmod(program, 0o755)
    script = "grep tmpfs /proc/mounts; echo $container_uuid; ls -1 /run"  # its console is a terminal
    systemd = ["-v", f"{program}:/usr/lib/systemd/systemd", "--entrypoint", "/usr/lib/systemd/systemd"]

    def places(*options):
        out = cubby.ok("run", "--rm", *options, box, "sh", "-c", script).splitlines()
        return {line.split()[1] for line in out if line.startswith("tmpfs")}, out

    expected = {"/run", "/run/lock", "/tmp", "/var/log/journal"}
    mounted, out = places(*systemd, "--shm-size-systemd", "4m")
    assert expected <= mounted and "from-image" in out and any(len(line) == 32 for line in out), out
    assert any(" /run/lock " in line and "size=4096k" in line for line in out)
    assert not expected & places(*systemd, "--systemd=false")[0]
    assert not expected & places()[0]
    mounted, out = places(*systemd, "--read-only")
    assert expected <= mounted and "/var/tmp" in mounted
    cubby.ok("create", "--name", "s", *systemd, box, "sleep", "9")
    cubby.ok("create", "--name", "t", "--stop-signal", "TERM", *systemd, box, "sleep", "9")
    signals = [cubby.inspect(name)["Config"]["StopSignal"] for name in ("s", "t")]
    assert str(signals[0]) in ("37", "SIGRTMIN+3") and str(signals[1]) in ("15", "SIGTERM"), signals
    assert "cannot be used together" in cubby.fails("run", "--init", *systemd, box, "true", code=125)
    if not os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        assert "version 2" in cubby.fails("run", "--systemd=always", box, "true", code=125)


def test_the_image_goes_too(cubby, box):
    cubby.ok("tag", box, "localhost/other:1")
    cubby.ok("run", "--rmi", "localhost/other:1", "true")
    assert "localhost/other" not in cubby.ok("images")
    cubby.ok("create", "--name", "user", box)
    done = cubby("run", "--rmi", box, "true")
    assert done.code == 0 and "the image stays" in done.stderr and "in use" in done.stderr
    cubby.ok("rm", "user")
    cubby.ok("run", "-d", "--rmi", box, "true")
    process.wait_until(lambda: not cubby.ok("images", "-q"), "the image's end")
    assert cubby.ok("ps", "-aq") == ""


def test_nothing_said_is_nothing(inside, cubby, busybox_root):
    """What a script's empty variable makes of an option; and what podman says."""
    assert inside("-e", "", "-w", "", "--", "pwd") == "/"
    said = cubby.fails("run", "--rm", "-w", "/etc/passwd", "--rootfs", busybox_root, "true", code=126)
    assert "exists on container" in said and "is not a directory" in said
    assert "does not exist on container" in cubby.fails("run", "--rm", "-w", "/no/such", "--rootfs", busybox_root, "true",
                                                        code=126)
    done = cubby("run", "--rm", "-it", "--rootfs", busybox_root, "echo", "hi")
    assert done.code == 0 and "hi" in done.stdout and "The input device is not a TTY" in done.stderr
    assert inside("-u", "1000:50", "--", "id", "-G") == "50"
    assert "50" in inside("-u", "carol", "--", "grep", "Groups", "/proc/self/status").split()
