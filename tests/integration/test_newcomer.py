# SPDX-License-Identifier: Apache-2.0
"""What a newcomer meets on the first day: each failure has its sentence and its remedy."""

import os
import shutil
import stat

import pytest

from support.program import run as run_program


@pytest.fixture
def bin_without(base):
    """A PATH with links to the host's programs but for those named."""
    def make(*missing):
        path = os.path.join(base, "bin")
        os.mkdir(path)
        for directory in ("/usr/bin", "/bin", "/usr/sbin", "/sbin"):
            for name in os.listdir(directory):
                link = os.path.join(path, name)
                if name not in missing and not os.path.lexists(link):
                    os.symlink(os.path.join(directory, name), link)
        return path
    return make


def run(cubby, root, *argv, **more):
    return cubby("run", "--rm", "--rootfs", root, *argv, **more)


def test_no_such_program(cubby, busybox_root):
    done = run(cubby, busybox_root, "nosuch")
    assert done.code == 127, done
    assert 'executable file "nosuch" not found in $PATH' in done.stderr


def test_no_such_path(cubby, busybox_root):
    done = run(cubby, busybox_root, "/bin/nosuch")
    assert done.code == 127, done
    assert "/bin/nosuch" in done.stderr and "no such file or directory" in done.stderr


def test_not_executable(cubby, own_root):
    path = os.path.join(own_root, "plain")
    with open(path, "w", encoding="utf-8") as f:
        f.write("no program")
    done = run(cubby, own_root, "/plain")
    assert done.code == 126, done
    assert "/plain" in done.stderr and "permission denied" in done.stderr


def test_a_directory_is_no_program(cubby, busybox_root):
    done = run(cubby, busybox_root, "/etc")
    assert done.code == 126, done
    assert "/etc" in done.stderr and "directory" in done.stderr


def test_wrong_architecture(cubby, own_root):
    """An ELF header for aarch64 (machine 183)."""
    path = os.path.join(own_root, "bin", "foreign")
    header = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9) + (2).to_bytes(2, "little") \
        + (183).to_bytes(2, "little") + (1).to_bytes(4, "little") + bytes(40)
    with open(path, "wb") as f:
        f.write(header)
    os.chmod(path, 0o755)
    done = run(cubby, own_root, "foreign")
    assert done.code == 126, done
    assert "aarch64" in done.stderr and "x86_64" in done.stderr


def test_missing_interpreter(cubby, own_root):
    path = os.path.join(own_root, "script")
    with open(path, "w", encoding="utf-8") as f:
        f.write("#!/opt/nosuch/python\n")
    os.chmod(path, 0o755)
    done = run(cubby, own_root, "/script")
    assert done.code == 127, done
    assert "/opt/nosuch/python" in done.stderr


def test_rootfs_missing(cubby, base):
    done = run(cubby, os.path.join(base, "nowhere"), "true")
    assert done.code == 125, done
    assert f"{base}/nowhere" in done.stderr and "no such file or directory" in done.stderr


def test_rootfs_is_a_file(cubby, base):
    path = os.path.join(base, "file")
    with open(path, "w", encoding="utf-8"):
        pass
    done = run(cubby, path, "true")
    assert done.code == 125, done
    assert "not a directory" in done.stderr


def test_mount_source_missing(cubby, busybox_root, base):
    done = cubby("run", "--rm", "-v", f"{base}/nowhere:/mnt", "--rootfs", busybox_root, "true")
    assert done.code == 125, done
    assert f"{base}/nowhere" in done.stderr and "no such file or directory" in done.stderr


