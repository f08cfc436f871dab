"""An echo server of README.md does what is said there: readme.py STATUS COMMAND...

STATUS is how INT ends it: 0, or -2 where it does not look after signals.
"""
import contextlib
import os
import random
import signal
import socket
import sys
import time

from server import (PATIENCE, assert_rests, limit_descriptors, read_errors, receive,
                    receive_all, reset, run, send_until_full, spawn)

STATUS, *COMMAND = sys.argv[1:]
FAR_TOO_MUCH = 64 << 20  # more than the buffers of any kernel


def ports(pid):
    """The ports on which a process listens: these servers do not tell theirs."""
    folder = f"/proc/{pid}/fd"
    files = {os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)}
    with open(f"/proc/{pid}/net/tcp") as table:
        for line in table:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and f"socket:[{inode}]" in files:
                yield int(local.split(":")[1], 16)


def port_of(process):
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, "it ended instead of listening"
        assert time.monotonic() < deadline, "it does not listen"
        with contextlib.suppress(FileNotFoundError):  # it was just closing a file
            for port in ports(process.pid):
                return port
        time.sleep(0.02)


def assert_serves(address):
    with socket.create_connection(address, PATIENCE) as client:
        client.sendall(b"are you there?\n")
        assert receive(client, 15) == b"are you there?\n"


@contextlib.contextmanager
def serving():
    """A server that serves, and its address. INT ends it."""
    process, stderr = spawn(*COMMAND)
    with process, stderr:
        try:
            address = "127.0.0.1", port_of(process)
            assert_serves(address)
            yield process, address
            process.send_signal(signal.SIGINT)
            ended = process.wait(PATIENCE), read_errors(stderr)
            assert ended == (int(STATUS), ""), ended
        finally:
            process.kill()


@contextlib.contextmanager
def serve():
    """The same where the address is enough."""
    with serving() as (_, address):
        yield address


def late_reader():
    """all that a client sent before it read comes back, then the end; others need not wait"""
    data = random.Random(1).randbytes(FAR_TOO_MUCH)
    with serve() as address, socket.create_connection(address, PATIENCE) as client:
        sent = send_until_full(client, data)
        assert sent < len(data), "it hoards for a client that does not read"
        assert_serves(address)
        client.shutdown(socket.SHUT_WR)
        assert receive_all(client) == data[:sent]


def resets():
    """clients that break off leave no trace"""
    with serve() as address:
        for size in (0, 1000, FAR_TOO_MUCH):
            client = socket.create_connection(address, PATIENCE)
            send_until_full(client, bytes(size))
            reset(client)
        assert_serves(address)


def descriptor_limit():
    """with no free descriptor it goes on, does not spin, and takes new clients afterwards"""
    with serving() as (process, address), socket.create_connection(address, PATIENCE) as first:
        limit_descriptors(process, 24)
        clients = [socket.create_connection(address, PATIENCE) for _ in range(40)]
        assert_rests(process)
        first.sendall(b"still there?")
        assert receive(first, 12) == b"still there?"
        for client in clients:
            client.close()
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(ConnectionError):  # turned away as long as dead ones wait
                assert_serves(address)
                break
            assert time.monotonic() < deadline, "it turns everybody away"
            time.sleep(0.1)


def ends():
    """INT ends it, clients or not"""
    with serve():
        pass
    with serve() as address, socket.create_connection(address, PATIENCE) as client:
        send_until_full(client, bytes(FAR_TOO_MUCH))


if __name__ == "__main__":
    run([late_reader, resets, descriptor_limit, ends])
