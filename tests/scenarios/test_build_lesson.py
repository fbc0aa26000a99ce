# SPDX-License-Identifier: Apache-2.0
"""An image of one's own: a program that is nobody's root, and one that is compiled in a stage and shipped without it."""

import os

import pytest

from support import process
from support.daemons import write

# an ordinary user's story; what root's containers may not do is in test_lesson.py
pytestmark = [pytest.mark.subids, pytest.mark.rootless, pytest.mark.slow]

NONROOT = """\
FROM localhost/debian:1
RUN useradd -u 6667 nonroot
USER nonroot
"""

HELLO = """\
FROM localhost/debian:1 AS build
RUN --mount=type=bind,from=debs,target=/debs \\
    echo "deb [trusted=yes] file:/debs ./" >/etc/apt/sources.list && \\
    rm -rf /etc/apt/sources.list.d && \\
    apt-get -qq update && \\
    apt-get -qq -o Dpkg::Options::=--force-unsafe-io -y install gcc libc6-dev
WORKDIR /src
COPY *.c *.h .
RUN gcc -O2 -Wall -static -s -o /hello *.c

FROM scratch
COPY --from=build /hello /hello
USER 6667
ENTRYPOINT ["/hello"]
CMD ["world"]
"""


@pytest.fixture
def debian(cubby, debian_archive):
    cubby.ok("import", "-q", debian_archive, "localhost/debian:1")
    return cubby


def nobody_s_root(debian, user, base):
    write(os.path.join(base, "nonroot", "Dockerfile"), NONROOT)
    built = debian.ok("build", "-q", "-t", "registry.example/nonroot:v1", "nonroot").strip()
    assert built == debian.inspect("registry.example/nonroot:v1")["Id"]

    etc = os.path.join(base, "etc")
    write(os.path.join(etc, "shadow"), "root:*:19000:0:99999:7:::\n")
    debian.ok("run", "-d", "--name", "web", "-v", f"{etc}:/mnt", "registry.example/nonroot:v1", "sleep", "1000")
    said = debian.ok("exec", "web", "ps", "-o", "user=,args=", "-p", "1")
    assert said.split() == ["nonroot", "sleep", "1000"]
    pid = debian.pid("web")
    outside = process.host_ids(pid)[0]
    assert outside == user.subuid[0] + 6667 - 1  # the user's own id is root's inside

    done = debian("exec", "web", "sh", "-c", "echo evil >>/mnt/shadow; echo evil >/mnt/new; echo evil >>/etc/shadow")
    assert done.code != 0 and done.stderr.count("Permission denied") == 3, done
    assert os.listdir(etc) == ["shadow"]
    with open(os.path.join(etc, "shadow"), encoding="utf-8") as f:
        assert "evil" not in f.read()


def compiled_and_shipped(debian, debian_packages, base):
    """gcc is installed by apt, the program compiled, and there is an image of one file that runs."""
    write(os.path.join(base, "hello", "main.c"), '#include <stdio.h>\n#include <unistd.h>\n#include "greet.h"\n'
          'int main(int argc, char **argv)\n{\n\tgreet(argc > 1 ? argv[1] : "nobody");\n'
          '\tprintf("uid %d\\n", (int)getuid());\n\treturn 0;\n}\n')
    write(os.path.join(base, "hello", "greet.c"), '#include <stdio.h>\n#include "greet.h"\n'
          'void greet(const char *whom)\n{\n\tprintf("hello %s\\n", whom);\n}\n')
    write(os.path.join(base, "hello", "greet.h"), "void greet(const char *whom);\n")
    write(os.path.join(base, "hello", "Dockerfile"), HELLO)
    build = ["build", "--network=none", "--build-context", f"debs={debian_packages}", "-t", "hello", "hello"]
    debian.ok(*build, timeout=150)
    assert debian.ok("run", "--rm", "hello").splitlines() == ["hello world", "uid 6667"]
    assert debian.ok("run", "--rm", "hello", "you").splitlines()[0] == "hello you"
    image = debian.json("image", "inspect", "hello")[0]
    assert image["Size"] < 10_000_000 and len(image["RootFS"]["Layers"]) == 1

    # again: nothing is done; a source file changed: nothing is installed
    again = debian(*build, check=True)
    assert again.stdout == image["Id"] + "\n" and again.stderr.count("Using cache") == 5, again
    write(os.path.join(base, "hello", "greet.c"), '#include <stdio.h>\n#include "greet.h"\n'
          'void greet(const char *whom)\n{\n\tprintf("good morning %s\\n", whom);\n}\n')
    again = debian(*build, check=True)
    assert again.stderr.count("Using cache") == 2, again
    assert debian.ok("run", "--rm", "hello").splitlines()[0] == "good morning world"

    # a mistake in it is told with the compiler's words, and the place in the Dockerfile
    write(os.path.join(base, "hello", "greet.h"), "void greet(const char *whom)\n")
    done = debian(*build)
    assert done.code != 0 and "error: expected" in done.stdout + done.stderr, done
    assert "Dockerfile:9" in done.stderr and "exit status 1" in done.stderr, done
    assert debian.names() == []


def test_images_of_one_s_own(debian, user, debian_packages, base):
    nobody_s_root(debian, user, base)
    debian.ok("rm", "-f", "-t", "0", "web")
    compiled_and_shipped(debian, debian_packages, base)
