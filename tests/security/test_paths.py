# SPDX-License-Identifier: Apache-2.0
"""Hostile root file systems, and processes that rename in them meanwhile: CVE-2021-30465, CVE-2024-45310,
CVE-2019-19921, CVE-2023-27561, CVE-2025-31133, CVE-2025-52565, CVE-2025-52881, CVE-2026-41579, CVE-2026-47766.

`outside` fails the test when anything of the host's was made, changed or written to.
"""

import os
import shutil
import socket
import subprocess

import pytest


def replace(path, target):
    """Put a symbolic link in the place of what is there."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    os.symlink(target, path)


# How a link in the root file system may try to get to the host's directory.
WAYS = ["{outside}", "../../../../../../../..{outside}", "/proc/1/root{outside}", "/proc/self/cwd/../outside",
        "../outside"]


@pytest.mark.parametrize("way", WAYS)
def test_a_destination_that_is_a_link(cubby, evil_root, outside, base, way):
    target = way.format(outside=outside)
    os.symlink(target, os.path.join(evil_root, "data"))
    source = os.path.join(base, "source")
    os.mkdir(source)
    cubby("run", "--rm", "-v", f"{source}:/data", "--rootfs", evil_root, "touch", "/data/written")
    cubby("run", "--rm", "-v", f"{source}:/data/made/deep", "--rootfs", evil_root, "true")
    cubby("run", "--rm", "-v", f"{outside}/victim:/data/file:ro", "--rootfs", evil_root, "true")
    cubby("run", "--rm", "--tmpfs", "/data/tmp", "--rootfs", evil_root, "true")
    cubby("run", "--rm", "-w", "/data/work", "--rootfs", evil_root, "true")


@pytest.mark.parametrize("way", WAYS)
def test_the_files_of_etc_are_links(cubby, evil_root, outside, way):
    """hosts, hostname, resolv.conf and .containerenv are covered, not written; /etc as a whole too."""
    target = way.format(outside=outside)
    for name in ("hosts", "hostname", "resolv.conf"):
        replace(os.path.join(evil_root, "etc", name), target + "/victim")
    replace(os.path.join(evil_root, "run"), target)
    cubby("run", "--rm", "--rootfs", evil_root, "sh", "-c", "for f in hosts hostname; do echo x > /etc/$f; done")
    cubby("run", "--rm", "--network", "host", "--rootfs", evil_root, "sh", "-c", "echo x > /etc/resolv.conf")
    replace(os.path.join(evil_root, "etc"), target)
    cubby("run", "--rm", "--rootfs", evil_root, "true")


@pytest.mark.parametrize("name", ["proc", "sys", "dev"])
@pytest.mark.parametrize("way", WAYS)
def test_proc_sys_or_dev_is_a_link(cubby, evil_root, outside, name, way):
    """Also to another directory of the root file system: what is written there would be led astray."""
    replace(os.path.join(evil_root, name), way.format(outside=outside))
    said = cubby.fails("run", "--rm", "--rootfs", evil_root, "true", code=125)
    assert f"/{name} is a symbolic link" in said


@pytest.mark.parametrize("name", ["proc", "dev"])
def test_proc_or_dev_is_a_link_in_a_bundle(runtime, evil_root, outside, name):
    replace(os.path.join(evil_root, name), outside)
    result = runtime.run_config(runtime.config(["true"], evil_root))
    assert result.code != 0 and "symbolic link" in result.stderr, result
    # and where nothing is mounted on it
    config = runtime.config(["true"], evil_root)
    config["mounts"] = [m for m in config["mounts"] if not m["destination"].startswith("/dev")]
    runtime.run_config(config, name="c2")


def test_devices_of_the_root_file_system_are_fakes(runtime, evil_root, outside):
    """Without a /dev of its own: links, and files in the place of devices."""
    dev = os.path.join(evil_root, "dev")
    for name in ("null", "zero", "console", "ptmx", "fd", "stdin"):
        os.symlink(outside + "/victim", os.path.join(dev, name))
    for name in ("full", "random"):
        with open(os.path.join(dev, name), "w", encoding="utf-8") as f:
            f.write("fake")
    config = runtime.config(["sh", "-c", "echo x > /dev/null; stat -L -c '%F %t:%T' /dev/null /dev/random; "
                                         "cat /proc/kcore | wc -c"], evil_root)
    config["mounts"] = [m for m in config["mounts"] if not m["destination"].startswith("/dev")]
    result = runtime.run_config(config)
    if result.code == 0:
        assert result.lines[:2] == ["character special file 1:3", "character special file 1:8"], result
        assert result.lines[2] == "0"


def test_dev_console_is_a_link(runtime, terminal, evil_root, outside):
    os.symlink(outside + "/victim", os.path.join(evil_root, "dev/console"))
    config = runtime.config(["sh", "-c", "echo written > /dev/console"], evil_root, terminal=True)
    config["mounts"] = [m for m in config["mounts"] if m["destination"] != "/dev"]
    os.makedirs(os.path.join(evil_root, "dev/pts"), exist_ok=True)
    child = terminal(runtime.argv("run", "--bundle", runtime.bundle(config), "c1"))
    child.expect("EOF|symbolic links|written")
    child.wait()


def test_masks_are_what_they_claim(cubby, evil_root):
    """The root file system's own /dev/null would be the mask (CVE-2025-31133)."""
    with open(os.path.join(evil_root, "dev/null"), "w", encoding="utf-8") as f:
        f.write("fake")
    said = cubby.ok("run", "--rm", "--rootfs", evil_root, "sh", "-c",
                    "for f in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/latency_stats; do "
                    "[ -e $f ] || continue; stat -c '%F %t:%T' $f; cat $f | wc -c; done; "
                    "ls /proc/acpi /proc/scsi /sys/firmware 2>/dev/null | grep -v : | grep . | wc -l")
    *masks, listed = said.splitlines()
    assert set(masks) == {"character special file 1:3", "0"} and listed == "0", said


