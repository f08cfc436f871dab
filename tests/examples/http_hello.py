"""An HTTP server that says hello meets wrk, ab and strange clients: http_hello.py COMMAND..."""
import re
import shutil
import socket
import subprocess
import sys
import time

from server import PATIENCE, Server, receive, receive_all, reset, run, send_until_full

COMMAND = sys.argv[1:]
HEAD_SIZE = 8192
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
FAR_TOO_MUCH = 64 << 20


def serve():
    return Server(*COMMAND)


def answer(status="200 OK", kept=True, body=b"hello\n"):
    connection = "keep-alive" if kept else "close"
    head = f"HTTP/1.1 {status}\r\nContent-Length: 6\r\nConnection: {connection}\r\n\r\n"
    return head.encode() + body


def ask(server, request):
    """All that is answered until the server has closed."""
    with server.connect() as client:
        client.sendall(request)
        return receive_all(client)


def kept():
    """a connection is kept, one request after the other, until the client wants its end"""
    with serve() as server, server.connect() as client:
        for _ in range(20):
            client.sendall(GET)
            assert receive(client, len(answer())) == answer()
        client.sendall(LAST)
        assert receive_all(client) == answer(kept=False)


def pipelined():
    """requests that come at once are answered in order, none twice"""
    with serve() as server:
        assert ask(server, GET * 1000 + LAST) == answer() * 1000 + answer(kept=False)
        assert ask(server, LAST + GET) == answer(kept=False)


def in_pieces():
    """a request may come byte by byte, and cut anywhere"""
    with serve() as server, server.connect() as client:
        for i in range(len(GET)):
            client.sendall(GET[i:i + 1])
            time.sleep(0.001)
        assert receive(client, len(answer())) == answer()
        for cut in (1, len(GET) - 3, len(GET) - 1):
            client.sendall(GET + GET[:cut])
            time.sleep(0.01)
            client.sendall(GET[cut:])
            assert receive(client, 2 * len(answer())) == 2 * answer()


def half_a_request():
    """a client that goes in the midst of a request gets nothing, and nobody minds"""
    with serve() as server:
        with server.connect() as client:
            client.sendall(GET[:-1])
            client.shutdown(socket.SHUT_WR)
            assert receive_all(client) == b""
        for request in (b"", GET[:10], GET):
            client = server.connect()
            client.sendall(request)
            reset(client)
        assert ask(server, LAST) == answer(kept=False)


def bounded():
    """a head of 8192 bytes is taken, a longer one is refused, however it comes"""
    refused = answer("431 Request Header Fields Too Large", kept=False)
    with serve() as server:
        for size, expected in ((HEAD_SIZE, answer(kept=False)), (HEAD_SIZE + 1, refused)):
            head = LAST[:-4] + b"\r\nX: "
            request = head + b"x" * (size - len(head)) + b"\r\n\r\n"
            assert ask(server, request) == expected
            assert ask(server, GET + request) == answer() + expected
        with server.connect() as client:
            client.settimeout(PATIENCE)
            client.sendall(GET[:-2] + b"X: " + b"x" * (HEAD_SIZE * 2))
            assert receive_all(client) == refused


def versions():
    """of HTTP/1.0 a connection is kept on demand only"""
    with serve() as server:
        assert ask(server, b"GET / HTTP/1.0\r\n\r\n") == answer(kept=False)
        request = b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
        assert ask(server, request + LAST) == answer() + answer(kept=False)


def methods():
    """HEAD has no body; other methods are none; what has a body ends the connection"""
    with serve() as server:
        head = LAST.replace(b"GET", b"HEAD")
        assert ask(server, head) == answer(kept=False, body=b"")
        for field in (b"Content-Length: 5", b"transfer-encoding: chunked"):
            request = b"GET / HTTP/1.1\r\nHost: x\r\n" + field + b"\r\n\r\n"
            assert ask(server, request + GET) == answer(kept=False)
        refused = answer("501 Not Implemented", kept=False)
        assert ask(server, GET.replace(b"GET", b"BREW")) == refused


def nonsense():
    """what is no request is refused"""
    refused = answer("400 Bad Request", kept=False)
    with serve() as server:
        for request in (b"hello\r\n\r\n", b"GET /\r\n\r\n", b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                        b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0" * 100 + b"\r\n\r\n",
                        b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", b"GET / HTTP/1.10\r\nHost: x\r\n\r\n"):
            assert ask(server, request) == refused, request


def never_reads():
    """who asks and never reads has to wait, and costs nobody else anything"""
    with serve() as server, server.connect(room=4096) as client:
        assert send_until_full(client, GET * (FAR_TOO_MUCH // len(GET))) < FAR_TOO_MUCH
        server.assert_rests()
        assert ask(server, LAST) == answer(kept=False)


def ends():
    """TERM ends it, whoever is connected"""
    with serve() as server, server.connect() as idle:
        assert ask(server, LAST) == answer(kept=False)
        server.stop()
        assert receive_all(idle) == b""


def url(server):
    return "http://%s:%d/" % server.said["listening"]


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done
    return done.stdout


def wrk():
    """wrk gets its answers over 100 connections without an error"""
    with serve() as server:
        output = output_of("wrk", "-t1", "-c100", "-d1", url(server))
    assert int(re.search(r"(\d+) requests in", output)[1]) > 100, output
    assert "Socket errors" not in output and "Non-2xx" not in output, output


def ab():
    """ab does, too, with connections that are kept and with others"""
    for options in (["-k"], []):
        with serve() as server:
            output = output_of("ab", "-q", *options, "-c100", "-n3000", url(server))
        assert re.search(r"Complete requests: +3000\n", output), output
        assert re.search(r"Failed requests: +0\n", output), output
        assert "Non-2xx" not in output, output
        kept_alive = re.search(r"Keep-Alive requests: +(\d+)\n", output)
        assert (kept_alive and kept_alive[1]) == ("3000" if options else None), output


def missing(case, program):
    """The case, or one that says what it needs."""
    if shutil.which(program):
        return case

    def skipped():
        pass
    skipped.__doc__ = f"{case.__doc__} # skip {program} is not installed"
    return skipped


if __name__ == "__main__":
    run([kept, pipelined, in_pieces, half_a_request, bounded, versions, methods, nonsense,
         never_reads, ends, missing(wrk, "wrk"), missing(ab, "ab")])
