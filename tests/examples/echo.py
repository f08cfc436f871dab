"""An echo server gets its clients: echo.py COMMAND..."""
import random
import signal
import socket
import sys
import threading
import time

from server import PATIENCE, Server, failure, receive, receive_all, reset, run, send_until_full

COMMAND = sys.argv[1:]
MIB = 1 << 20
FAR_TOO_MUCH = 64 * MIB  # more than the buffers of any kernel


def serve(**options):
    return Server(*COMMAND, **options)


def bytes_of(size, seed=1):
    return random.Random(seed).randbytes(size)


def assert_serves(server):
    with server.connect() as client:
        client.sendall(b"are you there?\n")
        assert receive(client, 15) == b"are you there?\n"


def assert_serves_soon(server):
    """Turned away as long as dead clients wait before it, a client comes again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return assert_serves(server)
        except ConnectionError:
            assert time.monotonic() < deadline, "it turns everybody away"
            time.sleep(0.1)


def one_message():
    """a message comes back"""
    with serve() as server:
        assert_serves(server)


def many_messages():
    """messages of any size come back in order, whatever their bytes"""
    sizes = random.Random(2)
    with serve() as server, server.connect() as client:
        for i in range(300):
            message = bytes_of(sizes.choice((1, 2, 100, 4096, 65536)), i)
            client.sendall(message)
            assert receive(client, len(message)) == message


def many_clients():
    """each of 300 clients gets its own"""
    with serve() as server:
        clients = [server.connect() for _ in range(300)]
        for turn in range(3):
            for i, client in enumerate(clients):
                client.sendall(bytes_of(64, turn * 1000 + i))
            for i, client in enumerate(clients):
                assert receive(client, 64) == bytes_of(64, turn * 1000 + i)
        for client in clients:
            client.close()
        assert_serves(server)


def late_reader():
    """a reader that comes late misses nothing of 8 MiB"""
    data = bytes_of(8 * MIB)
    with serve() as server, server.connect(room=16384) as client:
        sender = threading.Thread(target=client.sendall, args=(data,))
        sender.start()
        time.sleep(0.5)
        assert_serves(server)
        assert receive(client, len(data)) == data
        sender.join()


def half_close():
    """a client that ends its side gets everything back, then the end"""
    data = bytes_of(MIB)
    with serve() as server, server.connect(room=16384) as client:

        def send():
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(0.2)
        assert receive_all(client) == data
        sender.join()


def nothing_said():
    """a client that says nothing and ends its side gets the end"""
    with serve() as server, server.connect() as client:
        client.shutdown(socket.SHUT_WR)
        assert receive_all(client) == b""


def never_reads():
    """the server does not hoard for a client that never reads, nor spin, nor forget others"""
    data = bytes_of(FAR_TOO_MUCH)
    with serve() as server, server.connect(room=16384) as client:
        sent = send_until_full(client, data)
        assert sent < len(data)
        server.assert_rests()
        client.shutdown(socket.SHUT_WR)
        server.assert_rests()
        assert_serves(server)
        assert receive_all(client) == data[:sent]


def resets():
    """clients that break off in the midst leave no trace"""
    with serve() as server:
        for i in range(60):
            client = server.connect(room=4096)
            if i % 3 == 1:
                client.sendall(b"x" * 1000)
            elif i % 3 == 2:
                client.setblocking(False)
                client.send(b"x" * 100000)
            reset(client)
        assert_serves(server)
        server.assert_rests()


def resets_when_full():
    """a client that never reads may break off, too"""
    with serve() as server:
        client = server.connect(room=4096)
        assert send_until_full(client, bytes(FAR_TOO_MUCH)) < FAR_TOO_MUCH
        reset(client)
        assert_serves(server)
        server.assert_rests()


def descriptor_limit():
    """with no free descriptor it goes on, does not spin, and takes new clients afterwards"""
    with serve() as server:
        with server.connect() as first:
            server.limit_descriptors(24)
            clients = [server.connect() for _ in range(40)]
            server.assert_rests()
            first.sendall(b"still there?")
            assert receive(first, 12) == b"still there?"
            for client in clients:
                client.close()
        assert_serves_soon(server)


def ends_by_int():
    """INT ends it, clients or not"""
    ends_with_clients(signal.SIGINT)


def ends_by_term():
    """TERM ends it, clients or not"""
    ends_with_clients(signal.SIGTERM)


def ends_with_clients(end):
    with serve(end=end):
        pass
    with serve(end=end) as server:
        idle, stuck = server.connect(), server.connect(room=4096)
        send_until_full(stuck, bytes(FAR_TOO_MUCH))
        server.stop()
        assert receive_all(idle) == b""
        idle.close()
        stuck.close()


def address_in_use():
    """a second server at one address says what is wrong, and fails"""
    with serve() as server:
        address = "%s:%d" % server.said["listening"]
        assert address in failure(*COMMAND, address)
        assert_serves(server)


def serves_at_once_again():
    """it can be started again at its address at once"""
    with serve() as server, server.connect() as client:
        client.sendall(b"x")
        receive(client, 1)
        address = "%s:%d" % server.said["listening"]
        server.stop()
        with serve(address=address) as second:
            assert_serves(second)


CASES = [one_message, many_messages, many_clients, late_reader, half_close, nothing_said,
         never_reads, resets, resets_when_full, descriptor_limit, ends_by_int, ends_by_term,
         address_in_use, serves_at_once_again]

if __name__ == "__main__":
    run(CASES)
