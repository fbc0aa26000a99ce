# SPDX-License-Identifier: Apache-2.0
"""`cubby audit`: who a container's root is on the host, and what it can really do there."""

import contextlib
import json
import os
import re
import socket
import sqlite3
import stat

import pytest

STRANGERS = "0:2000000000:65536"
FOREVER = ("sleep", "1000")
# Whatever the default is: root has no user namespace then, others their whole map.
HOST = "--userns=host"


@pytest.fixture
def audit(cubby):
    """audit(code, ...): the JSON, with this exit status."""
    def run(code, *words):
        done = cubby("audit", "--format", "json", *words)
        assert done.code == code, done
        found = json.loads(done.stdout)
        assert found["ExitCode"] == code
        assert found["Level"] == ("isolated", "user", "root")[code]
        return found
    return run


@pytest.fixture
def hidden_root(own_root, base):
    """A root file system that only its owner gets to on the host: setuid programs in it are of no use there."""
    os.chmod(base, 0o700)
    return own_root


@pytest.fixture
def place(base):
    """place("name", 0o755): a directory of the test's own with this mode."""
    def make(name, mode=0o755):
        path = os.path.join(base, name)
        os.mkdir(path)
        os.chmod(path, mode)
        return path
    return make


def path_of(found, source):
    [entry] = [p for p in found["Paths"] if p["Source"] == source]
    return entry


def notes(found):
    return "\n".join(found["Notes"])


@pytest.mark.rootless
def test_an_ordinary_users(audit, busybox_root, user):
    found = audit(1, "--rootfs", busybox_root)
    assert found["Verdict"] == (f"your rights: its root is you ({user.name}) on the host, "
                                "but nothing of yours is mounted into it")
    assert found["IDs"]["Root"]["HostUID"] == user.uid
    assert found["IDs"]["Root"]["HostUser"] == user.name
    assert found["IDs"]["SharedWith"]["Caller"] and not found["IDs"]["SharedWith"]["Root"]
    assert found["Capabilities"]["UserNamespace"] == "own"
    assert found["Capabilities"]["Dangerous"] == []
    assert found["State"] == "not made yet" and found["Subject"] == "rootfs"
    assert found["Remedy"]


@pytest.mark.rootless
def test_an_ordinary_users_directory(audit, cubby, busybox_root, place, user):
    src, ro = place("src"), place("ro")
    options = ["-v", f"{src}:/src", "-v", f"{ro}:/ro:ro"]
    cubby.ok("run", "-d", "--name", "c", *options, "--rootfs", busybox_root, *FOREVER)
    for found in (audit(1, *options, "--rootfs", busybox_root), audit(1, "c")):
        assert found["Verdict"].endswith(f"it can write {src}")
        assert path_of(found, src)["Writable"] and path_of(found, src)["WritesAsUID"] == user.uid
        assert path_of(found, src)["Destination"] == "/src"
        assert not path_of(found, ro)["Writable"] and path_of(found, ro)["Readable"]
        assert not path_of(found, ro)["Remountable"]
    assert found["State"] == "running"
    assert os.listdir(src) == []


def test_read_only_is_no_barrier_for_sys_admin(audit, cubby, busybox_root, place):
    """Tried: the mount was made by the container's own root, so its flag can be taken away again."""
    src = place("src")
    options = ["--cap-add", "SYS_ADMIN", "-v", f"{src}:/src:ro"]
    cubby.ok("run", "-d", "--name", "c", *options, HOST, "--rootfs", busybox_root, *FOREVER)
    for words in ([*options, HOST, "--rootfs", busybox_root], ["c"]):
        done = cubby("audit", "--format", "{{range .Paths}}{{.Source}} {{.Writable}} {{.Remountable}}\n{{end}}", *words)
        assert f"{src} false true" in done.stdout.splitlines(), done
    assert cubby("exec", "c", "touch", "/src/x").code != 0
    assert cubby("exec", "c", "mount", "-o", "remount,bind,rw", "/src").code == 0
    assert cubby("exec", "c", "touch", "/src/x").code == 0


@pytest.mark.root
@pytest.mark.parametrize("mode, readable, writable", [
    (0o700, False, False), (0o755, True, False), (0o777, True, True), (0o733, False, True)])
