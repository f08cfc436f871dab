"""An echo server of several threads gets its clients: threads.py COMMAND..."""
import os
import sys
import time

import echo
from server import PATIENCE, receive, run

THREADS = 4  # as in the examples


def switches_of(server):
    """How often each thread of the server has gone to sleep."""
    folder = f"/proc/{server.process.pid}/task"
    counts = {}
    for thread in os.listdir(folder):
        with open(f"{folder}/{thread}/status") as status:
            fields = dict(line.split(":", 1) for line in status)
        counts[thread] = int(fields["voluntary_ctxt_switches"])
    return counts


def shares():
    """the clients are served by more than one thread"""
    with echo.serve() as server:
        before = switches_of(server)
        assert len(before) == THREADS + 1, before
        deadline = time.monotonic() + PATIENCE
        busy = set()
        while len(busy - {str(server.process.pid)}) < 2:
            assert time.monotonic() < deadline, busy
            clients = [server.connect() for _ in range(40)]
            for client in clients:
                client.sendall(b"hello")
            for client in clients:
                assert receive(client, 5) == b"hello"
                client.close()
            after = switches_of(server)
            busy = {thread for thread in before if after[thread] > before[thread]}


if __name__ == "__main__":
    run([shares, echo.one_message, echo.many_messages, echo.many_clients, echo.late_reader,
         echo.half_close, echo.nothing_said, echo.never_reads, echo.resets, echo.ends_by_int,
         echo.ends_by_term, echo.serves_at_once_again])
