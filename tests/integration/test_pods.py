# SPDX-License-Identifier: Apache-2.0
"""pod create, ps, inspect, start, stop, kill, pause, rm, prune; run --pod."""

import json
import os
import signal

import pytest

from support import image, process

pytestmark = pytest.mark.network

KINDS = ("pid", "ipc", "uts", "net", "user")


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    path = os.path.join(shared_dir, "pods.tar")
    image.oci_archive(path, {"localhost/bb:1": image.busybox(pristine_root)})
    return path


@pytest.fixture
def box(cubby, archive):
    cubby.ok("load", "-q", "-i", archive)
    yield cubby
    cubby.ok("pod", "rm", "-f", "-t", "0", "-a")


def namespaces(pid):
    return {kind: os.readlink(f"/proc/{pid}/ns/{kind}") for kind in KINDS}


def status(box, name):
    return box.ok("pod", "inspect", "-f", "{{.State}}", name)


def sleeper(box, name, *options):
    # ends at a stop signal
    return box.ok("run", "-d", "--name", name, *options, "bb:1", "sh", "-c", "trap 'exit 3' TERM; sleep 1000 & wait")


def test_a_pods_life(box):
    pod = box.ok("pod", "create", "--label", "team=a", "shop")
    assert box.ok("pod", "ps", "-q", "--no-trunc") == pod
    assert status(box, "shop") == "Created"
    infra = box.ok("pod", "inspect", "-f", "{{.InfraContainerID}}", pod[:12])
    assert box.ok("inspect", "-f", "{{.IsInfra}} {{.Pod}} {{.State.Status}}", infra) == f"true {pod} created"
    # the first container starts the infra container
    box.ok("run", "-d", "--pod", "shop", "--name", "web", "bb:1", "sh", "-c",
           "echo seen > /dev/shm/x; echo out; trap 'exit 3' TERM; sleep 1000 & wait")
    held, web = namespaces(box.pid(infra)), namespaces(box.pid("web"))
    assert {k for k in KINDS if held[k] == web[k]} == {"ipc", "uts", "net", "user"}
    assert status(box, "shop") == "Running"
    assert box.ok("run", "--rm", "--pod", pod[:8], "bb:1", "sh", "-c",
                  "cat /dev/shm/x; hostname") == "seen\nshop"
    # a pod's commands are those of its containers
    assert box.ok("pod", "logs", "shop") == "out"
    assert "sleep 1000" in box.ok("pod", "top", "shop", "pid", "args")
    stats = json.loads(box.ok("pod", "stats", "--no-stream", "--format", "json", "shop"))
    assert {s["name"] for s in stats} == {"web", f"{pod[:12]}-infra"}
    assert box.ok("pod", "pause", "shop") == pod and status(box, "shop") == "Paused"
    assert box.ok("pod", "unpause", "shop") == pod and status(box, "shop") == "Running"
    assert box.ok("pod", "stop", "shop") == "shop" and status(box, "shop") == "Exited"
    assert box.ok("inspect", "-f", "{{.State.ExitCode}}", "web") == "3"
    assert box.ok("pod", "start", "shop") == "shop" and status(box, "shop") == "Running"
    before = box.pid("web")
    assert box.ok("pod", "restart", "shop") == pod and box.pid("web") != before
    box.ok("stop", "web")
    assert status(box, "shop") == "Degraded"
    assert box.ok("pod", "kill", "shop") == pod
    process.wait_until(lambda: status(box, "shop") == "Exited", "the pod to have ended", 5)
    assert box.ok("pod", "rm", "shop") == pod
    assert box.ok("ps", "-aq") == "" and box.ok("pod", "ps", "-q") == ""


def test_tables_and_filters(box):
    one = box.ok("pod", "create", "--name", "one", "--label", "a=1", "--label", "b")
    two = box.ok("pod", "create", "two")
    sleeper(box, "web", "--pod", "two")
    heading, *rows = box.ok("pod", "ps").splitlines()
    assert heading.split("  ")[0] == "POD ID" and heading.endswith("# OF CONTAINERS")
    assert [r.split()[0] for r in rows] == [two[:12], one[:12]]
    assert box.ok("pod", "ps", "--sort", "name", "--format", "{{.Name}} {{.Status}} {{.NumberOfContainers}}"
                  ) == "one Created 1\ntwo Running 2"
    listed = box.ok("pod", "ps", "--ctr-names", "--ctr-status", "--noheading", "--filter", "name=two")
    assert f"{two[:12]}-infra,web" in listed and "running,running" in listed
    for filter, want in (("label=a", "one"), ("label=a=2", ""), ("status=running", "two"), ("ctr-names=web", "two"),
                         ("ctr-number=1", "one"), ("id=" + two[:6], "two"), ("ctr-status=created", "one")):
        assert box.ok("pod", "ps", "--filter", filter, "--format", "{{.Name}}") == want, filter
    rows = json.loads(box.ok("pod", "ps", "--format", "json"))
    assert rows[0]["Id"] == two and rows[1]["Labels"] == {"a": "1", "b": ""}
    assert "invalid filter" in box.fails("pod", "ps", "--filter", "colour=red", code=125)
    document = json.loads(box.ok("pod", "inspect", "two"))
    assert document["SharedNamespaces"] == ["ipc", "net", "uts"] and document["NumContainers"] == 2
    assert box("pod", "exists", "two").code == 0 and box("pod", "exists", "three").code == 1
    assert box.ok("ps", "-a", "--filter", "name=web", "--format", "{{.Pod}} {{.PodName}}") == f"{two[:12]} two"
    assert box.ok("ps", "-aq", "--filter", "pod=two", "--filter", "name=web") != ""
    assert box.ok("ps", "-aq", "--filter", "pod=nobody") == ""
    # what has ended is pruned
    box.ok("pod", "stop", "two")
    assert box.ok("pod", "prune", "-f") == two


