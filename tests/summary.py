"""Sums up a run of `meson test`: summary.py BUILD.

Names what failed and ends with "N passed, N failed", counting single test cases: the
results in a TAP program's output, or the program itself where it prints none.
"""
import json
import re
import sys

passed = failed = skipped = 0
for line in open(sys.argv[1] + "/meson-logs/testlog.json"):
    test = json.loads(line)
    results = re.findall(r"^(ok|not ok)\b(.*)$", test.get("stdout", ""), re.M)
    broken = [text for result, text in results if result == "not ok"]
    skips = [text for _, text in results if re.search(r"# skip", text, re.I)]
    if test["result"] == "SKIP" and not results:
        skips = [test["name"]]
    elif test["result"] not in ("OK", "SKIP") and not broken:
        broken = [" " + test["result"].lower()]  # crashed, timed out, ended too early
    elif not results:
        results = [("ok", test["name"])]
    passed += sum(result == "ok" for result, _ in results) - len(skips)
    skipped += len(skips)
    failed += len(broken)
    for text in broken:
        print(f"failed: {test['name']}:{text}")
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(failed > 0)