def test_files_are_tried(audit, cubby, hidden_root, place, mode, readable, writable):
    """Ids that are nobody's get what the mode gives to others, and capabilities of theirs help nothing."""
    path = place("d", mode)
    os.mkdir(f"{hidden_root}/d")
    options = ["--uidmap", STRANGERS, "-v", f"{path}:/d"]
    cubby.ok("run", "-d", "--name", "c", *options, "--rootfs", hidden_root, *FOREVER)
    for found in (audit(0, *options, "--rootfs", hidden_root), audit(0, "c")):
        entry = path_of(found, path)
        assert (entry["Tried"], entry["Readable"], entry["Writable"]) == (True, readable, writable)
        assert found["Verdict"] == "isolated: its root is nobody on the host (uids 2000000000-2000065535)"
        assert (f"it can write {path}, as anybody can" in notes(found)) == writable
    assert (cubby("exec", "c", "touch", "/d/x").code == 0) == writable


@pytest.mark.root
def test_given_to_its_ids(audit, hidden_root, place):
    path = place("d", 0o700)
    os.chown(path, 2000000000, 2000000000)
    options = ["--uidmap", STRANGERS, "-v", f"{path}:/d", "--rootfs", hidden_root]
    found = audit(0, *options)
    assert path_of(found, path)["Writable"] and path_of(found, path)["OwnerUID"] == 2000000000
    assert "its ids were given the right" in notes(found)
    # another user of the container has no right to it
    assert not path_of(audit(0, "-u", "6667", *options), path)["UserWritable"]


@pytest.mark.root
def test_an_acl_counts(audit, hidden_root, place):
    """mode 0700 of root's, and an access ACL that lets the container's root in."""
    path = place("d", 0o700)
    acl = b"\x02\0\0\0"
    for tag, perm, who in ((1, 7, 0xffffffff), (2, 7, 2000000000), (4, 0, 0xffffffff),
                           (0x10, 7, 0xffffffff), (0x20, 0, 0xffffffff)):
        acl += tag.to_bytes(2, "little") + perm.to_bytes(2, "little") + who.to_bytes(4, "little")
    os.setxattr(path, "system.posix_acl_access", acl)
    found = audit(0, "--uidmap", STRANGERS, "-v", f"{path}:/d", "--rootfs", hidden_root)
    assert path_of(found, path)["Writable"]
    found = audit(0, "--uidmap", "0:2000000001:1", "-v", f"{path}:/d", "--rootfs", hidden_root)
    assert not path_of(found, path)["Writable"]


@pytest.mark.root
def test_an_idmapped_mount(audit, cubby, own_root, place):
    """Its files are root's on disk: a setuid program that is left there works on the host."""
    path = place("d", 0o755)
    os.mkdir(f"{own_root}/d")
    options = ["--uidmap", STRANGERS, "-v", f"{path}:/d:idmap"]
    made = cubby("run", "-d", "--name", "c", *options, "--rootfs", own_root, *FOREVER)
    if made.code != 0 and "idmap" in made.stderr:
        pytest.skip("this file system can't be idmapped")
    for words in ([*options, "--rootfs", own_root], ["c"]):
        entry = path_of(audit(2, *words), path)
        assert entry["Writable"] and entry["Idmapped"] and entry["WritesAsUID"] == 0
        assert entry["SetUID"]
    cubby.ok("exec", "c", "sh", "-c", "cp /bin/busybox /d/x; chmod 4755 /d/x")
    left = os.stat(f"{path}/x")
    assert left.st_uid == 0 and left.st_mode & stat.S_ISUID


