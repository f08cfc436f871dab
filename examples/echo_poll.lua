-- An echo server in token style: the program has its own loop, and asks a poll what is ready.
-- A poll answers with the tokens under which things were registered, any Lua values.
--
--   ./dev run examples/echo_poll.lua [ADDRESS]

local mio = require("mio")

local poll <close> = assert(mio.poll())
local listener <close> = assert(mio.listen(arg[1] or "127.0.0.1:7000"))
local signals <close> = assert(mio.signal("INT", "TERM"))

assert(poll:register(listener, "accept", "r"))
assert(poll:register(signals, "stop", "r"))

-- The token of a client is a table: its stream, its registration, and what is unsent.
local function accept()
  for stream in listener:try_accepts() do
    local client = { stream = stream }
    client.registration = poll:register(stream, client, "r")
  end
end

-- While something is unsent, the client is watched for room, not for more to read.
local function send(client, data)
  local sent, err = client.stream:try_write(data)
  if sent == #data then
    client.unsent = nil
    client.registration:reregister("r")
  elseif sent or err == "again" then
    client.unsent = data:sub((sent or 0) + 1)
    client.registration:reregister("w")
  else -- it is gone
    client.stream:close()
  end
end

local function echo(client)
  if client.unsent then
    send(client, client.unsent)
    return
  end
  local data, err = client.stream:try_read()
  if data then
    send(client, data)
  elseif err ~= "again" then -- the end of what it sends, or an error
    client.stream:close()
  end
end

print("listening on " .. tostring(listener:local_address()))
io.stdout:flush()

local running = true
while running do
  for token in assert(poll:wait()) do
    if token == "accept" then
      accept()
    elseif token == "stop" then
      running = false
    else
      echo(token)
    end
  end
end
