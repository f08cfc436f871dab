"""The chat room gets its guests: multi_echo.py COMMAND..."""
import random
import signal
import socket
import sys
import threading
import time

from server import PATIENCE, Server, receive, receive_all, reset, run

COMMAND = sys.argv[1:]
LINE_MAX = 8192  # as in the example
LINE = b"x" * 1023 + b"\n"
QUEUE_LINES = 256  # as in the example


def serve(**options):
    return Server(*COMMAND, **options)


def name_of(client):
    return "%s:%d" % client.getsockname()


def enter(server, count, **options):
    """So many clients, all in the room: each says something, and all hear it."""
    clients = []
    for i in range(count):
        clients.append(server.connect(**options))
        clients[-1].sendall(b"%d\n" % i)
        for client in clients:
            expect(client, b"%d\n" % i)
    return clients


def expect(client, text):
    heard = receive(client, len(text))
    assert heard == text, (heard[:200], text[:200])


def wait_for_errors(server, text):
    deadline = time.monotonic() + PATIENCE
    while text not in server.errors():
        assert time.monotonic() < deadline, server.errors()
        time.sleep(0.02)
    server.expected = server.errors()


def close_all(clients):
    for client in clients:
        client.close()


def to_all():
    """a line goes to all clients, its sender too"""
    with serve() as server:
        clients = enter(server, 20)
        clients[3].sendall(b"hello\n")
        for client in clients:
            expect(client, b"hello\n")
        close_all(clients)


def pieces():
    """lines come whole and in order, however they are cut"""
    cuts = random.Random(3)
    text = b"".join(b"%d %s\n" % (i, b"y" * cuts.randrange(200)) for i in range(300))
    with serve() as server:
        one, two = enter(server, 2)
        rest = text
        while rest:
            size = cuts.randrange(1, 600)
            one.sendall(rest[:size])
            rest = rest[size:]
        expect(one, text)
        expect(two, text)
        close_all((one, two))


def no_newline():
    """a line that is not ended is not sent yet; at the end it is, and gets its newline"""
    with serve() as server:
        one, two = enter(server, 2)
        one.sendall(b"un")
        two.sendall(b"whole\n")
        expect(two, b"whole\n")
        one.sendall(b"ended")
        one.shutdown(socket.SHUT_WR)
        expect(two, b"unended\n")
        assert receive_all(one) == b"whole\nunended\n"
        close_all((one, two))


def longest_line():
    """a line of the maximal length passes"""
    line = b"z" * (LINE_MAX - 1) + b"\n"
    with serve() as server:
        one, two = enter(server, 2)
        one.sendall(line)
        expect(two, line)
        close_all((one, two))


def too_long():
    """a longer line, ended or not, is not said, and its client is dropped"""
    for cut in ((b"z" * LINE_MAX,),
                (b"z" * LINE_MAX + b"\nafter\n",),
                (b"z" * (LINE_MAX - 200), b"z" * 300 + b"\n")):
        with serve() as server:
            one, other = enter(server, 2)
            one.sendall(b"before\n")
            for piece in cut:
                one.sendall(piece)
                time.sleep(0.1)  # so that it comes by itself
            wait_for_errors(server, name_of(one) + ": line too long\n")
            other.sendall(b"now\n")
            expect(other, b"before\nnow\n")
            close_all((one, other))


def mebibyte():
    """a mebibyte of lines goes to all who read"""
    with serve() as server:
        clients = enter(server, 3)
        heard = []
        readers = [threading.Thread(target=lambda c=c: heard.append(receive(c, 1 << 20)))
                   for c in clients]
        for reader in readers:
            reader.start()
        for _ in range(1024):
            clients[0].sendall(LINE)
        for reader in readers:
            reader.join()
        assert heard == [LINE * 1024] * 3
        close_all(clients)


def lines_until_dropped(server, quick, slow):
    """How many lines it takes: what the kernel holds, and the queue."""
    said = 0
    while name_of(slow) not in server.errors():
        quick.sendall(LINE * 16)
        expect(quick, LINE * 16)
        said += 16
        assert said < 64 * 1024, "it hoards for a client that never reads"
    wait_for_errors(server, name_of(slow) + ": too slow\n")
    return said


def slow_client():
    """a client that does not read is dropped; the others miss nothing"""
    with serve() as server:
        quick, slow = enter(server, 2, room=16384)
        said = lines_until_dropped(server, quick, slow)
        try:
            heard = receive_all(slow)
            assert heard == (LINE * said)[:len(heard)]
        except ConnectionError:
            pass
        close_all((quick, slow))


def half_close():
    """a client that ends its side gets all that waits for it, then the end"""
    with serve() as server:
        quick, slow = enter(server, 2, room=16384)
        said = lines_until_dropped(server, quick, slow) - QUEUE_LINES // 2
        late = server.connect(room=16384)
        late.sendall(b"in\n")
        expect(late, b"in\n")
        expect(quick, b"in\n")
        for _ in range(said // 16):
            quick.sendall(LINE * 16)
            expect(quick, LINE * 16)
        late.shutdown(socket.SHUT_WR)
        server.assert_rests()
        assert receive_all(late) == LINE * said
        close_all((quick, slow, late))


def resets():
    """clients that break off leave no trace"""
    with serve() as server:
        listener, = enter(server, 1)
        for i in range(30):
            client = server.connect()
            if i % 2:
                client.sendall(b"half a li")
            reset(client)
        listener.sendall(b"quiet\n")
        expect(listener, b"quiet\n")
        server.assert_rests()
        listener.close()


def garbage():
    """bytes that are no text come through as they are"""
    noise = bytes(range(256)) + b"\0\0\n"
    with serve() as server:
        one, two = enter(server, 2)
        one.sendall(noise)
        expect(two, noise)
        close_all((one, two))


def ends_by_int():
    """INT ends it, guests or not"""
    ends_with_clients(signal.SIGINT)


def ends_by_term():
    """TERM ends it, guests or not"""
    ends_with_clients(signal.SIGTERM)


def ends_with_clients(end):
    with serve(end=end):
        pass
    with serve(end=end) as server:
        clients = enter(server, 5)
        clients[0].sendall(b"half a li")
        server.stop()
        close_all(clients)


if __name__ == "__main__":
    run([to_all, pieces, no_newline, longest_line, too_long, mebibyte, slow_client, half_close,
         resets, garbage, ends_by_int, ends_by_term])
