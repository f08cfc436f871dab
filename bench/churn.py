"""Connections that come and go: connect, one exchange of 64 bytes, close.

    churn.py BUILD [--quick]    a build directory with -Dbench=true

One further connection stays, for most servers end with the last one.
"""
from compare import Load, compare_loads, tables_of
from programs import ECHO, ECHO_LIMIT
from results import publish
from serving import session

COUNTS = 1, 50  # at a time


def opened_by(count):
    return lambda program: session(program, "-o", "-i", 1, "-c", count)


def main():
    columns = [f"{count} at a time" for count in COUNTS]
    loads = [Load(title, opened_by(count)) for title, count in zip(columns, COUNTS)]
    results = compare_loads("churn", ECHO_LIMIT, ECHO, loads)
    publish("churn", "Connections that come and go", "limit = 1", "lower",
            tables_of(columns, results, ECHO, "connections"))


main()
