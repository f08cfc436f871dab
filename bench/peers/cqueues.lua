-- The server on cqueues: a coroutine a client, and no buffer for what is written. With the
-- argument "idle" its buffers keep the size that they have.

local cqueues = require("cqueues")
local socket = require("cqueues.socket")

local idle = arg[1] == "idle"
local queue = cqueues.new()
local listener = socket.listen({ host = "127.0.0.1", port = 0, nodelay = true })
listener:listen()
listener:setmode("b", "bn")
local _, _, port = listener:localname()

local function serve(client)
  client:setmode("b", "bn")
  if not idle then client:setbufsiz(4096, 65536) end
  local data = client:read(-65536)
  while data and client:write(data) do data = client:read(-65536) end
  client:close()
end

queue:wrap(function()
  while true do queue:wrap(serve, listener:accept({ nodelay = true })) end
end)

print("listening on 127.0.0.1:" .. math.tointeger(port))
io.stdout:flush()
assert(queue:loop())
