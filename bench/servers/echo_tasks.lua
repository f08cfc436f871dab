-- Echo with a task a connection and one buffer for all of them: a task that has read writes
-- before it waits again. It ends when its last client has left.

local mio = require("mio")

local buffer = mio.buffer(65536)
local clients = 0

mio.run(function()
  local listener <close> = assert(mio.listen("127.0.0.1:0"))
  print("listening on " .. tostring(listener:local_address()))
  io.stdout:flush()
  local function serve(client)
    while client:read_into(buffer) do client:write(buffer) end
    client:close()
    clients = clients - 1
    if clients == 0 then listener:close() end
  end
  for client in listener:accepts() do
    clients = clients + 1
    mio.spawn(serve, client)
  end
end)
