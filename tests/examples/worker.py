"""Primes, counted by a thread: worker.py COMMAND..."""
import sys
import time

from server import Server, receive, run

COMMAND = sys.argv[1:]


def ask(client, question, answer):
    client.sendall(question)
    assert receive(client, len(answer)) == answer, question


def one_client():
    """numbers are answered in order"""
    with Server(*COMMAND) as server, server.connect() as client:
        ask(client, b"10\n", b"4\n")
        ask(client, b"1\n2\n1000\n", b"0\n1\n168\n")
        ask(client, b"what?\n", b"a number, please\n")
        for _ in range(100):
            ask(client, b"100\n", b"25\n")


def several_clients():
    """each gets its own answers"""
    with Server(*COMMAND) as server:
        clients = [server.connect() for _ in range(20)]
        for client in clients:
            client.sendall(b"100000\n")
        for client in clients:
            assert receive(client, 5) == b"9592\n"
            client.close()


def a_client_that_leaves():
    """the answer of one who left is nobody's"""
    with Server(*COMMAND) as server:
        with server.connect() as client:
            client.sendall(b"100000\n")
        with server.connect() as client:
            ask(client, b"10\n", b"4\n")


def ended_while_working():
    """a signal ends it long before all work is done"""
    with Server(*COMMAND) as server, server.connect() as client:
        start = time.monotonic()
        ask(client, b"1000000\n", b"78498\n")
        one = time.monotonic() - start
        client.sendall(b"1000000\n" * 200)
        assert receive(client, 6) == b"78498\n"  # the worker is at it
        start = time.monotonic()
        server.stop()
        assert time.monotonic() - start < 100 * one


def huge_numbers():
    """a number that would keep the worker busy is refused, and holds nobody up"""
    with Server(*COMMAND) as server, server.connect() as client:
        for number in (b"1000001", b"9223372036854775807", b"1e15"):
            ask(client, number + b"\n", b"at most 1000000, please\n")
        ask(client, b"-9223372036854775808\n", b"0\n")
        ask(client, b"10\n", b"4\n")


if __name__ == "__main__":
    run([one_client, several_clients, a_client_that_leaves, ended_while_working,
         huge_numbers])
