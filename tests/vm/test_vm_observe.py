# SPDX-License-Identifier: Apache-2.0
"""What is to be seen of limits and memory: stats, inspect, ps, events, the last words of a run, info, audit."""

import json

HOG = "tail /dev/zero"
LIMIT = ["--network", "none", "--memory", "32m", "--memory-swap", "32m"]
SENTENCE = "killed: out of memory (limit 32 MiB). Give it more: --memory 64m"


def statuses(cubby, name):
    lines = cubby.ok("events", "--stream=false", "--filter", f"container={name}", "--format", "{{.Status}}")
    return lines.splitlines()


def test_out_of_memory_in_the_foreground(cubby):
    ended = cubby("run", "--name", "hog", *LIMIT, "busybox", *HOG.split())
    assert (ended.code, ended.stdout) == (137, "")
    assert ended.stderr.strip() == f"Warning: {SENTENCE}"
    state = cubby.inspect("hog")["State"]
    assert state["OOMKilled"] is True and state["ExitCode"] == 137 and state["Status"] == "exited"
    assert 16 << 20 < state["MemoryPeak"] <= 32 << 20
    status = cubby.ok("ps", "-a", "--format", "{{.Status}}")
    assert status.startswith("Exited (137) ") and status.endswith(" (out of memory)")
    assert cubby.ok("wait", "hog") == "137"
    story = statuses(cubby, "hog")
    assert story[story.index("oom"):] == ["oom", "died", "cleanup"]
    # once more, and without a trace
    again = cubby("start", "-a", "hog")
    assert again.code == 137 and SENTENCE in again.stderr
    gone = cubby("run", "--rm", "--name", "gone", *LIMIT, "busybox", "sh", "-c", f"{HOG}; exit 3")
    assert gone.code == 3 and f"a process of the container was {SENTENCE}" in gone.stderr
    story = statuses(cubby, "gone")
    assert story[story.index("oom"):] == ["oom", "died", "remove"]


def test_a_process_of_one_that_goes_on(cubby, eventually):
    cubby.ok("run", "-d", "--name", "survivor", *LIMIT, "busybox", "sh", "-c", f"{HOG}; echo on; exec sleep 1000")
    eventually(lambda: cubby.ok("logs", "survivor") == "on", "the end of its first child")
    assert cubby.inspect("survivor")["State"]["OOMKilled"] is True
    row, = json.loads(cubby.ok("stats", "--no-stream", "--format", "json", "survivor"))
    assert row["oom_kills"] >= 1
    assert cubby.ok("ps", "--format", "{{.Status}}").startswith("Up ")
    cubby.ok("stop", "-t", "0", "survivor")
    state = cubby.inspect("survivor")["State"]
    assert state["OOMKilled"] is True and state["CgroupPath"] == ""


def test_who_runs_out_of_nothing(cubby):
    ended = cubby("run", "--name", "fine", *LIMIT, "busybox", "sh", "-c", "sh -c 'kill -9 $$'; exit $?")
    assert ended.code == 137 and "memory" not in ended.stderr
    assert cubby.inspect("fine")["State"]["OOMKilled"] is False
    assert "oom" not in statuses(cubby, "fine")


def test_stats(cubby, cgroup_of, eventually):
    cubby.ok("run", "-d", "--name", "busy", "--network", "none", "--memory", "64m", "--cpus", "0.2", "--pids-limit", "20",
             "busybox", "sh", "-c", "while :; do :; done")
    cubby.ok("run", "-d", "--name", "idle", "--network", "none", "busybox", "sleep", "1000")
    group = cgroup_of("busy")
    assert group.path.endswith(cubby.inspect("busy")["State"]["CgroupPath"])
    eventually(lambda: group.keyed("cpu.stat")["nr_throttled"] > 10, "its CPU quota to be used up")

    rows = {r["name"]: r for r in json.loads(cubby.ok("stats", "--no-stream", "--format", "json"))}
    busy, idle = rows["busy"], rows["idle"]
    assert busy["mem_usage"].endswith(" / 67.11MB") and not idle["mem_usage"].endswith(" / 67.11MB")
    assert 10 < float(busy["avg_cpu"].rstrip("%")) < 30
    assert busy["pids"] == "1" and busy["block_io"] != "-- / --"
    assert float(busy["throttled"].rstrip("%")) > 50 and "throttled" not in idle
    assert busy["oom_kills"] == idle["oom_kills"] == 0
    assert busy["pressure"]["cpu"]["some"]["total_usec"] > idle["pressure"]["cpu"]["some"]["total_usec"]
    assert set(busy["pressure"]) == {"cpu", "memory", "io"}

    text = cubby.ok("stats", "--no-stream", "--format",
                    "{{.MemLimit}} {{.PIDsLimit}} {{.CPUNano}} {{.Pressure.CPU.Some.TotalUsec}} {{.CPUPressure}}", "busy")
    limit, pids, nano, waited = map(int, text.split()[:4])
    assert (limit, pids) == (64 << 20, 20)
    assert waited > 0 and text.count("%") == 2
    assert 0 < nano <= group.keyed("cpu.stat")["usage_usec"] * 1000
    head, row = cubby.ok("stats", "--no-stream", "--pressure", "busy").splitlines()
    assert head.split("  ")[-1].strip() == "OOM KILLS"
    assert row.split()[-1] == "0" and "--" not in row

    # one that is put below a lower limit has that one
    group.parent.write("memory.max", 48 << 20)
    assert cubby.ok("stats", "--no-stream", "--format", "{{.MemLimit}}", "busy") == str(48 << 20)


def test_top_has_who_was_executed(cubby):
    cubby.ok("run", "-d", "--name", "two", "--network", "none", "--pid", "host", "busybox", "sleep", "1000")
    cubby.ok("exec", "-d", "two", "sleep", "2000")
    assert sorted(cubby.ok("top", "two", "args").splitlines()[1:]) == ["sleep 1000", "sleep 2000"]


def test_info_and_audit(cubby, user):
    host = json.loads(cubby.ok("info", "--format", "json"))["host"]
    assert (host["cgroupManager"], host["cgroupVersion"]) == ("systemd", "v2")
    assert {"cpu", "memory", "pids"} <= set(host["cgroupControllers"])
    assert "cgroupProblem" not in host
    assert cubby.ok("info", "--format", "{{.CgroupDriver}} {{.CgroupVersion}} {{.MemoryLimit}} {{.PidsLimit}}") == \
        "systemd 2 true true"
    cubby.ok("create", "--name", "small", "--network", "none", "--memory", "64m", "--pids-limit", "20", "busybox", "sleep",
             "1000")
    for _ in ("at rest", "running"):
        limits = json.loads(cubby("audit", "--format", "json", "small").stdout)["Limits"]
        assert limits["Memory"] == {"Known": True, "Limited": True, "Value": 64 << 20, "Shared": False}
        assert limits["PIDs"]["Value"] == 20
        cubby.ok("start", "small")
