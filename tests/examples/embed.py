"""The host program, beside what echo.py shows: embed.py COMMAND..."""
import sys
import tempfile

from server import Server, failure, receive, receive_all, run

COMMAND = sys.argv[1:]

SCRIPT = b"""
local loop, address = ...
local mio = require("mio")
local listener = assert(mio.listen(address))

-- One byte is a wish: a timer that says something, an error, a signal.
local function on_client(client)
  local wish = client:try_read(1)
  if wish == "t" then
    loop:after(0.01, function() client:try_write("time") end)
  elseif wish == "e" then
    client:try_write("error")
    error("as you wish")
  else
    client:close()
  end
end

loop:register(listener, "r", function()
  for client in listener:try_accepts() do
    loop:register(client, "r", on_client)
  end
end)
assert(loop:run() == nil, "the host runs it")
print("listening on " .. tostring(listener:local_address()))
"""


def script(text):
    file = tempfile.NamedTemporaryFile(suffix=".lua")
    file.write(text)
    file.flush()
    return file


def tell(server):
    with server.connect(what="telling") as client:
        return receive_all(client)


def host_tells():
    """handlers in C and in Lua take turns"""
    with Server(*COMMAND) as server, server.connect() as client:
        for _ in range(5):
            before = int(tell(server).split()[0])
            client.sendall(b"x")
            assert receive(client, 1) == b"x"
            assert int(tell(server).split()[0]) > before


def other_script():
    """a script of one's own: its timers, and its errors, which end nothing"""
    with script(SCRIPT) as file, Server(*COMMAND, arguments=[file.name]) as server:
        with server.connect() as client:
            client.sendall(b"t")
            assert receive(client, 4) == b"time"
            for _ in range(3):
                client.sendall(b"e")
                assert receive(client, 5) == b"error"
            assert tell(server).endswith(b", 3 failed\n")
            errors = server.errors()
            assert errors.count("as you wish\nstack traceback:") == 3, errors
            server.expected = errors


def broken_script():
    """a script that fails or does not compile is told, with status 1"""
    for text, reason in ((b"error('no')", "no"), (b"what?", "syntax error")):
        with script(text) as file:
            assert reason in failure(*COMMAND, "127.0.0.1:0", file.name)


if __name__ == "__main__":
    run([host_tells, other_script, broken_script])
