# SPDX-License-Identifier: Apache-2.0
"""What a container finds in /etc: users, names, clock; and /run/.containerenv. Podman's content."""

import os

import pytest

from support import image


@pytest.fixture
def box(cubby, pristine_root, base):
    """An image of busybox, by its name."""
    path = os.path.join(base, "box.tar")
    content = image.busybox(pristine_root).add({"etc/hosts": "10.7.7.7 of-the-image\n"})
    image.docker_archive(path, {"localhost/box:1": content})
    cubby.ok("load", "-q", "-i", path)
    return "localhost/box:1"


def test_names(cubby, box, base):
    def hosts(*options):
        return [line.split() for line in
                cubby.ok("run", "--rm", "--name", "web", "-h", "inner", *options, box, "cat", "/etc/hosts").splitlines()]

    with open("/etc/hosts", encoding="utf-8") as f:
        own = [line.split("#")[0].split() for line in f]
    usual = hosts("--add-host", "a;b:10.0.0.9", "--add-host", "six:::1")
    assert usual[:2] == [["10.0.0.9", "a", "b"], ["::1", "six"]]
    assert all(line in usual for line in own if len(line) > 1 and not line[1].startswith("host."))
    assert usual[-1] == ["127.0.0.1", "inner", "web"]
    assert ["10.7.7.7", "of-the-image"] in hosts("--hosts-file", "image")
    assert hosts("--hosts-file", "none") == [
        ["127.0.0.1", "localhost"], ["::1", "localhost"], ["127.0.0.1", "inner", "web"]]
    path = os.path.join(base, "names")
    with open(path, "w", encoding="utf-8") as f:
        f.write("10.8.8.8 x y # z\n::1 localhost\n")
    assert hosts("--hosts-file", path)[0] == ["10.8.8.8", "x", "y"]
    assert hosts("--network", "host", "--add-host", "up:host-gateway")[0] == ["127.0.0.1", "up"]
    assert hosts("--no-hosts") == [["10.7.7.7", "of-the-image"]]
    for options, said in ((("--no-hosts", "--add-host", "a:1.1.1.1"), "--no-hosts and --add-host cannot be set together"),
                          (("--hosts-file", "names"), "absolute path"), (("--hosts-file", "/no/such"), "/no/such"),
                          (("--add-host", "up:host-gateway"), "without a network"), (("--add-host", "a"), "NAME"),
                          (("--dns", "1.1.1.1"), "conflicting options: dns and the network mode: none"),
                          (("--network=host", "--dns", "here"), "ip address"),
                          (("--network=host", "--dns-search", ".,x"), "additional search domains")):
        assert said in cubby.fails("run", "--rm", *options, box, "true", code=125)
    out = cubby.ok("run", "--rm", "--network", "host", "--dns", "1.2.3.4,::5", "--dns-search", "x.y", "--dns-option", "ndots:3",
                   "--dns-opt", "inet6", box, "cat", "/etc/resolv.conf").splitlines()
    assert out[0] == "search x.y" and out[-1] == "options ndots:3 inet6"
    assert [line for line in out if line.startswith("nameserver")] == ["nameserver 1.2.3.4", "nameserver ::5"]


def test_users(cubby, box, user):
    show = "tail -n1 /etc/passwd /etc/group; echo $HOME; id -un"

    def last(*options, script=show):
        return cubby.ok("run", "--rm", *options, box, "sh", "-c", script).splitlines()

    assert last("-u", "1234:567", "-w", "/tmp") == [
        "==> /etc/passwd <==", "1234:*:1234:567:container user:/tmp:/bin/sh", "",
        "==> /etc/group <==", "567:x:567:1234", "/tmp", "1234"]
    out = last("-u", "1234:567", "--read-only", "--passwd-entry", "me:q:$UID:$GID:$NAME:$HOME:/s", "--group-entry",
               "us:q:$GID:$USERLIST")
    assert out[1] == "me:q:1234:567:container user:/:/s" and out[4] == "us:q:567:1234" and out[-1] == "me"
    out = last("-u", "carol")
    assert not any("carol:*" in line for line in out)
    out = last("--passwd=false", "-u", "1234:567", script="cat /etc/passwd; echo $HOME")
    assert not any(line.startswith("1234") for line in out) and out[-1] == "/"
    out = last("--hostuser", "games", "-u", "games")
    assert out[1].startswith("games:*:5:60:") and out[-1] == "games"
    assert "unknown user nosuch" in cubby.fails("run", "--rm", "--hostuser", "nosuch", box, "true")
    if not user.is_root and user.has_subordinate_ids:
        out = last("--userns=keep-id")
        assert out[1].startswith(f"{user.name}:*:{user.uid}:{user.gid}:") and out[-1] == user.name
        out = last("--userns=keep-id:uid=300,gid=400")
        assert out[1].startswith(f"{user.name}:*:300:400:") and out[-1] == user.name


