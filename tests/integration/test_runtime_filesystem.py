# SPDX-License-Identifier: Apache-2.0
"""The container's file system: mounts, masks, devices, the root itself."""

import os
import stat

import pytest


def mount(config, destination, source, kind="bind", options=("bind",), **more):
    config["mounts"].append({"destination": destination, "type": kind, "source": str(source),
                             "options": list(options), **more})
    return config


@pytest.fixture
def shared(base):
    """A directory of the host's with a file."""
    path = os.path.join(base, "shared")
    os.mkdir(path)
    with open(os.path.join(path, "file"), "w", encoding="utf-8") as f:
        f.write("of the host\n")
    return path


def mountinfo(result, point):
    """Options of the mount at `point` from the container's mountinfo."""
    for line in result.lines:
        fields = line.split()
        if len(fields) > 5 and fields[4] == point:
            return set(fields[5].split(","))
    raise AssertionError(f"no mount at {point}: {result!r}")


def test_a_bind_mount_shows_the_hosts_files(runtime, busybox_root, shared):
    config = mount(runtime.config(["sh", "-c", "cat /mnt/file; echo new >/mnt/made"], busybox_root),
                   "/mnt", shared)
    assert runtime.run_config(config).stdout == "of the host\n"
    with open(os.path.join(shared, "made"), encoding="utf-8") as f:
        assert f.read() == "new\n"


def test_a_read_only_bind_mount(runtime, busybox_root, shared):
    config = mount(runtime.config(["sh", "-c", "cat /mnt/file; echo x >/mnt/file"], busybox_root),
                   "/mnt", shared, options=["rbind", "ro"])
    result = runtime.run_config(config)
    assert result.stdout == "of the host\n" and "Read-only file system" in result.stderr
    with open(os.path.join(shared, "file"), encoding="utf-8") as f:
        assert f.read() == "of the host\n"


def test_a_single_file(runtime, own_root, shared):
    config = mount(runtime.config(["cat", "/etc/new-name"], own_root), "/etc/new-name",
                   os.path.join(shared, "file"))
    assert runtime.run_config(config).stdout == "of the host\n"


def test_flags_of_a_bind_mount(runtime, busybox_root, shared):
    config = mount(runtime.config(["cat", "/proc/self/mountinfo"], busybox_root), "/mnt", shared,
                   options=["bind", "nosuid", "nodev", "noexec", "ro"])
    assert {"ro", "nosuid", "nodev", "noexec"} <= mountinfo(runtime.run_config(config), "/mnt")


def test_tmpfs_with_size_and_mode(runtime, busybox_root):
    config = mount(runtime.config(["sh", "-c", "df -k /mnt | tail -1; stat -c %a /mnt"], busybox_root),
                   "/mnt", "tmpfs", "tmpfs", ["size=1m", "mode=700", "nosuid"])
    lines = runtime.run_config(config).lines
    assert lines[0].split()[1] == "1024" and lines[1] == "700"


def test_tmpcopyup_starts_with_what_lies_below(runtime, busybox_root):
    config = mount(runtime.config(["sh", "-c", "cat /etc/group | head -1; echo x >/etc/new; ls /etc/new"],
                                  busybox_root), "/etc", "tmpfs", "tmpfs", ["tmpcopyup"])
    assert runtime.run_config(config).lines == ["root:x:0:", "/etc/new"]
    assert not os.path.exists(os.path.join(busybox_root, "etc", "new"))


def test_a_missing_source(runtime, busybox_root):
    config = mount(runtime.config(["true"], busybox_root), "/mnt", "/nonexistent/source")
    said = runtime.run_config(config).stderr
    assert "/nonexistent/source" in said and "no such file" in said
    assert runtime.ok("list", "-q") == ""


def test_an_unknown_file_system(runtime, busybox_root):
    config = mount(runtime.config(["true"], busybox_root), "/mnt", "x", "nosuchfs", [])
    assert "nosuchfs" in runtime.run_config(config).stderr


def test_a_destination_through_links_stays_in_the_root(runtime, own_root, shared, base):
    """Absolute and climbing links of the image are resolved inside the root."""
    os.symlink("/../../../../" + base.lstrip("/") + "/outside", os.path.join(own_root, "link"))
    config = mount(runtime.config(["sh", "-c", f"cat {base}/outside/file"], own_root), "/link", shared)
    result = runtime.run_config(config)
    assert result.stdout == "of the host\n", result
    assert not os.path.exists(os.path.join(base, "outside"))


def test_the_root_read_only(runtime, busybox_root):
    config = runtime.config(["sh", "-c", "echo x >/file; echo y >/dev/shm/ok && echo wrote"], busybox_root)
    config["root"]["readonly"] = True
    result = runtime.run_config(config)
    assert "Read-only file system" in result.stderr and result.stdout == "wrote\n"


def test_masked_and_read_only_paths(runtime, busybox_root):
    config = runtime.config(["sh", "-c", "wc -c </proc/keys; ls /proc/bus | wc -l; ls /proc/fs | wc -l; "
                                         "echo 0 >/proc/sys/kernel/domainname"], busybox_root)
    config["linux"]["maskedPaths"] = ["/proc/keys", "/proc/bus", "/proc/does-not-exist"]
    config["linux"]["readonlyPaths"] = ["/proc/sys", "/proc/fs"]
    result = runtime.run_config(config)
    assert result.lines[:2] == ["0", "0"], result
    assert "Read-only file system" in result.stderr


