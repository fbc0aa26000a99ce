# SPDX-License-Identifier: Apache-2.0
"""containers.conf in all its places, and what each key does to a container."""

import os

import pytest


@pytest.fixture
def write(base):
    def write(name, text):
        path = os.path.join(base, "conf", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path
    return write


@pytest.mark.subids
def test_keys_of_containers(cubby, busybox_root, write):
    path = write("c.conf", """
        [containers]
        env = ["FROM_CONF=1"]
        umask = "0027"
        init = true
        default_capabilities = ["CHOWN", "KILL"]
        default_ulimits = ["nofile=123:456"]
        default_sysctls = ["net.ipv4.ip_forward=1", "kernel.msgmax=9000"]
        annotations = ["org.example.a=b"]
        shm_size = "1m"
        container_name_as_hostname = true
        oom_score_adj = 500
        read_only = true
        netns = "bridge"
        log_size_max = 4096
        no_such_key = { of = "podman" }
        volumes = ["%s:/conf:ro"]
        [engine]
        stop_timeout = 3
        runtime = "crun"
        """ % os.path.dirname(write("seen", "yes")))
    env = {"CONTAINERS_CONF": path}
    script = ("echo $FROM_CONF $(umask) $(hostname); grep CapBnd /proc/self/status; ulimit -n; "
              "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/self/oom_score_adj /conf/seen; "
              "touch /x; df -k /dev/shm | tail -1")
    done = cubby("run", "--name", "by_conf", "--rootfs", busybox_root, "sh", "-c", script, env=env)
    lines = done.stdout.splitlines()
    assert lines[0] == "1 0027 byconf", done
    assert lines[1].split()[1] == "0000000000000021"
    assert lines[2:5] == ["123", "1", "9000"] and lines[5] == "500" and lines[6].startswith("yes")
    assert "1024" in done.stdout.splitlines()[-1] and "Read-only" in done.stderr
    found = cubby.inspect("by_conf")
    assert found["Config"]["StopTimeout"] == 3 and found["Config"]["Annotations"]["org.example.a"] == "b"
    said = cubby.ok("run", "--rm", "-e", "FROM_CONF=2", "--umask", "0022", "--read-only=false", "--network=host",
                    "--rootfs", busybox_root, "sh", "-c", "echo $FROM_CONF $(umask)", env=env)
    assert said.strip() == "2 0022"


@pytest.mark.subids
def test_places_and_their_order(cubby, busybox_root, base, write):
    def env_of(extra=None, *options):
        env = {"XDG_CONFIG_HOME": os.path.join(base, "conf")}
        env.update(extra or {})
        return cubby.ok(*options, "run", "--rm", "--rootfs", busybox_root, "sh", "-c", "echo $A $B $C", env=env).strip()

    write("containers/containers.conf", '[containers]\nenv = ["A=1", "B=1"]\n')
    assert env_of() == "1 1"
    write("containers/containers.conf.d/20-two.conf", '[containers]\nenv = ["B=3", {append=true}]\n')
    write("containers/containers.conf.d/10-one.conf", '[containers]\nenv = ["A=2", "B=2", {append=true}]\n')
    write("containers/containers.conf.d/30-not", '[containers]\nenv = ["A=9"]\n')
    assert env_of() == "2 3"
    write("containers/containers.conf.modules/mine", '[containers]\nenv = ["C=4"]\n')
    assert env_of(None, "--module", "mine") == "2 3 4"
    over = write("over", '[containers]\nenv = ["C=5"]\n')
    assert env_of({"CONTAINERS_CONF_OVERRIDE": over}, "--module=mine") == "2 3 5"
    assert env_of({"CONTAINERS_CONF": over}) == "5"
    assert "no such file" in cubby.fails("--module", "none", "pull", "x")
    said = cubby.fails("pull", "x", env={"CONTAINERS_CONF": base + "/nothing"})
    assert "CONTAINERS_CONF" in said and "nothing" in said


def test_mistakes(cubby, write):
    def fails(text):
        return cubby.fails("run", "--rootfs", "/", "true", env={"CONTAINERS_CONF": write("wrong.conf", text)})

    assert "wrong.conf: line 1, column" in fails("[containers")
    assert "[containers] init: expected true or false" in fails('[containers]\ninit = "yes"')
    said = fails('[cubby]\nusern = "auto"')
    assert 'unknown key "usern" (did you mean userns?)' in said
    assert "[cubby] auto_min_size: expected a number of ids" in fails("[cubby]\nauto_min_size = 0")
    assert cubby("ps", env={"CONTAINERS_CONF": "/nothing"}).stderr == ""
    assert cubby("ps", env={"CONTAINERS_CONF": write("good.conf", "[cubby]\nauto_min_size = 2000\n")}).code == 0
    said = cubby.fails("run", "--rootfs", "/", "true",
                       env={"CONTAINERS_CONF": write("w.conf", '[containers]\nshm_size = "much"')})
    assert 'invalid value "much" for containers.conf: [containers] shm_size: expected a size' in said


def test_events_logger_and_env(cubby, write):
    path = write("e.conf", '[engine]\nevents_logger = "none"\nenv = ["PROXY_OF_MINE=1"]\n')
    cubby.ok("volume", "create", "one", env={"CONTAINERS_CONF": path})
    cubby.ok("volume", "create", "two")
    assert [line for line in cubby.ok("events", "--stream=false").splitlines() if " one" in line] == []
    assert "there is no syslog" in cubby.fails(
        "run", "--rootfs", "/", "true", env={"CONTAINERS_CONF": write("f.conf", '[engine]\nevents_logger = "syslog"')})


def test_global_options(cubby, base):
    for good in (["--storage-driver", "overlay"], ["--cgroup-manager=cgroupfs"], ["--cgroup-manager=systemd"], ["--syslog=false"], ["--noout=false"],
                 ["--remote=false"], ["--log-level=error"], ["--debug=false"]):
        assert cubby(*good, "ps").code == 0, good
    for bad, reason in ((["--storage-driver", "vfs"], "overlay"), (["--runtime", "crun"], "runs its containers itself"), (["--remote"], "no daemon"),
                        (["--url", "unix:///x"], "no daemon"), (["--conmon", "/x"], "monitor"),
                        (["--tmpdir", "/x"], "--runroot"), (["--hooks-dir", "/x"], "not supported yet"), (["--cgroup-manager=x"], "one of")):
        done = cubby(*bad, "ps")
        assert done.code == 125 and reason in done.stderr, done
    out = os.path.join(base, "out")
    cubby.ok("--out", out, "version")
    with open(out, encoding="utf-8") as f:
        assert "Version" in f.read()
    assert cubby.ok("--noout", "version") == ""
