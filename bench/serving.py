"""Start a server of bench/servers and its load client, for the benchmarks."""
import os
import pathlib
import subprocess
import sys
from contextlib import contextmanager

BUILD = pathlib.Path(sys.argv[1]).resolve()
LUA = sys.argv[2]
SERVERS = pathlib.Path(__file__).resolve().parent / "servers"
os.environ["LUA_CPATH_5_4"] = f"{BUILD}/lua/?.so;;"


def command_of(file):
    """How a server is started: a Lua file, or a C program that was built."""
    path = SERVERS / file
    return [LUA, str(path)] if path.suffix == ".lua" else [f"{BUILD}/bench/{path.stem}"]


@contextmanager
def serving(file, *options, command=None):
    """Run a server and its client, who has done his requests; both end with the block. Yields
    the server and what the client has printed. The options are the client's; the command is
    command_of(file) with what counts or watches the server."""
    client = "load_udp" if "udp" in file else "load"
    command = command or command_of(file)
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    address = server.stdout.readline().split()[-1]
    load = subprocess.Popen(
        [BUILD / "bench" / client, address, "-w", *map(str, options)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    line = load.stdout.readline()
    if not line.startswith("requests"):
        sys.exit(f"bench: no load for {command}")
    yield server, line
    load.communicate()
    if server.wait() != 0:
        sys.exit(f"bench: failed: {command}")
