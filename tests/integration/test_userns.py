# SPDX-License-Identifier: Apache-2.0
"""--userns, --uidmap and --gidmap: which ids a container gets, seen from inside and from the host."""

import os

import pytest

from support import image, process

pytestmark = pytest.mark.subids


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    path = os.path.join(shared_dir, "userns.tar")
    image.oci_archive(path, {"localhost/bb:1": image.busybox(pristine_root)})
    return path


@pytest.fixture
def box(cubby, archive):
    """cubby with the image bb:1; box.map(options): the container's maps as the host sees them."""
    cubby.ok("load", "-q", "-i", archive)

    def maps(*options):
        cubby.ok("run", "-d", "--name", "m", *options, "bb:1", "sleep", "1000")
        found = host_maps(cubby.pid("m"))
        cubby.ok("rm", "-f", "-t", "0", "m")
        return found
    cubby.maps = maps
    return cubby


def host_maps(pid):
    """[(inside, outside, count)] of users and of groups."""
    def read(name):
        with open(f"/proc/{pid}/{name}", encoding="ascii") as f:
            return [tuple(map(int, line.split())) for line in f]
    return read("uid_map"), read("gid_map")


def whole(user):
    if user.is_root:
        return [(0, 0, 4294967295)], [(0, 0, 4294967295)]
    return ([(0, user.uid, 1), (1, *user.subuid)], [(0, user.gid, 1), (1, *user.subgid)])


def test_the_default_and_host(box, user):
    assert box.maps() == whole(user) or user.is_root
    assert box.maps("--userns", "host") == whole(user)
    assert box.maps("--userns=") == whole(user)


@pytest.mark.rootless
def test_private_and_nomap(box, user):
    assert box.maps("--userns", "private") == whole(user)
    assert box.maps("--userns", "nomap") == ([(0, *user.subuid)], [(0, *user.subgid)])


@pytest.mark.rootless
def test_keep_id(box, user):
    own, first, count = user.uid, *user.subuid
    uids, _ = box.maps("--userns", "keep-id")
    assert uids == [(0, first, own), (own, own, 1), (own + 1, first + own, count - own)]
    uids, gids = box.maps("--userns", "keep-id:uid=5,gid=6,size=100")
    assert uids == [(0, first, 5), (5, own, 1), (6, first + 5, 94)]
    assert gids == [(0, user.subgid[0], 6), (6, user.gid, 1), (7, user.subgid[0] + 6, 93)]


@pytest.mark.rootless
def test_who_one_is_with_keep_id(box, user, base):
    assert box.ok("run", "--rm", "--userns", "keep-id", "bb:1", "id", "-u") == str(user.uid)
    assert box.ok("run", "--rm", "--userns", "keep-id:uid=5,gid=6", "bb:1", "sh", "-c",
                  "id -u; id -g").split() == ["5", "6"]
    assert box.ok("run", "--rm", "--userns", "keep-id", "-u", "root", "bb:1", "id", "-u") == "0"
    box.ok("run", "--rm", "--userns", "keep-id", "-v", f"{base}:/mnt", "bb:1", "touch", "/mnt/mine")
    assert os.stat(base + "/mine").st_uid == user.uid


@pytest.mark.rootless
def test_where_one_is_at_home_with_keep_id(box, base, environment):
    def home(*options):
        return box.ok("run", "--rm", "--userns", "keep-id", *options, "bb:1", "sh", "-c", "echo $HOME")
    assert home() == "/"
    assert home("-w", "/work") == "/work"
    assert home("-w", "/work", "-v", f"{environment['HOME']}:{environment['HOME']}") == environment["HOME"]
    assert home("-e", "HOME=/x") == "/x"


@pytest.mark.root
def test_what_root_cannot_keep(box):
    for mode in ("keep-id", "nomap"):
        said = box.fails("run", "--userns", mode, "bb:1", "true", code=125)
        assert f"{mode} is only supported in rootless mode" in said and "--userns=auto" in said


def is_range(lines, size):
    """One line from 0 on, outside of which nobody is."""
    (inside, outside, count), = lines
    return inside == 0 and outside > 65535 and count == size


