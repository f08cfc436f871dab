-- The echo of datagrams on LuaSocket, which waits in receivefrom.

local socket = require("socket").udp()

assert(socket:setsockname("127.0.0.1", 0))
local _, port = socket:getsockname()
print("listening on 127.0.0.1:" .. math.tointeger(port))
io.stdout:flush()
while true do
  local data, ip, from = socket:receivefrom(65507)
  assert(data, ip)
  assert(socket:sendto(data, ip, from))
end
