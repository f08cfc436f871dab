"""Run a server of bench/servers in step with its client, so that counts come out the same each
time. See bench/lockstep.c, which holds the server's waits; this is the other side.

A server runs in a folder of its own that has the same names on each machine, with nothing else
in its environment: Lua's hash seed is made of addresses, which depend on the length of both.
"""
import math
import mmap
import os
import pathlib
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress

from results import BUILD, LUA

SERVERS = pathlib.Path(__file__).resolve().parent / "servers"
MESSAGE = b"m" * 64
EVENTS_PER_WAIT = 256  # that a server takes at once, at the most
BACKLOG = 500  # connections that wait to be accepted, at the most
PATIENCE = 60  # seconds for a server under valgrind to come back

ATTEMPTS = 5

CALLGRIND = ("valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=counted",
             "--dump-before=lockstep_mark", "--toggle-collect=lockstep_hold",
             "--collect-atstart=yes")

# The C library takes the plainest of its functions, which every machine has.
PLAIN = ("glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX_Fast_Unaligned_Load,-BMI2"
         ",-ERMS,-FSRM,-MOVBE,-LZCNT,-BMI1,-SSE4_2,-SSE4_1,-SSSE3,-RTM,-XSAVEC,-XSAVE")


class Irregular(Exception):
    """The kernel did not bring all requests at once: the round does not count."""


class Page:
    """What the server and the bench share, as lockstep.c has it; and count_malloc.c's page."""

    def __init__(self, path, layout):
        path.write_bytes(bytes(struct.calcsize(layout)))
        self.layout = layout
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def read(self):
        return struct.unpack(self.layout, self.memory[:])

    def write(self, index, value):
        struct.pack_into("I", self.memory, 4 * index, value % 2**32)


class Stepper:
    """Lets a server's waits go on one by one."""

    def __init__(self, folder):
        self.page = Page(folder / "page", "IIII")
        self.mallocs = Page(folder / "mallocs", "QQ")
        self.passed = self.marks = 0
        self.process = None

    def wait_until_held(self):
        end = time.monotonic() + PATIENCE
        while self.page.read()[0] <= self.passed:
            if time.monotonic() > end or self.process.poll() is not None:
                sys.exit(f"bench: does not come back: {self.process.args}")
            time.sleep(0.00002)

    def step(self):
        """One wait, and what the server does then. Returns the number of events."""
        before = self.page.read()[3]
        self.passed += 1
        self.page.write(1, self.passed)
        self.wait_until_held()
        return (self.page.read()[3] - before) % 2**32

    def mark(self):
        """What is counted begins, or ends, with the next step."""
        self.marks += 1
        self.page.write(2, self.marks)

    def release(self):
        self.page.write(1, self.passed + 2**30)


def portions(count):
    """A number in portions that a listener has room for."""
    while count > 0:
        yield min(count, BACKLOG)
        count -= BACKLOG


class Clients:
    """Connections, each with one request on its way in a round."""

    def __init__(self, stepper, address, count):
        self.stepper = stepper
        self.address = address
        self.idle = []
        self.sockets = []
        for more in portions(count):
            begun = [self.connect() for _ in range(more)]
            self.sockets += begun
            self.settle(begun)

    def connect(self):
        begun = socket.create_connection(self.address)
        begun.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return begun

    def connect_idle(self, count):
        """So many that say nothing. A server accepts in order: the one that talks comes last."""
        for more in portions(count):
            self.idle += [self.connect() for _ in range(more)]
            with self.connect() as last:
                self.settle([last])

    def settle(self, begun):
        """Until the new ones are accepted and served, however many waits that takes."""
        for each in begun:
            each.sendall(MESSAGE)
        for each in begun:
            while not self.is_served(each):
                self.stepper.step()
            each.settimeout(PATIENCE)

    @staticmethod
    def is_served(each):
        each.settimeout(0.02)
        try:
            return each.recv(len(MESSAGE), socket.MSG_WAITALL) == MESSAGE
        except TimeoutError:
            return False

    def round(self):
        for each in self.sockets:
            each.sendall(MESSAGE)
        events = steps = 0
        while events < len(self.sockets):
            events += self.stepper.step()
            steps += 1
        for each in self.sockets:
            each.recv(len(MESSAGE), socket.MSG_WAITALL)
        if steps != math.ceil(len(self.sockets) / EVENTS_PER_WAIT):
            raise Irregular

    def close(self):
        self.stepper.release()
        for each in self.sockets + self.idle:
            each.close()


