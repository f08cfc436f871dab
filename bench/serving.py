"""Start a server of bench/servers or bench/peers and its load client, for the benchmarks."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from typing import NamedTuple

from results import BUILD

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
PATIENCE = 60  # seconds, for a line that a server or a client is to print
SETTLING = 1000  # milliseconds, for a server to be done


class Failed(Exception):
    """Why a server could not be measured."""


class Program(NamedTuple):
    name: str
    command: list
    ends: bool  # by itself, when its last client has left; and it must end well


class Child:
    """A program on a core of its own. (taskset becomes the program: it has its process id.)"""

    def __init__(self, command, core):
        if not shutil.which(command[0]):
            raise Failed(f"{pathlib.Path(command[0]).name} is not installed, or not built")
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            ["taskset", "-c", str(core), *map(str, command)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
        )

    def line(self):
        """The next line that it prints."""
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        if not line:
            self.process.wait()
            raise Failed(self.why())
        return line

    def tell(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failed(self.why()) from None

    def why(self):
        """What is wrong with it."""
        self.errors.seek(0)
        said = self.errors.readline().strip()
        status = self.process.poll()
        if said:
            return re.sub(r"^.*\.lua:\d+: ", "", said)
        if status == -signal.SIGKILL:
            return f"nothing came within {PATIENCE} s"
        return f"ended with status {status}"

    def sleeps(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "S"

    def cpu_ns(self):
        """What all its threads have run for. The kernel adds up when they go to sleep, and a
        server may have work left when its client has none."""
        for _ in range(SETTLING):
            if self.sleeps():
                break
            time.sleep(0.001)
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks)

    def wait(self):
        """Until it has ended by itself; it must end well."""
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.stop()
            raise Failed("did not end") from None
        if status != 0:
            raise Failed(self.why())

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def blamed(server, failed):
    """A failure that a client saw, in the server's own words where the server has ended."""
    try:
        server.process.wait(1)
    except subprocess.TimeoutExpired:
        return failed
    return Failed(server.why())


@contextmanager
def running(program):
    """A server, and its address."""
    server = Child(program.command, SERVER_CORE)
    try:
        yield server, server.line().split()[-1]
        if program.ends:
            server.wait()
    finally:
        server.stop()
        server.errors.close()


class Session:
    """A server and its client, who is connected."""

    def __init__(self, server, client):
        self.server = server
        self.client = client

    def turn(self, requests=0, seconds=0, rate=0):
        """What the client tells of a turn (see client.h), the requests a second, the server's
        CPU time for one of them, and how much of its core the client needed."""
        server, client = self.server.cpu_ns(), self.client.cpu_ns()
        try:
            self.client.tell(f"{requests} {seconds} {rate}")
            line = self.client.line()
        except Failed as failed:
            raise blamed(self.server, failed) from None
        words = line.split()
        told = dict(zip(words[::2], map(float, words[1::2])))
        return told | {
            "rate": told["requests"] / told["seconds"],
            "cpu": (self.server.cpu_ns() - server) / told["requests"] / 1e3,
            "client": (self.client.cpu_ns() - client) / told["seconds"] / 1e9,
        }


def connect(server, load):
    try:
        load.line()
    except Failed as failed:
        raise blamed(server, failed) from None


@contextmanager
def session(program, *load, client="load"):
    """A server and its client, with these options; both end with the block."""
    with running(program) as (server, address):
        load = Child([BUILD / "bench" / client, address, *load], CLIENT_CORE)
        try:
            connect(server, load)
            yield Session(server, load)
            load.process.stdin.close()
            load.wait()
        finally:
            load.stop()
            load.errors.close()


def anonymous_bytes(pid):
    """What a process itself got from the kernel: resident, anonymous pages."""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"Anonymous: +(\d+) kB", rollup)[1]) * 1024
