-- An echo server whose clients may not be silent: mio.select waits for the next bytes, or until
-- the time for them is over.
--
--   ./dev run examples/echo_idle.lua [SECONDS [ADDRESS]]

local mio = require("mio")

local limit, address = tonumber(arg[1] or 5), arg[2] or "127.0.0.1:7000"

local function echo(client)
  client:settimeout(limit) -- for one who takes nothing
  while mio.select({ client }, limit) do
    local data = client:read()
    if not data or not client:write(data) then return end
  end
end

mio.run(function()
  local listener <close> = assert(mio.listen(address))
  print("listening on " .. tostring(listener:local_address()))
  io.stdout:flush()
  mio.serve(listener, echo)
end, { stop_on = { "INT", "TERM" } })
