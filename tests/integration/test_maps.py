# SPDX-License-Identifier: Apache-2.0
"""Containers whose map is not the one that their image was unpacked with: nothing is copied, and a
container sees its files as if it had been unpacked for it alone."""

import hashlib
import os
import random
import re
import signal
import tarfile
import time

import pytest

from support import image, maps, process
from support.maps import LAST, NAME, NOBODY, SECRET

pytestmark = pytest.mark.subids

# What is of the running container, not of its image.
OTHERS = ("/proc", "/sys", "/dev", "/run", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab")


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    path = os.path.join(shared_dir, "maps.tar")
    identity = maps.compile_identity(os.path.join(shared_dir, "identity"))
    made = maps.make(pristine_root, identity)
    image.docker_archive(path, {NAME: made, SECRET: maps.with_secret(made)})
    return path


@pytest.fixture
def loaded(cubby, archive):
    cubby.ok("load", "-q", "-i", archive)
    return cubby


@pytest.fixture
def own_map(user):
    return maps.Map(user)


@pytest.fixture
def run(loaded, own_map):
    """run(command...): its output, in a container with the map; options first, as a list."""
    def call(*command, options=(), **more):
        return loaded.ok("run", "--rm", *own_map.options, *options, NAME, *command, **more)
    return call


@pytest.fixture
def unmapped(cubby, user):
    """Options for a container that has its image's files as they are."""
    return ["--userns", "host"] if user.is_root and "--userns" in cubby.ok("run", "--help") else []


def shell(cubby, name, text, *options):
    return cubby.ok("exec", *options, name, "sh", "-c", text)


# -- what is inside

def test_owners_and_modes(run):
    listed = run("stat", "-c", "%n %u:%g %a", *[f"/own/{n}" for n in (
        "carol", "nobody", "last", "outside", "suid", "sgid", "dir", "dir/f", "sticky", "none", "fifo",
        "link", "xattr")], "/", "/own")
    unknown = "65534:65534"
    assert listed.splitlines() == [
        "/own/carol 1000:1000 640", f"/own/nobody {NOBODY}:{NOBODY} 644", f"/own/last {LAST}:{LAST} 644",
        f"/own/outside {unknown} 644", "/own/suid 1000:1000 4755", "/own/sgid 0:50 2755",
        "/own/dir 1000:50 2770", "/own/dir/f 1:2 644", "/own/sticky 0:0 1777", "/own/none 0:0 1",
        "/own/fifo 5:6 600", "/own/link 1000:1000 777", "/own/xattr 1000:0 644", "/ 0:0 755", "/own 0:0 755"]


def test_set_id_programs_and_capabilities_work(run):
    """Also of files that only this container's map gives an owner."""
    said = run("sh", "-c", "/own/identity; /own/suid; /own/sgid; /own/capable", options=["-u", "5:6"])
    assert said.splitlines() == [
        "uid 5 euid 5 gid 6 egid 6 caps 0",
        "uid 5 euid 1000 gid 6 egid 6 caps 0",
        "uid 5 euid 5 gid 6 egid 50 caps 0",
        "uid 5 euid 5 gid 6 egid 6 caps 1"]


def test_capabilities_survive_a_copy(run):
    said = run("sh", "-c", "chmod 755 /own/capable; touch -d @5 /own/capable; su -s /bin/sh carol -c /own/capable")
    assert said == "uid 1000 euid 1000 gid 1000 egid 1000 caps 1"


def test_files_of_ids_that_it_does_not_have(loaded, own_map):
    """They are nobody's in particular: what everybody may do can be done, root has no power over them."""
    said = loaded.ok("run", "--rm", *own_map.options, SECRET, "sh", "-c", """
        cat /own/outside
        cat /own/outside-secret 2>/dev/null || echo not read
        echo x 2>/dev/null >>/own/outside || echo not written
        chown 0 /own/outside 2>/dev/null || echo not owned
        chmod 777 /own/outside 2>/dev/null || echo mode kept
        rm -f /own/outside 2>/dev/null || echo not removed
        mv /own/outside /own/elsewhere 2>/dev/null || echo not moved""")
    assert said.splitlines() == ["who's", "not read", "not written", "not owned", "mode kept", "not removed",
                                 "not moved"]


LIST = """cd / && find . -xdev | sort | while read -r f; do
    stat -c '%n|%F|%a|%s|%u|%g|%Y|%h' "$f"; done"""
SUMS = "cd / && find . -xdev -type f | sort | xargs sha256sum"


def seen(output):
    # the sizes and links of directories are the file system's business
    found = []
    for line in output.splitlines():
        fields = line.split("|")
        path = fields[0][fields[0].index(".") + 1:]
        if any(path == o or path.startswith(o + "/") for o in OTHERS):
            continue
        if len(fields) > 1 and fields[1] == "directory":
            fields[3] = fields[7] = ""
        if "outside" in fields[0] and len(fields) > 1:
            fields[4] = fields[5] = ""
        if fields[0].startswith("./hl/") and len(fields) > 1:
            fields[7] = ""  # over each other, names of one file that layers above have replaced count no more
        if fields[0] not in (".", "./etc"):  # they get mount points
            found.append("|".join(fields))
    return found


def test_the_whole_tree_is_that_of_a_container_without_a_map(loaded, run, unmapped):
    for script in (LIST, SUMS):
        plain = loaded.ok("run", "--rm", *unmapped, NAME, "sh", "-c", script)
        mapped = run("sh", "-c", script)
        assert seen(mapped) == seen(plain)
    assert "./hl/two" in mapped


def test_layers_over_each_other(run, user):
    said = run("sh", "-c", """
        cd /w; find . | sort; cat again dir/kept dir/more dir/third opaque/new to-file to-dir/f; echo
        readlink to-link; cd /hl; cat one two three four; stat -c '%n %h' one two three four""")
    assert said.splitlines() == [
        ".", "./again", "./dir", "./dir/kept", "./dir/more", "./dir/third", "./opaque", "./opaque/new",
        "./to-dir", "./to-dir/f", "./to-file", "./to-link",
        "thirdlowersecondthirdseconda file nowin it", "/etc",
        "second has replaced it", "first", "third's own", "third's own", "one 1", f"two {3 if user.is_root else 1}", "three 2", "four 2"]


def test_hard_links(run):
    said = run("sh", "-c", """
        cd /own; stat -c '%h %u %g' hard1 hard2; [ hard1 -ef hard2 ] && echo same
        echo more >>hard1; stat -c '%n %u %g' hard1 hard2; cat hard1; ln hard1 hard3
        [ hard1 -ef hard3 ] && echo linked""")
    assert said.splitlines()[:3] == ["2 1000 50", "2 1000 50", "same"]
    assert said.splitlines()[3:] == ["hard1 1000 50", "hard2 1000 50", "bothmore", "linked"]


@pytest.mark.parametrize("who", ["0", "1000:1000"])
def test_copy_up(run, who):
    said = run("sh", "-c", "cd /own; echo more >>carol; cat carol; stat -c '%u:%g %a' carol", options=["-u", who])
    assert said.splitlines() == ["carol's", "more", "1000:1000 640"]


def test_a_plain_user_may_not_do_more(run):
    said = run("sh", "-c", """
        cd /own; cat carol 2>/dev/null || echo 1; echo x 2>/dev/null >>nobody || echo 2
        rm -f last 2>/dev/null || echo 3; mv last x 2>/dev/null || echo 4; ls dir 2>/dev/null || echo 5
        chown 5 empty 2>/dev/null || echo 6; touch new 2>/dev/null || echo 7""", options=["-u", "5:6"])
    assert said.split() == list("1234567")


def test_rename(run):
    said = run("sh", "-c", """
        cd /own; mv carol karl; cat karl; stat -c '%u:%g %a' karl; mv hard1 h; cat h hard2; echo
        mv xattr sticky/; cat sticky/xattr; echo; mv sticky elsewhere && ls elsewhere
        rm -r dir && ls dir 2>/dev/null || echo gone; mkdir dir && ls -A dir; ln -sf x link; readlink link
        mknod f p; chown 1000:50 f; stat -c '%F %u:%g' f""")
    assert said.splitlines() == ["carol's", "1000:1000 640", "bothboth", "x", "xattr", "gone", "x",
                                 "fifo 1000:50"]


def test_sizes(run):
    """A file has its size before it is read; `du` counts what is on the disk after a change."""
    said = run("sh", "-c", """
        stat -c %s /own/zeros; wc -c </own/zeros; tail -c 3 /own/zeros; echo
        echo >>/own/zeros; stat -c %s /own/zeros; : >/own/zeros; stat -c %s /own/zeros""")
    assert said.splitlines() == ["3000003", "3000003", "end", "3000004", "0"]


def test_mapping_and_running_lower_files(loaded, run, unmapped):
    assert run("/own/identity", "mmap", "/bin/busybox") == "same"
    script = ("/bin/busybox sleep 100 & sleep 0.1; (echo x >>/bin/busybox) 2>&1 | sed 's/.*: //'; "
              "/bin/busybox echo still")
    assert run("sh", "-c", script) == loaded.ok("run", "--rm", *unmapped, NAME, "sh", "-c", script)


def test_tmpfs_and_init(run):
    said = run("sh", "-c", "stat -c %u:%g /t /dev/shm; touch /t/f; cat /proc/1/comm", options=["--tmpfs", "/t", "--init"])
    assert said.splitlines()[:2] == ["0:0", "0:0"] and len(said.splitlines()) == 3, said


# -- what is outside

def upper(cubby, name):
    return os.path.join(cubby.data, "containers", cubby.inspect(name)["Id"], "upper")


@pytest.fixture
def sleeper(loaded, own_map):
    loaded.ok("run", "-d", "--name", "c", *own_map.options, NAME, "sleep", "1000")
    return "c"


def test_what_it_writes_belongs_to_its_range(loaded, sleeper, own_map, user):
    shell(loaded, sleeper, "echo x >/root-file; chmod 700 /own/sticky; echo >>/own/carol; "
          f"echo >/l; chown {LAST}:{LAST} /l; echo >/n; chown {NOBODY}:{NOBODY} /n; mkdir /d; rm /hl/one")
    shell(loaded, sleeper, "echo x >/tmp/five", "-u", "5:6")
    top = upper(loaded, sleeper)

    def owner(path):
        st = os.lstat(os.path.join(top, path))
        return st.st_uid, st.st_gid
    assert owner("") == (own_map.uid(0), own_map.gid(0))
    assert owner("root-file") == owner("d") == (own_map.uid(0), own_map.gid(0))
    assert owner("own/carol") == (own_map.uid(1000), own_map.gid(1000))
    assert owner("l") == (own_map.uid(LAST), own_map.gid(LAST))
    assert owner("n") == (own_map.uid(NOBODY), own_map.gid(NOBODY))
    assert owner("tmp/five") == (own_map.uid(5), own_map.gid(6))
    assert user.uid not in {os.lstat(os.path.join(d, f)).st_uid for d, _, fs in os.walk(top) for f in fs
                            if f != "one"}


def test_its_processes(loaded, sleeper, own_map):
    pid = loaded.pid(sleeper)
    assert process.host_ids(pid) == (own_map.uid(0), own_map.gid(0))
    client = loaded.start("exec", "-u", "1000:50", sleeper, "sh", "-c", "echo here; exec sleep 900")
    assert client.stdout.readline() == "here\n"
    inside, = process.wait_until(
        lambda: [p for p in process.descendants() if process.command_line(p) == "sleep 900"], "the program")
    assert process.host_ids(inside) == (own_map.uid(1000), own_map.gid(50))
    os.kill(client.pid, signal.SIGKILL)
    client.communicate()
    process.wait_gone(inside)


NS_GET_OWNER_UID = 0xb704


@pytest.mark.root
def test_who_owns_its_namespace(loaded, sleeper, own_map):
    import array
    import fcntl
    owner = array.array("I", [0])
    with open(f"/proc/{loaded.pid(sleeper)}/ns/user", "rb") as f:
        fcntl.ioctl(f, NS_GET_OWNER_UID, owner)
    assert owner[0] == own_map.uid(0)


@pytest.mark.root
def test_limits_counted_by_user_are_its_own(loaded, user):
    """Two containers, each with as many inotify instances as one user may have. (Those of an ordinary user
    count for the user too: the kernel goes up from namespace to namespace.)"""
    assert user.is_root
    with open("/proc/sys/fs/inotify/max_user_instances", encoding="ascii") as f:
        most = min(int(f.read()), 900)
    for i, first in enumerate((300000, 302000)):
        options = ["--uidmap", f"0:{first}:1001", "--ulimit", "nofile=5100:5100"]
        loaded.ok("run", "-d", "--name", f"i{i}", *options, NAME, "/own/identity", "inotify")
    counts = [int(loaded.wait_log(f"i{i}", "\n").stdout) for i in range(2)]
    assert min(counts) >= most, counts


def test_nothing_but_its_changes_is_stored(loaded, own_map):
    def used():
        return sum(os.lstat(os.path.join(d, f)).st_blocks * 512 for d, _, fs in os.walk(loaded.data)
                   for f in fs if not f.startswith("cubby.db"))
    before = used()
    for i in range(5):
        loaded.ok("run", "--name", f"d{i}", *own_map.options, NAME, "true")
    assert used() - before < 5 * 100_000


FAULTS = pytest.mark.skipif("CUBBY_TEST_FAULTS" not in os.environ, reason="needs a build with fault injection")


@FAULTS
def test_a_copy_where_nothing_else_works(loaded, own_map):
    """The last rung: said, with a reason; owners are as they would be, also from outside."""
    broken = {"CUBBY_FAIL": "layers:ENOSYS"}
    look = ["sh", "-c", "stat -c '%n %u:%g %a' /own/* | sort; touch /mine"]
    done = loaded("run", "--name", "copied", *own_map.options, NAME, *look, env=broken)
    assert done.code == 0, done
    assert done.stderr.startswith("Warning: the image's files are copied for this container"), done
    assert "function not implemented" in done.stderr.lower() and done.stderr.count("\n") == 1
    assert done.stdout == loaded.ok("run", "--rm", *own_map.options, NAME, *look) + "\n"
    copy = os.path.join(loaded.data, "containers", loaded.inspect("copied")["Id"], "image")
    assert os.stat(os.path.join(copy, "own", "carol")).st_uid == own_map.uid(1000)
    assert "A /mine" in loaded.ok("diff", "copied")
    path = os.path.join(loaded.base, "copied.tar")
    loaded.ok("export", "-o", path, "copied")
    with tarfile.open(path) as tar:
        owners = {m.name.removeprefix("./"): m.uid for m in tar}
    assert owners["own/carol"] == 1000 and owners["mine"] == 0
    loaded.ok("rm", "copied")
    assert os.listdir(os.path.join(loaded.data, "containers")) == []


# -- commands

def test_the_life_of_a_container(loaded, own_map):
    loaded.ok("run", "-d", "--name", "c", *own_map.options, NAME, "sh", "-c",
              "trap 'echo bye; exit 7' TERM; echo hello; while :; do sleep 0.05; done")
    loaded.wait_log("c", "hello")
    assert loaded.ok("exec", "-u", "carol", "c", "id", "-u") == "1000"
    assert loaded.ok("exec", "c", "cat", "/own/carol") == "carol's"
    loaded.ok("kill", "-s", "TERM", "c")
    loaded.wait_status("c", "exited")
    assert loaded.inspect("c")["State"]["ExitCode"] == 7
    assert loaded.ok("logs", "c").splitlines() == ["hello", "bye"]
    loaded.ok("rm", "c")
    loaded.ok("run", "-d", "--name", "c", *own_map.options, NAME, "sleep", "1000")
    loaded.ok("stop", "-t", "0", "c")
    assert loaded.status("c") == "exited"
    loaded.ok("rm", "c")
    assert loaded.names() == [] and os.listdir(os.path.join(loaded.data, "containers")) == []


def test_a_terminal(loaded, own_map, terminal):
    child = terminal(loaded.argv("run", "-it", "--rm", *own_map.options, NAME, "sh"))
    child.expect("#")
    child.sendline("tty; stat -c '<%u:%g>' $(tty); stty size; echo d''one")
    child.expect("/dev/pts/0")
    child.expect("<0:")
    child.expect("24 80")
    child.expect("done")
    child.sendline("exit 3")
    child.wait()
    assert child.exitstatus == 3 or child.wait() == 3


def test_attach(loaded, own_map):
    loaded.ok("run", "-d", "-i", "--name", "a", *own_map.options, NAME, "sh", "-c", "read -r x; echo got $x")
    assert loaded("attach", "a", input="this\n").stdout == "got this\n"


@pytest.mark.parametrize("ended", [False, True])
def test_diff_and_export(loaded, sleeper, base, ended):
    shell(loaded, sleeper, "echo new >/new; chown 5:6 /new; rm /own/empty; echo >>/own/carol; mkdir /m; chown 1000 /m")
    if ended:
        loaded.ok("stop", "-t", "0", sleeper)
    assert sorted(loaded.ok("diff", sleeper).splitlines()) == [
        "A /m", "A /new", "C /etc", "C /own", "C /own/carol", "D /own/empty"]
    path = os.path.join(base, "out.tar")
    loaded.ok("export", "-o", path, sleeper)
    with tarfile.open(path) as tar:
        members = {m.name.lstrip("./"): m for m in tar}

        def text(name):
            return tar.extractfile(members[name]).read()
        owners = {n: (members[n].uid, members[n].gid) for n in (
            "new", "m", "own/carol", "own/nobody", "own/last", "own/suid", "own/dir/f", "own/link")}
        assert owners == {"new": (5, 6), "m": (1000, 0), "own/carol": (1000, 1000), "own/nobody": (NOBODY, NOBODY),
                          "own/last": (LAST, LAST), "own/suid": (1000, 1000), "own/dir/f": (1, 2),
                          "own/link": (1000, 1000)}
        assert members["own/suid"].mode == 0o4755 and "own/empty" not in members
        assert "w/gone" not in members and "w/opaque/below" not in members
        assert (text("hl/two"), text("own/carol"), text("w/again")) == (b"first\n", b"carol's\n\n", b"third")
        assert members["own/xattr"].pax_headers.get("SCHILY.xattr.user.color") == "blue"
        assert hashlib.sha256(text("own/zeros")).hexdigest() == hashlib.sha256(bytes(3000000) + b"end").hexdigest()


@pytest.mark.slow
def test_many_layers_and_long_names(cubby, base, pristine_root, own_map):
    made = image.busybox(pristine_root)
    name = "n" * 255
    for i in range(60):
        made = made.add({"top": f"{i}\n", f"f{i}": f"{i}\n", "d/": None, f"d/{name}/": None,
                         f"d/{name}/f{i}": f"{i}\n", f"f{i - 1}" if i % 2 else "unused": None if i % 2 else "x"})
    deep = "/".join(["p" * 200] * 15)
    made = made.add({f"{deep}/": None, f"{deep}/file": "deep\n"})
    path = os.path.join(base, "many.tar")
    image.docker_archive(path, {"localhost/many:1": made})
    cubby.ok("load", "-q", "-i", path)
    said = cubby.ok("run", "--rm", *own_map.options, "localhost/many:1", "sh", "-c",
                    f"cat /top; ls / | grep -c '^f'; ls /d/{name} | wc -l; cat /d/{name}/f0 /d/{name}/f59; cat /{deep}/file")
    assert said.splitlines() == ["59", "30", "60", "0", "59", "deep"]


# -- several at once, and ends

def files_in(path):
    return {os.path.relpath(os.path.join(top, n), path) for top, dirs, files in os.walk(path)
            for n in dirs + files}


def assert_nothing_left(cubby, before):
    process.wait_until(lambda: not process.leftovers(before), "no process left")
    assert process.mounts_below(cubby.base) == []
    assert cubby.names() == []  # and this sweeps
    left = {n for n in files_in(cubby.run_dir) if not re.fullmatch(r"outer\.lock|trees|events\.log|layers-[0-9-]+[a-z]+", n)}
    assert left <= {"containers", "data"}, left
    assert files_in(os.path.join(cubby.data, "containers")) == set()


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 10])
def test_several_at_once(loaded, own_map, n):
    before = process.descendants()
    clients = [loaded.start("run", "-d", "--name", f"c{i}", *own_map.options, NAME, "sh", "-c",
                            f"echo {i} >>/own/carol; tail -n 1 /own/carol; exec sleep 1000") for i in range(n)]
    for client in clients:
        out, err = client.communicate(timeout=60 * process.SLOW)
        assert client.returncode == 0, (out, err)
    for i in range(n):
        loaded.wait_log(f"c{i}", f"{i}\n")
    # the first ends, the others live on and new ones find what is there
    loaded.ok("rm", "-f", "-t", "0", "c0")
    assert shell(loaded, "c1", "cat /own/last") == "the last one's"
    loaded.ok("run", "--rm", *own_map.options, NAME, "cat", "/own/nobody")
    loaded.ok("rm", "-f", "-t", "0", *[f"c{i}" for i in range(1, n)])
    assert_nothing_left(loaded, before)
    assert loaded.ok("run", "--rm", *own_map.options, NAME, "cat", "/own/nobody") == "nobody's"


