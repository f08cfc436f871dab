-- Echo with handlers and one buffer for all clients. It ends when its last client has left.

local mio = require("mio")

local loop <close> = assert(mio.loop())
local listener = assert(mio.listen("127.0.0.1:0"))
local buffer = mio.buffer(65536)
local unsent = {} -- client -> a buffer of its own, with what its full socket did not take
local clients = 0

local function leave(client)
  unsent[client] = nil
  client:close()
  clients = clients - 1
  if clients == 0 then listener:close() end
end

local function resume(client, registration)
  local _, err = client:try_write(unsent[client])
  if err and err ~= "again" then return leave(client) end
  if #unsent[client] == 0 then
    unsent[client] = nil
    registration:reregister("r")
  end
end

-- Not all that came went out again: the rest is kept, and read on when it is gone.
local function stop(client, err, registration)
  if #buffer > 0 then
    unsent[client] = mio.buffer():append(buffer)
    buffer:clear()
    registration:reregister("w")
  elseif err ~= "again" then
    leave(client)
  end
end

local function on_client(client, _, writable, _, registration)
  if writable then return resume(client, registration) end
  local count, err = client:try_read_into(buffer)
  if count and (client:try_write(buffer) or 0) >= count then return end
  stop(client, err, registration)
end

loop:register(listener, "r", function()
  for client in listener:try_accepts() do
    clients = clients + 1
    loop:register(client, "r", on_client)
  end
end)

print("listening on " .. tostring(listener:local_address()))
io.stdout:flush()
assert(loop:run())
