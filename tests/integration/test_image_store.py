# SPDX-License-Identifier: Apache-2.0
"""The store of images on disk: nothing is lost, nothing is left, and the numbers are du's."""

import os
import shutil
import signal
import subprocess
import tarfile

import pytest

from support import image
from support.process import wait_until

pytestmark = pytest.mark.subids


@pytest.fixture(scope="session")
def made(shared_dir, pristine_root):
    class Made:
        base = image.busybox(pristine_root)
        more = base.add({"hello.txt": "hi\n", "opt/": None, "opt/big": "x" * 300000})
        other = image.Image([image.tar_of({"a/": None, "a/f": "1" * 50000})])
        path = shared_dir + "/store.tar"

    image.docker_archive(Made.path, {"localhost/base:1": Made.base, "localhost/more:1": Made.more,
                                     "localhost/other:1": Made.other})
    return Made


@pytest.fixture
def loaded(cubby, made):
    cubby.ok("load", "-q", "-i", made.path)
    return cubby


class Disk:
    """What du says, as root of the user's map where that is needed."""

    def __init__(self, cubby):
        self.cubby = cubby

    def du(self, *paths):
        paths = [os.path.join(self.cubby.data, p) for p in paths]
        command = ["du", "-s", "-c", "--block-size=1", *paths]
        if self.cubby.user.is_root:
            out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        else:
            out = self.cubby.ok("unshare", *command)
        return int(out.splitlines()[-1].split()[0])

    def images(self):
        return self.du("layers", "blobs")

    def list(self, name):
        return sorted(n for n in os.listdir(os.path.join(self.cubby.data, name)) if n != "lock")


@pytest.fixture
def disk(loaded):
    return Disk(loaded)


def usage(cubby):
    return {s["Type"]: s for s in cubby.json("system", "df", "--format", "json")}


def check_is_clean(cubby):
    done = cubby("system", "check")
    assert done.code == 0 and done.stdout == "", done


def test_df_is_du(loaded, disk):
    assert usage(loaded)["Images"]["RawSize"] == disk.images()
    loaded.ok("run", "--name", "c", "base:1", "sh", "-c",
              "head -c 123456 /dev/zero >/big; ln /big /again; mkdir -p /a/b; chmod 0 /a; rm -r /usr")
    loaded.ok("run", "--name", "d", "more:1", "sh", "-c", "chown -R 7:7 /opt; chmod 700 /opt")
    uppers = [f"containers/{loaded.ok('inspect', '--format', '{{.Id}}', n)}/upper" for n in ("c", "d")]
    sums = usage(loaded)
    assert sums["Images"]["RawSize"] == disk.images()
    assert sums["Containers"]["RawSize"] == disk.du(*uppers)


def test_prune_gives_back_what_it_says(loaded, disk, made):
    before = disk.images()
    said = usage(loaded)["Images"]["RawReclaimable"]
    loaded.ok("rm", "-fa")
    loaded.ok("image", "prune", "--all", "-f")
    after = disk.images()
    assert disk.list("layers") == [] and disk.list("blobs/sha256") == [] and disk.list("blobs/partial") == []
    assert before - after >= said > 0
    assert loaded.ok("images", "-aq") == ""


def test_shared_layers_stay_as_long_as_somebody_has_them(loaded, disk, made):
    assert len(disk.list("layers")) == 3
    loaded.ok("rmi", "base:1")
    assert len(disk.list("layers")) == 3
    assert loaded.ok("run", "--rm", "more:1", "cat", "/hello.txt") == "hi"
    loaded.ok("rmi", "more:1")
    assert len(disk.list("layers")) == 1
    loaded.ok("rmi", "other:1")
    assert disk.list("layers") == [] and disk.list("blobs/sha256") == []
    check_is_clean(loaded)


def layer_path(cubby, name, index):
    layers = cubby.ok("inspect", "--type", "image", "--format",
                      "{{.GraphDriver.Data.UpperDir}}:{{.GraphDriver.Data.LowerDir}}", name).split(":")
    return layers[index]


