# SPDX-License-Identifier: Apache-2.0
"""A container that may have containers (--nested) reaches no more of the host than another: as its root, and with
all capabilities in a user namespace of its own making, which is what the option gives it."""

import os

import pytest

from support import process

pytestmark = pytest.mark.subids

ROOT_MAP = ["--uidmap", "0:100000:65536"]

SETTINGS = ["kernel/core_pattern", "kernel/modprobe", "kernel/sysrq", "kernel/panic", "kernel/randomize_va_space",
            "kernel/printk", "kernel/pid_max", "fs/file-max", "fs/suid_dumpable", "vm/overcommit_memory", "vm/swappiness"]

# Each line that it prints is something that it should not have been able to do.
ATTACK = """
try() { "$@" >/dev/null 2>&1 && echo "did: $*"; }
write() { { cat "$1" > "$1"; } 2>/dev/null && [ -s "$1" ] && echo "wrote $1"; }
mkdir -p /p /s /m
mount -t proc p /p 2>/dev/null
mount -t sysfs s /s 2>/dev/null
for proc in /proc /dev/.cubby/proc /p; do
	[ -e $proc/self ] || continue
	{ echo h > $proc/sysrq-trigger; } 2>/dev/null && echo "wrote $proc/sysrq-trigger"
	for name in %s; do write $proc/sys/$name; done
	try head -c 4096 $proc/kcore
	try head -c 1 $proc/kpagecount
	grep -v ^0000000000000000 $proc/kallsyms 2>/dev/null | head -1
	[ $(ls -d $proc/[0-9]* | wc -l) -lt 9 ] || echo "sees too many processes in $proc"
done
for sys in /sys /dev/.cubby/sys /s; do
	for name in kernel/uevent_helper kernel/mm/transparent_hugepage/enabled power/state kernel/profiling \\
	            module/kernel/parameters/panic devices/system/cpu/cpu1/online; do
		[ ! -e $sys/$name ] || write $sys/$name
	done
	ls $sys/firmware/efi/efivars 2>/dev/null | head -1
done
try mknod /disk b $(echo %s)
try mknod /kmsg c 1 11
try head -c 512 /disk
for type in debugfs tracefs securityfs configfs efivarfs pstore devtmpfs ext4 xfs cgroup; do
	try mount -t $type x /m && umount /m
done
try mount -o remount,rw /sys/fs/cgroup
try insmod /bin/busybox
try swapon /bin/busybox
try dmesg
try chroot /proc/1/cwd/../../.. ls /work
try nsenter -t 1 -n true
true
"""

AS_ROOT = ["sh", "-c"]
IN_NAMESPACE = ["unshare", "-U", "-r", "-m", "-p", "-f", "-n", "-i", "-u", "sh", "-c"]


def settings():
    found = {}
    for name in SETTINGS:
        if os.path.exists("/proc/sys/" + name):
            with open("/proc/sys/" + name, encoding="utf-8") as f:
                found[name] = f.read()
    return found


@pytest.fixture
def options(user):
    return ["--nested", *(ROOT_MAP if user.is_root else [])]


@pytest.fixture
def tree(evil_root, user):
    """The root file system, owned by the container's root."""
    if user.is_root:
        for top, directories, files in os.walk(evil_root):
            for name in [".", *directories, *files]:
                os.lchown(os.path.join(top, name), 100000, 100000)
    return evil_root


@pytest.mark.parametrize("how", [AS_ROOT, IN_NAMESPACE], ids=["root", "namespace"])
def test_nothing_of_the_host_can_be_changed(cubby, tree, options, how):
    disk = os.stat("/").st_dev
    script = ATTACK % (" ".join(SETTINGS), f"{os.major(disk)} {os.minor(disk)}")
    before, name = settings(), os.uname().nodename
    done = cubby("run", "--rm", *options, "--rootfs", tree, *how, script)
    allowed = ["did: nsenter -t 1 -n true"]  # its own first process
    assert done.code == 0 and [line for line in done.lines if line not in allowed] == [], done
    assert settings() == before and os.uname().nodename == name


