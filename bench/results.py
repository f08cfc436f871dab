"""What all parts of the benchmark share: their arguments, their statistics, their results.

Each part is run as

    PART.py BUILD [--quick]     a build directory with -Dbench=true; --quick: fewer, smaller runs

tells its progress on stderr, prints its tables for people on stdout, and writes them to
BUILD/bench/PART.json for report.py, which makes docs/benchmarks.md of them:

    {"part": name, "title": text, "unit": text, "better": "lower" or "higher",
     "tables": [{"title": text, "columns": [text ...], "control": name of a row or absent,
                 "rows": [{"name": program,
                           "values": [{"median": x, "low": x, "high": x} or null ...]}]}],
     "notes": [text ...]}

A table has "unit" and "better" of its own where they are not the part's. A null was not
measured; why not is in the row's "why", if it has one. The control is the row of the limit
against itself: what overlaps it is not resolved.
"""
import json
import math
import os
import pathlib
import resource
import shutil
import statistics
import sys

BUILD = pathlib.Path(sys.argv[1]).resolve()
QUICK = "--quick" in sys.argv[2:]
LUA = os.environ.get("LUA") or next(filter(shutil.which, ("lua5.4", "lua54")), "lua")
os.environ["LUA_CPATH_5_4"] = f"{BUILD}/lua/?.so;;"

# Thousands of connections, here and in the programs that are started from here.
HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (HARD, HARD))


def progress(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def rank_of_interval(count):
    """How many values to leave out at each end, so that the true median is among the rest in
    95 of 100 such samples; 0 where there are too few for that."""
    rank, tail = 0, 0.5**count
    while tail <= 0.025:
        rank += 1
        tail += math.comb(count, rank) * 0.5**count
    return max(rank - 1, 0)


def summary(values):
    """The median of some measurements, and the interval in which the true one lies, by 95 %."""
    values = sorted(values)
    rank = rank_of_interval(len(values))
    return {"median": statistics.median(values), "low": values[rank], "high": values[-1 - rank]}


def row(name, values, why=None):
    return {"name": name, "values": values} | ({"why": why} if why else {})


def table(title, columns, rows, **more):
    return {"title": title, "columns": list(columns), "rows": rows} | more


def resolved(value, control):
    """Whether a value is another one than the control's."""
    return value["high"] < control["low"] or value["low"] > control["high"]


def controls_of(table):
    """The control's value in each column, or None."""
    rows = [row for row in table["rows"] if row["name"] == table.get("control")]
    return rows[0]["values"] if rows else [None] * len(table["columns"])


def number(value):
    """Three digits, or all of those before the point."""
    digits = 0 if value == 0 else 2 - math.floor(math.log10(abs(value)))
    return f"{value:,.{min(max(digits, 0), 2)}f}"


def cell(value, control=None):
    """Of a table: the median, its interval, and a ~ where it is not resolved."""
    if value is None:
        return "-"
    mark = "~" if control and value is not control and not resolved(value, control) else ""
    if value["low"] == value["high"]:
        return mark + number(value["median"])
    return f"{mark}{number(value['median'])} ({number(value['low'])}..{number(value['high'])})"


def cells(table):
    """The name and the texts of each row."""
    controls = controls_of(table)
    for each in table["rows"]:
        yield each["name"], [cell(*pair) for pair in zip(each["values"], controls)]


def print_table(table):
    print(f"\n{table['title']}\n")
    lines = [("", table["columns"])] + list(cells(table))
    widths = [max(map(len, column)) for column in zip(*(line[1] for line in lines))]
    name_width = max(len(name) for name, _ in lines)
    for name, texts in lines:
        padded = [text.rjust(width) for text, width in zip(texts, widths)]
        print(name.ljust(name_width) + "  " + "  ".join(padded), flush=True)
    for each in table["rows"]:
        if "why" in each:
            print(f"{each['name']}: {each['why']}")


def publish(part, title, unit, better, tables, notes=()):
    """Print the results of a part, and keep them for the report."""
    print(f"{title} [{unit}; {better} is better]")
    for each in tables:
        print_table(each)
    for note in notes:
        print(f"\n{note}")
    result = {"part": part, "title": title, "unit": unit, "better": better,
              "quick": QUICK, "tables": tables, "notes": list(notes)}
    fresh = BUILD / "bench" / f"{part}.new"
    fresh.write_text(json.dumps(result, indent=1) + "\n")
    fresh.rename(fresh.with_suffix(".json"))  # all of it, or nothing
