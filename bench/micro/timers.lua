-- Timers: what both programs do with them, as timers.h has it. Each gives a table of functions,
-- which do one thing with all timers: insert(delays), reschedule(delays), idle(delay) and
-- cancel(); turn(), which does not wait, and returns how many have fired in it; and how long a
-- millisecond is in its unit.

local IDLE_MS, SOON_MS, LATE_MS = 30000, 50, 60000

local count, rounds = tonumber(arg[1]), tonumber(arg[2])
local names = { "insert", "reschedule", "idle reset", "cancel", "expire" }
local sums = {}

local function phase(name, pass, ...)
  local start = os.clock()
  pass(...)
  sums[name] = (sums[name] or 0) + os.clock() - start
end

return function(program)
  local function delays(seed, lowest, range)
    local list, random = {}, seed
    for i = 1, count do
      random = (random * 1664525 + 1013904223) & 0xffffffff
      list[i] = ((random >> 8) % range + lowest) * program.millisecond
    end
    return list
  end

  local function expire()
    local fired = 0
    while fired < count do fired = fired + program.turn() end
  end

  local first = delays(1, 1000, LATE_MS - 1000)
  local second = delays(2, 1000, LATE_MS - 1000)
  local soon = delays(3, 1, SOON_MS)
  local idle = IDLE_MS * program.millisecond
  for _ = 1, rounds do
    phase("insert", program.insert, first)
    phase("reschedule", program.reschedule, second)
    program.idle(idle)
    os.execute("sleep 0.002") -- time goes on between two resets of an idle timer
    program.turn()
    phase("idle reset", program.idle, idle)
    phase("cancel", program.cancel)
    program.turn()
    program.insert(soon)
    os.execute("sleep 0.06")
    phase("expire", expire)
  end
  for _, name in ipairs(names) do
    print(("%s: %.2f"):format(name, sums[name] / count / rounds * 1e9))
  end
end
