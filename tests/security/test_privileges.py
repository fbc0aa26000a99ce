# SPDX-License-Identifier: Apache-2.0
"""What a container's process may do: capabilities (CVE-2022-29162, CVE-2022-27650), no_new_privs, seccomp,
ids (CVE-2026-30892), limits, sysctls, devices."""

import os
import shutil
import subprocess

import pytest

SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def status(text):
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def sets(text):
    found = status(text)
    return {name: int(found[name], 16) for name in SETS}


def of_process(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return sets(f.read())


@pytest.fixture
def several_ids(user):
    if not user.is_root and not user.has_subordinate_ids:
        pytest.skip("needs more than one id")


def test_no_capability_is_inheritable(cubby, running):
    """A program with file capabilities in the image would turn them into permitted ones."""
    first = of_process(cubby.pid(running))
    for options in ([], ["--privileged"], ["-u", "0:0"]):
        entered = sets(cubby.ok("exec", *options, running, "cat", "/proc/self/status"))
        assert entered["CapInh"] == entered["CapAmb"] == 0, options
        if not options or "-u" in options:
            assert entered == first
    assert first["CapInh"] == first["CapAmb"] == 0


def test_another_user_holds_nothing(cubby, running, several_ids):
    entered = sets(cubby.ok("exec", "-u", "1000", running, "cat", "/proc/self/status"))
    assert entered["CapPrm"] == entered["CapEff"] == entered["CapInh"] == entered["CapAmb"] == 0
    assert entered["CapBnd"] == of_process(cubby.pid(running))["CapBnd"]


def test_exec_does_not_get_back_what_was_dropped(cubby, evil_root):
    cubby.ok("run", "-d", "--name", "victim", "--cap-drop", "all", "--rootfs", evil_root, "sleep", "1000")
    assert set(sets(cubby.ok("exec", "victim", "cat", "/proc/self/status")).values()) == {0}


def test_the_callers_inheritable_capabilities_stay_outside(cubby, evil_root, user):
    """setpriv gives cubby inheritable and ambient capabilities, as some init systems do."""
    if not user.is_root or not shutil.which("setpriv"):
        pytest.skip("needs root")
    argv = ["setpriv", "--inh-caps", "+net_admin,+sys_admin,+chown", "--ambient-caps", "+net_admin,+sys_admin", "--",
            *cubby.argv("run", "--rm", "--rootfs", evil_root, "cat", "/proc/self/status")]
    said = subprocess.run(argv, env=cubby.environment(), check=True, capture_output=True, text=True).stdout
    found = sets(said)
    assert found["CapInh"] == found["CapAmb"] == 0 and found["CapBnd"] == found["CapPrm"]


def test_a_bundle_that_is_silent_about_capabilities_gets_none(runtime, evil_root):
    config = runtime.config(["cat", "/proc/self/status"], evil_root)
    del config["process"]["capabilities"]
    result = runtime.run_config(config)
    assert set(sets(result.stdout).values()) == {0}, result


def test_a_hook_of_the_container_gets_no_more_than_its_program(runtime, evil_root):
    """startContainer hooks are programs of the root file system."""
    said = os.path.join(evil_root, "said")
    with open(said, "w", encoding="utf-8"):
        os.chmod(said, 0o666)
    config = runtime.config(["cat", "/proc/self/status"], evil_root)
    config["hooks"] = {"startContainer": [
        {"path": "/bin/sh", "args": ["sh", "-c", "cat /proc/self/status > /said; id -u >> /said"]}]}
    result = runtime.run_config(config)
    with open(said, encoding="utf-8") as f:
        hook = f.read()
    assert sets(hook) == sets(result.stdout)
    assert status(hook)["NoNewPrivs"] == "1"


@pytest.fixture
def setuid_root(evil_root, user):
    """/setuid: belongs to the container's root, mode 4755, and says its ids."""
    path = os.path.join(evil_root, "setuid")
    shutil.copy(os.path.join(evil_root, "hostile"), path)
    os.chmod(path, 0o4755)
    return evil_root


def test_a_setuid_program_and_no_new_privs(cubby, setuid_root, several_ids):
    ids = cubby.ok("run", "--rm", "-u", "1000", "--security-opt", "no-new-privileges", "--rootfs", setuid_root,
                   "/setuid", "ids")
    assert ids == "1000 1000 1000"
    cubby.ok("run", "-d", "--name", "victim", "--security-opt", "no-new-privileges", "--rootfs", setuid_root,
             "sleep", "1000")
    assert cubby.ok("exec", "-u", "1000", "victim", "/setuid", "ids") == "1000 1000 1000"


def test_a_setuid_program_gets_the_containers_root_and_no_more(cubby, setuid_root, several_ids, user):
    ids = cubby.ok("run", "--rm", "-u", "1000", "--rootfs", setuid_root, "/setuid", "ids")
    assert ids == "1000 0 0"
    os.chmod(os.path.join(setuid_root, "bin/busybox"), 0o4755)
    found = sets(cubby.ok("run", "--rm", "-u", "1000", "--rootfs", setuid_root, "busybox", "cat",
                          "/proc/self/status"))
    assert found["CapPrm"] & ~found["CapBnd"] == 0 and found["CapBnd"] < 1 << 40


# What the default profile lets nobody do; clone3 so that the C library falls back to clone.
FORBIDDEN = {
    "unshare-user": "EPERM", "unshare-mount": "EPERM", "clone-user": "EPERM", "clone3": "ENOSYS",
    "mount": "EPERM", "umount": "EPERM", "setns": "EPERM", "pivot_root": "EPERM", "keyctl": "EPERM",
    "add_key": "EPERM", "request_key": "EPERM", "bpf": "EPERM", "userfaultfd": "EPERM",
    "io_uring_setup": "EPERM", "perf_event_open": "EPERM", "AF_ALG": "EPERM", "AF_VSOCK": "EPERM",
    "AF_PACKET": "EPERM", "open_by_handle_at": "EPERM", "init_module": "EPERM", "kexec_load": "EPERM",
    "syslog": "EPERM", "swapon": "EPERM", "reboot": "EPERM", "settime": "EPERM", "quotactl": "EPERM",
    "acct": "EPERM", "unknown": "ENOSYS",
}


def calls(text):
    return dict(line.split() for line in text.splitlines())


def test_system_calls_of_the_default_profile(cubby, evil_root):
    assert calls(cubby.ok("run", "--rm", "--rootfs", evil_root, "/hostile", "calls")) == FORBIDDEN


def test_system_calls_of_exec(cubby, running):
    assert calls(cubby.ok("exec", running, "/hostile", "calls")) == FORBIDDEN


def test_system_calls_of_another_user(cubby, running, several_ids):
    assert calls(cubby.ok("exec", "-u", "1000", running, "/hostile", "calls")) == FORBIDDEN


def test_a_process_cannot_take_its_filter_off(cubby, running):
    said = status(cubby.ok("exec", running, "cat", "/proc/self/status"))
    assert said["Seccomp"] == "2" and int(said["Seccomp_filters"]) >= 1


# --------------------------------------------------------------------------- ids

WRONG_USERS = ["0x0", "1e3", "-1", "+0", " 0", "0 ", "00x", "4294967295", "4294967296",
               "18446744073709551616", "0:0x0", "0:-1", "0:4294967295", "0:1:2", "nobody:0x0", "\t0", "0\n"]


@pytest.mark.parametrize("wrong", WRONG_USERS)
def test_a_user_that_is_no_number_does_not_become_root(cubby, running, evil_root, wrong):
    for words in (["run", "--rm", "-u", wrong, "--rootfs", evil_root, "id"], ["exec", "-u", wrong, running, "id"]):
        result = cubby(*words)
        assert result.code != 0 and "uid=" not in result.stdout, result


@pytest.mark.parametrize("wrong", [*WRONG_USERS, "root", "", "0:", ":0", ":"])
def test_a_user_that_is_no_number_for_the_runtime(runtime, evil_root, wrong):
    config = runtime.config(["sleep", "1000"], evil_root)
    runtime.detached("run", "-d", "--bundle", runtime.bundle(config), "c1")
    result = runtime("exec", "--user", wrong, "c1", "id")
    assert result.code != 0 and "uid=" not in result.stdout, result


def test_ids_of_a_hostile_passwd_file(cubby, evil_root):
    """Numbers that wrap around to -1 ("leave it as it is", so root) or to 0."""
    with open(os.path.join(evil_root, "etc/passwd"), "a", encoding="utf-8") as f:
        f.write("minus:x:4294967295:4294967295::/:/bin/sh\nhex:x:0x0:0::/:/bin/sh\nwrap:x:4294967296:0::/:/bin/sh\n"
                "neg:x:-1:-1::/:/bin/sh\nblank:x: 0:0::/:/bin/sh\n" + "long" * 20000 + ":x:0:0::/:/bin/sh\n")
    for name in ("minus", "hex", "wrap", "neg", "blank"):
        result = cubby("run", "--rm", "-u", name, "--rootfs", evil_root, "id")
        assert result.code != 0 and "uid=" not in result.stdout, result


@pytest.mark.parametrize("member", [{"uid": 4294967295, "gid": 0}, {"uid": 0, "gid": 4294967295},
                                    {"uid": 0, "gid": 0, "additionalGids": [4294967295]},
                                    {"uid": -1, "gid": 0}, {"uid": "0", "gid": 0}, {"uid": 0.5, "gid": 0},
                                    {"uid": 1e3, "gid": 0}])
def test_ids_of_a_hostile_bundle(runtime, evil_root, member):
    config = runtime.config(["id"], evil_root)
    config["process"]["user"] = member
    result = runtime.run_config(config)
    assert result.code != 0 and "process.user" in result.stderr, result


def test_the_callers_groups_stay_outside(cubby, evil_root, user):
    """A group that gives access to something outside must not come along, nor may it be dropped where it
    forbids (then setgroups is denied: CVE-2014-8989)."""
    groups = status(cubby.ok("run", "--rm", "--rootfs", evil_root, "cat", "/proc/self/status"))["Groups"].split()
    if user.is_root or user.has_subordinate_ids:
        assert groups == []
    if not user.is_root:
        said = cubby.ok("run", "--rm", "--uidmap", "0:0:1", "--rootfs", evil_root, "sh", "-c",
                        "cat /proc/self/setgroups")
        assert said == "deny"


# --------------------------------------------------------------- what belongs to the host

@pytest.mark.parametrize("key", ["kernel.core_pattern=|/x", "vm.overcommit_memory=1", "fs.file-max=1",
                                 "kernel/core_pattern=|/x", "net/../kernel/core_pattern=|/x",
                                 "net.ipv4/../../kernel/core_pattern=|/x", "net//../kernel.core_pattern=x",
                                 "kernel.shm_rmid_forced/../core_pattern=x", "kernel.modprobe=/x",
                                 "user.max_user_namespaces/../../kernel/core_pattern=x"])
def test_sysctls_of_the_host_are_refused(cubby, runtime, evil_root, key):
    assert "sysctl" in cubby.fails("run", "--rm", "--sysctl", key, "--rootfs", evil_root, "true", code=125)
    config = runtime.config(["true"], evil_root)
    name, _, value = key.partition("=")
    config["linux"]["sysctl"] = {name: value}
    result = runtime.run_config(config)
    assert result.code != 0 and "sysctl" in result.stderr, result


def test_sysctls_of_a_shared_namespace_are_refused(cubby, evil_root):
    said = cubby.fails("run", "--rm", "--network", "host", "--sysctl", "net.ipv4.ip_forward=1", "--rootfs",
                       evil_root, "true", code=125)
    assert "host's network namespace" in said


@pytest.mark.rootless
def test_a_device_of_the_host_keeps_its_permissions(cubby, evil_root):
    device = next(d for d in ("/dev/vda", "/dev/sda", "/dev/mem", "/dev/kmsg", "/dev/loop-control", "/dev/console")
                  if os.path.exists(d) and not os.access(d, os.R_OK))
    result = cubby("run", "--rm", "--device", device, "--rootfs", evil_root, "head", "-c", "1", device)
    assert result.code != 0 and result.stdout == "", result


def test_devices_cannot_be_made_or_used(cubby, evil_root):
    said = cubby("run", "--rm", "--rootfs", evil_root, "sh", "-c",
                 "mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk; mknod /dev/shm/m c 1 1 && head -c 1 /dev/shm/m")
    assert said.code != 0 and said.stdout == ""


@pytest.mark.rootless
def test_the_oom_killer_cannot_be_told_to_spare_it(cubby, evil_root):
    assert "oom_score_adj" in cubby.fails("run", "--rm", "--oom-score-adj", "-1000", "--rootfs", evil_root, "true")
    said = cubby("run", "--rm", "--rootfs", evil_root, "sh", "-c", "echo -1000 > /proc/self/oom_score_adj")
    assert said.code != 0


def test_the_program_for_id_maps_is_not_taken_from_the_working_directory(cubby, evil_root):
    """PATH is the caller's own, and so is what he runs by it; but '.' and '' are nobody's wish."""
    where = os.path.join(cubby.base, "cwd")
    os.mkdir(where)
    for name in ("newuidmap", "newgidmap"):
        path = os.path.join(where, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\ntouch {where}/hijacked\nexit 1\n")
        os.chmod(path, 0o755)
    for path in (".:", ":", "./:../cwd:"):
        cubby.ok("run", "--rm", "--rootfs", evil_root, "true", cwd=where,
                 env={"PATH": path + cubby.env["PATH"]})
    assert not os.path.exists(os.path.join(where, "hijacked"))


# ------------------------------------------------------------- files that we rely on

@pytest.mark.parametrize("damage", ["flip", "truncate", "append", "allow", "link", "fifo", "directory"])
def test_a_damaged_filter_cache_is_not_loaded(cubby, evil_root, user, damage):
    """Cached seccomp programs: whatever happened to the file, the calls stay forbidden."""
    if user.is_root:
        pytest.skip("root's cache is the host's own")
    cubby.ok("run", "--rm", "--rootfs", evil_root, "true")
    folder = os.path.join(cubby.env["HOME"], ".cache/cubby/seccomp")
    name, = [n for n in os.listdir(folder) if n.endswith(".bpf")]
    path = os.path.join(folder, name)
    with open(path, "rb") as f:
        data = bytearray(f.read())
    if damage == "flip":
        data[-5] ^= 0xff
    elif damage == "truncate":
        data = data[:-8]
    elif damage == "append":
        data += b"\x06\0\0\0\0\0\xff\x7f"
    elif damage == "allow":
        data[-8:] = b"\x06\0\0\0\0\0\xff\x7f"
    os.unlink(path)
    if damage == "link":
        os.symlink("/dev/zero", path)
    elif damage == "fifo":
        os.mkfifo(path)
    elif damage == "directory":
        os.mkdir(path)
    else:
        with open(path, "wb") as f:
            f.write(data)
    result = cubby("run", "--rm", "--rootfs", evil_root, "/hostile", "calls", timeout=20)
    assert calls(result.stdout) == FORBIDDEN, result


@pytest.mark.parametrize("value", ["-1", "99999999999999999999", "1e3", "0x1", "2147483647", "", "3 ", "4294967296"])
def test_hostile_numbers_in_the_environment(runtime, evil_root, value):
    """LISTEN_FDS of a service manager."""
    config = runtime.config(["sh", "-c", "ls /proc/self/fd | wc -l"], evil_root)
    result = runtime.run_config(config, env={"LISTEN_FDS": value, "LISTEN_PID": "1"}, timeout=20)
    assert result.code in (0, 1), result
    if result.code == 0:
        assert result.stdout == "4\n", result
