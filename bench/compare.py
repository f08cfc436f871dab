"""The method of all parts that compare servers: pairs with the limit.

The limit and a program run at the same time, each with a client that is connected, and take
turns: limit, program, limit, program. While one works, the other sleeps. The ratio is taken
within each pair, tenths of a second apart. Servers share a core, and clients the other one.
"""
from typing import NamedTuple

from results import QUICK, progress, row, summary, table
from serving import Failed

STARTS, PAIRS = (1, 3) if QUICK else (2, 5)  # how often each server starts; pairs in each
SECONDS = 0.05 if QUICK else 0.08  # of a turn, at the least
CONTROL = "control: the limit against itself"


class Load(NamedTuple):
    title: str
    opened: object  # of a program: a context manager, whose turn() tells
    seconds: float = SECONDS  # of a turn
    pairs: int = PAIRS
    warm: bool = True  # whether a turn that does not count comes first


class Compared(NamedTuple):
    """What the comparison with the limit under one load gave."""
    samples: dict  # name -> pairs of turns, the limit's and the program's
    whys: dict  # name -> why there are none


def compare_once(result, base, program, load):
    with load.opened(program) as other:
        if load.warm:
            base.turn(seconds=load.seconds)
            other.turn(seconds=load.seconds)
        for _ in range(load.pairs):
            pair = base.turn(seconds=load.seconds), other.turn(seconds=load.seconds)
            result.samples.setdefault(program.name, []).append(pair)


def compare_start(result, part, limit, programs, load):
    """With the limit started once, and every program that has not failed yet."""
    with load.opened(limit) as base:
        for program in programs:
            if program.name in result.whys:
                continue
            progress(f"{part}: {load.title}: {program.name}")
            try:
                compare_once(result, base, program, load)
            except Failed as failed:
                result.samples.pop(program.name, None)
                result.whys[program.name] = f"{load.title}: {failed}"


def compare(part, limit, programs, load):
    """Where the limit itself fails, there are no results."""
    result = Compared({}, {})
    programs = [limit._replace(name=CONTROL), *programs]
    try:
        for _ in range(STARTS):
            compare_start(result, part, limit, programs, load)
    except Failed as failed:
        result = Compared({}, {CONTROL: f"{load.title}: {failed}"})
    return result


def compare_loads(part, limit, programs, loads):
    return [compare(part, limit, programs, load) for load in loads]


def ratios(result, name, key):
    pairs = result.samples.get(name)
    if not pairs:
        return None
    value = summary([other[key] / limit[key] for limit, other in pairs])
    if name == CONTROL:  # what it ought to be is known, and must count as not resolved
        value |= {"low": min(value["low"], 1), "high": max(value["high"], 1)}
    return value


def ratio_table(title, columns, results, programs, key, better):
    """What each program needs or does, where the limit is 1."""
    rows = []
    for name in [CONTROL, *(program.name for program in programs)]:
        whys = [result.whys[name] for result in results if name in result.whys]
        values = [ratios(result, name, key) for result in results]
        rows.append(row(name, values, "; ".join(whys)))
    return table(title, columns, rows, control=CONTROL, unit="limit = 1", better=better)


def of_limit(result, key):
    turns = [limit[key] for pairs in result.samples.values() for limit, _ in pairs]
    return summary(turns) if turns else None


def limit_table(columns, results, what):
    """What the limit itself does, and how busy its client is, on this machine."""
    rows = [
        row(f"{what} a second", [of_limit(result, "rate") for result in results]),
        row("CPU time of the server for each, in µs",
            [of_limit(result, "cpu") for result in results]),
        row("the client's share of its core", [of_limit(result, "client") for result in results]),
    ]
    return table("The limit itself, on this machine", columns, rows, unit="as said", better="")


def tables_of(columns, results, programs, what):
    return [
        ratio_table(f"The server's CPU time for each of the {what}", columns, results, programs,
                    "cpu", "lower"),
        ratio_table(f"{what.capitalize()} a second", columns, results, programs, "rate", "higher"),
        limit_table(columns, results, what),
    ]