def test_name_in_use(cubby, busybox_root):
    cubby.ok("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
    done = cubby("run", "-d", "--name", "web", "--rootfs", busybox_root, "sleep", "1000")
    assert done.code == 125, done
    assert 'the container name "web" is already in use' in done.stderr
    assert cubby.names() == ["web"]


def test_no_image_and_no_registry(cubby):
    done = cubby("run", "--rm", "127.0.0.1:1/debian", "true")
    assert done.code == 125, done
    assert "connection refused" in done.stderr and "registry listens" in done.stderr


@pytest.mark.rootless
def test_no_newuidmap(cubby, busybox_root, bin_without):
    path = bin_without("newuidmap", "newgidmap")
    done = run(cubby, busybox_root, "true", env={"PATH": path, "CUBBY_TEST_PATH_ONLY": "1"})
    if done.code == 0:
        pytest.skip("newuidmap is found in the usual directories as well")
    assert done.code == 125, done
    assert "newuidmap" in done.stderr and "apt-get install uidmap" in done.stderr


@pytest.mark.rootless
def test_single_id_needs_no_newuidmap(cubby, busybox_root):
    done = cubby("run", "--rm", "--uidmap", "0:0:1", "--rootfs", busybox_root, "cat",
                 "/proc/self/uid_map", "/proc/self/gid_map")
    assert done.code == 0, done
    assert [line.split() for line in done.lines] == [["0", str(os.getuid()), "1"],
                                                     ["0", str(os.getgid()), "1"]]


@pytest.mark.rootless
@pytest.mark.subids
def test_range_too_small(cubby, busybox_root):
    done = cubby("run", "--rm", "--uidmap", "0:0:4000000", "--rootfs", busybox_root, "true")
    assert done.code == 125, done
    assert "usermod --add-subuids" in done.stderr or "subuid" in done.stderr


@pytest.mark.rootless
def test_user_outside_the_map(cubby, busybox_root):
    done = cubby("run", "--rm", "--uidmap", "0:0:1", "-u", "6667", "--rootfs", busybox_root, "true")
    assert done.code == 125, done
    assert "6667" in done.stderr


@pytest.mark.root
def test_no_subuid_line(cubby, busybox_root, base, environment):
    """A user who has none gets the line to run, with a range that is free."""
    home = os.path.join(base, "nobody")
    os.mkdir(home, 0o700)
    os.chown(home, 65534, 65534)
    done = run_program(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", cubby.path,
                        "--root", f"{home}/data", "--runroot", f"{home}/run",
                        "run", "--rm", "--rootfs", busybox_root, "true"], env=environment, cwd=home)
    assert done.code == 125, done
    assert "user nobody" in done.stderr and "/etc/subuid" in done.stderr
    assert "usermod --add-subuids" in done.stderr and "nobody" in done.stderr
    assert "--uidmap 0:0:1" in done.stderr


@pytest.mark.root
def test_user_namespaces_switched_off(busybox_root, base, environment, cubby):
    """user.max_user_namespaces=0, inside a user namespace of the test's own."""
    script = ("echo 0 > /proc/sys/user/max_user_namespaces && exec "
              f"{cubby.path} --root {base}/d1 --runroot {base}/r1 "
              f"run --rm --uidmap 0:0:1 --rootfs {busybox_root} true")
    done = run_program(["unshare", "-Ur", "sh", "-c", script], env=environment, cwd=base)
    assert done.code == 125, done
    assert "user.max_user_namespaces" in done.stderr


def test_unknown_option_suggests_the_nearest(cubby):
    done = cubby("run", "--nmae", "x", "--rootfs", "/", "true")
    assert done.code == 125, done
    assert "--name" in done.stderr and "--help" in done.stderr


def test_an_option_that_is_not_there_yet_says_so(cubby, busybox_root):
    done = cubby("run", "--rm", "--link-local-ip", "169.254.1.2", "--rootfs", busybox_root, "true")
    assert done.code == 125, done
    assert "not supported yet" in done.stderr


def test_nothing_is_left_of_a_run_that_failed(cubby, busybox_root):
    run(cubby, busybox_root, "nosuch")
    cubby("run", "--name", "x", "--rootfs", busybox_root, "nosuch")
    leftovers = [d for d, _, files in os.walk(cubby.run_dir) if "init" in files]
    assert leftovers == []
    cubby("rm", "x")
    assert cubby.names() == []


def test_a_world_readable_home_is_not_needed(cubby, busybox_root, base):
    """A bind source below a directory that only the caller may search."""
    private = os.path.join(base, "private", "deep")
    os.makedirs(private)
    os.chmod(os.path.dirname(private), stat.S_IRWXU)
    with open(os.path.join(private, "f"), "w", encoding="utf-8") as f:
        f.write("mine")
    assert cubby.ok("run", "--rm", "-v", f"{private}:/mnt", "--rootfs", busybox_root, "cat", "/mnt/f") == "mine"
    shutil.rmtree(os.path.dirname(private))


def test_limits_too_small_for_the_set_up(cubby, busybox_root):
    """They are the program's, not cubby's: taken on right before exec."""
    name = "small"
    cubby.ok("run", "-d", "--name", name, "--ulimit", "nofile=4:4", "--rootfs", busybox_root,
             "sleep", "1000")
    assert cubby.ok("exec", name, "true") == ""
    with open(f"/proc/{cubby.pid(name)}/limits", encoding="utf-8") as f:
        line = [x for x in f if x.startswith("Max open files")][0]
    assert line.split()[3:5] == ["4", "4"]
