"""A program of README.md, as its readers paste it, but on a port of its own.

readme_block.py LANGUAGE README prints the one code block of that language which listens.
"""
import pathlib
import re
import sys

ADDRESS = "127.0.0.1:7000"

language, readme = sys.argv[1:]
blocks = re.findall(rf"^```{language}\n(.*?)^```$", pathlib.Path(readme).read_text(), re.M | re.S)
program, = [block for block in blocks if ADDRESS in block]
print(program.replace(ADDRESS, "127.0.0.1:0"), end="")
