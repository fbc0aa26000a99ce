# SPDX-License-Identifier: Apache-2.0
"""Seccomp profiles, from the configuration to the process."""

import array
import json
import os
import platform
import socket
import threading

import pytest

ARCH = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}.get(platform.machine())


def profile(*rules, default="SCMP_ACT_ALLOW", **more):
    return {"defaultAction": default, "architectures": [ARCH], "syscalls": list(rules), **more}


def rule(names, action, **more):
    return {"names": names, "action": action, **more}


def test_an_errno_rule(runtime, busybox_root):
    config = runtime.config(["sh", "-c", "mkdir /tmp/x; echo status $?"], busybox_root)
    config["linux"]["seccomp"] = profile(rule(["mkdir", "mkdirat"], "SCMP_ACT_ERRNO", errnoRet=95))
    result = runtime.run_config(config)
    assert result.stdout == "status 1\n" and "not supported" in result.stderr, result


def test_a_kill_rule(runtime, busybox_root):
    config = runtime.config(["sh", "-c", "mkdir /tmp/x; echo status $?"], busybox_root)
    config["linux"]["seccomp"] = profile(rule(["mkdir", "mkdirat"], "SCMP_ACT_KILL_PROCESS"))
    result = runtime.run_config(config)
    assert result.stdout == "status 159\n", result


def test_a_rule_with_an_argument(runtime, busybox_root):
    """personality(LINUX32) is refused, another one is not."""
    config = runtime.config(["sh", "-c", "linux64 true && echo one; linux32 true || echo two"],
                            busybox_root)
    config["linux"]["seccomp"] = profile(
        rule(["personality"], "SCMP_ACT_ERRNO",
             args=[{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]))
    assert runtime.run_config(config).lines == ["one", "two"]


def test_without_no_new_privs_too(runtime, busybox_root, user):
    config = runtime.config(["sh", "-c", "mkdir /tmp/x; echo status $?; grep NoNewPrivs /proc/self/status"],
                            busybox_root)
    config["process"]["noNewPrivileges"] = False
    config["linux"]["seccomp"] = profile(rule(["mkdir", "mkdirat"], "SCMP_ACT_ERRNO"))
    result = runtime.run_config(config)
    assert result.lines[0] == "status 1" and result.lines[1].split()[1] == "0", result


def test_exec_gets_the_filter_too(runtime, busybox_root):
    config = runtime.config(["sleep", "100"], busybox_root)
    config["linux"]["seccomp"] = profile(rule(["mkdir", "mkdirat"], "SCMP_ACT_ERRNO"))
    runtime.detached("run", "-d", "--bundle", runtime.bundle(config), "c1")
    assert runtime.ok("exec", "c1", "sh", "-c", "mkdir /tmp/x; echo status $?").endswith("status 1")


def test_unknown_system_calls_are_skipped(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    config["linux"]["seccomp"] = profile(rule(["no_such_call_yet"], "SCMP_ACT_ERRNO"))
    assert runtime.run_config(config).code == 0


def test_a_wrong_action_names_its_path(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    config["linux"]["seccomp"] = profile(rule(["mkdir"], "SCMP_ACT_MAYBE"))
    said = runtime.run_config(config).stderr
    assert "linux.seccomp.syscalls[0].action" in said and "SCMP_ACT_MAYBE" in said


def test_the_compiled_filter_is_kept(runtime, busybox_root):
    config = runtime.config(["sh", "-c", "mkdir /tmp/x; echo status $?"], busybox_root)
    config["linux"]["seccomp"] = profile(rule(["mkdir", "mkdirat"], "SCMP_ACT_ERRNO"))
    for name in ("c1", "c2"):
        assert runtime.run_config(config, name=name).stdout == "status 1\n"
    assert len(os.listdir(os.path.join(runtime.state_dir, ".seccomp"))) == 1


@pytest.fixture
def listener(base):
    """A seccomp listener: keeps what came, answers nothing."""
    path = os.path.join(base, "listener")
    got = {}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(path)
        sock.listen()
        sock.settimeout(20)

        def serve():
            connection, _ = sock.accept()
            with connection:
                data, ancillary, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(64))
                fds = array.array("i")
                for _, _, more in ancillary:
                    fds.frombytes(more[: len(more) // 4 * 4])
                got["state"], got["fds"] = json.loads(data), list(fds)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield path, got, thread
    for fd in got.get("fds", []):
        os.close(fd)


def test_the_notify_fd_reaches_the_listener(runtime, busybox_root, listener):
    path, got, thread = listener
    config = runtime.config(["sh", "-c", "echo runs"], busybox_root)
    config["linux"]["seccomp"] = profile(rule(["mkdir", "mkdirat"], "SCMP_ACT_NOTIFY"),
                                         listenerPath=path, listenerMetadata="of the test")
    bundle = runtime.bundle(config)
    result = runtime("run", "--bundle", bundle, "c1")
    assert (result.code, result.stdout) == (0, "runs\n"), result
    thread.join(10)
    state = got["state"]
    assert len(got["fds"]) == 1
    assert state["fds"] == ["seccompFd"]
    assert state["metadata"] == "of the test"
    assert state["state"]["id"] == "c1" and state["state"]["bundle"] == bundle
    assert state["pid"] > 0


def test_a_listener_that_is_not_there(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    config["linux"]["seccomp"] = profile(rule(["mkdir"], "SCMP_ACT_NOTIFY"),
                                         listenerPath="/nonexistent/listener")
    said = runtime.run_config(config).stderr
    assert "/nonexistent/listener" in said
