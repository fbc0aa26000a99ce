# SPDX-License-Identifier: Apache-2.0
"""The process object: limits, capabilities, identity, scheduling."""

import os

import pytest

from support.program import CAPABILITIES

BITS = {"CAP_CHOWN": 0, "CAP_DAC_OVERRIDE": 1, "CAP_FOWNER": 3, "CAP_FSETID": 4, "CAP_KILL": 5,
        "CAP_SETGID": 6, "CAP_SETUID": 7, "CAP_SETPCAP": 8, "CAP_NET_BIND_SERVICE": 10,
        "CAP_NET_RAW": 13, "CAP_SYS_CHROOT": 18, "CAP_SYS_ADMIN": 21, "CAP_SETFCAP": 31}


def mask(names):
    return sum(1 << BITS[n] for n in names)


def status_of(runtime, config):
    config["process"]["args"] = ["cat", "/proc/self/status"]
    result = runtime.run_config(config)
    assert result.code == 0, result
    return dict(line.split(":\t", 1) for line in result.lines if ":\t" in line)


def test_capability_sets(runtime, busybox_root):
    config = runtime.config([], busybox_root)
    some = ["CAP_KILL", "CAP_CHOWN"]
    config["process"]["capabilities"] = {
        "bounding": CAPABILITIES, "permitted": [*some, "CAP_SETUID"], "effective": some,
        "inheritable": some, "ambient": ["CAP_KILL"]}
    status = status_of(runtime, config)
    assert int(status["CapBnd"], 16) == mask(CAPABILITIES)
    assert int(status["CapInh"], 16) == mask(some)
    assert int(status["CapAmb"], 16) == mask(["CAP_KILL"])
    assert int(status["CapPrm"], 16) & mask(["CAP_SYS_ADMIN"]) == 0


