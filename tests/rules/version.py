"""base.h tells the version of the build: version.py VERSION."""
import pathlib
import re
import sys

from house import report

header = pathlib.Path("include/mio/base.h").read_text()
numbers = [re.search(rf"MIO_VERSION_{part} +(\d+)", header)[1] for part in ("MAJOR", "MINOR", "PATCH")]
found = {".".join(numbers), re.search(r'MIO_VERSION +"(.*)"', header)[1]}
report([f"base.h has {version}" for version in found - {sys.argv[1]}])
