"""Echo of datagrams: mio and its peers beside the limit, recvfrom() and sendto() on epoll.

    udp.py BUILD [--quick]      a build directory with -Dbench=true

The client keeps datagrams on their way and works in batches, so that the server is the
bottleneck.
"""
from compare import Load, compare_loads, tables_of
from programs import UDP, UDP_LIMIT
from results import publish
from serving import session

SIZE, WINDOW = 64, 50


def opened(program):
    return session(program, "-s", SIZE, "-c", WINDOW, client="load_udp")


def main():
    column = f"{SIZE} B"
    results = compare_loads("udp", UDP_LIMIT, UDP, [Load(column, opened)])
    publish("udp", "Echo of datagrams", "limit = 1", "lower",
            tables_of([column], results, UDP, "datagrams"),
            [f"{WINDOW} datagrams are on their way at any time.",
             "libuv and luv receive in batches; so does mio with batches, which also sends so."])


main()
