-- Echo with a task a connection, and strings. It ends when its last client has left.

local mio = require("mio")

local clients = 0

mio.run(function()
  local listener <close> = assert(mio.listen("127.0.0.1:0"))
  print("listening on " .. tostring(listener:local_address()))
  io.stdout:flush()
  local function serve(client)
    for chunk in client:chunks() do client:write(chunk) end
    client:close()
    clients = clients - 1
    if clients == 0 then listener:close() end
  end
  for client in listener:accepts() do
    clients = clients + 1
    mio.spawn(serve, client)
  end
end)
