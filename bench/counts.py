"""Count what one request, one idle connection, and one operation cost.

    counts.py BUILD [--check | --record]

No clock is read, and server and client go in step (see lockstep.py): all requests of a round
are there before the server's wait brings them, so that the figures come out the same each time.
--check compares them with bench/counts.txt, and fails where one is worse; --record writes it.

    instructions    of user space, by valgrind; for Lua the least of three hash seeds: with some,
                    names that are looked up collide in a table
    system calls    by strace; one wait brings 50 events, so the waits are 0.02
    mallocs         by a library that is loaded before the C library's; also Lua's own
    Lua bytes       what is left to the collector, which stands still for this column only
    idle heap       chunks of malloc, the server's own and Lua's, for one more idle connection
    idle rss        what the process itself got from the kernel for it: resident, anonymous pages
"""
import pathlib
import re
import sys

import phases
import record
from lockstep import command_of, instructions, marked, regular, stepping, workplace
from results import BUILD, LUA, QUICK, progress, publish, row, summary, table

CONNECTIONS, WARM, ROUNDS = 50, 20, 200
COMPARES = "--check" in sys.argv or "--record" in sys.argv
SEEDS = (1,) if QUICK and not COMPARES else (1, 2, 3)
IDLE_FEW, IDLE_MANY = 100, 8_100

COLUMNS = "instructions", "system calls", "mallocs", "Lua bytes", "idle heap", "idle rss"

# What is measured, and the most that it should cost, column by column. Of the idle heap 48 bytes
# are the C servers' own, and 25 the Lua poll's table of registrations.
ROWS = (
    ("C: epoll itself, edge-triggered", "raw_epoll.c", ()),
    ("C: mio_poll", "mio_poll.c", (100, 2.1, 0, None, 48 + 64)),
    ("C: mio_loop_run", "mio_loop.c", (100, 2.1, 0, None, 48 + 64)),
    ("Lua: handlers, one buffer", "echo_buffer.lua", (1400, 2.1, 0, 0, 256)),
    ("Lua: handlers, strings", "echo_string.lua", (None, 2.1, 1, 89, 256)),
    ("Lua: poll, strings", "echo_poll.lua", (None, 2.1, 1, 89, 25 + 256)),
    ("Lua: tasks, one buffer", "echo_tasks.lua", (1400, 2.1, 0, 0, 2048)),
    ("Lua: tasks, strings", "echo_task_strings.lua", (None, 2.1, 1, 89, 2048)),
    ("UDP: epoll, recvfrom, sendto", "raw_udp.c", ()),
    ("UDP: C: mio_loop_run", "mio_udp.c", (None, 2.1, 0)),
    ("UDP: Lua: one buffer", "udp_buffer.lua", (None, 2.1, 0, 0)),
    ("UDP: Lua: strings", "udp_string.lua", (None, 2.1, 1, 89)),
    ("UDP: Lua: a batch", "udp_batch.lua", (None, 0.1, 0, 0)),
)

# What runs in one process, its arguments, and the names of what its phases do so many times.
OPERATIONS = (
    ("C: mio_poll", "dispatch_mio_poll", (100, 100, 20_000)),
    ("C: mio_loop_run", "dispatch_mio", (100, 100, 20_000)),
    ("Lua: handlers", "dispatch_mio.lua", (100, 100, 20_000)),
    ("C: timers", "timers_mio", (10_000, 1)),
    ("Lua: timers", "timers_mio.lua", (1000, 1)),
)
OPERATION_TARGETS = {("C: mio_poll", "read"): 60, ("Lua: handlers", "empty"): 450}

STRACE = "strace", "-f", "-o", "counted", "-e", "trace=!clock_nanosleep"


def is_lua(file):
    return file.endswith(".lua")


def system_calls(file):
    with workplace() as folder:
        with stepping(folder, file, CONNECTIONS, STRACE) as (server, clients):
            marked(server, clients, WARM, ROUNDS)
        parts = re.split(r"^.*getpgid\(-1\).*\n", (folder / "counted").read_text(), flags=re.M)
    return parts[1].count("\n")


def mallocs(file):
    with workplace() as folder:
        with stepping(folder, file, CONNECTIONS, counts_mallocs=True) as (server, clients):
            return marked(server, clients, WARM, ROUNDS)


