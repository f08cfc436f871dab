"""How cost grows: instructions per event from 10 to 10,000 connections, and per operation from
10^3 to 10^6 timers. Exact; flat, or else something is wrong.

    growth.py BUILD [--quick]
"""
import phases
from lockstep import instructions, regular
from results import QUICK, progress, publish, row, summary, table

CONNECTIONS = (10, 100, 1000) if QUICK else (10, 100, 1000, 10_000)
TIMERS = (1000, 10_000) if QUICK else (1000, 10_000, 100_000, 1_000_000)
LUA_TIMERS_MAX = 100_000  # a million take a minute under valgrind
EVENTS = 10_000
WARM = 10  # rounds

SERVERS = (
    ("C: epoll itself", "raw_epoll.c"),
    ("C: mio_loop_run", "mio_loop.c"),
    ("Lua: handlers, one buffer", "echo_buffer.lua"),
    ("Lua: tasks, one buffer", "echo_tasks.lua"),
)
PHASES = "insert", "reschedule", "idle reset", "cancel", "expire"

def per_request(file, connections):
    """Each connection has a request in each round."""
    progress(f"growth: {file}, {connections:,} connections")
    rounds = max(EVENTS // connections, 2)
    counted = regular(instructions, file, connections, WARM, rounds)
    return summary([counted / rounds / connections])


def per_operation(program, size):
    if program.endswith(".lua") and size > LUA_TIMERS_MAX:
        return {}
    progress(f"growth: {program}, {size:,} timers")
    return {phase: summary([total / size])
            for phase, total in phases.instructions(program, size, 1).items()}


def timers_table(name, program):
    counted = [per_operation(program, size) for size in TIMERS]
    rows = [row(phase, [each.get(phase) for each in counted]) for phase in PHASES]
    return table(f"{name}: instructions per operation, by timers",
                 [f"{size:,}" for size in TIMERS], rows)


def main():
    rows = [row(name, [per_request(file, size) for size in CONNECTIONS])
            for name, file in SERVERS]
    publish("growth", "How cost grows", "instructions", "lower", [
        table("instructions per request, by connections, each of which is active",
              [f"{size:,}" for size in CONNECTIONS], rows),
        timers_table("C", "timers_mio"),
        timers_table("Lua", "timers_mio.lua"),
    ], ["With 10 connections a wait, and what goes with a turn, is shared by 10 requests only; "
        "from 256 on a wait brings 256."])


main()
