-- One page of HTTP with a task a connection. As in reply.h, what comes is one request. It ends
-- when its last client has left.

local mio = require("mio")

local page = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
  .. "Hello, world!"
local clients = 0

mio.run(function()
  local listener <close> = assert(mio.listen("127.0.0.1:0"))
  print("listening on " .. tostring(listener:local_address()))
  io.stdout:flush()
  local function serve(client)
    for chunk in client:chunks() do
      if chunk:sub(-4) == "\r\n\r\n" then client:write(page) end
    end
    client:close()
    clients = clients - 1
    if clients == 0 then listener:close() end
  end
  for client in listener:accepts() do
    clients = clients + 1
    mio.spawn(serve, client)
  end
end)
