"""Dispatch: many pipes of which some are readable, as libevent's own benchmark has it.

    dispatch.py BUILD [--quick]

Each round runs all programs one after the other, epoll itself first; ratios are those within a
round, of processor time. "Read" reads a byte and writes one to the next pipe, "empty" leaves it
there: the dispatch alone. Instructions are exact, and without those of the kernel.
"""
from phases import in_turns, instructions, is_there, known, median_of, ratio_of, tried, with_whys
from results import QUICK, progress, publish, row, table

SHAPES = ((100, 1), (100, 100), (1000, 1), (1000, 100), (9000, 1), (9000, 100))
EVENTS = 20_000
ROUNDS = 2 if QUICK else 11
PHASES = "read", "empty"

LIMIT, CONTROL = "C: epoll", "C: epoll again"
PROGRAMS = (
    (LIMIT, "dispatch_raw"),
    (CONTROL, "dispatch_raw"),
    ("C: mio_poll", "dispatch_mio_poll"),
    ("C: mio_loop_run", "dispatch_mio"),
    ("C: libev", "dispatch_libev"),
    ("C: libuv", "dispatch_libuv"),
    ("C: libevent", "dispatch_libevent"),
    ("Lua: mio", "dispatch_mio.lua"),
    ("Lua: luv", "dispatch_luv.lua"),
    ("Lua: cqueues", "dispatch_cqueues.lua"),
)
COLUMNS = [f"{count:,}, {active} active" for count, active in SHAPES]


def measure(shape, programs, whys):
    what = f"dispatch: {shape[0]:,} pipes, {shape[1]} active"
    return in_turns(what, programs, ROUNDS, whys, *shape, EVENTS)


def ns_of(phase, measured, programs):
    rows = [row(name, [median_of(taken[name], phase) for taken in measured])
            for name, _ in programs]
    return table(f"{phase}, ns", COLUMNS, rows)


def ratios_of(phase, measured, programs):
    rows = [row(name, [ratio_of(taken[name], taken[LIMIT], phase) for taken in measured])
            for name, _ in programs[1:]]
    return table(f"{phase}, times of epoll itself", COLUMNS, rows, unit="times of epoll itself",
                 control=CONTROL)


def instructions_of(programs, whys):
    rows = []
    for name, program in programs:
        if name == CONTROL:
            continue
        progress(f"dispatch: instructions: {name}")
        counted = [tried(whys, name, instructions, program, 100, active, EVENTS)
                   for active in (1, 100)]
        rows.append(row(name, [known([each[phase] / EVENTS] if phase in each else [])
                               for each in counted for phase in PHASES]))
    columns = [f"{phase}, {active} active" for active in (1, 100) for phase in PHASES]
    return table("instructions, 100 pipes", columns, rows, unit="instructions")


def main():
    programs = [(name, program) for name, program in PROGRAMS if is_there(program)]
    whys = {}
    measured = [measure(shape, programs, whys) for shape in SHAPES]
    tables = [kind(phase, measured, programs)
              for phase in PHASES for kind in (ns_of, ratios_of)]
    tables.append(instructions_of(programs, whys))
    publish("dispatch", "Dispatch of ready pipes", "ns per event", "lower",
            with_whys(tables, whys), [
                "cqueues makes no pipes: pairs of sockets stand for them. It reads ahead, so that "
                "it cannot read byte by byte. luv has no plain read for what it polls.",
            ])


main()
