-- A chat room: each line that a client sends goes to all clients, the sender included.
--
-- No client can hold up the others, or fill the memory: lines have a maximal length, and so
-- has the queue of what a client has yet to receive. Who breaks a limit is dropped, with a
-- message on stderr.
--
--   ./dev run examples/multi_echo.lua [ADDRESS]

local mio = require("mio")

local LINE_MAX = 8192 -- bytes of a line, with its newline
local QUEUE_MAX = 262144 -- bytes that wait for a client

local loop <close> = assert(mio.loop())
local listener <close> = assert(mio.listen(arg[1] or "127.0.0.1:7000"))
local clients = {} -- stream -> client, see join()

local function leave(client)
  clients[client.stream] = nil
  client.stream:close()
end

local function drop(client, reason)
  io.stderr:write(client.name, ": ", reason, "\n")
  leave(client)
end

-- Send what there is room for, and wait for room while there is more in the queue. A client
-- that will say nothing more leaves when it has got everything.
local function flush(client)
  local queue = client.queue
  local sent, err = client.stream:try_write(queue)
  if not sent and err ~= "again" or client.ended and #queue == 0 then
    leave(client)
  elseif client.ended then
    client.registration:reregister("w")
  else
    client.registration:reregister(#queue > 0 and "rw" or "r")
  end
end

local function send(client, line)
  local queue = client.queue
  if client.ended then
    return
  elseif #queue + #line > QUEUE_MAX then
    drop(client, "too slow")
  elseif #queue > 0 then
    queue:append(line) -- flushed when there is room
  else
    queue:append(line)
    flush(client)
  end
end

local function say(line)
  for _, client in pairs(clients) do
    send(client, line)
  end
end

-- Say the complete lines; what follows the last newline stays in the buffer.
local function say_lines(client)
  local input = client.input
  local newline = input:find("\n")
  while newline and newline <= LINE_MAX do
    local line = input:sub(1, newline)
    input:consume(newline)
    say(line)
    newline = input:find("\n")
  end
  if #input >= LINE_MAX and clients[client.stream] then
    drop(client, "line too long")
  end
end

local function receive(client)
  local count, err, code = client.stream:try_read_into(client.input, LINE_MAX)
  if count then
    say_lines(client)
  elseif code == "EOF" then
    if #client.input > 0 then
      say(client.input:append("\n"):sub()) -- a last line without a newline
    end
    client.ended = true
    flush(client)
  elseif err ~= "again" then
    leave(client)
  end
end

local function on_client(stream, readable, writable)
  local client = clients[stream]
  if writable then
    flush(client)
  end
  if readable and not client.ended then
    receive(client)
  end
end

local function join(stream)
  clients[stream] = {
    stream = stream,
    name = tostring(stream:peer_address()),
    registration = loop:register(stream, "r", on_client),
    input = mio.buffer(), -- the beginning of a line
    queue = mio.buffer(), -- what its socket had no room for
    ended = false, -- whether it will send no more
  }
end

loop:register(listener, "r", function()
  for stream in listener:try_accepts() do
    join(stream)
  end
end)

for _, name in ipairs({ "INT", "TERM" }) do
  loop:signal(name, function() loop:shutdown() end)
end

print("listening on " .. tostring(listener:local_address()))
io.stdout:flush()
assert(loop:run())
