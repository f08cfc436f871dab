"""An echo server that is the guest of a host with a clock of its own: guest.py COMMAND..."""
import sys

import echo
from server import Server, receive, run

COMMAND = sys.argv[1:]


def await_line(server, wanted):
    while (line := server.process.stdout.readline().decode()) != wanted:
        assert line.startswith("echoed "), line


def host_goes_on():
    """the host's clock goes on, whether the guest is idle or at work"""
    with Server(*COMMAND, arguments=["0.02"]) as server, server.connect() as client:
        for _ in range(3):
            await_line(server, "echoed 0 bytes\n")
        for i in range(1, 4):
            client.sendall(bytes(1000))
            assert receive(client, 1000) == bytes(1000)
            await_line(server, f"echoed {i * 1000} bytes\n")


def guest_goes_on():
    """the guest goes on while the host is always busy"""
    with Server(*COMMAND, arguments=["0.001"]) as server, server.connect() as client:
        for i in range(300):
            client.sendall(b"%d" % (i % 10))
            assert receive(client, 1) == b"%d" % (i % 10)
        await_line(server, "echoed 300 bytes\n")


if __name__ == "__main__":
    run(echo.CASES + [host_goes_on, guest_goes_on])