@pytest.mark.subids
def test_a_range_of_its_own(audit, cubby, place, user):
    """Before it is made the range is not known, but that it will be nobody's."""
    cubby.ok("pull", "-q", "cubby/hello")
    src, free = place("src"), place("free", 0o777)
    options = ["--userns=auto", "-v", f"{src}:/src", "-v", f"{free}:/free"]
    found = audit(0, *options, "cubby/hello")
    assert found["Verdict"] == "isolated: its root is nobody on the host (a range of its own from the pool)"
    assert found["IDs"]["FromPool"] and "HostUID" not in found["IDs"]["Root"]
    assert found["IDs"]["UIDMap"] == [] and "from the pool" in found["IDs"]["MapText"][0]
    assert not path_of(found, src)["Writable"] and path_of(found, free)["Writable"]
    assert "WritesAsUID" not in path_of(found, free)
    with contextlib.closing(sqlite3.connect(f"{cubby.data}/cubby.db")) as records:
        assert records.execute("SELECT count(*) FROM id_range").fetchone() == (0,)
    cubby.ok("run", "-d", "--name", "c", *options, "cubby/hello", *FOREVER)
    found = audit(0, "c")
    assert not found["IDs"]["FromPool"] and found["IDs"]["Root"]["HostUID"] not in (0, user.uid)
    assert f"uids {found['IDs']['Root']['HostUID']}-" in found["Verdict"]
    assert not path_of(found, src)["Writable"] and path_of(found, free)["Writable"]
    # another one of its kind has none of its ids
    assert audit(0, "--userns=auto", "cubby/hello")["IDs"]["SharedWith"]["Containers"] == []


@pytest.mark.rootless
@pytest.mark.subids
def test_keep_id(audit, cubby, place, user):
    """Root is not the caller, but can become it: so it has the caller's rights."""
    cubby.ok("pull", "-q", "cubby/hello")
    src = place("src", 0o700)
    options = ["--userns=keep-id", "-v", f"{src}:/src"]
    cubby.ok("run", "-d", "--name", "c", *options, "cubby/hello", *FOREVER)
    for words in ([*options, "cubby/hello"], ["c"]):
        found = audit(1, *words)
        assert f"one of its ids is you ({user.name}) on the host; it can write {src}" in found["Verdict"]
        assert found["IDs"]["User"]["HostUID"] == user.uid
        assert path_of(found, src)["Writable"] and path_of(found, src)["UserWritable"]
    assert audit(0, "--userns=nomap", "-v", f"{src}:/src", "cubby/hello")["IDs"]["SharedWith"]["Caller"] is False


@pytest.mark.subids
def test_a_directory_that_will_be_given(audit, cubby, place):
    cubby.ok("pull", "-q", "cubby/hello")
    src = place("src", 0o700)
    found = audit(0, "--userns=auto", "-v", f"{src}:/src:U", "cubby/hello")
    assert path_of(found, src)["Writable"]
    assert os.stat(src).st_uid == os.geteuid()


@pytest.mark.root
def test_a_root_directory_that_is_idmapped(audit, cubby, own_root, base):
    """A range of its own on a directory of root's: what is left there is root's on the host."""
    options = ["--uidmap", STRANGERS, "--rootfs", own_root]
    if cubby("run", "--rm", *options, "touch", "/x").code != 0 or os.stat(f"{own_root}/x").st_uid != 0:
        pytest.skip("this file system can't be idmapped")
    found = audit(2, *options)
    assert "leave setuid-root programs" in found["Verdict"] and "chmod 700" in found["Remedy"]
    cubby.ok("run", "-d", "--name", "c", *options, *FOREVER)
    assert path_of(audit(2, "c"), own_root)["SetUID"]
    os.chmod(base, 0o700)
    assert not path_of(audit(0, *options), own_root)["SetUID"]
    assert path_of(audit(0, "c"), own_root)["Writable"]


@pytest.mark.root
def test_roots_without_user_namespace(audit, cubby, busybox_root, place):
    src = place("etc")
    options = ["-v", f"{src}:/e", "-v", "/etc:/r:ro"]
    found = audit(2, *options, HOST, "--rootfs", busybox_root)
    assert found["Verdict"].startswith("DANGER: its root is the host's root: no user namespace; it can write")
    assert src in found["Verdict"] and "/etc/shadow" in found["Verdict"]
    assert path_of(found, "/etc")["Readable"] and not path_of(found, "/etc")["Writable"]
    assert path_of(found, "/etc/shadow")["Kind"] == "secret"
    assert path_of(found, src)["SetUID"]
    assert found["Capabilities"]["UserNamespace"] == "host"
    assert not found["IDs"]["UserNamespace"]


@pytest.mark.root
def test_privileged(audit, busybox_root):
    found = audit(2, "--privileged", HOST, "--rootfs", busybox_root)
    assert "CAP_SYS_ADMIN" in found["Capabilities"]["Dangerous"]
    assert "mount the host's disks" in "\n".join(r["Text"] for r in found["Reasons"])
    assert found["Kernel"]["Seccomp"] == "unconfined"
    assert found["Kernel"]["MaskedPaths"] == []
    assert [p for p in found["Paths"] if p["Kind"] == "device"]


