# SPDX-License-Identifier: Apache-2.0
"""Other users of the host, and hostile documents: directories, sockets, names, ids, config.json."""

import json
import os
import shutil
import socket
import stat
import subprocess

import pytest

from support import process
from support.program import run

NOBODY = 65534
OTHER = 65533


def text_hash(text):
    """What tells the run directories of several data directories apart (FNV-1a)."""
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 % (1 << 64)
    return f"{value:016x}"


def modes(path):
    """Everything below a directory that others than its owner have some right to: {path: mode}."""
    found = {}
    for top, dirs, files in os.walk(path):
        for name in [".", *dirs, *files]:
            at = os.path.normpath(os.path.join(top, name))
            st = os.lstat(at)
            if not stat.S_ISLNK(st.st_mode) and st.st_mode & 0o077:
                found[os.path.relpath(at, path)] = oct(st.st_mode & 0o7777)
    return found


def test_others_see_nothing_of_ours(cubby, running, user):
    """Logs, config, database, sockets. Root's run directory may be passed through (a container's root that
    is another id must reach its own hosts file), and nothing in it can be listed."""
    assert stat.S_IMODE(os.stat(cubby.data).st_mode) == 0o700
    top = stat.S_IMODE(os.stat(cubby.run_dir).st_mode)
    assert top == (0o711 if user.is_root else 0o700)
    for path, mode in modes(cubby.run_dir).items():
        assert os.path.basename(path) in ("hosts", "hostname", ".containerenv", "resolv.conf") or \
            (user.is_root and mode == "0o711"), (path, mode)
    with open(os.path.join(cubby.run_dir, "containers", cubby.inspect(running)["Id"], "monitor"),
              encoding="utf-8") as f:
        monitor = int(f.read().split(":")[0])
    assert process.status_field(monitor, "Umask") in ("0022", "0077", "0002")


@pytest.mark.root
def test_another_user_cannot_attach(cubby, running):
    folder = os.path.join(cubby.run_dir, "containers", cubby.inspect(running)["Id"])
    sockets = [n for n in os.listdir(folder) if stat.S_ISSOCK(os.lstat(os.path.join(folder, n)).st_mode)]
    assert sockets
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        for name in sockets:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
                try:
                    s.connect(os.path.join(folder, name))
                except PermissionError:
                    continue
            os._exit(1)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.fixture
def nobody(cubby, base):
    """Run a program of ours as uid 65534 with its own home and without XDG_RUNTIME_DIR."""
    home = os.path.join(base, "nobody")
    os.mkdir(home, mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    env = {**cubby.environment(), "HOME": home}
    for name in list(env):
        if name.startswith("XDG_"):
            del env[name]

    def call(*argv, extra=None):
        return run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *argv],
                   env={**env, **(extra or {})}, cwd="/tmp")
    call.home = home
    return call


@pytest.mark.root
@pytest.mark.parametrize("trap", ["directory", "link to their directory", "link to our directory", "writable", "file"])
def test_the_run_directory_in_tmp_was_taken_by_somebody_else(cubby, nobody, base, trap):
    data = os.path.join(nobody.home, "data")
    taken = f"/tmp/cubby-run-{NOBODY}-{text_hash(data)}"
    prepare_trap(taken, trap, base, nobody.home)
    try:
        result = nobody(cubby.path, "--root", data, "ps")
        assert result.code == 125 and taken in result.stderr, result
        assert not os.path.exists(os.path.join(nobody.home, "mine", "containers"))
    finally:
        (os.rmdir if os.path.isdir(taken) and not os.path.islink(taken) else os.unlink)(taken)


def prepare_trap(taken, trap, base, home):
    theirs, mine = os.path.join(base, "theirs"), os.path.join(home, "mine")
    os.makedirs(theirs, exist_ok=True)
    os.chown(theirs, OTHER, OTHER)
    os.makedirs(mine, mode=0o700, exist_ok=True)
    os.chown(mine, NOBODY, NOBODY)
    if trap == "directory":
        os.mkdir(taken, mode=0o777)
        os.chown(taken, OTHER, OTHER)
    elif trap == "writable":
        os.mkdir(taken)
        os.chown(taken, NOBODY, NOBODY)
        os.chmod(taken, 0o777)
    elif trap == "file":
        with open(taken, "w", encoding="utf-8"):
            os.chown(taken, OTHER, OTHER)
    else:
        os.symlink(theirs if "their" in trap else mine, taken)
        os.lchown(taken, OTHER, OTHER)


