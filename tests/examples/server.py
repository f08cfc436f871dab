"""An example as a process, clients that talk to it, and a report in TAP.

MIO_TEST_WRAPPER is a command that the examples run under: 'valgrind -q', for one.
"""
import os
import resource
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

PATIENCE = 100  # seconds after which something is taken not to come any more
WRAPPER = shlex.split(os.environ.get("MIO_TEST_WRAPPER", ""))


def spawn(*command, folder=None):
    """A process; its stderr goes to a file, so that it never waits for us to read."""
    errors = tempfile.TemporaryFile()
    process = subprocess.Popen([*WRAPPER, *command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=errors, cwd=folder)
    return process, errors


def failure(*command):
    """What a command says that ends with status 1."""
    process, errors = spawn(*command)
    with process, errors:
        status = process.wait(PATIENCE)
        text = read_errors(errors)
        assert status == 1, (status, text)
        return text


def read_errors(file):
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode()


def limit_descriptors(process, count):
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (count, count))


def seconds_used(process):
    with open(f"/proc/{process.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def assert_rests(process):
    """With nothing to do, it uses no time: a spinning loop would use all that it gets, for ever.
    What it has been sent before may take it a while."""
    for _ in range(60):
        used = seconds_used(process)
        time.sleep(1)
        used = seconds_used(process) - used
        if used < 0.1:
            return
    raise AssertionError(f"it was busy for {used} of 1 s with nothing to do")


class Server:
    """A server on a port of its own: `with Server(...) as server`.

    At the end it gets a signal, and must end with status 0, having said nothing on stderr but
    what was `expected` of it.
    """

    def __init__(self, *command, address="127.0.0.1:0", arguments=(), end=signal.SIGTERM):
        self.process, self.stderr = spawn(*command, address, *arguments)
        self.expected = ""
        self.end = end
        self.said = {}  # "listening on" -> address

    def __enter__(self):
        try:
            while "listening" not in self.said:
                line = self.process.stdout.readline().decode()
                assert line, f"it ended instead of listening: {self.errors()}"
                what, address = line.rstrip("\n").split(" on ")
                host, port = address.rsplit(":", 1)
                self.said[what] = (host, int(port))
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def __exit__(self, failure, *_):
        try:
            if failure is None:
                self.stop()
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.stderr.close()

    def stop(self):
        self.process.send_signal(self.end)
        status = self.process.wait(PATIENCE)
        assert (status, self.errors()) == (0, self.expected), (status, self.errors())

    def errors(self):
        return read_errors(self.stderr)

    def connect(self, room=None, what="listening"):
        """A client; with little `room`, in bytes, for what it has not read yet."""
        client = socket.socket()
        client.settimeout(PATIENCE)
        if room:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        client.connect(self.said[what])
        return client

    def limit_descriptors(self, count):
        limit_descriptors(self.process, count)

    def assert_rests(self):
        assert_rests(self.process)


def receive(client, size):
    """Just so many bytes, or fewer at the end."""
    data = bytearray()
    while len(data) < size:
        piece = client.recv(min(size - len(data), 65536))
        if not piece:
            break
        data += piece
    return bytes(data)


def receive_all(client):
    return receive(client, sys.maxsize)


def reset(client):
    """Close without a farewell: the server gets ECONNRESET."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def send_until_full(client, data):
    """Send until nothing has been taken for a while; returns how much was."""
    sent = 0
    client.settimeout(0.5)
    try:
        while sent < len(data):
            sent += client.send(data[sent:sent + 65536])
    except TimeoutError:
        pass
    client.settimeout(PATIENCE)
    return sent


def run(cases):
    """Each case is a function; its docstring says what it shows."""
    failed = 0
    print(f"1..{len(cases)}")
    for number, case in enumerate(cases, 1):
        try:
            case()
            outcome = "ok"
        except Exception:
            failed += 1
            outcome = "not ok"
            print("".join("# " + line for line in traceback.format_exc().splitlines(True)))
        print(outcome, number, "-", case.__doc__, flush=True)
    sys.exit(failed > 0)
