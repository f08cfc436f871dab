-- A TCP proxy: who connects here is connected to a server elsewhere, and what comes from either
-- goes to the other one, no faster than that takes it.
--
-- Ten are served at a time; who comes then waits to be accepted. An end of one direction is
-- passed on, and the other one goes on; an error ends both.
--
--   ./dev run examples/proxy.lua SERVER [ADDRESS]

local mio = require("mio")

local AT_ONCE = 10
local SECONDS_TO_CONNECT = 5

local server_address, address = arg[1], arg[2] or "127.0.0.1:7000"
if not server_address then
  io.stderr:write("usage: proxy.lua SERVER [ADDRESS]\n")
  os.exit(1, true)
end

local function relay(from, to)
  if mio.copy(from, to) then
    to:shutdown("w")
  else
    from:close("broken")
    to:close("broken")
  end
end

local function proxy(client)
  local server <close>, err = mio.connect(server_address, nil, SECONDS_TO_CONNECT)
  if not server then return io.stderr:write(err, "\n") end
  local there, back = mio.spawn(relay, client, server), mio.spawn(relay, server, client)
  there:join()
  back:join()
end

mio.run(function()
  local listener <close> = assert(mio.listen(address))
  print("listening on " .. tostring(listener:local_address()))
  io.stdout:flush()
  mio.serve(listener, proxy, { max = AT_ONCE })
end, { stop_on = { "INT", "TERM" } })
