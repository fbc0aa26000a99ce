# SPDX-License-Identifier: Apache-2.0
"""cubby-runtime under another engine, and its output beside runc's and crun's."""

import json
import os
import subprocess

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


@pytest.mark.root
@pytest.mark.parametrize("peer", ["runc", "crun"])
def test_state_has_the_members_of_the_peers(peers, runtime, busybox_root, base, peer):
    path = peers.need(peer)
    config = runtime.config(["sleep", "100"], busybox_root)
    config["ociVersion"] = "1.0.2"
    config["annotations"] = {"a": "b"}
    bundle = runtime.bundle(config)
    runtime.detached("create", "--bundle", bundle, "c1")
    ours = runtime.state("c1")
    root = os.path.join(base, "peer")
    created = subprocess.run([path, "--root", root, "create", "--bundle", bundle, "c2"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True, check=False)
    if created.returncode != 0:
        pytest.skip(f"{peer} does not work here: {created.stderr}")
    theirs = json.loads(subprocess.run([path, "--root", root, "state", "c2"], check=True,
                                       capture_output=True, text=True).stdout)
    subprocess.run([path, "--root", root, "delete", "--force", "c2"], check=True)
    for key in ("ociVersion", "id", "pid", "status", "bundle", "rootfs", "created", "annotations", "owner"):
        assert key in ours
        if key in theirs:
            assert type(ours[key]) is type(theirs[key]), key
