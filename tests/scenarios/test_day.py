# SPDX-License-Identifier: Apache-2.0
"""A day at the keyboard: a web server with a volume, in a real terminal of 80 columns."""

import os
import re
import shlex

import pytest

from support import image, process, tmux


@pytest.fixture
def screen(base, environment, cubby):
    """A terminal in which `cubby` is the cubby of this test."""
    bin_dir = os.path.join(base, "bin")
    os.mkdir(bin_dir)
    with open(os.path.join(bin_dir, "cubby"), "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\nexec " + shlex.join(str(a) for a in cubby.argv()) + ' "$@"\n')
    os.chmod(os.path.join(bin_dir, "cubby"), 0o755)
    env = {**environment, "PATH": bin_dir + ":" + environment["PATH"]}
    t = tmux.Terminal(base, env)
    yield t
    t.close()


def check_table(lines, n_rows):
    """A table as one likes to see it: every line whole on the screen, columns below their headings."""
    assert len(lines) == n_rows + 1, lines
    starts = [m.start() for m in re.finditer(r"(?<=  )\S|^\S", lines[0])]
    for line in lines:
        assert len(line) <= 80, lines
        for at in starts[1:]:
            assert line[at - 1:at] in ("", " "), (line, lines[0])


def test_day(screen, cubby, base, pristine_root):
    path = os.path.join(base, "busybox.tar")
    image.docker_archive(path, {"localhost/busybox:1": image.busybox(pristine_root)})
    run = screen.run

    # in the morning: an image, a server, a look at it
    assert run("cubby load -q -i busybox.tar") == ["Loaded image: localhost/busybox:1"]
    check_table(run("cubby images"), 1)
    lines = run("cubby run -d --name web -v site:/srv busybox:1 httpd -f -v -p 127.0.0.1:80 -h /srv")
    assert len(lines) == 1 and re.fullmatch(r"[0-9a-f]{64}", lines[0])
    lines = run("cubby ps")
    check_table(lines, 1)
    assert lines[0].split("  ")[0] == "CONTAINER ID" and "Up" in lines[1] and lines[1].endswith("web")

    # files in and out
    with open(os.path.join(base, "index.html"), "w", encoding="ascii") as f:
        f.write("hello, world\n")
    assert run("cubby cp index.html web:/srv/") == []
    assert run("cubby exec web wget -q -O - http://127.0.0.1/index.html") == ["hello, world"]
    assert run("cubby cp web:/srv/index.html copy.html && cat copy.html") == ["hello, world"]

    # inside, with a shell
    screen.key("C-l")
    screen.type("cubby exec -it web sh")
    screen.wait("#")
    screen.type("echo changed >/etc/motd; stty size")
    screen.wait("24 80")
    screen.type("exit 3")
    process.wait_until(lambda: [s for s in screen.screen() if s][-1:] == ["$"], "the prompt of the host")
    assert run("echo $?") == ["3"]

    # what has changed becomes an image, and that runs
    assert any(re.fullmatch(r"[AC] /etc/motd", line) for line in run("cubby diff web"))
    lines = run("cubby commit -q -c 'CMD cat /etc/motd' web site:2")
    assert len(lines) == 1 and re.fullmatch(r"[0-9a-f]{64}", lines[0])
    assert run("cubby run --rm site:2") == ["changed"]

    # following the log, and leaving it
    screen.key("C-l")
    screen.type("cubby logs -f web")
    cubby("exec", "web", "wget", "-q", "-O", "-", "http://127.0.0.1/nosuch")
    screen.wait("response:404")
    screen.key("C-c")
    assert run("cubby ps -q | wc -l") == ["1"]

    # a restart: the volume's content is what it was
    assert run("cubby restart -t 0 web") == ["web"]
    process.wait_until(lambda: cubby("exec", "web", "wget", "-q", "-O", "-", "http://127.0.0.1/index.html").stdout
                       == "hello, world\n", "the server is back")
    lines = run("cubby stats --no-stream web")
    assert lines[0].startswith("ID") and "web" in lines[1]
    assert run("cubby top web args")[-1].startswith("httpd -f")

    # mistakes, and what is said of them
    lines = run("cubby rm web")
    assert lines[0].startswith("Error: cannot remove container") and "cubby stop web" in " ".join(lines)
    assert run("cubby stopx web")[:2] == ["Error: unknown command: cubby stopx", "did you mean cubby stop?"]
    assert "no such container" in " ".join(run("cubby logs wbe"))
    assert any("volume is being used" in s for s in [" ".join(run("cubby volume rm site"))])

    # in the evening
    assert run("cubby stop -t 0 web") == ["web"]
    lines = run("cubby ps -a")
    check_table(lines, 1)
    assert "Exited (137)" in lines[1]
    assert run("cubby rm web") == ["web"]
    lines = run("cubby system df")
    check_table(lines, 4)
    screen.key("C-l")
    screen.type("cubby volume prune")
    screen.wait("Are you sure")
    screen.type("n")
    assert run("cubby volume ls -q") == ["site"]
    assert run("cubby volume prune -f") == ["site"]
    run("cubby image prune -a -f")
    assert cubby.ok("images", "-q") == "" and cubby.names() == [] and cubby.ok("volume", "ls", "-q") == ""
