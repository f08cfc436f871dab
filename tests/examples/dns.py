"""A DNS server is asked by dig, and told nonsense: dns.py COMMAND..."""
import shutil
import socket
import subprocess
import sys
import tempfile

from server import PATIENCE, Server, run

COMMAND = sys.argv[1:]
ZONE = b"""# a comment
www.example.test  A     192.0.2.7
www.example.test  A     192.0.2.8   # two of them
www.example.test  AAAA  2001:db8::7
mapped.example.test AAAA ::ffff:192.0.2.7
text.example.test TXT   a text of some words
"""
ZONE += b"".join(b"big.example.test A 10.0.0.%d\n" % i for i in range(100))


def serve():
    file = tempfile.NamedTemporaryFile()
    file.write(ZONE)
    file.flush()
    server = Server(*COMMAND, arguments=(file.name,))
    server.file = file
    return server


def dig(server, *question):
    host, port = server.said["listening"]
    output = subprocess.run(
        ["dig", f"@{host}", "-p", str(port), "+tries=1", f"+time={PATIENCE}", *question],
        check=True, capture_output=True, text=True, timeout=PATIENCE).stdout
    return output


def short(server, *question):
    return sorted(dig(server, "+short", *question).split("\n")[:-1])


def answers():
    """dig gets the records of a name, by their type"""
    with serve() as server:
        assert short(server, "www.example.test", "A") == ["192.0.2.7", "192.0.2.8"]
        assert short(server, "WWW.example.TEST", "AAAA") == ["2001:db8::7"]
        assert short(server, "mapped.example.test", "AAAA") == ["::ffff:192.0.2.7"]
        assert short(server, "text.example.test", "TXT") == ['"a text of some words"']


def no_such():
    """a name that is not there, and a type that it does not have"""
    with serve() as server:
        assert "status: NXDOMAIN" in dig(server, "nobody.example.test", "A")
        output = dig(server, "text.example.test", "A")
        assert "status: NOERROR" in output and "ANSWER: 0" in output, output


def refused():
    """another class is refused"""
    with serve() as server:
        assert "status: REFUSED" in dig(server, "www.example.test", "CH", "A")


def too_big():
    """an answer that is too big says so"""
    with serve() as server:
        assert " tc" in dig(server, "+ignore", "big.example.test", "A")


def nonsense():
    """what is no question does not harm it, and no answer is answered"""
    with serve() as server, socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.connect(server.said["listening"])
        for size in (0, 1, 11, 12, 13, 40, 511, 512, 513, 60000):
            client.send(b"\0" * size)
            client.send(b"\0\0\0\0\0\1" + b"\x3f" * size)
            client.send(b"\xff" * size)  # "an answer"
        client.setblocking(False)
        assert short(server, "www.example.test", "AAAA") == ["2001:db8::7"]
        answers_got = 0
        try:
            while client.recv(65536):
                answers_got += 1
        except BlockingIOError:
            pass
        assert 0 < answers_got <= 20, answers_got
        server.assert_rests()


def many_at_once():
    """200 questions of one client are all answered"""
    question = b"\0\0\0\0\0\1\0\0\0\0\0\0\3www\7example\4test\0\0\1\0\1"
    with serve() as server, socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.connect(server.said["listening"])
        for turn in range(4):
            for i in range(50):
                client.send(bytes([turn, i]) + question)
            got = {client.recv(512)[:2] for _ in range(50)}
            assert got == {bytes([turn, i]) for i in range(50)}


if __name__ == "__main__":
    if not shutil.which("dig"):
        print("1..1\nok 1 # skip dig is not installed")
    else:
        run([answers, no_such, refused, too_big, nonsense, many_at_once])