def remove_tree(cubby, path):
    if cubby.user.is_root:
        shutil.rmtree(path)
    else:
        cubby.ok("unshare", "rm", "-rf", path)


def test_a_lost_layer_is_unpacked_again(loaded, disk):
    remove_tree(loaded, layer_path(loaded, "more:1", 0))
    said = loaded("system", "check")
    assert said.code == 125 and "localhost/more:1: the layer sha256:" in said.stdout
    assert "unpacked again" in loaded.ok("system", "check", "--repair")
    check_is_clean(loaded)
    assert loaded.ok("run", "--rm", "more:1", "cat", "/hello.txt") == "hi"
    # run does it by itself
    remove_tree(loaded, layer_path(loaded, "more:1", 0))
    assert loaded.ok("run", "--rm", "more:1", "cat", "/hello.txt") == "hi"
    check_is_clean(loaded)


def blob_of_layer(cubby, name, index):
    layers = cubby.json("image", "inspect", name)[0]["RootFS"]["Layers"]
    return os.path.join(cubby.data, "blobs", "sha256", layers[index][7:])


def test_an_image_whose_blob_is_lost_goes(loaded, made):
    os.unlink(blob_of_layer(loaded, "more:1", 1))
    said = loaded("system", "check", "--quick")
    assert said.code == 125 and "localhost/more:1: the blob sha256:" in said.stdout and "missing" in said.stdout
    assert "removed, pull it again" in loaded.ok("system", "check", "--repair")
    assert loaded("image", "exists", "more:1").code == 1
    assert loaded("image", "exists", "base:1").code == 0
    check_is_clean(loaded)
    loaded.ok("load", "-q", "-i", made.path)
    assert loaded.ok("run", "--rm", "more:1", "cat", "/hello.txt") == "hi"


def test_an_altered_blob_is_found(loaded):
    path = blob_of_layer(loaded, "other:1", 0)
    with open(path, "r+b") as f:
        f.seek(600)
        f.write(b"?")
    assert loaded("system", "check", "--quick").code == 0
    said = loaded("system", "check")
    assert said.code == 125 and "its content is sha256:" in said.stdout
    loaded.ok("system", "check", "--repair")
    assert not os.path.exists(path) and loaded("image", "exists", "other:1").code == 1
    check_is_clean(loaded)


def test_one_that_a_container_needs_is_not_taken_away(loaded):
    loaded.ok("run", "--name", "c", "base:1", "true")
    path = blob_of_layer(loaded, "base:1", 0)
    os.unlink(path)
    said = loaded.ok("system", "check", "--repair")
    assert "a container is made from it" in said
    assert loaded("image", "exists", "base:1").code == 0


def test_what_killed_processes_leave_is_swept(loaded, disk):
    before = disk.list("layers"), disk.list("blobs/sha256")
    data = loaded.data
    for name in ("layers/.new-0123", "layers/.old-4567", "layers/" + "5" * 64):
        os.makedirs(os.path.join(data, name, "some", "thing"))
    for name in ("blobs/sha256/" + "6" * 64, "blobs/partial/" + "7" * 64):
        with open(os.path.join(data, name), "w", encoding="utf-8") as f:
            f.write("half")
    said = loaded("system", "check", "--quick")
    assert said.code == 125 and len(said.lines) == 4, said
    loaded.ok("system", "check", "--repair")
    check_is_clean(loaded)
    assert (disk.list("layers"), disk.list("blobs/sha256")) == before
    assert disk.list("blobs/partial") == []


