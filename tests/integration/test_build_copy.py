# SPDX-License-Identifier: Apache-2.0
"""build: COPY, ADD and WORKDIR. What is expected of names, owners, modes and times is what buildah 1.28 makes, but where Docker's
documentation says otherwise."""

import contextlib
import functools
import gzip
import hashlib
import http.server
import io
import os
import shutil
import socket
import stat
import subprocess
import tarfile
import threading

import pytest

pytestmark = pytest.mark.subids

OLD = 981173106  # 2001-02-03 04:05:06


def put(path, text="", mode=0o644, mtime=OLD):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)
    os.utime(path, (mtime, mtime))
    return path


class Tree:
    """The files of an image: tree["d/a"] is (kind and mode, uid, gid), tree.text("d/a"), tree.link, tree.mtime."""

    KINDS = {tarfile.REGTYPE: "-", tarfile.DIRTYPE: "d", tarfile.SYMTYPE: "l", tarfile.FIFOTYPE: "p", tarfile.LNKTYPE: "h"}

    def __init__(self, path):
        self.members, self.texts = {}, {}
        with tarfile.open(path) as t:
            for m in t.getmembers():
                name = m.name.removeprefix("./").rstrip("/")
                self.members[name] = m
                if m.isreg() or m.islnk():
                    self.texts[name] = t.extractfile(m).read().decode(errors="replace")

    def __getitem__(self, name):
        m = self.members[name]
        return f"{self.KINDS[m.type]}{m.mode:o}", m.uid, m.gid

    def __contains__(self, name):
        return name in self.members

    def names(self, below=""):
        return sorted(n for n in self.members if n.startswith(below) and n not in ("", "."))

    def text(self, name):
        return self.texts[name]

    def link(self, name):
        return self.members[name].linkname

    def mtime(self, name):
        return int(self.members[name].mtime)


@pytest.fixture
def context(base):
    """Files, links of every kind, a fifo and a socket."""
    top = os.path.join(base, "ctx")
    put(f"{top}/a.txt", "a")
    put(f"{top}/b.txt", "b", 0o600)
    put(f"{top}/dir/x", "x", 0o4755)
    put(f"{top}/dir/sub/y", "y")
    put(f"{top}/dir2/z", "z")
    put(f"{top}/ign/secret", "s")
    put(f"{top}/q.log", "l")
    put(f"{top}/.dockerignore", "ign\n*.log\n")
    os.chmod(f"{top}/dir/sub", 0o750)
    os.chmod(f"{top}/dir", 0o700)
    for name, target in (("la", "a.txt"), ("ld", "dir"), ("lpw", "/etc/passwd"), ("labs", "/dir/x"), ("lsecret", "ign/secret"),
                         ("lup", "../../../etc/passwd"), ("lbroken", "nowhere"), ("dir/lpw", "/etc/passwd")):
        os.symlink(target, f"{top}/{name}")
    os.link(f"{top}/dir/x", f"{top}/dir/hx")
    os.mkfifo(f"{top}/fifo")
    os.utime(f"{top}/dir/sub", (OLD, OLD))
    return top


@pytest.fixture
def build(cubby, context, base):
    """build(lines, *options) - the tree that comes of them, on scratch."""
    def run(lines, *options, stage=""):
        put(f"{base}/Dockerfile", f"{stage}\nFROM scratch\n{lines}\n")
        target = f"{base}/image.tar"
        cubby.ok("build", "-f", f"{base}/Dockerfile", "-o", f"type=tar,dest={target}", *options, context)
        return Tree(target)
    return run


@pytest.fixture
def refused(cubby, context, base):
    """refused(lines) - what it says."""
    def run(lines, *options):
        put(f"{base}/Dockerfile", f"FROM scratch\n{lines}\n")
        return cubby.fails("build", "-q", "-f", f"{base}/Dockerfile", *options, context, code=125)
    return run


