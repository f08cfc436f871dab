-- A chat without a server: who joins the group hears everybody.
--
--   ./dev run examples/multicast_chat.lua [GROUP [INTERFACE [NAME]]]
--
-- Start it in two terminals and type. On one machine the interface is "lo"; on a network it is
-- that of the network. The end of the input ends it.

local mio = require("mio")

local group = mio.address(arg[1] or "239.255.70.70:7070")
local interface = arg[2] or "lo"
local name = arg[3] or "guest-" .. math.random(1000, 9999)

local loop <close> = assert(mio.loop())
local any = group.family == "ipv6" and "[::]:" or "0.0.0.0:"
local socket <close> = assert(mio.datagram(any .. group.port, { reuseaddr = true }))
assert(socket:join(group, interface))
assert(socket:multicast_interface(interface))
assert(socket:setoption("multicast_loop", true)) -- the others may be on this machine

loop:register(socket, "r", function()
  local text, err = socket:try_recv(1024)
  if text then
    print((text:gsub("%c", "?"))) -- nobody controls another one's terminal
    io.stdout:flush()
  elseif err ~= "again" then
    io.stderr:write(err, "\n")
  end
end)

-- Lines of the terminal, or of a pipe: they come by the system's own call, one at a time.
local function say()
  local line = io.read()
  if not line then
    loop:shutdown()
    return
  end
  local sent, err = socket:try_send(name .. ": " .. line, group)
  if not sent then
    io.stderr:write(err, "\n")
  end
end

io.stdin:setvbuf("no") -- what waits in a buffer of Lua's would wake nobody
loop:register(io.stdin, "r", say)

print("listening on " .. tostring(group))
io.stdout:flush()
assert(loop:run())
