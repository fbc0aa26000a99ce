# SPDX-License-Identifier: Apache-2.0
"""build: where the files come from, which Dockerfile, what is ignored."""

import contextlib
import functools
import http.server
import io
import os
import signal
import subprocess
import tarfile
import threading

import pytest

SHOW = "FROM scratch\nCOPY . /c/\n"


def write(path, text=""):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def tar(files, mode="w"):
    """A tar as text for stdin (one character a byte)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as t:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            if content.startswith("->"):
                member.type, member.linkname = tarfile.SYMTYPE, content[2:]
                t.addfile(member)
                continue
            member.size, member.uid = len(content), 1234
            t.addfile(member, io.BytesIO(content.encode()))
    return out.getvalue()


@pytest.fixture
def files(cubby, base):
    """files("build", ...) - the paths in the image that was built, sorted."""
    def build(*args, data=None, **more):
        target = os.path.join(base, "image.tar")
        if data is not None:
            path = os.path.join(base, "stdin")
            with open(path, "wb") as f:
                f.write(data)
            with open(path, "rb") as f:
                cubby.ok("build", "-o", f"type=tar,dest={target}", *args, stdin=f, **more)
        else:
            cubby.ok("build", "-o", f"type=tar,dest={target}", *args, **more)
        with tarfile.open(target) as t:
            return sorted(m.name.removeprefix("./") for m in t.getmembers() if not m.isdir())
    return build


@contextlib.contextmanager
def served(directory):
    """An HTTP server's URL for a directory."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=directory))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def contexts(cubby):
    path = os.path.join(cubby.data, "contexts")
    return os.listdir(path) if os.path.isdir(path) else []


def test_directories(cubby, files, base):
    write(f"{base}/one/Dockerfile", SHOW)
    write(f"{base}/one/a", "a")
    assert files(f"{base}/one") == ["c/Dockerfile", "c/a"]
    assert files(cwd=f"{base}/one") == ["c/Dockerfile", "c/a"]
    assert files("-f", f"{base}/one/Dockerfile", cwd="/") == ["c/Dockerfile", "c/a"]
    write(f"{base}/one/Containerfile", "FROM scratch\nCOPY a /from-containerfile\n")
    assert files(f"{base}/one") == ["from-containerfile"]
    # where one is goes before the context
    write(f"{base}/one/sub/X", "FROM scratch\nCOPY a /in-context\n")
    assert files("-f", "sub/X", "one", cwd=base) == ["in-context"]
    write(f"{base}/sub/X", "FROM scratch\nCOPY a /where-one-is\n")
    assert files("-f", "sub/X", "one", cwd=base) == ["where-one-is"]
    assert files("-f", "sub/X", "-f", f"{base}/one/Dockerfile", "one", cwd=base) == [
        "c/Containerfile", "c/Dockerfile", "c/a", "c/sub/X"]
    with open(f"{base}/sub/X", encoding="utf-8") as f:
        assert files("-f", "-", "one", cwd=base, stdin=f) == ["where-one-is"]
    assert contexts(cubby) == []


def test_missing_things(cubby, base):
    os.mkdir(f"{base}/empty")
    assert "context must be a directory: \"/nosuch\"" in cubby.fails("build", "/nosuch", code=125)
    assert "no Containerfile or Dockerfile specified or found" in cubby.fails("build", f"{base}/empty", code=125)
    assert "no such file or directory" in cubby.fails("build", "-f", "nosuch", f"{base}/empty", code=125)
    said = cubby.fails("build", "-f", write(f"{base}/first", "FROM scratch"), "-f", write(f"{base}/second", "LABEL a=b\nRNU x\n"),
                       f"{base}/empty", code=125)
    assert f"{base}/first+{base}/second:3:1: unknown instruction" in said, said
    assert "no such file or directory" in cubby.fails("build", "--ignorefile", "nosuch", "-f",
                                                      write(f"{base}/D", SHOW), f"{base}/empty", code=125)
    said = cubby.fails("build", write(f"{base}/file", SHOW), code=125)
    assert "context must be a directory" in said and "-f" in said
    said = cubby.fails("build", "-f", write(f"{base}/D.in", SHOW), base, code=125)
    assert "C preprocessor" in said and "cpp -E" in said
    assert "it is empty" in cubby.fails("build", "-", code=125)
    assert "can't use stdin for both" in cubby.fails("build", "-f", "-", "-", input="FROM scratch\n", code=125)


