# SPDX-License-Identifier: Apache-2.0
"""cubby-runtime under another engine: podman, as an ordinary user, whose cgroups nobody is asked for."""

import os
import re

import pytest

from support import process, program

pytestmark = [pytest.mark.rootless, pytest.mark.subids, pytest.mark.slow]

CONTAINERS_CONF = """
[containers]
cgroups = "disabled"
netns = "none"
log_driver = "k8s-file"
[engine]
runtime = "cubby-runtime"
runtime_supports_nocgroup = ["cubby-runtime"]
runtime_supports_json = ["cubby-runtime"]
cgroup_manager = "cgroupfs"
events_logger = "file"
[engine.runtimes]
cubby-runtime = ["{path}"]
"""


@pytest.fixture
def podman(peers, runtime, base):
    """podman with cubby-runtime as its runtime, with storage of the test's own."""
    path = peers.need("podman")
    conf = os.path.join(base, "containers.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write(CONTAINERS_CONF.format(path=runtime.path))
    options = ["--root", os.path.join(base, "graph"), "--runroot", os.path.join(base, "pr"),
               "--tmpdir", os.path.join(base, "pt"), "--storage-driver", "vfs"]
    env = runtime.environment({"CONTAINERS_CONF": conf})

    def argv(*args):
        return [path, *options, *args]

    def run(*args, **more):
        return program.run(argv(*args), env=env, cwd=base, timeout=120, **more)
    run.argv, run.env = argv, env
    before = process.descendants()
    probe = run("info")
    if probe.code != 0:
        pytest.skip(f"podman does not work here: {probe.stderr}")
    yield run
    run("rm", "-f", "-a", "-t", "0")
    run("system", "migrate")  # ends podman's pause process
    # conmon's last act, `podman container cleanup`, outlives the command that waited for it
    process.wait_until(lambda: not process.leftovers(before), "the end of podman's helpers")


def test_run(podman, own_root):
    result = podman("run", "-i", "--rm", "--rootfs", own_root, "sh", "-c", "cat; id -u; exit 3", input="text\n")
    assert (result.code, result.stdout) == (3, "text\n0\n"), result


def test_run_as_another_user_without_privileges(podman, own_root):
    result = podman("run", "--rm", "--user", "1000:50", "--cap-drop", "all", "--read-only", "--rootfs",
                    own_root, "sh", "-c", "id; grep CapBnd /proc/self/status; touch /x")
    assert result.lines[0].startswith("uid=1000(carol) gid=50(staff)"), result
    assert int(result.lines[1].split()[1], 16) == 0
    assert "Read-only file system" in result.stderr


def test_detached_exec_logs_and_stop(podman, own_root):
    result = podman("run", "-d", "--name", "web", "--rootfs", own_root, "sh", "-c",
                    "trap 'exit 5' TERM; echo started; while :; do sleep 0.1; done")
    assert result.code == 0, result
    said = podman("exec", "web", "sh", "-c", "echo in; exit 4")
    assert (said.code, said.stdout) == (4, "in\n"), said
    assert podman("exec", "-d", "web", "sleep", "100").code == 0
    assert "sleep 100" in podman("exec", "web", "ps").stdout
    process.wait_until(lambda: podman("logs", "web").stdout == "started\n", "the log")
    assert podman("stop", "-t", "10", "web").code == 0
    assert podman("inspect", "--format", "{{.State.ExitCode}}", "web").stdout.strip() == "5"
    assert podman("start", "web").code == 0
    assert podman("rm", "-f", "-t", "0", "web").code == 0


def test_a_terminal(podman, own_root, terminal):
    child = terminal(podman.argv("run", "-it", "--rm", "--rootfs", own_root, "sh"),
                     env={"CONTAINERS_CONF": podman.env["CONTAINERS_CONF"]}, dimensions=(25, 77))
    child.sendline("stty size; echo so-$((6*7))")
    child.expect("25 77")
    child.expect("so-42")
    child.sendline("exit 6")
    child.expect_exact("exit 6")
    child.wait()
    assert child.exitstatus == 6


def test_a_missing_program(podman, own_root):
    result = podman("run", "--rm", "--rootfs", own_root, "nonesuch")
    assert result.code == 127, result
    assert re.search(r'Error: .*executable file "nonesuch" not found', result.stderr), result


def test_create_init_and_start(podman, own_root):
    assert podman("create", "--name", "c", "--rootfs", own_root, "echo", "made").code == 0
    assert podman("init", "c").code == 0
    assert podman("start", "-a", "c").stdout == "made\n"
