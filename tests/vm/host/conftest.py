# SPDX-License-Identifier: Apache-2.0
"""The tests here run outside the virtual machine and drive it: they reboot it, or need sessions of several kinds.

    guest("alice", "cubby ps")      a command (a list, or a shell line) in a login session of its own; the Result
    guest.ok("root", ...)           expects success; what it printed
    guest.reboot()                  in order, its disk kept
    guest.wait(lambda: ..., "what it is", seconds)

Cubby is installed in it; /srv/tests/ready/busybox.tar is an image for `load`, and /srv/tests/ready/busybox its tree.
"""

import os

import pytest

from support import process
from support.program import Result
from vm.machine import Machine


class Guest:
    def __init__(self, machine):
        self.machine = machine

    def __call__(self, user, command, timeout=120):
        done = self.machine.run(user, command, timeout)
        return Result(["guest", user, command] if isinstance(command, str) else ["guest", user, *command],
                      done.returncode, done.stdout, done.stderr)

    def ok(self, user, command, **more):
        result = self(user, command, **more)
        assert result.code == 0, result
        return result.stdout.rstrip("\n")

    def reboot(self):
        assert self.machine.reboot()

    @staticmethod
    def wait(condition, what, timeout=120):
        return process.wait_until(condition, what, timeout)


@pytest.fixture(scope="session")
def guest():
    machine = Machine(os.environ["CUBBY_VM"])
    assert machine.is_up(), f"no machine {machine.name} is up"
    return Guest(machine)
