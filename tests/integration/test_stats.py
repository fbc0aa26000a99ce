# SPDX-License-Identifier: Apache-2.0
"""stats and port."""

import json
import re
import signal

from support import process

BUSY = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo worked; exec sleep 1000"


def test_stats(cubby, busybox_root):
    cubby.ok("create", "--name", "still", "--rootfs", busybox_root, "true")
    cubby.ok("run", "-d", "--name", "busy", "--rootfs", busybox_root, "sh", "-c", f"({BUSY}) & {BUSY}")
    process.wait_until(lambda: cubby.ok("logs", "busy").count("worked") == 2, "its work")
    head, row = cubby.ok("stats", "--no-stream").splitlines()
    assert re.split(r"  +", head) == ["ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET IO", "BLOCK IO",
                                      "PIDS", "CPU TIME", "AVG CPU %"]
    cells = re.split(r"  +", row)
    assert cells[1] == "busy" and cells[7] == "2"
    assert re.fullmatch(r"\d+\.\d\d%", cells[2]) and re.fullmatch(r"[\d.]+[kM]B / [\d.]+GB", cells[3])
    rows = cubby.ok("stats", "--no-stream", "-a", "--format", "{{.Name}} {{.PIDS}} {{.CPUNano}} {{.MemUsage}}")
    assert "still -- 0 -- / --" in rows.splitlines()
    assert int(re.search(r"busy 2 (\d+)", rows)[1]) > 10_000_000
    shown, = json.loads(cubby.ok("stats", "--no-stream", "--format", "json", "busy"))
    assert set(shown) >= {"id", "name", "cpu_time", "cpu_percent", "avg_cpu", "mem_usage", "mem_percent", "net_io",
                          "block_io", "pids"}
    whole = cubby.ok("stats", "--no-stream", "--no-trunc", "--format", "{{.ID}}", "busy")
    assert whole == cubby.inspect("busy")["Id"]
    assert cubby.ok("container", "stats", "--no-stream", "-l", "--format", "{{.Name}}") == "busy"
    head, row = cubby.ok("stats", "--no-stream", "--pressure", "busy").splitlines()
    assert head.split("  ")[0] == "ID" and "MEM PRESSURE" in head and "THROTTLED" in head
    assert row.split()[1] == "busy"
    assert "cannot be used together" in cubby.fails("stats", "--pressure", "--format", "json", code=125)
    # what is not known prints as nothing wrong
    assert "%" in cubby.ok("stats", "--no-stream", "--format", "{{.Pressure.CPU.Some.Avg10}}%{{.OOMKills}}", "busy")
    # a stream ends with its last container, or when nobody reads
    with cubby.start("stats", "-i", "1", "--format", "{{.Name}}", "busy") as stream:
        assert [stream.stdout.readline() for _ in range(2)] == ["busy\n", "busy\n"]
        cubby.ok("rm", "-f", "-t", "0", "busy")
        assert stream.wait(10) == 0
    with cubby.start("stats") as stream:
        assert "CPU %" in stream.stdout.readline()
        stream.stdout.close()
        assert stream.wait(10) in (0, -signal.SIGPIPE)
    assert "no such container" in cubby.fails("stats", "nobody", code=125)
    assert "cannot be used together" in cubby.fails("stats", "-a", "still", code=125)
    cubby.fails("stats", "-i", "0", code=125)


def test_port(cubby, busybox_root):
    cubby.ok("create", "--name", "web", "--rootfs", busybox_root, "true")
    assert cubby.ok("port", "web") == cubby.ok("port", "-a") == cubby.ok("container", "port", "-l") == ""
    assert 'failed to find published port "80/tcp"' in cubby.fails("port", "web", "80", code=125)
    assert 'failed to find published port "53/udp"' in cubby.fails("port", "-l", "53/udp", code=125)
    for bad in ("0", "80/x", "65536", "http"):
        assert "not a port" in cubby.fails("port", "web", bad, code=125)
    assert "no such container" in cubby.fails("port", "nobody", code=125)
    assert "cannot be used" in cubby.fails("port", "-a", "web", code=125)
