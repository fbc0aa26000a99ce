# SPDX-License-Identifier: Apache-2.0
"""The lesson: why a container's root should not be the host's root, and the three cures."""

import os

import pytest

from support import process

pytestmark = pytest.mark.root


@pytest.fixture
def etc(base):
    """A directory that plays the host's /etc: root's, with a shadow file."""
    path = os.path.join(base, "etc")
    os.mkdir(path, 0o755)
    with open(os.path.join(path, "shadow"), "w", encoding="utf-8") as f:
        f.write("root:*:19000:0:99999:7:::\n")
    os.chmod(os.path.join(path, "shadow"), 0o640)
    return path


def shadow(etc):
    with open(os.path.join(etc, "shadow"), encoding="utf-8") as f:
        return f.read()


def write(*options):
    """The evil deed: a line added to the mounted shadow file."""
    return [*options, "sh", "-c", "echo evil:x >> /mnt/shadow"]


def test_root_in_the_container_is_root_on_the_host(cubby, busybox_root, etc):
    """If one insists."""
    done = cubby("run", "--rm", "--userns=host", "-v", f"{etc}:/mnt", "--rootfs", busybox_root, *write())
    assert done.code == 0, done
    assert "evil" in shadow(etc)
    assert len(done.stderr.splitlines()) == 1, done
    assert etc in done.stderr
    assert "--uidmap" in done.stderr


def test_without_a_word_it_is_denied(cubby, busybox_root, etc):
    """Each container of root has a range of its own, unless somebody says otherwise."""
    done = cubby("run", "--rm", "-v", f"{etc}:/mnt", "--rootfs", busybox_root, *write())
    assert done.code == 1, done
    assert "Permission denied" in done.stderr
    assert "evil" not in shadow(etc)


def test_a_plain_user_is_denied(cubby, busybox_root, etc):
    done = cubby("run", "--rm", "--userns=host", "-u", "6667:6667", "-v", f"{etc}:/mnt", "--rootfs", busybox_root,
                 *write())
    assert done.code == 1, done
    assert "Permission denied" in done.stderr
    assert "evil" not in shadow(etc)


def test_the_host_sees_the_plain_user(cubby, busybox_root):
    name = "plain"
    cubby.ok("run", "-d", "--name", name, "--userns=host", "-u", "6667:6667", "--rootfs", busybox_root, "sleep", "1000")
    assert process.host_ids(cubby.pid(name)) == (6667, 6667)
    assert cubby.ok("exec", name, "id", "-u") == "6667"


def test_a_mapped_root_is_denied(cubby, busybox_root, etc):
    done = cubby("run", "--rm", "--uidmap", "0:2000:1000", "-v", f"{etc}:/mnt",
                 "--rootfs", busybox_root, *write())
    assert done.code == 1, done
    assert "Permission denied" in done.stderr
    assert "evil" not in shadow(etc)


def test_the_host_sees_the_mapped_root(cubby, busybox_root):
    name = "mapped"
    cubby.ok("run", "-d", "--name", name, "--uidmap", "0:2000:1000", "--rootfs", busybox_root,
             "sleep", "1000")
    assert process.host_ids(cubby.pid(name)) == (2000, 2000)
    assert cubby.ok("exec", name, "id", "-u") == "0"
    assert cubby.ok("exec", name, "cat", "/proc/self/uid_map").split() == ["0", "2000", "1000"]


def test_a_mapped_root_has_no_power_over_the_host(cubby, busybox_root):
    """CAP_SYS_ADMIN and the like exist only inside."""
    done = cubby("run", "--rm", "--uidmap", "0:2000:1000", "--rootfs", busybox_root,
                 "sh", "-c", "hostname evil; date -s 2001-01-01; id -u")
    assert done.lines[-1] == "0"
    assert "Operation not permitted" in done.stderr or "not permitted" in done.stderr