def test_destinations(build):
    t = build("COPY dir /d\nCOPY ld /ld\nCOPY la /one\nCOPY labs /labs\nCOPY a.txt b.txt /two\nCOPY a.txt /x/y/z/\n"
              "COPY dir/. /x/y\nCOPY dir2 /x/y/z\nCOPY a.txt /x/y/sub\nWORKDIR /wd/a\nCOPY a.txt b/\nCOPY a.txt c\nCOPY a.txt .\n"
              "COPY a.txt ../up\nCOPY [\"a.txt\", \"/js on/\"]\nCOPY [b].txt dir*/sub /g/\nCOPY /../a.txt /abs\nCOPY fifo /f")
    assert t["d"] == ("d755", 0, 0) and t["d/sub"] == ("d750", 0, 0)
    # setuid bits of the context go; a link at the source's end is followed, those below stay
    assert t["d/hx"] == ("-755", 0, 0) and t["d/x"][0] == "h755" and t.link("d/x").endswith("d/hx")
    assert t.link("d/lpw") == "/etc/passwd" and t.names("ld/") == [n.replace("d/", "ld/", 1) for n in t.names("d/")]
    assert t["one"] == ("-644", 0, 0) and t.text("one") == "a" and t.text("labs") == "x"
    assert t.text("two/a.txt") == "a" and t["two/b.txt"] == ("-600", 0, 0)
    assert t.names("x/y") == ["x/y", "x/y/hx", "x/y/lpw", "x/y/sub", "x/y/sub/a.txt", "x/y/sub/y", "x/y/x", "x/y/z", "x/y/z/a.txt",
                              "x/y/z/z"]
    assert t.names("wd") == ["wd", "wd/a", "wd/a/a.txt", "wd/a/b", "wd/a/b/a.txt", "wd/a/c", "wd/up"]
    assert t.text("js on/a.txt") == "a" and t.names("g/") == ["g/b.txt", "g/y"] and t.text("abs") == "a"
    assert t["f"][0].startswith("p")
    # times are the files' own
    assert t.mtime("one") == OLD == t.mtime("d/sub/y") == t.mtime("d/sub") and t.mtime("d") != OLD


def test_whole_context(build, context):
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as s:
        s.bind(os.path.join(context, "sock"))
        t = build("COPY . /")
    assert "ign" not in t and "q.log" not in t and "sock" not in t and ".dockerignore" in t
    assert t.link("lup") == "../../../etc/passwd" and t.link("labs") == "/dir/x" and t["fifo"][0].startswith("p")
    # what is taken back brings its directory
    put(f"{context}/.dockerignore", "ign\n!ign/secret\n*.log\n")
    put(f"{context}/ign/other")
    assert build("COPY . /").names("ign") == ["ign", "ign/secret"]


def test_owners_and_modes(build, context):
    put(f"{context}/etc/passwd", "root:x:0:0:::\nfoo:x:1000:100:::\n")
    put(f"{context}/etc/group", "root:x:0:\nusers:x:100:\nwheel:x:10:foo\n")
    t = build("ARG who=foo\nCOPY etc /etc\nCOPY --chown=$who a.txt /p/q/foo\nCOPY --chown=55 a.txt /55\nCOPY --chown=1000:wheel a.txt /w\n"
              "COPY --chown=:wheel a.txt /g\nCOPY --chown=7:8 --chmod=4711 dir /d/\nCOPY --chmod=u=rwX,go=rX b.txt dir /s/\n"
              "COPY --chown=3:4 --chmod=770 dir /d/")
    assert t["p"] == t["p/q"] == ("d755", 1000, 100) and t["p/q/foo"] == ("-644", 1000, 100)
    assert t["55"][1:] == (55, 55) and t["w"][1:] == (1000, 10) and t["g"][1:] == (0, 10)
    # a directory that was there stays; those below it are the newer ones
    assert t["d"] == ("d755", 7, 8) and t["d/sub"] == ("d770", 3, 4) and t["d/hx"] == ("-770", 3, 4) and t["d/lpw"][1:] == (3, 4)
    assert t["s/b.txt"][0] == "-644" and t["s/sub"][0] == "d755" and t["s/hx"][0] == "-755"


