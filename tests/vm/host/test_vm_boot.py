# SPDX-License-Identifier: Apache-2.0
"""Quadlet units of a user who lingers are started when the machine boots."""

import json

CONTAINER = """\
[Unit]
Description=A server that is there after a boot

[Container]
Image=localhost/busybox:latest
ContainerName=web
Network=none
Volume=web-data.volume:/data
Exec=sh -c "echo server $$(cat /data/starts 2>/dev/null | wc -l) is up; echo x >>/data/starts; exec sleep 100000"
HealthCmd=test -s /data/starts
HealthInterval=2s
Notify=healthy
Memory=64M
StopTimeout=1

[Service]
TimeoutStartSec=300

[Install]
WantedBy=default.target
"""
UNITS = ".config/containers/systemd"


def test_quadlet_unit_is_up_after_a_boot(guest):
    guest.ok("alice", "cubby load -q -i /srv/tests/ready/busybox.tar")
    guest.ok("alice", f"mkdir -p ~/{UNITS} && cat >~/{UNITS}/web.container <<'X'\n{CONTAINER}\nX\n"
                      f"echo '[Volume]' >~/{UNITS}/web-data.volume; systemctl --user daemon-reload")
    try:
        guest.ok("alice", "systemctl --user restart web.service", timeout=300)
        assert "server 0 is up" in journal(guest)
        guest.reboot()
        guest.wait(lambda: guest("alice", "systemctl --user is-active web.service").code == 0, "web.service after a boot", 60)
        state = json.loads(guest.ok("alice", "cubby inspect web"))[0]
        assert state["State"]["Running"] and state["State"]["Health"]["Status"] == "healthy", state["State"]
        assert "healthy" in guest.ok("alice", "cubby ps")
        assert "server 1 is up" in journal(guest)
        cgroup = guest.ok("alice", "cat /sys/fs/cgroup$(sed -n s/^0:://p /proc/$(cubby inspect -f '{{.State.Pid}}' web)/cgroup)"
                                   "/memory.max")
        assert cgroup == str(64 << 20)
        # and it goes with its unit
        guest.ok("alice", "systemctl --user stop web.service")
        assert guest.ok("alice", "cubby ps -aq") == ""
        assert guest("alice", "systemctl --user is-failed web.service").code != 0
    finally:
        guest("alice", f"systemctl --user stop web.service; rm -f ~/{UNITS}/web*; systemctl --user daemon-reload; "
                       "cubby rm -f -a; cubby volume rm -a")


def journal(guest):
    return guest.ok("alice", "journalctl -q -o cat --user-unit web.service")
