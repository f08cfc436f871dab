"""Count what one request, and one idle connection, cost a server.

    counts.py BUILD LUA     a build directory with -Dbench=true, and the interpreter

No clock is read. A server runs under a tool that counts, once for few requests and once for
many; the difference divided by the requests in between is free of the start and the end.

    instructions    of user space, by valgrind; the median of three runs, for Lua's hash tables
                    are laid out by a seed that is another one each time
    system calls    by strace. One wait brings up to 50 events, so the waits are 0.02 at the least,
                    and more for a server that keeps up with its client
    mallocs         by a library that is loaded before the C library's; also Lua's own
    Lua bytes       what is left to the collector, which stands still for this column only
    idle heap       chunks of malloc, the server's own and Lua's, for one more idle connection
    idle rss        what the process itself got from the kernel for it: resident, anonymous pages
"""
import os
import pathlib
import re
import statistics
import struct
import tempfile
from contextlib import contextmanager

from serving import BUILD, LUA, command_of, serving

FEW, MANY = 2_000, 12_000  # requests, over 50 connections, of 64 bytes
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


def report_of(tool, file, requests):
    """What a tool, which is told the name of a file, has written there when the server ended."""
    with tempfile.NamedTemporaryFile("r") as report:
        command = [arg.format(report.name) for arg in tool] + command_of(file)
        with serving(file, "-n", requests, command=command):
            pass
        return report.read()


def instructions(file, requests):
    tool = ["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file={}"]
    return int(re.search(r"^totals: (\d+)", report_of(tool, file, requests), re.M)[1])


def system_calls(file, requests):
    tool = ["strace", "-c", "-f", "-o", "{}"]
    return int(re.search(r"(\d+) +(\d+ +)?total$", report_of(tool, file, requests), re.M)[1])


@contextmanager
def counting_mallocs(file, *load):
    """Run a server as serving() does, and yield also its calls of malloc and the bytes in use."""
    with tempfile.NamedTemporaryFile("rb") as counts:
        os.truncate(counts.name, 16)
        preload = ["env", f"LD_PRELOAD={BUILD}/bench/count_malloc.so",
                   f"MIO_BENCH_COUNTS={counts.name}"]
        with serving(file, *load, command=preload + command_of(file)) as (server, _):
            yield server, *struct.unpack("QQ", counts.read())


def mallocs(file, requests):
    with counting_mallocs(file, "-n", requests) as (_, calls, _):
        return calls


def lua_bytes(file, requests):
    if not file.endswith(".lua"):
        return 0
    code = 'collectgarbage("stop") dofile("%s") print(collectgarbage("count") * 1024)'
    command = [LUA, "-e", code % command_of(file)[-1]]
    with serving(file, "-n", requests, command=command) as (server, _):
        pass
    return float(server.stdout.read())


def idle_bytes(file, connections):
    """Of the heap, and of the process."""
    load = "-i", connections, "-c", 1, "-n", 1
    with counting_mallocs(file, *load) as (server, _, heap):
        rollup = pathlib.Path(f"/proc/{server.pid}/smaps_rollup").read_text()
    return heap, int(re.search(r"Anonymous: +(\d+) kB", rollup)[1]) * 1024


def per_request(count, file):
    return (count(file, MANY) - count(file, FEW)) / (MANY - FEW)


def measure(file):
    yield statistics.median(per_request(instructions, file) for _ in range(3))
    for count in system_calls, mallocs, lua_bytes:
        yield per_request(count, file)
    if "udp" in file:
        return  # there are no connections
    for few, many in zip(idle_bytes(file, IDLE_FEW), idle_bytes(file, IDLE_MANY)):
        yield (many - few) / (IDLE_MANY - IDLE_FEW)


def cell(column, value, target):
    digits = 2 if column in ("system calls", "mallocs") else 0
    if target is None:
        return f"{value:.{digits}f}"
    mark = "" if round(value, digits) <= target else " !"
    return f"{value:.{digits}f} / {target}{mark}"


def main():
    print("measured / at the most (! = missed)\n")
    print(f"{'':32}" + "".join(f"{column:>16}" for column in COLUMNS))
    for name, file, targets in ROWS:
        targets += (None,) * (len(COLUMNS) - len(targets))
        cells = map(cell, COLUMNS, measure(file), targets)
        print(f"{name:32}" + "".join(f"{text:>16}" for text in cells), flush=True)


main()
