"""Who may include whom, in which order; and where the platform may be asked for."""
import re

from house import FLOORS, files, report

# Public header -> the room that implements it; a header sees what its room sees.
PUBLIC = {
    "base": "base",
    "event": "base",
    "clock": "sys",
    "inherited": "sys",
    "pipe": "sys",
    "process": "sys",
    "poll": "event",
    "sender": "event",
    "signals": "event",
    "loop": "loop",
    "item": "loop",
    "stats": "loop",
    "channel": "loop",
    "timer": "loop",
    "signal": "loop",
    "child": "loop",
    "addr": "net",
    "socket": "net",
    "datagram": "net",
    "unix": "net",
}
QUESTIONS = {"__cplusplus", "__GNUC__"}  # besides include guards and MIO__ options


def may_see(room, other):
    return room == other or FLOORS[other] < FLOORS[room]


def room_of(include):
    """The room of "room/x.h" or "mio/x.h"; None where there is no such room."""
    folder, _, name = include.rpartition("/")
    return PUBLIC.get(name[:-2]) if folder == "mio" else folder if folder in FLOORS else None


def check_floors(path, room, includes):
    for include in includes:
        other = room_of(include)
        if other is None or not may_see(room, other):
            yield f'{path}: "{include}" is not below {room}'


def check_binding(path, includes):
    for include in includes:
        if "/" in include and not include.startswith("mio/"):
            yield f'{path}: "{include}": the binding sees mio/ and lua.h only'


def check_order(path, text):
    """The own header first, then quoted ones, then <...>, with blank lines between."""
    lines = re.findall(r'^(#include ["<].*|)$', text, re.M)
    kinds = "".join({"": " ", '"': "q", "<": "s"}[line[9:10]] for line in lines)
    if re.search(r"s *q|qs|sq", kinds):
        yield f"{path}: system headers come last, in a block of their own"
    quoted = re.findall(r'^#include "(.*)"', text, re.M)
    folders = ("mio/", f"{path.parts[1]}/") if path.parts[0] == "src" else ("",)
    names = [f"{folder}{path.stem}.h" for folder in folders] + ["mio/lua.h"]
    own = [include for include in quoted if include in names]
    if path.suffix == ".c" and own and quoted[0] not in own:
        yield f'{path}: its own header, "{own[0]}", comes first'


def check_platform(path, text):
    if path.parts[:2] == ("src", "sys"):
        return
    for line in re.findall(r"^ *# *(?:if|elif).*$", text, re.M):
        names = set(re.findall(r"\b[A-Za-z_]\w*", line.split("/*")[0]))
        names -= QUESTIONS | {"if", "ifdef", "ifndef", "elif", "defined"}
        if any(not re.fullmatch(r"MIO__\w+|MIO_(\w+_)?H", name) for name in names):
            yield f"{path}: platforms are asked for in src/sys/ only: {line}"


problems = []
for path in files("src/*/*.[ch]", "include/mio/*.h", "include/*.h", "lua/*.[ch]"):
    text = path.read_text()
    includes = re.findall(r'^#include "(.*)"', text, re.M)
    if path.parts[0] == "src":
        problems += check_floors(path, path.parts[1], includes)
    elif path.parts[0] == "lua":
        problems += check_binding(path, includes)
    elif path.stem in PUBLIC:
        problems += check_floors(path, PUBLIC[path.stem], includes)
    problems += check_order(path, text)
    problems += check_platform(path, text)
report(problems)
