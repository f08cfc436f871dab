"""The filter between all kinds of files: upper.py COMMAND..."""
import fcntl
import os
import pty
import random
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time

from server import PATIENCE, WRAPPER, run

COMMAND = [*WRAPPER, *sys.argv[1:]]
MIB = 1 << 20


class Filter:
    """The filter with these standard streams; at the end, it has ended with a status."""

    def __init__(self, stdin, stdout, status=0):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(COMMAND, stdin=stdin, stdout=stdout, stderr=self.errors)
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.status = status

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        try:
            if failure is None:
                status = self.process.wait(PATIENCE)
                errors = os.pread(self.errors.fileno(), 10000, 0)
                assert (status, errors) == (self.status, b""), (status, errors)
        finally:
            self.process.kill()
            self.process.wait()
            for file in (self.stdin, self.stdout, self.errors):
                if file:
                    file.close()


def pipes(status=0):
    return Filter(subprocess.PIPE, subprocess.PIPE, status)


def text_of(size):
    return random.Random(size).choices(b"abcXYZ \n", k=size)


def blocks(file):
    return not fcntl.fcntl(file, fcntl.F_GETFL) & os.O_NONBLOCK


def seconds_used(process):
    with open(f"/proc/{process.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def one_line():
    """a line comes back while the input is open, then the end"""
    with pipes() as upper:
        upper.stdin.write(b"hello\n")
        upper.stdin.flush()
        assert upper.stdout.readline() == b"HELLO\n"
        upper.stdin.write(b"last words")
        upper.stdin.close()
        assert upper.stdout.read() == b"LAST WORDS"


def writer_gone_before():
    """what was written by one who is gone is still read"""
    reader, writer = os.pipe()
    os.write(writer, b"gone")
    os.close(writer)
    with os.fdopen(reader) as stdin, Filter(stdin, subprocess.PIPE) as upper:
        assert upper.stdout.read() == b"GONE"


def much():
    """8 MiB come out whole and in order"""
    data = bytes(text_of(8 * MIB))
    with pipes() as upper:

        def send():
            upper.stdin.write(data)
            upper.stdin.close()

        sender = threading.Thread(target=send)
        sender.start()
        assert upper.stdout.read() == data.upper()
        sender.join()


def slow_reader():
    """a reader that does not read stops the writer, and nothing is hoarded or lost"""
    data = bytes(text_of(MIB))
    with pipes() as upper:
        upper.stdin.write(b"x")
        upper.stdin.flush()
        assert upper.stdout.read(1) == b"X"  # it has begun
        os.set_blocking(upper.stdin.fileno(), False)
        sent = 0
        progress = time.monotonic()
        while time.monotonic() < progress + 0.5:
            try:
                sent += os.write(upper.stdin.fileno(), data[sent:sent + 4096])
                progress = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
        assert sent < 512 * 1024, sent
        used = seconds_used(upper.process)
        time.sleep(0.4)
        assert seconds_used(upper.process) - used < 0.2, "it is busy with nothing to do"
        upper.stdin.close()
        assert upper.stdout.read() == data[:sent].upper()


def idle():
    """with nothing to read it rests"""
    with pipes() as upper:
        upper.stdin.write(b"x")
        upper.stdin.flush()
        assert upper.stdout.read(1) == b"X"
        used = seconds_used(upper.process)
        time.sleep(0.4)
        assert seconds_used(upper.process) - used < 0.2, "it is busy with nothing to do"
        upper.stdin.close()


def reader_gone():
    """a reader that has had enough ends it, by no signal and without a word"""
    with pipes(status=1) as upper:
        upper.stdin.write(b"some\n")
        upper.stdin.flush()
        assert upper.stdout.readline() == b"SOME\n"
        upper.stdout.close()
        upper.stdin.write(b"more\n")
        upper.stdin.close()


def reader_gone_when_full():
    """so does one that goes while it waits for room"""
    with pipes(status=1) as upper:
        os.set_blocking(upper.stdin.fileno(), False)
        for _ in range(100):
            try:
                os.write(upper.stdin.fileno(), b"x" * 4096)
            except BlockingIOError:
                time.sleep(0.01)
        upper.stdout.close()


def flags_stay():
    """the pipes of others do not become non-blocking, during its life and after it"""
    reader, writer = os.pipe()
    with pipes() as upper:
        upper.stdin.write(b"x")
        upper.stdin.flush()
        assert upper.stdout.read(1) == b"X"
        assert blocks(upper.stdin) and blocks(upper.stdout)
        upper.stdin.close()
    script = '(printf one; sleep 0.3; printf two) | (head -c 3 >&2; "$@"; printf three)'
    done = subprocess.run(["sh", "-c", script, "sh", *COMMAND], stdout=writer,
                          stderr=subprocess.DEVNULL, timeout=PATIENCE)
    assert done.returncode == 0
    assert blocks(writer)
    assert os.read(reader, 100) == b"TWOthree"
    os.close(reader)
    os.close(writer)


def files():
    """files are read from where they are to their end, and appended to"""
    data = bytes(text_of(3 * MIB))
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
        source.write(data)
        source.flush()
        source.seek(10)
        target.write(b"before ")
        target.flush()
        with Filter(source, target):
            pass
        target.write(b" after")
        target.flush()
        target.seek(0)
        assert target.read() == b"before " + data[10:].upper() + b" after"


def devices():
    """/dev/null gives nothing and takes everything; /dev/full is an error, told"""
    with open("/dev/null", "r+b", buffering=0) as null:
        with Filter(null, null):
            pass
        with Filter(subprocess.PIPE, null) as upper:
            upper.stdin.write(b"x" * MIB)
            upper.stdin.close()
    with open("/dev/full", "wb") as full:
        done = subprocess.run(COMMAND, input=b"x", stdout=full, stderr=subprocess.PIPE,
                              timeout=PATIENCE)
        assert (done.returncode, done.stderr) == (1, b"writing: no space left\n"), done


def sockets():
    """a socket may be both input and output"""
    ours, theirs = socket.socketpair()
    with ours, Filter(theirs, theirs):
        theirs.close()
        ours.settimeout(PATIENCE)
        ours.sendall(b"hello")
        assert ours.recv(100) == b"HELLO"
        ours.shutdown(socket.SHUT_WR)
        assert ours.recv(100) == b""


def fifo():
    """a named pipe whose writer is gone before comes to its end"""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "fifo")
        os.mkfifo(path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writer = os.open(path, os.O_WRONLY)
        os.set_blocking(reader, True)
        os.write(writer, b"gone")
        os.close(writer)
        with os.fdopen(reader) as stdin, Filter(stdin, subprocess.PIPE) as upper:
            assert upper.stdout.read() == b"GONE"


def terminal():
    """a terminal gives lines and its end, and stays blocking"""
    master, slave = pty.openpty()
    plain = termios.tcgetattr(slave)
    plain[3] &= ~termios.ECHO
    plain[1] &= ~termios.OPOST
    termios.tcsetattr(slave, termios.TCSANOW, plain)
    with Filter(slave, slave):
        os.write(master, b"hello\n")
        assert os.read(master, 100) == b"HELLO\n"
        assert not fcntl.fcntl(slave, fcntl.F_GETFL) & os.O_NONBLOCK
        os.write(master, b"\x04")
    os.close(master)
    os.close(slave)


def signals():
    """INT and TERM end it, whatever it waits for"""
    for number in (signal.SIGINT, signal.SIGTERM):
        with pipes(status=1) as upper:
            upper.stdin.write(b"x")
            upper.stdin.flush()
            assert upper.stdout.read(1) == b"X"
            upper.process.send_signal(number)
    with tempfile.TemporaryFile() as endless, open("/dev/null", "wb") as null:
        endless.truncate(1 << 40)
        with Filter(endless, null, status=1) as upper:
            while os.lseek(endless.fileno(), 0, os.SEEK_CUR) == 0:  # it has not begun
                time.sleep(0.01)
            upper.process.send_signal(signal.SIGTERM)


def without_streams():
    """without a standard input it says so"""
    script = 'exec "$@" <&-'
    done = subprocess.run(["sh", "-c", script, "sh", *COMMAND], capture_output=True,
                          timeout=PATIENCE)
    assert done.returncode == 1 and b"not an open descriptor" in done.stderr, done


if __name__ == "__main__":
    run([one_line, writer_gone_before, much, slow_reader, idle, reader_gone,
         reader_gone_when_full, flags_stay, files, devices, sockets, fifo, terminal, signals,
         without_streams])
