-- Echo with handlers and strings. It ends when its last client has left.

local mio = require("mio")

local loop <close> = assert(mio.loop())
local listener = assert(mio.listen("127.0.0.1:0"))
local unsent = {} -- client -> what its full socket did not take
local clients = 0

local function leave(client)
  unsent[client] = nil
  client:close()
  clients = clients - 1
  if clients == 0 then listener:close() end
end

-- Not all of the data went out: the rest is kept, and read on when it is gone.
local function keep(client, registration, data, sent, err)
  if not sent and err ~= "again" then return leave(client) end
  unsent[client] = data:sub((sent or 0) + 1)
  registration:reregister("w")
end

local function resume(client, registration)
  local data = unsent[client]
  local sent, err = client:try_write(data)
  if sent ~= #data then return keep(client, registration, data, sent, err) end
  unsent[client] = nil
  registration:reregister("r")
end

local function on_client(client, _, writable, _, registration)
  if writable then return resume(client, registration) end
  local data, err = client:try_read()
  if data then
    local sent
    sent, err = client:try_write(data)
    if sent ~= #data then keep(client, registration, data, sent, err) end
  elseif err ~= "again" then
    leave(client)
  end
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