def test_the_default_devices(runtime, busybox_root):
    script = ("for d in null zero full random urandom tty; do stat -c '%n %t:%T' -L /dev/$d; done; "
              "for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done; "
              "echo x >/dev/null; head -c 3 /dev/zero | od -An -tx1")
    result = runtime.run_config(runtime.config(["sh", "-c", script], busybox_root))
    assert result.lines[:6] == ["/dev/null 1:3", "/dev/zero 1:5", "/dev/full 1:7", "/dev/random 1:8",
                                "/dev/urandom 1:9", "/dev/tty 5:0"], result
    assert result.lines[6:11] == ["/proc/self/fd", "/proc/self/fd/0", "/proc/self/fd/1",
                                  "/proc/self/fd/2", "pts/ptmx"], result
    assert result.lines[11].split() == ["00", "00", "00"]


@pytest.mark.root
def test_devices_of_the_config(runtime, busybox_root):
    config = runtime.config(["stat", "-c", "%F %t:%T %a %u", "/dev/mine"], busybox_root)
    config["linux"]["devices"] = [{"path": "/dev/mine", "type": "c", "major": 1, "minor": 5,
                                   "fileMode": 0o640, "uid": 7, "gid": 8}]
    assert runtime.run_config(config).stdout == "character special file 1:5 640 7\n"


def test_nothing_of_the_host_is_left_in_sight(runtime, busybox_root, base):
    config = runtime.config(["sh", "-c", f"ls {base}; cat /proc/self/mountinfo; ls -a /"], busybox_root)
    result = runtime.run_config(config)
    assert "No such file" in result.stderr
    points = {line.split()[4] for line in result.lines if " - " in line}
    assert points >= {"/", "/proc", "/dev", "/dev/pts"}
    for point in points:
        assert point.startswith(("/proc", "/dev")) or point == "/", point


def test_mounts_do_not_show_on_the_host(runtime, busybox_root, shared):
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        before = f.read()
    config = mount(runtime.config(["sleep", "100"], busybox_root), "/mnt", shared)
    runtime.detached("run", "-d", "--bundle", runtime.bundle(config), "c1")
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        assert f.read() == before


def test_sysfs_and_cgroup(runtime, busybox_root):
    config = runtime.config(["sh", "-c", "ls /sys/class/net; grep -c . /proc/self/mountinfo"], busybox_root)
    mount(config, "/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"])
    result = runtime.run_config(config)
    assert result.lines[0] == "lo", result


@pytest.mark.parametrize("word", ["rprivate", "rslave", "rshared", "private", "slave"])
def test_root_propagation(runtime, busybox_root, word):
    config = runtime.config(["cat", "/proc/self/mountinfo"], busybox_root)
    config["linux"]["rootfsPropagation"] = word
    result = runtime.run_config(config)
    assert result.code == 0, result


@pytest.mark.root
def test_an_idmapped_mount(runtime, busybox_root, shared):
    os.chown(os.path.join(shared, "file"), 0, 0)
    config = mount(runtime.config(["sh", "-c", "stat -c '%u %g' /mnt/file; touch /mnt/by-container; "
                                               "echo done"], busybox_root),
                   "/mnt", shared, options=["bind", "idmap"],
                   uidMappings=[{"containerID": 0, "hostID": 3000, "size": 10}],
                   gidMappings=[{"containerID": 0, "hostID": 4000, "size": 10}])
    result = runtime.run_config(config)
    if "not supported" in result.stderr or "invalid argument" in result.stderr:
        pytest.skip(f"the file system of {shared} has no idmapped mounts: {result.stderr}")
    assert result.lines[0] == "3000 4000", result


@pytest.mark.root
def test_an_idmapped_mount_of_a_container_with_a_user_namespace(runtime, busybox_root, shared):
    os.chown(os.path.join(shared, "file"), 0, 0)
    config = runtime.config(["sh", "-c", "stat -c '%u' /mnt/file; echo x >/mnt/made; echo $?"], busybox_root)
    config["linux"]["namespaces"].append({"type": "user"})
    for key in ("uidMappings", "gidMappings"):
        config["linux"][key] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    mount(config, "/mnt", shared, options=["bind", "idmap"])
    result = runtime.run_config(config)
    assert result.lines == ["0", "0"], result
    assert os.stat(os.path.join(shared, "made")).st_uid == 0


def test_a_device_that_is_a_link_is_not_followed_out(runtime, own_root, base):
    """CVE-2026-41579: /dev of the image is a link to the host."""
    os.rmdir(os.path.join(own_root, "dev"))
    victim = os.path.join(base, "victim")
    os.mkdir(victim)
    os.symlink(victim, os.path.join(own_root, "dev"))
    config = runtime.config(["true"], own_root)
    config["mounts"] = [m for m in config["mounts"] if not m["destination"].startswith("/dev")]
    runtime.run_config(config)
    assert os.listdir(victim) == []


def test_a_fake_proc_is_refused(runtime, own_root, shared):
    """CVE-2019-19921: writes to /proc must not go where the image says."""
    os.rmdir(os.path.join(own_root, "proc"))
    os.symlink("/tmp", os.path.join(own_root, "proc"))
    result = runtime.run_config(runtime.config(["true"], own_root))
    assert result.code != 0 and "proc" in result.stderr, result


def test_made_mount_points_have_usual_modes(runtime, own_root, shared):
    config = mount(runtime.config(["true"], own_root), "/deep/er/point", shared)
    runtime.run_config(config)
    for path in ("deep", "deep/er", "deep/er/point"):
        assert stat.S_IMODE(os.stat(os.path.join(own_root, path)).st_mode) == 0o755


@pytest.mark.root
def test_no_pivot(runtime, own_root):
    result = runtime.run_config(runtime.config(["sh", "-c", "ls / | tr '\\n' ' '"], own_root), "--no-pivot")
    assert result.code == 0 and {"bin", "dev", "etc"} <= set(result.stdout.split()), result
