# SPDX-License-Identifier: Apache-2.0
"""COPY and ADD of a context, of a stage, of an archive that somebody else has shaped: no link of theirs leads to a file of the host, to be
read or to be written. CVE-2024-1753, CVE-2024-9675 and their like.

`outside` fails the test when anything of the host's was made or changed.
"""

import io
import os
import subprocess
import tarfile
import time

import pytest

SECRET = "untouched"  # of outside/victim


def put(path, text=""):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def up(path):
    """The same by a way that begins anywhere."""
    return "../" * 20 + path.lstrip("/")


@pytest.fixture
def context(base, outside):
    top = f"{base}/ctx"
    put(f"{top}/a", "mine")
    os.symlink(outside, f"{top}/abs")
    os.symlink(up(outside), f"{top}/rel")
    os.symlink("/", f"{top}/root")
    os.symlink(f"{outside}/victim", f"{top}/victim")
    os.symlink("/proc/self/root", f"{top}/proc")
    os.symlink("loop", f"{top}/loop")
    os.mkfifo(f"{top}/fifo")
    put(f"{top}/tree/f", "f")
    for name in ("abs", "rel", "root", "victim", "proc", "loop"):
        os.symlink(os.readlink(f"{top}/{name}"), f"{top}/tree/{name}")
    return top


@pytest.fixture
def build(cubby, context, base):
    """build(lines, *options) - what happened; and no file of the image has the secret."""
    def run(lines, *options):
        put(f"{base}/Dockerfile", lines)
        target = f"{base}/image.tar"
        done = cubby("build", "-f", f"{base}/Dockerfile", "-o", f"type=tar,dest={target}", "--no-cache", *options, context,
                     timeout=30)
        if done.code == 0:
            with open(target, "rb") as f:
                assert SECRET.encode() not in f.read(), lines
        return done
    return run


def members(base):
    with tarfile.open(f"{base}/image.tar") as t:
        return {m.name.removeprefix("./"): m for m in t.getmembers()}


@pytest.mark.subids
def test_links_of_the_context(build, base, outside):
    sources = ["abs/victim", "rel/victim", f"root{outside}/victim", "victim", f"proc{outside}/victim", f"root/../../..{outside}/victim",
               "*/victim", "loop", "abs", "rel/", "tree/abs/victim", f"tree/root{outside}/v*", up(outside) + "/victim", outside]
    for source in sources:
        for word in ("COPY", "ADD"):
            done = build(f"FROM scratch\n{word} {source} /x/\n")
            assert done.code == 125 and f"{word} failed" in done.stderr, (source, done)
    # where / is the context's own top they lead somewhere
    assert build("FROM scratch\nCOPY root/a root/tree/root/a proc* /x/\n").code == 125
    assert build("FROM scratch\nCOPY root/a root/tree/root/tree/f /x/\n").code == 0
    assert {"x/a", "x/f"} <= set(members(base))
    # all of it: links stay links, and nobody waits at a fifo
    assert build("FROM scratch\nCOPY . /x/\nADD . /y/\nADD fifo /z\n").code == 0
    seen = members(base)
    assert seen["x/tree/abs"].linkname == outside and seen["y/fifo"].isfifo() and seen["z"].isfifo()


@pytest.mark.subids
def test_links_of_a_stage(build, context, base, outside):
    stage = "FROM scratch AS evil\nCOPY . /\nFROM scratch\n"
    for source in ("/rel/victim", f"/root{outside}/victim", "/tree/*/victim", "/loop", f"/proc{outside}/victim"):
        assert build(f"{stage}COPY --from=evil {source} /x/\n").code == 125, source
    assert build(f"{stage}COPY --from=evil / /x/\nCOPY --from=evil /root/a /x/b\n").code == 0
    # and as the destination, in each of its forms
    make_archive(f"{context}/t.tar", [("t", "t")])
    targets = ("/abs", f"/root{outside}", "/tree/abs/victim", f"/tree/rel{up(outside)}/new")
    lines = ("COPY a {0}/new\nCOPY a tree/f {0}/\nADD t.tar {0}\nCOPY --parents tree/f {0}\nCOPY <<E {0}/n\nx\nE\nWORKDIR {0}/w\n"
             "COPY a w\n")
    stages = "".join(f"FROM evil AS to{i}\n{lines.format(target)}" for i, target in enumerate(targets))
    files = "".join(f"COPY --from=to{i} / /{i}/\n" for i in range(len(targets)))
    done = build(f"FROM scratch AS evil\nCOPY . /\n{stages}FROM scratch\n{files}")
    assert done.code == 0, done
    assert build("FROM scratch\nCOPY . /\nCOPY a /abs/new\nWORKDIR /rel/n/e/w\n").code == 0
    assert outside.lstrip("/") + "/new" in members(base)


