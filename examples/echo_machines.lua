-- An echo server as two state machines in one loop: a Door that lets clients in, and an Echo
-- for each of them. Neither knows of the other's sockets and timers: each is the handler of its
-- own, by its methods `ready`, `timeout` and `wakeup`.
--
--   Echo   reading --ready, no room--> writing --ready, all sent--> reading
--          timeout: the client was silent for too long; wakeup: the server ends
--   Door   open --wakeup--> closed
--
--   ./dev run examples/echo_machines.lua [SECONDS [ADDRESS]]

local mio = require("mio")

local limit, address = tonumber(arg[1] or 60), arg[2] or "127.0.0.1:7000"

-- ------------------------------------------------------------------------------ echo

local Echo = {}
Echo.__index = Echo

function Echo.start(loop, client, door)
  local self = setmetatable({ client = client, door = door, unsent = mio.buffer() }, Echo)
  self.registration = loop:register(client, "r", self)
  if not self.registration then return client:close() end
  self.patience = loop:after(limit, self)
  door.guests[self] = true
end

function Echo:finish()
  self.door.guests[self] = nil
  self.patience:cancel()
  self.client:close()
end

-- It reads only when all that came before is sent.
function Echo:ready(client)
  local _, err
  self.patience:reset(limit)
  if #self.unsent == 0 then _, err = client:try_read_into(self.unsent, 16384) end
  if not err and #self.unsent > 0 then _, err = client:try_write(self.unsent) end
  if err and err ~= "again" then return self:finish() end
  self.registration:reregister(#self.unsent > 0 and "w" or "r")
end

Echo.timeout = Echo.finish
Echo.wakeup = Echo.finish

-- ------------------------------------------------------------------------------ door

local Door = { guests = {} }

function Door:ready(listener)
  for client in listener:try_accepts() do Echo.start(self.loop, client, self) end
end

-- Somebody has sent "close": nobody comes in any more, and who is inside is told.
function Door:wakeup(message)
  if message ~= "close" then return end
  self.registration:deregister()
  for guest in pairs(self.guests) do guest:wakeup() end
  self.loop:shutdown()
end

-- -------------------------------------------------------------------------- together

local loop <close> = assert(mio.loop())
local listener <close> = assert(mio.listen(address))

Door.loop = loop
Door.registration = assert(loop:register(listener, "r", Door))
local sender <close> = assert(loop:channel(Door))
for _, name in ipairs({ "INT", "TERM" }) do
  assert(loop:signal(name, function() sender:send("close") end))
end

print("listening on " .. tostring(listener:local_address()))
io.stdout:flush()
assert(loop:run())