def test_conflicts(build, refused, context):
    """What is there and what comes are of different kinds."""
    put(f"{context}/base/usr/lib/old")
    os.symlink("usr/lib", f"{context}/base/lib")
    put(f"{context}/more/lib/f", "f")
    put(f"{context}/file/lib/f/g", "g")
    t = build("COPY base /\nCOPY a.txt /lib/\nCOPY b.txt /lib/n\nCOPY more /b/\nCOPY file /b/\nCOPY base /c/\nCOPY more /c/")
    # a link to a directory in the destination is followed, one in the way of a directory is replaced
    assert t.names("usr/lib/") == ["usr/lib/a.txt", "usr/lib/n", "usr/lib/old"] and t.link("lib") == "usr/lib"
    assert t.text("b/lib/f/g") == "g" and t["c/lib"][0].startswith("d") and t.text("c/lib/f") == "f"
    for lines in ("COPY a.txt /x\nCOPY b.txt /x/", "COPY dir /d/\nCOPY dir2 /d/x"):
        assert "already exists but is not a directory" in refused(lines)
    # the destination's own end is a link: a file replaces it
    t = build("COPY . /c/\nCOPY b.txt /c/la\nCOPY dir2 /c/lup/")
    assert t["c/la"][0] == "-600" and t.names("etc") == ["etc", "etc/passwd", "etc/passwd/z"]


def test_stages(build):
    stage = "FROM scratch AS one\nCOPY --chown=5:6 dir /d\nCOPY --chown=9:9 --chmod=4755 a.txt /s\nCOPY . /all\nFROM scratch AS two"
    t = build("COPY --from=one /d /dd\nCOPY --from=0 d/sub/y /y\nCOPY --from=one --chown=1:2 /s /s2\nCOPY --from=one s /\n"
              "COPY --from=one d /a/b/\nCOPY --from=one /all/la /all/d* /g/", stage=stage)
    # owners and setuid bits of a stage stay
    assert t["dd"] == ("d755", 0, 0) and t["dd/sub"] == ("d750", 5, 6) and t["y"] == ("-644", 5, 6)
    assert t["s2"] == ("-4755", 1, 2) and t["s"] == ("-4755", 9, 9) and t["a/b/hx"][1:] == (5, 6)
    assert t.text("g/la") == "a" and {"g/z", "g/sub/y", "g/hx"} <= set(t.names())


def test_parents_and_excludes(build):
    t = build("COPY --parents dir/sub/y ld/x dir2 /p/\nCOPY --parents ./dir/./sub/y /v/\nCOPY --parents **/y /w/\n"
              "COPY --exclude=sub --exclude=l* dir /e/\nCOPY --exclude=*.txt --exclude=dir/x . /f/\nCOPY --exclude=b* *.txt /g/")
    assert t.names("p/") == ["p/dir", "p/dir/sub", "p/dir/sub/y", "p/dir2", "p/dir2/z", "p/ld", "p/ld/x"]
    assert t["p/dir"][0] == "d700" and t["p/dir/sub"][0] == "d750" and t.names("v/") == ["v/sub", "v/sub/y"]
    assert t.names("w/") == ["w/dir", "w/dir/sub", "w/dir/sub/y"] and t.names("e/") == ["e/hx", "e/x"]
    assert "f/a.txt" not in t and "f/dir/x" not in t and "f/dir/hx" in t and t.names("g/") == ["g/a.txt"]


def test_link_is_independent(build, context):
    """Of --link the layer is the same whatever is below."""
    os.makedirs(f"{context}/lay/real")
    os.symlink("real", f"{context}/lay/to")
    t = build("COPY lay /\nCOPY a.txt /to/\nCOPY --link b.txt /to/n/\nCOPY --link --chown=1:2 dir /deep/er/")
    assert t["to"][0] == "d755" and t.text("to/n/b.txt") == "b" and t.text("real/a.txt") == "a"
    assert t["deep"] == ("d755", 1, 2) and t["deep/er/hx"] == ("-755", 1, 2)


def test_heredocs(build):
    t = build("ARG v=1\nCOPY <<A <<\"B\" /x/\nhello $v\nA\nho $v\nB\nCOPY --chmod=755 --chown=1:2 <<-STOP /run.sh\n\t#!/bin/sh\n\tSTOP\n"
              "COPY <<E a.txt /y/\ne\nE")
    assert (t.text("x/A"), t.text("x/B")) == ("hello 1\n", "ho $v\n") and t["x/A"] == ("-644", 0, 0)
    assert t["run.sh"] == ("-755", 1, 2) and t.text("run.sh") == "#!/bin/sh\n" and t.names("y/") == ["y/E", "y/a.txt"]


