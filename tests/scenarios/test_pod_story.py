# SPDX-License-Identifier: Apache-2.0
"""A pod for a web server and who looks at it: from nothing to nothing, as one types it."""

import os

import pytest

from support import image, process


@pytest.fixture
def box(cubby, base, pristine_root):
    path = os.path.join(base, "busybox.tar")
    image.docker_archive(path, {"localhost/busybox:1": image.busybox(pristine_root)})
    cubby.ok("load", "-q", "-i", path)
    yield cubby
    cubby.ok("pod", "rm", "-f", "-t", "0", "-a")


def test_pod_story(box, base):
    site = os.path.join(base, "site")
    os.mkdir(site, 0o755)
    with open(os.path.join(site, "index.html"), "w", encoding="ascii") as f:
        f.write("hello from the pod\n")
    os.chmod(os.path.join(site, "index.html"), 0o644)
    box.ok("pod", "create", "--label", "team=a", "-v", f"{site}:/srv:ro", "shop")
    box.ok("run", "-d", "--pod", "shop", "--name", "web", "busybox:1", "httpd", "-f", "-p", "8080", "-h", "/srv")
    # the other one reaches it as localhost, and sees neither its processes nor its files
    look = ("run", "--rm", "--pod", "shop", "busybox:1", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/")
    process.wait_until(lambda: box(*look).code == 0, "the web server to answer", 10)
    assert box.ok(*look) == "hello from the pod"
    assert "httpd" not in box.ok("run", "--rm", "--pod", "shop", "busybox:1", "ps")
    assert "httpd" in box.ok("run", "--rm", "--pod", "shop", "--pid", "container:web", "busybox:1", "ps")
    # outside there is nobody
    assert box("run", "--rm", "busybox:1", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/").code == 1
    # a restart of everything, after which all is found again
    box.ok("pod", "stop", "-t", "0", "shop")
    assert "Exited" in box.ok("pod", "ps")
    box.ok("start", "web")
    assert "Running" in box.ok("pod", "ps", "--filter", "label=team=a")
    process.wait_until(lambda: box(*look).code == 0, "the web server to answer again", 10)
    assert "shop" in box.ok("ps", "--pod", "--filter", "name=web")
    box.ok("pod", "rm", "-f", "-t", "0", "shop")
    assert box.ok("ps", "-aq") == "" and box.ok("pod", "ps", "-q") == ""
