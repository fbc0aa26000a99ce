# SPDX-License-Identifier: Apache-2.0
"""A C tokenizer, just enough for the lints: tokens with their lines, includes, functions."""

import os
import re
import subprocess

TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<directive>^[ \t]*\#(?:[^\n\\/]|\\\n|\\.|/(?![*/])|/\*.*?\*/)*)
  | (?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.|\\\n)*")
  | (?P<char>[uUL]?'(?:[^'\\\n]|\\.)+')
  | (?P<name>[A-Za-z_]\w*)
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<punct>&&|\|\||->|\+\+|--|<<=|>>=|<<|>>|[-+*/%&|^<>=!]=|\.\.\.|\#\#|[^\s\w])
""", re.VERBOSE | re.MULTILINE | re.DOTALL)

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Token:
    """kind: name, number, string, char, punct or directive; comments are left out."""

    __slots__ = ("kind", "text", "line")

    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line

    def __repr__(self):
        return f"{self.text!r}:{self.line}"


class Function:
    """A function definition: name, first and last line, the tokens between its braces."""

    def __init__(self, name, first, last, body, n_parameters):
        self.name, self.first, self.last, self.body = name, first, last, body
        self.n_parameters = n_parameters

    @property
    def n_lines(self):
        return self.last - self.first + 1


def tokenize(text):
    found = []
    line = 1
    position = 0
    for m in TOKEN.finditer(text):
        line += text.count("\n", position, m.start())
        position = m.start()
        if m.lastgroup != "comment":
            found.append(Token(m.lastgroup, m.group(), line))
    return found


def includes(tokens):
    """(line, quoted or system, path) of every #include."""
    for t in tokens:
        if t.kind == "directive":
            m = INCLUDE.match(t.text)
            if m:
                yield t.line, m.group(1) == '"', m.group(2)


def names(tokens):
    """Every name used, also in the bodies of macros: (index-free) pairs of Token and next text."""
    flat = []
    for t in tokens:
        if t.kind == "directive":
            if not INCLUDE.match(t.text):
                flat += [Token(i.kind, i.text, t.line + i.line - 1)
                         for i in tokenize(t.text.replace("#", " ", 1))]
        else:
            flat.append(t)
    for i, t in enumerate(flat):
        if t.kind == "name":
            before = flat[i - 1].text if i else ""
            after = flat[i + 1].text if i + 1 < len(flat) else ""
            yield t, before, after


def _opening(code, i):
    """Index of the '(' that belongs to the ')' at i."""
    depth = 0
    while i >= 0:
        if code[i].text == ")":
            depth += 1
        elif code[i].text == "(":
            depth -= 1
            if depth == 0:
                return i
        i -= 1
    return -1


def _function_head(code, brace):
    """(name token, parameter tokens) of the function whose body opens at `brace`, or None."""
    i = brace - 1
    while i >= 0 and code[i].text == ")":
        opening = _opening(code, i)
        if opening <= 0 or code[opening - 1].kind != "name":
            return None
        name = code[opening - 1]
        if name.text not in ("__attribute__", "_printf_", "cleanup"):
            return name, code[opening + 1:i]
        i = opening - 2
    return None


def _count_parameters(tokens):
    if not tokens or (len(tokens) == 1 and tokens[0].text == "void"):
        return 0
    depth, n = 0, 1
    for t in tokens:
        depth += (t.text in "([{") - (t.text in ")]}") if t.kind == "punct" else 0
        n += t.text == "," and depth == 0
    return n


def functions(tokens):
    code = [t for t in tokens if t.kind != "directive"]
    found = []
    depth = 0
    head = None
    for i, t in enumerate(code):
        if t.text == "{" and t.kind == "punct":
            if depth == 0:
                head = _function_head(code, i)
                start = i
            depth += 1
        elif t.text == "}" and t.kind == "punct":
            depth -= 1
            if depth == 0 and head:
                found.append(Function(head[0].text, head[0].line, t.line, code[start + 1:i],
                                      _count_parameters(head[1])))
                head = None
    return found


def top_directory():
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def files(top, *patterns):
    """Paths relative to top that git knows or would add (all files where there is no git)."""
    listed = subprocess.run(["git", "-C", top, "-c", f"safe.directory={top}", "ls-files", "-z",
                             "--cached", "--others", "--exclude-standard"],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if listed.returncode == 0:
        names_found = listed.stdout.decode().split("\0")
    else:
        names_found = []
        for directory, subdirectories, members in os.walk(top):
            subdirectories[:] = [d for d in subdirectories
                                 if not d.startswith((".", "build")) and d != "__pycache__"]
            names_found += [os.path.relpath(os.path.join(directory, m), top) for m in members]
    regexes = [re.compile(p) for p in patterns]
    return sorted({n for n in names_found
                   if n and (not regexes or any(r.search(n) for r in regexes))
                   and os.path.isfile(os.path.join(top, n))})


def read(top, path):
    with open(os.path.join(top, path), encoding="utf-8") as f:
        return f.read()
