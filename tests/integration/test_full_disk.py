# SPDX-License-Identifier: Apache-2.0
"""A file system that is too small: a sentence, the space given back, and all that was there still works.

The small file system is a tmpfs in a mount namespace of the test's own, so only root can make it; what runs
on it runs as root and as the ordinary user."""

import os
import pwd
import shlex

import pytest

from support import image
from support.program import run

pytestmark = pytest.mark.root

TEST_USER = "cubby-test"


def has_user():
    try:
        return pwd.getpwnam(TEST_USER) is not None
    except KeyError:
        return False


@pytest.fixture(scope="session")
def archives(shared_dir, pristine_root):
    """A small image; one whose blob is too large; one whose layer is, once it is unpacked."""
    small = image.busybox(pristine_root)
    made = {
        "small": small,
        "noise": small.add({"noise": os.urandom(9_000_000)}),
        "zeros": small.add({"zeros": b"\0" * 30_000_000}),
    }
    paths = {}
    for name, content in made.items():
        paths[name] = os.path.join(shared_dir, f"full-{name}.tar")
        image.oci_archive(paths[name], {f"localhost/{name}:1": content})
    return paths


@pytest.fixture(params=["root", TEST_USER])
def on_small_disk(request, cubby, base):
    """Runs shell lines with a file system of 12 MB as $D; `cubby` has its data there."""
    if request.param != "root" and not has_user():
        pytest.skip(f"there is no user {TEST_USER}")
    place = os.path.join(base, "small")
    os.mkdir(place)

    def on(script):
        command = shlex.join([cubby.path, "--root", place + "/data", "--runroot", place + "/run"])
        lines = f"cubby() {{ {command} \"$@\"; }}\nD={place}\ncd $D\n{script}"
        become = "" if request.param == "root" else (
            f"setpriv --reuid={TEST_USER} --regid={TEST_USER} --init-groups ")
        outer = (f"mount -t tmpfs -o size=12m,mode=0777 small {place}\n"
                 f"exec {become}env HOME={place} sh -c {shlex.quote(lines)}")
        return run(["unshare", "--mount", "--propagation", "private", "sh", "-ec", outer],
                   env=cubby.environment(), cwd=base)
    return on


@pytest.mark.parametrize("which", ["noise", "zeros"])
def test_no_space_for_an_image(on_small_disk, archives, which):
    done = on_small_disk(f"""
        cubby load -q -i {archives['small']} || exit 1
        before=$(du -sk $D | cut -f1)
        # it is chance who is without space first, who writes the blob or who unpacks it
        for i in 1 2 3 4 5; do cubby load -q -i {archives[which]} && exit 1; done
        cubby load -q -i {archives[which]}
        echo "status $?"
        after=$(du -sk $D | cut -f1)
        echo "grown $((after - before))"
        echo "images $(cubby images --noheading | wc -l)"
        cubby run --network none --rm small:1 echo still works
        cubby system check && echo checked
        ls -A $D/data/blobs/partial $D/data/layers | grep '^\\.' ; true
    """)
    said = done.stdout.splitlines()
    assert "status 125" in said, done
    assert "no space left on device" in done.stderr, done
    assert "cubby image prune" in done.stderr or "df -h" in done.stderr, done
    assert "images 1" in said and "still works" in said and "checked" in said, done
    # all that came is given back
    grown = int([line for line in said if line.startswith("grown ")][0].split()[1])
    assert grown < 200, done
    assert not [line for line in said if line.startswith(".")], done


def test_no_space_for_the_records(on_small_disk, archives):
    """Nothing at all can be written any more: what was there stays."""
    done = on_small_disk(f"""
        cubby load -q -i {archives['small']} || exit 1
        cubby tag small:1 other:1 || exit 1
        dd if=/dev/zero of=$D/filler bs=4k 2>/dev/null
        for i in $(seq 40); do cubby tag small:1 name$i:1 2>>$D/errors || break; done
        cubby load -q -i {archives['zeros']}
        echo "status $?"
        rm -f $D/filler
        cubby images --format '{{{{.Repository}}}}' | sort | head -3
        cubby run --network none --rm other:1 echo still works
    """)
    said = done.stdout.splitlines()
    assert "status 125" in said and "still works" in said, done
    assert "localhost/small" in done.stdout or "localhost/other" in done.stdout, done


def test_no_space_for_what_a_container_with_its_own_ids_writes(on_small_disk, archives):
    """It hears of that as from any file system, and goes on; its files go when it goes."""
    done = on_small_disk(f"""
        map=0:$((300000 * (1 - ($(id -u) > 0)) + 2000)):2000
        cubby load -q -i {archives['small']} || exit 1
        cubby run --network none --rm small:1 true
        cubby run --network none --name c --uidmap $map small:1 sh -c '
            dd if=/dev/zero of=/big bs=64k 2>&1 | grep -o "No space left on device"
            cat /etc/passwd >>/etc/group 2>/dev/null || echo not copied up
            rm /big; chown 1000 /etc/passwd && echo b >/b && cat /b; exit 3'
        echo "status $?"
        cubby rm c
        cubby run --network none --rm --uidmap $map small:1 echo works again
        cubby ps -a --noheading
        echo left $(ls $D/data/containers)
    """)
    said = done.stdout.splitlines()
    assert said[1:5] == ["No space left on device", "not copied up", "b", "status 3"], done
    assert said[-2:] == ["works again", "left"], done


def test_no_space_for_a_build(on_small_disk, archives, base):
    """What the step had written goes; those before it stay in the cache."""
    context = os.path.join(base, "context")
    os.mkdir(context)
    with open(os.path.join(context, "zeros"), "wb") as f:
        f.write(b"\0" * 30_000_000)
    steps = {"Dockerfile": "", "run": "RUN head -c 30000000 /dev/zero >/zeros\n", "copy": "COPY zeros /\n"}
    for name, step in steps.items():
        with open(os.path.join(context, name), "w", encoding="utf-8") as f:
            f.write("FROM small:1\nRUN echo kept >/kept\n" + step)
    done = on_small_disk(f"""
        cubby load -q -i {archives['small']} || exit 1
        cubby build -q --network none {context} || exit 1
        before=$(du -sk $D | cut -f1)
        for name in run copy; do
            cubby build --network none -f {context}/$name {context}
            echo "$name $?"
        done
        after=$(du -sk $D | cut -f1)
        echo "grown $((after - before))"
        cubby build --network none {context} 2>&1 | grep 'Using cache' && cubby system check && echo checked
    """)
    said = done.stdout.splitlines()
    assert "run 1" in said and "copy 125" in said and said[-1] == "checked", done
    assert "COPY failed: write /zeros: no space left on device" in done.stderr, done
    assert int(next(line for line in said if line.startswith("grown")).split()[1]) < 200, done
