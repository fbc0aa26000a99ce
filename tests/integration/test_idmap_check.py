# SPDX-License-Identifier: Apache-2.0
"""`cubby idmap check` on files of the test's own, in a mount namespace where they lie over the host's."""

import json
import os

import pytest

from support.program import run


@pytest.fixture
def check(cubby, base, user):
    """check(subuid, subgid, *options): the Result, with these texts in place of the host's."""
    def call(subuid, subgid, *options):
        for name, text in (("subuid", subuid), ("subgid", subgid)):
            with open(os.path.join(base, name), "w", encoding="ascii") as f:
                f.write(text)
        script = f"mount --bind {base}/subuid /etc/subuid && mount --bind {base}/subgid /etc/subgid && exec \"$@\""
        return run(["unshare", "-m" if user.is_root else "-rm", "sh", "-c", script, "sh",
                    *cubby.argv("idmap", "check", *options)], env=cubby.environment(), cwd=base)
    return call


def findings(result):
    return json.loads(result.stdout)["Findings"]


def test_nothing_wrong(check):
    result = check("root:100000:65536\n", "root:100000:65536\n")
    assert result.code == 0, result
    assert result.lines[0].split() == ["USER", "SUBORDINATE", "UIDS", "SUBORDINATE", "GIDS"]
    assert result.lines[1].split() == ["root", "100000-165535", "100000-165535"]


def test_findings(check):
    text = "daemon:100000:65536\nbin:150000:65536\nsys 1 2\n"
    result = check(text, text)
    assert result.code == 1, result
    assert "error: /etc/subuid, line 2\n" in result.stdout
    assert "150000-165535 is given to bin as well as to daemon (line 1)" in result.stdout
    assert ("as root: usermod --del-subuids 150000-215535 --del-subgids 150000-215535 "
            "--add-subuids 215536-281071 --add-subgids 215536-281071 bin\n") in result.stdout
    assert "4 errors, 0 warnings" in result.stdout


def test_json(check):
    result = check("daemon:100000:65536\n", "", "--format", "json")
    assert result.code == 1, result
    report = json.loads(result.stdout)
    assert report["Users"] == [{"Name": "daemon", "UIDs": [{"Start": 100000, "Count": 65536}], "GIDs": []}]
    assert [f["User"] for f in report["Findings"]] == ["daemon"]
    assert report["Findings"][0]["Remedy"] == "usermod --add-subgids 100000-165535 daemon"


def test_who_may_write(check, base, user):
    text = "daemon:100000:65536\n"
    for name in ("subuid", "subgid"):
        with open(os.path.join(base, name), "w", encoding="ascii"):
            pass
    os.chmod(os.path.join(base, "subuid"), 0o666)
    result = check(text, text, "--format", "json")
    assert [f["Where"] for f in findings(result)] == ["/etc/subuid"], result
    assert findings(result)[0]["Remedy"] == "chown 0:0 /etc/subuid; chmod 644 /etc/subuid"


@pytest.mark.rootless
@pytest.mark.subids
def test_oneself(cubby, user):
    result = cubby("idmap", "check", "--format", "json")
    assert [u["Name"] for u in json.loads(result.stdout)["Users"]] == [user.name]
    start, count = user.subuid
    assert json.loads(result.stdout)["Users"][0]["UIDs"][0] == {"Start": start, "Count": count}


@pytest.mark.root
def test_remedies_mend(cubby, base):
    """The commands are typed as they are printed, in a copy of /etc; what they leave has no fault."""
    text = ("daemon:100000:65536\nbin:150000:65536\nsys:20000:70000\nsync:300000:100\ngames:400000:65536\n"
            "man 1\nghost:500000:65536\n2:600000:65536\n2:600000:65536\nlp:4294900000:67300\n")
    other = text.replace("games:400000:65536", "games:800000:65536").replace("bin:150000:65536\n", "")
    script = f"""set -e
        mount -t tmpfs none {base}/etc; cp -a /etc/. {base}/etc; mount --bind {base}/etc /etc; umount {base}/etc
        printf '%s' "$1" > /etc/subuid; printf '%s' "$2" > /etc/subgid; shift 2
        n=0
        while ! "$@" --format '{{{{.Remedy}}}}' > {base}/remedies; do
            n=$((n + 1)); test $n -lt 30
            sed -n '/^[a-z]/{{p;q}}' {base}/remedies | tee -a {base}/done > {base}/next
            sh -e {base}/next
        done
        cat /etc/subuid /etc/subgid"""
    os.mkdir(base + "/etc")
    # usermod looks for processes with the ids that it takes away: only ours shall be there
    result = run(["unshare", "-mpf", "--mount-proc", "sh", "-c", script, "sh", text, other,
                  *cubby.argv("idmap", "check")], env=cubby.environment(), cwd=base, check=True)
    ranges = [line.split(":") for line in result.lines]
    assert {owner for owner, *_ in ranges} >= {"daemon", "bin", "sys", "sync", "games", "lp"}, result
    assert all(100000 <= int(start) < 4294967295 - int(count) for _, start, count in ranges), result
