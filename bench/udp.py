"""Echo of datagrams: mio and its peers beside the limit, recvfrom() and sendto() on epoll.

    udp.py BUILD [--quick]      a build directory with -Dbench=true

The client keeps datagrams on their way and works in batches, so that the server is the
bottleneck.
"""
from compare import compare_loads, tables_of
from programs import UDP, UDP_LIMIT
from results import publish
from serving import session

SIZES = 64, 1400
WINDOW = 50


def opened_by(size):
    return lambda program: session(program, "-s", size, "-c", WINDOW, client="load_udp")


def main():
    columns = [f"{size} B" for size in SIZES]
    loads = [(f"{size} B", opened_by(size)) for size in SIZES]
    results = compare_loads("udp", UDP_LIMIT, UDP, loads)
    publish("udp", "Echo of datagrams", "limit = 1", "lower",
            tables_of(columns, results, UDP, "datagrams"),
            [f"{WINDOW} datagrams are on their way at any time.",
             "libuv and luv receive in batches; so does mio with batches, which also sends so."])


main()
