-- The server on luaevent's core: an event a client, and LuaSocket's calls.

local core = require("luaevent.core")
local socket = require("socket")

local base = core.new()
-- client -> its event, kept from the collector
local events = {} -- luacheck: ignore
local unsent = {} -- client -> what its full socket did not take

local function leave(client)
  events[client] = nil
  unsent[client] = nil
  client:close()
  return core.LEAVE
end

-- What to wait for next.
local function send(client, data)
  local last, err, sent = client:send(data)
  if last then
    unsent[client] = nil
    return core.EV_READ
  end
  if err ~= "timeout" then return leave(client) end
  unsent[client] = data:sub(sent + 1)
  return core.EV_WRITE
end

local function on_client(client)
  return function(event)
    if event == core.EV_WRITE then return send(client, unsent[client]) end
    local data, err, part = client:receive(65536)
    data = data or part
    if data ~= "" then return send(client, data) end
    if err == "timeout" then return core.EV_READ end
    return leave(client)
  end
end

local listener = assert(socket.bind("127.0.0.1", 0, 1024))
listener:settimeout(0)
assert(listener:setoption("tcp-nodelay", true)) -- clients inherit it
events[listener] = base:addevent(listener, core.EV_READ, function()
  local client = listener:accept()
  while client do
    client:settimeout(0)
    events[client] = base:addevent(client, core.EV_READ, on_client(client))
    client = listener:accept()
  end
  return core.EV_READ
end)

local _, port = listener:getsockname()
print("listening on 127.0.0.1:" .. math.tointeger(port))
io.stdout:flush()
base:loop()