@pytest.mark.slow
@pytest.mark.parametrize("msec", [0, 3, 8, 15, 25, 40, 70, 110])
def test_killed_at_any_moment(cubby, made, msec):
    """load, then rmi, each killed: what is left is rubbish at most."""
    for command in (("load", "-q", "-i", made.path), ("rmi", "-af")):
        p = cubby.start(*command)
        try:
            p.wait(msec / 1000)
        except subprocess.TimeoutExpired:
            p.send_signal(signal.SIGKILL)
        p.communicate()
        # every image that is there is whole
        for name in cubby.ok("images", "--format", "{{.Repository}}:{{.Tag}}").split():
            if "base" in name or "more" in name:
                assert cubby.ok("run", "--rm", name, "echo", "hi") == "hi"
    cubby.ok("load", "-q", "-i", made.path)
    assert cubby.ok("run", "--rm", "more:1", "cat", "/hello.txt") == "hi"
    cubby.ok("image", "prune", "-f")
    check_is_clean(cubby)
    cubby.ok("rmi", "-af")
    check_is_clean(cubby)
    disk = Disk(cubby)
    assert disk.list("layers") == [] and disk.list("blobs/sha256") == []


@pytest.mark.slow
def test_loading_and_removing_at_once(cubby, made):
    """Whoever comes last: an image that is there is whole, and a load never fails."""
    for _ in range(4):
        loads = [cubby.start("load", "-q", "-i", made.path) for _ in range(2)]
        removals = [cubby.start("rmi", "-f", n) for n in ("more:1", "base:1")] + [cubby.start("image", "prune", "-af")]
        for p in loads:
            out, err = p.communicate(timeout=60)
            assert p.returncode == 0, (out, err)
        for p in removals:
            p.communicate(timeout=60)
        for name in cubby.ok("images", "--format", "{{.Repository}}:{{.Tag}}").split():
            if "base" in name or "more" in name:
                assert cubby.ok("run", "--rm", name, "echo", "hi") == "hi"
    cubby.ok("image", "prune", "-f")
    check_is_clean(cubby)


def test_diff_of_a_container(loaded):
    loaded.ok("run", "--name", "c", "more:1", "sh", "-c",
              "echo 1 >/new; rm /hello.txt; mkdir /tmp/d; touch /tmp/d/f; rm -r /opt; mkdir /opt; "
              "touch /opt/x; chmod 700 /root; echo 3 >>/etc/passwd")
    changes = loaded.ok("diff", "c").splitlines()
    for want in ("A /new", "D /hello.txt", "A /tmp/d", "A /tmp/d/f", "C /opt", "D /opt/big", "A /opt/x", "C /etc/passwd",
                 "C /root"):
        assert want in changes, changes
    for never in ("/proc", "/sys", "/dev", "/run/.containerenv", "/etc/hosts"):
        assert not [c for c in changes if c[2:] == never], changes
    assert loaded.ok("image", "diff", "more:1").splitlines() == ["A /hello.txt", "A /opt", "A /opt/big"]
    assert loaded.ok("diff", "base:1", "more:1").splitlines() == ["D /hello.txt", "D /opt"]
    loaded.ok("run", "--name", "same", "base:1", "true")
    assert not [c for c in loaded.ok("diff", "same").splitlines() if c[0] in "AD"]


def test_export(loaded, base):
    loaded.ok("run", "-d", "--name", "c", "-v", f"{base}:/mounted", "more:1", "sh", "-c",
              "rm /hello.txt; echo 1 >/new; chown 3:4 /new; ln -s new /link; ln /new /same; sleep 1000")
    wait_until(lambda: loaded("exec", "c", "test", "-e", "/same").code == 0, "the container's work")
    running, ended = base + "/running.tar", base + "/ended.tar"
    loaded.ok("export", "-o", running, "c")
    loaded.ok("stop", "-t", "0", "c")
    loaded.ok("export", "-o", ended, "c")
    for path in (running, ended):
        with tarfile.open(path) as tar:
            names = {m.name.strip("./"): m for m in tar}
        assert "hello.txt" not in names and "opt/big" in names and "bin/busybox" in names
        assert not [n for n in names if ".wh." in n]
        assert (names["new"].uid, names["new"].gid) == (3, 4) or (names["same"].uid, names["same"].gid) == (3, 4)
        assert names["link"].issym() and names["link"].linkname == "new"
        assert names["new"].islnk() or names["same"].islnk()
        assert not [n for n in names if n.startswith(("proc/", "sys/", "mounted/"))]
    # what was exported can be imported and run
    loaded.ok("import", "-q", ended, "localhost/again:1")
    assert loaded.ok("run", "--rm", "again:1", "cat", "/link") == "1"


