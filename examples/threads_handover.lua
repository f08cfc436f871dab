-- An echo server with one acceptor, which hands its clients over a shared channel to threads.
-- Who is free takes the next one; where all are busy the acceptor waits.
--
--   ./dev run examples/threads_handover.lua [ADDRESS [THREADS]]

local mio = require("mio")

local CLIENTS_MAX = 1000 -- of a thread

-- What each thread runs: a task for each client. Who has no place for another one takes none.
local function serve(clients, max)
  local mio = require("mio") -- luacheck: ignore 431
  local places = mio.semaphore(max)
  local function echo(client, place)
    local _ <close> = place
    local stream <close> = client
    for chunk in stream:chunks() do stream:write(chunk) end
  end
  while true do
    local place = places:acquire()
    local client = clients:recv()
    if not client then return end
    mio.spawn(echo, client, place)
  end
end

mio.run(function()
  local listener <close> = assert(mio.listen(arg[1] or "127.0.0.1:7000"))
  local clients <close> = mio.shared_channel(16)
  for i = 1, tonumber(arg[2] or 4) do
    local thread = assert(mio.thread(serve, clients, CLIENTS_MAX))
    thread.name = "server " .. i
  end
  print("listening on " .. tostring(listener:local_address()))
  io.stdout:flush()
  for client in listener:accepts() do clients:send(client) end
end, { stop_on = { "INT", "TERM" } })
