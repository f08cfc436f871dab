"""An echo server with an idle limit gets silent clients: echo_idle.py COMMAND...

Its command takes the limit, in seconds, before the address.
"""
import sys
import time

from server import Server, receive, receive_all, run

COMMAND = sys.argv[1:]


def serve(seconds):
    return Server(*COMMAND, str(seconds))


def silent():
    """who says nothing for so long is shown out, not before"""
    with serve(1) as server:
        start = time.monotonic()
        with server.connect() as client:
            assert receive_all(client) == b""
            assert time.monotonic() - start > 0.9
        with server.connect() as client:
            client.sendall(b"hello")
            assert receive_all(client) == b"hello"


def talking():
    """who goes on talking stays, longer than the limit"""
    with serve(2) as server, server.connect() as client:
        start = time.monotonic()
        while time.monotonic() - start < 3:
            client.sendall(b"x")
            assert receive(client, 1) == b"x"
            time.sleep(0.05)


def one_of_many():
    """only the silent ones have to go"""
    with serve(2) as server:
        silent_ones = [server.connect() for _ in range(20)]
        with server.connect() as talker:
            start = time.monotonic()
            while time.monotonic() - start < 3:
                talker.sendall(b"x")
                assert receive(talker, 1) == b"x"
                time.sleep(0.05)
            for client in silent_ones:
                assert receive_all(client) == b""
                client.close()
        server.assert_rests()


if __name__ == "__main__":
    run([silent, talking, one_of_many])
