-- One page of HTTP with handlers. As in reply.h, what comes is one request. It ends when its
-- last client has left.

local mio = require("mio")

local page = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\n"
  .. "Hello, world!"
local loop <close> = assert(mio.loop())
local listener = assert(mio.listen("127.0.0.1:0"))
local clients = 0

local function leave(client)
  client:close()
  clients = clients - 1
  if clients == 0 then listener:close() end
end

-- A page always fits into the socket of a client that asks for one at a time.
local function on_client(client)
  local data, err = client:try_read()
  if not data then
    if err ~= "again" then leave(client) end
  elseif data:sub(-4) == "\r\n\r\n" and client:try_write(page) ~= #page then
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