def make_tar(path, mode):
    with tarfile.open(path, mode) as t:
        for name, kind, more in (("d/", tarfile.DIRTYPE, {"mode": 0o711}), ("d/f", tarfile.REGTYPE, {"mode": 0o4755, "uid": 77, "gid": 88}),
                                 ("d/l", tarfile.SYMTYPE, {"linkname": "f"})):
            m = tarfile.TarInfo(name)
            m.type, m.mtime = kind, OLD
            for key, value in more.items():
                setattr(m, key, value)
            m.size = 1 if kind == tarfile.REGTYPE else 0
            t.addfile(m, io.BytesIO(b"f"))


def test_archives(build, context):
    for name, mode in (("t.tar", "w"), ("t.tgz", "w:gz"), ("t.bz2", "w:bz2"), ("t.x", "w:xz")):
        make_tar(f"{context}/{name}", mode)
    if shutil.which("zstd"):
        subprocess.run(["zstd", "-q", f"{context}/t.tar", "-o", f"{context}/t.zst"], check=True)
    with gzip.open(f"{context}/plain.gz", "wb") as f:
        f.write(b"hello" * 500)
    with open(f"{context}/cut.tgz", "wb") as f:
        f.write(b"\x1f\x8b\x08damaged")
    os.symlink("t.tgz", f"{context}/link")
    names = [n for n in ("t.tar", "t.tgz", "t.bz2", "t.x", "t.zst", "link") if os.path.lexists(f"{context}/{n}")]
    lines = [f"ADD {n} /{n}" for n in names]
    t = build("\n".join([*lines, "ADD --chown=5:6 t.tgz /o/", "ADD plain.gz cut.tgz a.txt /p/", "ADD --unpack=false t.tgz /n/",
                         "COPY t.tgz /c/", "ADD dir /dir/"]).replace("ADD link /link", "ADD link /link/"),
              "--ignorefile=/dev/null")
    for name in [*names, "o"]:
        assert t[f"{name}/d"] == ("d711", 0, 0) and t[f"{name}/d/f"] == ("-4755", 77, 88), name
        assert t.link(f"{name}/d/l") == "f" and t.mtime(f"{name}/d/f") == OLD
    assert t["o"] == ("d755", 5, 6) and t.names("p/") == ["p/a.txt", "p/cut.tgz", "p/plain.gz"]
    assert t.names("n/") == ["n/t.tgz"] and t.names("c/") == ["c/t.tgz"] and "dir/hx" in t


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.asked.append(self.headers["If-Modified-Since"])
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/t.tgz")
            self.end_headers()
            return
        if self.path.startswith("/named/"):
            self.send_response(200)
            name = self.path.partition("?")[2]
            self.send_header("Content-Disposition", f'attachment; filename="{name}"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()


@contextlib.contextmanager
def served(directory):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=directory)) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", server.asked
        finally:
            server.shutdown()


