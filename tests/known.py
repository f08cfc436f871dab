"""Runs a test program where some of its tests are known to fail: known.py LIST PROGRAM ARGS.

A wrapper for `meson test`. Each line of LIST is `PROGRAM:TEST reason`; a failure of such a
test is told as a TODO of TAP, which is counted as skipped. Nothing else is excused: neither
another failure, nor a listed test that passes.
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

run = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, text=True, errors="replace")
programs = [pathlib.Path(word).name for word in sys.argv[2:]]
failed = excused = 0


def judge(line):
    """The line as it is to be told, with `failed` and `excused` brought up to date."""
    global failed, excused
    case = re.match(r"(ok|not ok) \d+ - [^:]*:[^:]*:(\w+): ", line)
    if not case:
        return line
    what, test = case.groups()
    reason = next((known[f"{p}:{test}"] for p in programs if f"{p}:{test}" in known), None)
    if what == "not ok":
        failed += reason is None
        excused += reason is not None
    return line if reason is None else f"{line.split(': ')[0]} # TODO {reason}"


for line in run.stdout.splitlines():
    print(judge(line))
sys.exit(0 if excused and not failed and run.returncode == 1 else run.returncode)
