-- The server on copas: a coroutine a client. Debian's package is for Lua 5.1 and 5.2, but it
-- runs in Lua 5.4 as it is.

package.path = package.path .. ";/usr/share/lua/5.2/?.lua"
local copas = require("copas")
local socket = require("socket")

local listener = assert(socket.bind("127.0.0.1", 0, 1024))
assert(listener:setoption("tcp-nodelay", true)) -- clients inherit it
local _, port = listener:getsockname()

copas.addserver(listener, function(client)
  local open = true
  while open do
    local data, err, part = copas.receivePartial(client, 65536)
    data = data or part
    open = err ~= "closed" and copas.send(client, data)
  end
  client:close()
end)

print("listening on 127.0.0.1:" .. math.tointeger(port))
io.stdout:flush()
copas.loop()