def make_archive(path, entries):
    with tarfile.open(path, "w") as t:
        for name, what in entries:
            m = tarfile.TarInfo(name)
            if what.startswith("->"):
                m.type, m.linkname = tarfile.SYMTYPE, what[2:]
            elif what.startswith("="):
                m.type, m.linkname = tarfile.LNKTYPE, what[1:]
            else:
                m.size = len(what)
            t.addfile(m, io.BytesIO(what.encode()) if m.isreg() else None)


@pytest.mark.subids
def test_archives(build, context, outside):
    for entries in ([("d", f"->{outside}"), ("d/victim", "evil")], [("d", f"->{up(outside)}"), ("d/new", "evil")],
                    [(up(outside) + "/new", "evil")], [(outside + "/victim", "evil")], [("h", f"={outside}/victim")],
                    [("h", f"={up(outside)}/victim")], [("d/../../new", "evil")],
                    [("l", f"->{outside}/victim"), ("l", "evil")], [("l", f"->{outside}/victim"), ("h", "=l"), ("h", "evil")]):
        make_archive(f"{context}/evil.tar", entries)
        # in the second the links are there already
        for lines in ("ADD evil.tar /into/", "COPY . /\nADD evil.tar /abs/"):
            build(f"FROM scratch\n{lines}\n")


@pytest.mark.subids
def test_attributes_of_overlays(cubby, build, context):
    """A layer's directories obey no attribute that came with a file."""
    for path in ("tree", "tree/f"):
        for name in ("opaque", "redirect", "metacopy"):
            os.setxattr(f"{context}/{path}", f"user.overlay.{name}", b"/tree")
    assert build("FROM scratch\nCOPY tree /a/tree\nCOPY . /b/\n").code == 0
    found = 0
    for top, dirs, files in os.walk(os.path.join(cubby.data, "layers")):
        for path in [os.path.join(top, n) for n in dirs + files]:
            if not os.path.islink(path) and os.access(path, os.R_OK):
                found += path.endswith("tree/f")
                assert not [n for n in os.listxattr(path) if n.startswith("user.overlay") and "tree" in path], path
    assert found == 2


@pytest.mark.subids
def test_flipping(cubby, build, context, outside):
    """Somebody changes the context while it is copied."""
    script = ('cd "$1"; mkdir -p real; echo bait > real/victim; ln -sfn "$2" link; while :; do ln -sfn "$2" n; mv -T flip n2 2>/dev/null; '
              'mv -T n flip; mv -T flip n; mv -T n2 flip 2>/dev/null || cp -r real flip; done')
    done = 0
    with subprocess.Popen(["sh", "-c", script, "sh", context, outside], stderr=subprocess.DEVNULL) as flipper:
        try:
            end = time.monotonic() + 3
            while time.monotonic() < end:
                for line in ("COPY flip /a/", "COPY flip/victim /b", "COPY . /c/"):
                    done += build(f"FROM scratch\n{line}\n").code == 0
        finally:
            flipper.kill()
    assert done > 0  # `build` has looked at what each made


@pytest.mark.subids
def test_repositories_as_options(build, base):
    """git is given no option by a URL, and no program to run."""
    for url in (f"ssh://-oProxyCommand=touch%20{base}/pwned/x.git", f"git@-oProxyCommand=touch${{IFS}}{base}/pwned:x.git",
                f"https://x/y.git#--upload-pack=touch {base}/pwned", f"git://127.0.0.1:1/x.git#-c{base}/pwned",
                f"ext::sh -c touch% {base}/pwned"):
        done = build(f'FROM scratch\nADD ["{url}", "/x/"]\n')
        assert done.code == 125, done
    assert not os.path.exists(f"{base}/pwned")
