"""Writes Lua sources as a C source: embed_sources.py OUTPUT INPUT...

Arrays of numbers, for C limits the length of a string. See library.h for who reads them.
"""
import pathlib
import sys

output, *inputs = sys.argv[1:]
lines = ['#include "library.h"', ""]
entries = []
for number, name in enumerate(inputs):
    path = pathlib.Path(name)
    data = path.read_bytes()
    lines.append(f"static const char text_{number}[] = {{")
    for at in range(0, len(data), 24):
        lines.append("    " + ",".join(map(str, data[at:at + 24])) + ",")
    lines.append("};")
    entries.append(f'    {{"@mio/{path.name}", text_{number}, sizeof text_{number}}},')
lines += ["", "const mio__lua_text mio__lua_texts[] = {", *entries, "    {NULL, NULL, 0},", "};", ""]
pathlib.Path(output).write_text("\n".join(lines))
