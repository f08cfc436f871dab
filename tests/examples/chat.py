"""The chat gets its guests: chat.py COMMAND... FILE

It listens where its text says; here it gets a port of its own.
"""
import contextlib
import pathlib
import signal
import socket
import sys
import tempfile
import time

from readme import port_of
from server import PATIENCE, read_errors, receive, receive_all, run, send_until_full, spawn

*COMMAND, FILE = sys.argv[1:]
PROGRAM = pathlib.Path(FILE).read_text().replace("127.0.0.1:7000", "127.0.0.1:0")


@contextlib.contextmanager
def chat(end=signal.SIGTERM):
    """Its address; in the end it gets a signal, and ends with status 0."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(PROGRAM)
        file.flush()
        process, stderr = spawn(*COMMAND, file.name)
        with process, stderr:
            try:
                yield "127.0.0.1", port_of(process)
                process.send_signal(end)
                ended = process.wait(PATIENCE), read_errors(stderr)
                assert ended == (0, ""), ended
            finally:
                process.kill()


def guests(address, count):
    """So many who are in the room: the last one has heard the first."""
    sockets = [socket.create_connection(address, PATIENCE) for _ in range(count)]
    for guest in sockets[1:]:
        greet(sockets[0], guest)
    return sockets


def greet(speaker, listener):
    """Speak until the other one hears it, for he may not be in the room yet."""
    listener.settimeout(0.1)
    deadline = time.monotonic() + PATIENCE
    while True:
        speaker.sendall(b"hi\n")
        with contextlib.suppress(TimeoutError):
            assert receive(listener, 3) == b"hi\n"
            break
        assert time.monotonic() < deadline, "nobody hears"
    with contextlib.suppress(TimeoutError):
        while listener.recv(65536):
            pass
    listener.settimeout(PATIENCE)


def drain(client):
    client.settimeout(0.2)
    with contextlib.suppress(TimeoutError):
        while client.recv(65536):
            pass
    client.settimeout(PATIENCE)


def everybody_else_hears():
    """a line goes to all others, as a whole, and not to who says it"""
    with chat() as address:
        a, b, c = guests(address, 3)
        for guest in (a, b, c):
            drain(guest)
        b.sendall(b"one ")
        time.sleep(0.05)
        b.sendall(b"line\nanother\n")
        assert receive(a, 17) == b"one line\nanother\n"
        assert receive(c, 17) == b"one line\nanother\n"
        a.sendall(b"over\n")
        assert receive(b, 5) == b"over\n"
        for guest in (a, b, c):
            guest.close()


def too_long():
    """who sends a line without end is shown out; the others stay"""
    with chat() as address:
        a, b, c = guests(address, 3)
        send_until_full(b, bytes(100000))
        b.settimeout(PATIENCE)
        with contextlib.suppress(ConnectionResetError):
            receive_all(b)
        drain(c)
        a.sendall(b"still here\n")
        assert receive(c, 11) == b"still here\n"
        for guest in (a, b, c):
            guest.close()


def too_slow():
    """who does not read is dropped, and the others hear everything"""
    with chat() as address:
        slow, a, b = guests(address, 3)
        drain(b)
        drain(a)
        line = b"x" * 8000 + b"\n"
        for _ in range(2000):
            a.sendall(line)
            assert receive(b, len(line)) == line
        slow.settimeout(PATIENCE)
        with contextlib.suppress(ConnectionResetError):
            assert len(receive_all(slow)) < 2000 * len(line)
        for guest in (slow, a, b):
            guest.close()


def ends():
    """INT and TERM end it, at once where nobody is there"""
    for end in (signal.SIGINT, signal.SIGTERM):
        with chat(end):
            pass


def ends_after_grace():
    """guests who stay are shown out after five seconds"""
    start = time.monotonic()
    with chat() as address:
        guest, = guests(address, 1)
        time.sleep(0.1)
    assert receive_all(guest) == b""
    guest.close()
    assert time.monotonic() - start >= 4


if __name__ == "__main__":
    run([everybody_else_hears, too_long, too_slow, ends, ends_after_grace])
