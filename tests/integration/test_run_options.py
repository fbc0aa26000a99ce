# SPDX-License-Identifier: Apache-2.0
"""Options of `cubby run` about the program's environment and its confinement, and those that are refused for good."""

import os

import pytest


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
