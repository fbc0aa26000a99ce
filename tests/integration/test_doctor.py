# SPDX-License-Identifier: Apache-2.0
"""cubby doctor: on hosts that are well, on broken ones, and what it leaves behind (nothing)."""

import json
import os
import shutil
import signal
import time

import pytest

from support import process
from support.program import run

KEYS = ["ID", "Subject", "Check", "Status", "Detail", "Why", "Command", "AsRoot", "Remedy",
        "Essential"]
IDS = """
user-namespace nested-user-namespace subordinate-ids id-map-programs id-map idmapped-mount own-range
kernel-version system-calls namespaces file-systems seccomp landlock security-modules
data-directory data-space overlay overlay-exec many-layers
run-directory lingering user-manager
cgroup cgroup-controllers resource-limits inotify keys
loopback firewall uplink tun fuse low-ports ping
programs
""".split()


def checks_of(result):
    """By id. The exit status is that of the checks."""
    assert result.stderr == "", result
    checks = json.loads(result.stdout)
    missing = [c for c in checks if c["Status"] == "missing"]
    assert result.code == (1 if missing else 0), result
    return {c["ID"]: c for c in checks}


@pytest.fixture
def doctor(cubby):
    """doctor() here; doctor("unshare", ...) inside of what these words start. Both as {id: check}."""
    def call(*before, env=None, options=()):
        argv = [*before, *cubby.argv(*options, "doctor", "--format", "json")]
        return checks_of(run(argv, env=cubby.environment(env), cwd=cubby.base))
    return call


def works(check):
    assert check["Status"] == "ok", check


def test_the_keys_and_ids_are_what_scripts_know(cubby, doctor):
    checks = doctor()
    assert list(checks) == IDS
    for check in checks.values():
        assert list(check) == KEYS
        assert check["Status"] in ("ok", "degraded", "missing", "not tried"), check
        assert check["Detail"] and check["Why"], check
    assert cubby("doctor", "--format", "{{.ID}}").lines == IDS
    lines = cubby("doctor", "--format", "table {{.ID}} {{.Status}}").lines
    assert lines[0].split() == ["ID", "STATUS"] and len(lines) == 1 + len(IDS)


def test_what_every_host_of_these_tests_has(doctor, user):
    checks = doctor()
    for name in ("user-namespace", "nested-user-namespace", "system-calls", "namespaces",
                 "seccomp", "data-directory", "data-space", "overlay", "overlay-exec", "loopback",
                 "programs"):
        works(checks[name])
    if user.is_root or user.has_subordinate_ids:
        works(checks["id-map"])


def test_the_table(cubby):
    done = cubby("doctor")
    lines = done.lines
    assert lines[0].split() == ["SUBJECT", "CHECK", "STATUS", "DETAIL"]
    column = lines[0].index("STATUS")
    table = lines[1:lines.index("")]
    assert len(table) == len(IDS)
    for line in table:
        word = line[column:column + len("not tried")].strip()
        assert word in ("ok", "degraded", "missing", "not tried"), line
        assert line[column - 1] == " " and line[column + len("not tried")] == " ", line
    assert " ok" in lines[-1] and "containers run" in lines[-1], lines[-1]
    assert "\x1b" not in done.stdout


def test_colours_are_for_terminals(cubby, terminal):
    child = terminal(cubby.argv("doctor"), dimensions=(60, 200))
    child.expect("\x1b\\[32mok ")
    child.expect("containers run")
    child = terminal(cubby.argv("doctor"), env={"NO_COLOR": "1"}, dimensions=(60, 200))
    child.expect("containers run")
    assert "\x1b[32m" not in child.before


def snapshot(base):
    found = {}
    for directory, names, files in os.walk(base):
        for name in names + files:
            path = os.path.join(directory, name)
            found[path] = os.lstat(path).st_mtime_ns
    return found


@pytest.mark.parametrize("made", [False, True])
def test_nothing_is_left(cubby, made):
    """Neither files (not even the data directory is made), nor processes, mounts, cgroups."""
    def cgroups():
        return [d for d, _, _ in os.walk("/sys/fs/cgroup") if "cubby-doctor" in d]

    if made:
        cubby.ok("ps")
    before = set(snapshot(cubby.base)), process.descendants(), cgroups()
    cubby("doctor")
    assert (set(snapshot(cubby.base)), process.descendants(), cgroups()) == before
    assert process.mounts_below(cubby.base) == []


def test_it_is_quick(cubby):
    cubby("doctor")
    start = time.monotonic()
    cubby("doctor")
    assert time.monotonic() - start < 2 * process.SLOW


