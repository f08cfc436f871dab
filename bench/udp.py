"""Compare echoes of datagrams with the limit: one socket, epoll, recvfrom() and sendto().

    udp.py BUILD LUA        a build directory with -Dbench=true, and the interpreter

Each round runs the limit, then a server, one after the other on the same machine; the ratio is
of those two. The median of the rounds is printed, with the lowest and the highest. The first row
is the limit against itself: what it says beside 1 is the noise.
"""
import statistics

from serving import serving

ROUNDS, REQUESTS = 15, 200_000
ROWS = (
    ("raw against raw", "raw_udp.c"),
    ("C: mio_loop_run", "mio_udp.c"),
    ("Lua: one buffer", "udp_buffer.lua"),
    ("Lua: strings", "udp_string.lua"),
    ("Lua: a batch", "udp_batch.lua"),
)


def rate(file):
    with serving(file, "-n", REQUESTS) as (_, line):
        return REQUESTS / float(line.split()[3])


def ratio(file):
    limit = rate("raw_udp.c")
    return rate(file) / limit


def main():
    print(f"datagrams echoed, against the limit; {ROUNDS} rounds of {REQUESTS}\n")
    for name, file in ROWS:
        ratios = [ratio(file) for _ in range(ROUNDS)]
        print(f"{name:20}{statistics.median(ratios):6.2f}   "
              f"({min(ratios):.2f} to {max(ratios):.2f})", flush=True)


main()
