# SPDX-License-Identifier: Apache-2.0
"""spec, features, --version and --help."""

import json
import os
import re
import shutil

import pytest


def test_spec_writes_a_config_that_runs(runtime, busybox_root, base, user):
    bundle = os.path.join(base, "b")
    os.mkdir(bundle)
    runtime.ok("spec", *([] if user.is_root else ["--rootless"]), "--bundle", bundle)
    path = os.path.join(bundle, "config.json")
    with open(path, encoding="utf-8") as f:
        config = json.load(f)
    shutil.copytree(busybox_root, os.path.join(bundle, "rootfs"), symlinks=True)
    config["process"]["terminal"] = False
    config["process"]["args"] = ["sh", "-c", "id -u; hostname"]
    if user.is_root:
        # what this host may lack
        config["mounts"] = [m for m in config["mounts"] if m["type"] != "cgroup"]
    with open(path, "w", encoding="utf-8") as f:
        json.dump(config, f)
    result = runtime("run", "--bundle", bundle, "c1")
    assert result.lines == ["0", "cubby"], result


@pytest.mark.rootless
def test_spec_rootless_maps_the_caller(runtime, base, user):
    runtime.ok("spec", "--rootless", cwd=base)
    with open(os.path.join(base, "config.json"), encoding="utf-8") as f:
        config = json.load(f)
    assert config["linux"]["uidMappings"] == [{"containerID": 0, "hostID": user.uid, "size": 1}]
    kinds = {n["type"] for n in config["linux"]["namespaces"]}
    assert "user" in kinds and "network" not in kinds


def test_spec_never_overwrites(runtime, base):
    runtime.ok("spec", "--bundle", base)
    assert "exists" in runtime.fails("spec", "--bundle", base)


def test_features(runtime):
    features = runtime.json("features")
    assert features["ociVersionMin"] == "1.0.0" and features["ociVersionMax"].startswith("1.2")
    assert "createRuntime" in features["hooks"]
    assert {"rbind", "rro", "tmpcopyup", "idmap"} <= set(features["mountOptions"])
    linux = features["linux"]
    assert {"user", "time", "cgroup"} <= set(linux["namespaces"])
    assert "CAP_SYS_ADMIN" in linux["capabilities"]
    assert linux["cgroup"]["v2"] is True and linux["cgroup"]["v1"] is False
    assert linux["seccomp"]["enabled"] and "SCMP_ACT_NOTIFY" in linux["seccomp"]["actions"]
    assert linux["mountExtensions"]["idmap"]["enabled"]


def test_every_mount_option_of_features_is_taken(runtime, busybox_root):
    for option in runtime.json("features")["mountOptions"]:
        if option in ("remount", "idmap", "ridmap", "tmpcopyup"):
            continue
        config = runtime.config(["true"], busybox_root)
        config["mounts"].append({"destination": "/mnt", "type": "bind", "source": busybox_root,
                                 "options": ["rbind", option]})
        result = runtime.run_config(config)
        refused = ("is for a file system, not for a bind mount", "not permitted")
        assert result.code == 0 or any(r in result.stderr for r in refused), \
            (option, result)


def test_version(runtime):
    lines = runtime.ok("--version").splitlines()
    assert re.fullmatch(r"cubby-runtime version \d+\.\d+\.\d+", lines[0])
    assert re.fullmatch(r"spec: 1\.\d+\.\d+", lines[1])


def test_help_fits_a_screen(runtime):
    commands = re.findall(r"^  ([a-z]+) ", runtime.ok("--help"), re.M)
    assert {"create", "start", "state", "kill", "delete", "run", "exec", "list", "ps", "spec", "pause",
            "resume", "update", "events", "features"} <= set(commands)
    for args in ([], *([c] for c in set(commands) & {"create", "run", "exec", "update"})):
        said = runtime.ok(*args, "--help")
        assert max(len(line) for line in said.splitlines()) <= 80, args
        assert len(said.splitlines()) <= 50, args


def test_help_as_a_word(runtime):
    assert runtime.ok("help") == runtime.ok("--help")
    assert runtime.ok("help", "run") == runtime.ok("run", "--help")
    assert "unknown command" in runtime.fails("help", "nonesuch")
