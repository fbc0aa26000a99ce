# SPDX-License-Identifier: Apache-2.0
"""The cgroup of a pod: its limits, who is in it, and that it goes."""

import json

from support.cgroup import TOP, Cgroup

MIB = 1 << 20


def pod_document(cubby, name):
    return json.loads(cubby.ok("pod", "inspect", name))


def test_limits_are_for_all_of_its_containers(cubby, cgroup_of, eventually, user):
    cubby.ok("pod", "create", "--name", "shop", "--network", "none", "--memory", "96m", "--cpus", "0.5",
             "--pids-limit", "200", "--cpuset-cpus", "0")
    cubby.ok("run", "-d", "--name", "one", "--pod", "shop", "--memory", "64m", "busybox", "sleep", "100")
    cubby.ok("run", "-d", "--name", "two", "--pod", "shop", "busybox", "sleep", "100")
    shown = pod_document(cubby, "shop")
    shown = shown[0] if isinstance(shown, list) else shown
    assert shown["CreateCgroup"] and shown["memory_limit"] == 96 * MIB and shown["cpuset_cpus"] == "0"
    assert shown["cpu_quota"] == 50000 and shown["cpu_period"] == 100000 and shown["pids_limit"] == 200
    group = Cgroup(TOP + shown["CgroupPath"])
    above = "machine" if user.is_root else "user"
    assert shown["CgroupParent"] == f"{above}.slice" and group.name.startswith(f"{above}-cubby_pod_")
    assert group.number("memory.max") == 96 * MIB and group.read("cpu.max") == "50000 100000"
    assert group.number("pids.max") == 200 and group.read("cpuset.cpus") == "0"
    for name in ("one", "two"):
        assert cgroup_of(name).path.startswith(group.path + "/")
    # its own limit counts as well
    assert cgroup_of("one").number("memory.max") == 64 * MIB
    # infra container, two others, and a monitor for each
    eventually(lambda: len(group.all_pids()) >= 6, "all of the pod are in its cgroup")
    assert cubby.ok("pod", "ps", "--format", "{{.Cgroup}}") == f"{above}.slice"

    # the limits are there again after all has ended
    cubby.ok("pod", "stop", "-t", "0", "shop")
    cubby.ok("pod", "start", "shop")
    assert group.number("memory.max") == 96 * MIB and cgroup_of("two").path.startswith(group.path + "/")
    cubby.ok("pod", "rm", "-f", "-t", "0", "shop")
    eventually(lambda: not group.exists, "the pod's cgroup is gone")


def test_containers_together_run_out_of_memory(cubby, eventually):
    cubby.ok("pod", "create", "--name", "tight", "--network", "none", "--memory", "48m", "--memory-swap", "48m")
    cubby.ok("run", "-d", "--name", "calm", "--pod", "tight", "busybox", "sleep", "100")
    r = cubby("run", "--name", "hungry", "--pod", "tight", "busybox", "dd", "if=/dev/zero", "of=/dev/null", "bs=100M",
              "count=1")
    assert r.code != 0, r
    assert cubby.ok("inspect", "--format", "{{.State.Status}}", "calm") == "running"
    cubby.ok("pod", "rm", "-f", "-t", "0", "tight")


def test_parent_is_shared_or_not(cubby, cgroup_of, systemd):
    cubby.ok("pod", "create", "--name", "apart", "--network", "none", "--share-parent=false", "--memory", "64m",
             "--cgroup-parent", "cubbytest.slice")
    cubby.ok("run", "-d", "--name", "alone", "--pod", "apart", "busybox", "sleep", "100")
    shown = pod_document(cubby, "apart")
    shown = shown[0] if isinstance(shown, list) else shown
    assert "/cubbytest.slice/cubbytest-cubby_pod_" in shown["CgroupPath"]
    assert shown["CgroupPath"] not in cgroup_of("alone").path
    cubby.ok("pod", "rm", "-f", "-t", "0", "apart")
    systemd.ctl("stop", "cubbytest.slice")

    cubby.ok("pod", "create", "--name", "view", "--network", "none", "--share", "+cgroup")
    cubby.ok("run", "-d", "--name", "seen", "--pod", "view", "busybox", "sleep", "100")
    infra = pod_document(cubby, "view")
    infra = (infra[0] if isinstance(infra, list) else infra)["InfraContainerID"]
    ns = cubby.ok("ps", "-a", "--ns", "--no-trunc", "--format", "{{.ID}} {{.Cgroup}}").splitlines()
    spaces = dict(line.split() for line in ns)
    assert spaces[infra] == spaces[cubby.ok("inspect", "--format", "{{.Id}}", "seen")]
    cubby.ok("pod", "rm", "-f", "-t", "0", "view")
