# SPDX-License-Identifier: Apache-2.0
"""The security suite attacks the installed programs from outside and from inside of containers.

`hostile` is the attacker's program (hostile.c), in every root file system of this suite as /hostile.
"""

import os
import shutil
import subprocess

import pytest

from attack import copy_prefix, digests, listing
from support.program import Cubby, Runtime

HERE = os.path.dirname(os.path.abspath(__file__))


def compile_program(source, path, *flags):
    subprocess.run(["cc", "-O1", "-w", *flags, "-o", path, os.path.join(HERE, source)], check=True)
    return path


@pytest.fixture(scope="session")
def hostile(shared_dir):
    return compile_program("hostile.c", os.path.join(shared_dir, "hostile"), "-static")


@pytest.fixture(scope="session")
def loader(shared_dir):
    return compile_program("loader.c", os.path.join(shared_dir, "loader"), "-static", "-nostdlib",
                           "-ffreestanding", "-fno-stack-protector")


@pytest.fixture
def evil_root(own_root, hostile):
    """A root file system of the test's own, with /hostile."""
    shutil.copy(hostile, os.path.join(own_root, "hostile"))
    return own_root


@pytest.fixture
def outside(base):
    """A directory of the host's, beside the root file system, that no container may change."""
    path = os.path.join(base, "outside")
    os.mkdir(path, mode=0o777)
    with open(os.path.join(path, "victim"), "w", encoding="utf-8") as f:
        f.write("untouched")
    before = listing(path)
    yield path
    assert listing(path) == before


@pytest.fixture
def running(cubby, evil_root):
    """A container called `victim` that sleeps in evil_root."""
    cubby.ok("run", "-d", "--name", "victim", "--rootfs", evil_root, "sleep", "1000")
    return "victim"


@pytest.fixture(params=["installed", "owned"])
def programs(request, base, environment, user):
    """Cubby and Runtime as installed, and as copies that belong to the user."""
    prefix = os.environ.get("CUBBY_PREFIX", "/usr/local")
    if request.param == "owned":
        prefix = copy_prefix(prefix, os.path.join(base, "prefix"))
    before = digests(prefix)
    found = Cubby(prefix, base, environment, user), Runtime(prefix, base, environment, user)
    yield found
    problems = found[0].remove_all() + found[1].remove_all()
    assert not problems, problems
    assert digests(prefix) == before