def test_stdin(cubby, files, base):
    some = {"Dockerfile": SHOW, "a": "a", "d/b": "b"}
    want = ["c/Dockerfile", "c/a", "c/d/b"]
    for mode in ("w", "w:gz", "w:xz"):
        assert files("-", data=tar(some, mode)) == want
    assert files("-f", "d/b", "-", data=tar({**some, "d/b": "FROM scratch\nCOPY a /x\n"})) == ["x"]
    assert files("-", data=b"FROM scratch\nCOPY <<E /here\nE\n") == ["here"]
    assert "there is no build context" in cubby.fails("build", "-", input="FROM scratch\nCOPY a /\n", code=125)
    # of a killed build, and of ours
    for command in (lambda: files("-", data=tar(some)), lambda: cubby.ok("builder", "prune", "-f") and want):
        write(f"{cubby.data}/contexts/0badcafe/x", "left")
        assert command() == want
        assert contexts(cubby) == []


def test_hostile_tars(cubby, base):
    secret = write(f"{base}/secret", "FROM secret-word\n")
    for some in ({"Dockerfile": "->" + secret}, {"Dockerfile": "->../../../../../.." + secret},
                 {"d": "->" + base, "Dockerfile": "->d/secret"}):
        with open(f"{base}/in", "wb") as f:
            f.write(tar(some))
        with open(f"{base}/in", "rb") as f:
            done = cubby("build", "-", stdin=f)
        assert done.code == 125 and "secret-word" not in done.stderr + done.stdout
    with open(f"{base}/in", "wb") as f:
        f.write(tar({"../escaped": "x", "Dockerfile": SHOW}))
    with open(f"{base}/in", "rb") as f:
        assert cubby("build", "-", stdin=f).code == 125
    with open(f"{base}/in", "wb") as f:
        f.write(tar({"etc": "->/etc", "Dockerfile": "FROM scratch\nCOPY etc/passwd /p\n"}))
    with open(f"{base}/in", "rb") as f:
        assert cubby("build", "-", stdin=f).code == 125
    assert contexts(cubby) == []


def test_ignored(files, base):
    for name in ("a", "b", "c", "d"):
        write(f"{base}/x/{name}")
    write(f"{base}/x/D", "FROM scratch\nCOPY [abcd] /\n")

    def seen(*options):
        return "".join(files("-f", f"{base}/x/D", *options, f"{base}/x"))
    assert seen() == "abcd"
    write(f"{base}/x/.dockerignore", "a\n")
    assert seen() == "bcd"
    write(f"{base}/x/.containerignore", "b\n")
    assert seen() == "acd"
    write(f"{base}/x/D.dockerignore", "c\n")
    assert seen() == "abd"
    write(f"{base}/x/D.containerignore", "d\n")
    assert seen() == "abc"
    assert seen("--ignorefile", write(f"{base}/other", "*\n!a\n")) == "a"


def test_urls(cubby, files, base):
    write(f"{base}/www/Dockerfile", "FROM scratch\nCOPY <<E /from-url\nE\n")
    with open(f"{base}/www/context.tar.gz", "wb") as f:
        f.write(tar({"Dockerfile": SHOW, "a": "a"}, "w:gz"))
    write(f"{base}/here/a")
    write(f"{base}/www/Other", "FROM scratch\nCOPY a /other\n")
    with served(f"{base}/www") as url:
        assert files(f"{url}/Dockerfile") == ["from-url"]
        assert files(f"{url}/context.tar.gz") == ["c/Dockerfile", "c/a"]
        assert files("-f", f"{url}/Other", f"{base}/here") == ["other"]
        assert "404" in cubby.fails("build", f"{url}/nosuch", code=125)
    assert contexts(cubby) == []


