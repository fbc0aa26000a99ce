# SPDX-License-Identifier: Apache-2.0
"""Containers in containers: three and four levels, for root and for an ordinary user, looked at from inside
and from the host."""

import os
import re
import subprocess

import pytest

from support import process

pytestmark = [pytest.mark.subids, pytest.mark.slow]

ROOT_MAP = (100000, 65536)  # what root gives away; an ordinary user has its own


@pytest.fixture
def nest(cubby, nest_archive):
    """The image `nest`, which has cubby in it."""
    cubby.ok("import", nest_archive, "nest")
    return "nest"


@pytest.fixture
def options(user):
    """What `run --nested` needs beside it."""
    return ["--nested", *(["--uidmap", "0:%d:%d" % ROOT_MAP] if user.is_root else [])]


def host_uid(user, inside):
    """Whom an id of the outermost container is on the host."""
    if user.is_root:
        return ROOT_MAP[0] + inside
    return user.uid if inside == 0 else user.subuid[0] + inside - 1


def whole(user, inside):
    """The same in the user's whole map."""
    return host_uid(user, inside) if user.is_root else inside


def host_pids(marker):
    """Processes of any depth, as the host sees them, that have this word in their command line."""
    return [pid for pid in process.descendants() if marker in process.command_line(pid)]


def owners(user, cubby, name):
    """Who files of that name below the containers' data belong to, as the user's whole map has it."""
    found = subprocess.run(user.in_namespace(["find", os.path.join(cubby.data, "containers"), "-name", name,
                                              "-printf", "%U:%G\\n"]),
                           stdout=subprocess.PIPE, text=True, check=True).stdout
    return found.split()


def test_from_nothing(cubby, nest, options):
    """cubby/hello, with no registry and no option, at the second level."""
    said = cubby.ok("run", "--rm", *options, nest, "cubby", "run", "--rm", "cubby/hello")
    assert "cubby run -it --rm cubby/hello" in said, said


def test_with_no_other_option(cubby, nest, user):
    """Root's containers have a range of their own, and that is enough; ranges of their own inside as well."""
    said = cubby.ok("run", "--rm", "--nested", nest, "cubby", "run", "--rm", "--userns=auto", "cubby/hello", "cat",
                    "/proc/self/uid_map").split()
    assert said[:2] == ["0", "1"] and 1024 <= int(said[2]) < 65536, said


def test_four_levels(cubby, nest, options):
    """Each level has its own processes, its own host name, and the exit status of the one below."""
    script = """
echo "1 $(id -u) $(ls -d /proc/[0-9]* | wc -l) $$"
cubby run --rm --nested --hostname two --rootfs / sh -c '
	echo "2 $(id -u) $$ $(hostname)"
	cubby run --rm --nested --hostname three --rootfs / sh -c "
		echo \\"3 \\$(id -u) \\$\\$ \\$(hostname)\\"
		cubby run --rm --hostname four cubby/hello sh -c \\"ps -o pid,comm | head -2; hostname; exit 4\\"
		code=\\$?; [ \\$code = 4 ] && exit 3"
	[ $? = 3 ] && exit 2'
[ $? = 2 ] && exit 1
"""
    done = cubby("run", "--rm", *options, nest, "sh", "-c", script)
    assert done.code == 1, done
    one, two, three, heading, four, name = [line.split() for line in done.lines]
    assert one[:2] == ["1", "0"] and one[3] == "1", done
    assert two == ["2", "0", "1", "two"] and three == ["3", "0", "1", "three"], done
    assert heading[0] == "PID" and four[0] == "1" and name == ["four"], done


def test_owners_down_to_the_host(cubby, nest, options, user):
    """A file that an id of the third level owns belongs to exactly one id of the host."""
    cubby.ok("run", "-d", "--name", "outer", *options, nest, "sleep", "1000")
    cubby.ok("exec", "outer", "cubby", "run", "-d", "--name", "mid", "--nested", "--uidmap", "0:3000:20000",
             "cubby/hello", "sleep", "1000")
    cubby.ok("exec", "outer", "cubby", "exec", "mid", "sh", "-c",
             "echo x > /owned-mid; chown 1234:4321 /owned-mid; cat /proc/self/uid_map > /map")
    inside = cubby.ok("exec", "outer", "cubby", "exec", "mid", "sh", "-c", "cat /map; stat -c %u:%g /owned-mid")
    assert inside.split() == ["0", "3000", "20000", "1234:4321"], inside
    assert owners(user, cubby, "owned-mid") == ["%d:%d" % (whole(user, 3000 + 1234), whole(user, 3000 + 4321))]
    # the process too, and its first one is nobody of the levels above
    cubby.ok("exec", "outer", "cubby", "run", "-d", "--uidmap", "0:3000:20000", "-u", "77", "cubby/hello", "sleep", "4711")
    pid = process.wait_until(lambda: [p for p in host_pids("sleep 4711") if process.command_line(p).startswith("sleep")],
                             "the innermost process")[0]
    assert os.stat(f"/proc/{pid}").st_uid == host_uid(user, 3000 + 77)


def test_removing_the_outer_one_removes_all(cubby, nest, options):
    """Inner containers run, and files of inner ids lie in the inner engine's data."""
    cubby.ok("run", "-d", "--name", "outer", *options, nest, "sleep", "1000")
    inner = ["exec", "outer", "cubby", "run", "-d", "--name", "inner", "cubby/hello", "sh", "-c",
             "mkdir -m 700 /d; echo > /d/f; chown -R 999:999 /d; touch /ready; sleep 4712"]
    cubby.ok(*inner)
    process.wait_until(lambda: cubby("exec", "outer", "cubby", "exec", "inner", "ls", "/ready").code == 0,
                       "the inner container being ready")
    assert len(host_pids("sleep 4712")) >= 1
    cubby.ok("rm", "-f", "-t", "0", "outer")
    process.wait_until(lambda: not host_pids("sleep 4712"), "the inner processes to be gone")
    assert os.listdir(os.path.join(cubby.data, "containers")) == []


