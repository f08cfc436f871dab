"""A sink for log messages is fed by logger, and by others: syslog.py COMMAND..."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from server import PATIENCE, run, spawn

COMMAND = sys.argv[1:]


class Sink:
    """`with Sink() as sink`: it ends by TERM, with status 0 and without its socket file."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "log")
        self.start()
        return self

    def start(self):
        self.process, self.stderr = spawn(*COMMAND, f"unix:{self.path}")
        assert self.line() == f"listening on unix:{self.path}"

    def __exit__(self, failure, *_):
        try:
            if failure is None:
                self.process.send_signal(signal.SIGTERM)
                assert self.process.wait(PATIENCE) == 0
                assert not os.path.exists(self.path)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.stderr.close()
            self.folder.cleanup()

    def line(self):
        return self.process.stdout.readline().decode().rstrip("\n")

    def log(self, *arguments):
        subprocess.run(["logger", "-u", self.path, *arguments], check=True, timeout=PATIENCE)

    def send(self, message):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENCE)
            client.sendto(message, self.path)


def logger():
    """what logger says is printed, with its facility and severity"""
    with Sink() as sink:
        for priority in ("user.warning", "local3.debug", "mail.emerg"):
            sink.log("-p", priority, "-t", "a-tag", f"said by {priority}")
            line = sink.line()
            assert line.startswith(priority + ": ") and line.endswith(f"said by {priority}"), line
            assert "a-tag" in line


def without_priority():
    """what has no priority is a notice"""
    with Sink() as sink:
        for message, line in (
            (b"plain", "user.notice: plain"),
            (b"<>x", "user.notice: <>x"),
            (b"<1234>x", "user.notice: <1234>x"),
            (b"<999>x", "124.debug: x"),
            (b"", "user.notice: "),
        ):
            sink.send(message)
            assert sink.line() == line, message


def one_line():
    """a message is one line, whatever is in it"""
    with Sink() as sink:
        sink.send(b"<12>first\n<0>second\0\x1b[2J\n")
        assert sink.line() == "user.warning: first <0>second [2J"


def too_long():
    """a message that is too long is told, and the next one printed"""
    with Sink() as sink:
        sink.send(b"x" * 8193)
        sink.send(b"y" * 8192)
        assert sink.line() == "syslog.err: a message was too long"
        assert sink.line() == "user.notice: " + "y" * 8192


def many():
    """a thousand messages come in their order"""
    with Sink() as sink:
        for i in range(1000):
            sink.send(b"%d" % i)
            if i % 5 == 4:
                for k in range(i - 4, i + 1):
                    assert sink.line() == f"user.notice: {k}"


def after_a_crash():
    """it starts again at the file that a crash has left behind"""
    with Sink() as sink:
        sink.process.kill()
        sink.process.wait()
        assert os.path.exists(sink.path)
        sink.process.stdout.close()
        sink.stderr.close()
        sink.start()
        sink.send(b"back again")
        assert sink.line() == "user.notice: back again"


def over_udp():
    """a file that is called as an address of UDP is none of its own"""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "127.0.0.1"), "w"):
            pass
        process, errors = spawn(*COMMAND, "127.0.0.1:0", folder=folder)
        with process, errors:
            assert process.stdout.readline().startswith(b"listening on 127.0.0.1:")
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        assert os.listdir(folder) == ["127.0.0.1"]


if __name__ == "__main__":
    cases = [without_priority, one_line, too_long, many, after_a_crash, over_udp]
    run([logger, *cases] if shutil.which("logger") else cases)
