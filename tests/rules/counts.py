"""The check of the counts finds what has become worse, and nothing else; and the record is one."""
import pathlib
import sys
import tempfile

from house import report

sys.path.insert(0, "bench")
import record  # noqa: E402 (its folder had to be told)

ROW = "C: made up"
problems = []


def expect(what, recorded, measured, column, count):
    """So many problems are found where a figure was recorded, and now measured."""
    figure = record.Figure(ROW, column)
    with tempfile.NamedTemporaryFile() as file:
        path = pathlib.Path(file.name)
        record.write("gcc", {figure: recorded}, path)
        found = list(record.problems(record.read(path), {figure: measured}))
        if len(found) != count or not all(line.startswith(f"{ROW}: {column}: ") for line in found):
            problems.append(f"{what}: {found}")


expect("worse by 4 %", 100, 104, "instructions", 1)
expect("worse by 2 %", 100, 102, "instructions", 0)
expect("better by 50 %", 100, 50, "instructions", 0)
expect("a wait more", 2.02, 2.10, "system calls", 1)
expect("a rounding", 2.02, 2.025, "system calls", 0)
expect("one malloc in fifty", 0, 0.02, "mallocs", 1)
expect("a byte of garbage", 89, 90, "Lua bytes", 1)
expect("no garbage", 0, 0, "Lua bytes", 0)

here, there = record.Figure("here", "mallocs"), record.Figure("there", "mallocs")
if len(list(record.problems({here: 0}, {there: 0}))) != 2:
    problems.append("a figure that was not measured, or not recorded, is let pass")

if not record.read() or not all(figure.column in record.TOLERANCE for figure in record.read()):
    problems.append("bench/counts.txt: unknown figures")
if record.differs("another compiler") is None or record.differs(record.lines_of(record.RECORD)[0]):
    problems.append("the record of another compiler is compared with")
report(problems)