def test_masks_cannot_be_lifted(cubby, evil_root):
    said = cubby(
        "run", "--rm", "-h", "still", "--rootfs", evil_root, "sh", "-c",
        "umount /proc/kcore; umount -l /proc/sys; mount -o remount,rw /proc/sys; mount -t proc x /mnt; "
        "rm /proc/kcore; chmod 777 /proc/kcore; echo x > /proc/sys/kernel/hostname; echo b > /proc/sysrq-trigger; "
        "cat /proc/kcore | wc -c; hostname")
    assert said.lines == ["0", "still"], said
    assert os.stat("/dev/null").st_mode & 0o777 == 0o666


@pytest.mark.parametrize("where", ["/proc", "/proc/self/attr", "/proc/sys/kernel", "/proc/../proc/self", "//proc//1"])
def test_a_directory_over_proc(cubby, runtime, evil_root, outside, where):
    """Writes of labels and sysctls would go to the attacker's files (CVE-2019-16884, CVE-2025-52881)."""
    said = cubby.fails("run", "--rm", "-v", f"{outside}:{where}", "--rootfs", evil_root, "true", code=125)
    assert "proc" in said
    config = runtime.config(["true"], evil_root)
    config["mounts"].append({"destination": where, "type": "tmpfs", "source": "tmpfs"})
    result = runtime.run_config(config)
    assert result.code != 0 and "proc" in result.stderr, result


def test_a_link_to_proc_as_destination(cubby, evil_root, outside):
    """The plan sees /x/self; what is opened is a procfs."""
    os.symlink("/proc", os.path.join(evil_root, "x"))
    said = cubby.fails("run", "--rm", "-v", f"{outside}:/x/self/task", "--rootfs", evil_root, "true", code=125)
    assert "procfs" in said


def test_names_are_looked_up_in_the_root_file_system(cubby, evil_root, outside):
    """/etc/passwd leads to a file of the host's that would make anybody root."""
    replace(os.path.join(evil_root, "etc/passwd"), "/etc/shadow")
    replace(os.path.join(evil_root, "etc/group"), "/proc/self/fd/0")
    said = cubby.fails("run", "--rm", "-u", "daemon", "--rootfs", evil_root, "id", input="daemon:x:0:\n")
    assert "daemon" in said or "etc" in said


@pytest.mark.parametrize("kind", ["fifo", "directory", "socket"])
def test_a_passwd_file_that_waits(cubby, runtime, evil_root, kind):
    """Reading it must end, with or without HOME in the environment."""
    path = os.path.join(evil_root, "etc/passwd")
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sleep", "1000")
    os.unlink(path)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        os.mkdir(path)
    else:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
    cubby.fails("run", "--rm", "-u", "daemon", "--rootfs", evil_root, "true", timeout=10)
    cubby.fails("exec", "-u", "daemon", "victim", "true", timeout=10)
    cubby.ok("rm", "-f", "-t", "0", "victim")
    config = runtime.config(["sh", "-c", "echo $HOME"], evil_root)
    config["process"]["env"] = ["PATH=/bin"]
    assert runtime.run_config(config, timeout=10).stdout == "/\n"


