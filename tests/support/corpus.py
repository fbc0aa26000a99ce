# SPDX-License-Identifier: Apache-2.0
"""Dockerfiles with small contexts, in tests/corpus/*.cases, and what a builder made of one, as text that can be compared.

A case, from one `===` to the next:

    === name-of-it
    options: --build-arg A=b --secret id=x,src=@/s     `build`'s; @ is the context
    -- Dockerfile [crlf] [bom] [chomp] [repeat] [marks]  chomp: no newline at its end; repeat: @@ is 5000 bytes;
                                                         marks: ⎵ is a blank, ⇥ a tab
    -- file PATH [mode=644] [xattr=user.x=value] [marks] its lines follow
    -- dir PATH [mode=755]
    -- link PATH TARGET
    -- hard PATH TARGET
    -- gzip PATH                                         what follows, compressed
    -- tar PATH                                          by its name compressed or not; a line an entry:
          file PATH MODE UID:GID CONTENT; dir PATH MODE UID:GID; link PATH TARGET; hard PATH TARGET;
          cap PATH MODE UID:GID CONTENT (a file with a capability)
    -- expect                                            where there is no builder to compare with: lines as
          /path f 0644 0:0 'content\\n'; Member {json}; # says why
    -- says                                              the build fails and says each of these lines

What a build made is a dict: `config` (members that differ from the base's are of interest, but all are there), `history` (a letter
an entry: l has a layer, e is empty), `layers` (how many), `tree`: path -> what it is, only of what differs from the base, "gone" for what
is no longer there:

    d 0755 0:0
    f 0644 1000:50 'hello\\n'      longer than 200 bytes: sha256:...
    l target
    h /other                       a hard link to it
    ... user.note='hello'          extended attributes
"""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import re
import shlex
import struct
import subprocess
import tarfile

from . import image

DIRECTORY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "corpus")
RESULTS = os.path.join(DIRECTORY, "buildah.json")
MEMBERS = ("Env", "Cmd", "Entrypoint", "User", "WorkingDir", "Labels", "ExposedPorts", "Volumes", "StopSignal", "Shell",
           "OnBuild", "Healthcheck")
# cap_net_raw=ep, as version 2 of it is stored
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)


class Case:
    def __init__(self, topic, name, lines):
        self.topic, self.name = topic, name
        self.options, self.sections = [], []
        for line in lines:
            if line.startswith("-- "):
                self.sections.append((line[3:].split(" "), []))
            elif self.sections:
                self.sections[-1][1].append(line)
            elif line.startswith("options: "):
                self.options = shlex.split(line[9:])
            else:
                assert not line.strip(), f"{topic}: {name}: what is {line!r}?"
        for _, text in self.sections:
            if text and not text[-1]:
                text.pop()  # the empty line between two cases
        self.key = hashlib.sha256("\n".join([name, *lines]).strip().encode()).hexdigest()[:16]

    def section(self, word):
        """The lines of the only section of this kind, or None."""
        return next((text for head, text in self.sections if head[0] == word), None)

    def arguments(self, context):
        """Of `build`, without names of images."""
        return [re.sub(r"@(?=/)", context, o) for o in self.options]

    def write(self, context):
        os.makedirs(context)
        for head, text in self.sections:
            _WRITERS.get(head[0], lambda *_: None)(context, head, text)
        return context

    def expected(self):
        """(members of the config, tree) of `-- expect`, or None."""
        text = self.section("expect")
        if text is None:
            return None
        config, tree = {}, {}
        for line in text:
            word, _, rest = line.partition(" ")
            if word == "#" or not line:
                continue
            if word.startswith("/"):
                tree[word] = rest
            else:
                config[word] = json.loads(rest)
        return config, tree


def cases(topic=None):
    """All, or those of a topic, in the order of the files."""
    found = []
    for name in sorted(os.listdir(DIRECTORY)):
        if not name.endswith(".cases") or topic not in (None, name[:-6]):
            continue
        with open(os.path.join(DIRECTORY, name), encoding="utf-8") as f:
            parts = re.split(r"^=== (.*)\n", f.read(), flags=re.MULTILINE)
        found += [Case(name[:-6], parts[i], parts[i + 1].split("\n")[:-1]) for i in range(1, len(parts), 2)]
    return found


# -- contexts

def _options(words):
    return dict(w.split("=", 1) for w in words if "=" in w)


def _name(head):
    """A path may have blanks: all words up to the options."""
    return " ".join(w for w in head[1:] if not re.match(r"(mode|xattr)=|marks$", w))


def _marks(head, text):
    return text.replace("⎵", " ").replace("⇥", "\t") if "marks" in head else text


def _put(context, path, data, mode="644"):
    path = os.path.join(context, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, int(mode, 8))
    return path


