# SPDX-License-Identifier: Apache-2.0
"""What lies about after a crash of any kind is mended by the next command that meets it."""

import os
import shutil
import signal
import sqlite3

import pytest

from support import process

ID = "f" * 64


def places(cubby, id):
    return (os.path.join(cubby.run_dir, "containers", id), os.path.join(cubby.data, "containers", id))


def kill_monitor_and_init(cubby, name):
    pid = cubby.pid(name)
    monitor = process.stat_fields(pid)[1]
    os.kill(monitor, signal.SIGKILL)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:      # it dies with its monitor
        pass
    process.wait_gone(pid)
    process.wait_gone(monitor)


def test_directories_without_a_record_are_swept(cubby, busybox_root):
    cubby.ok("ps")
    run, data = places(cubby, ID)
    for path in (run, data):
        os.mkdir(path)
        with open(os.path.join(path, "file"), "w", encoding="utf-8"):
            pass
    os.mkdir(os.path.join(cubby.run_dir, "containers", "not-an-id"))
    assert cubby.ok("ps", "-aq") == ""
    assert not os.path.exists(run) and not os.path.exists(data)
    assert os.path.exists(os.path.join(cubby.run_dir, "containers", "not-an-id"))


def test_a_running_container_is_never_swept(cubby, busybox_root):
    id = cubby.ok("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
    for _ in range(5):
        cubby.ok("ps", "-a")
    assert cubby.status("web") == "running" and os.path.isdir(places(cubby, id)[0])


def test_a_dead_makers_name_is_free(cubby, busybox_root):
    """A record and a run directory, no init, nobody holds the lock."""
    cubby.ok("run", "--name", "real", "--rootfs", busybox_root, "true")
    db = sqlite3.connect(os.path.join(cubby.data, "cubby.db"))
    with db:
        db.execute("INSERT INTO container (id, name, created, auto_remove, config) "
                   "SELECT ?, 'web', created, 0, config FROM container", (ID,))
    db.close()
    os.mkdir(places(cubby, ID)[0])
    assert cubby.ok("run", "--rm", "--name", "web", "--rootfs", busybox_root, "echo", "mine") == "mine"
    assert cubby.names() == ["real"]
    assert not os.path.exists(places(cubby, ID)[0])


def test_after_a_reboot(cubby, busybox_root):
    """The run directory was memory, and is gone."""
    id = cubby.ok("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
    cubby.ok("run", "-d", "--rm", "--name", "tmp", "--rootfs", busybox_root, "sleep", "1000")
    kill_monitor_and_init(cubby, "web")
    kill_monitor_and_init(cubby, "tmp")
    shutil.rmtree(cubby.run_dir)
    state = cubby.inspect("web")["State"]
    assert state["Status"] == "exited" and state["ExitCode"] == 255 and "not known" in state["Error"]
    assert cubby.names() == ["web"]
    assert not os.path.exists(places(cubby, id)[0])
    cubby.ok("rm", "web")


def test_after_a_reboot_with_the_run_directory_on_a_disk(cubby, busybox_root):
    id = cubby.ok("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
    kill_monitor_and_init(cubby, "web")
    for name in ("init", "monitor"):
        path = os.path.join(places(cubby, id)[0], name)
        text = open(path, encoding="utf-8").read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.rsplit(":", 1)[0] + ":00000000-0000-0000-0000-000000000000")
    state = cubby.inspect("web")["State"]
    assert state["Status"] == "exited" and state["ExitCode"] == 255


def test_a_pid_that_belongs_to_somebody_else_now(cubby, busybox_root):
    """The file names a living process, but one that started at another time."""
    id = cubby.ok("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
    kill_monitor_and_init(cubby, "web")
    with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as f:
        boot = f.read().strip()
    with open(os.path.join(places(cubby, id)[0], "init"), "w", encoding="utf-8") as f:
        f.write(f"{os.getpid()}:12345:{boot}")
    cubby.ok("rm", "-f", "web")     # and we live on
    assert cubby.names() == []


def test_killed_with_its_monitor(cubby, busybox_root):
    cubby.ok("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
    kill_monitor_and_init(cubby, "web")
    state = cubby.inspect("web")["State"]
    assert state["Status"] == "exited" and state["ExitCode"] == 137 and "monitor" in state["Error"]


def test_an_end_that_nobody_recorded(cubby, busybox_root):
    """The exit record is there, but the clean-up was killed."""
    id = cubby.ok("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
    kill_monitor_and_init(cubby, "web")
    with open(os.path.join(places(cubby, id)[0], "exit"), "w", encoding="utf-8") as f:
        f.write(f"{5 << 8} 1700000000000000\n")
    state = cubby.inspect("web")["State"]
    assert (state["Status"], state["ExitCode"], state["Error"]) == ("exited", 5, "")
    assert state["FinishedAt"].startswith("2023-11-14T22:13:20")
    assert not os.path.exists(places(cubby, id)[0])


@pytest.mark.parametrize("text", ["", "x", "12", "99999999999999999999 5", "0 x"])
def test_a_damaged_exit_record_counts_as_none(cubby, busybox_root, text):
    id = cubby.ok("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
    kill_monitor_and_init(cubby, "web")
    with open(os.path.join(places(cubby, id)[0], "exit"), "w", encoding="utf-8") as f:
        f.write(text)
    assert cubby.inspect("web")["State"]["ExitCode"] == 137


def test_cleanup_may_be_run_at_any_time(cubby, busybox_root):
    id = cubby.ok("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
    cubby.ok("container", "cleanup", id)
    assert cubby.status("web") == "running"
    cubby.ok("stop", "-t", "0", "web")
    cubby.ok("container", "cleanup", id)
    cubby.ok("container", "cleanup", ID)
    assert cubby.status("web") == "exited"


def test_a_damaged_database_says_what_to_do(cubby, busybox_root):
    os.makedirs(cubby.data, mode=0o700)
    with open(os.path.join(cubby.data, "cubby.db"), "w", encoding="utf-8") as f:
        f.write("not a database, " * 1000)
    said = cubby.fails("ps", code=125)
    assert "mv " in said
    os.unlink(os.path.join(cubby.data, "cubby.db"))


def test_a_newer_database_is_left_alone(cubby):
    cubby.ok("ps")
    db = sqlite3.connect(os.path.join(cubby.data, "cubby.db"))
    version = db.execute("PRAGMA user_version").fetchone()[0]
    db.execute("PRAGMA user_version=99")
    db.close()
    assert "newer cubby" in cubby.fails("ps", code=125)
    db = sqlite3.connect(os.path.join(cubby.data, "cubby.db"))
    db.execute(f"PRAGMA user_version={version}")
    db.close()


def test_many_at_once(cubby, busybox_root):
    """Ten makers and a lister at the same time: all get their container, no name twice."""
    runs = [cubby.start("run", "-d", "--rootfs", busybox_root, "sleep", "1000") for _ in range(10)]
    listers = [cubby.start("ps", "-a") for _ in range(5)]
    for p in runs + listers:
        _, err = p.communicate(timeout=60 * process.SLOW)
        assert p.returncode == 0, err
    names = cubby.names()
    assert len(names) == 10 and len(set(names)) == 10
    assert all(s == "running" for s in cubby.ok("ps", "-a", "--format", "{{.State}}").split())


def test_one_name_wanted_by_many(cubby, busybox_root):
    runs = [cubby.start("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
            for _ in range(8)]
    codes = []
    for p in runs:
        p.communicate(timeout=60 * process.SLOW)
        codes.append(p.returncode)
    assert sorted(codes) == [0] + [125] * 7
    assert cubby.status("web") == "running"