def test_two_maps_at_once(loaded, user):
    first, second = maps.Map(user, 100), maps.Map(user, 4000)
    for name, m in (("a", first), ("b", second)):
        loaded.ok("run", "-d", "--name", name, *m.options, NAME, "sleep", "1000")
        shell(loaded, name, f"echo {name} >>/own/carol; echo {name} >/new")
    for name, m in (("a", first), ("b", second)):
        assert shell(loaded, name, "tail -n 1 /own/carol; cat /new; stat -c %u /own/last") == f"{name}\n{name}\n{LAST}"
        assert os.lstat(os.path.join(upper(loaded, name), "new")).st_uid == m.uid(0)


MOMENTS = 20


@pytest.mark.slow
@pytest.mark.parametrize("others", [False, True], ids=["alone", "beside-another"])
@pytest.mark.parametrize("everything", [False, True], ids=["client", "everything"])
def test_killed_at_many_moments(loaded, own_map, others, everything):
    rng = random.Random(3)
    began = process.descendants()
    if others:
        loaded.ok("run", "-d", "--name", "other", *own_map.options, NAME, "sleep", "1000")
    before = process.descendants()
    for i in range(MOMENTS):
        client = loaded.start("run", "-d", "--name", "k", *own_map.options, NAME, "sleep", "1000")
        time.sleep(rng.uniform(0, 0.12))  # the moment itself is what varies
        victims = [client.pid, *(process.descendants(client.pid) if everything else ())]
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        client.communicate()
        loaded("rm", "-f", "-t", "0", "k")
        process.wait_until(lambda: not process.leftovers(before), f"round {i}: no process left")
        assert loaded.ok("run", "--rm", "--name", "k", *own_map.options, NAME, "cat", "/own/last") == "the last one's"
    if others:
        assert shell(loaded, "other", "cat /own/carol") == "carol's"
        loaded.ok("rm", "-f", "-t", "0", "other")
    assert_nothing_left(loaded, began)


@pytest.mark.parametrize("victim", ["monitor", "init", "both"])
def test_killed_while_it_runs(loaded, own_map, victim):
    before = process.descendants()
    for name in ("first", "second"):
        loaded.ok("run", "-d", "--name", name, *own_map.options, NAME, "sleep", "1000")
    pid = loaded.pid("first")
    monitor = process.stat_fields(pid)[1]
    for kind, target in (("monitor", monitor), ("init", pid)):
        if victim in (kind, "both"):
            try:
                os.kill(target, signal.SIGKILL)
            except PermissionError:  # it has other ids than we
                loaded.ok("kill", "-s", "KILL", "first")
    loaded.wait_status("first", "exited")
    process.wait_gone(pid)
    assert shell(loaded, "second", "cat /own/carol") == "carol's"
    assert loaded.ok("run", "--rm", *own_map.options, NAME, "cat", "/own/last") == "the last one's"
    loaded.ok("rm", "-f", "-t", "0", "first", "second")
    assert_nothing_left(loaded, before)