def test_urls(build, refused, cubby, base):
    make_tar(f"{base}/srv.tgz", "w:gz")
    put(f"{base}/srv/file.txt", "text")
    os.rename(f"{base}/srv.tgz", f"{base}/srv/t.tgz")
    os.utime(f"{base}/srv/t.tgz", (OLD, OLD))
    right = "sha256:" + hashlib.sha256(b"text").hexdigest()
    with served(f"{base}/srv") as (url, asked):
        t = build(f"ADD {url}/file.txt /f\nADD --chmod=644 --chown=3:4 {url}/file.txt?x=1 {url}/t.tgz /d/\nADD --unpack {url}/t.tgz /u/\n"
                  f"ADD {url}/moved/name /m/\nADD --checksum={right} {url}/file.txt /c/")
        assert t["f"] == ("-600", 0, 0) and t.mtime("f") == OLD and t.text("f") == "text"
        assert t["d/file.txt"] == ("-644", 3, 4) and t.names("d/") == ["d/file.txt", "d/t.tgz"] and t.names("m/") == ["m/name"]
        assert t["u/d/f"] == ("-4755", 77, 88)
        # what has a checksum is not asked for again, the rest is, and nothing of it is built again
        del asked[:]
        again = cubby("build", "-f", f"{base}/Dockerfile", f"{base}/ctx")
        assert again.code == 0 and again.stderr.count("Using cache") == 5 and len(asked) == 6, (again, asked)
        assert None not in asked
        put(f"{base}/srv/file.txt", "news", mtime=OLD + 9)
        t = build(f"ADD {url}/file.txt /f")
        assert t.text("f") == "news"
        said = refused(f"ADD --checksum={right} {url}/file.txt /d/")
        assert right in said and "sha256:" + hashlib.sha256(b"news").hexdigest() in said
        assert build(f"COPY dir /n/\nADD {url}/named/?x.y {url}/named/?../../z /n/").names("n/")[-2:] == ["n/x.y", "n/z"]
        assert "names no file" in refused(f"COPY dir /n/\nADD {url}/named/?.. /n/")
        assert "404 not found" in refused(f"ADD {url}/nothing /d/")
        assert "names no file" in refused(f"ADD {url}/ /d/")
    assert "ADD failed" in refused(f"ADD {url}/file.txt /d/", "--retry=0")


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_git(build, base, environment):
    repository = f"{base}/repo"
    put(f"{repository}/top", "1")
    put(f"{repository}/sub/s", "s", 0o755)

    def git(*args):
        subprocess.run(["git", "-C", repository, "-c", "user.name=x", "-c", "user.email=x@y", *args], check=True,
                       env=environment, stdout=subprocess.DEVNULL)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    git("tag", "v1")
    put(f"{repository}/top", "2", mtime=OLD + 9)
    git("commit", "-q", "-a", "-m", "two")
    git("clone", "-q", "--bare", repository, f"{base}/bare.git")
    git("-C", f"{base}/bare.git", "update-server-info")
    with served(base) as (url, _):
        t = build(f"ADD {url}/bare.git /head\nADD {url}/bare.git#v1 /v1/\nADD {url}/bare.git#v1:sub /sub\n"
                  f"ADD --keep-git-dir --chown=1:2 {url}/bare.git#main /kept")
    assert (t.text("head/top"), t.text("v1/top")) == ("2", "1") and t.names("sub") == ["sub", "sub/s"]
    assert t["sub/s"][0] == "-755" and ".git" not in " ".join(t.names("v1")) and t["kept/top"][1:] == (1, 2)
    assert "kept/.git/HEAD" in t


def test_cache(cubby, context, base):
    """Content counts, not times; and nothing that is ignored."""
    put(f"{base}/Dockerfile", "FROM scratch\nARG n=dir\nCOPY $n /d\nCOPY . /all\n")

    def cached(*options):
        done = cubby("build", "-f", f"{base}/Dockerfile", *options, context)
        assert done.code == 0, done
        return done.stderr.count("Using cache")
    assert cached() == 0 and cached() == 2
    os.utime(f"{context}/dir/x")
    put(f"{context}/ign/secret", "other")
    assert cached() == 2
    put(f"{context}/b.txt", "B", 0o600)
    assert cached() == 1
    os.chmod(f"{context}/dir/sub/y", 0o755)
    assert cached() == 0
    assert cached("--build-arg", "n=dir2") == 0


def test_changed_meanwhile(cubby, context, base):
    """What was copied while it was being changed is not taken for what the key says."""
    put(f"{base}/Dockerfile", "FROM scratch\nCOPY . /\n")
    with subprocess.Popen(["sh", "-c", f"while :; do echo x >> {context}/log; done"]) as writer:
        try:
            done = cubby("build", "-f", f"{base}/Dockerfile", context)
            assert done.code == 0 and "changed while they were copied" in done.stderr, done
        finally:
            writer.kill()
    done = cubby("build", "-f", f"{base}/Dockerfile", context)
    assert done.code == 0 and "Using cache" not in done.stderr, done
    for option, cached in (("--layers=false", False), ("--layers=false", True), ("--squash", True)):
        done = cubby("build", "-f", f"{base}/Dockerfile", option, context)
        assert done.code == 0 and "changed while" not in done.stderr and ("Using cache" in done.stderr) == cached, (option, done)


