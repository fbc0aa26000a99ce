# SPDX-License-Identifier: Apache-2.0
"""What stands in the way of containers in containers is said, with the remedy; and where --nested is refused."""

import pytest

from support.program import run as run_program

pytestmark = pytest.mark.subids

REMEDY = "cubby run --nested"


@pytest.fixture
def inside(cubby, user, nest_archive):
    """inside("--cap-drop=ALL", words=["id"]): cubby in a container with these options; the Result."""
    cubby.ok("import", nest_archive, "nest")
    own = ["--uidmap", "0:100000:65536"] if user.is_root else []

    def call(*options, words=("run", "--rm", "--rootfs", "/", "true")):
        return cubby("run", "--rm", *own, *options, "nest", "cubby", *words)
    return call


HELLO = ("run", "--rm", "cubby/hello", "true")
UNCONFINED = ("--security-opt", "seccomp=unconfined")


WITHOUT = [
    ((), None, "make a user namespace"),
    ((), HELLO, "make a process"),
    (("-u", "carol"), None, "user carol has no subordinate ids"),
    (UNCONFINED, None, "mount /proc"),
    (UNCONFINED, HELLO, "lies on an overlay itself"),
    ((*UNCONFINED, "--security-opt", "unmask=ALL"), HELLO, "lies on an overlay itself"),
]


def test_a_container_without_the_option(inside):
    for options, words, said in WITHOUT:
        done = inside(*options, **({"words": words} if words else {}))
        assert done.code == 125 and said in done.stderr and REMEDY in done.stderr, (options, words, done)


TAKEN = [
    (("--cap-drop", "SETUID"), "CAP_SETUID is kept back"),
    (("--cap-drop", "SETGID"), "CAP_SETGID is kept back"),
    (("--cap-drop", "SETFCAP"), "needs CAP_SETFCAP"),
    (("--cap-drop", "SYS_ADMIN", "-u", "carol"), "CAP_SYS_ADMIN is kept back"),
    (("--cap-drop", "ALL", "-u", "carol"), "CAP_SETUID is kept back"),
    (("--security-opt", "no-new-privileges", "-u", "carol"), "no_new_privs is set"),
]


def test_rights_that_were_taken_away(inside):
    for options, said in TAKEN:
        done = inside("--nested", *options)
        assert done.code == 125 and said in done.stderr, (options, done)
        assert "start" in done.stderr.splitlines()[-1], (options, done)


def test_one_id_needs_no_helper(inside):
    assert inside("--nested", "--cap-drop", "ALL", "-u", "carol", words=(
        "run", "--rm", "--uidmap", "0:0:1", "--rootfs", "/", "true")).code == 0


@pytest.mark.root
@pytest.mark.parametrize("options,why", [
    (("--userns", "host"), "root in the container is the host's root"),
    (("--uidmap", "0:0:65536"), "holds id 0 of the host"),
    (("--uidmap", "0:100000:1000", "--uidmap", "5000:0:1"), "holds id 0 of the host"),
    (("--uidmap", "0:100000:1000", "--gidmap", "0:0:1000"), "holds id 0 of the host"),
], ids=["host", "identity", "far", "group"])
def test_refused_where_root_inside_is_root_outside(cubby, busybox_root, options, why):
    said = cubby.fails("run", "--rm", "--nested", *options, "--rootfs", busybox_root, "true", code=125)
    assert why in said and "--userns=auto" in said, said
    assert cubby.names() == []


@pytest.mark.rootless
def test_root_of_a_namespace_of_somebody_elses(cubby, user, busybox_root, base):
    """As with unshare -r or podman unshare: what that namespace has is all there is."""
    done = run_program([*user.in_namespace([cubby.path]), "--root", base + "/d", "--runroot", base + "/r", "run", "--rm",
                        "--rootfs", busybox_root, "cat", "/proc/self/uid_map"], env=cubby.environment(), cwd=base)
    assert done.code == 0, done
    theirs = run_program(user.in_namespace(["cat", "/proc/self/uid_map"]), env=cubby.environment(), cwd=base)
    assert [line.split()[::2] for line in done.lines] == [line.split()[::2] for line in theirs.lines], done