def test_home_is_not_read_from_the_callers_stdin(runtime, evil_root):
    replace(os.path.join(evil_root, "etc/passwd"), "/proc/self/fd/0")
    config = runtime.config(["sh", "-c", "echo $HOME"], evil_root)
    config["process"]["env"] = ["PATH=/bin"]
    assert runtime.run_config(config, input="root:x:0:0::/leaked:/bin/sh\n").stdout == "/\n"


def test_tmpcopyup_copies_no_files_of_the_host(cubby, evil_root, outside):
    source = os.path.join(evil_root, "stuff")
    os.mkdir(source)
    os.symlink(outside + "/victim", os.path.join(source, "link"))
    os.symlink(outside, os.path.join(source, "dir"))
    os.mkfifo(os.path.join(source, "fifo"))
    said = cubby("run", "--rm", "--tmpfs", "/stuff", "--rootfs", evil_root, "sh", "-c",
                 "cat /stuff/link /stuff/dir/victim; ls -l /stuff; echo x > /stuff/link", timeout=20)
    assert "untouched" not in said.stdout, said


@pytest.fixture
def swapper(evil_root, outside):
    """A process that exchanges, all the time, a directory of a volume with a link that leads outside."""
    volume = os.path.join(evil_root, "volume")
    os.makedirs(os.path.join(volume, "dir/dst"))
    os.symlink(outside, os.path.join(volume, "link"))
    with subprocess.Popen([os.path.join(evil_root, "hostile"), "swap", os.path.join(volume, "dir"),
                           os.path.join(volume, "link")], stdout=subprocess.PIPE, text=True) as p:
        assert p.stdout.readline() == "ready\n"
        yield volume
        p.kill()


def test_mount_points_are_renamed_meanwhile(cubby, evil_root, base, swapper):
    """Mounting and making mount points goes on while the place is exchanged (CVE-2021-30465, CVE-2024-45310)."""
    source = os.path.join(base, "source")
    os.mkdir(source)
    codes = [cubby("run", "--rm", "-v", f"{source}:/volume/dir/dst", "-v", f"{source}:/volume/dir/new{n}/deep",
                   "--tmpfs", "/volume/link/tmp", "-w", f"/volume/dir/work{n}", "--rootfs", evil_root,
                   "true").code for n in range(20)]
    assert set(codes) <= {0, 125, 126, 127} and os.path.isdir(swapper), codes


def test_a_volume_is_renamed_by_another_container(cubby, evil_root, base, outside):
    """The classic: two containers share a volume; one exchanges names in it while the other starts."""
    volume = os.path.join(base, "volume")
    os.makedirs(os.path.join(volume, "dir/dst"))
    os.symlink("/" + os.path.relpath(outside, "/"), os.path.join(volume, "link"))
    os.chmod(volume, 0o777)
    cubby.ok("run", "-d", "--name", "attacker", "-v", f"{volume}:/volume", "--rootfs", evil_root,
             "/hostile", "swap", "/volume/dir", "/volume/link")
    cubby.wait_log("attacker", "ready")
    codes = [cubby("run", "--rm", "-v", f"{volume}:/volume", "-v", f"{volume}:/volume/dir/dst",
                   "-w", f"/volume/dir/w{n}", "--rootfs", evil_root, "true").code for n in range(15)]
    assert set(codes) <= {0, 125, 126, 127}, codes


def test_the_root_file_system_is_a_link(cubby, evil_root, base):
    """The user said it, so it is followed; what it leads to is the root, and nothing above."""
    link = os.path.join(base, "link")
    os.symlink(evil_root, link)
    assert "outside" not in cubby.ok("run", "--rm", "--rootfs", link, "ls", "/..").split()


def test_dot_dot_leads_nowhere(cubby, evil_root, outside):
    said = cubby.ok("run", "--rm", "--rootfs", evil_root, "sh", "-c",
                    "cd /; cd ../../../..; ls; ls /proc/1/root/../..; chroot / ls")
    assert "outside" not in said.split()