@pytest.mark.root
def test_a_capability_of_the_host(audit, busybox_root):
    found = audit(2, "--cap-add", "SYS_ADMIN", HOST, "--rootfs", busybox_root)
    assert found["Capabilities"]["Dangerous"] == ["CAP_SYS_ADMIN"]
    assert "mount the host's disks" in found["Verdict"]
    assert audit(2, "--cap-drop", "ALL", HOST, "--rootfs", busybox_root)["Capabilities"]["Bounding"] == []


@pytest.mark.root
def test_another_user_of_roots(audit, busybox_root):
    """A setuid program makes root of it, unless none has an effect."""
    found = audit(2, "-u", "6667", HOST, "--rootfs", busybox_root)
    assert found["IDs"]["User"]["HostUID"] == 6667 and found["IDs"]["RootReachable"]
    assert "setuid program in it makes root" in notes(found)
    found = audit(0, "-u", "6667", "--security-opt", "no-new-privileges", HOST, "--rootfs", busybox_root)
    assert found["Verdict"] == "isolated: it stays user 6667, nobody on the host (uid 6667)"
    assert not found["IDs"]["RootReachable"]


@pytest.mark.rootless
@pytest.mark.subids
def test_another_user_of_an_ordinary_users(audit, busybox_root, place, user):
    src = place("src")
    options = ["-u", "6667", "-v", f"{src}:/src", "--rootfs", busybox_root]
    found = audit(1, *options)
    assert found["IDs"]["User"]["HostUID"] == user.subuid[0] + 6666
    assert path_of(found, src)["Writable"] and not path_of(found, src)["UserWritable"]
    found = audit(0, "--security-opt", "no-new-privileges", *options)
    assert not path_of(found, src)["Writable"]


@pytest.mark.rootless
@pytest.mark.subids
def test_a_map_without_oneself(audit, cubby, place, user):
    cubby.ok("pull", "-q", "cubby/hello")
    src = place("src", 0o700)
    found = audit(0, "--uidmap", "0:1:1000", "-v", f"{src}:/src", "cubby/hello")
    first = user.subuid[0]
    assert found["Verdict"] == f"isolated: its root is nobody on the host (uids {first}-{first + 999})"
    assert not path_of(found, src)["Readable"]
    assert found["IDs"]["UIDMap"] == [{"ContainerID": 0, "HostID": first, "Size": 1000}]
    assert f"subordinate ids of {user.name}" in found["IDs"]["MapText"][0]


def test_seccomp_and_masks(audit, busybox_root, user):
    code = 2 if user.is_root else 1
    assert audit(code, HOST, "--rootfs", busybox_root)["Kernel"]["Seccomp"] == "default"
    found = audit(code, "--security-opt", "seccomp=unconfined", "--security-opt", "unmask=ALL", "--read-only",
                  HOST, "--rootfs", busybox_root)
    assert found["Kernel"]["Seccomp"] == "unconfined"
    assert "no seccomp filter" in notes(found) and "masked" in notes(found)
    assert found["Kernel"]["ReadOnlyRoot"]


@pytest.mark.rootless
@pytest.mark.subids
def test_nested(audit, cubby):
    cubby.ok("pull", "-q", "cubby/hello")
    found = audit(1, "--nested", "cubby/hello")
    assert found["Kernel"]["Nested"] and "containers of its own" in notes(found)
    assert not audit(1, "cubby/hello")["Kernel"]["Nested"]


def test_the_kernel_is_asked(audit, cubby, busybox_root, user):
    """Of a running container not its spec but its processes count."""
    code = 2 if user.is_root else 1
    cubby.ok("run", "-d", "--name", "c", "--security-opt", "no-new-privileges", "--cap-drop", "CHOWN",
             HOST, "--rootfs", busybox_root, *FOREVER)
    found = audit(code, "c")
    with open(f"/proc/{cubby.pid('c')}/status", encoding="utf-8") as f:
        bounding = int(re.search(r"CapBnd:\t(\w+)", f.read()).group(1), 16)
    assert len(found["Capabilities"]["Bounding"]) == bin(bounding).count("1")
    assert "CAP_CHOWN" not in found["Capabilities"]["Bounding"]
    assert found["Kernel"]["NoNewPrivileges"] and found["Kernel"]["Seccomp"] == "default"
    assert found["ID"] == cubby.inspect("c")["Id"] and found["Subject"] == "container"