def test_export_of_a_directory(cubby, own_root, base):
    cubby.ok("run", "--name", "c", "--rootfs", own_root, "sh", "-c", "echo 1 >/new")
    cubby.ok("export", "-o", base + "/c.tar", "c")
    with tarfile.open(base + "/c.tar") as tar:
        assert "new" in {m.name.strip("./") for m in tar}
    assert "of which there is only one" in cubby.fails("diff", "c", code=125)


def test_mount(loaded, user):
    """As root on the host, as anybody inside of unshare."""
    path = os.path.realpath(loaded.path)
    script = f"""set -e
        cubby() {{ {path} {' '.join(loaded.options) if user.is_root else ''} "$@"; }}
        where=$(cubby image mount more:1)
        cat $where/hello.txt
        ! touch $where/new 2>/dev/null
        test "$(cubby image mount more:1)" = "$where"
        cubby image mount | grep -c more:1
        ! cubby rmi more:1 2>/dev/null
        cubby image unmount more:1 >/dev/null
        test -e $where/hello.txt
        cubby image unmount more:1 >/dev/null
        ! test -e $where/hello.txt
        ! cubby image unmount more:1 2>/dev/null
        cubby image mount more:1 >/dev/null
        cubby rmi -f more:1 >/dev/null
        echo end"""
    if user.is_root:
        out = subprocess.run(["sh", "-c", script], env=loaded.environment(), stdout=subprocess.PIPE, text=True,
                             check=True).stdout
    else:
        out = loaded.ok("unshare", "sh", "-c", script) + "\n"
        assert "cubby unshare" in loaded.fails("image", "mount", "base:1", code=125)
    assert out == "hi\n1\nend\n"
    check_is_clean(loaded)


@pytest.mark.rootless
def test_unshare(loaded, base):
    assert loaded.ok("unshare", "id", "-u") == "0"
    assert loaded("unshare", "sh", "-c", "exit 7").code == 7
    assert loaded("unshare", "sh", "-c", "kill -9 $$").code == 137
    assert loaded("unshare", base + "/nosuch").code == 127
    # files of other ids
    loaded.ok("unshare", "sh", "-c", f"mkdir {base}/d; touch {base}/d/f; chown -R 9:9 {base}/d; chmod 700 {base}/d")
    assert os.stat(base + "/d").st_uid != os.getuid()
    loaded.ok("unshare", "rm", "-r", base + "/d")
    # cubby in there works on the same data, with the ids that it has
    assert loaded.ok("unshare", loaded.path, "images", "-q") == loaded.ok("images", "-q")
    assert "inside of 'cubby unshare'" in loaded.fails("unshare", loaded.path, "run", "--rm", "base:1", "true", code=125)
    loaded.ok("unshare", loaded.path, "rmi", "other:1")
    assert loaded("image", "exists", "other:1").code == 1
    assert "root already" in loaded.fails("unshare", loaded.path, "unshare", "id", code=125)


@pytest.mark.rootless
def test_unshare_passes_signals_on(loaded, base):
    p = loaded.start("unshare", "sh", "-c", f"trap 'exit 9' TERM; touch {base}/ready; while :; do sleep 0.05; done")
    wait_until(lambda: os.path.exists(base + "/ready"), "the program")
    p.terminate()
    p.communicate(timeout=20)
    assert p.returncode == 9


@pytest.mark.rootless
def test_loading_inside_of_unshare(cubby, made):
    cubby.ok("unshare", cubby.path, "load", "-q", "-i", made.path)
    assert cubby.ok("run", "--rm", "more:1", "cat", "/hello.txt") == "hi"
    check_is_clean(cubby)
