"""docs/lua.md is what its script makes of the type file: reference.py LUA."""
import pathlib
import subprocess
import sys

from house import report

lua = sys.argv[1]
run = [lua, "docs/reference.lua"]
written = subprocess.run(run, check=True, capture_output=True, text=True).stdout
kept = pathlib.Path("docs/lua.md").read_text()
report(["docs/lua.md is out of date: ./dev docs"] if written != kept else [])
