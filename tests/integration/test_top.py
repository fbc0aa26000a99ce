# SPDX-License-Identifier: Apache-2.0
"""top: the processes of a container, by descriptors and by ps."""

import os

from support import process


def table(text):
    """Rows of cells that are separated by two blanks or more, the heading first."""
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.splitlines()]


def test_top(cubby, own_root, user):
    with open(os.path.join(own_root, "etc/passwd"), "a") as f:
        f.write("www:x:33:33::/:/bin/sh\nevil\x1b[31m:x:34:34::/:/bin/sh\n")
    cubby.ok("run", "-d", "--name", "web", "--rootfs", own_root, "sleep", "1000")
    with cubby.start("exec", "-u", "33", "web", "sh", "-c", "sleep 1001 & exec sleep 1002") as one, \
            cubby.start("exec", "-u", "34", "web", "sleep", "1003") as two:
        # a shell that is about to become one of them does not count yet
        process.wait_until(lambda: {f"sleep {n}" for n in range(1000, 1004)} ==
                           set(cubby.ok("top", "web", "args").splitlines()[1:]), "four processes")
        rows = table(cubby.ok("top", "web"))
        assert rows[0] == ["USER", "PID", "PPID", "%CPU", "ELAPSED", "TTY", "TIME", "COMMAND"]
        assert rows[1][:3] == ["root", "1", "0"] and rows[1][5] == "?" and rows[1][7] == "sleep 1000"
        assert rows[1][4].endswith("s") and float(rows[1][3]) >= 0
        by_args = {row[-1]: row for row in table(cubby.ok("top", "web", "pid,ppid,uid", "%U", "args"))}
        assert by_args["sleep 1002"][2:4] == ["33", "www"]
        assert by_args["sleep 1001"][1] == by_args["sleep 1002"][0]
        assert by_args["sleep 1002"][1] == "0"
        # a name from inside can't talk to the terminal
        shown = cubby.ok("top", "web", "user")
        assert "\x1b" not in shown and "evil" in shown
        # the host's side
        rows = table(cubby.ok("top", "web", "hpid", "huid", "seccomp", "capeff", "args"))
        first = next(r for r in rows if r[-1] == "sleep 1000")
        assert int(first[0]) == cubby.pid("web")
        assert first[1] == str(os.stat(f"/proc/{first[0]}").st_uid)
        assert first[2] == "filter" and "CHOWN" in first[3].split(",")
        unprivileged = next(r for r in rows if r[-1] == "sleep 1002")
        assert unprivileged[3] == "none"
        # --latest, and ps of the container
        assert "sleep 1003" in cubby.ok("top", "-l", "args")
        assert "sleep 1003" in cubby.ok("top", "web", "-o", "pid,args")
        assert "sleep 1003" in cubby.ok("container", "top", "web", "nope,pid", "-ef")
        assert "ps in container web" in cubby.fails("top", "web", "-o", "no_such_column", code=125)
        os.unlink(os.path.join(own_root, "bin/ps"))
        assert 'unknown format descriptor "nope"' in cubby.fails("top", "web", "pid", "nope", code=125)
        cubby.ok("stop", "-t", "0", "web")
        one.wait(10)
        two.wait(10)
    assert "top can only be used on running containers" in cubby.fails("top", "web", code=125)
    assert "no such container" in cubby.fails("top", "nobody", code=125)
    assert "requires a name" in cubby.fails("top", code=125)
