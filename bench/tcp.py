"""Echo over TCP: mio and its peers beside the limit.

    tcp.py BUILD [--quick]      a build directory with -Dbench=true

Every connection sends a message, waits for all of its echo, and sends the next. The latencies
are at a fixed rate instead, the same one for all programs, and count from the time at which a
request ought to have begun: see bench/pace.h.
"""
from compare import STARTS, Load, compare_loads, of_limit, tables_of
from programs import ECHO, ECHO_LIMIT
from results import QUICK, progress, publish, row, summary, table
from serving import Failed, session

LOADS = ((64, 50), (64, 1000), (65536, 50)) if QUICK else tuple(
    (size, count) for size in (64, 65536) for count in (1, 50, 1000, 8000))
LATENCY_LOADS = ((64, 50),) if QUICK else ((64, 50), (64, 1000))
LATENCY_SECONDS, LATENCY_TURNS = (0.3, 1) if QUICK else (0.5, 2)
SHARE = 0.3  # of the requests that the limit does in a second
LATENCIES = "p50", "p99", "p99.9", "max"


def title_of(size, count):
    return f"{size} B × {count}" if size < 1024 else f"{size // 1024} KiB × {count}"


def opened_by(size, count):
    return lambda program: session(program, "-s", size, "-c", count)


def measure_latencies(program, opened, rate):
    """A list of turns."""
    turns = []
    for _ in range(STARTS):
        with opened(program) as each:
            each.turn(seconds=LATENCY_SECONDS / 2, rate=rate)
            turns += [each.turn(seconds=LATENCY_SECONDS, rate=rate) for _ in range(LATENCY_TURNS)]
    return turns


def latency_row(program, title, opened, rate):
    progress(f"tcp: latency, {title}: {program.name}")
    try:
        turns = measure_latencies(program, opened, rate)
    except Failed as failed:
        return row(program.name, [None] * len(LATENCIES), str(failed))
    return row(program.name, [summary([turn[key] for turn in turns]) for key in LATENCIES])


def latency_table(result, size, count):
    """At a share of the rate that the limit had under this load."""
    title = title_of(size, count)
    rate = round(SHARE * of_limit(result, "rate")["median"], -3)
    opened = opened_by(size, count)
    rows = [latency_row(program, title, opened, rate) for program in (ECHO_LIMIT, *ECHO)]
    return table(f"Latency of {title} connections at {rate:,.0f} requests a second", LATENCIES,
                 rows, unit="µs", better="lower")


def main():
    columns = [title_of(*load) for load in LOADS]
    loads = [Load(title_of(*load), opened_by(*load)) for load in LOADS]
    results = dict(zip(LOADS, compare_loads("tcp", ECHO_LIMIT, ECHO, loads)))
    tables = tables_of(columns, list(results.values()), ECHO, "requests")
    tables += [latency_table(results[load], *load) for load in LATENCY_LOADS
               if results[load].samples]
    publish("tcp", "Echo over TCP", "limit = 1", "lower", tables, [
        "A column is a size of messages and a number of connections.",
        "The client needs as much of its core for a request as the limit does, nearly all of it in "
        "the kernel. So in requests a second none can be seen to be faster than the limit, and "
        "the slower ones are seen as they are; the CPU time tells more.",
    ])


main()
