-- A chat: bounded lines, idle limit, slow readers dropped, graceful stop.
--
--   ./dev run examples/chat.lua      then, several times:  nc 127.0.0.1 7000

local mio = require("mio")

local room = {}
local function say(from, text)
  for c in pairs(room) do
    if c ~= from and not c:try_write(text) then c:close("too slow") end
  end
end
mio.run(function()
  local listener <close> = assert(mio.listen("127.0.0.1:7000", { high_water = 65536 }))
  mio.serve(listener, function(conn)
    room[conn] = true
    local _ <close> = mio.defer(function() room[conn] = nil end)
    for line in conn:lines { max = 8192, timeout = 300 } do say(conn, line .. "\n") end
  end)
end, { stop_on = { "INT", "TERM" }, grace = 5 })
