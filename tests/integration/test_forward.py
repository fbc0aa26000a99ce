# SPDX-License-Identifier: Apache-2.0
"""The forwarder of published ports, alone between namespaces that are made for it (support/forward_rig.py)."""

import os

import pytest

from support import forward_rig, program

FORWARDER = "libexec/cubby/network"


@pytest.mark.parametrize("scenarios", [["addresses", "endings"], ["datagrams"], ["few_fds", "ending"], ["many"]],
                         ids=lambda names: names[0])
def test_forwarder(scenarios, base):
    path = os.path.join(os.environ.get("CUBBY_PREFIX", "/usr/local"), FORWARDER)
    done = program.run(["unshare", "-Urn", "python3", "-B", forward_rig.__file__, path, *scenarios],
                       env={**os.environ, "FORWARD_CONNECTIONS": "2000"}, cwd=base)
    assert done.code == 0, done.stdout + done.stderr
    assert done.stdout.count(" ok\n") == len(scenarios)
