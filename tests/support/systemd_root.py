# SPDX-License-Identifier: Apache-2.0
"""A root file system whose program is the systemd of the machine that the tests run on, with one service."""

import os
import re
import shutil
import subprocess

PROGRAMS = ["/bin/busybox", "/bin/systemctl", "/lib/systemd/systemd", "/lib/systemd/systemd-shutdown",
            "/lib/systemd/systemd-cgroups-agent"]
UNITS = ["halt.target", "exit.target", "reboot.target", "poweroff.target", "shutdown.target", "final.target",
         "umount.target", "systemd-halt.service", "systemd-exit.service", "basic.target", "sysinit.target",
         "rescue.target", "emergency.target", "slices.target", "sockets.target", "paths.target", "timers.target",
         "local-fs.target", "swap.target"]

SERVICE = """[Unit]
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target
[Service]
ExecStart=/bin/busybox sleep 1000
ExecStop=/bin/busybox sh -c 'echo in order > /stopped'
MemoryMax=20M
TasksMax=17
"""
TARGET = """[Unit]
DefaultDependencies=no
Wants=work.service
After=work.service
"""


def libraries(program):
    text = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(/\S+) \(0x", text)


def put(root, path):
    target = os.path.join(root, "usr", os.path.realpath(path).removeprefix("/usr/").lstrip("/"))
    if os.path.realpath(path).startswith("/usr/"):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(os.path.realpath(path), target)
    name = os.path.join(root, path.removeprefix("/usr/").lstrip("/")) if not path.startswith("/usr/") else None
    if name and os.path.realpath(name) != os.path.realpath(target) and not os.path.exists(name):
        os.makedirs(os.path.dirname(name), exist_ok=True)
        os.symlink("/" + os.path.relpath(target, root), name)


def write(root, path, text):
    with open(os.path.join(root, path), "w", encoding="utf-8") as f:
        f.write(text)


def make(root):
    """The directory `root` is made; its program is /sbin/init."""
    for d in ("usr/bin", "usr/sbin", "usr/lib/systemd/system", "usr/lib64", "etc/systemd/system", "proc", "sys", "dev",
              "run", "tmp", "var/log", "root"):
        os.makedirs(os.path.join(root, d))
    for d in ("bin", "sbin", "lib", "lib64"):
        os.symlink("usr/" + d, os.path.join(root, d))
    for program in PROGRAMS:
        if os.path.exists(program):
            put(root, program)
            for library in libraries(program):
                put(root, library)
    for name in ("sh", "cat", "ls", "sleep", "grep", "mkdir", "dd", "echo"):
        os.symlink("busybox", os.path.join(root, "usr/bin", name))
    os.symlink("/lib/systemd/systemd", os.path.join(root, "usr/sbin/init"))
    for unit in UNITS:
        source = os.path.join("/lib/systemd/system", unit)
        if os.path.exists(source):
            shutil.copy2(source, os.path.join(root, "usr/lib/systemd/system", unit))
    write(root, "etc/systemd/system/work.service", SERVICE)
    write(root, "etc/systemd/system/default.target", TARGET)
    write(root, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    write(root, "etc/group", "root:x:0:\n")
    write(root, "etc/os-release", "ID=test\nNAME=Test\nPRETTY_NAME=Test\n")
    write(root, "etc/machine-id", "")
    return root