def test_killed_at_any_moment_the_next_run_sweeps(cubby):
    """What a kill -9 leaves on disk is removed once it is old enough to be nobody's."""
    os.mkdir(cubby.data, mode=0o700)
    for step in range(12):
        doctor = cubby.start("doctor")
        time.sleep(0.01 * step)
        doctor.kill()
        doctor.communicate()
    process.reap_orphans()
    for name in os.listdir(cubby.data):
        assert name.startswith(".cubby-doctor-"), name
        os.utime(os.path.join(cubby.data, name), (1, 1))
    process.wait_until(lambda: cubby("doctor") and not os.listdir(cubby.data),
                       "what is left to be swept")


def test_ended_by_a_signal_it_cleans_up(cubby):
    os.mkdir(cubby.data, mode=0o700)
    for step in range(8):
        doctor = cubby.start("doctor")
        time.sleep(0.01 * step)
        doctor.send_signal(signal.SIGTERM)
        doctor.communicate()
        assert os.listdir(cubby.data) == []


@pytest.mark.rootless
@pytest.mark.subids
def test_no_new_privs(doctor):
    checks = doctor("setpriv", "--no-new-privs")
    assert checks["id-map-programs"]["Status"] == "missing"
    assert "no_new_privs" in checks["id-map-programs"]["Detail"]
    assert checks["id-map"]["Status"] == "missing"
    works(checks["user-namespace"])
    works(checks["overlay"])


@pytest.mark.rootless
def test_user_namespaces_switched_off(cubby, doctor):
    """Root of a namespace does without; an ordinary user in it is told that nothing goes."""
    off = "echo 0 > /proc/sys/user/max_user_namespaces; exec \"$@\""
    checks = doctor("unshare", "--user", "--map-root-user", "sh", "-c", off, "sh")
    assert checks["user-namespace"]["Status"] == "missing"
    assert checks["user-namespace"]["Command"] == "sysctl -w user.max_user_namespaces=65536"
    assert checks["user-namespace"]["AsRoot"] is True
    assert checks["id-map"]["Status"] == "not tried"
    works(checks["system-calls"])


@pytest.mark.rootless
@pytest.mark.subids
def test_user_namespaces_switched_off_for_an_ordinary_user(cubby, user):
    shutil.copytree(os.path.dirname(os.path.dirname(cubby.path)), cubby.base + "/prefix")
    os.chmod(cubby.base, 0o777)
    off = ("echo 0 > /proc/sys/user/max_user_namespaces; "
           "exec setpriv --reuid 5000 --regid 5000 --clear-groups \"$@\"")
    done = run(user.in_namespace(["sh", "-c", off, "sh", cubby.base + "/prefix/bin/cubby", "--root",
                                  cubby.base + "/other", "--runroot", cubby.base + "/other-run",
                                  "doctor"]), env=cubby.environment(), cwd=cubby.base)
    assert done.code == 1, done
    assert "containers do not run here" in done.lines[-1], done
    assert "As root: sysctl -w user.max_user_namespaces=65536" in done.stdout, done
    assert "not in the user database" in done.stdout, done


@pytest.mark.root
def test_without_newuidmap(cubby):
    """Hidden for a process of its own."""
    hidden = ("for p in newuidmap newgidmap; do mount --bind /dev/null $(command -v $p); done; "
              "exec setpriv --reuid 65533 --regid 65533 --clear-groups \"$@\"")
    os.mkdir(cubby.base + "/nobody", mode=0o755)
    os.chown(cubby.base + "/nobody", 65533, 65533)
    argv = [cubby.path, "--root", cubby.base + "/nobody/data", "--runroot",
            cubby.base + "/nobody/run", "doctor", "--format", "json"]
    checks = checks_of(run(["unshare", "--mount", "sh", "-c", hidden, "sh", *argv],
                           env=cubby.environment(), cwd="/"))
    assert "newuidmap is not installed" in checks["id-map-programs"]["Detail"]
    assert checks["id-map-programs"]["Command"] == "apt-get install uidmap"
    # it has no line in /etc/subuid either
    assert checks["subordinate-ids"]["Status"] == "missing"
    works(checks["user-namespace"])
    works(checks["overlay"])


@pytest.mark.rootless
def test_no_place_for_data(doctor, base):
    os.mkdir(base + "/closed", mode=0o500)
    checks = doctor(options=["--root", base + "/closed/data"])
    assert checks["data-directory"]["Status"] == "missing"
    assert checks["data-directory"]["Command"].startswith("install -d ")
    assert checks["overlay"]["Status"] == "not tried"
    works(checks["user-namespace"])
    works(checks["file-systems"])


