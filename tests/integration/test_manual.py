# SPDX-License-Identifier: Apache-2.0
"""The manual pages that are installed: all are there, and neither groff nor mandoc has anything to complain about."""

import glob
import os
import re
import shutil
import subprocess

import pytest


@pytest.fixture
def pages(cubby):
    return os.path.join(os.path.dirname(os.path.dirname(cubby.path)), "share", "man")


def plain(page):
    done = subprocess.run(["groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", page], text=True, stdout=subprocess.PIPE,
                          check=True)
    return done.stdout


def commands(text):
    """The names in the lists of --help."""
    listed = re.split(r"^Options:|^Examples:", text, flags=re.M)[0]
    return re.findall(r"^  ([a-z][a-z-]*)  ", listed, re.M)


def test_every_command_has_a_page(cubby, pages):
    for name in commands(cubby.ok("--help=all")):
        assert os.path.exists(os.path.join(pages, "man1", f"cubby-{name}.1")), name
        text = cubby.ok(name, "--help")
        if "\nCommands:\n" not in text:
            continue
        for inner in commands(text):
            assert os.path.exists(os.path.join(pages, "man1", f"cubby-{name}-{inner}.1")), (name, inner)
    assert "cubby-runtime-create" in plain(os.path.join(pages, "man1", "cubby-runtime.1"))


def test_a_page_has_all_options(cubby, pages):
    shown = re.findall(r"^ +(?:-.,)? +(--[a-z][a-z-]*)", cubby.ok("run", "--help=all"), re.M)
    assert len(shown) > 40
    page = plain(os.path.join(pages, "man1", "cubby-run.1"))
    for option in shown:
        assert re.search(rf"^ +(-\w, )?{option}\b", page, re.M), option
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"):
        assert re.search(rf"^{section}$", page, re.M), section


def test_no_complaints(pages):
    every = sorted(glob.glob(os.path.join(pages, "man?", "cubby*.[15]")))
    assert len(every) > 50
    done = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8", *every], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    if shutil.which("mandoc"):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *every], stdout=subprocess.PIPE, text=True,
                              check=False)
        assert done.stdout == ""