def test_auto(box, user):
    size = 65536 if user.is_root else 1024
    uids, gids = box.maps("--userns", "auto")
    assert is_range(uids, size) and uids == gids
    uids, _ = box.maps("--userns", "auto:size=300")
    assert is_range(uids, 300)
    if user.is_root:
        return
    uids, gids = box.maps("--userns", "auto:size=50,uidmapping=3:0:1,gidmapping=60:@{}:2".format(user.subgid[0]))
    base = uids[0][1]
    assert uids == [(0, base, 3), (3, user.uid, 1), (4, base + 4, 46)]
    assert gids[-1] == (60, user.subgid[0], 2) and gids[0][2] == 50


def test_auto_holds_the_user_who_runs(box):
    uids, _ = box.maps("--userns", "auto", "-u", "nobody")
    assert uids[0][2] >= 65535
    assert box.ok("run", "--rm", "--userns", "auto", "-u", "5000:6000", "bb:1", "sh", "-c",
                  "id -u; id -g").split() == ["5000", "6000"]


def test_sized_by_the_image(box, pristine_root, base, user):
    if user.is_root:
        pytest.skip("root has ids enough for 65536 each")
    path = os.path.join(base, "large.tar")
    large = image.busybox(pristine_root).add({"etc/passwd": "root:x:0:0::/:/bin/sh\napp:x:3999:1::/:/bin/sh\n"})
    image.oci_archive(path, {"localhost/large:1": large})
    box.ok("load", "-q", "-i", path)
    box.ok("run", "-d", "--name", "l", "--userns", "auto", "large:1", "sleep", "1000")
    assert is_range(host_maps(box.pid("l"))[0], 4000)


def test_ids_to_hand_on(box):
    """A container that runs containers gets more, and its users shares of what it really got."""
    said = box.ok("run", "--rm", "--userns", "auto", "--nested", "bb:1", "sh", "-c",
                  "cat /proc/self/uid_map /etc/subuid").split()
    count = int(said[2])
    name, start, share = said[3].split(":")
    assert count >= 16384 and name == "carol"
    assert int(start) + int(share) <= count and int(share) > count // 3


def test_files_have_their_owners(box):
    said = box.ok("run", "--rm", "--userns", "auto", "bb:1", "sh", "-c",
                  "touch /new; stat -c %u:%g /bin /etc/passwd /new")
    assert said.split() == ["0:0"] * 3


@pytest.mark.rootless
def test_the_grammar_of_maps(box, user):
    first, count = user.subuid
    assert box.maps("--uidmap", "0:1:100", "--gidmap", "0:0:1") == ([(0, first, 100)], [(0, user.gid, 1)])
    uids, gids = box.maps("--uidmap", f"+5:@{user.uid}:1")
    assert uids == [(0, first, 5), (5, user.uid, 1), (6, first + 5, count - 5)]
    assert len(gids) == 3 if user.gid == user.uid else True
    uids, gids = box.maps("--gidmap", f"+g1000000:@{user.subgid[0] + 7}")
    assert uids == whole(user)[0]
    assert (1000000, user.subgid[0] + 7, 1) in gids and sum(line[2] for line in gids) == user.subgid[1] + 1
    said = box.fails("run", "--uidmap", "0:@5:1", "bb:1", "true", code=125)
    assert "user id 5 of the host is not yours to map" in said and "idmap check" in said


@pytest.mark.rootless
def test_subuidname(box, user):
    assert box.maps("--subuidname", user.name) == ([(0, *user.subuid)], [(0, *user.subgid)])
    said = box.fails("run", "--subuidname", "nosuchuser", "bb:1", "true", code=125)
    assert 'no ranges of "nosuchuser" found in /etc/subuid' in said


def test_what_excludes_what(box):
    for options in (["--userns", "auto", "--uidmap", "0:0:1"], ["--userns", "host", "--subuidname", "x"],
                    ["--uidmap", "0:0:1", "--subuidname", "x"], ["--gidmap", "0:0:1", "--subgidname", "x"],
                    ["--uidmap", "0:0:1", "--subgidname", "x"]):
        assert "mutually exclusive" in box.fails("run", *options, "bb:1", "true", code=125)
    said = box.fails("run", "--group-add", "keep-groups", "--group-add", "3", "bb:1", "true", code=125)
    assert "'--group-add keep-groups' option is not allowed with any other" in said
    assert "unknown mode" in box.fails("run", "--userns", "bla", "bb:1", "true", code=125)


