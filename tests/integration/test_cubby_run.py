# SPDX-License-Identifier: Apache-2.0
"""`cubby run`: what its options do, seen from inside the container and from the host."""

import json
import os
import signal
import stat

import pytest

from support import process


@pytest.fixture
def inside(cubby, busybox_root):
    """inside("-u", "1000", ..., "--", "id"): options, then the command; what it printed."""
    def run(*words):
        at = words.index("--")
        return cubby.ok("run", "--rm", *words[:at], "--rootfs", busybox_root, *words[at + 1:])
    return run


@pytest.mark.parametrize("script, code", [
    ("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -TERM $$; sleep 1", 0),
    ("sleep 9 & kill -KILL $!; wait $!", 137), ("sleep 9 & kill -SEGV $!; wait $!", 139)])
def test_exit_status(cubby, busybox_root, script, code):
    assert cubby("run", "--rm", "--rootfs", busybox_root, "sh", "-c", script).code == code


def test_init_status_is_the_programs(cubby, busybox_root):
    done = cubby("run", "--rm", "--init", "--rootfs", busybox_root, "sh", "-c", "kill -TERM $$")
    assert done.code == 143, done


def test_init_is_pid_1_and_reaps(inside):
    out = inside("--init", "--", "sh", "-c", "cat /proc/1/comm; (sleep 0.01 &); sleep 0.1; i=0; "
                 "while ps -o stat | grep -q Z && [ $i -lt 100 ]; do i=$((i+1)); sleep 0.05; done; echo $i")
    assert out.splitlines()[0] in ("cubby-init", "init")
    assert int(out.splitlines()[1]) < 100


def test_streams_are_kept_apart(cubby, busybox_root):
    done = cubby("run", "--rm", "--rootfs", busybox_root, "sh", "-c", "echo out; echo err >&2")
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_stdin_only_with_i(cubby, busybox_root):
    text = "x" * 300000 + "\n"
    assert cubby("run", "--rm", "-i", "--rootfs", busybox_root, "cat", input=text).stdout == text
    assert cubby("run", "--rm", "--rootfs", busybox_root, "cat", input=text).stdout == ""


def test_large_output_is_whole(cubby, busybox_root):
    done = cubby("run", "--rm", "--rootfs", busybox_root, "sh", "-c", "seq 1 100000; seq 1 1000 >&2")
    assert done.lines == [str(i) for i in range(1, 100001)]
    assert done.stderr.splitlines() == [str(i) for i in range(1, 1001)]


def test_environment(inside):
    env = inside("-e", "A=1", "-e", "B=two words", "-e", "HOME=/x", "--", "env").splitlines()
    assert "A=1" in env and "B=two words" in env and "HOME=/x" in env and "container=cubby" in env
    assert "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" in env
    assert not [e for e in env if e.startswith("TERM=")]


def test_environment_from_host_and_file(cubby, busybox_root, base):
    path = os.path.join(base, "env")
    with open(path, "w", encoding="utf-8") as f:
        f.write("# comment\n\nFILE=yes\nFROM_HOST\nA=file\n")
    out = cubby.ok("run", "--rm", "--env-file", path, "-e", "A=option", "-e", "NOSUCH", "--rootfs",
                   busybox_root, "env", env={"FROM_HOST": "here", "SECRET": "no"}).splitlines()
    assert "FILE=yes" in out and "FROM_HOST=here" in out and "A=option" in out
    assert not [e for e in out if e.startswith(("NOSUCH", "SECRET"))]
    assert cubby.ok("run", "--rm", "--unsetenv-all", "-e", "PATH=/bin", "--rootfs", busybox_root, "env",
                    ).splitlines()[0].startswith(("PATH=", "HOME=", "PWD=", "SHLVL="))


def test_workdir_hostname_entrypoint_umask(inside):
    assert inside("-w", "/etc", "--", "pwd") == "/etc"
    assert inside("-h", "cubby.example", "--", "hostname") == "cubby.example"
    assert inside("-h", "box", "--", "cat", "/etc/hostname") == "box"
    assert len(inside("--", "hostname")) == 12
    assert inside("--entrypoint", "echo", "--", "a", "b") == "a b"
    assert inside("--entrypoint", '["echo", "x y"]', "--", "z") == "x y z"
    assert inside("--", "sh", "-c", "umask") == "0022"
    assert inside("--umask", "0077", "--", "sh", "-c", "umask") == "0077"


