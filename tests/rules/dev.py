"""./dev says what is wrong with a command before it sets anything up: dev.py BUILD."""
import pathlib
import re
import subprocess
import sys
import tempfile

from house import report

BUILD = sys.argv[1]
# A part of the benchmark says in its head how it is run.
PARTS = " ".join(sorted(path.stem for path in pathlib.Path("bench").glob("*.py")
                        if re.search(r"^    [a-z]+\.py BUILD( +\[| *$)", path.read_text(), re.M)))

problems = []


def expect(status, text, *command):
    """A command ends with this status, and with this text as all that it says on stderr."""
    told = subprocess.run(command, capture_output=True, text=True)
    if (told.returncode, told.stderr) != (status, text):
        problems.append(f"{' '.join(command)}: {told.returncode}, {told.stderr!r}")
    return told.stdout


with tempfile.NamedTemporaryFile(suffix=".c") as other:
    expect(2, f"dev: of C programs, run knows those in examples/: {other.name} is none\n",
           "./dev", "run", other.name)
expect(2, "dev: there is no missing.c\n", "./dev", "run", "missing.c")
expect(2, "dev: there is no examples/missing.c\n", "./dev", "run", "examples/missing.c")
expect(2, "dev: there is no missing.lua\n", "./dev", "run", "missing.lua")
expect(2, "dev: run which FILE? ./dev run examples/echo.lua\n", "./dev", "run")
expect(2, f"dev: bench which? there is no nope; there is: {PARTS}\n", "./dev", "bench", "nope")
expect(2, "dev: there is no command nope\n", "./dev", "nope")
usage = expect(0, "", "./dev")
if "run FILE" not in usage:
    problems.append("./dev alone does not list its commands")
names = expect(0, "", sys.executable, "tests/run.py", BUILD, "--list")
if "rules / dev" not in names or "passed" in names:
    problems.append("tests/run.py --list does not list the tests")
report(problems)