class Datagrams:
    """One socket, with a window of datagrams on their way in a round."""

    def __init__(self, stepper, address, count):
        self.stepper = stepper
        self.count = count
        self.socket = socket.socket(type=socket.SOCK_DGRAM)
        self.socket.connect(address)
        self.socket.settimeout(0.2)

    def round(self):
        for _ in range(self.count):
            self.socket.send(MESSAGE)
        self.stepper.step()
        try:
            for _ in range(self.count):
                self.socket.recv(len(MESSAGE))
        except TimeoutError:
            raise Irregular from None

    def close(self):
        self.stepper.release()
        with suppress(ConnectionRefusedError):  # of a server that has failed
            self.socket.send(b"")
        self.socket.close()


@contextmanager
def workplace():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for link, target in (("bench", BUILD / "bench"), ("lua", BUILD / "lua"),
                             ("servers", SERVERS), ("micro", SERVERS.parent / "micro")):
            (folder / link).symlink_to(target)
        yield folder


def command_of(file):
    return [LUA, f"servers/{file}"] if file.endswith(".lua") else [f"bench/{file[:-2]}"]


def in_environment(**more):
    """The begin of a command that runs in nothing but this: so what is timed is run."""
    settings = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LUA_CPATH_5_4": "./lua/?.so;;",
                "LD_BIND_NOW": "1"} | more
    return ["env", "-i", *(f"{name}={value}" for name, value in settings.items())]


def in_steady_environment(seed, counts_mallocs=False):
    """And so what is counted: the same functions of the C library on all processors, a hash
    seed of Lua that is chosen. Mallocs cost some instructions where they are counted."""
    preloads = ["./bench/lockstep.so"] + ["./bench/count_malloc.so"] * counts_mallocs
    return in_environment(GLIBC_TUNABLES=PLAIN, MIO_BENCH_SEED=seed, MIO_BENCH_PAGE="page",
                          MIO_BENCH_COUNTS="mallocs", LD_PRELOAD=":".join(preloads))


@contextmanager
def started(command, folder):
    """A process in a session of its own, which ends with the block at the latest."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True,
                               start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # the tool, and what it runs
            process.wait()


def address_of(process):
    """Where it says that it listens."""
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    line = process.stdout.readline() if ready else ""
    if not line:
        sys.exit(f"bench: does not say where it listens: {process.args}")
    host, port = line.split()[-1].rsplit(":", 1)
    return host, int(port)


def wait_for_end(process):
    """It ends by itself when its last client has left."""
    try:
        status = process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        sys.exit(f"bench: does not end: {process.args}")
    if status != 0:
        sys.exit(f"bench: ended with status {status}: {process.args}")


@contextmanager
def stepping(folder, file, connections, tool=(), command=None, seed=1, counts_mallocs=False):
    """Run a server under a tool, with its clients. Yields both; the process has ended when the
    block has."""
    stepper = Stepper(folder)
    command = [*in_steady_environment(seed, counts_mallocs), *tool, *(command or command_of(file))]
    with started(command, folder) as stepper.process:
        address = address_of(stepper.process)
        stepper.wait_until_held()
        clients = (Datagrams if "udp" in file else Clients)(stepper, address, connections)
        try:
            yield stepper, clients
        finally:
            clients.close()
        wait_for_end(stepper.process)


def marked(server, clients, warm, rounds):
    """The rounds that count, between two marks; those before make them all alike. Returns how
    often memory was allocated in them, where that is counted."""
    for _ in range(warm):
        clients.round()
    server.mark()
    before = server.mallocs.read()[0]
    for _ in range(rounds):
        clients.round()
    calls = server.mallocs.read()[0] - before
    server.mark()
    clients.round()
    return calls


def instructions(file, connections, warm, rounds, seed=1):
    """Of all the rounds together."""
    with workplace() as folder:
        with stepping(folder, file, connections, CALLGRIND, seed=seed) as (server, clients):
            marked(server, clients, warm, rounds)
        counted = (folder / "counted.2").read_text()
    return int(re.search(r"^totals: (\d+)", counted, re.M)[1])


def regular(count, *args):
    """What is counted, or counted again where the kernel has split a round."""
    for _ in range(ATTEMPTS):
        try:
            return count(*args)
        except Irregular:
            continue
    sys.exit(f"bench: no regular run of {args} in {ATTEMPTS}")
