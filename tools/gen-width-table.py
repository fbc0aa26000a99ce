#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Print src/util/width_table.h: what is wider or narrower than one column on a terminal.

Zero: combining marks and format characters (general categories Mn, Me, Cf, and the vowels
and finals of Hangul that join the syllable before them). Two: East Asian Width W and F.
"""
import unicodedata


def zero(c):
    if c == 0xAD:  # soft hyphen: terminals show it
        return False
    return unicodedata.category(chr(c)) in ("Mn", "Me", "Cf") or 0x1160 <= c <= 0x11FF


def two(c):
    if unicodedata.category(chr(c)) == "Cn":  # Python calls the unassigned ones wide
        return False
    return not zero(c) and unicodedata.east_asian_width(chr(c)) in "WF"


def ranges(test):
    """Neighbours are joined across unassigned characters, which nobody prints."""
    found = []
    gap = False
    for c in range(0x300, 0x110000):
        if test(c):
            if found and not gap:
                found[-1][1] = c
            else:
                found.append([c, c])
            gap = False
        elif unicodedata.category(chr(c)) != "Cn":
            gap = True
    return found


def show(name, found):
    print(f"static const struct width_range {name}[] = {{")
    for i in range(0, len(found), 4):
        row = ", ".join(f"{{0x{a:04x}, 0x{b:04x}}}" for a, b in found[i : i + 4])
        print(f"\t{row},")
    print("};")


print("/* SPDX-License-Identifier: Apache-2.0 */")
print(f"/* Made by tools/gen-width-table.py from Unicode {unicodedata.unidata_version}. */")
print("#pragma once\n\n#include <stdint.h>\n")
print("/* clang-format off */")
print("struct width_range {\n\tuint32_t first, last;\n};\n")
show("width_zero", ranges(zero))
print()
show("width_two", ranges(two))