def test_network(audit, busybox_root, user):
    code = 2 if user.is_root else 1
    found = audit(code, HOST, "--rootfs", busybox_root)
    assert set(found["Namespaces"]) == {"user", "mount", "pid", "network", "ipc", "uts", "cgroup"}
    assert found["Namespaces"]["network"] == "own"
    found = audit(code, "--network", "host", HOST, "--rootfs", busybox_root)
    assert found["Namespaces"]["network"] == "host" and "127.0.0.1" in notes(found)
    assert [p for p in found["Paths"] if p["Kind"] != "rootfs"] == []  # its own /sys is none of these


@pytest.fixture
def docker_socket(base):
    """A socket by the name of Docker's, which says what it is wherever it lies."""
    path = os.path.join(base, "docker.sock")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
        s.listen()
        os.chmod(path, 0o600)
        yield path


def test_a_socket_that_is_bound(audit, cubby, busybox_root, docker_socket, user):
    code = 2 if user.is_root else 1
    options = ["-v", f"{docker_socket}:/run/docker.sock"]
    cubby.ok("run", "-d", "--name", "c", *options, HOST, "--rootfs", busybox_root, *FOREVER)
    for found in (audit(code, *options, HOST, "--rootfs", busybox_root), audit(code, "c")):
        entry = path_of(found, docker_socket)
        assert entry["Kind"] == "socket" and entry["What"] == "the Docker daemon" and entry["Writable"]
        assert "command the Docker daemon" in found["Verdict"]
        assert docker_socket in found["Remedy"]


@pytest.mark.root
def test_a_socket_out_of_reach(audit, hidden_root, docker_socket):
    options = ["--uidmap", STRANGERS, "-v", f"{docker_socket}:/run/docker.sock", "--rootfs", hidden_root]
    assert not path_of(audit(0, *options), docker_socket)["Writable"]
    os.chmod(docker_socket, 0o666)
    found = audit(2, *options)
    assert found["Verdict"].startswith("DANGER: it can become root of the host: it can command the Docker daemon")


def test_a_secret_below_a_mount(audit, cubby, busybox_root, base, user):
    """A home is known by /etc/passwd; one's own is tried if it can be."""
    if not os.access(user.home, os.W_OK):
        pytest.skip("no home")
    above = os.path.dirname(user.home)
    code = 2 if user.is_root else 1
    found = audit(code, "-v", f"{above}:/homes", HOST, "--rootfs", busybox_root)
    if above != "/" and not os.access(above, os.W_OK):
        assert path_of(found, user.home)["Writable"]
        assert user.home in found["Verdict"]


@pytest.mark.root
def test_what_lies_in_a_mount(audit, cubby, hidden_root, place):
    """The directory itself is root's, one in it belongs to the container's ids."""
    top = place("top")
    for name, owner in (("mine", 2000000000), ("roots", 0)):
        os.mkdir(f"{top}/{name}")
        os.chown(f"{top}/{name}", owner, owner)
    os.mkdir(f"{hidden_root}/d")
    options = ["--uidmap", STRANGERS, "-v", f"{top}:/d"]
    cubby.ok("run", "-d", "--name", "c", *options, "--rootfs", hidden_root, *FOREVER)
    for found in (audit(0, *options, "--rootfs", hidden_root), audit(0, "c")):
        assert not path_of(found, top)["Writable"]
        assert path_of(found, f"{top}/mine")["Writable"]
        assert path_of(found, f"{top}/mine")["Destination"] == "/d/mine"
        assert f"{top}/roots" not in [p["Source"] for p in found["Paths"]]


@pytest.mark.root
def test_devices_in_a_mount(audit, busybox_root, hidden_root):
    found = audit(2, "-v", "/dev:/hostdev", HOST, "--rootfs", busybox_root)
    disks = [p for p in found["Paths"] if p["What"] == "a disk"]
    assert disks and all(p["Level"] == "root" and p["Destination"].startswith("/hostdev/") for p in disks)
    found = audit(0, "--uidmap", STRANGERS, "-v", "/dev:/hostdev", "--rootfs", hidden_root)
    assert [p for p in found["Paths"] if p["What"] == "a disk"] == []