def test_what_is_shared_and_passed_on(box, base):
    os.mkdir(os.path.join(base, "site"), 0o755)
    open(os.path.join(base, "site", "file"), "w", encoding="ascii").close()
    box.ok("pod", "create", "--share", "+pid", "--hostname", "www", "--add-host", "db:10.0.0.5",
           "-v", "./site:/data:ro", "--infra-name", "holder", "all")
    sleeper(box, "first", "--pod", "all")
    seen = box.ok("run", "--rm", "--pod", "all", "bb:1", "sh", "-c", "hostname; ls /data; grep -w db /etc/hosts; ps")
    assert seen.startswith("www\nfile\n10.0.0.5\tdb\n")
    assert "cubby-init --pause" in seen and "sleep 1000" in seen
    assert "joining the pod UTS namespace" in box.fails("run", "--pod", "all", "-h", "x", "bb:1", "true")
    # nothing is shared
    box.ok("pod", "create", "--share", "none", "apart")
    assert box.ok("pod", "inspect", "-f", "{{.CreateInfra}} {{.NumContainers}}", "apart") == "false 0"
    sleeper(box, "second", "--pod", "apart", "--hostname", "y")
    assert box.ok("exec", "second", "hostname") == "y"
    # made along with its first container
    sleeper(box, "third", "--pod", "new:fresh")
    assert box.ok("pod", "ps", "--filter", "ctr-names=third", "--format", "{{.Name}}") == "fresh"


@pytest.mark.subids
def test_a_user_namespace_of_its_own(box):
    box.ok("pod", "create", "--userns", "auto", "iso")
    sleeper(box, "one", "--pod", "iso")
    sleeper(box, "two", "--pod", "iso")
    a, b = namespaces(box.pid("one")), namespaces(box.pid("two"))
    assert [a[k] for k in ("user", "net", "ipc")] == [b[k] for k in ("user", "net", "ipc")]
    assert a["user"] != namespaces("self")["user"]


def test_what_is_refused(box):
    box.ok("pod", "create", "shop")
    infra = box.ok("pod", "inspect", "-f", "{{.InfraContainerID}}", "shop")
    for words, sentence in (
            (("pod", "create", "shop"), 'name "shop" is in use: pod already exists'),
            (("pod", "create", "--infra-image", "x", "y"), "needs no image"),
            (("pod", "create", "--share", "mnt", "y"), "invalid kernel namespace"),
                (("pod", "create", "--gpus", "1", "y"), "not supported yet"),
            (("pod", "create", "a b"), "name"),
            (("pod", "rm", "nobody"), "no pod with name or ID nobody found: no such pod"),
            (("pod", "start"), "you must provide at least one pod"),
            (("pod", "inspect", "nobody"), "no such pod"),
            (("rm", "-f", infra), "is the infra container of pod"),
            (("run", "--pod", "nobody", "bb:1", "true"), "no such pod")):
        assert sentence in box.fails(*words, code=125), words
    sleeper(box, "web", "--pod", "shop")
    assert "cannot be removed without force" in box.fails("pod", "rm", "shop", code=125)
    assert box.ok("pod", "rm", "-f", "nobody") == ""
    new = box.ok("pod", "create", "--replace", "--name", "shop")
    assert box.ok("pod", "ps", "-q", "--no-trunc") == new
    assert "web" not in box.ok("ps", "-a", "--format", "{{.Names}}")


def test_the_last_one_ends_it(box):
    box.ok("pod", "create", "--exit-policy", "stop", "brief")
    box.ok("run", "-d", "--pod", "brief", "--name", "job", "bb:1", "sh", "-c", "sleep 0.2; exit 4")
    process.wait_until(lambda: status(box, "brief") == "Exited", "the pod to end with its last container", 5)
    box.ok("run", "--rm", "--pod", "brief", "bb:1", "true")
    process.wait_until(lambda: status(box, "brief") == "Exited", "the pod to end again", 5)


def test_killed_anywhere_something_repairable_is_left(box):
    box.ok("pod", "create", "shop")
    sleeper(box, "web", "--pod", "shop")
    infra = box.ok("pod", "inspect", "-f", "{{.InfraContainerID}}", "shop")
    os.kill(int(box.ok("inspect", "-f", "{{.State.ConmonPid}}", infra)), signal.SIGKILL)
    process.wait_until(lambda: box.ok("inspect", "-f", "{{.State.Status}}", infra) == "exited",
                       "the container to go with its monitor", 5)
    assert status(box, "shop") == "Degraded"
    # the infra container has other namespaces after its start, so all go together
    box.ok("pod", "restart", "shop")
    held, web = namespaces(box.pid(infra)), namespaces(box.pid("web"))
    assert held["net"] == web["net"] and status(box, "shop") == "Running"
    # a pod create that is killed: no pod without its record, and no infra container without its pod
    for delay in (0.002, 0.005, 0.01, 0.02, 0.03):
        p = box.start("pod", "create", "--name", "cut")
        try:
            p.wait(delay)
        except Exception:  # noqa: BLE001  it still runs: that is what is wanted
            p.kill()
        p.wait()
        known = {json.loads(box.ok("pod", "inspect", name))["InfraContainerID"]
                 for name in box.ok("pod", "ps", "--format", "{{.Name}}").split()}
        there = set(box.ok("ps", "-aq", "--no-trunc").split()) - {box.ok("inspect", "-f", "{{.Id}}", "web")}
        assert there == known
        box("pod", "rm", "-f", "cut")
