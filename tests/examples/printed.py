"""A program that prints and ends: printed.py guards|ring COMMAND..."""
import sys

from server import PATIENCE, read_errors, run, spawn

NAME, *COMMAND = sys.argv[1:]


def lines(*arguments):
    process, errors = spawn(*COMMAND, *arguments)
    with process, errors:
        text = process.stdout.read().decode()
        ended = process.wait(PATIENCE), read_errors(errors)
        assert ended == (0, ""), ended
        return text.splitlines()


def guards():
    """whoever is pending as main ends is cancelled, and its guard runs"""
    for count in (0, 3, 500):
        first, *cancelled, last = lines(str(count))
        assert (first, last) == ("main ends", "nothing is left")
        assert sorted(cancelled) == sorted(f"task {i} is cancelled" for i in range(1, count + 1))


def ring():
    """each task of the ring has added one in each round"""
    assert lines() == ["10000"]
    assert lines("1", "1") == ["1"]
    assert lines("5000", "3") == ["15000"]
    assert lines("3", "2000") == ["6000"]


if __name__ == "__main__":
    run([{"guards": guards, "ring": ring}[NAME]])
