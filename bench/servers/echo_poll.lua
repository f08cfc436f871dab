-- Echo on a poll, whose tokens are the clients. It ends when its last client has left.

local mio = require("mio")

local poll <close> = assert(mio.poll())
local listener <close> = assert(mio.listen("127.0.0.1:0"))
local registrations = {} -- client -> its registration
local unsent = {} -- client -> what its full socket did not take
local clients = 0

local function leave(client)
  registrations[client] = nil
  unsent[client] = nil
  client:close()
  clients = clients - 1
end

local function write(client, data)
  local sent, err = client:try_write(data)
  if sent == #data then return end
  if not sent and err ~= "again" then return leave(client) end
  unsent[client] = data:sub((sent or 0) + 1)
  registrations[client]:reregister("w") -- read on when this is gone
end

local function resume(client)
  local data = unsent[client]
  unsent[client] = nil
  registrations[client]:reregister("r")
  write(client, data)
end

local function receive(client)
  local data, err = client:try_read()
  if data then
    write(client, data)
  elseif err ~= "again" then
    leave(client)
  end
end

assert(poll:register(listener, listener, "r"))
print("listening on " .. tostring(listener:local_address()))
io.stdout:flush()
repeat
  for client, readable in poll:wait() do
    if client == listener then
      for accepted in listener:try_accepts() do
        clients = clients + 1
        registrations[accepted] = assert(poll:register(accepted, accepted, "r"))
      end
    elseif readable then
      receive(client)
    else
      resume(client)
    end
  end
until clients == 0
