-- An echo server that makes no garbage: bytes go through a buffer, and never become a string.
--
-- One buffer serves all clients, for it is empty again after each: what was read is sent at
-- once. Only where a socket has no room does the client keep the buffer, with what is unsent,
-- and the others get a new one.
--
--   ./dev run examples/echo_buffer.lua [ADDRESS]

local mio = require("mio")

local SIZE = 16384 -- bytes read at once

local loop <close> = assert(mio.loop())
local listener <close> = assert(mio.listen(arg[1] or "127.0.0.1:7000"))
local shared = mio.buffer(SIZE)
local unsent = {} -- client -> the buffer that it keeps

local function close(client)
  unsent[client] = nil
  client:close()
end

-- What is sent leaves the buffer. When that is empty, the client is read from again.
local function send_rest(client, buffer, registration)
  local sent, err = client:try_write(buffer)
  if not sent and err ~= "again" then
    close(client)
  elseif #buffer == 0 then
    unsent[client] = nil
    registration:reregister("r")
  end
end

local function echo(client, registration)
  local count, err = client:try_read_into(shared, SIZE)
  if count then
    count, err = client:try_write(shared)
  end
  if not count and err ~= "again" then -- the end of what it sends, or an error
    shared:clear()
    close(client)
  elseif #shared > 0 then -- no room for all of it: wait for some, and read no more
    unsent[client], shared = shared, mio.buffer(SIZE)
    registration:reregister("w")
  end
end

local function on_client(client, _, _, _, registration)
  local buffer = unsent[client]
  if buffer then
    send_rest(client, buffer, registration)
  else
    echo(client, registration)
  end
end

loop:register(listener, "r", function()
  for client in listener:try_accepts() do
    loop:register(client, "r", on_client)
  end
end)

for _, name in ipairs({ "INT", "TERM" }) do
  loop:signal(name, function() loop:shutdown() end)
end

print("listening on " .. tostring(listener:local_address()))
io.stdout:flush()
assert(loop:run())
