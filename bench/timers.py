"""Timers: what it costs to insert, reschedule, reset, cancel one, and to have it expire.

    timers.py BUILD [--quick]

Each round runs all programs one after the other, mio in C first; ratios are those within a
round, of processor time, which the machine's other programs touch little. Instructions are
exact.
"""
from phases import in_turns, instructions, is_there, known, median_of, ratio_of, tried, with_whys
from results import QUICK, progress, publish, row, table

SIZES = (1000, 10_000) if QUICK else (1000, 10_000, 100_000, 1_000_000)
ROUNDS = {1000: 12, 10_000: 12, 100_000: 12, 1_000_000: 3}
REPEATED = {1000: 10, 10_000: 3}  # within one process
COUNTED_MAX = 100_000  # under valgrind

CONTROL = "C: mio again"
PROGRAMS = (
    ("C: mio", "timers_mio"),
    (CONTROL, "timers_mio"),
    ("C: libev", "timers_libev"),
    ("C: libuv", "timers_libuv"),
    ("C: libevent", "timers_libevent"),
    ("Lua: mio", "timers_mio.lua"),
    ("Lua: luv", "timers_luv.lua"),
)
PHASES = "insert", "reschedule", "idle reset", "cancel", "expire"


def measure(size, programs, whys):
    rounds = 2 if QUICK else ROUNDS[size]
    return in_turns(f"timers: {size:,}", programs, rounds, whys, size, REPEATED.get(size, 1))


def table_of(phase, measured, programs):
    rows = [row(name, [median_of(taken[name], phase) for taken in measured.values()])
            for name, _ in programs]
    return table(f"{phase}, ns", [f"{size:,}" for size in measured], rows)


def ratios_of(phase, measured, programs):
    first = programs[0][0]
    rows = [row(name, [ratio_of(taken[name], taken[first], phase) for taken in measured.values()])
            for name, _ in programs[1:]]
    return table(f"{phase}, times of mio in C", [f"{size:,}" for size in measured], rows,
                 unit="times of mio in C", control=CONTROL)


def instructions_of(size, programs, whys):
    progress(f"timers: {size:,}, instructions")
    counted = {name: tried(whys, name, instructions, program, size, 1)
               for name, program in programs if name != CONTROL}
    rows = [row(name, [known([each[phase] / size] if phase in each else []) for phase in PHASES])
            for name, each in counted.items()]
    return table(f"instructions, {size:,} timers", PHASES, rows, unit="instructions")


def main():
    programs = [(name, program) for name, program in PROGRAMS if is_there(program)]
    whys = {}
    measured = {size: measure(size, programs, whys) for size in SIZES}
    tables = [kind(phase, measured, programs)
              for phase in PHASES for kind in (table_of, ratios_of)]
    tables.append(instructions_of(min(SIZES[-1], COUNTED_MAX), programs, whys))
    publish("timers", "Timers", "ns per operation", "lower", with_whys(tables, whys), [
        "Within a turn, as a handler does it. libuv, libev, libevent and luv reuse objects that "
        "were made before; mio makes its own, in Lua with a new object each.",
        "libevent resets by its common timeouts. mio moves a timer that was reset when its old "
        "time comes: that is part of what expiring costs.",
    ])


main()
