# SPDX-License-Identifier: Apache-2.0
"""exec: one more process in a running container."""

import json
import os
import signal

import pytest

from support import process


@pytest.fixture
def c1(runtime, busybox_root):
    config = runtime.config(["sleep", "1000"], busybox_root)
    config["process"]["env"].append("FROM=config")
    runtime.detached("run", "-d", "--bundle", runtime.bundle(config), "c1")
    return "c1"


def test_output_and_exit_status(runtime, c1):
    result = runtime("exec", c1, "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (result.code, result.stdout, result.stderr) == (3, "out\n", "err\n")


def test_standard_input(runtime, c1):
    assert runtime("exec", c1, "cat", input="text\n").stdout == "text\n"


def test_it_is_in_the_containers_namespaces(runtime, c1):
    pid = runtime.state(c1)["pid"]
    for kind in ("pid", "mnt", "net", "ipc", "uts"):
        inside = runtime.ok("exec", c1, "readlink", f"/proc/self/ns/{kind}")
        assert inside == os.readlink(f"/proc/{pid}/ns/{kind}")
    assert runtime.ok("exec", c1, "hostname") == "test"


def test_environment_and_working_directory(runtime, c1):
    said = runtime.ok("exec", "-e", "A=1", "--env", "B=two words", "--cwd", "/tmp", c1, "sh", "-c",
                      "echo $FROM $A $B; pwd")
    assert said.splitlines() == ["config 1 two words", "/tmp"]


def test_numeric_user_and_groups(runtime, c1, user):
    if not user.is_root and not user.has_subordinate_ids:
        pytest.skip("needs more than one id")
    said = runtime.ok("exec", "--user", "1000:50", "-g", "10,20", c1, "id")
    assert said.startswith("uid=1000(carol) gid=50(staff)")
    assert "10" in said and "20" in said


@pytest.mark.parametrize("who", ["", " 0", "+0", "0x0", "-1", "4294967295", "root", "0:root", "0:"])
def test_users_that_are_no_numbers_are_refused(runtime, c1, who):
    said = runtime.fails("exec", f"--user={who}", c1, "true", code=255)
    assert "--user" in said


def test_words_after_the_command_belong_to_it(runtime, c1):
    assert runtime.ok("exec", c1, "echo", "-e", "--user", "x") == "--user x"


def test_no_such_program(runtime, c1):
    said = runtime.fails("exec", c1, "nonesuch", code=127)
    assert 'executable file "nonesuch" not found in $PATH' in said


def test_not_executable(runtime, c1):
    runtime.fails("exec", c1, "/etc/passwd", code=126)


def test_process_file(runtime, c1, base):
    path = os.path.join(base, "process.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"args": ["sh", "-c", "echo $X; pwd; exit 4"], "env": ["X=from file", "PATH=/bin"],
                   "cwd": "/etc", "user": {"uid": 0, "gid": 0}}, f)
    result = runtime("exec", "--process", path, c1)
    assert (result.code, result.stdout) == (4, "from file\n/etc\n")


def run_process(runtime, base, name, **members):
    path = os.path.join(base, "process.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"args": ["cat", "/proc/self/status"], "env": ["PATH=/bin"], "cwd": "/", **members}, f)
    result = runtime("exec", "--process", path, name)
    return result, dict(line.split(":\t", 1) for line in result.lines if ":\t" in line)


def test_process_file_without_capabilities_means_the_containers(runtime, c1, base):
    _, own = run_process(runtime, base, c1)
    with open(f"/proc/{runtime.state(c1)['pid']}/status", encoding="utf-8") as f:
        first = dict(line.rstrip("\n").split(":\t", 1) for line in f)
    assert int(own["CapEff"], 16) != 0
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert own[name] == first[name], name


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two CPUs")
def test_exec_cpu_affinity(runtime, c1, base):
    one, other = [str(cpu) for cpu in sorted(os.sched_getaffinity(0))[:2]]
    for asked, got in (({"initial": one, "final": other}, other), ({"final": one}, one),
                       ({"initial": other}, other)):
        _, status = run_process(runtime, base, c1, execCPUAffinity=asked)
        assert status["Cpus_allowed_list"] == got, asked


def test_exec_cpu_affinity_without_such_a_cpu_is_refused(runtime, c1, base):
    for which in ("initial", "final"):
        result, _ = run_process(runtime, base, c1, execCPUAffinity={which: "8191"})
        assert result.code != 0 and f"process.execCPUAffinity.{which}: run on CPUs 8191" in result.stderr


def test_process_file_with_a_wrong_value_names_its_path(runtime, c1, base):
    path = os.path.join(base, "process.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"args": ["true"], "cwd": "/", "user": {"uid": "root", "gid": 0}}, f)
    said = runtime.fails("exec", "--process", path, c1)
    assert 'user.uid: expected a number, got "root"' in said


def test_detached_with_a_pid_file(runtime, c1, base):
    pid_file = os.path.join(base, "pid")
    runtime.detached("exec", "--detach", "--pid-file", pid_file, c1, "sleep", "500")
    with open(pid_file, encoding="utf-8") as f:
        pid = int(f.read())
    assert "sleep 500" in process.command_line(pid)
    assert pid in runtime.json("ps", "-f", "json", c1)
    # it is our child now: a process namespace ends only when all in it were reaped
    os.kill(pid, signal.SIGKILL)
    process.wait_gone(pid)


def test_capabilities(runtime, c1):
    without = runtime.ok("exec", c1, "grep", "CapEff", "/proc/self/status")
    with_net = runtime.ok("exec", "--cap", "CAP_NET_RAW", c1, "grep", "-E", "Cap(Eff|Inh|Amb)",
                          "/proc/self/status")
    masks = {line.split()[0]: int(line.split()[1], 16) for line in with_net.splitlines()}
    assert masks["CapEff:"] == int(without.split()[1], 16) | 1 << 13
    assert masks["CapInh:"] == 0 and masks["CapAmb:"] == 0


def test_no_new_privs(runtime, busybox_root):
    config = runtime.config(["sleep", "1000"], busybox_root)
    config["process"]["noNewPrivileges"] = False
    runtime.detached("run", "-d", "--bundle", runtime.bundle(config), "c1")
    assert runtime.ok("exec", "c1", "grep", "NoNewPrivs", "/proc/self/status").split()[1] == "0"
    assert runtime.ok("exec", "--no-new-privs", "c1", "grep", "NoNewPrivs",
                      "/proc/self/status").split()[1] == "1"


def test_without_a_command(runtime, c1):
    assert "exec needs a command" in runtime.fails("exec", c1)


def test_in_a_stopped_container(runtime, c1):
    runtime.ok("kill", c1, "9")
    runtime.wait_status(c1, "stopped")
    assert "it is stopped, not running" in runtime.fails("exec", c1, "true")


def test_only_standard_streams_are_open(runtime, c1):
    r, w = os.pipe()
    said = runtime.ok("exec", c1, "ls", "/proc/self/fd", pass_fds=[r, w])
    os.close(r)
    os.close(w)
    assert said.split() == ["0", "1", "2", "3"]


def test_the_process_ends_with_the_container(runtime, c1):
    p = runtime.start("exec", c1, "sleep", "600")
    process.wait_until(lambda: "sleep 600" in [process.command_line(pid) for pid in
                                               runtime.json("ps", "-f", "json", c1)],
                       "the second process")
    runtime.ok("delete", "--force", c1)
    assert p.wait(10) == 137
