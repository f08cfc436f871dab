-- An echo server over all cores: each thread has a loop and a listener of its own on one port,
-- and the kernel spreads the clients over them.
--
--   ./dev run examples/threads_reuseport.lua [ADDRESS [THREADS]]

local mio = require("mio")

-- What each thread runs. It has a state of its own, so it gets all it needs as arguments.
local function serve(address, ready)
  local mio = require("mio") -- luacheck: ignore 431
  local listener <close> = assert(mio.listen(address, { reuseport = true }))
  ready:send(true)
  mio.serve(listener, function(client)
    for chunk in client:chunks() do client:write(chunk) end
  end)
end

mio.run(function()
  -- Port 0 is chosen here, and held until the threads have it.
  local first <close> = assert(mio.listen(arg[1] or "127.0.0.1:7000", { reuseport = true }))
  local address = tostring(first:local_address())
  local count, ready = tonumber(arg[2] or 4), mio.shared_channel()
  for i = 1, count do
    assert(mio.thread(serve, address, ready)).name = "server " .. i
  end
  for _ = 1, count do ready:recv() end
  first:close() -- or it would get its share of the clients
  print("listening on " .. address)
  io.stdout:flush()
end, { stop_on = { "INT", "TERM" } })
