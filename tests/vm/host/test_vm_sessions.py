# SPDX-License-Identifier: Apache-2.0
"""Sessions of other kinds than a login: su, cron, an empty environment; users with and without a systemd manager."""

import pytest

ROOTFS = "/srv/tests/ready/busybox"
SHOW = "sh -c 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max'"
CUBBY = "/usr/local/bin/cubby"
HELD = f"{CUBBY} run --rm --network none --memory 64m --pids-limit 40 --rootfs {ROOTFS} {SHOW}"
FREE = f"{CUBBY} run --rm --network none --rootfs {ROOTFS} echo ran"
LIMITS = ["67108864", "40"]


def in_empty_environment(user, uid, command):
    return f"cd / && setpriv --reuid={uid} --regid={uid} --init-groups env -i PATH=/usr/bin:/bin HOME=/home/{user} {command}"


@pytest.fixture(scope="module", autouse=True)
def own_tree(guest):
    """alice's and bob's containers may make mount points in it."""
    guest.ok("root", f"chmod -R a+rwX {ROOTFS}")


@pytest.mark.parametrize("kind", ["login", "su", "empty environment", "cron", "no bus variables"])
def test_limits_hold_in_a_session_of_any_kind(guest, kind):
    how = {
        "login": ("alice", HELD),
        "su": ("root", f"su alice -c \"{HELD}\""),
        "empty environment": ("root", in_empty_environment("alice", 1000, HELD)),
        "cron": ("root", f"systemd-run --quiet --wait --pipe --uid=alice --working-directory=/ {HELD}"),
        "no bus variables": ("alice", f"unset XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS; {HELD}"),
    }[kind]
    assert guest.ok(*how).split() == LIMITS


def test_without_a_bus_daemon_the_manager_is_asked_itself(guest):
    guest.ok("alice", "systemctl --user stop dbus.socket dbus.service")
    try:
        assert guest.ok("alice", HELD).split() == LIMITS
    finally:
        guest.ok("alice", "systemctl --user start dbus.socket")


def test_user_without_a_manager_is_told_to_linger(guest):
    guest("root", "loginctl terminate-user bob")
    guest.wait(lambda: guest("root", "test -e /run/user/1001").code, "bob's manager to end")
    assert guest.ok("root", in_empty_environment("bob", 1001, FREE)).split() == ["ran"]
    refused = guest("root", in_empty_environment("bob", 1001, HELD))
    assert refused.code == 125, refused
    assert "--memory" in refused.stderr and "loginctl enable-linger" in refused.stderr, refused
    assert guest.ok("root", in_empty_environment("bob", 1001, f"{CUBBY} ps -aq")) == ""


def test_user_with_a_login_has_a_manager_that_does_not_linger(guest):
    assert guest.ok("bob", HELD).split() == LIMITS


def test_root_from_a_service(guest):
    held = HELD.replace("run ", "run --userns=host ", 1)
    assert guest.ok("root", f"systemd-run --quiet --wait --pipe --working-directory=/ {held}").split() == LIMITS
    assert guest.ok("root", f"env -i PATH=/usr/bin:/bin {held}").split() == LIMITS