def _write_dockerfile(context, head, text):
    data = "\n".join(text) + ("" if "chomp" in head else "\n")
    data = _marks(head, data)
    if "repeat" in head:
        data = data.replace("@@", "x" * 5000)
    if "crlf" in head:
        data = data.replace("\n", "\r\n")
    _put(context, "Dockerfile", (b"\xef\xbb\xbf" if "bom" in head else b"") + data.encode())


def _write_file(context, head, text):
    options = _options(head[2:])
    data = _marks(head, "".join(line + "\n" for line in text))
    path = _put(context, _name(head), data.encode(), options.get("mode", "644"))
    if "xattr" in options:
        name, _, value = options["xattr"].partition("=")
        os.setxattr(path, name, value.encode())


def _write_dir(context, head, _):
    path = os.path.join(context, _name(head))
    os.makedirs(path, exist_ok=True)
    os.chmod(path, int(_options(head[2:]).get("mode", "755"), 8))


def _write_link(context, head, _):
    path = os.path.join(context, head[1])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.symlink(head[2], path)


def _write_hard(context, head, _):
    os.link(os.path.join(context, head[2]), os.path.join(context, head[1]))


def _write_gzip(context, head, text):
    _put(context, head[1], gzip.compress("".join(line + "\n" for line in text).encode(), mtime=0))


def _entry(line):
    kind, path, *rest = line.split(" ", 4)
    member = tarfile.TarInfo(path)
    member.mtime = 1700000000
    data = b""
    if kind in ("link", "hard"):
        member.type, member.linkname = (tarfile.SYMTYPE if kind == "link" else tarfile.LNKTYPE), rest[0]
        member.mode = 0o777 if kind == "link" else 0o755
        return member, data
    member.mode = int(rest[0], 8)
    member.uid, member.gid = map(int, rest[1].split(":"))
    if kind == "dir":
        member.type = tarfile.DIRTYPE
    else:
        data = " ".join(rest[2:]).encode()
        member.size = len(data)
    if kind == "cap":
        member.pax_headers = {"SCHILY.xattr.security.capability": CAPABILITY.decode("utf-8", "surrogateescape")}
    return member, data


def _zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


_COMPRESS = {"gz": lambda d: gzip.compress(d, mtime=0), "xz": lzma.compress, "bz2": bz2.compress, "zst": _zstd}


def _write_tar(context, head, text):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member, data in map(_entry, text):
            tar.addfile(member, io.BytesIO(data))
    _put(context, head[1], _COMPRESS.get(head[1].rpartition(".")[2], bytes)(out.getvalue()))


_WRITERS = {"Dockerfile": _write_dockerfile, "file": _write_file, "dir": _write_dir, "link": _write_link,
            "hard": _write_hard, "gzip": _write_gzip, "tar": _write_tar}


# -- bases

ADDED = {"vol/": None, "vol/of-the-base": "kept\n"}


def write_bases(path, tree):
    """The images that the cases start from, as an archive for `load`; their names."""
    base = image.busybox(tree)
    configured = base.add(ADDED).with_config(
        Entrypoint=["/bin/sh", "-c"], Cmd=["id"], User="carol", WorkingDir="/home/carol", Labels={"base": "yes"},
        Volumes={"/vol": {}}, ExposedPorts={"8080/tcp": {}}, StopSignal="SIGINT",
        Healthcheck={"Test": ["CMD-SHELL", "true"], "Interval": 30000000000})
    images = {"localhost/base:1": base, "localhost/configured:1": configured, "localhost/onbuild:1": base.with_config(
        OnBuild=["COPY a.txt /onbuild/", "RUN echo first >/order", "ENV TRIGGERED=yes"])}
    image.docker_archive(path, images)
    return list(images)


# -- results

class Entry(tarfile.TarInfo):
    __slots__ = ("data",)


class Tree(dict):
    """What tar archives, unpacked one over the other, make: path -> Entry."""

    def lay(self, data):
        with tarfile.open(fileobj=io.BytesIO(data), tarinfo=Entry) as tar:
            members = [(m, tar.extractfile(m).read() if m.isreg() else b"") for m in tar]
        for member, _ in members:
            self.white(os.path.normpath("/" + member.name))
        for member, content in members:
            path = os.path.normpath("/" + member.name)
            if not os.path.basename(path).startswith(".wh."):
                if path in self and self[path].isdir() and not member.isdir():
                    self.remove(path)
                member.data = content
                self[path] = member

    def white(self, path):
        parent, name = os.path.split(path)
        if name == ".wh..wh..opq":
            for below in [p for p in self if p.startswith(parent.rstrip("/") + "/") and p != "/"]:
                self.pop(below)
        elif name.startswith(".wh."):
            self.remove(os.path.join(parent, name[4:]))

    def remove(self, path):
        for below in [p for p in self if p == path or p.startswith(path + "/")]:
            self.pop(below)

    def described(self):
        return {path: self.describe(member) for path, member in self.items() if path != "/"}

    def describe(self, m):
        if m.islnk():
            target = self.get(os.path.normpath("/" + m.linkname))
            # of a layer below that was replaced: it is a file of its own by now
            return "h " + os.path.normpath("/" + m.linkname) if target is not None else "h ?"
        if m.issym():
            return f"l {m.linkname}"
        kind = "d" if m.isdir() else "f" if m.isreg() else "p" if m.isfifo() else "?"
        text = f"{kind} {m.mode & 0o7777:04o} {m.uid}:{m.gid}"
        if m.isreg():
            text += " " + content(m.data)
        for key in sorted(m.pax_headers):
            if key.startswith("SCHILY.xattr."):
                value = m.pax_headers[key].encode("utf-8", "surrogateescape")
                text += f" {key[13:]}={value.hex() if b'capability' in key.encode() else repr(value.decode())}"
        return text


