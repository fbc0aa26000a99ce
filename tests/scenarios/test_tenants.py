# SPDX-License-Identifier: Apache-2.0
"""Two tenants on one host, who both think that 6667 is a fine uid; seen from inside and from outside."""

import os

import pytest

from support import maps, process

WANTED = 15          # processes, of each
LIMIT = "nproc=20:20"  # room for one of them


@pytest.fixture
def tenants(cubby, base):
    """tenants.ask(NAME, WHAT, *options): how much of it a new container gets. It keeps that."""
    class Tenants:
        def __init__(self):
            self.dir = os.path.join(base, "bin")
            os.mkdir(self.dir, 0o755)
            maps.compile_identity(os.path.join(self.dir, "identity"))

        def ask(self, name, what, *options):
            cubby.ok("run", "-d", "--name", name, "-v", f"{self.dir}:/own:ro", *options,
                     "cubby/hello", "/own/identity", what)
            return int(cubby.wait_log(name, "\n").stdout)

        def both(self, what, *options):
            return self.ask("a", what, *options), self.ask("b", what, *options)
    return Tenants()


def host_ids(cubby):
    return [process.host_ids(cubby.pid(name)) for name in ("a", "b")]


@pytest.mark.root
def test_one_uid_of_the_host_for_both_is_one_limit_for_both(cubby, tenants):
    a, b = tenants.both("processes", "--userns=host", "-u", "6667:6667", "--ulimit", LIMIT)
    assert host_ids(cubby) == [(6667, 6667)] * 2
    assert a == WANTED and b < WANTED // 2, (a, b)


@pytest.mark.subids
def test_with_ranges_of_their_own_each_has_its_limit(cubby, tenants):
    a, b = tenants.both("processes", "--userns=auto:size=10000", "-u", "6667:6667", "--ulimit", LIMIT)
    assert (a, b) == (WANTED, WANTED)
    (one, _), (other, _) = host_ids(cubby)
    assert abs(one - other) >= 10000 and 6667 not in (one, other)
    for name in "ab":
        assert cubby.ok("exec", name, "id", "-u") == "6667"


@pytest.mark.subids
def test_keys_are_counted_by_uid_of_the_host(cubby, tenants, user):
    with open("/proc/sys/kernel/keys/maxkeys", encoding="ascii") as f:
        most = int(f.read())
    shared = ["--userns=host", "-u", "6667:6667"] if user.is_root else ["-u", "6667:6667"]
    open_filter = ["--security-opt", "seccomp=unconfined"]  # the default filter has no keys at all
    a, b = tenants.both("keys", *shared, *open_filter)
    assert a > most // 2 and b < most // 10, (a, b)
    cubby.ok("rm", "-f", "-t", "0", "a", "b")
    a, b = tenants.both("keys", "--userns=auto:size=10000", "-u", "6667:6667", *open_filter)
    assert min(a, b) > most // 2, (a, b)


@pytest.mark.root
def test_inotify_is_counted_by_who_made_the_namespace(tenants):
    with open("/proc/sys/fs/inotify/max_user_instances", encoding="ascii") as f:
        most = int(f.read())
    if most > 4000:
        pytest.skip(f"{most} instances a user: more than is worth trying")
    limit = ["--ulimit", "nofile=5100:5100"]
    a, b = tenants.both("inotify", *limit)  # root's default: ranges of their own
    assert min(a, b) >= most, (a, b)


@pytest.mark.subids
def test_neither_reaches_the_other(cubby, tenants, user):
    """Same uid inside, same files by name, no way to each other."""
    if user.is_root:
        pytest.skip("root reads everybody's files")
    del tenants
    for name in "ab":
        cubby.ok("run", "-d", "--name", name, "--userns=auto", "cubby/hello", "sleep", "1000")
        cubby.ok("exec", name, "sh", "-c", "echo mine >/root/secret; chmod 600 /root/secret")
    secret = os.path.join(cubby.data, "containers", cubby.inspect("a")["Id"], "upper", "root", "secret")
    out = cubby("run", "--rm", "--userns=auto", "-v", os.path.dirname(secret) + ":/other", "cubby/hello",
                "cat", "/other/secret")
    assert out.code != 0 and "mine" not in out.stdout, out


@pytest.mark.subids
def test_the_range_asked_for(cubby, user):
    """0:2000:1000 is the host's for root; an ordinary user counts in what it has."""
    cubby.ok("run", "-d", "--name", "c", "--uidmap", "0:2000:1000", "cubby/hello", "sleep", "1000")
    outside = 2000 if user.is_root else user.subuid[0] + 1999
    assert process.host_ids(cubby.pid("c"))[0] == outside
    assert cubby.ok("exec", "c", "id", "-u") == "0"
    cubby.ok("exec", "c", "sh", "-c", "touch /made; chown 999:999 /made")
    made = os.path.join(cubby.data, "containers", cubby.inspect("c")["Id"], "upper", "made")
    assert os.stat(made).st_uid == outside + 999
    assert cubby("exec", "c", "chown", "1000", "/made").code != 0


@pytest.mark.rootless
def test_without_asking_root_inside_is_the_caller_outside(cubby, user):
    cubby.ok("run", "-d", "--name", "c", "cubby/hello", "sleep", "1000")
    assert process.host_ids(cubby.pid("c")) == (user.uid, user.gid)
    assert cubby.ok("exec", "c", "id", "-u") == "0"
