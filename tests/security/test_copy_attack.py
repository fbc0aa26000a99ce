# SPDX-License-Identifier: Apache-2.0
"""cp with a container whose root flips links meanwhile: CVE-2018-15664, CVE-2019-14271, CVE-2024-1753 and
their like.

`outside` fails the test when anything of the host's was made, changed or written to.
"""

import os
import subprocess

import pytest

SECRET = "untouched"  # what the host's file says; no container may learn it by a copy


@pytest.fixture(params=[[], ["--userns=host", "--pid=host"]], ids=["own", "host"])
def box(request, cubby, evil_root, outside, user):
    """A container where /flip is by turns a directory, and a link to the host's; and so is what is in /tree."""
    if request.param and not user.is_root:
        pytest.skip("what root's containers can be")
    options = [o for o in request.param if o != "--pid=host"]
    for name in ("flip", "tree", "tree/in", "tree/sub"):
        os.mkdir(os.path.join(evil_root, name))
        os.chmod(os.path.join(evil_root, name), 0o777)
    os.chmod(evil_root, 0o777)
    for link in ("link", "tree/link"):
        os.symlink(outside, os.path.join(evil_root, link))
    for path in ("flip/victim", "tree/in/victim", "tree/sub/file"):
        with open(os.path.join(evil_root, path), "w", encoding="utf-8") as f:
            f.write("bait")
    cubby.ok("run", "-d", "--name", "box", *options, "--rootfs", evil_root, "sh", "-c",
             "/hostile swap /flip /link & /hostile swap /tree/in /tree/link & sleep 1000")
    yield cubby
    cubby.ok("rm", "-f", "-t", "0", "box")


def test_into_it(box, base):
    source = os.path.join(base, "source")
    os.mkdir(source)
    with open(os.path.join(source, "victim"), "w", encoding="utf-8") as f:
        f.write("from the host")
    archive = subprocess.run(["tar", "-C", base, "-c", "source"], stdout=subprocess.PIPE, check=True).stdout
    for _ in range(15):
        box("cp", f"{source}/victim", "box:/flip/victim")
        box("cp", f"{source}/victim", "box:/flip")
        box("cp", f"{source}/.", "box:/tree/in")
        box("cp", "--overwrite", source, "box:/flip/deeper")
        subprocess.run(box.argv("cp", "-", "box:/flip"), env=box.environment(), input=archive,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def test_out_of_it(box, base, outside):
    """Into one directory again and again, where there are the links of last time."""
    out = os.path.join(base, "out")
    os.mkdir(out)
    for i in range(15):
        box("cp", "box:/tree/.", out)
        box("cp", "-L", "box:/flip", f"{out}/flip{i}")
        box("cp", "box:/flip/victim", f"{out}/file{i}")
    for top, _, files in os.walk(out):
        for name in files:
            path = os.path.join(top, name)
            if not os.path.islink(path):
                with open(path, encoding="utf-8") as f:
                    assert f.read() != SECRET, path
    with open(os.path.join(outside, "victim"), encoding="utf-8") as f:
        assert f.read() == SECRET


def test_links_of_an_earlier_copy(cubby, evil_root, base, outside):
    """The container's root makes what was a link, copied out before, a directory."""
    tree, out = os.path.join(evil_root, "tree"), os.path.join(base, "out")
    os.mkdir(tree)
    os.symlink(outside, os.path.join(tree, "d"))
    os.symlink(os.path.join(outside, "victim"), os.path.join(tree, "f"))
    cubby.ok("run", "-d", "--name", "box", "--rootfs", evil_root, "sleep", "1000")
    cubby.ok("cp", "box:/tree/.", out)
    assert os.readlink(f"{out}/d") == outside
    os.unlink(os.path.join(tree, "d"))
    os.unlink(os.path.join(tree, "f"))
    os.mkdir(os.path.join(tree, "d"))
    for name in ("d/victim", "f"):
        with open(os.path.join(tree, name), "w", encoding="utf-8") as f:
            f.write("evil")
    assert "cannot overwrite non-directory" in cubby.fails("cp", "box:/tree/.", out, code=125)
    cubby.ok("cp", "--overwrite", "box:/tree/.", out)
    assert not os.path.islink(f"{out}/d") and not os.path.islink(f"{out}/f")


def test_a_stopped_one(cubby, evil_root, base, outside):
    """Links of an ended container, also where something is to be mounted for the copy."""
    os.symlink(outside, os.path.join(evil_root, "way"))
    os.symlink("../../../../../../../.." + outside, os.path.join(evil_root, "up"))
    os.symlink("/proc/1/root" + outside, os.path.join(evil_root, "magic"))
    for name in ("f", "victim"):
        with open(os.path.join(base, name), "w", encoding="utf-8") as f:
            f.write("from the host")
    cubby.ok("run", "--name", "ended", "--rootfs", evil_root, "true")
    for target in ("way", "up", "magic", "way/victim", "up/victim", "magic/victim"):
        cubby("cp", f"{base}/victim", f"ended:/{target}")
        cubby("cp", f"{base}/f", f"ended:/{target}")
        result = cubby("cp", "-L", f"ended:/{target}", f"{base}/got")
        assert result.code != 0 or not os.path.isdir(f"{base}/got")


def test_nobody_looks_into_it(cubby, evil_root, base):
    """While a copy goes on, the container's processes neither see nor trace the one that is in there."""
    with open(f"{base}/big", "wb") as f:
        f.truncate(1 << 20)
    cubby.ok("run", "-d", "--name", "box", "--rootfs", evil_root, "sh", "-c",
             "while :; do ls -d /proc/[0-9]*; done >/seen 2>&1")
    for _ in range(10):
        cubby.ok("cp", f"{base}/big", "box:/big")
    said = cubby.ok("exec", "box", "sh", "-c", "grep -c . /seen; cat /proc/*/comm | sort -u")
    assert "cubby" not in said.splitlines()[1:]
