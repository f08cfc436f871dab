"""One page of HTTP, asked for by wrk: mio and its peers beside the limit.

    web.py BUILD [--quick]      a build directory with -Dbench=true

A turn is a run of wrk, with connections that stay: a second, which is the shortest that it does.
"""
import re
import resource
import socket
import subprocess
import time
from contextlib import contextmanager

from compare import PAIRS, Load, compare_loads, tables_of
from programs import HTTP, HTTP_LIMIT
from results import QUICK, publish
from serving import CLIENT_CORE, PATIENCE, Failed, running

CONNECTIONS = 50
WRK = ["taskset", "-c", str(CLIENT_CORE), "wrk", "-t", "1", "-c", str(CONNECTIONS)]


def children_cpu():
    """What all clients so far have run for, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class WebSession:
    """As serving.Session is, for wrk, which connects for each turn anew."""

    def __init__(self, server, address):
        self.server = server
        self.url = f"http://{address}/"

    def turn(self, seconds):
        server, client = self.server.cpu_ns(), children_cpu()
        try:
            told = subprocess.run([*WRK, "-d", f"{seconds}s", self.url],
                                  capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed(f"wrk did not end within {PATIENCE} s") from None
        done = re.search(r"(\d+) requests in ([\d.]+)s", told.stdout)
        if told.returncode != 0 or not done or int(done[1]) == 0 or "Non-2xx" in told.stdout:
            raise Failed(f"wrk: {(told.stderr or told.stdout).strip()}")
        requests, took = int(done[1]), float(done[2])
        return {
            "rate": requests / took,
            "cpu": (self.server.cpu_ns() - server) / requests / 1e3,
            "client": (children_cpu() - client) / took,
        }


def connected(server, address):
    """A connection that stays: our own servers end when nobody is connected any more. It may
    take nginx some time to listen."""
    host, port = address.split(":")
    for _ in range(50):
        try:
            return socket.create_connection((host, int(port)))
        except ConnectionRefusedError:
            time.sleep(0.1)
            if server.process.poll() is not None:
                break
    raise Failed(server.why())


@contextmanager
def opened(program):
    with running(program) as (server, address), connected(server, address):
        yield WebSession(server, address)


def main():
    column = f"{CONNECTIONS} connections"
    load = Load(column, opened, seconds=1, pairs=1 if QUICK else PAIRS, warm=not QUICK)
    results = compare_loads("web", HTTP_LIMIT, HTTP, [load])
    publish("web", "One page of HTTP", "limit = 1", "lower",
            tables_of([column], results, HTTP, "pages"),
            ["nginx and node do more for a page than the others, which know all requests to be "
             "alike: they parse it, and answer with headers of their own."])


main()
