-- An echo of datagrams in batches of one system call. An empty datagram ends it.

local mio = require("mio")

local loop <close> = assert(mio.loop())
local socket <close> = assert(mio.datagram("127.0.0.1:0"))
local batch = mio.batch(64, 1500)

loop:register(socket, "r", function()
  local count = socket:try_recv_batch(batch)
  if not count then return end
  if count == 1 and batch:get(1) == "" then return loop:shutdown() end
  assert(socket:try_send_batch(batch) == count)
end)

print("listening on " .. tostring(socket:local_address()))
io.stdout:flush()
assert(loop:run())
