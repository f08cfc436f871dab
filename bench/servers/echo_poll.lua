-- Echo on a poll, whose tokens are the clients. It ends when its last client has left.

local mio = require("mio")

local poll <close> = assert(mio.poll())
local listener <close> = assert(mio.listen("127.0.0.1:0"))
local registrations = {} -- client -> its registration
local unsent = {} -- client -> what its full socket did not take
local clients = 0

local function accept()
  for client in listener:try_accepts() do
    clients = clients + 1
    registrations[client] = assert(poll:register(client, client, "r"))
  end
end

local function leave(client)
  registrations[client] = nil
  unsent[client] = nil
  client:close()
  clients = clients - 1
end

-- Not all of the data went out: the rest is kept, and read on when it is gone.
local function keep(client, data, sent, err)
  if not sent and err ~= "again" then return leave(client) end
  unsent[client] = data:sub((sent or 0) + 1)
  registrations[client]:reregister("w")
end

local function resume(client)
  local data = unsent[client]
  local sent, err = client:try_write(data)
  if sent ~= #data then return keep(client, data, sent, err) end
  unsent[client] = nil
  registrations[client]:reregister("r")
end

local function receive(client)
  local data, err = client:try_read()
  if data then
    local sent
    sent, err = client:try_write(data)
    if sent ~= #data then keep(client, data, sent, err) end
  elseif err ~= "again" then
    leave(client)
  end
end

assert(poll:register(listener, "accept", "r"))
print("listening on " .. tostring(listener:local_address()))
io.stdout:flush()
repeat
  for client, _, writable in poll:wait() do
    if client == "accept" then
      accept()
    elseif writable then
      resume(client)
    else
      receive(client)
    end
  end
until clients == 0