def lua_memory(file, count):
    code = 'collectgarbage("stop") dofile("%s") print(collectgarbage("count") * 1024)'
    command = [LUA, "-e", code % command_of(file)[-1]]
    with workplace() as folder:
        with stepping(folder, file, CONNECTIONS, command=command) as (server, clients):
            for _ in range(count):
                clients.round()
        return float(server.process.stdout.read())


def lua_bytes(file):
    if not is_lua(file):
        return 0
    return lua_memory(file, WARM + ROUNDS) - lua_memory(file, WARM)


def idle_bytes(file, connections):
    """Of the heap, and of the process."""
    with workplace() as folder:
        with stepping(folder, file, 1, counts_mallocs=True) as (server, clients):
            clients.connect_idle(connections)
            rollup = pathlib.Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
            return server.mallocs.read()[1], int(re.search(r"Anonymous: +(\d+)", rollup)[1]) * 1024


def measure(file):
    """The figures of a row, column by column."""
    requests = CONNECTIONS * ROUNDS
    seeds = SEEDS if is_lua(file) else SEEDS[:1]
    yield min(regular(instructions, file, CONNECTIONS, WARM, ROUNDS, seed)
              for seed in seeds) / requests
    for count in system_calls, mallocs, lua_bytes:
        yield regular(count, file) / requests
    if "udp" in file:
        return  # there are no connections
    for few, many in zip(idle_bytes(file, IDLE_FEW), idle_bytes(file, IDLE_MANY)):
        yield (many - few) / (IDLE_MANY - IDLE_FEW)


def operations(name, program, args):
    """Phase by phase, the instructions of an operation; of a dispatch, of an event."""
    count = args[2] if "dispatch" in program else args[0]
    seeds = SEEDS if is_lua(program) else SEEDS[:1]
    runs = [phases.instructions(program, *args, seed=seed) for seed in seeds]
    for phase in runs[0]:
        if phase == "expire":
            continue  # from which slots of the wheel, depends on the clock
        yield f"{name}, {phase}", {"instructions": min(run[phase] for run in runs) / count}


def measure_all():
    """Row by row: its name, and its figures by the columns' names."""
    for name, file, _ in ROWS:
        progress(f"counting: {name}")
        yield name, dict(zip(COLUMNS, measure(file)))
    for name, program, args in OPERATIONS:
        progress(f"counting: {name}, {program}")
        yield from operations(name, program, args)


def missed(name, figures, targets):
    for column, target in zip(COLUMNS, targets):
        if target is not None and round(figures[column], 2) > target:
            yield f"missed: {name}: {figures[column]:.2f} {column}, at the most {target}"


def all_missed(counted):
    for name, _, targets in ROWS:
        yield from missed(name, counted[name], targets)
    for (name, phase), target in OPERATION_TARGETS.items():
        yield from missed(f"{name}, {phase}", counted[f"{name}, {phase}"], (target,))


def rows_of(counted, columns, servers):
    names = {name for name, _, _ in ROWS}
    return [row(name, [summary([figures[each]]) if each in figures else None for each in columns])
            for name, figures in counted.items() if (name in names) == servers]


def show(counted):
    publish("counts", "What a request and an operation cost", "counts", "lower", [
        table("an echo of 64 bytes, 50 at once", COLUMNS, rows_of(counted, COLUMNS, True)),
        table("in one process; dispatch of 100 pipes", COLUMNS[:1],
              rows_of(counted, COLUMNS[:1], False)),
    ], list(all_missed(counted)))


def main():
    with_what = record.made_with(BUILD, LUA)
    if "--check" in sys.argv and record.differs(with_what):
        sys.exit(print(record.differs(with_what)))
    counted = dict(measure_all())
    figures = {record.Figure(name, column): round(value, 2) for name, row in counted.items()
               for column, value in row.items() if column in record.TOLERANCE}
    if "--record" in sys.argv:
        record.write(with_what, figures)
    elif "--check" in sys.argv:
        worse = sorted(record.problems(record.read(), figures))
        print("\n".join(worse + [record.ADVICE] if worse else
                        [f"{len(figures)} figures, none worse than recorded"]))
        sys.exit(bool(worse))
    else:
        show(counted)


main()
