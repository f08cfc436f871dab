"""The supervisor keeps programs running: supervisor.py COMMAND..."""
import os
import signal
import sys
import time

from server import PATIENCE, failure, read_errors, run, spawn

COMMAND = sys.argv[1:]


class Supervisor:
    """A supervisor of a command of the shell, whose output comes out of readline()."""

    def __init__(self, script):
        self.process, self.stderr = spawn(*COMMAND, "sh", "-c", script)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.stderr.close()

    def readline(self):
        line = self.process.stdout.readline().decode()
        assert line, self.errors()
        return line.rstrip("\n")

    def errors(self):
        return read_errors(self.stderr)

    def wait_for_errors(self, text):
        deadline = time.monotonic() + PATIENCE
        while text not in self.errors():
            assert time.monotonic() < deadline, self.errors()
            time.sleep(0.01)

    def stop(self, *signals):
        """It ends with status 0, and so does its program."""
        for number in signals:
            self.process.send_signal(number)
            time.sleep(0.1)
        status = self.process.wait(PATIENCE)
        assert status == 0, (status, self.errors())
        assert self.process.stdout.read() == b"", "its program has been left behind"


def restarts():
    """a program that ends is started anew, later each time"""
    with Supervisor("echo run; exit 3") as supervisor:
        for _ in range(3):
            assert supervisor.readline() == "run"
        supervisor.wait_for_errors("again in 0.4 s\n")
        told = "".join(f"ended: exit 3\nagain in {delay} s\n" for delay in (0.1, 0.2, 0.4))
        assert supervisor.errors() == told, supervisor.errors()
        supervisor.stop(signal.SIGTERM)


def killed():
    """a program that is killed is started anew"""
    with Supervisor("echo $$; exec sleep 1000") as supervisor:
        first = int(supervisor.readline())
        os.kill(first, signal.SIGKILL)
        second = int(supervisor.readline())
        assert first != second
        assert supervisor.errors() == "ended: signal KILL\nagain in 0.1 s\n"
        supervisor.stop(signal.SIGTERM)


def stops(number):
    script = "trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.02; done"
    with Supervisor(script) as supervisor:
        assert supervisor.readline() == "ready"
        supervisor.process.send_signal(number)
        assert supervisor.readline() == "bye"
        supervisor.stop()
        assert supervisor.errors() == "ended: exit 5\n", supervisor.errors()


def ends_by_term():
    """TERM ends the program first, by TERM"""
    stops(signal.SIGTERM)


def ends_by_int():
    """INT ends the program first, by TERM"""
    stops(signal.SIGINT)


DEAF = "trap '' TERM; echo ready; while :; do sleep 0.02; done"


def grace():
    """a program that does not listen is killed after a while"""
    with Supervisor(DEAF) as supervisor:
        assert supervisor.readline() == "ready"
        supervisor.stop(signal.SIGTERM)
        assert supervisor.errors() == "ended: signal KILL\n", supervisor.errors()


def twice():
    """a second signal kills it at once"""
    with Supervisor(DEAF) as supervisor:
        assert supervisor.readline() == "ready"
        supervisor.stop(signal.SIGTERM, signal.SIGINT)
        assert supervisor.errors() == "ended: signal KILL\n", supervisor.errors()


def between():
    """TERM between two runs ends it at once"""
    with Supervisor("exit 0") as supervisor:
        supervisor.wait_for_errors("again in 1.6 s\n")
        supervisor.stop(signal.SIGTERM)


def not_there():
    """a program that cannot be started is tried again"""
    process, errors = spawn(*COMMAND, "mio-no-such-program")
    with process, errors:
        text = "ended: not started, process mio-no-such-program: not found\nagain in 0.2 s\n"
        deadline = time.monotonic() + PATIENCE
        while text not in read_errors(errors):
            assert time.monotonic() < deadline, read_errors(errors)
            time.sleep(0.01)
        process.terminate()
        assert process.wait(PATIENCE) == 0


def nothing():
    """without a program it says so"""
    assert "the program is missing" in failure(*COMMAND)


if __name__ == "__main__":
    run([restarts, killed, ends_by_term, ends_by_int, grace, twice, between, not_there, nothing])
