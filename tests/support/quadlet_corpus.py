# SPDX-License-Identifier: Apache-2.0
"""Quadlet files of tests/corpus/quadlet/*.cases, and what a generator made of them, as text that can be compared.

A case, from one `===` to the next:

    === name-of-it [user]            user: what a user's manager makes of it, else the system's
    -- FILE [crlf] [chomp]           its lines follow, ⎵ is a blank; chomp: no newline at its end
    -- FILE link=TARGET

What came of one is a dict: `files`: name of the service -> its text; `links`: name -> target; `says`: the lines of stderr. The
directory of the files is written @DIR@ in it, whichever it was.
"""

import json
import os
import re
import subprocess

DIRECTORY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "corpus", "quadlet")
RESULTS = os.path.join(DIRECTORY, "podman.json")


class Case:
    def __init__(self, topic, head, lines):
        name, *marks = head.split(" ")
        self.name, self.user = f"{topic}/{name}", "user" in marks
        self.sections = []
        for line in lines:
            if line.startswith("-- "):
                self.sections.append((line[3:].split(" "), []))
            elif self.sections:
                self.sections[-1][1].append(line)
            else:
                assert not line.strip() or line.startswith("#"), f"{self.name}: what is {line!r}?"
        for _, text in self.sections:
            if text and not text[-1]:
                text.pop()  # the empty line between two cases

    def write(self, directory):
        for (path, *marks), text in self.sections:
            path = os.path.join(directory, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            link = next((m[5:] for m in marks if m.startswith("link=")), None)
            if link is not None:
                os.symlink(link, path)
                continue
            end = "\r\n" if "crlf" in marks else "\n"
            content = "".join(line + end for line in text).replace("⎵", " ")
            with open(path, "w", encoding="utf-8", newline="") as f:
                f.write(content[:-1] if "chomp" in marks else content)
        return directory


def cases():
    """All, in the order of the files."""
    found = []
    for name in sorted(os.listdir(DIRECTORY)):
        if name.endswith(".cases"):
            with open(os.path.join(DIRECTORY, name), encoding="utf-8") as f:
                parts = re.split(r"^=== (.*)\n", f.read(), flags=re.MULTILINE)
            found += [Case(name[:-6], parts[i], parts[i + 1].split("\n")[:-1]) for i in range(1, len(parts), 2)]
    return found


def results():
    """What podman's made: case -> dict."""
    with open(RESULTS, encoding="utf-8") as f:
        return json.load(f)["cases"]


def expected_differences():
    """Where ours differs on purpose: case -> {why, differs}."""
    with open(os.path.join(DIRECTORY, "differs.json"), encoding="utf-8") as f:
        return json.load(f)


def _placeless(text, units):
    return text.replace(units, "@DIR@").replace(os.path.dirname(units), "@UP@")


def generate(program, case, units, out):
    """What the generator makes of the case's files, which lie in `units`."""
    done = subprocess.run([*program, *(["-user"] if case.user else []), "-no-kmsg-log", out], capture_output=True, text=True,
                          check=False, timeout=60, env={"PATH": "/usr/bin:/bin", "QUADLET_UNIT_DIRS": units})
    found = {"exit": done.returncode, "files": {}, "links": {}, "says": []}
    for base, _, names in os.walk(out):
        for name in names:
            path = os.path.join(base, name)
            short = os.path.relpath(path, out)
            if os.path.islink(path):
                found["links"][short] = os.readlink(path)
            else:
                with open(path, encoding="utf-8") as f:
                    # a comment says which program made it
                    found["files"][short] = _placeless(re.sub(r"^#.*\n", "", f.read(), flags=re.MULTILINE), units)
    found["says"] = [re.sub(r"\[\d+\]", "", _placeless(line, units)) for line in done.stderr.splitlines()]
    return found


# -- what can be compared: the order of options, and how a line is quoted, say nothing

def _split(line):
    """A command line's words, as systemd reads them."""
    words, at = [], 0
    while True:
        at += len(re.match(r"\s*", line[at:]).group(0))
        if at == len(line):
            return words
        word, quote = "", ""
        while at < len(line) and (quote or not line[at].isspace()):
            c = line[at]
            if c == "\\":
                found = re.match(r"\\(x[0-9a-f]{2}|.)", line[at:]).group(1)
                word += chr(int(found[1:], 16)) if len(found) == 3 else \
                    {"n": "\n", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "r": "\r", "v": "\v"}.get(found, found)
                at += 1 + len(found)
                continue
            if c == quote:
                quote = ""
            elif c in "'\"" and not quote:
                quote = c
            else:
                word += c
            at += 1
        words.append(word)


_ALONE = {"-d", "-v", "-f", "-i", "--init", "--rm", "--replace", "--ignore", "--read-only", "--read-only-tmpfs", "--env-host",
          "--disable-dns", "--internal", "--ipv6", "--all-tags", "--tls-verify", "--force", "--x"}
_COMMANDS = {"run", "rm", "pod", "volume", "network", "image", "build", "pull", "create", "start", "stop", "kube"}
# what has another name of ours: the program, the unit that waits for the network, the directory with the data
_OWN_NAMES = (("podman-user-wait-network-online.service", "cubby-wait-network-online.service"),
              ("RequiresMountsFor=%t/containers", "RequiresMountsFor=DATA"), ("RequiresMountsFor=%t/cubby", "RequiresMountsFor=DATA"),
              ("RequiresMountsFor=/var/lib/cubby", "RequiresMountsFor=DATA"))
_LAST_COUNTS = ("--env", "--annotation", "--label")


def command(line):
    """(global options, command, sorted options, words behind them) of a command line of podman's or cubby's."""
    words = _split(line)
    head, options, rest = [re.sub(r".*/(podman|cubby)$", "cubby", words[0])], [], []
    i = 1
    while words[i].startswith("-"):
        head.append(words[i])
        i += 1
    while i < len(words):
        word = words[i]
        i += 1
        if not options and word in _COMMANDS:
            head.append(word)
        elif not word.startswith("-"):
            rest = words[i - 1:]
            break
        elif "=" in word or (word in _ALONE and (word != "-v" or words[i].startswith("-"))):
            options.append(tuple(word.split("=", 1)))
        else:
            options.append((word, words[i]))
            i += 1
    # podman's own default where systemd is
    options = [o for o in options if o != ("--log-driver", "journald")]
    options = [("--volume", *o[1:]) if o[0] == "-v" and len(o) > 1 else o for o in options]
    options = [(o[0], o[1].lower()) if o[0].startswith("--cap-") else o for o in options]
    last = {(o[0], o[1].split("=", 1)[0]): o for o in options if o[0] in _LAST_COUNTS}
    return head, sorted([o for o in options if o[0] not in _LAST_COUNTS] + list(last.values())), rest


def meaning(text):
    """A service's text as a sorted list of (section, key, value)."""
    found, section = [], ""
    pod = "[X-Pod]" in text or "pod create" in text
    for old, new in _OWN_NAMES:
        text = text.replace(old, new)
    for line in text.splitlines():
        if not line.strip() or line.lstrip()[0] in "#;":
            continue
        if line.startswith("["):
            section = line
            continue
        key, value = line.split("=", 1)
        if pod and key in ("Type", "PIDFile", "RemainAfterExit"):
            continue  # see convert_pod.c: ours is no process of the service's
        if pod:
            value = value.replace("--infra-conmon-pidfile=%t/%N.pid ", "")
        if section.startswith("[X-"):
            value = value.strip()
        elif key.startswith("Exec") and ("podman" in value or "cubby" in value):
            value = command(value)
        elif key == "RequiresMountsFor":
            found += [(section, key, w) for w in _split(value)]
            continue
        else:
            value = re.sub(r"\s+", " ", value.strip())
        found.append((section, key, value))
    return sorted(set(map(repr, found)))


def differences(theirs, ours):
    """Lines that say what differs: "< " theirs only, "> " ours only."""
    found = []
    if theirs["exit"] != ours["exit"]:
        found.append(f"exit {theirs['exit']} -> {ours['exit']}")
    for name in sorted({*theirs["files"], *ours["files"]}):
        a, b = (meaning(w["files"][name]) if name in w["files"] else None for w in (theirs, ours))
        if a is None or b is None:
            found.append(f"{'>' if a is None else '<'} {name}")
            continue
        found += [f"{name}: < {line}" for line in a if line not in b] + [f"{name}: > {line}" for line in b if line not in a]
    for link in sorted({*theirs["links"].items(), *ours["links"].items()}):
        if (link in theirs["links"].items()) != (link in ours["links"].items()):
            found.append(f"{'<' if link in theirs['links'].items() else '>'} {link[0]} -> {link[1]}")
    return found
