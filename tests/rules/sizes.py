"""Budgets: no function over 60 lines, half of them within 12, no file over 600 lines.

Functions of the tests may be longer, for their tables.
"""
import re
import statistics

from house import files, report

FUNCTION_MAX = 60
FUNCTION_MEDIAN = 12
FILE_MAX = 600


def lengths(text):
    """(line, length) of each function: the formatter puts its braces into column 0."""
    for body in re.finditer(r"^\{\n.*?^\}$", text, re.M | re.S):
        yield text.count("\n", 0, body.start()) + 1, body.group().count("\n") + 1


problems = []
library = []
for path in files("src/*/*.[ch]", "lua/*.[ch]", "tests/**/*.[ch]", "examples/*.c", "bench/*.c"):
    text = path.read_text()
    if text.count("\n") > FILE_MAX:
        problems.append(f"{path}: {text.count(chr(10))} lines")
    for line, length in lengths(text):
        if length > FUNCTION_MAX and path.parts[0] != "tests":
            problems.append(f"{path}:{line}: a function of {length} lines")
        if path.parts[0] in ("src", "lua"):
            library.append(length)
median = statistics.median(library)
print(f"{len(library)} functions, half of them within {median:g} lines, at most {max(library)}")
if median > FUNCTION_MEDIAN:
    problems.append("half of the functions should have at most 12 lines")
report(problems)
