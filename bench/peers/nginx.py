"""Become an nginx as nginx.conf says, and tell where it listens, as the other servers do.

    nginx.py FOLDER [lua]       the page is nginx's own, or is made in Lua; FOLDER is for its files
"""
import os
import pathlib
import shutil
import socket
import sys

OWN = 'return 200 "Hello, world!";'
LUA = 'content_by_lua_block { ngx.header.content_length = 13 ngx.print("Hello, world!") }'

if not shutil.which("nginx"):
    sys.exit("nginx is not installed")
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
folder = pathlib.Path(sys.argv[1])
folder.mkdir(exist_ok=True)
content = LUA if sys.argv[2:] == ["lua"] else OWN
text = pathlib.Path(__file__).with_name("nginx.conf").read_text()
conf = folder / "nginx.conf"
for name, value in ("@folder@", folder), ("@port@", port), ("@content@", content):
    text = text.replace(name, str(value))
conf.write_text(text)
print(f"listening on 127.0.0.1:{port}", flush=True)
os.execvp("nginx", ["nginx", "-q", "-p", "/usr/share/nginx", "-c", str(conf)])
