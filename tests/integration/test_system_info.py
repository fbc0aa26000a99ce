# SPDX-License-Identifier: Apache-2.0
"""info, system reset, system check, and what they say."""

import os
import re

import pytest

from support import image


def test_info(cubby, busybox_root, user):
    cubby.ok("run", "-d", "--name", "one", "--rootfs", busybox_root, "sleep", "1000")
    cubby.ok("create", "--name", "two", "--rootfs", busybox_root, "true")
    info = cubby.json("info", "--format", "json")
    assert cubby.json("system", "info", "-f", "{{json}}")["version"] == info["version"]
    assert set(info) == {"host", "plugins", "registries", "store", "version"}
    store, host = info["store"], info["host"]
    assert store["containerStore"] == {"number": 2, "paused": 0, "running": 1, "stopped": 1}
    assert store["graphRoot"] == cubby.data and store["runRoot"] == cubby.run_dir
    assert store["graphRootAllocated"] > store["graphRootUsed"] > 0
    assert host["security"]["rootless"] == (not user.is_root)
    assert host["kernel"] == os.uname().release and host["cpus"] == os.cpu_count()
    assert (host["idMappings"]["uidmap"] is None) == user.is_root
    assert "CAP_CHOWN" in host["security"]["capabilities"].split(",")
    # the page for people has the same members
    page = cubby.ok("info").splitlines()
    for line in ("host:", "  os: linux", "store:", f"  graphRoot: {cubby.data}", "    running: 1",
                 f"  eventLogger: {host['eventLogger']}", "version:"):
        assert line in page, page
    # podman's names, and Docker's
    assert cubby.ok("info", "-f", "{{.Host.OS}} {{.Store.GraphRoot}} {{.Version.Version}}") == \
        f"linux {cubby.data} {info['version']['Version']}"
    assert cubby.ok("info", "-f", "{{.OSType}} {{.ServerVersion}} {{.Containers}} {{.ContainersRunning}} {{.NCPU}}") == \
        f"linux {info['version']['Version']} 2 1 {os.cpu_count()}"
    assert cubby.ok("--events-backend", "none", "info", "-f", "{{.Host.EventLogger}}") == "none"
    cubby.fails("info", "-f", "{{.Nope}}", code=125)
    client = cubby.json("version", "--format", "json")["Client"]
    assert client["OsArch"] == f"linux/{host['arch']}" and f"OS/Arch:      {client['OsArch']}" in cubby.ok("version")
    assert cubby.ok("version", "--format", "{{.Server.Version}} {{.Client.Os}}") == f"{client['Version']} linux"


@pytest.fixture
def loaded(cubby, shared_dir, pristine_root):
    path = os.path.join(shared_dir, "system.tar")
    if not os.path.exists(path):
        image.docker_archive(path, {("localhost/base:1",): image.busybox(pristine_root)})
    cubby.ok("load", "-q", "-i", path)
    return cubby


@pytest.mark.subids
def test_df_volumes(loaded):
    loaded.ok("volume", "create", "spare")
    loaded.ok("create", "--name", "one", "-v", "data:/data", "-v", "/anonymous", "base:1", "true")
    loaded.ok("run", "--rm", "-v", "data:/data", "base:1", "dd", "if=/dev/zero", "of=/data/f", "bs=1k", "count=100")
    sums = {s["Type"]: s for s in loaded.json("system", "df", "--format", "json")}
    volumes = sums["Local Volumes"]
    assert (volumes["Total"], volumes["Active"]) == (3, 2)
    assert volumes["RawSize"] > 100_000 > volumes["RawReclaimable"] > 0
    shown = loaded.ok("system", "df", "-v")
    part = shown[shown.index("Local Volumes space usage:"):shown.index("Build cache usage:")]
    rows = [line.split() for line in part.splitlines()[2:] if line]
    assert rows[0] == ["VOLUME", "NAME", "LINKS", "SIZE"]
    assert {r[0]: r[1] for r in rows[1:]}["data"] == "1" and {r[0]: r[1] for r in rows[1:]}["spare"] == "0"
    container = next(line for line in shown.splitlines() if line.endswith("one"))
    assert re.split(r"  +", container)[2] == "true"
    assert re.split(r"  +", container)[3] == "2"


@pytest.mark.subids
def test_reset(loaded):
    loaded.ok("run", "-d", "--name", "one", "-v", "data:/data", "base:1", "sh", "-c", "touch /data/x; sleep 1000")
    loaded.ok("run", "-d", "--name", "two", "--userns=auto", "base:1", "sleep", "1000")
    loaded.ok("pod", "create", "--name", "shop")
    loaded.ok("run", "-d", "--pod", "shop", "base:1", "sleep", "1000")
    loaded.ok("secret", "create", "word", "/etc/hostname")
    loaded.ok("build", "-q", "-", input="FROM base:1\nRUN --mount=type=cache,target=/c,uid=5,gid=5 touch /c/x\n")
    pid = loaded.pid("one")
    mine = os.path.join(loaded.data, "mine")
    with open(mine, "w"):
        pass
    asked = loaded("system", "reset", input="n\n")
    assert asked.code == 0 and "WARNING! This will remove:" in asked.stdout and loaded.data in asked.stdout
    assert loaded.status("one") == "running"
    assert loaded.ok("system", "reset", "--force") == ""
    assert not os.path.exists(f"/proc/{pid}") or "zombie" in open(f"/proc/{pid}/status").read()
    # what is not ours stays
    assert [f for f in os.listdir(loaded.data) if not f.startswith("stores")] == ["mine"]
    assert not os.path.exists(loaded.run_dir) or os.listdir(loaded.run_dir) == []
    assert loaded.ok("ps", "-aq") == loaded.ok("images", "-q") == loaded.ok("volume", "ls", "-q") == ""
    assert loaded.ok("pod", "ps", "-q") == loaded.ok("secret", "ls", "-q") == ""
    loaded.ok("system", "reset", "-f")


@pytest.mark.subids
def test_check_force(loaded):
    """A damaged image goes with its containers only if that is asked for."""
    loaded.ok("create", "--name", "one", "base:1", "true")
    blobs = os.path.join(loaded.data, "blobs/sha256")
    largest = max((os.path.join(blobs, f) for f in os.listdir(blobs)), key=os.path.getsize)
    os.chmod(largest, 0o600)
    with open(largest, "r+b") as f:
        f.write(b"altered")
    assert "was altered" in loaded("system", "check").stdout
    assert "--force is for --repair" in loaded.fails("system", "check", "--force", code=125)
    assert "left, as a container is made from it" in loaded.ok("system", "check", "--repair")
    assert loaded.names() == ["one"]
    assert "removed with the containers" in loaded.ok("system", "check", "--repair", "--force")
    assert loaded.names() == [] and loaded.ok("images", "-q") == ""
