-- Timers of luv. It makes its objects once: a new one for each timeout would cost more.

local uv = require("luv")

local timers = {}
local fired = 0

local function count() fired = fired + 1 end

for i = 1, tonumber(arg[1]) do timers[i] = uv.new_timer() end

dofile("micro/timers.lua")({
  millisecond = 1,
  insert = function(delays)
    for i = 1, #delays do timers[i]:start(delays[i], 30000, count) end
  end,
  reschedule = function(delays)
    for i = 1, #delays do timers[i]:start(delays[i], 30000, count) end
  end,
  idle = function()
    for i = 1, #timers do timers[i]:again() end
  end,
  cancel = function()
    for i = 1, #timers do timers[i]:stop() end
  end,
  turn = function()
    fired = 0
    uv.run("nowait")
    return fired
  end,
})
