# SPDX-License-Identifier: Apache-2.0
"""Sessions of other kinds than a login: su, cron, an empty environment; users with and without a systemd manager."""

LIMITED = "run --rm --network none --memory 64m --rootfs /srv/tests/ready/busybox cat /proc/self/cgroup"


def test_login_has_a_session(guest):
    assert "alice" in guest.ok("root", "loginctl list-users --no-legend")
    assert guest.ok("alice", "id -un; echo $XDG_RUNTIME_DIR").split() == ["alice", "/run/user/1000"]
