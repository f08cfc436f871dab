"""Each public header compiles alone: headers.py CC CXX [LUA_PC]."""
import subprocess
import sys

from house import files, report

cc, cxx, *lua = sys.argv[1:]
flags = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-Iinclude"]
headers = files("include/**/*.h")
if lua:
    run = ["pkg-config", "--cflags", *lua]
    flags += subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()
else:
    headers = [path for path in headers if path.name != "lua.h"]


def compiles(compiler, language, standard, header):
    run = [compiler, *flags, "-x", language, "-std=" + standard, "-"]
    source = f'#include "{header.relative_to("include")}"\n'
    return subprocess.run(run, input=source, text=True).returncode == 0


report([
    f"{header} does not compile alone as {standard}"
    for header in headers
    for compiler, language, standard in ((cc, "c", "c11"), (cxx, "c++", "c++11"))
    if not compiles(compiler, language, standard, header)
])
