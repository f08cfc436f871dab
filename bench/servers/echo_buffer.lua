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

-- Read on when what is left is gone.
local function keep(client, registration)
  unsent[client] = mio.buffer():append(buffer)
  buffer:clear()
  registration:reregister("w")
end

local function resume(client, registration)
  local _, err = client:try_write(unsent[client])
  if err and err ~= "again" then return leave(client) end
  if #unsent[client] == 0 then
    unsent[client] = nil
    registration:reregister("r")
  end
end

local function on_client(client, readable, _, _, registration)
  if not readable then return resume(client, registration) end
  local count, err = client:try_read_into(buffer)
  if count then
    local sent
    sent, err = client:try_write(buffer)
    if sent == count then return end
    if sent or err == "again" then return keep(client, registration) end
    buffer:clear()
  end
  if err ~= "again" then leave(client) end
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
