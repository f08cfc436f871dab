"""Build the server on Rust's mio from Debian's crates, with no network: build.py FOLDER.

FOLDER/release/mio_rust is the program.
"""
import os
import pathlib
import shutil
import subprocess
import sys

DEBIAN = "/usr/share/cargo/registry"

if not shutil.which("cargo"):
    sys.exit("cargo is not installed")
here = pathlib.Path(__file__).resolve().parent
folder = pathlib.Path(sys.argv[1]).resolve()
# cargo writes a lock file beside the manifest, so it gets a copy of the sources
sources = folder / "sources"
(sources / "src").mkdir(parents=True, exist_ok=True)
for name in "Cargo.toml", "src/main.rs":
    text = (here / name).read_text()
    if not (sources / name).exists() or (sources / name).read_text() != text:
        (sources / name).write_text(text)
subprocess.run(
    ["cargo", "build", "--release", "--offline", "--quiet", "--target-dir", folder,
     "--config", 'source.crates-io.replace-with="debian"',
     "--config", f'source.debian.directory="{DEBIAN}"'],
    cwd=sources, env=os.environ | {"CARGO_HOME": str(folder / "home")}, check=True,
)
