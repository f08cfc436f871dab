-- An echo of datagrams, one by one, as strings. An empty datagram ends it.

local mio = require("mio")

local loop <close> = assert(mio.loop())
local socket <close> = assert(mio.datagram("127.0.0.1:0"))

loop:register(socket, "r", function()
  local data, from = socket:try_recv()
  while data do
    if data == "" then return loop:shutdown() end
    if not socket:try_send(data, from) then error("not sent") end
    data, from = socket:try_recv()
  end
end)

print("listening on " .. tostring(socket:local_address()))
io.stdout:flush()
assert(loop:run())
