"""What the rules share: the house's floors, and how a rule reports."""
import pathlib
import sys

# Room -> floor. A file sees its own room and the floors below, never the room next door.
FLOORS = {"base": 0, "data": 1, "sys": 1, "event": 2, "net": 2, "loop": 3}


def files(*patterns):
    return sorted(path for pattern in patterns for path in pathlib.Path().glob(pattern))


def report(problems):
    for problem in problems:
        print(problem)
    sys.exit(len(problems) > 0)