def content(data):
    try:
        if len(data) <= 200:
            return repr(data.decode())
    except UnicodeDecodeError:
        pass
    return "sha256:" + hashlib.sha256(data).hexdigest()[:16]


def of_directory(path, bases):
    """What `push dir:` or `save --format docker-dir` wrote, as a dict; `bases` are base_layers()."""
    def blob(digest):
        for name in (digest[7:], digest, digest[7:] + ".tar"):
            if os.path.exists(os.path.join(path, name)):
                with open(os.path.join(path, name), "rb") as f:
                    return f.read()
        raise AssertionError(f"{digest} is not in {os.listdir(path)}")

    with open(os.path.join(path, "manifest.json"), encoding="utf-8") as f:
        manifest = json.load(f)
    document = json.loads(blob(manifest["config"]["digest"]))
    layers = [blob(d["digest"]) for d in manifest["layers"]]
    layers = [gzip.decompress(d) if d[:2] == b"\x1f\x8b" else d for d in layers]
    return _result(document, layers, bases)


def _result(document, layers, bases):
    n_base = 0
    diff_ids = document["rootfs"].get("diff_ids") or []
    while n_base < len(diff_ids) and diff_ids[n_base] in map(image.digest_of, bases):
        n_base += 1
    before, after = Tree(), Tree()
    for i, data in enumerate(layers):
        after.lay(data)
        if i < n_base:
            before.lay(data)
    if not n_base and "/bin/ash" in after:  # all in one layer
        before.lay(bases[0])
    old, new = before.described(), after.described()
    tree = {p: new.get(p, "gone") for p in sorted(old.keys() | new.keys()) if old.get(p) != new.get(p)}
    # of a directory that is gone it is enough to say that
    tree = {p: d for p, d in tree.items() if d != "gone" or tree.get(os.path.dirname(p)) != "gone"}
    config = {k: v for k, v in document.get("config", {}).items() if k in MEMBERS and v}
    config.get("Labels", {}).pop("io.buildah.version", None)
    if config.get("Labels") == {}:
        del config["Labels"]
    return {"config": shortened(config), "author": document.get("author", ""),
            "history": "".join("e" if h.get("empty_layer") else "l" for h in document.get("history", [])),
            "layers": len(layers) - n_base, "tree": tree}


def shortened(value):
    """The same with long texts as digests."""
    if isinstance(value, dict):
        return {k: shortened(v) for k, v in value.items()}
    if isinstance(value, list):
        return [shortened(v) for v in value]
    return content(value.encode()) if isinstance(value, str) and len(value) > 300 else value


def base_layers(tree):
    """Those of all the bases, lowest first."""
    return image.busybox(tree).add(ADDED).layers


class Recorder:
    """buildah, and what it makes of a case."""

    def __init__(self, buildah, base, tree):
        self.buildah, self.base = buildah, base
        archive = os.path.join(base, "bases.tar")
        for name in write_bases(archive, tree):
            buildah.ok("pull", f"docker-archive:{archive}:{name}")
        self.bases = base_layers(tree)
        self.n = 0

    def build(self, case):
        self.n += 1
        context = case.write(os.path.join(self.base, f"recorded{self.n}"))
        name = f"localhost/made:{self.n}"
        done = self.buildah("build", "--isolation", "chroot", "--format", "docker", "--layers", "--pull-never",
                            "-t", name, *case.arguments(context), context)
        if done.code:
            return {"fails": [line for line in done.stderr.splitlines() if line.strip()][-1].replace(context, "@")}
        pushed = os.path.join(self.base, f"pushed{self.n}")
        self.buildah.ok("push", "--disable-compression", name, f"dir:{pushed}")
        made = of_directory(pushed, self.bases)
        # chroot isolation leaves the places of its mounts behind
        for path in ("/etc/hostname", "/etc/hosts", "/etc/resolv.conf"):
            if made["tree"].get(path) == "f 0755 0:0 ''":
                del made["tree"][path]
        return made