def test_one_layer(build, context):
    """All steps in one draft make the same files as a layer each."""
    put(f"{context}/base/usr/lib/old")
    os.symlink("usr/lib", f"{context}/base/lib")
    put(f"{context}/more/lib/f", "f")
    lines = ("COPY base /\nCOPY a.txt /lib/\nCOPY more /b/\nCOPY --chown=3:4 dir /b/lib/\nWORKDIR /b/w\nCOPY . n/\nCOPY more /\n"
             "COPY --link b.txt /b/x/\nCOPY <<E /b/lib/f\ne\nE\n")
    seen = [build(lines, option) for option in ("--layers", "--layers=false", "--squash")]
    for t in seen[1:]:
        assert [(n, t[n]) for n in t.names()] == [(n, seen[0][n]) for n in seen[0].names()]
        assert t.texts == seen[0].texts


def test_errors(refused, context):
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as s:
        s.bind(os.path.join(context, "sock"))
        for line, *words in (
                ("COPY diir /x", "COPY failed: there is no diir in", "no such file", "There is dir"),
                ("COPY dir/subb/y /x", "There is dir/sub"),
                ("COPY ign/secret /x", ".dockerignore leaves ign/secret out", "!ign/secret"),
                ("COPY lsecret /x", ".dockerignore leaves"),
                ("COPY *.log /x/", ".dockerignore leaves out"),
                ("COPY nope* /x/", "nothing in", "matches nope*"),
                ("COPY lpw /x", "lpw is a link to /etc/passwd, which is not there"),
                ("COPY lup /x", "lup is a link to ../../../etc/passwd"),
                ("COPY ../../../etc/passwd /x", "there is no etc/passwd"),
                ("COPY lbroken /x", "a link to nowhere"),
                ("COPY sock /x", "is a socket"),
                ("COPY *.txt /x", "is 2 files", "/x/"),
                ("COPY --chown=nobody a.txt /x", "unable to find user nobody", "--chown=1000:1000"),
                ("COPY --chown=4000000000 a.txt /x", "subordinate ids" if os.geteuid() else ""),
                ("COPY --chmod=rwx a.txt /x", "--chmod=rwx: no mode"),
                ("COPY --from=nostage /a /x", "nostage"),
                ("COPY <<.. /x/\ne\n..", "is no name of a file"),
                ("COPY $nothing /x", "it is empty")):
            if not words[0]:
                continue
            said = refused(line)
            assert "Dockerfile:2:" in said and all(w in said for w in words), (line, said)


def test_what_may_not_be_read(refused, build, context, user):
    put(f"{context}/private/key", "k")
    put(f"{context}/.wh.a", "")
    os.chmod(f"{context}/private", 0)
    try:
        if not user.is_root:
            said = refused("COPY . /", "--ignorefile=/dev/null")
            assert "permission denied" in said and "a line private in" in said
        said = refused("COPY .wh.a /")
        assert "Dockerfile:2:" in said and "copy .wh.a of" in said and "--exclude" in said
        put(f"{context}/.dockerignore", "private\n.wh.*\n")
        assert "private" not in build("COPY . /")
    finally:
        os.chmod(f"{context}/private", 0o755)


def test_attributes(build, context, base, cubby):
    """Extended attributes and holes."""
    os.setxattr(f"{context}/a.txt", "user.note", b"n")
    with open(f"{context}/sparse", "wb") as f:
        f.write(b"begin")
        f.truncate(64 << 20)
    t = build("COPY a.txt sparse /\nCOPY . /again/")
    assert t.members["a.txt"].pax_headers.get("SCHILY.xattr.user.note") == "n"
    assert t.members["sparse"].size == 64 << 20
    layers = [os.path.join(cubby.data, "layers", n) for n in os.listdir(os.path.join(cubby.data, "layers"))]
    found = [p for d in layers for p in (f"{d}/sparse", f"{d}/again/sparse") if os.path.exists(p)]
    assert len(found) == 2 and all(os.stat(p).st_blocks < 2048 for p in found)
    assert stat.S_ISREG(os.stat(found[0]).st_mode)
