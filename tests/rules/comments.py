"""Every public function has its comment, which tells its thread and its cost.

The head of a header may speak for all of its functions.
"""
import re

from house import files, report

COMMENT = r"/\*(?:(?!\*/).)*\*/\n"
FUNCTION = re.compile(rf"^({COMMENT})?MIO_API\b[^;(]*?(\w+)\(", re.M | re.S)

problems = []
for path in files("include/mio/*.h"):
    text = path.read_text()
    head = re.match(COMMENT, text, re.S).group()
    for comment, name in FUNCTION.findall(text):
        for part in ("Thread: ", "Cost: "):
            if not comment or part not in head + comment:
                problems.append(f"{path}: {name} lacks its '{part.strip()}'")
report(problems)
