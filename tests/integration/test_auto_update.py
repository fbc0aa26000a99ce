# SPDX-License-Identifier: Apache-2.0
"""auto-update without systemd: containers are replaced by hand, and come back if the new image is not well."""

import json
import os

import pytest

from support import image
from support.registry import Registry, available

LABEL = "io.containers.autoupdate"
STAY = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"]
CHECK = {"Test": ["CMD-SHELL", "exit $SICK"], "Interval": 200_000_000, "Retries": 2}

pytestmark = pytest.mark.skipif(not available(), reason="needs docker-registry")


@pytest.fixture
def registry(base):
    r = Registry(base)
    yield r
    r.stop()


@pytest.fixture(scope="session")
def archive(shared_dir, pristine_root):
    """Versions of one image."""
    plain = image.busybox(pristine_root, Cmd=STAY)

    def version(number, *env, **config):
        return plain.with_config(Env=[*plain.config["Env"], f"VERSION={number}", *env], **config)

    images = {"1": version(1), "2": version(2), "bad": version(3, Cmd=["sh", "-c", "exit 3"]),
              "well": version(4, "SICK=0", Healthcheck=CHECK), "sick": version(5, "SICK=1", Healthcheck=CHECK)}
    return image.oci_archive(os.path.join(shared_dir, "app.tar"),
                             {f"localhost/app:{name}": i for name, i in images.items()}, "none")


@pytest.fixture
def app(cubby, registry, archive):
    """app(version): what the registry has as latest from now on."""
    cubby.ok("load", "-q", "-i", archive)
    name = f"{registry.host}/app:latest"

    def publish(which):
        cubby.ok("push", "-q", "--tls-verify=false", f"localhost/app:{which}", name)

    publish("1")
    publish.name = name
    return publish


def run(cubby, app, name, *options, policy="registry"):
    return cubby.ok("run", "-d", "-q", "--tls-verify=false", "--name", name, "--network", "none", "--label",
                    f"{LABEL}={policy}", *options, app.name)


def update(cubby, *options, code=0):
    """{container: (its row, what was said)}"""
    done = cubby("auto-update", "--tls-verify=false", "--format", "json", *options)
    assert done.code == code, done
    return {row["ContainerName"]: row["Updated"] for row in json.loads(done.stdout)}, done.stderr


def version_of(cubby, name):
    return [v for v in cubby.inspect(name)["Config"]["Env"] if v.startswith("VERSION=")][0][8:]


def test_from_the_registry(cubby, app, base):
    cidfile = os.path.join(base, "cid")
    first = run(cubby, app, "web", "-e", "A=b c", "--cidfile", cidfile)
    passing = run(cubby, app, "passing", "--rm")
    run(cubby, app, "other", policy="disabled")
    assert update(cubby) == ({"web": "false", "passing": "false"}, "")
    app("2")
    assert update(cubby, "--dry-run")[0] == {"web": "pending", "passing": "pending"}
    table = cubby.ok("auto-update", "--tls-verify=false", "--dry-run").splitlines()
    assert table[0].split() == ["UNIT", "CONTAINER", "IMAGE", "POLICY", "UPDATED"]
    assert table[1].split() == [first[:12], "(web)", app.name, "registry", "pending"]
    # nothing was fetched, nothing was touched
    assert version_of(cubby, "web") == "1" and cubby.inspect("web")["Id"] == first
    assert update(cubby)[0] == {"web": "true", "passing": "true"}
    assert {n: version_of(cubby, n) for n in ("web", "passing", "other")} == {"web": "2", "passing": "2", "other": "1"}
    now = cubby.inspect("web")
    assert now["State"]["Status"] == "running" and now["Id"] not in (first, passing)
    assert "A=b c" in now["Config"]["Env"] and now["Config"]["CreateCommand"][-1] == app.name
    with open(cidfile, encoding="ascii") as f:
        assert f.read() == now["Id"]
    assert sorted(cubby.names()) == ["other", "passing", "web"]
    assert "auto-update" in cubby.ok("events", "--stream=false", "--filter", "event=auto-update")
    assert update(cubby)[0] == {"web": "false", "passing": "false"}
    cubby.ok("stop", "passing")
    assert sorted(cubby.names()) == ["other", "web"]


def test_back_again(cubby, app):
    """The old container itself, with what it has written."""
    first = run(cubby, app, "web")
    passing = run(cubby, app, "passing", "--rm")
    cubby.ok("exec", "web", "touch", "/written")
    for which, reason in (("bad", "ended at once, with exit status 3"), ("sick", "is unhealthy")):
        app(which)
        updated, said = update(cubby, code=125)
        assert updated == {"web": "rolled back", "passing": "rolled back"}
        assert f"container web {reason}" in said, said
        for name, was in (("web", first), ("passing", passing)):
            now = cubby.inspect(name)
            assert (now["Id"], now["State"]["Status"], version_of(cubby, name)) == (was, "running", "1")
        cubby.ok("exec", "web", "test", "-e", "/written")
        assert cubby.inspect("web")["Image"] == cubby.json("image", "inspect", app.name)[0]["Id"]
        assert sorted(cubby.names()) == ["passing", "web"]
    cubby.ok("stop", "passing")
    assert cubby.names() == ["web"]
    app("well")
    assert update(cubby)[0] == {"web": "true"}
    assert cubby.inspect("web")["State"]["Health"]["Status"] == "healthy"
    app("sick")
    assert update(cubby, "--rollback=false", code=125)[0] == {"web": "failed"}
    assert version_of(cubby, "web") == "5"


def test_local_and_refused(cubby, app):
    assert app
    cubby.ok("tag", "localhost/app:1", "localhost/mine")
    cubby.ok("run", "-d", "--name", "web", "--network", "none", "--label", f"{LABEL}=local", "localhost/mine")
    cubby.ok("run", "-d", "--name", "lost", "--network", "none", "--label", f"{LABEL}=registry", "localhost/mine")
    cubby.ok("run", "-d", "--name", "odd", "--network", "none", "--label", f"{LABEL}=often", "localhost/mine")
    cubby.ok("run", "-d", "--name", "shared", "--network", "none", "--label", f"{LABEL}=local", "localhost/mine")
    cubby.ok("run", "-d", "--name", "needs", "--network", "container:shared", "localhost/mine")
    cubby.ok("tag", "localhost/app:2", "localhost/mine")
    updated, said = update(cubby, code=125)
    assert updated == {"web": "true", "lost": "failed", "odd": "failed", "shared": "failed"}
    assert version_of(cubby, "web") == "2"
    for sentence in ('auto-update container odd: invalid auto-update policy "often"',
                     "auto-update container lost: its image localhost/mine:latest is of no registry",
                     "auto-update container shared: other containers share its namespaces"):
        assert sentence in said, said
