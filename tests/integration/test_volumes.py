# SPDX-License-Identifier: Apache-2.0
"""Volumes: their commands, -v and --mount, what an image's volumes start with, and that nobody's are lost."""

import io
import json
import os
import signal
import tarfile

import pytest

from support import image

pytestmark = pytest.mark.subids

LIST = "ls -lan /data; cat /data/file"


@pytest.fixture(scope="session")
def made(shared_dir, pristine_root):
    path = shared_dir + "/volumes.tar"
    base = image.busybox(pristine_root)

    def owned(name, kind=tarfile.REGTYPE, data=b"", **more):
        info = tarfile.TarInfo(name)
        info.type, info.size, info.mtime = kind, len(data), 1700000000
        for key, value in more.items():
            setattr(info, key, value)
        return info, io.BytesIO(data)

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for info, data in (owned("data", tarfile.DIRTYPE, mode=0o2770, uid=33, gid=33),
                           owned("data/file", data=b"hello\n", mode=0o640, uid=33, gid=33),
                           owned("data/sub", tarfile.DIRTYPE, mode=0o755)):
            tar.addfile(info, data)
    layered = image.Image([*base.layers, out.getvalue()], base.config)
    image.docker_archive(path, {"localhost/v:1": layered.with_config(Volumes={"/data": {}}),
                                "localhost/plain:1": layered})
    return path


@pytest.fixture
def loaded(cubby, made):
    cubby.ok("load", "-q", "-i", made)
    return cubby


def volumes(cubby, *args):
    return cubby.ok("volume", "ls", "-q", *args).split()


def directories(cubby):
    path = os.path.join(cubby.data, "volumes")
    return sorted(os.listdir(path)) if os.path.isdir(path) else []


def test_the_commands(cubby):
    assert cubby.ok("volume", "create", "b") == "b"
    assert cubby.fails("volume", "create", "b", code=125) == \
        "Error: volume with name b already exists: volume already exists\n"
    assert cubby.ok("volume", "create", "--ignore", "b") == "b"
    assert cubby.ok("volume", "create", "-l", "app=web", "--label", "x", "a") == "a"
    unnamed = cubby.ok("volume", "create")
    assert len(unnamed) == 64 and directories(cubby) == sorted(["a", "b", unnamed])
    assert cubby.ok("volume", "ls").split()[:3] == ["DRIVER", "VOLUME", "NAME"]
    assert ["local", "b"] in [line.split() for line in cubby.ok("volume", "ls", "--noheading").splitlines()]
    for filters, names in ((["label=app"], ["a"]), (["label=app=web"], ["a"]), (["label=app=db"], []),
                           (["label!=app"], [unnamed, "b"]), (["name=^[ab]$"], ["a", "b"]), (["name=a", "name=b"], None),
                           (["dangling=false"], []), (["driver=local", "scope=local", "name=^b$"], ["b"]),
                           (["anonymous=true"], [unnamed]), (["until=1h"], [])):
        got = volumes(cubby, *[w for f in filters for w in ("-f", f)])
        assert names is None or sorted(got) == sorted(names), (filters, got)
    assert "invalid volume filter" in cubby.fails("volume", "ls", "-f", "foo=x", code=125)
    seen = cubby.json("volume", "inspect", "a", "b")
    assert [v["Name"] for v in seen] == ["a", "b"] and seen[0]["Labels"] == {"app": "web", "x": ""}
    assert seen[0]["Mountpoint"] == f"{cubby.data}/volumes/a/_data" and seen[0]["Scope"] == "local"
    assert seen[0]["NeedsCopyUp"] and seen[0]["MountCount"] == 0 and seen[0]["Options"] == {}
    assert cubby.json("volume", "ls", "-f", "name=^a$", "--format", "json")[0] == seen[0]
    assert cubby.ok("volume", "inspect", "-f", "{{.Driver}} {{.Name}}", unnamed[:9]) == f"local {unnamed}"
    assert len(cubby.json("volume", "inspect", "--all")) == 3
    missing = cubby("volume", "inspect", "a", "nix")
    assert missing.code == 125 and json.loads(missing.stdout)[0]["Name"] == "a" and "no such volume" in missing.stderr
    assert [cubby("volume", "exists", n).code for n in ("a", "nix")] == [0, 1]
    assert 'no volume with name "nix" found: no such volume' in cubby.fails("volume", "rm", "nix", code=1)
    cubby.ok("volume", "rm", "-f", "nix")
    for wrong in (["b/d"], ["--opt", "foo=bar", "c"], ["-d", "foo", "c"], ["--opt", "o=size=3m", "c"],
                  ["--opt", "device=/dev/x", "c"], ["--opt", "o=bind", "c"], ["-"], ["x" * 256]):
        cubby.fails("volume", "create", *wrong, code=125)
    said = cubby("volume", "prune", input="n\n")
    assert "\na\n" in said.stdout and said.stdout.endswith("continue? [y/N] ") and len(volumes(cubby)) == 3
    assert cubby.ok("volume", "prune", "-f", "--filter", "label=app") == "a"
    assert sorted(cubby.ok("volume", "prune", "-f").split()) == sorted([unnamed, "b"]) and directories(cubby) == []
    assert "No dangling volumes found" in cubby.ok("volume", "prune")


