# SPDX-License-Identifier: Apache-2.0
"""Users who have few ids: an image that needs more says so before anything is unpacked."""

import io
import os
import tarfile

import pytest

from support import image
from support.program import run

FEW = 1000


def layer_of(uid):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, owner in (("a", 0), ("b", uid), ("c", 0)):
            member = tarfile.TarInfo(name)
            member.uid = member.gid = owner
            tar.addfile(member)
    return out.getvalue()


@pytest.fixture
def archive(base):
    path = os.path.join(base, "ids.tar")
    image.oci_archive(path, {"localhost/ids:1": image.Image([layer_of(0), layer_of(5000)])})
    return path


@pytest.fixture
def with_few_ids(cubby, base, user):
    """cubby as root of a user namespace of FEW ids."""
    place = os.path.join(base, "few")
    os.mkdir(place)
    os.chmod(place, 0o777)

    def call(*args):
        first_uid, first_gid = user.subuid[0], user.subgid[0]
        return run(["unshare", "--user", f"--map-users={first_uid},0,{FEW}",
                    f"--map-groups={first_gid},0,{FEW}", "--setuid", "0", "--setgid", "0", "--",
                    cubby.path, "--root", place + "/data", "--runroot", place + "/run", *args],
                   env=cubby.environment(), cwd=place)
    call.place = place
    return call


@pytest.mark.rootless
@pytest.mark.subids
def test_an_owner_that_the_map_does_not_hold(with_few_ids, archive):
    done = with_few_ids("load", "-q", "-i", archive)
    assert done.code == 125, done
    assert "user 5000" in done.stderr and f"{FEW} user" in done.stderr, done
    assert "/etc/subuid" in done.stderr and "--single-id" in done.stderr, done
    layers = with_few_ids("unshare", "ls", with_few_ids.place + "/data/layers")
    assert layers.stdout.split() in ([], ["lock"]), layers
    assert with_few_ids("images", "--noheading").stdout == ""


@pytest.mark.rootless
@pytest.mark.subids
def test_all_files_as_ones_own(with_few_ids, archive):
    done = with_few_ids("load", "-q", "--single-id", "-i", archive)
    assert done.code == 0, done
    assert "localhost/ids:1" in done.stdout


@pytest.mark.rootless
def test_without_subordinate_ids(cubby, base, pristine_root):
    """The map of one's own id alone unpacks everything as one's own, and runs it."""
    path = os.path.join(base, "busybox.tar")
    image.oci_archive(path, {"localhost/bb:1": image.busybox(pristine_root).add({"f": "x"})})
    cubby.ok("load", "-q", "--single-id", "-i", path)
    assert cubby.ok("run", "--rm", "--uidmap", "0:0:1", "bb:1", "stat", "-c", "%u:%g", "/f") == "0:0"
