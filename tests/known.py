"""Runs a test program where some of its tests are known to fail: known.py LIST PROGRAM ARGS.

A wrapper for `meson test`. Each line of LIST is `PROGRAM:TEST reason`; a failure of such a
test is told as a TODO of TAP, which is counted as skipped. TEST is the name of a function in C,
or what a spec says of a test, with its words joined by "_". Nothing else is excused: neither
another failure, nor a listed test that passes. A line `PROGRAM reason` is for a program that is
not run at all.
"""
import pathlib
import re
import subprocess
import sys

known = {}
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    if line and not line.startswith("#"):
        name, reason = line.split(maxsplit=1)
        known[name] = reason

programs = [pathlib.Path(word).name for word in sys.argv[2:]]
for program in programs:
    if program in known:
        print(f"1..0 # SKIP {known[program]}")
        sys.exit(0)
run = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, text=True, errors="replace")
failed = excused = 0


def judge(line):
    """The line as it is to be told, with `failed` and `excused` brought up to date."""
    global failed, excused
    case = re.match(r"((ok|not ok) \d+) - (?:[^:]*:[^:]*:(\w+): )?(.*)", line)
    if not case:
        return line
    start, what, function, text = case.groups()
    test = function or "_".join(re.findall(r"\w+", text))
    reason = next((known[f"{p}:{test}"] for p in programs if f"{p}:{test}" in known), None)
    if what == "not ok":
        failed += reason is None
        excused += reason is not None
    return line if reason is None else f"{start} - {test} # TODO {reason}"


for line in run.stdout.splitlines():
    print(judge(line))
status = (1, excused)  # libcheck's, and busted's
sys.exit(0 if excused and not failed and run.returncode in status else run.returncode)