def test_what_cannot_be_is_refused(cubby, busybox_root, base):
    def said(*options, code=125):
        return cubby.fails("run", "--rm", *options, "--rootfs", busybox_root, "true", code=code)
    assert 'workdir "/nosuch" does not exist' in said("-w", "/nosuch", code=126)
    assert not os.path.exists(os.path.join(busybox_root, "nosuch"))
    assert "is not a directory" in said("-w", "/etc/passwd", code=126)
    assert "must be an absolute path" in said("-w", "etc")
    assert "unable to find user nosuch" in said("-u", "nosuch", code=126)
    assert "--detach-keys" in said("--detach-keys", "ctrl-;")
    assert "--init-path" in said("--init", "--init-path", "/nosuch")
    assert "invalid signal" in said("--stop-signal", "NOSUCH")
    assert "expected an octal mask" in said("--umask", "9")
    assert "expected NAME[;NAME...]:ADDRESS" in said("--add-host", "db:nowhere")
    assert "not a device" in said("--device", "/etc/passwd")
    assert "is already in use" not in said("--name", "a b")
    assert os.listdir(cubby.data + "/containers") == [] and cubby.names() == []
    os.mkdir(base + "/vol")
    assert cubby.ok("run", "--rm", "-v", base + "/vol:/new:ro", "-w", "/new", "--rootfs", busybox_root,
                    "pwd") == "/new"
    assert cubby.ok("run", "--rm", "-w", "/dev/shm", "--rootfs", busybox_root, "pwd") == "/dev/shm"


def test_hosts(inside):
    hosts = inside("-h", "box", "--add-host", "db:10.1.2.3", "--name", "web", "--", "cat", "/etc/hosts")
    assert "10.1.2.3\tdb" in hosts
    assert any(line.split()[1:] == ["box", "web"] for line in hosts.splitlines())
    assert "localhost" in hosts


@pytest.mark.subids
def test_users(inside, user):
    assert inside("--", "id", "-u") == "0"
    assert inside("-u", "1000", "--", "sh", "-c", "id -u; id -g") == "1000\n1000"
    assert inside("-u", "carol", "--", "sh", "-c", "id -un; echo $HOME") == "carol\n/home/carol"
    assert inside("-u", "6667:6668", "--", "sh", "-c", "id -u; id -g; id -G") == "6667\n6668\n6668"
    groups = inside("--group-add", "50", "--group-add", "daemon", "--", "id", "-G").split()
    assert {"0", "50", "1"} <= set(groups)
    # a pipe may be opened again, whoever the user is
    assert inside("-u", "1000", "--", "sh", "-c", "echo again >/dev/stdout") == "again"


def test_single_id(inside, user):
    """Neither subordinate ids nor newuidmap are needed, nor read."""
    if user.is_root:
        pytest.skip("root has no user namespace without asking")
    out = inside("--uidmap", "0:0:1", "--", "sh", "-c", "cat /proc/self/uid_map; id -u; touch /root/x")
    assert out.split() == ["0", str(user.uid), "1", "0"]


@pytest.mark.subids
def test_uidmap_of_intermediate_ids(inside, user):
    out = inside("--uidmap", "0:1:1", "--uidmap", "1:0:1", "--uidmap", "2:2:100", "--", "cat",
                 "/proc/self/uid_map") if not user.is_root else None
    if user.is_root:
        out = inside("--uidmap", "0:2000:1000", "--", "cat", "/proc/self/uid_map")
        assert out.split() == ["0", "2000", "1000"]
        return
    lines = [line.split() for line in out.splitlines()]
    # seen from the user's outer namespace, whose ids these are
    assert lines == [["0", "1", "1"], ["1", "0", "1"], ["2", "2", "100"]]


def capability(inside, kind, *options):
    status = inside(*options, "--", "cat", "/proc/self/status")
    return int([l.split()[1] for l in status.splitlines() if l.startswith(kind + ":")][0], 16)


def test_capabilities(inside):
    default = capability(inside, "CapEff")
    assert bin(default).count("1") == 11 and not default & 1 << 21
    assert capability(inside, "CapBnd") == default
    assert capability(inside, "CapInh") == 0
    assert capability(inside, "CapEff", "--cap-drop", "ALL") == 0
    assert capability(inside, "CapEff", "--cap-drop", "all", "--cap-add", "chown") == 1
    assert capability(inside, "CapBnd", "--cap-add", "NET_RAW") == default | 1 << 13
    assert capability(inside, "CapEff", "--cap-drop", "CAP_KILL,SETUID") == default & ~(1 << 5) & ~(1 << 7)
    assert capability(inside, "CapEff", "--privileged") & 1 << 21