def test_an_images_volume(loaded):
    """It starts with what the image has there, as the container sees it, whatever its map is."""
    for map_options in ([], ["--userns=auto"]):
        seen = loaded.ok("run", "--rm", *map_options, "v:1", "sh", "-c", LIST).splitlines()
        assert [line.split()[0][:10] for line in seen[1:5:3]] == ["drwxrws---", "drwxr-xr-x"], seen
        assert [line.split()[2:4] for line in seen[1:5]] == \
            [["33", "33"], ["0", "0"], ["33", "33"], ["0", "0"]] and seen[-1] == "hello"
        assert volumes(loaded) == [] and directories(loaded) == []
    loaded.ok("run", "-d", "--name", "kept", "v:1", "sleep", "100")
    mount = loaded.inspect("kept")["Mounts"][0]
    assert [mount[k] for k in ("Type", "Destination", "Driver", "RW", "Propagation")] == \
        ["volume", "/data", "local", True, "rprivate"] and volumes(loaded) == [mount["Name"]]
    # what the user removes stays removed
    loaded.ok("exec", "kept", "sh", "-c", "rm -r /data/*; touch /data/mine")
    loaded.ok("restart", "-t", "0", "kept")
    assert loaded.ok("exec", "kept", "ls", "/data") == "mine"
    loaded.ok("rm", "-f", "-t", "0", "kept")
    assert volumes(loaded, "-f", "dangling=true") == [mount["Name"]]
    loaded.ok("create", "--name", "gone", "v:1", "true")
    loaded.ok("rm", "-v", "gone")
    assert volumes(loaded) == [mount["Name"]]
    assert loaded.ok("run", "--rm", "--image-volume", "ignore", "v:1", "sh", "-c", "grep -c ' /data ' /proc/mounts || true") == "0"
    assert "/data tmpfs" in loaded.ok("run", "--rm", "--image-volume", "tmpfs", "v:1", "grep", " /data ", "/proc/mounts")
    # a start that fails leaves none
    loaded.fails("run", "--rm", "v:1", "/no/such", code=127)
    assert volumes(loaded) == [mount["Name"]]


def test_named_volumes(loaded):
    loaded.ok("run", "--rm", "-v", "n:/data", "v:1", "sh", "-c", "echo more >>/data/file")
    assert loaded.ok("run", "--rm", "-v", "n:/data:ro", "v:1", "sh", "-c", "cat /data/file; ! touch /data/x") == "hello\nmore"
    assert volumes(loaded) == ["n"]
    # nothing is mixed into what holds something
    assert "passwd" not in loaded.ok("run", "--rm", "-v", "n:/etc", "plain:1", "ls", "/etc")
    # a read-only one starts with the image's files as well; nocopy starts empty and has the owner
    assert "hello" in loaded.ok("run", "--rm", "-v", "fresh:/data:ro", "plain:1", "cat", "/data/file")
    assert loaded.ok("run", "--rm", "-v", "empty:/data:nocopy", "plain:1", "sh", "-c",
                     "ls /data; stat -c '%u:%g %a' /data") == "33:33 2770"
    # where the image has nothing it is the program's user
    assert loaded.ok("run", "--rm", "-u", "33", "-v", "/anon", "-v", "new:/new", "plain:1", "sh", "-c",
                     "touch /new/x /anon/x; stat -c %u /new /anon") == "33\n33"
    assert loaded.ok("volume", "create", "--uid", "7", "owned") == "owned"
    assert loaded.ok("run", "--rm", "-v", "owned:/data", "plain:1", "stat", "-c", "%u", "/data", "/data/file") == "7\n33"
    assert len(volumes(loaded)) == 5


