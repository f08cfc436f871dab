"""A TCP proxy between clients and a server of ours: proxy.py COMMAND..."""
import contextlib
import random
import socket
import sys
import threading
import time

from server import (PATIENCE, Server, read_errors, receive, receive_all, reset, run,
                    send_until_full, spawn)

COMMAND = sys.argv[1:]
AT_ONCE = 10
MIB = 1 << 20
FAR_TOO_MUCH = 64 * MIB


class Upstream:
    """The server behind the proxy: accepts where the test wants it."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.listener.settimeout(PATIENCE)
        self.address = "%s:%d" % self.listener.getsockname()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self, patience=PATIENCE):
        self.listener.settimeout(patience)
        stream, _ = self.listener.accept()
        stream.settimeout(PATIENCE)
        return stream


@contextlib.contextmanager
def proxied():
    with Upstream() as upstream, Server(*COMMAND, upstream.address) as proxy:
        yield upstream, proxy


@contextlib.contextmanager
def connection(upstream, proxy):
    with proxy.connect() as client, upstream.accept() as server:
        yield client, server


def relays():
    """bytes go both ways, at the same time, whole and in order"""
    there = random.Random(1).randbytes(4 * MIB)
    back = random.Random(2).randbytes(4 * MIB)
    with proxied() as (upstream, proxy), connection(upstream, proxy) as (client, server):
        senders = [threading.Thread(target=client.sendall, args=(there,)),
                   threading.Thread(target=server.sendall, args=(back,))]
        got = []
        reader = threading.Thread(target=lambda: got.append(receive(server, len(there))))
        for thread in (*senders, reader):
            thread.start()
        assert receive(client, len(back)) == back
        for thread in (*senders, reader):
            thread.join()
        assert got == [there]


def half_close():
    """an end of one direction is passed on, and the other one goes on"""
    with proxied() as (upstream, proxy), connection(upstream, proxy) as (client, server):
        client.sendall(b"question")
        client.shutdown(socket.SHUT_WR)
        assert receive_all(server) == b"question"
        server.sendall(b"answer")
        assert receive(client, 6) == b"answer"
        server.shutdown(socket.SHUT_WR)
        assert receive_all(client) == b""


def resets():
    """an error of one end ends the other one"""
    with proxied() as (upstream, proxy):
        for breaks_off, stays in ((0, 1), (1, 0)):
            with connection(upstream, proxy) as ends:
                ends[0].sendall(b"x")
                assert receive(ends[1], 1) == b"x"
                reset(ends[breaks_off])
                with contextlib.suppress(ConnectionResetError):
                    assert receive_all(ends[stays]) == b""
        proxy.assert_rests()


def ten_at_once():
    """ten are served; the eleventh waits until one has left"""
    with proxied() as (upstream, proxy), contextlib.ExitStack() as stack:
        pairs = [stack.enter_context(connection(upstream, proxy)) for _ in range(AT_ONCE)]
        late = stack.enter_context(proxy.connect())
        late.sendall(b"late")
        with contextlib.suppress(TimeoutError):
            upstream.accept(0.5)
            raise AssertionError("eleven at once")
        for client, server in pairs[1:]:
            client.sendall(b"x")
            assert receive(server, 1) == b"x"
        for end in pairs[0]:
            end.close()
        with upstream.accept() as server:
            assert receive(server, 4) == b"late"
        proxy.assert_rests()


def slow_reader():
    """a reader that does not read slows the writer down: the proxy hoards nothing"""
    with proxied() as (upstream, proxy), connection(upstream, proxy) as (client, _):
        assert send_until_full(client, bytes(FAR_TOO_MUCH)) < FAR_TOO_MUCH
        proxy.assert_rests()
        with connection(upstream, proxy) as (other, server):
            other.sendall(b"x")
            assert receive(server, 1) == b"x"


def nobody_there():
    """where the server is not there, the client sees the end, and the proxy goes on"""
    with Upstream() as upstream:
        address = upstream.address
    with Server(*COMMAND, address) as proxy:
        for _ in range(3):
            with proxy.connect() as client:
                assert receive_all(client) == b""
        deadline = time.monotonic() + PATIENCE
        while proxy.errors().count("refused") < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        proxy.expected = proxy.errors()
        assert proxy.expected.splitlines() == [proxy.expected.splitlines()[0]] * 3


def ends_with_clients():
    """TERM ends it, whoever is connected"""
    with proxied() as (upstream, proxy), connection(upstream, proxy) as (client, server):
        client.sendall(b"x")
        assert receive(server, 1) == b"x"
        proxy.stop()
        assert receive_all(client) == receive_all(server) == b""


def says_what_is_wrong():
    """without the address of a server it fails, and says so"""
    process, errors = spawn(*COMMAND)
    with process, errors:
        assert process.wait(PATIENCE) == 1
        assert "usage" in read_errors(errors)


if __name__ == "__main__":
    run([relays, half_close, resets, ten_at_once, slow_reader, nobody_there, ends_with_clients,
         says_what_is_wrong])