def test_a_link_in_a_mount_leads_nowhere(audit, cubby, busybox_root, place, user):
    """Links are the container's to make: what they name on the host is not what it could read."""
    home = place("place")
    os.symlink("/etc", f"{home}/.ssh")
    code = 2 if user.is_root else 1
    found = audit(code, "-v", f"{home}:/home/x", HOST, "--rootfs", busybox_root)
    assert [p for p in found["Paths"] if p["Kind"] == "secret"] == []


def test_ids_in_common(audit, cubby, busybox_root, user):
    code = 2 if user.is_root else 1
    for name in ("one", "two"):
        cubby.ok("run", "-d", "--name", name, HOST, "--rootfs", busybox_root, *FOREVER)
    assert audit(code, "one")["IDs"]["SharedWith"]["Containers"] == ["two"]
    assert sorted(audit(code, HOST, "--rootfs", busybox_root)["IDs"]["SharedWith"]["Containers"]) == ["one", "two"]


def test_one_that_has_ended(audit, cubby, busybox_root, place, user):
    src = place("src")
    code = 2 if user.is_root else 1
    cubby.ok("run", "--name", "c", "-v", f"{src}:/src", HOST, "--rootfs", busybox_root, "true")
    found = audit(code, "c")
    assert found["State"] == "exited" and path_of(found, src)["Writable"]


def test_an_image_leaves_nothing(audit, cubby, base):
    cubby.ok("pull", "-q", "cubby/hello")

    def tree():
        return sorted(os.path.join(d, n) for d, dirs, files in os.walk(base) for n in dirs + files
                      if not n.startswith("cubby.db"))
    before = tree()
    done = cubby("audit", "--format", "json", "-v", f"{base}:/x", "cubby/hello")
    assert done.code in (0, 1, 2), done
    assert json.loads(done.stdout)["Subject"] == "image"
    assert tree() == before
    assert cubby.ok("ps", "-aq") == ""


def test_for_people(cubby, busybox_root, place, user):
    src = place("src")
    done = cubby("audit", "-v", f"{src}:/src", HOST, "--rootfs", busybox_root)
    assert done.code == (2 if user.is_root else 1) and done.stderr == ""
    assert done.lines[0].startswith("DANGER:" if user.is_root else "your rights:")
    assert "\x1b" not in done.stdout
    for heading in ("On the host it is", "Capabilities", "Files of the host", "Between it and the kernel",
                    "Namespaces", "Limits", "To give it less"):
        assert heading in done.lines
    [row] = [line for line in done.lines if "/src" in line and src in line and line.startswith("  write")]
    assert row.split()[:3] == ["write", src, "/src"]
    assert [line for line in done.lines if len(line) > 80 and src not in line and busybox_root not in line] == []


def test_colour_on_a_terminal(cubby, terminal, busybox_root, user):
    argv = cubby.argv("audit", HOST, "--rootfs", busybox_root)
    child = terminal(argv)
    child.expect(r"\x1b\[1;31mDANGER" if user.is_root else r"\x1b\[1;33myour rights")
    child = terminal(argv, env={"NO_COLOR": "1"})
    child.expect("DANGER" if user.is_root else "your rights")
    assert "\x1b" not in child.before


@pytest.mark.parametrize("words, says", [
    (["nobody-knows"], "no container and no image"),
    (["--privileged", "nobody-knows"], "cubby pull"),
    (["--rootfs", "/nowhere"], "/nowhere"),
    (["-v", "/nowhere:/x", "--rootfs", "/"], "mkdir -p /nowhere"),
    (["-u", "who-is-that", "--rootfs", "/"], "who-is-that"),
    ([], "argument")])
def test_errors_are_125(cubby, words, says):
    assert says in cubby.fails("audit", *words, code=125)


def test_templates(cubby, busybox_root, user):
    done = cubby("audit", "--format", "{{.Level}} {{.IDs.Root.HostUID}}", HOST, "--rootfs", busybox_root)
    assert done.stdout == f"{'root' if user.is_root else 'user'} {user.uid}\n"