def test_sets_of_an_ordinary_user_in_the_container(runtime, busybox_root, user):
    if not user.is_root and not user.has_subordinate_ids:
        pytest.skip("needs more than one id")
    config = runtime.config([], busybox_root)
    config["process"]["user"] = {"uid": 1000, "gid": 1000}
    config["process"]["capabilities"] = {
        "bounding": CAPABILITIES, "permitted": ["CAP_KILL"], "effective": ["CAP_KILL"],
        "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}
    status = status_of(runtime, config)
    for name in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
        assert int(status[name], 16) == mask(["CAP_KILL"]), name
    config["process"]["capabilities"] = {"bounding": CAPABILITIES}
    status = status_of(runtime, config)
    for name in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
        assert int(status[name], 16) == 0, name


def test_an_unknown_capability_is_ignored(runtime, busybox_root):
    config = runtime.config(["cat", "/proc/self/status"], busybox_root)
    for kind in ("bounding", "effective", "permitted"):
        config["process"]["capabilities"][kind] = ["CAP_NONSENSE", "CAP_KILL"]
    assert int(status_of(runtime, config)["CapEff"], 16) == 1 << 5


def test_rlimits(runtime, busybox_root):
    config = runtime.config(["sh", "-c", "ulimit -n; ulimit -c; ulimit -Hc"], busybox_root)
    config["process"]["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 256, "hard": 512},
                                    {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]
    assert runtime.run_config(config).lines == ["256", "0", "0"]


@pytest.mark.parametrize("rlimits, path", [
    ([{"type": "RLIMIT_BOGUS", "soft": 1, "hard": 1}], "process.rlimits[0]"),
    ([{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}] * 2, "process.rlimits[1]"),
])
def test_wrong_rlimits(runtime, busybox_root, rlimits, path):
    config = runtime.config(["true"], busybox_root)
    config["process"]["rlimits"] = rlimits
    assert path in runtime.run_config(config).stderr


def test_an_rlimit_that_cannot_be_raised(runtime, busybox_root, user):
    if user.is_root:
        pytest.skip("root may raise it")
    config = runtime.config(["true"], busybox_root)
    config["process"]["rlimits"] = [{"type": "RLIMIT_NICE", "soft": 2**40, "hard": 2**40}]
    said = runtime.run_config(config).stderr
    assert "RLIMIT_NICE" in said and "not permitted" in said


def test_no_new_privileges(runtime, busybox_root):
    config = runtime.config([], busybox_root)
    assert status_of(runtime, config)["NoNewPrivs"].strip() == "1"
    config["process"]["noNewPrivileges"] = False
    assert status_of(runtime, config)["NoNewPrivs"].strip() == "0"


def test_user_groups_and_umask(runtime, busybox_root, user):
    if not user.is_root and not user.has_subordinate_ids:
        pytest.skip("needs more than one id")
    config = runtime.config(["sh", "-c", "id -u; id -g; id -G; umask"], busybox_root)
    config["process"]["user"] = {"uid": 1000, "gid": 50, "additionalGids": [7, 9], "umask": 0o27}
    assert runtime.run_config(config).lines == ["1000", "50", "50 7 9", "0027"]


def test_oom_score_adj(runtime, busybox_root):
    config = runtime.config(["cat", "/proc/self/oom_score_adj"], busybox_root)
    config["process"]["oomScoreAdj"] = 777
    assert runtime.run_config(config).stdout == "777\n"


def test_working_directory(runtime, own_root):
    config = runtime.config(["pwd"], own_root)
    config["process"]["cwd"] = "/made/for/this"
    assert runtime.run_config(config).stdout == "/made/for/this\n"


def test_a_relative_working_directory_is_refused(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    config["process"]["cwd"] = "tmp"
    assert "process.cwd" in runtime.run_config(config).stderr


def test_path_is_searched_in_the_containers_path(runtime, own_root):
    os.mkdir(os.path.join(own_root, "opt"))
    with open(os.path.join(own_root, "opt", "tool"), "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\necho found it\n")
    os.chmod(os.path.join(own_root, "opt", "tool"), 0o755)
    config = runtime.config(["tool"], own_root)
    config["process"]["env"] = ["PATH=/nowhere:/opt:/bin"]
    assert runtime.run_config(config).stdout == "found it\n"


@pytest.mark.parametrize("args, code, text", [
    (["nonesuch"], 127, 'executable file "nonesuch" not found in $PATH'),
    (["/bin/nonesuch"], 127, "no such file or directory"),
    (["/etc/passwd"], 126, "permission denied"),
    (["/etc"], 126, "directory"),
])
def test_programs_that_cannot_run(runtime, busybox_root, args, code, text):
    result = runtime.run_config(runtime.config(args, busybox_root))
    assert result.code == code, result
    assert text in result.stderr
    assert runtime.ok("list", "-q") == ""


def test_a_program_of_another_architecture(runtime, own_root):
    path = os.path.join(own_root, "bin", "alien")
    with open(path, "wb") as f:
        # an ELF header for s390x, big-endian
        f.write(b"\x7fELF\x02\x02\x01" + b"\0" * 9 + b"\x00\x02\x00\x16\x00\x00\x00\x01" + b"\0" * 40)
    os.chmod(path, 0o755)
    result = runtime.run_config(runtime.config(["/bin/alien"], own_root))
    assert result.code == 126, result
    assert "S390" in result.stderr.upper() or "architecture" in result.stderr


def test_a_script_whose_interpreter_is_missing(runtime, own_root):
    path = os.path.join(own_root, "bin", "script")
    with open(path, "w", encoding="utf-8") as f:
        f.write("#!/usr/bin/python9\n")
    os.chmod(path, 0o755)
    result = runtime.run_config(runtime.config(["script"], own_root))
    assert result.code == 127 and "/usr/bin/python9" in result.stderr, result


@pytest.mark.root
def test_scheduler_and_io_priority(runtime, busybox_root):
    config = runtime.config(["sh", "-c", "ionice -p $$; cut -d' ' -f19,41 /proc/self/stat"], busybox_root)
    config["process"]["scheduler"] = {"policy": "SCHED_BATCH", "nice": 5}
    config["process"]["ioPriority"] = {"class": "IOPRIO_CLASS_BE", "priority": 6}
    result = runtime.run_config(config)
    assert result.lines == ["best-effort: prio 6", "5 3"], result  # 3: SCHED_BATCH, sched(7)


def test_personality(runtime, busybox_root):
    config = runtime.config(["uname", "-m"], busybox_root)
    config["linux"]["personality"] = {"domain": "LINUX32"}
    result = runtime.run_config(config)
    assert result.stdout.strip() in ("i686", "armv8l", "armv7l"), result


@pytest.mark.parametrize("member, value", [("apparmorProfile", "some-profile"),
                                           ("selinuxLabel", "system_u:system_r:container_t:s0")])
def test_labels_of_a_module_that_the_host_lacks(runtime, busybox_root, member, value):
    with open("/sys/kernel/security/lsm", encoding="utf-8") if os.path.exists(
            "/sys/kernel/security/lsm") else open(os.devnull, encoding="utf-8") as f:
        modules = f.read()
    if ("apparmor" if member == "apparmorProfile" else "selinux") in modules:
        pytest.skip("this host has it")
    config = runtime.config(["true"], busybox_root)
    config["process"][member] = value
    result = runtime.run_config(config)
    assert result.code != 0 and ("AppArmor" in result.stderr or "SELinux" in result.stderr), result


def test_sysctl(runtime, busybox_root):
    config = runtime.config(["cat", "/proc/sys/kernel/msgmax", "/proc/sys/net/ipv4/ip_forward"],
                            busybox_root)
    config["linux"]["sysctl"] = {"kernel.msgmax": "65000", "net.ipv4.ip_forward": "1"}
    result = runtime.run_config(config)
    assert result.lines == ["65000", "1"], result


def test_sysctls_of_the_host_are_refused(runtime, busybox_root):
    config = runtime.config(["true"], busybox_root)
    for name in ("kernel.panic", "vm.swappiness", "net/../kernel/panic"):
        config["linux"]["sysctl"] = {name: "1"}
        result = runtime.run_config(config)
        assert result.code != 0 and "sysctl" in result.stderr, result