def test_joining_another_container(box):
    # names that no id begins with
    box.ok("run", "-d", "--name", "one", "--userns", "auto", "bb:1", "sleep", "1000")
    ns = box.ok("exec", "one", "readlink", "/proc/self/ns/user")
    box.ok("run", "-d", "--name", "two", "--userns", "container:one", "bb:1", "sleep", "1000")
    assert box.ok("exec", "two", "readlink", "/proc/self/ns/user") == ns
    assert box.ok("exec", "two", "stat", "-c", "%u", "/bin") == "0"
    assert box.inspect("two")["HostConfig"]["UsernsMode"] == "container:" + box.inspect("one")["Id"]
    assert host_maps(box.pid("one")) == host_maps(box.pid("two"))
    pid = box.pid("one")
    assert box.ok("run", "--rm", "--userns", f"ns:/proc/{pid}/ns/user", "bb:1", "readlink",
                  "/proc/self/ns/user") == ns
    box.ok("stop", "-t", "0", "one")
    # the namespace lives as long as somebody is in it
    assert box.ok("exec", "two", "id", "-u") == "0"
    said = box.fails("run", "--userns", "container:none", "bb:1", "true", code=125)
    assert "no such container" in said
    said = box.fails("run", "--userns", "ns:/proc/self/ns/net", "bb:1", "true", code=125)
    assert "is not a user namespace" in said


def test_joining_ones_own(box, user):
    assert box.maps("--userns", "ns:/proc/self/ns/user") == whole(user)


def test_joining_what_does_not_run(box):
    box.ok("create", "--name", "e", "bb:1", "/no/program")
    said = box.fails("run", "--userns", "container:e", "bb:1", "true")
    assert "start the container that is needed" in said and "/no/program" in said


def test_inspect(box, user):
    box.ok("run", "-d", "--name", "a", "--userns", "auto:size=300", "bb:1", "sleep", "1000")
    seen = box.inspect("a")["HostConfig"]
    (inside, outside, count), = host_maps(box.pid("a"))[0]
    assert seen["UsernsMode"] == "private"
    assert seen["IDMappings"]["UidMap"] == [f"{inside}:{outside}:{count}"]


def write_conf(environment, text):
    directory = os.path.join(environment["XDG_CONFIG_HOME"], "cubby")
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, "cubby.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def test_settings(box, environment, user):
    write_conf(environment, 'userns = "auto:size=77"  # small ones\n')
    assert is_range(box.maps()[0], 77)
    assert box.maps("--userns", "host") == whole(user)
    write_conf(environment, 'userns = "auto"\nauto_min_size = 50\nauto_max_size = 2000\n')
    uids, _ = box.maps()
    assert uids[0][2] == (2000 if user.is_root else 1001)  # carol of /etc/passwd is 1000
    path = write_conf(environment, "\nusern = 1\n")
    said = box.fails("run", "bb:1", "true", code=125)
    assert f'{path}:2: unknown key "usern" (did you mean userns?)' in said and "auto_pool" in said


@pytest.mark.root
def test_the_pool_of_root(box, environment):
    usual = box.maps()[0][0][2]
    write_conf(environment, 'userns = "keep-id"\nauto_pool = "500000-500999"\nauto_min_size = 100\n'
                            'auto_max_size = 100\n')
    assert box.maps()[0][0][2] in (usual, 100)  # keep-id is not for root, so it is as without
    assert box.maps("--userns", "auto:size=100")[0] == [(0, 500000, 100)]
    assert "500000-500999 (auto_pool of cubby.conf)" in box.ok("idmap", "ls")


@pytest.mark.rootless
def test_no_layer_larger_than_the_limit(cubby, archive, environment):
    write_conf(environment, 'layer_max_size = "10k"\n')
    said = cubby.fails("load", "-q", "-i", archive, code=125)
    assert "more than the 10240 bytes that are allowed" in said and "layer_max_size" in said


def test_limits_of_processes_are_not_shared(box):
    """The point of it: the same user in two containers, each with a limit of its own."""
    many = "i=0; while [ $i -lt 12 ]; do sleep 1000 & i=$((i+1)); done; echo started; wait"
    for name in ("a", "b"):
        box.ok("run", "-d", "--name", name, "--userns", "auto", "-u", "500", "--ulimit", "nproc=16:16", "bb:1",
               "sh", "-c", many)
        box.wait_log(name, "started")
    for name in ("a", "b"):
        pid = box.pid(name)
        assert len(process.descendants(pid)) == 12