def test_named_contexts(cubby, files, base):
    write(f"{base}/x/Dockerfile", "FROM scratch\nCOPY --from=more . /c/\n")
    write(f"{base}/more/a")
    write(f"{base}/y/Dockerfile", "FROM base\nCOPY a /b\n")
    write(f"{base}/y/a", "of the base")
    os.mkdir(f"{base}/www")
    with open(f"{base}/www/more.tar", "wb") as f:
        f.write(tar({"b": "b"}))
    assert files("--build-context", f"more={base}/more", f"{base}/x") == ["c/a"]
    assert files("--build-context", "more=more", "x") == ["c/a"]
    with served(f"{base}/www") as url:
        assert files("--build-context", f"more={url}/more.tar", f"{base}/x") == ["c/b"]
    assert contexts(cubby) == []
    cubby.ok("build", "-t", "made:1", "-o", f"type=oci,dest={base}/layout,tar=false", "--build-context",
             f"more={base}/more", f"{base}/x")
    for place in ("docker-image://localhost/made:1", "container-image://made:1", f"oci-layout://{base}/layout"):
        assert files("--build-context", f"base={place}", f"{base}/y") == ["b", "c/a"]
    for place, phrase in (("more", "expected NAME=PLACE"), ("more=/nosuch", "context must be a directory"),
                          ("=/x", "expected NAME=PLACE")):
        assert phrase in cubby.fails("build", "--build-context", place, f"{base}/x", code=125)


@pytest.mark.subids
@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(cubby, base, pristine_root, sig):
    with open(f"{base}/in", "wb") as f:
        f.write(tar({"Dockerfile": "FROM scratch\nCOPY sh /bin/sh\nRUN echo begun; while :; do :; done\n"}))
    with tarfile.open(f"{base}/in", "a") as t:
        t.add(f"{pristine_root}/bin/busybox", "sh")
    with open(f"{base}/in", "rb") as f:
        child = cubby.start("build", "-", stdin=f)
    while "begun" not in (line := child.stderr.readline()) or "echo" in line:
        assert line, "it ended"
    assert len(contexts(cubby)) == 1
    child.send_signal(sig)
    assert child.wait() == -sig
    assert "interrupted" in child.stderr.read() and contexts(cubby) == []
    child.stdout.close()
    child.stderr.close()


def git(directory, *words):
    env = {"PATH": os.environ["PATH"], "HOME": directory, "GIT_CONFIG_GLOBAL": "/dev/null"}
    for who in ("AUTHOR", "COMMITTER"):
        env[f"GIT_{who}_NAME"] = env[f"GIT_{who}_EMAIL"] = "carol"
    return subprocess.run(["git", *words], cwd=directory, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_git(cubby, files, base):
    work = f"{base}/work"
    write(f"{work}/Dockerfile", SHOW)
    git(work, "init", "-q", "-b", "main")
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "one")
    first = git(work, "rev-parse", "HEAD").strip()
    write(f"{work}/sub/Dockerfile", SHOW)
    os.symlink("/etc", f"{work}/out")
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "two")
    git(work, "tag", "v2")
    git(work, "branch", "topic", first)
    os.mkdir(f"{base}/www")
    git(base, "clone", "-q", "--bare", work, f"{base}/www/x.git")
    git(f"{base}/www/x.git", "update-server-info")
    with served(f"{base}/www") as url:
        url += "/x.git"
        assert files(url) == ["c/Dockerfile", "c/out", "c/sub/Dockerfile"]
        assert files(f"{url}#v2:sub") == ["c/Dockerfile"]
        for ref in (first, "topic"):
            assert files(f"{url}#{ref}") == ["c/Dockerfile"]
        # in a hook of another repository
        before = git(work, "status", "--porcelain"), git(work, "rev-parse", "HEAD")
        assert files(f"{url}#topic", env={"GIT_DIR": f"{work}/.git", "GIT_WORK_TREE": work}) == ["c/Dockerfile"]
        assert (git(work, "status", "--porcelain"), git(work, "rev-parse", "HEAD")) == before
        assert "git: " in cubby.fails("build", f"{url}#nosuch", code=125)
        assert cubby("build", f"{url}#main:out").code == 125
    assert contexts(cubby) == []