@pytest.mark.subids
def test_capabilities_of_another_user(inside):
    assert capability(inside, "CapEff", "-u", "1000") == 0
    assert capability(inside, "CapEff", "-u", "1000", "--cap-add", "NET_RAW") == 1 << 13


def status_of(inside, key, *options):
    out = inside(*options, "--", "cat", "/proc/self/status")
    return [l.split()[1] for l in out.splitlines() if l.startswith(key + ":")][0]


def test_seccomp_and_no_new_privileges(inside, base):
    assert status_of(inside, "Seccomp") == "2"
    assert status_of(inside, "Seccomp", "--security-opt", "seccomp=unconfined") == "0"
    assert status_of(inside, "Seccomp", "--privileged") == "0"
    assert status_of(inside, "NoNewPrivs") == "0"
    assert status_of(inside, "NoNewPrivs", "--security-opt", "no-new-privileges") == "1"
    assert status_of(inside, "NoNewPrivs", "--security-opt", "no-new-privileges:true") == "1"
    profile = os.path.join(base, "profile.json")
    with open(profile, "w", encoding="utf-8") as f:
        json.dump({"defaultAction": "SCMP_ACT_ALLOW",
                   "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}, f)
    out = inside("--security-opt", "seccomp=" + profile, "--", "sh", "-c", "mkdir /tmp/d || echo no")
    assert out == "no"


def test_masks(inside):
    assert inside("--", "sh", "-c", "cat /proc/keys | wc -c") == "0"
    assert inside("--security-opt", "mask=/etc/passwd", "--", "sh", "-c", "cat /etc/passwd | wc -c") == "0"
    unmasked = inside("--security-opt", "unmask=/proc/keys", "--", "sh", "-c", "mount | grep -c /proc/keys; true")
    assert unmasked == "0"
    assert inside("--", "sh", "-c", "echo 1 >/proc/sys/kernel/domainname || echo no") == "no"


def test_read_only(inside):
    out = inside("--read-only", "--", "sh", "-c", "touch /x || echo no; touch /tmp/x /run/x /dev/shm/x && echo yes")
    assert out.split() == ["no", "yes"]
    out = inside("--read-only", "--read-only-tmpfs=false", "--", "sh", "-c", "touch /tmp/x || echo no")
    assert out == "no"


def test_tmpfs_and_shm_size(inside):
    out = inside("--tmpfs", "/mnt:size=1m,mode=700", "--shm-size", "2m", "--", "sh", "-c",
                 "stat -c %a /mnt; df -k /mnt /dev/shm | awk 'NR>1{print $2}'; mount | grep -c 'on /mnt.*nosuid'")
    assert out.split() == ["700", "1024", "2048", "1"]


def test_tmpfs_starts_with_what_is_there(inside):
    assert "root:" in inside("--tmpfs", "/etc", "--", "cat", "/etc/passwd")


def test_volumes(cubby, busybox_root, base, user):
    data = os.path.join(base, "vol")
    os.mkdir(data)
    with open(os.path.join(data, "f"), "w", encoding="utf-8") as f:
        f.write("from the host\n")
    if user.is_root:
        # root of a container is nobody to the host's files unless somebody says otherwise
        done = cubby("run", "--rm", "-v", data + ":/data", "--rootfs", busybox_root, "sh", "-c",
                     "cat /data/f; echo changed >/data/g", check=False)
        assert done.code != 0 and done.stdout == "from the host\n"
        assert not os.path.exists(os.path.join(data, "g"))
    done = cubby("run", "--rm", "--userns=host", "-v", data + ":/data", "--rootfs", busybox_root, "sh", "-c",
                 "cat /data/f; echo changed >/data/g")
    assert done.stdout == "from the host\n" and done.code == 0
    assert open(os.path.join(data, "g"), encoding="utf-8").read() == "changed\n"
    done = cubby("run", "--rm", "-v", data + ":/data:ro", "--rootfs", busybox_root, "sh", "-c",
                 "echo x >/data/h")
    assert done.code != 0 and not os.path.exists(os.path.join(data, "h"))
    # a file, and a destination that does not exist yet
    done = cubby("run", "--rm", "-v", data + "/f:/new/dir/f:ro", "--rootfs", busybox_root, "cat", "/new/dir/f")
    assert done.stdout == "from the host\n"
    done = cubby("run", "--rm", "-v", "./vol:/data:ro", "--rootfs", busybox_root, "cat", "/data/f", cwd=base)
    assert done.stdout == "from the host\n"


def test_volume_flags(inside, base):
    os.mkdir(os.path.join(base, "vol"))
    out = inside("-v", base + "/vol:/data:noexec,nosuid,nodev", "--", "grep", " /data ", "/proc/self/mounts")
    assert {"noexec", "nosuid", "nodev"} <= set(out.split()[3].split(","))


def test_the_warning(cubby, busybox_root, base, user):
    """root without a user namespace writes to the host's files as root: said once, only then."""
    os.mkdir(os.path.join(base, "a"))
    os.mkdir(os.path.join(base, "b"))

    def said(*options):
        return cubby("run", "--rm", *options, "--rootfs", busybox_root, "true").stderr
    both = said("--userns=host", "-v", base + "/a:/a", "-v", base + "/b:/b")
    if not user.is_root:
        assert both == ""
        return
    assert both.count("\n") == 1 and both.startswith("Warning: ")
    assert base + "/a" in both and base + "/b" in both
    assert "--uidmap" in both and "-u" in both
    assert said("--userns=host", "-v", base + "/a:/a:ro") == ""
    assert said("-v", base + "/a:/a:U", "-u", "6667") == ""
    assert said("-v", base + "/b:/b:idmap", "--uidmap", "0:2000:1000") == ""


def test_ulimits(inside):
    assert inside("--ulimit", "nofile=100:200", "--", "sh", "-c", "ulimit -Sn; ulimit -Hn") == "100\n200"
    assert inside("--ulimit", "core=0", "--", "sh", "-c", "ulimit -c") == "0"


def test_sysctl_and_oom_score(inside):
    assert inside("--sysctl", "net.ipv4.ip_unprivileged_port_start=0", "--", "cat",
                  "/proc/sys/net/ipv4/ip_unprivileged_port_start") == "0"
    assert inside("--oom-score-adj", "500", "--", "cat", "/proc/self/oom_score_adj") == "500"


def test_devices(inside, user):
    assert inside("--", "sh", "-c", "[ -c /dev/null ] && echo >/dev/null && echo yes") == "yes"
    out = inside("--device", "/dev/zero:/dev/nothing", "--", "sh", "-c",
                 "[ -c /dev/nothing ] && head -c 3 /dev/nothing | wc -c")
    assert out == "3"


def test_network(inside):
    assert inside("--", "sh", "-c", "ls /sys/class/net") == "lo"
    assert inside("--network", "none", "--", "sh", "-c", "ip -o link | wc -l") == "1"
    assert "UP" in inside("--", "ip", "link", "show", "lo")
    host = sorted(os.listdir("/sys/class/net"))
    assert sorted(inside("--network", "host", "--", "ls", "/sys/class/net").split()) == host
    assert inside("--net=host", "--", "hostname") == os.uname().nodename


def test_terminal(cubby, busybox_root, terminal):
    child = terminal(cubby.argv("run", "--rm", "-it", "--rootfs", busybox_root, "sh", "-c",
                                "tty; echo TERM=$TERM; stty size; cat; exit 5"))
    child.expect("/dev/(console|pts/0)")
    child.expect("TERM=xterm")
    child.expect("24 80")
    child.sendline("typed")
    child.expect("typed.*typed")
    child.sendeof()
    child.wait()
    child.close()
    assert child.exitstatus == 5


def test_detached(cubby, busybox_root):
    done = cubby("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
    assert len(done.stdout.strip()) == 64 and done.stderr == ""
    assert cubby.status("web") == "running"
    assert os.getsid(cubby.pid("web")) != os.getsid(0)


def test_detached_keeps_nothing_of_ours_open(cubby, busybox_root):
    """`$(cubby run -d ...)` in a shell must not wait for the container."""
    out = cubby.ok("run", "-d", "--rootfs", busybox_root, "sleep", "1000", timeout=5)
    assert len(out) == 64


def test_detached_start_failure_is_reported(cubby, busybox_root):
    assert "nosuch" in cubby.fails("run", "-d", "--name", "web", "--rootfs", busybox_root, "nosuch", code=127)
    state = cubby.inspect("web")["State"]
    assert state["Status"] == "created" and state["ExitCode"] == 127 and "nosuch" in state["Error"]
    cubby.ok("rm", "web")


def test_start_failure_with_rm_leaves_nothing(cubby, busybox_root):
    cubby.fails("run", "--rm", "--name", "web", "--rootfs", busybox_root, "nosuch", code=127)
    assert cubby.names() == []
    assert os.listdir(cubby.run_dir + "/containers") == []
    assert os.listdir(cubby.data + "/containers") == []


def test_name_in_use(cubby, busybox_root):
    id = cubby.ok("run", "-d", "--name", "web", "--stop-timeout", "0", "--rootfs", busybox_root, "sleep", "1000")
    said = cubby.fails("run", "--name", "web", "--rootfs", busybox_root, "true", code=125)
    assert said.startswith(f'Error: the container name "web" is already in use by {id}')
    new = cubby.ok("run", "-d", "--replace", "--name", "web", "--stop-timeout", "0", "--rootfs", busybox_root,
                   "sleep", "1000")
    assert new != id and cubby.names() == ["web"]


def test_files_with_ids(cubby, busybox_root, base):
    cid, pid = os.path.join(base, "cid"), os.path.join(base, "pid")
    id = cubby.ok("run", "-d", "--cidfile", cid, "--pidfile", pid, "--rootfs", busybox_root, "sleep", "1000")
    assert open(cid, encoding="utf-8").read() == id
    assert int(open(pid, encoding="utf-8").read()) == cubby.pid(id)
    said = cubby.fails("run", "--cidfile", cid, "--rootfs", busybox_root, "true", code=125)
    assert "container id file exists" in said
    # it goes with the container; that of another one stays
    cubby.ok("rm", "-f", "-t", "0", id)
    assert not os.path.exists(cid)
    assert cubby("run", "--rm", "--cidfile", "cid", "--rootfs", busybox_root, "true", cwd=base).code == 0
    assert cubby("run", "--rm", "--cidfile", cid, "--rootfs", busybox_root, "nonsense").code == 127
    assert not os.path.exists(cid)
    id = cubby.ok("run", "-d", "--cidfile", cid, "--rootfs", busybox_root, "sleep", "1000")
    with open(cid, "w", encoding="utf-8") as f:
        f.write("another")
    cubby.ok("rm", "-f", "-t", "0", id)
    assert os.path.exists(cid)


def test_timeout(cubby, busybox_root):
    done = cubby("run", "--rm", "--timeout", "1", "--rootfs", busybox_root, "sleep", "1000")
    assert done.code == 137, done


def test_preserve_fds(cubby, busybox_root, base):
    path = os.path.join(base, "file")
    with open(path, "w", encoding="utf-8") as f:
        f.write("passed on\n")
    script = f"exec 3<{path}; exec " + " ".join(
        cubby.argv("run", "--rm", "--preserve-fds", "1", "--rootfs", busybox_root, "cat", "/proc/self/fd/3"))
    import subprocess
    done = subprocess.run(["sh", "-c", script], env=cubby.environment(), cwd=base, capture_output=True,
                          text=True, check=False)
    assert done.stdout == "passed on\n", done
    assert "not open" in cubby.fails("run", "--rm", "--preserve-fds", "1", "--rootfs", busybox_root, "true",
                                     code=125)


def test_nothing_of_ours_is_open_inside(inside):
    assert inside("--", "sh", "-c", "ls /proc/self/fd | grep -v '^[0-3]$' | wc -l") == "0"


def test_signals_go_to_the_program(cubby, busybox_root):
    client = cubby.start("run", "--rm", "--rootfs", busybox_root, "sh", "-c",
                         "trap 'echo got it; exit 9' TERM; echo ready; while :; do sleep 0.05; done")
    assert client.stdout.readline() == "ready\n"
    client.send_signal(signal.SIGTERM)
    out, _ = client.communicate(timeout=10 * process.SLOW)
    assert (out, client.returncode) == ("got it\n", 9)


def test_not_yet(cubby, busybox_root):
    said = cubby.fails("run", "--rm", "--link-local-ip", "169.254.1.1", "--rootfs", busybox_root, "true", code=125)
    assert "not supported yet" in said
    assert "image not known" in cubby.fails("run", "--pull", "never", "debian", "true", code=125)


def test_two_data_directories_do_not_share_a_run_directory(cubby, busybox_root, base):
    cubby.ok("run", "--rm", "--rootfs", busybox_root, "true")
    said = cubby.fails("--root", base + "/other", "ps", code=125)
    assert "it belongs to the data directory" in said


def test_the_run_directory_of_another_user_is_refused(cubby, base):
    bad = os.path.join(base, "bad")
    os.mkdir(bad)
    os.chmod(bad, 0o777)
    cubby.fails("--runroot", bad, "--root", base + "/d", "ps", code=125)
    assert stat.S_IMODE(os.stat(bad).st_mode) == 0o777


def test_log_level_debug_shows_the_plan(cubby, busybox_root):
    done = cubby("--log-level", "debug", "run", "--rm", "--rootfs", busybox_root, "true")
    assert "/dev/pts" in done.stderr and done.stdout == "" and done.code == 0
    assert cubby("run", "--rm", "--rootfs", busybox_root, "true").stderr == ""