@pytest.mark.root
@pytest.mark.parametrize("command", ["list", "state", "kill", "delete", "exec", "start", "ps"])
@pytest.mark.parametrize("trap", ["directory", "link"])
def test_a_forged_state_directory(runtime, nobody, base, trap, command):
    """Another user's state.json would choose which of our processes `kill` ends."""
    victim = run_victim(nobody)
    forged = os.path.join(base, "forged")
    os.makedirs(os.path.join(forged, "c1"))
    with open(f"/proc/{victim.pid}/stat", encoding="utf-8") as f:
        start = f.read().rpartition(")")[2].split()[19]
    with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as f:
        boot = f.read().strip()
    with open(os.path.join(forged, "c1", "state.json"), "w", encoding="utf-8") as f:
        json.dump({"version": 1, "id": "c1", "bundle": "/", "rootfs": "/", "init": f"{victim.pid}:{start}:{boot}",
                   "createdUsec": 1, "started": True, "terminal": False}, f)
    for top, dirs, files in os.walk(forged):
        for name in [".", *dirs, *files]:
            os.chown(os.path.join(top, name), OTHER, OTHER)
            os.chmod(os.path.join(top, name), 0o777)
    if trap == "link":
        os.chown(forged, NOBODY, NOBODY)
        os.chmod(forged, 0o700)
        link = os.path.join(base, "link")
        os.symlink(forged, link)
        os.lchown(link, OTHER, OTHER)
        forged = link
    words = {"list": [], "kill": ["c1", "KILL"], "exec": ["c1", "true"]}.get(command, ["c1"])
    result = nobody(runtime.path, "--root", forged, command, *words)
    assert result.code != 0 and "uid 65533" in result.stderr, result
    assert victim.poll() is None
    victim.kill()
    victim.wait()


def run_victim(nobody):
    return subprocess.Popen(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "sleep", "100"],
                            cwd=nobody.home)


def test_a_runtime_directory_of_somebody_else(cubby, base):
    """XDG_RUNTIME_DIR that points to a directory that is not ours (su keeps it) is not used."""
    data = os.path.join(base, "other-data")
    result = cubby_without_runroot(cubby, data, {"XDG_RUNTIME_DIR": "/usr"})
    assert result.code == 0 and not os.path.exists("/usr/cubby"), result


def cubby_without_runroot(cubby, data, env):
    result = run([cubby.path, "--root", data, "ps"], env=cubby.environment(env), cwd=cubby.base)
    name = f"cubby-run-{os.geteuid()}-{text_hash(data)}"
    for place in ("/tmp", f"/run/user/{os.geteuid()}", "/run"):
        for made in (os.path.join(place, name), os.path.join(place, f"cubby-{text_hash(data)}")):
            if os.path.isdir(made):
                shutil.rmtree(made)
    return result


# ------------------------------------------------------------------- names and ids

WRONG_NAMES = ["", ".", "..", "../x", "a/b", "/etc", ".hidden", "-x", "a b", "a\nb", "a\tb", "é", "a;b", "$(x)", "a'b",
               "a\"b", "a%sb", "*", "x" * 5000]


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_names_that_are_paths_or_worse(cubby, runtime, evil_root, base, name):
    before = sorted(os.listdir(base))
    result = cubby("run", "--name", name, "--rootfs", evil_root, "true")
    if name == "x" * 5000:
        assert result.code in (0, 125)
        cubby.remove_all()
    else:
        assert result.code == 125, result
    for command in ("rm", "stop", "kill", "inspect", "logs", "wait", "attach"):
        assert cubby(command, name).code != 0, command
    config = runtime.config(["true"], evil_root)
    bundle = runtime.bundle(config)
    for words in (["run", "--bundle", bundle, name], ["create", "--bundle", bundle, name], ["state", name],
                  ["delete", name], ["delete", "--force", name], ["kill", name, "KILL"], ["exec", name, "true"]):
        result = runtime(*words)
        if words[0] == "delete" and "--force" in words and result.code == 0:
            continue
        assert result.code != 0, (words, result)
    assert set(os.listdir(base)) - set(before) <= {"bundle1", "state", "data", "run"}


def test_a_container_of_this_name_does_not_hide_another(cubby, evil_root):
    """A name that looks like another container's id."""
    first = cubby.ok("run", "-d", "--rootfs", evil_root, "sleep", "1000")
    cubby("run", "-d", "--name", first[:12], "--rootfs", evil_root, "sleep", "1000")
    assert cubby.inspect(first)["Id"] == first


# --------------------------------------------------------------------- config.json

def deep(levels):
    return "[" * levels + "]" * levels


