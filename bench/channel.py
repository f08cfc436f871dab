"""Messages from one thread to another, in C: a channel beside a queue under a mutex.

    channel.py BUILD LUA    a build directory with -Dbench=true

The program does the rounds by turns; see bench/channel.c.
"""
import pathlib
import subprocess
import sys

subprocess.run([pathlib.Path(sys.argv[1]) / "bench/channel"], check=True)
