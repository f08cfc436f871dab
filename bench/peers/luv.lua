-- The server on luv: try_write, and write for what it does not take.

local uv = require("luv")

local function leave(client)
  if not client:is_closing() then client:close() end
end

local on_read

-- Read on when the rest is written.
local function keep(client, rest)
  client:read_stop()
  client:write(rest, function(err)
    if err then return leave(client) end
    client:read_start(on_read(client))
  end)
end

function on_read(client)
  return function(err, data)
    if err or not data then return leave(client) end
    local sent, _, name = client:try_write(data)
    if sent == #data then return end
    if not sent and name ~= "EAGAIN" then return leave(client) end
    keep(client, data:sub((sent or 0) + 1))
  end
end

local listener = uv.new_tcp()
assert(listener:bind("127.0.0.1", 0))
assert(listener:nodelay(true)) -- clients inherit it
assert(listener:listen(1024, function(err)
  assert(not err, err)
  local client = uv.new_tcp()
  assert(listener:accept(client))
  client:read_start(on_read(client))
end))

print("listening on 127.0.0.1:" .. listener:getsockname().port)
io.stdout:flush()
uv.run()
