"""Runs `meson test` and sums it up: run.py BUILD ARGS.

Names what failed and ends with "N passed, N failed", counting single test cases: the
results in a TAP program's output, or the program itself where it prints none. With --list
among the ARGS the tests are named, and none is run.
"""
import json
import os
import pathlib
import re
import subprocess
import sys


def told(what, text):
    """A known failure counts as skipped (see known.py); one that passes is a failure."""
    if re.search("# TODO", text):
        return "skip" if what == "not ok" else "not ok"
    return "skip" if re.search("# skip", text, re.I) else what


def outcomes(test):
    """The (what, text) of each case of a test program; `what` is ok, not ok or skip."""
    cases = re.findall(r"^(ok|not ok)\b(.*)$", test.get("stdout", ""), re.M)
    cases = [(told(what, text), text) for what, text in cases]
    whole = {"OK": "ok", "SKIP": "skip"}.get(test["result"], "not ok")
    if not cases or whole == "not ok" and not any(what == whole for what, _ in cases):
        cases.append((whole, " " + test["result"].lower()))  # crashed, timed out, too few
    return cases


build, *args = sys.argv[1:]
at_once = str(2 * os.cpu_count())  # many tests wait more than they work
run = ["meson", "test", "-C", build, "--no-rebuild", "--num-processes", at_once, *args]
if "--list" in args:
    sys.exit(subprocess.run(run).returncode)
logs = pathlib.Path(build, "meson-logs")  # a log's name also tells the wrapper
for old in logs.glob("testlog*.json"):
    old.unlink()
status = subprocess.run([*run, "--print-errorlogs"]).returncode

count = {"ok": 0, "not ok": 0, "skip": 0}
for test in [json.loads(line) for log in logs.glob("testlog*.json") for line in log.open()]:
    for what, text in outcomes(test):
        count[what] += 1
        if what != "ok":
            print(f"{'skipped' if what == 'skip' else 'failed'}: {test['name']}:{text}")
if status != 0 and count["not ok"] == 0:
    print("failed: meson test itself, whose tests have not all been run")
    count["not ok"] = 1
skipped = f", {count['skip']} skipped" if count["skip"] else ""
print(f"{count['ok']} passed, {count['not ok']} failed{skipped}")
sys.exit(status != 0 or count["not ok"] > 0 or count["ok"] == 0)