def test_the_masks_stay(cubby, tree, options):
    said = cubby.ok("run", "--rm", *options, "--rootfs", tree, "sh", "-c",
                    "wc -c < /proc/keys; ls /proc/acpi /sys/firmware; touch /proc/sys/x; grep ' /proc/sys ' /proc/self/mountinfo")
    assert said.splitlines()[0] == "0" and " ro," in said.splitlines()[-1], said


def test_the_filter_opens_no_more_than_it_says(cubby, tree, options):
    """hostile tries every call that the default filter forbids."""
    plain = cubby.ok("run", "--rm", *options[1:], "--rootfs", tree, "/hostile", "calls").splitlines()
    more = cubby.ok("run", "--rm", *options, "--rootfs", tree, "/hostile", "calls").splitlines()
    opened = {line.split()[0].partition("-")[0] for line in set(more) - set(plain)}
    assert opened <= {"clone", "clone3", "unshare", "setns", "mount", "umount", "umount2", "mount_setattr", "move_mount",
                      "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "pivot_root", "chroot", "sethostname",
                      "setdomainname"}, opened


def test_root_gets_no_capability_of_it(cubby, tree, options):
    def caps(*more):
        said = cubby.ok("run", "--rm", *more, "--rootfs", tree, "grep", "Cap", "/proc/self/status")
        return dict(line.split(":\t") for line in said.splitlines())
    assert caps(*options) == caps(*options[1:])
    user = caps(*options, "-u", "1000")
    assert {int(user[k], 16) for k in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
    assert int(user["CapBnd"], 16) & ~int(caps(*options)["CapBnd"], 16) == 1 << 21  # CAP_SYS_ADMIN


def test_users_of_one_container_do_not_reach_each_others_data(cubby, tree, options):
    said = cubby.ok("run", "-d", "--name", "c", *options, "--rootfs", tree, "sleep", "1000")
    assert said
    make = "mkdir -m 700 /var/lib/cubby-users/$(id -u) && echo x > /var/lib/cubby-users/$(id -u)/f"
    cubby.ok("exec", "-u", "1000", "c", "sh", "-c", make)
    for attack in ("cat /var/lib/cubby-users/1000/f", "mv /var/lib/cubby-users/1000 /var/lib/cubby-users/2",
                   "ls /var/lib/cubby"):
        assert cubby("exec", "-u", "1001", "c", "sh", "-c", attack).code != 0, attack


def test_an_image_cannot_lead_the_helper_files_astray(cubby, tree, options, user):
    """/etc/subuid that is a link to the host's file, a directory, a device: nothing outside is read or written."""
    etc = os.path.join(tree, "etc")
    os.symlink("/etc/hostname", etc + "/subuid")
    os.mkdir(etc + "/subgid")
    if user.is_root:
        os.lchown(etc + "/subgid", 100000, 100000)
    with open("/etc/hostname", encoding="utf-8") as f:
        before = f.read()
    done = cubby("run", "--rm", *options, "-u", "1000", "--rootfs", tree, "sh", "-c", "cat /etc/subuid; ls -d /etc/subgid")
    assert done.code in (0, 1), done
    with open("/etc/hostname", encoding="utf-8") as f:
        assert f.read() == before


def test_mounts_of_inner_ones_do_not_reach_the_host(cubby, tree, options, base):
    volume = os.path.join(base, "volume")
    os.mkdir(volume)
    os.chmod(volume, 0o777)
    before = process.mounts_below("/")
    cubby.ok("run", "--rm", *options, "-v", f"{volume}:/volume", "--rootfs", tree, *IN_NAMESPACE,
             "mount -t tmpfs x /volume && touch /volume/in && mount --make-rshared / && mount -t tmpfs y /mnt")
    assert process.mounts_below("/") == before and os.listdir(volume) == []