HOSTILE_DOCUMENTS = {
    "empty": "", "not json": "{", "nul": "\0", "list": "[]", "number": "1", "string": '"x"', "null": "null",
    "deep": deep(100000), "deep object": '{"a":' * 50000 + "1" + "}" * 50000,
    "key twice": '{"ociVersion":"1.0.0","ociVersion":"1.0.0"}', "surrogate": '{"ociVersion":"\\ud800"}',
    "huge number": '{"ociVersion":"1.0.0","process":{"user":{"uid":1' + "0" * 5000 + ',"gid":0}}}',
    "infinity": '{"ociVersion":"1.0.0","process":{"oomScoreAdj":1e999}}',
    "nan": '{"ociVersion":"1.0.0","process":{"oomScoreAdj":NaN}}',
    "long string": '{"ociVersion":"' + "1" * 2000000 + '"}', "latin-1": '{"ociVersion":"1.0.\xe9"}',
    "big": " " * (20 << 20) + "{}", "array of 200000": '{"ociVersion":"1.0.0","mounts":[' + "{}," * 200000 + "{}]}",
}


@pytest.mark.parametrize("kind", HOSTILE_DOCUMENTS)
def test_a_document_that_is_hostile_as_json(runtime, base, kind):
    bundle = os.path.join(base, "bundle")
    os.mkdir(bundle)
    with open(os.path.join(bundle, "config.json"), "w", encoding="latin-1") as f:
        f.write(HOSTILE_DOCUMENTS[kind])
    result = runtime("run", "--bundle", bundle, "c1", timeout=20)
    assert result.code == 1 and result.stderr, result
    assert len(result.stderr) < 10000


def change(config, path, value):
    *above, last = path.split("/")
    at = config
    for key in above:
        at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
    if isinstance(at, list):
        at.insert(int(last), value)
    else:
        at[last] = value
    return config


HOSTILE_VALUES = [
    ("linux/cgroupsPath", "../../../x"), ("linux/cgroupsPath", "/a/../../b"), ("linux/cgroupsPath", "a/..:b:.."),
    ("process/cwd", "relative"), ("process/cwd", "../.."), ("process/args", []), ("process/args", ["a\0b"]),
    ("process/env", ["A=\0"]), ("root/path", ""), ("root/path", "/nonexistent"), ("root/path", "config.json"),
    ("mounts/0", {"destination": "/"}), ("mounts/0", {"destination": "/x", "type": "bind", "source": "/nonexistent"}),
    ("mounts/0", {"destination": "/", "type": "tmpfs", "source": "x"}),
    ("mounts/0", {"destination": "../../..", "type": "tmpfs", "source": "x"}),
    ("linux/namespaces/0", {"type": "mount", "path": "/nonexistent"}),
    ("linux/namespaces/0", {"type": "mount", "path": "/etc/passwd"}),
    ("linux/namespaces/0", {"type": "network", "path": "/proc/self/ns/uts"}),
    ("linux/namespaces/0", {"type": "pid"}), ("linux/devices", [{"path": "../x", "type": "c", "major": -1, "minor": 0}]),
    ("linux/uidMappings", [{"containerID": 0, "hostID": 4294967295, "size": 2}]),
    ("linux/uidMappings", [{"containerID": 4294967295, "hostID": 0, "size": 4294967295}]),
    ("hooks", {"prestart": [{"path": "relative"}]}), ("hooks", {"prestart": [{"path": "/nonexistent"}]}),
    ("hostname", "x" * 300), ("linux/rootfsPropagation", "x"), ("linux/seccomp", {"defaultAction": "SCMP_ACT_X"}),
    ("process/rlimits", [{"type": "RLIMIT_NOFILE", "soft": 18446744073709551615, "hard": 0}]),
]


@pytest.mark.parametrize("path, value", HOSTILE_VALUES, ids=lambda v: str(v)[:40])
def test_a_document_with_hostile_values(runtime, evil_root, outside, path, value):
    result = runtime.run_config(change(runtime.config(["true"], evil_root), path, value))
    assert result.code == 1 and result.stderr.startswith("Error: "), result
    assert runtime("state", "c1").code != 0


@pytest.mark.parametrize("destination", ["../../../..{}/made", "/../../..{}/made", "/a/../../..{}/made"])
def test_destinations_with_dot_dot_stay_inside(runtime, evil_root, outside, destination):
    config = runtime.config(["true"], evil_root)
    config["mounts"].append({"destination": destination.format(outside), "type": "tmpfs", "source": "tmpfs"})
    config["linux"]["devices"] = [{"path": destination.format(outside) + "dev", "type": "c", "major": 1, "minor": 3}]
    runtime.run_config(config)
    assert not os.path.exists(os.path.join(outside, "made"))
