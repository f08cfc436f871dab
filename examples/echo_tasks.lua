-- An echo server in task style: a task for each client, which reads and writes as if it were
-- alone. A slow client makes its own task wait, and nobody else.
--
--   ./dev run examples/echo_tasks.lua [ADDRESS]

local mio = require("mio")

mio.run(function()
  local listener <close> = assert(mio.listen(arg[1] or "127.0.0.1:7000"))
  print("listening on " .. tostring(listener:local_address()))
  io.stdout:flush()
  mio.serve(listener, function(client)
    for chunk in client:chunks() do client:write(chunk) end
  end)
end, { stop_on = { "INT", "TERM" } })
