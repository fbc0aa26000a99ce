# SPDX-License-Identifier: Apache-2.0
"""Images of other tools in cubby, and cubby's in other tools, by a registry and by archives.

What an image made by support/daemons.py holds stands there: two layers, the second of which takes /mnt away; user
carol in /home/carol; MADE_BY and /etc/made-by say the tool's name.
"""

import json
import os

import pytest

from support.registry import Registry

pytestmark = [pytest.mark.subids, pytest.mark.slow]

TOOLS = ["buildah", "podman", "umoci", pytest.param("docker", marks=pytest.mark.root)]
INSECURE = "--tls-verify=false"


@pytest.fixture
def registry(base):
    with Registry(base) as r:
        yield r


@pytest.fixture
def tool(request):
    """The fixture that the test's parameter names."""
    return request.getfixturevalue(request.param)


def publish(tool, skopeo, tree, registry, base):
    """Have the tool make its image and push it; the image's name."""
    name = f"{registry.host}/made/by-{tool.name}:1"
    if tool.name == "umoci":
        layout = tool.make(os.path.join(base, "layout") + ":1", tree)
        skopeo.ok("copy", "--dest-tls-verify=false", f"oci:{layout}", f"docker://{name}")
        return name
    tool.make(name, tree)
    tool.ok("push", *([] if tool.name == "docker" else [INSECURE]), name)
    return name


def check_runs(cubby, image, made_by):
    """It has the files of both layers, without what the second took away, and its config is applied."""
    run = ["run", "--rm", "--network", "none", "--pull=never"]
    assert cubby.ok(*run, image) == made_by
    said = cubby.ok(*run, image, "sh", "-c", "id -un; pwd; echo $MADE_BY; [ -e /mnt ] && echo there || echo gone")
    expected = "there" if made_by == "docker" else "gone"
    assert said.splitlines() == ["carol", "/home/carol", made_by, expected]


@pytest.mark.parametrize("tool", TOOLS, indirect=True)
def test_pulled_from_a_registry_it_runs(tool, cubby, skopeo, registry, own_root, base):
    name = publish(tool, skopeo, own_root, registry, base)
    cubby.ok("pull", "-q", INSECURE, name)
    check_runs(cubby, name, tool.name)
    inspected = cubby.json("image", "inspect", name)[0]
    assert inspected["Digest"] == skopeo.digest(f"docker://{name}", INSECURE)
    assert inspected["Config"]["Labels"]["made-by"] == tool.name


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "oci", "dir"])
def test_archives_and_layouts_of_buildah(kind, buildah, cubby, own_root, base):
    buildah.make("localhost/b:1", own_root)
    path = os.path.join(base, "image")
    named = "" if kind == "dir" else ":localhost/b:1"
    buildah.ok("push", "localhost/b:1", f"{kind}:{path}{named}")
    if kind.endswith("-archive"):
        assert cubby.ok("load", "-i", path).splitlines()[-1] == "Loaded image: localhost/b:1"
        image = "localhost/b:1"
    else:
        image = cubby.ok("pull", "-q", f"{kind}:{path}").splitlines()[-1]
    check_runs(cubby, image, "buildah")


@pytest.mark.root
def test_an_archive_of_docker(docker, cubby, own_root, base):
    path = os.path.join(base, "d.tar")
    docker.make("made/by:1", own_root)
    docker.ok("save", "-o", path, "made/by:1")
    assert cubby.ok("load", "-i", path).splitlines()[-1] == "Loaded image: docker.io/made/by:1"
    check_runs(cubby, "made/by:1", "docker")


