-- An echo server in handler style: the loop calls a function when there is something to do.
--
--   ./dev run examples/echo.lua [ADDRESS]

local mio = require("mio")

local loop <close> = assert(mio.loop())
local listener <close> = assert(mio.listen(arg[1] or "127.0.0.1:7000"))
local unsent = {} -- client -> what its socket had no room for

-- Send what there is room for. While something is left, the client is watched for room, not
-- for more to read: one that never reads costs a single piece, however much it sends.
local function send(client, data, registration)
  local sent, err = client:try_write(data)
  if sent == #data then
    unsent[client] = nil
    registration:reregister("r")
  elseif sent or err == "again" then
    unsent[client] = data:sub((sent or 0) + 1)
    registration:reregister("w")
  else -- it is gone
    unsent[client] = nil
    client:close()
  end
end

local function on_client(client, _, _, _, registration)
  if unsent[client] then
    send(client, unsent[client], registration)
    return
  end
  local data, err = client:try_read()
  if data then
    send(client, data, registration)
  elseif err ~= "again" then -- the end of what it sends, or an error
    client:close()
  end
end

loop:register(listener, "r", function()
  for client in listener:try_accepts() do
    loop:register(client, "r", on_client)
  end
end)

for _, name in ipairs({ "INT", "TERM" }) do
  loop:signal(name, function() loop:shutdown() end)
end

print("listening on " .. tostring(listener:local_address()))
io.stdout:flush()
assert(loop:run())
