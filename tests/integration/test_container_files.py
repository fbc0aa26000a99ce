# SPDX-License-Identifier: Apache-2.0
"""export, diff, mount, unmount: a container's files from outside."""

import io
import os
import subprocess
import tarfile

import pytest

from support import image

pytestmark = pytest.mark.subids

STRANGER = 5000  # an id that the small map below has not
SMALL = ["--uidmap", "0:3000:2000"]


def entry(name, uid, mode, kind=tarfile.REGTYPE):
    member = tarfile.TarInfo(name)
    member.uid = member.gid = uid
    member.mode, member.type, member.mtime = mode, kind, 1700000000
    return member


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    """busybox, with files of somebody whom a small map does not have."""
    path = os.path.join(shared_dir, "container-files.tar")
    if not os.path.exists(path):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for member, data in ((entry("secret", STRANGER, 0o600), b"hidden"),
                                 (entry("priv", STRANGER, 0o700, tarfile.DIRTYPE), None),
                                 (entry("priv/link", STRANGER, 0o777, tarfile.SYMTYPE), None),
                                 (entry("priv/in", 7, 0o640), b"deep")):
                member.size = len(data or b"")
                member.linkname = "in" if member.issym() else ""
                tar.addfile(member, io.BytesIO(data) if data else None)
        odd = image.busybox(pristine_root)
        odd.layers.append(buffer.getvalue())
        odd.comments.append("ADD strangers")
        image.oci_archive(path, {"localhost/bb:1": image.busybox(pristine_root), "localhost/odd:1": odd})
    return path


@pytest.fixture
def images(cubby, archive):
    cubby.ok("load", "-q", "-i", archive)


def exported(cubby, name):
    run = subprocess.run(cubby.argv("export", name), env=cubby.environment(), stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, check=False)
    assert run.returncode == 0 and run.stderr == b"", run
    with tarfile.open(fileobj=io.BytesIO(run.stdout)) as tar:
        return {m.name: (m, tar.extractfile(m).read() if m.isfile() else None) for m in tar}


def test_export_of_what_its_root_may_not_read(cubby, images):
    cubby.ok("run", "--name", "small", *SMALL, "localhost/odd:1", "sh", "-c",
             "! cat /secret 2>/dev/null && echo x >/new && chown 9:8 /new && rm /etc/group")
    files = exported(cubby, "small")
    assert files["secret"][1] == b"hidden" and files["priv/in"][1] == b"deep"
    assert files["priv/link"][0].linkname == "in"
    assert {n: files[n][0].uid for n in ("secret", "priv", "priv/in", "new", "bin")} == \
        {"secret": 65534, "priv": 65534, "priv/in": 7, "new": 9, "bin": 0}
    assert files["new"][0].gid == 8 and "etc/group" not in files
    assert files["priv"][0].mode == 0o700 and files["secret"][0].mode == 0o600