def test_use_keeps_a_volume(loaded):
    loaded.ok("create", "--name", "user1", "-v", "used:/d", "plain:1", "true")
    said = loaded.fails("volume", "rm", "used", code=2)
    assert "is being used by the following container(s)" in said and "volume is being used" in said
    assert loaded.ok("volume", "prune", "-f") == "" and volumes(loaded) == ["used"]
    assert loaded.ok("ps", "-a", "--filter", "volume=used", "--format", "{{.Names}}") == "user1"
    assert loaded.fails("volume", "rm", "used", "nix", code=2).count("Error") == 2
    assert loaded.ok("volume", "rm", "-f", "used") == "used" and loaded.names() == []
    # a container's record that was never made uses nothing
    killed = loaded("run", "--rm", "-v", "lost:/d", "plain:1", "true", env={"CUBBY_FAIL": "sqlite:KILL@9"})
    if killed.code == -signal.SIGKILL:
        loaded.ok("ps", "-a")
        loaded.ok("volume", "prune", "-f")
        assert volumes(loaded) == [] and directories(loaded) == []


def test_mount_words(loaded, base):
    os.makedirs(base + "/src/below")
    for name in ("a.conf", "b.conf", "c.txt"):
        with open(f"{base}/src/{name}", "w") as f:
            f.write(name)
    def seen(option, command, **more):
        return loaded.ok("run", "--rm", "--mount", option, "plain:1", "sh", "-c", command, **more)
    assert seen(f"type=bind,src={base}/src,dst=/m,ro", "cat /m/a.conf; ! touch /m/x") == "a.conf"
    assert seen("type=bind,source=src,target=/m", "ls /m").split() == ["a.conf", "b.conf", "below", "c.txt"]
    assert seen(f"type=glob,src={base}/src/*.conf,dst=/g", "ls /g").split() == ["a.conf", "b.conf"]
    assert seen(f"type=glob,src={base}/src/c*", f"cat {base}/src/c.txt") == "c.txt"
    assert seen("type=volume,dst=/data,volume-nocopy", "ls /data") == "" and volumes(loaded) == []
    assert seen("type=volume,src=w,dst=/data,volume-label=a=b", "cat /data/file") == "hello"
    assert loaded.json("volume", "inspect", "w")[0]["Labels"] == {"a": "b"}
    assert seen("type=volume,src=w,dst=/s,subpath=sub", "mkdir /s/deep; ls /s") == "deep"
    assert seen("src=w,dst=/s,volume-subpath=/sub/deep", "pwd >/s/p; ls /s") == "p"
    assert "size=2048k" in seen("type=tmpfs,dst=/t,tmpfs-size=2m,tmpfs-mode=0711", "grep ' /t ' /proc/mounts; stat -c %a /t")
    assert "ramfs" in seen("type=ramfs,dst=/r,mode=0700", "grep ' /r ' /proc/mounts")
    assert "devpts" in seen("type=devpts,dst=/p,mode=0600", "grep ' /p ' /proc/mounts")
    assert seen('type=volume,dst=/o,"volume-opt=type=tmpfs","volume-opt=device=tmpfs","volume-opt=o=size=1m,mode=0711"',
                "grep -c 'size=1024k' /proc/mounts") == "1"
    assert seen("type=image,src=v:1,dst=/i", "cat /i/data/file; ! touch /i/x") == "hello"
    assert seen("type=image,src=v:1,dst=/i,rw=true,subpath=data", "echo x >>/i/file; cat /i/file") == "hello\nx"
    for wrong, words in (("type=nix,dst=/a", "invalid filesystem type"), ("type=bind,dst=/a", "must set source"),
                         ("type=volume", "must set volume destination"), ("type=tmpfs,dst=/a,src=b", "invalid mount option"),
                         ("type=bind,src=/nix,dst=/a", "no such file"), ("type=image,dst=/a", "must set source"),
                         ("type=glob,src=/nix*,dst=/a", "no file paths matching"), ('type=bind,"src=/a', "a quote is not closed"),
                         ("type=volume,src=w,dst=/s,subpath=nix", "subpath nix"), ("type=bind,src=/,dst=/a,ro=maybe", "true or false")):
        assert words in loaded.fails("run", "--rm", "--mount", wrong, "plain:1", "true", code=125), wrong
    assert "duplicate mount destination" in loaded.fails("run", "--rm", "--tmpfs", "/d", "-v", "w:/d", "plain:1", "true")