def test_kill_9_of_the_outer_client(cubby, nest, options):
    """The container goes on without it; when its own program ends nothing is left, of --rm at least."""
    script = "cubby run --rm cubby/hello sh -c 'trap exit TERM; echo up; sleep 4713 & wait'"
    client = cubby.start("run", "--rm", "--init", "--name", "outer", *options, nest, "sh", "-c", script)
    assert client.stdout.readline() == "up\n"
    client.kill()
    client.wait()
    assert cubby.status("outer") == "running" and host_pids("sleep 4713")
    cubby.ok("kill", "-s", "KILL", "outer")
    process.wait_until(lambda: not host_pids("sleep 4713") and cubby.status("outer") is None,
                       "the outer container and all in it to be gone")
    process.wait_until(lambda: os.listdir(os.path.join(cubby.data, "containers")) == [], "its data to be gone")
    process.wait_until(lambda: os.listdir(os.path.join(cubby.run_dir, "containers")) == [], "its run directory to be gone")


def test_a_plain_user_inside(cubby, nest, options, user):
    """Carol gets the upper ids of the container, by files that the image does not have."""
    script = ("id -un; cat /etc/subuid; cubby run --rm cubby/hello id -u; "
              "cubby run --name kept --network none cubby/hello sh -c 'cat /proc/self/uid_map; echo x > /kept; chown 500:500 /kept'; "
              "cubby ps -a --format '{{.Names}} {{.Status}}'; touch /root/x || exit 7")
    done = cubby("run", "--name", "outer", *options, "-u", "carol", nest, "sh", "-c", script)
    assert done.code == 7, done
    numbers = [line.split() for line in done.lines]
    shares = [line.split(":") for line in done.lines if line.startswith("carol:")]
    assert done.lines[0] == "carol" and shares[0][:2] == ["carol", "10000"], done
    assert ["0", "1000", "1"] in numbers and ["1", *shares[0][1:]] in numbers, done
    assert any(line.startswith("kept Exited (0)") for line in done.lines), done
    assert owners(user, cubby, "kept") == ["%d:%d" % (whole(user, 10000 + 499), whole(user, 10000 + 499))]
    cubby.ok("rm", "outer")
    assert os.listdir(os.path.join(cubby.data, "containers")) == []


def test_carol_becomes_root_and_back(cubby, nest, options):
    """Both have containers in one outer container, and do not see each other's."""
    cubby.ok("run", "-d", "--name", "outer", *options, "-u", "carol", nest, "sleep", "1000")
    for who in ("root", "carol"):
        cubby.ok("exec", "-u", who, "outer", "cubby", "run", "-d", "--name", f"of-{who}", "cubby/hello", "sleep", "1000")
    for who in ("root", "carol"):
        names = cubby.ok("exec", "-u", who, "outer", "cubby", "ps", "--format", "{{.Names}}")
        assert names == f"of-{who}"
        cubby.ok("exec", "-u", who, "outer", "cubby", "stop", "-t", "0", f"of-{who}")
        assert cubby("exec", "-u", who, "outer", "cubby", "wait", f"of-{who}").stdout == "137\n"


def test_an_unpacked_system(cubby, nest_archive, base, user, options):
    """--rootfs: nothing of the inner engine's stays in the directory."""
    tree = os.path.join(base, "tree")
    os.mkdir(tree)
    subprocess.run(["tar", "-xf", nest_archive, "-C", tree, "--no-same-owner"], check=True)
    if user.is_root:
        subprocess.run(["chown", "-R", "%d:%d" % (ROOT_MAP[0], ROOT_MAP[0]), tree], check=True)
    said = cubby.ok("run", "--rm", *options, "--rootfs", tree, "cubby", "run", "--rm", "cubby/hello", "id")
    assert said.startswith("uid=0(root)"), said
    assert os.listdir(tree + "/var/lib/cubby") == []
    assert os.listdir(os.path.join(cubby.data, "containers")) == []


def test_a_terminal_through_two_levels(cubby, nest, options, terminal):
    shell = terminal(cubby.argv("run", "-it", "--rm", *options, nest, "cubby", "run", "-it", "--rm", "cubby/hello", "sh"))
    shell.expect("[#$] ")
    shell.sendline("stty size; tty")
    shell.expect("24 80")
    shell.expect("/dev/(console|pts/0)")
    # said by who is in the foreground already
    shell.sendline("sh -c 'echo star\"\"ted; exec sleep 100'")
    shell.expect("started")
    shell.sendintr()
    shell.expect("[#$] ")
    shell.sendline("exit 5")
    shell.expect("EOF|$")
    shell.wait()
    assert shell.exitstatus == 5


def test_without_the_option_there_is_nothing_of_it(cubby, nest, user):
    own = ["--uidmap", "0:%d:%d" % ROOT_MAP] if user.is_root else []
    said = cubby.ok("run", "--rm", *own, nest, "sh", "-c", "ls -d /dev/.cubby /var/lib/cubby /etc/subuid; cat /proc/mounts")
    assert not re.search("/dev/.cubby|/var/lib/cubby|subuid", said), said
