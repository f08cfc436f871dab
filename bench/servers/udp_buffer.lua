-- An echo of datagrams, one by one, through one buffer. An empty datagram ends it.

local mio = require("mio")

local loop <close> = assert(mio.loop())
local socket <close> = assert(mio.datagram("127.0.0.1:0"))
local buffer = mio.buffer(65536)

loop:register(socket, "r", function()
  local count, from = socket:try_recv_into(buffer)
  while count do
    if count == 0 then return loop:shutdown() end
    if not socket:try_send(buffer, from) then error("not sent") end
    count, from = socket:try_recv_into(buffer)
  end
end)

print("listening on " .. tostring(socket:local_address()))
io.stdout:flush()
assert(loop:run())