def test_overlays(loaded, base):
    """O: what the container writes is gone at its next start, and never in the directory."""
    os.mkdir(base + "/src")
    with open(base + "/src/f", "w") as f:
        f.write("host\n")
    loaded.ok("run", "-d", "--name", "over", "-v", f"{base}/src:/s:O", "-v", "w:/w:O", "plain:1", "sleep", "100")
    assert loaded.ok("exec", "over", "sh", "-c", "cat /s/f; touch /s/new /w/new; ls /s /w").split() == \
        ["host", "/s:", "f", "new", "/w:", "new"]
    loaded.ok("restart", "-t", "0", "over")
    assert loaded.ok("exec", "over", "ls", "/s", "/w").split() == ["/s:", "f", "/w:"] and os.listdir(base + "/src") == ["f"]
    mounts = {m["Destination"]: m for m in loaded.inspect("over")["Mounts"]}
    assert mounts["/s"]["Source"] == base + "/src" and mounts["/w"]["Name"] == "w"
    loaded.ok("rm", "-f", "-t", "0", "over")
    assert loaded.ok("run", "--rm", "--userns=auto", "-v", f"{base}/src:/s:O", "plain:1", "sh", "-c", "touch /s/x; ls /s") == "f\nx"
    for name in ("up", "work"):
        os.mkdir(f"{base}/{name}")
    given = f"{base}/src:/s:O,upperdir={base}/up,workdir={base}/work"
    loaded.ok("run", "--rm", "--userns=host", "-v", given, "plain:1", "touch", "/s/kept")
    assert "none of this container's ids" in loaded.fails("run", "--rm", "--userns=auto", "-v", given, "plain:1", "true", code=125)
    assert os.listdir(base + "/up") == ["kept"] and os.listdir(base + "/src") == ["f"]


def test_volumes_from(loaded, base):
    loaded.ok("create", "--name", "first1", "-v", "n:/n", "-v", f"{base}:/b:ro", "--tmpfs", "/t", "v:1", "true")
    loaded.ok("start", "-a", "first1")
    seen = loaded.ok("run", "--rm", "--volumes-from", "first1", "plain:1", "sh", "-c",
                     "cat /data/file; touch /n/x; ! touch /b/x; grep -c ' /t ' /proc/mounts || true")
    assert seen == "hello\n0"
    loaded.fails("run", "--rm", "--volumes-from", "first1:ro", "plain:1", "touch", "/n/y")
    assert "no such container" in loaded.fails("run", "--rm", "--volumes-from", "nix", "plain:1", "true", code=125)
    loaded.ok("run", "-d", "--name", "second2", "--volumes-from", "first1", "plain:1", "sleep", "100")
    # what two have is removed with the last one
    loaded.ok("rm", "-v", "first1")
    assert len(volumes(loaded)) == 2
    loaded.ok("rm", "-f", "-v", "-t", "0", "second2")
    assert volumes(loaded) == ["n"]


def test_export_and_import(loaded, base):
    loaded.ok("run", "--rm", "-v", "n:/data", "v:1", "sh", "-c", "ln -s file /data/link")
    loaded.ok("volume", "export", "-o", base + "/n.tar", "n")
    with tarfile.open(base + "/n.tar") as tar:
        assert {m.name.removeprefix("./"): (m.uid, m.mode) for m in tar if m.name.endswith("file")} == {"file": (33, 0o640)}
    loaded.ok("volume", "create", "m")
    loaded.ok("volume", "import", "m", base + "/n.tar")
    with open(base + "/n.tar") as f:
        loaded.ok("volume", "import", "m", "-", stdin=f)
    # what was imported is not mixed with the image's files
    assert loaded.ok("run", "--rm", "-v", "m:/data", "v:1", "sh", "-c", "ls /data; stat -c %u /data/file") == "file\nlink\nsub\n33"
    assert "no such volume" in loaded.fails("volume", "import", "nix", base + "/n.tar", code=125)
    assert "no such volume" in loaded.fails("volume", "export", "nix", code=125)
    loaded.ok("volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "t")
    for command in (["export", "t"], ["import", "t", base + "/n.tar"]):
        assert "only while a container has it mounted" in loaded.fails("volume", *command, code=125)
    if not loaded.user.is_root:
        assert "unshare" in loaded.fails("volume", "mount", "m", code=125)
        assert loaded.ok("unshare", *loaded.argv("volume", "mount", "m")) == f"{loaded.data}/volumes/m/_data"
