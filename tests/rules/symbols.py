"""What the libraries show: symbols.py NM LIBMIO_SO LIBMIO_A [MODULE_SO LIBMIO_LUA_A].

Exactly what the public headers declare escapes; archives hide nothing, so there the names
that the floors share begin with mio__.
"""
import re
import subprocess
import sys

from house import files, report

nm, libmio_so, libmio_a, *binding = sys.argv[1:]


def defined(library, *options):
    run = [nm, *options, "--defined-only", "--extern-only", "--format=posix", library]
    output = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    names = re.findall(r"^(\w\S*) [A-Z] ", output, re.M)
    return {name.split("@")[0] for name in names}


def declared(headers):
    text = "".join(header.read_text() for header in headers)
    return set(re.findall(r"^MIO_API\b[^;(]*?\b(\w+)\(", text, re.M))


def differ(library, found, wanted):
    return [f"{library}: {name} is not declared" for name in sorted(found - wanted)] + [
        f"{library}: {name} is missing" for name in sorted(wanted - found)
    ]


def strange(library, pattern):
    names = sorted(name for name in defined(library) if not re.match(pattern, name))
    return [f"{library}: a strange name: {name}" for name in names]


lua_header = files("include/mio/lua.h")
headers = [path for path in files("include/mio/*.h") if path not in lua_header]
exported = {name for name in defined(libmio_so, "--dynamic") if not name.startswith("MIO_")}

problems = differ(libmio_so, exported, declared(headers))
problems += strange(libmio_a, r"mio_")
if binding:
    module_so, libmio_lua_a = binding
    problems += differ(module_so, defined(module_so, "--dynamic"), {"luaopen_mio"})
    problems += strange(libmio_lua_a, r"mio__|mio_lua_|luaopen_mio$")
    public = {name for name in defined(libmio_lua_a) if not name.startswith("mio__")}
    problems += differ(libmio_lua_a, public, declared(lua_header))
report(problems)
