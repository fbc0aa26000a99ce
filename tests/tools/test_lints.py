# SPDX-License-Identifier: Apache-2.0
"""The project's own lints find what they are there to find, and let pass what they should."""

import importlib.machinery
import importlib.util
import os
import sys

import pytest

TOOLS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "tools")
if not os.path.isdir(TOOLS):
    pytest.skip("the tools are not here, only a copy of the tests", allow_module_level=True)
sys.path.insert(0, TOOLS)
sys.dont_write_bytecode = True


def load(name):
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), os.path.join(TOOLS, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


csource = load("csource.py")
layers = load("lint-layers")
sizes = load("lint-sizes")
banned = load("lint-banned")
text = load("lint-text")


def only_function(source):
    (function,) = csource.functions(csource.tokenize(source))
    return function


@pytest.mark.parametrize("source, name, n_lines, n_parameters", [
    ("int f(void)\n{\n\treturn 0;\n}\n", "f", 4, 0),
    ("static char *g(int a,\n\t       char (*b)(int, int))\n{\n}\n", "g", 4, 2),
    ("_noreturn_ void h(const char *s) __attribute__((cold))\n{\n}\n", "h", 3, 1),
    ('int k(int a)\n{\n\tputs("}{");\n\tif (a) { /* } */ }\n\treturn \'{\';\n}\n', "k", 6, 1),
    ("struct s { int a; };\nint t[] = { 1, 2 };\n#define M(x) { x; }\nint l(int a)\n{\n}\n", "l", 3, 1),
])
def test_functions_are_found(source, name, n_lines, n_parameters):
    f = only_function(source)
    assert (f.name, f.n_lines, f.n_parameters) == (name, n_lines, n_parameters)


@pytest.mark.parametrize("body, n", [
    ("return 0;", 1),
    ("if (a && b || c) x(); else if (d) y();", 5),
    ("for (;;) while (a) do b(); while (c);", 4),
    ("switch (a) { case 1: case 2: case 3: return 1; case 4: return a ? 2 : 3; default: break; }", 4),
    ('s("if && ||"); /* if (a) */', 1),
    ("strv_foreach(s, v) if (s) return;", 3),
])
def test_complexity_counts_decisions(body, n):
    assert sizes.complexity(only_function("int f(void)\n{\n" + body + "\n}\n").body) == n


def failures(source):
    return [sentence for _, sentence in sizes.check_file(source)[0]]


def test_sizes_have_limits():
    assert failures("int f(void)\n{\n" + "\tx();\n" * 97 + "}\n") == []
    assert failures("int f(void)\n{\n" + "\tx();\n" * 98 + "}\n") == ["f() has 101 lines; 100 is the limit"]
    assert failures("\n" * 1001) == ["1001 lines; 1000 is the limit"]
    assert failures("int f(void)\n{\n" + "if (a)\n;\n" * 20 + "}\n") == [
        "f() has cyclomatic complexity 21; 20 is the limit"]


@pytest.mark.parametrize("body, sentences", [
    ("if (a)\ngoto out;\nx();\nout:\nreturn 0;", []),
    ("again:\nx();\nif (a)\ngoto again;\nreturn 0;", ["goto again goes backward"]),
    ("goto a;\ngoto b;\na:\nx();\nb:\nreturn 0;", ["2 goto labels: a, b; one is the limit"]),
])
def test_goto(body, sentences):
    assert failures("int f(void)\n{\n" + body + "\n}\n") == sentences


def problems_of(path, source):
    return [sentence for _, sentence in banned.check_text(path, source)]


@pytest.mark.parametrize("source, sentence", [
    ("int f(void) { strcpy(a, b); }", "strcpy(): use str, buf or snprintf"),
    ("#define F(a, b) sprintf(a, b)", "sprintf(): use snprintf or buf"),
    ('int f(void) { printf("x"); }', "printf: only cli and programs speak"),
    ("int f(void) { g(stderr); }", "stderr: only cli and programs speak"),
    ("int f(void) { return syscall(1); }", "syscall: raw system calls only in util/sys"),
    ("#include <sqlite3.h>", "<sqlite3.h>: SQL only in store/"),
    ("int f(void) { sys_unshare(0); }", "sys_unshare: only runtime/ clones, unshares or enters namespaces"),
    ("int f(void) { return open(p, O_RDONLY); }", "open() without O_CLOEXEC"),
])
def test_banned(source, sentence):
    assert problems_of("src/engine/x.c", source) == [sentence]


@pytest.mark.parametrize("path, source", [
    ("src/cli/x.c", 'int f(void) { printf("x"); }'),
    ("src/engine/x.c", "/* strcpy(a, b) */"),
    ("src/engine/x.c", 'int f(void) { log_debug("no system(3) here"); return ops->system(1); }'),
    ("src/engine/x.c", "int f(void) { return open(p, O_RDONLY | O_CLOEXEC); }"),
    ("src/util/sys.c", "int f(void) { return syscall(1); }"),
    ("src/store/x.c", "#include <sqlite3.h>\nint f(void) { sqlite3_open(0); }"),
    ("src/runtime/x.c", "/* lint: allow signal because the child is about to exec */\nint f(void) { signal(1, 0); }"),
])
def test_not_banned(path, source):
    assert problems_of(path, source) == []


TABLE = "x\n```layers\nprograms\ncli api\nengine\nregistry image\nregistry -> image\nutil\n```\n"


@pytest.mark.parametrize("user, used, why", [
    ("cli", "util", None),
    ("util", "util", None),
    ("registry", "image", None),
    ("cli", "api", "cli and api are siblings"),
    ("image", "registry", "image and registry are siblings"),
    ("util", "engine", "util lies below engine"),
    ("util", "sys", "sys/ is no layer"),
])
def test_layers(user, used, why):
    assert layers.check_include(*layers.read_table(TABLE), user, used) == why


def test_layers_of_a_tree(tmp_path):
    (tmp_path / "ARCHITECTURE.md").write_text(TABLE)
    for path, content in {
        "engine/a.c": '#include "engine/a.h"\n#include "util/u.h"\n',
        "engine/a.h": '#include "engine/b.h"\n',
        "engine/b.h": "\n",
        "engine/b.c": '#include "engine/a.h"\n',
        "util/u.h": '#include "engine/c.h"\n#include <stdio.h>\n',
        "engine/c.h": "\n",
        "util/v.c": '#include "u.h"\n',
    }.items():
        target = tmp_path / "src" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    assert layers.check(str(tmp_path))[0] == [
        'src/util/u.h:1: must not include "engine/c.h": util lies below engine',
        'src/util/v.c:1: "u.h": write it as "folder/file.h"',
        "include cycle: engine/a -> engine/b -> engine/a",
    ]


def test_text():
    licence = "/* SPDX-License-Identifier: Apache-2.0 */\n"
    assert list(text.check_text("src/a.c", licence + "int a;\n")) == []
    assert [s for _, s in text.check_text("src/a.c", "int a; \n")] == [
        "no 'SPDX-License-Identifier: Apache-2.0' in the first lines", "trailing blanks"]
    assert list(text.check_text("README.md", "no licence line\n")) == []
