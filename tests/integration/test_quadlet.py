# SPDX-License-Identifier: Apache-2.0
"""systemd's generator: what it makes of Quadlet files, compared with what podman 5.4's made, and how it behaves as a program.

What podman made is in tests/corpus/quadlet/podman.json, written by tests/corpus/quadlet/record; where ours differs, and why, in
differs.json beside it.
"""

import os
import re
import subprocess

import pytest

from support import quadlet_corpus

PREFIX = os.environ.get("CUBBY_PREFIX", "/usr/local")


@pytest.fixture(scope="module")
def generator():
    return os.path.join(PREFIX, "lib/systemd/system-generators/cubby-generator")


def run(generator, *words, units="", **env):
    return subprocess.run([generator, *words], capture_output=True, text=True, check=False, timeout=30,
                          env={"PATH": "/usr/bin:/bin", "QUADLET_UNIT_DIRS": units, **env})


def write(directory, name, text):
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def test_corpus(generator, tmp_path):
    podman, expected = quadlet_corpus.results(), quadlet_corpus.expected_differences()
    names, wrong = [], []
    for number, case in enumerate(quadlet_corpus.cases()):
        units, out = tmp_path / str(number) / "units", tmp_path / str(number) / "out"
        units.mkdir(parents=True)
        ours = quadlet_corpus.generate([generator], case, case.write(str(units)), str(out))
        names.append(case.name)
        known = expected.get(case.name, {"differs": [], "why": "none"})
        found = quadlet_corpus.differences(podman[case.name], ours)
        if found != known["differs"] or not known["why"]:
            wrong.append("\n  ".join([case.name, *ours["says"], "expected:", *known["differs"], "found:", *found]))
        for line in ours["says"]:
            assert re.match(r"cubby-generator: @DIR@/\S+(:\d+)?: ", line), line
    assert not wrong, "\n".join(wrong)
    assert len(names) == len(set(names)) > 150 and sorted(names) == sorted(podman) and set(expected) <= set(names)


def test_options_exist(generator, cubby):
    """Each key of the table becomes an option that cubby has."""
    commands = {"Container": ["run"], "Volume": ["volume", "create"], "Network": ["network", "create"], "Image": ["image", "pull"],
                "Build": ["build"], "Pod": ["pod", "create"]}
    lines = run(generator, "--keys").stdout.splitlines()
    helps = {kind: set(re.findall(r"--[a-z0-9-]+", cubby.ok(*words, "--help=all"))) for kind, words in commands.items()}
    assert len(lines) > 150
    missing = []
    for line in lines:
        kind, key, option = line.split(None, 2)
        option = re.match(r"--[a-z0-9-]+", option)
        if option and option.group(0) not in helps[kind]:
            missing.append(f"{kind} {key} {option.group(0)}")
    assert not missing
    for words in ("run --rm -d --replace --name --cidfile --cgroups --sdnotify --pod-id-file", "rm -v -f -i --cidfile",
                  "pod create --pod-id-file --exit-policy --replace --infra-name --name", "pod start --pod-id-file",
                  "pod stop --pod-id-file --ignore --time", "pod rm --pod-id-file --ignore --force", "volume create --ignore",
                  "network create --ignore", "exec", "kill --cidfile --signal"):
        command = [w for w in words.split() if not w.startswith("-")]
        said = cubby.ok(*command, "--help=all")
        assert all(re.search(rf"(^|\s){w}\b", said) for w in words.split() if w.startswith("-")), words


def test_as_a_program(generator, tmp_path):
    units = str(tmp_path / "units")
    write(units, "web.container", "[Container]\nImage=localhost/x\n[Install]\nWantedBy=default.target\n")
    write(units, "bad.container", "[Container]\nImage=localhost/x\nHostname=x\n")
    done = run(generator, "--dryrun", units=units)
    assert done.returncode == 1 and done.stdout.startswith("---web.service---\n") and "bad.service" not in done.stdout
    assert done.stderr == (f"cubby-generator: {units}/bad.container:3: Hostname= is no key of [Container]; no service is made of this "
                           "file. Did you mean HostName=?\n")
    assert run(generator, "-dryrun", "-user", units=units).stdout.count("cubby-wait-network-online.service") == 2
    assert "network-online.target" in run(generator, "--dryrun", units=units, SYSTEMD_SCOPE="system").stdout
    users = os.path.join(PREFIX, "lib/systemd/user-generators/cubby-generator")
    assert run(users, "--dryrun", units=units).stdout.count("cubby-wait-network-online.service") == 2
    assert f"File: {units}/web.container" in run(generator, "--dryrun", "-v", units=units).stderr
    assert "systemd" in run(generator, "--help").stdout and run(generator, "--version").stdout.startswith("quadlet ")
    assert run(generator).returncode == 1 and run(generator, "--what").returncode == 1

    out = tmp_path / "out"
    for _ in range(2):  # as systemd calls it; the second time the file is somebody else's
        done = run(generator, "--no-kmsg-log", str(out), str(tmp_path / "early"), str(tmp_path / "late"), units=units)
    assert "another generator has made web.service already" in done.stderr
    assert os.readlink(out / "default.target.wants/web.service") == "../web.service"
    assert sorted(os.listdir(out)) == ["default.target.wants", "web.service"]
    assert (out / "default.target.wants/web.service").read_text(encoding="utf-8").startswith("# Made by cubby's generator")


