"""Make one page of the parts' results, with charts.

    report.py BUILD PAGE PARTS      the build directory, in which the parts left their results
                                    (see results.py), the file to write, and what parts there
                                    are; charts go into a folder beside
"""
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

from charts import draw
from results import BUILD, cells, progress

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = pathlib.Path(sys.argv[2])
PARTS = sys.argv[3:]
CHARTS = PAGE.with_suffix("")
ORDER = "tcp", "udp", "churn", "memory", "web"  # what a reader asks for first

# The columns of a part's charts, where they are not all columns.
CHARTED = {"tcp": ("64 B × 50", "64 B × 1000", "64 KiB × 50"), "counts": ("instructions",)}

# What was compared, and by what, with the Debian package that has it.
PACKAGES = (
    ("libuv", "libuv1-dev"), ("libev", "libev-dev"), ("libevent", "libevent-dev"),
    ("Rust's mio", "librust-mio-dev"), ("rustc", "rustc"), ("Lua", "lua5.4"),
    ("luv", "lua-luv"), ("luaevent", "lua-event"), ("cqueues", "lua-cqueues"),
    ("copas", "lua-copas"), ("LuaSocket", "lua-socket"), ("nginx", "nginx"),
    ("nginx's Lua", "libnginx-mod-http-lua"), ("node", "nodejs"), ("wrk", "wrk"),
    ("gcc", "gcc"), ("the C library", "libc6"),
)

METHOD = """\
Made by `./dev bench`, which makes it again on your machine.

**How to read it.** What is measured in time is a ratio: a program and the limit, which is plain C on epoll with nothing
that a server could do without, run at the same time, each with a client of its own, and take turns of a tenth of a
second (wrk: a second); the ratio is taken within each pair of turns, and the figure is the median of the pairs. In brackets
stands the interval that would hold the true median in 95 of 100 cases if pairs were independent (of few pairs: the lowest
and the highest); they come from two starts only, so it is rather too narrow. The control is the limit against itself: a
figure marked with ~ has an interval that overlaps the control's, and says only that no difference could be seen.
Latencies, nanoseconds and messages a second are not ratios: they are this machine's, and hold only beside each other. The
servers are pinned to one core, and the clients to another one. A dash was not measured; why is said below the table. Each
peer runs the fastest program that its documentation shows, with TCP_NODELAY.
"""


def output(*command):
    """What a command says; nothing, where it fails or is not there."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def line_in(path, pattern):
    """What is found in a file of the system's, or nothing."""
    try:
        found = re.search(pattern, pathlib.Path(path).read_text(), re.M)
    except OSError:
        return ""
    return found[1] if found else ""


def version_of(package):
    return output("dpkg-query", "-W", "-f", "${Version}", package)


def processor():
    return line_in("/proc/cpuinfo", r"^model name\s*: (.*)$") or platform.machine()


def system():
    return line_in("/etc/os-release", r'^PRETTY_NAME="(.*)"$') or platform.system()


def mio_version():
    version = line_in(ROOT / "meson.build", r"version: '(.*?)'")
    commit = output("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")
    return f"{version} ({commit})" if commit else version


def machine(results):
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = [(name, version_of(package)) for name, package in PACKAGES]
    missing = [name for name, version in versions if not version]
    yield f"- Date: {datetime.date.today()}; mio {mio_version()}"
    yield f"- Machine: {os.cpu_count()} cores of {processor()}, {memory:.0f} GiB of memory"
    yield f"- System: {system()}, Linux {platform.release()}"
    yield "- Versions, of Debian: " + ", ".join(f"{n} {v}" for n, v in versions if v)
    if missing:
        yield "- Not installed, or not from Debian: " + ", ".join(missing)
    yield ("- The Lua libraries are those that Debian has for Lua 5.4; copas, whose package is for "
           "5.1 and 5.2, is run by 5.4 as it is")
    absent = sorted(set(PARTS) - {result["part"] for result in results})
    if absent:
        yield "- **Missing, for they failed: " + ", ".join(absent) + "**"
    if any(result.get("quick") for result in results):
        yield "- **A quick run: fewer pairs, smaller sizes. Not to be quoted.**"


def markdown(table):
    yield "| | " + " | ".join(table["columns"]) + " |"
    yield "|---|" + "---|" * len(table["columns"])
    for name, texts in cells(table):
        yield f"| {name} | " + " | ".join(texts) + " |"
    for row in table["rows"]:
        if "why" in row:
            yield f"\n{row['name']}: {row['why']}"


def chart(result, index, table):
    """The line that shows a table's chart, where it has one."""
    columns = [column for column in CHARTED.get(result["part"], table["columns"])
               if column in table["columns"]]
    if not columns or not table["better"]:
        return
    name = f"{result['part']}-{index + 1}.svg"
    try:
        if draw(CHARTS / name, table, columns):
            yield f"\n![{table['title']}]({CHARTS.name}/{name})"
    except (OSError, subprocess.CalledProcessError) as error:
        progress(f"no chart of {result['part']}: {error}")


def section(result):
    yield f"\n## {result['title']}\n"
    yield from (f"{note}\n" for note in result["notes"])
    for index, table in enumerate(result["tables"]):
        table = {"unit": result["unit"], "better": result["better"]} | table
        better = f"; {table['better']} is better" if table["better"] else ""
        yield f"\n### {table['title']}\n\n{table['unit'].capitalize()}{better}.\n"
        yield from markdown(table)
        yield from chart(result, index, table)


def read_results():
    results = [json.loads(path.read_text()) for path in sorted((BUILD / "bench").glob("*.json"))]
    place = {part: index for index, part in enumerate(ORDER)}
    return sorted(results, key=lambda result: place.get(result["part"], len(ORDER)))


def main():
    results = read_results()
    CHARTS.mkdir(parents=True, exist_ok=True)
    for old in CHARTS.glob("*.svg"):
        old.unlink()
    lines = ["# Benchmarks\n", METHOD, *machine(results)]
    for result in results:
        lines += section(result)
    PAGE.write_text("\n".join(lines) + "\n")
    progress(f"written: {PAGE}")


main()