@pytest.mark.rootless
def test_home_that_cant_be_written(cubby, base):
    os.mkdir(base + "/closed", mode=0o500)
    done = run([cubby.path, "doctor", "--format", "json"], cwd=base,
               env=cubby.environment({"HOME": base + "/closed", "XDG_DATA_HOME": None}))
    assert checks_of(done)["data-directory"]["Status"] == "missing"


def test_data_directory_in_the_way(cubby, doctor):
    with open(cubby.data, "w", encoding="utf-8"):
        pass
    check = doctor()["data-directory"]
    assert check["Status"] == "missing" and "not a directory" in check["Detail"], check


def test_fix_of_a_directory_that_others_can_write_to(cubby, doctor):
    os.mkdir(cubby.data)
    os.chmod(cubby.data, 0o777)
    before = doctor()["data-directory"]
    assert before["Status"] == "missing" and before["Command"] == f"chmod go-w {cubby.data}"
    assert before["AsRoot"] is False
    done = cubby("doctor", "--fix")
    assert f"chmod go-w {cubby.data}: done" in done.stdout, done
    assert os.stat(cubby.data).st_mode & 0o777 == 0o755
    works(doctor()["data-directory"])


def test_in_the_map_of_all_ids(cubby, doctor, user):
    """As root of a namespace: what it has is enough, or it says what is not."""
    checks = doctor(*user.in_namespace(["env"]))
    works(checks["user-namespace"])
    works(checks["overlay"])
    works(checks["id-map"])


@pytest.fixture
def in_container(cubby, busybox_root):
    """doctor inside of a container that is run with these options, as {id: check}."""
    def call(*options):
        prefix = os.path.dirname(os.path.dirname(cubby.path))
        mounts = [f"-v={p}:{p}:ro" for p in (prefix, "/lib", "/lib64", "/usr") if os.path.isdir(p)]
        done = cubby("run", "--rm", *options, *mounts, "--rootfs", busybox_root, cubby.path, "--root",
                     "/tmp/data", "--runroot", "/tmp/run", "doctor", "--format", "json")
        if "not found" in done.stderr or "error while loading" in done.stderr:
            pytest.skip("the program's libraries are elsewhere on this host")
        return checks_of(done)
    return call


def test_inside_of_a_container(in_container):
    """A container with its masks and filter is a poor host; doctor says so and is well."""
    checks = in_container()
    # its filter hides clone3, and then there is no use in trying what is made by it
    assert checks["system-calls"]["Status"] == "missing"
    assert "--nested" in checks["system-calls"]["Remedy"]
    assert checks["user-namespace"]["Status"] == "not tried"
    works(checks["programs"])


@pytest.mark.rootless
@pytest.mark.subids
def test_inside_of_a_container_for_containers(in_container, cubby):
    """What --nested is for: nothing that is essential is missing."""
    checks = in_container("--nested")
    for check in checks.values():
        assert not (check["Essential"] and check["Status"] == "missing"), check
    for name in ("user-namespace", "nested-user-namespace", "id-map", "overlay", "namespaces"):
        works(checks[name])
    # as good as outside
    if {c["ID"]: c for c in json.loads(cubby("doctor", "--format", "json").stdout)}[
            "own-range"]["Status"] == "ok":
        works(checks["own-range"])


def test_a_helper_program_of_another_version(cubby, base):
    prefix = os.path.dirname(os.path.dirname(cubby.path))
    shutil.copytree(prefix, base + "/prefix")
    layer = base + "/prefix/libexec/cubby/layer"
    os.unlink(layer)
    with open(layer, "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\necho layer 0.0.1\n")
    os.chmod(layer, 0o755)
    done = run([base + "/prefix/bin/cubby", *cubby.options, "doctor", "--format", "json"],
               env=cubby.environment(), cwd=base)
    check = checks_of(done)["programs"]
    assert check["Status"] == "missing" and "0.0.1" in check["Detail"], check
    os.unlink(layer)
    done = run([base + "/prefix/bin/cubby", *cubby.options, "doctor"], env=cubby.environment(),
               cwd=base)
    assert done.code == 1, done


def test_wrong_options(cubby):
    cubby.fails("doctor", "--no-such", code=125)
    cubby.fails("doctor", "--format", "{{.", code=125)
    cubby.fails("doctor", "more", code=125)