def test_links_and_services(generator, tmp_path):
    """A link never has the place of a service; one that cannot be made is a warning, and the others are made."""
    units, out = str(tmp_path / "units"), tmp_path / "out"
    write(units, "a.container", "[Container]\nImage=localhost/x\n[Install]\nAlias=b.service c.service\nWantedBy=x.target y.target\n")
    write(units, "b.container", "[Container]\nImage=localhost/x\n")
    write(str(out), "x.target.wants", "no directory")
    done = run(generator, "--no-kmsg-log", str(out), units=units)
    assert done.returncode == 0 and len(done.stderr.splitlines()) == 2 and "no service is made" not in done.stderr, done
    assert f"{units}/a.container: make the link b.service: " in done.stderr
    assert f"{units}/a.container: make the link x.target.wants/a.service: " in done.stderr
    assert not (out / "b.service").is_symlink() and "b.container" in (out / "b.service").read_text(encoding="utf-8")
    assert os.readlink(out / "c.service") == "a.service" and os.readlink(out / "y.target.wants/a.service") == "../a.service"

    # no room: nothing is left of a service, and nothing points to it
    out = tmp_path / "small"
    done = subprocess.run(["prlimit", "--fsize=10", generator, "--no-kmsg-log", str(out)], capture_output=True, text=True, check=False,
                          timeout=30, restore_signals=False, env={"PATH": "/usr/bin:/bin", "QUADLET_UNIT_DIRS": units})
    assert done.returncode == 1 and done.stderr.count("no service is made") == 2 and not os.listdir(out), done


def test_where_files_are(generator, tmp_path):
    home, run_dir = str(tmp_path / "home"), str(tmp_path / "run")
    write(home, ".config/cubby/systemd/a.container", "[Container]\nImage=localhost/mine\n")
    write(home, ".config/cubby/systemd/sub/dir/b.container", "[Container]\nImage=localhost/sub\n")
    write(home, ".config/cubby/systemd/a.container.d/x.conf", "[Container]\nLabel=from=drop-in\n")
    done = run(generator, "--dryrun", "--user", HOME=home, XDG_RUNTIME_DIR=run_dir)
    assert re.findall(r"^---(.*)---$", done.stdout, re.MULTILINE)[:2] == ["a.service", "b.service"], done
    assert "from=drop-in localhost/mine" in done.stdout
    podman = [d for d in ("/run/systemd", "/etc/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd")
              if os.path.lexists(f"{d}/user-generators/podman-user-generator")]
    write(run_dir, "containers/systemd/a.container", "[Container]\nImage=localhost/theirs\n")
    said = run(generator, "--dryrun", "--user", HOME=home, XDG_RUNTIME_DIR=run_dir).stdout
    assert ("localhost/theirs" in said) == (not podman) and "localhost/sub" in said
    # what no text file can be, and links that go in circles
    os.mkfifo(os.path.join(home, ".config/cubby/systemd/pipe.container"))
    os.symlink(".", os.path.join(home, ".config/cubby/systemd/again"))
    os.symlink("nowhere", os.path.join(home, ".config/cubby/systemd/gone.container"))
    write(home, ".config/cubby/systemd/zero.volume", "[Volume]\n\0")
    done = run(generator, "--dryrun", "--user", HOME=home)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 3 and "pipe.container: is no file" in done.stderr
    assert "gone.container: no such file" in done.stderr and "zero.volume: is no text" in done.stderr


def test_pod_of_a_unit_is_made_again(cubby, base):
    """What a unit's pod left is no hindrance to the next."""
    path = os.path.join(base, "unit.pod-id")
    make = ["pod", "create", "--infra=false", "--name", "of_a_unit", "--pod-id-file", path]
    first = cubby.ok(*make)
    assert "it exists already" in cubby(*make).stderr
    second = cubby.ok(*make, "--replace")
    with open(path, encoding="utf-8") as f:
        assert f.read() == second != first
    cubby.ok("pod", "rm", "--pod-id-file", path)
