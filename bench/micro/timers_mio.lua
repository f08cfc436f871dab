-- Timers of a loop of mio, in Lua.

local mio = require("mio")

local loop <close> = mio.loop()
local timers = {}
local fired = 0

local function count() fired = fired + 1 end

-- Within a turn, as handlers do it: outside of one each call reads the clock.
local function in_turn(pass)
  return function(...)
    local argument = ...
    loop:after(0, function() pass(argument) end)
    loop:run_once(0)
  end
end

dofile("micro/timers.lua")({
  millisecond = 0.001,
  insert = in_turn(function(delays)
    for i = 1, #delays do timers[i] = loop:after(delays[i], count) end
  end),
  reschedule = in_turn(function(delays)
    for i = 1, #delays do timers[i]:reset(delays[i]) end
  end),
  idle = in_turn(function(delay)
    for i = 1, #timers do timers[i]:reset(delay) end
  end),
  cancel = in_turn(function()
    for i = 1, #timers do timers[i]:cancel() end
  end),
  turn = function()
    fired = 0
    loop:run_once(0)
    return fired
  end,
})