def test_an_archive_of_several_images_of_podman(podman, cubby, own_root, base):
    path = os.path.join(base, "p.tar")
    podman.make("localhost/p:1", own_root)
    podman.ok("tag", "localhost/p:1", "localhost/p:2", "localhost/other:3")
    podman.ok("save", "-m", "-o", path, "localhost/p:1", "localhost/p:2", "localhost/other:3")
    cubby.ok("load", "-i", path)
    names = cubby.ok("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    assert sorted(names) == ["localhost/other:3", "localhost/p:1", "localhost/p:2"]
    check_runs(cubby, "localhost/other:3", "podman")


@pytest.fixture
def held(buildah, skopeo, cubby, own_root, base):
    """An image that cubby holds, pulled from a layout: its name there, and that of the layout."""
    layout = os.path.join(base, "first")
    buildah.make("localhost/b:1", own_root)
    buildah.ok("push", "localhost/b:1", f"oci:{layout}:1")
    cubby.ok("tag", cubby.ok("pull", "-q", f"oci:{layout}:1").splitlines()[-1], "localhost/held:1")
    return "localhost/held:1", f"oci:{layout}:1"


def test_pushed_it_runs_in_podman_and_keeps_its_digests(held, cubby, podman, skopeo, registry, base):
    name, layout = held
    there = f"{registry.host}/from/cubby:1"
    cubby.ok("push", "-q", INSECURE, name, there)
    assert skopeo.digest(f"docker://{there}", INSECURE) == skopeo.digest(layout)
    skopeo.ok("copy", "--src-tls-verify=false", f"docker://{there}", f"dir:{base}/copied")
    assert skopeo.digest(f"dir:{base}/copied") == skopeo.digest(layout)
    assert skopeo.layers(f"dir:{base}/copied") == skopeo.layers(layout)
    podman.ok("pull", "-q", INSECURE, there)
    assert podman.ok("run", "--rm", there) == "buildah"


@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive"])
def test_saved_it_is_loaded_and_run_by_podman(kind, held, cubby, podman, skopeo, base):
    name, layout = held
    path = os.path.join(base, "saved.tar")
    cubby.ok("save", "-q", "--format", kind, "-o", path, name)
    podman.ok("rmi", "-a", "-f")
    assert podman.ok("load", "-q", "-i", path).splitlines()[-1] == f"Loaded image: {name}"
    assert podman.ok("run", "--rm", name) == "buildah"
    if kind == "oci-archive":
        assert skopeo.digest(f"oci-archive:{path}") == skopeo.digest(layout)


@pytest.mark.parametrize("kind", ["docker-dir", "oci-dir"])
def test_saved_as_a_directory_skopeo_reads_it(kind, held, cubby, skopeo, base):
    name, layout = held
    path = os.path.join(base, "saved")
    cubby.ok("save", "-q", "--format", kind, "-o", path, name)
    image = f"{'oci' if kind == 'oci-dir' else 'dir'}:{path}"
    assert skopeo.config(image)["rootfs"] == skopeo.config(layout)["rootfs"]


@pytest.mark.root
def test_saved_or_pushed_docker_takes_it(held, cubby, docker, registry, base):
    name, _ = held
    path = os.path.join(base, "saved.tar")
    cubby.ok("save", "-q", "-o", path, name)
    docker.ok("load", "-i", path)
    loaded = json.loads(docker.ok("image", "inspect", name))[0]
    assert loaded["Config"]["User"] == "carol" and len(loaded["RootFS"]["Layers"]) >= 2
    there = f"{registry.host}/from/cubby:1"
    cubby.ok("push", "-q", INSECURE, name, there)
    docker.ok("pull", "-q", there)
    assert json.loads(docker.ok("image", "inspect", there))[0]["RootFS"] == loaded["RootFS"]


def test_the_built_in_image_needs_no_registry(cubby):
    said = cubby.ok("run", "--rm", "--network", "none", "cubby/hello")
    assert "Hello from a Cubby container!" in said and "In here you are   root (uid 0)" in said
    assert cubby.ok("images", "--format", "{{.Repository}}:{{.Tag}}") == "localhost/cubby/hello:latest"


def test_the_built_in_image_gives_a_terminal_a_shell(cubby, terminal):
    child = terminal(cubby.argv("run", "-it", "--rm", "--network", "none", "cubby/hello"))
    child.expect_exact("This is a shell")
    child.sendline("echo so-$((6*7)); id -u; exit 3")
    child.expect("so-42")
    child.expect("0\r\n")
    child.wait()
    assert child.exitstatus == 3
