# SPDX-License-Identifier: Apache-2.0
"""container clone, and pods in ps, filters and inspect."""

import os


def test_clone(cubby, base):
    os.mkdir(os.path.join(base, "site"))
    with open(os.path.join(base, "site", "page"), "w", encoding="ascii") as f:
        f.write("hello")
    first = cubby.ok("run", "-d", "--name", "web", "--stop-timeout", "0", "--label", "a=b",
                     "--cidfile", os.path.join(base, "cid"), "-e", "X=1", "-e", "FROM_OUTSIDE", "-v", "./site:/srv:ro",
                     "cubby/hello", "sh", "-c", "cat /srv/page; echo; echo $X; exec sleep 100", cwd=base,
                     env={"FROM_OUTSIDE": "then"})
    cubby.wait_log("web", "hello")
    clone = cubby.ok("container", "clone", "web", cwd="/")
    assert cubby.status("web-clone") == "created" and cubby.inspect("web-clone")["Id"] == clone != first
    assert cubby.inspect(clone)["Config"]["Labels"]["a"] == "b"
    # the value that it had where the container was made
    assert "FROM_OUTSIDE=then" in cubby.inspect(clone)["Config"]["Env"]
    again = cubby.ok("container", "clone", "--run", "web", cwd="/")
    assert cubby.inspect(again)["Name"] == "web-clone1"
    cubby.wait_log("web-clone1", "hello")
    # a clone's own command line is that of the original
    assert cubby.ok("container", "clone", "web-clone1", "third") and cubby.status("third") == "created"
    assert "without --force" in cubby.fails("container", "clone", "--destroy", "web", code=125)
    cubby.ok("rm", "-f", "-t", "0", "third", "web-clone", "web-clone1")
    cubby.ok("container", "clone", "--destroy", "--force", "--name", "heir", "web")
    assert cubby.names() == ["heir"]
    assert "already in use" in cubby.fails("container", "clone", "heir", "heir", code=125)
    assert "without --destroy" in cubby.fails("container", "clone", "-f", "heir", code=125)
    assert "no such container" in cubby.fails("container", "clone", "nosuch", code=125)


def test_pods_are_shown(cubby, busybox_root):
    pod = cubby.ok("pod", "create", "--name", "group")
    cubby.ok("create", "--pod", "group", "--name", "member", "--rootfs", busybox_root, "true")
    cubby.ok("create", "--name", "alone", "--rootfs", busybox_root, "true")
    line = cubby.ok("ps", "-ap", "--noheading", "--filter", "name=member")
    assert line.split()[-2:] == [pod[:12], "group"]
    assert cubby.ok("ps", "-a", "--filter", "pod=group", "--filter", "name=member", "--format",
                    "{{.Names}} {{.PodName}}") == "member group"
    assert "alone" not in cubby.ok("ps", "-a", "--filter", f"pod={pod[:6]}")
    assert cubby.json("inspect", "--type", "pod", "group")[0]["Name"] == "group"
    assert cubby.json("inspect", "group")[0]["Name"] == "group"
    assert "no such pod" in cubby.fails("inspect", "--type", "pod", "member", code=125)
    infra = [c for c in cubby.json("ps", "-a", "--format", "json") if c["IsInfra"]]
    assert len(infra) == 1 and infra[0]["PodName"] == "group"
    cubby.ok("pod", "rm", "-f", "group")
