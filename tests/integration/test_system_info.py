# SPDX-License-Identifier: Apache-2.0
"""info, system reset, system check, and what they say."""

import os


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
