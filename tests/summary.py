"""Sums up a run of `meson test`: summary.py BUILD.

Names what failed and ends with "N passed, N failed", counting single test cases: the
results in a TAP program's output, or the program itself where it prints none.
"""
import json
import re
import sys

passed = failed = skipped = 0


def outcomes(test):
    """The (what, text) of each case of a test program; `what` is ok, not ok or skip."""
    cases = re.findall(r"^(ok|not ok)\b(.*)$", test.get("stdout", ""), re.M)
    cases = [("skip" if re.search("# skip", text, re.I) else what, text) for what, text in cases]
    whole = {"OK": "ok", "SKIP": "skip"}.get(test["result"], "not ok")
    if not cases or whole == "not ok" and not any(what == whole for what, _ in cases):
        cases.append((whole, " " + test["result"].lower()))  # crashed, timed out, too few
    return cases


for line in open(sys.argv[1] + "/meson-logs/testlog.json"):
    test = json.loads(line)
    for what, text in outcomes(test):
        passed += what == "ok"
        skipped += what == "skip"
        failed += what == "not ok"
        if what == "not ok":
            print(f"failed: {test['name']}:{text}")
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(failed > 0)