def test_a_directory_keeps_its_files(cubby, own_root):
    def text(name):
        with open(os.path.join(own_root, "etc", name), encoding="utf-8") as f:
            return f.read()

    before = text("passwd"), text("group")
    out = cubby.ok("run", "--rm", "-u", "1234:567", "--rootfs", own_root, "sh", "-c", "id -un; id -gn")
    assert out.split() == ["1234", "567"]
    assert (text("passwd"), text("group")) == before


def test_lines_are_there_once(cubby, box):
    """At each start they are looked for; what the container did to its files stays, and useradd can replace them."""
    script = "grep -c ^1234 /etc/passwd; test -L /etc/mtab && cat /etc/mtab | head -c 0; sleep 60"
    cubby.ok("run", "-d", "--name", "again", "-u", "1234:567", "--tz", "Europe/Berlin", box, "sh", "-c", script)
    cubby.ok("exec", "-u", "0", "again", "sh", "-c",
             "echo new:x:77:77::/:/bin/sh >> /etc/passwd; cp /etc/passwd /etc/new; mv /etc/new /etc/passwd")
    assert cubby.ok("exec", "again", "id", "-un") == "1234"
    cubby.ok("stop", "-t", "0", "again")
    cubby.ok("start", "again")
    out = cubby.ok("exec", "again", "sh", "-c",
                   "grep -c ^1234 /etc/passwd; grep -c ^new: /etc/passwd; grep -c ^567 /etc/group; date +%Z; cat /etc/hosts")
    assert out.split()[:3] == ["1", "1", "1"] and out.split()[3] in ("CET", "CEST") and "again" in out
    cubby.ok("rm", "-f", "-t", "0", "again")


def test_the_rest(cubby, box, user):
    script = "cat /run/.containerenv; readlink /etc/mtab; date +%Z; cat /srv/jail/etc/hostname; ls /srv/jail/etc"
    out = cubby.ok("run", "--rm", "--privileged", "--name", "web", "-h", "inner", "--tz", "Asia/Tokyo", "--chrootdirs",
                   "/srv/jail", box, "sh", "-c", script).splitlines()
    for line in ('name="web"', 'image="localhost/box:1"', f"rootless={0 if user.is_root else 1}", "/proc/mounts", "JST", "inner",
                 "hosts", "localtime"):
        assert line in out, (line, out)
    assert any(line.startswith('imageid="') and len(line) > 64 for line in out)
    assert "/usr/share/zoneinfo/Nowhere" in cubby.fails("run", "--rm", "--tz", "Nowhere", box, "true", code=125)
    assert "no such" in cubby.fails("run", "--rm", "--tz", "../../../etc/hosts", box, "true", code=125)


def test_defaults_of_containers_conf(cubby, box, base):
    """They stand back where they have no meaning, and where an option says something else."""
    path = os.path.join(base, "containers.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write('[containers]\nbase_hosts_file = "none"\ntz = "Asia/Tokyo"\nhttp_proxy = false\n'
                'dns_servers = ["9.9.9.9"]\ndns_searches = ["z"]\n')
    env = {"CONTAINERS_CONF": path, "http_proxy": "h"}
    show = "cat /etc/hosts /etc/resolv.conf; date +%Z; env"
    out = cubby.ok("run", "--rm", box, "sh", "-c", show, env=env).splitlines()
    assert out[0] == "127.0.0.1\tlocalhost" and "JST" in out and "http_proxy=h" not in out and "nameserver 9.9.9.9" not in out
    out = cubby.ok("run", "--rm", "--network", "host", "--dns-search", "y", "--hosts-file", "image", "--tz", "UTC", box, "sh", "-c",
                   show, env=env).splitlines()
    assert "nameserver 9.9.9.9" in out and "search y" in out and "search z" not in out and "UTC" in out
    assert "10.7.7.7\tof-the-image" in out
    assert cubby.ok("run", "--rm", "--no-hosts", box, "cat", "/etc/hosts", env=env) == "10.7.7.7 of-the-image"
