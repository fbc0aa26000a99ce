#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Turn data/seccomp-default.txt (its head describes the format) into a C table.

usage: gen-seccomp-default.py INPUT OUTPUT
"""

import re
import sys
import zlib


class DataError(Exception):
    pass


def comparisons(words):
    """The words after `when` as alternatives (arg, op, value, value_two), each a rule."""
    match = re.fullmatch(r"arg([0-5])", words[0])
    if not match or len(words) != 3:
        raise DataError("expected: when argN in SET, or: when argN lacks MASK")
    arg = int(match.group(1))
    if words[1] == "lacks":
        return [(arg, "MASKED_EQ", int(words[2], 0), 0)]
    if words[1] != "in":
        raise DataError(f"expected 'in' or 'lacks', got {words[1]!r}")
    result = []
    for item in words[2].split(","):
        first, _, last = item.partition("-")
        first = int(first, 0)
        last = int(last, 0) if last else first
        # Two comparisons of one argument can't stand in one rule of the OCI format, so a range
        # is written as single values unless it starts at 0.
        if first == 0 and last > 0:
            result.append((arg, "LT", last + 1, 0))
        else:
            result += [(arg, "EQ", value, 0) for value in range(first, last + 1)]
    return result


def group_of(line):
    words = line.split()
    group = {"errno": None, "if": [], "unless": [], "on": [], "not-on": [], "when": [], "names": []}
    if words[0] == "errno":
        group["errno"] = words[1]
        words = words[2:]
    else:
        words = words[1:]
    while words:
        key = words.pop(0)
        if key in ("if", "unless"):
            if not words[0].startswith("CAP_") and words[0] != "NESTED":
                raise DataError(f"expected a capability or NESTED, got {words[0]!r}")
            group[key].append(words.pop(0))
        elif key in ("on", "not-on"):
            group[key] = words.pop(0).split(",")
        elif key == "when":
            group["when"] = comparisons(words[:3])
            words = words[3:]
        else:
            raise DataError(f"unknown word {key!r}")
    return group


def read(path):
    archs, numbers, groups = [], [], []
    with open(path, encoding="ascii") as file:
        for n_line, line in enumerate(file, 1):
            text = line.split("#")[0].rstrip()
            try:
                if not text:
                    continue
                if text[0] == "\t":
                    groups[-1]["names"] += text.split()
                elif text.startswith("archs "):
                    archs.append(text.split()[1:])
                elif text.startswith("number "):
                    words = text.split()[1:]
                    numbers.append((words[0], int(words[1]), words[2] if words[2:] else None))
                elif text.split()[0] in ("allow", "errno"):
                    groups.append(group_of(text))
                else:
                    raise DataError(f"unknown directive {text.split()[0]!r}")
            except (DataError, IndexError, ValueError) as e:
                sys.exit(f"{path}:{n_line}: {e}")
    return archs, numbers, groups


def c_string(s):
    return f'"{s}"' if s else "NULL"


def c_names(names, indent):
    """One string, each name ended by NUL: no relocation for each name."""
    return ("\n" + indent).join(f'"{name}\\0"' for name in names)


def c_mask(caps):
    return " | ".join("SECCOMP_NESTED" if cap == "NESTED" else f"1ULL << {cap}" for cap in caps) or "0"


def emit(out, archs, numbers, groups, identity):
    out.write("/* Made by tools/gen-seccomp-default.py from data/seccomp-default.txt. */\n")
    out.write("#include <errno.h>\n#include <linux/capability.h>\n")
    out.write('#include "runtime/seccomp.h"\n#include "runtime/seccomp_table.h"\n\n')
    out.write(f"const uint32_t seccomp_table_identity = 0x{identity:08x};\n")
    caps = sorted({cap for g in groups for cap in g["if"] + g["unless"]})
    out.write(f"const uint64_t seccomp_table_capabilities =\n\t{c_mask(caps)};\n\n")
    out.write("const char *const seccomp_table_archs[] = {\n")
    for names in archs:
        out.write(f"\t{c_names(names, chr(9) * 2)},\n")
    out.write("\tNULL,\n};\n\n")
    out.write("const struct seccomp_table_number seccomp_table_numbers[] = {\n")
    for name, number, arch in numbers:
        out.write(f"\t{{{c_string(name)}, {number}, {c_string(arch)}}},\n")
    out.write("\t{NULL},\n};\n\n")
    for i, group in enumerate(groups):
        if not group["when"]:
            continue
        out.write(f"static const struct seccomp_table_arg args_{i}[] = {{\n")
        for arg, op, value, value_two in group["when"]:
            out.write(f'\t{{{arg}, "SCMP_CMP_{op}", 0x{value:x}, 0x{value_two:x}}},\n')
        out.write("};\n")
    out.write("\nconst struct seccomp_table_group seccomp_table_groups[] = {\n")
    for i, group in enumerate(groups):
        out.write(f"\t{{.names = {c_names(group['names'], chr(9) * 2)},\n")
        out.write(f"\t .errno_ret = {group['errno'] or '0'},\n")
        out.write(f"\t .caps = {c_mask(group['if'])},\n\t .not_caps = {c_mask(group['unless'])},\n")
        out.write(f"\t .on = {c_string(','.join(group['on']))},")
        out.write(f" .not_on = {c_string(','.join(group['not-on']))},\n")
        if group["when"]:
            out.write(f"\t .args = args_{i}, .n_args = {len(group['when'])},\n")
        out.write("\t},\n")
    out.write("\t{.names = NULL},\n};\n")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    archs, numbers, groups = read(sys.argv[1])
    with open(sys.argv[1], "rb") as file:
        identity = zlib.crc32(file.read())
    with open(sys.argv[2], "w", encoding="ascii") as out:
        emit(out, archs, numbers, groups, identity)


if __name__ == "__main__":
    main()
