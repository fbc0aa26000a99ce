# SPDX-License-Identifier: Apache-2.0
"""Quadlet files under the real systemd: what is started, stopped, restarted, seen in the journal."""

import os
import re

import pytest

from support import cgroup, process

IMAGE = "localhost/busybox:latest"


def test_container_of_a_file(home_cubby, systemd):
    """Ready when healthy, in the service's own cgroup with the service's limits, its output in the journal; gone when stopped."""
    systemd.quadlet("vm-web.container", f"""
        [Unit]
        Description=A container of a file
        [Container]
        Image={IMAGE}
        ContainerName=vm-web-%%n
        Environment="GREETING=hello there" B=%n
        HealthCmd=test -e /ready
        HealthInterval=1s
        Notify=healthy
        Network=none
        Exec=sh -c "echo $$GREETING $$B; sleep 1; touch /ready; trap 'echo bye; exit 7' TERM; while :; do sleep 0.1; done"
        [Service]
        MemoryMax=200M
        """.replace("%%n", "%N").replace("\n        ", "\n"))
    systemd.ok("start", "vm-web.service")
    found = home_cubby.inspect("vm-web-vm-web")
    assert found["State"]["Health"]["Status"] == "healthy"
    shown = systemd.show("vm-web.service", "MainPID", "ControlGroup", "MemoryMax", "Type", "NotifyAccess")
    assert shown["MainPID"] == str(found["State"]["ConmonPid"]) and shown["MemoryMax"] == str(200 << 20)
    where = cgroup.of_process(found["State"]["Pid"]).path
    assert shown["ControlGroup"] in where and not where.endswith(shown["ControlGroup"])
    assert cgroup.of_process(found["State"]["ConmonPid"]).path.endswith(shown["ControlGroup"] + "/monitor")
    if systemd.user.is_root:
        process.wait_until(lambda: "hello there vm-web.service" in systemd.journal("vm-web.service"), "its words in the journal")
    systemd.ok("stop", "vm-web.service")
    assert systemd.show("vm-web.service", "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    assert home_cubby("container", "exists", "vm-web-vm-web").code == 1
    if systemd.user.is_root:
        assert "bye" in systemd.journal("vm-web.service")


@pytest.mark.root  # the same for users, and each start takes seconds
def test_restart_on_failure(home_cubby, systemd):
    """The container's exit status is the service's, so systemd's restart policy counts."""
    systemd.quadlet("vm-fails.container", f"""
[Container]
Image={IMAGE}
Network=none
Exec=sh -c "sleep 0.5; exit 3"
[Service]
Restart=on-failure
RestartSec=100ms
""")
    systemd.ok("start", "vm-fails.service")
    process.wait_until(lambda: int(systemd.show("vm-fails.service", "NRestarts")["NRestarts"]) >= 1, "a restart", 60)
    systemd.ok("stop", "vm-fails.service")
    assert home_cubby("container", "exists", "systemd-vm-fails").code == 1


@pytest.mark.rootless
def test_files_that_need_each_other(home_cubby, systemd):
    """A pod with a container that has a volume; starting the pod starts all, stopping it ends all."""
    systemd.quadlet("vm-data.volume", "[Volume]\nLabel=made=by-quadlet\n")
    systemd.quadlet("vm-pod.pod", "[Pod]\nNetwork=none\nPodName=vm-pod\n")
    systemd.quadlet("vm-member.container", f"""
[Container]
Image={IMAGE}
Pod=vm-pod.pod
Volume=vm-data.volume:/data
Exec=sh -c "echo was here >/data/file; exec sleep 1000"
StopTimeout=0
""")
    systemd.ok("start", "vm-pod-pod.service")
    systemd.wait_state("vm-member.service", "active", 60)
    try:
        assert home_cubby.ok("pod", "ps", "--format", "{{.Name}} {{.Status}} {{.NumberOfContainers}}") == "vm-pod Running 2"
        mounted = home_cubby.ok("volume", "inspect", "systemd-vm-data", "--format", "{{.Labels.made}} {{.Mountpoint}}").split()
        assert mounted[0] == "by-quadlet" and systemd.state("vm-data-volume.service") == "active"
        assert "was here" in home_cubby.ok("exec", "systemd-vm-member", "cat", "/data/file")
    finally:
        systemd.ok("stop", "vm-pod-pod.service")
        process.wait_until(lambda: systemd.state("vm-member.service") in ("inactive", "failed"), "the member's end", 60)
        home_cubby("volume", "rm", "-f", "systemd-vm-data")
    assert home_cubby.ok("pod", "ps", "-q") == "" and home_cubby.ok("ps", "-a", "-q") == ""


def test_trouble_and_links(systemd, user):
    """A file that is wrong makes no service and fails nothing else; [Install] makes the links; drop-ins and templates count."""
    systemd.quadlet("vm-bad.container", "[Container]\nImage=x\nColour=red\n")
    path = systemd.quadlet("vm-t@.container", f"[Container]\nImage={IMAGE}\n[Install]\nWantedBy=default.target\nDefaultInstance=one\n")
    os.mkdir(path + ".d")
    with open(os.path.join(path + ".d", "10.conf"), "w", encoding="utf-8") as f:
        f.write("[Service]\nTimeoutStartSec=77\n")
    systemd.ok("daemon-reload")
    assert systemd.show("vm-bad.service", "LoadState")["LoadState"] == "not-found"
    shown = systemd.show("vm-t@two.service", "LoadState", "TimeoutStartUSec", "SourcePath")
    assert shown == {"LoadState": "loaded", "TimeoutStartUSec": "1min 17s", "SourcePath": path}
    assert "vm-t@one.service" in systemd.show("default.target", "Wants")["Wants"]
    if user.is_root:
        said = systemd.run("journalctl", "-q", "-b", "-o", "cat").stdout
        assert re.search(r"vm-bad.container:3: Colour= is no key of \[Container\]; no service is made", said)
