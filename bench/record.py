"""The recorded counts, bench/counts.txt: one figure a line, after a line that says what they were
made with. A build that was made with something else cannot be compared with them."""
import json
import pathlib
import platform
import re
import subprocess

from collections import namedtuple

RECORD = pathlib.Path(__file__).resolve().parent / "counts.txt"

# How much worse a figure may be than recorded. What varies at all is Lua's memory: a byte.
TOLERANCE = {"instructions": 0.03, "system calls": 0.03, "mallocs": 0, "Lua bytes": 0,
             "idle heap": 0.03}
OPTIONS = ("buildtype", "optimization", "c_args", "verify", "geometry", "selector", "unity",
           "b_lto", "b_sanitize")
ROUNDING = 0.005  # figures are recorded with two digits

ADVICE = "if that is meant: ./dev bench counts --record, and say why in the commit"

Figure = namedtuple("Figure", "row column")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def made_with(build, lua):
    """Of what the figures depend on, but for our own sources."""
    # Of an object: what is linked begins with the C library's own start.
    compiled = next((build / "bench/mio_loop.p").glob("*.o"))
    comment = output("readelf", "-p", ".comment", str(compiled))
    compiler = re.search(r"] +(.*)", comment)[1]
    options = json.loads((build / "meson-info/intro-buildoptions.json").read_text())
    chosen = [f"{option['name']}={str(option['value']).lower()}" for option in options
              if option["name"] in OPTIONS]
    version = output(lua, "-v").split()[1]
    return ", ".join([compiler, " ".join(platform.libc_ver()), f"Lua {version}",
                      platform.machine(), *sorted(chosen)])


def lines_of(path):
    return [line for line in path.read_text().splitlines() if line and line[0] != "#"]


def differs(with_what, path=RECORD):
    """Why the record says nothing about what is measured here; None where it does."""
    recorded = lines_of(path)[0]
    if recorded != with_what:
        return (f"skipped: the counts: recorded with {recorded}; here is {with_what}; "
                "record anew: ./dev bench counts --record")
    return None


def read(path=RECORD):
    """The figures."""
    figures = {}
    for line in lines_of(path)[1:]:
        row, column, value = line.split(" | ")
        figures[Figure(row, column)] = float(value)
    return figures


def write(with_what, figures, path=RECORD):
    head = "# By counts.py BUILD --record; --check compares with it.\n"
    lines = [f"{row} | {column} | {value:.2f}\n" for (row, column), value in figures.items()]
    path.write_text(head + with_what + "\n" + "".join(lines))


def problems(recorded, measured):
    """A line for each figure that is worse than recorded, or in one of the two only."""
    for figure, was in recorded.items():
        name = f"{figure.row}: {figure.column}"
        if figure not in measured:
            yield f"{name}: recorded, but not measured"
            continue
        now, tolerance = measured[figure], TOLERANCE[figure.column]
        if now > was * (1 + tolerance) + ROUNDING:
            more = f", {now / was - 1:.1%} more" if was else ""
            yield f"{name}: {now:.2f}, recorded {was:.2f}{more}; at most {tolerance:.0%} is let pass"
    for figure in measured.keys() - recorded.keys():
        yield f"{figure.row}: {figure.column}: measured, but not recorded"
