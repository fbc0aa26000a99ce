# SPDX-License-Identifier: Apache-2.0
"""cubby-runtime under another engine."""

import os

import pytest

from support import program


@pytest.fixture
def podman(peers, runtime, base, busybox_root):
    """podman with cubby-runtime as its runtime and storage of the test's own."""
    path = peers.need("podman")
    options = ["--root", os.path.join(base, "graph"), "--runroot", os.path.join(base, "podman-run"),
               "--tmpdir", os.path.join(base, "podman-tmp"), "--cgroup-manager", "cgroupfs",
               "--events-backend", "file", "--storage-driver", "vfs", "--runtime", runtime.path]

    def run(*args, **more):
        # pytest's own TMPDIR is too long for conmon's sockets
        return program.run([path, *options, *args], env=runtime.environment(), cwd=base, timeout=120,
                           **more)
    probe = run("info")
    if probe.code != 0:
        pytest.skip(f"podman does not work here: {probe.stderr}")
    yield run
    run("rm", "-f", "-a", "-t", "0")


PODMAN_RUN = ["run", "--cgroups", "disabled", "--network", "none", "--security-opt", "label=disable"]


@pytest.mark.slow
def test_podman_run(podman, busybox_root):
    result = podman(*PODMAN_RUN, "--rm", "--rootfs", busybox_root + ":O", "sh", "-c", "echo hello; exit 3")
    assert (result.code, result.stdout) == (3, "hello\n"), result


@pytest.mark.slow
def test_podman_detached_exec_logs_stop(podman, busybox_root):
    result = podman(*PODMAN_RUN, "-d", "--name", "web", "--rootfs", busybox_root + ":O", "sh", "-c",
                    "trap 'exit 0' TERM; echo started; while :; do sleep 0.1; done")
    assert result.code == 0, result
    said = podman("exec", "web", "sh", "-c", "echo in; exit 4")
    assert (said.code, said.stdout) == (4, "in\n"), said
    assert podman("logs", "web").stdout == "started\n"
    assert podman("stop", "-t", "5", "web").code == 0
    assert podman("inspect", "--format", "{{.State.ExitCode}}", "web").stdout.strip() == "0"
    assert podman("rm", "web").code == 0


@pytest.mark.slow
def test_podman_says_what_is_missing(podman, busybox_root):
    result = podman(*PODMAN_RUN, "--rm", "--rootfs", busybox_root + ":O", "nonesuch")
    assert result.code == 127 and "nonesuch" in result.stderr, result
