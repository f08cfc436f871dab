local helper = require("spec.helper")
local mio = require("mio")

local rows = {}

local function nothing() end

rows["times that are none"] = function()
  local loop = mio.loop()
  local timer = loop:after(1000, print)
  for _, seconds in ipairs({
    -1, 0 / 0, -math.huge, math.mininteger, -1e-300, "x", true, {},
  }) do
    assert(not pcall(loop.after, loop, seconds, print))
    assert(not pcall(loop.every, loop, seconds, print))
    assert(not pcall(loop.run_once, loop, seconds))
    assert(not pcall(timer.reset, timer, seconds))
  end
  assert(not pcall(loop.every, loop, 0, print))
  assert(not pcall(loop.every, loop, -0.0, print))
  assert(tostring(timer) == "mio.timer (armed)")
end

rows["times without end"] = function()
  local loop = mio.loop()
  for _, seconds in ipairs({ math.huge, 1e300, 1e18, 9223372036.854776, math.maxinteger }) do
    local timer = assert(loop:after(seconds, error))
    assert(timer:reset(seconds))
    local every = assert(loop:every(seconds, error))
    assert(every:reset(seconds))
    loop:run_once(0)
    assert(timer:cancel() and every:cancel())
  end
  assert(loop:run())
end

rows["a timer of 0 that arms itself for ever, while others are served"] = function()
  local loop = mio.loop()
  local client, server = helper.pair()
  local served, ticks = 0, 0
  loop:after(0, function(timer) timer:reset(0) end)
  local function again() loop:after(0, again) end
  again()
  loop:every(1e-9, nothing)
  loop:every(0.001, function() ticks = ticks + 1 end)
  loop:register(server, "r", function()
    server:try_read()
    served = served + 1
    if served == 20 then
      loop:shutdown()
    end
  end)
  loop:register(client, "w", function() client:try_write("x") end)
  loop:run()
  assert(served == 20)
end

rows["cancel and reset, itself and its siblings, in handlers"] = function()
  local loop = mio.loop()
  math.randomseed(5)
  local timers = {}
  local calls = 0
  local function handler(timer)
    calls = calls + 1
    for _ = 1, 5 do
      local other = timers[math.random(#timers)]
      if math.random(2) == 1 then
        other:cancel()
      else
        other:reset(math.random() / 1000 + 1e-9)
      end
    end
    if calls % 3 == 0 then
      timer:cancel()
    end
  end
  for i = 1, 100 do
    timers[i] = i % 2 == 0 and loop:after(0, handler) or loop:every(0.0005, handler)
  end
  loop:after(0.1, function() loop:shutdown() end)
  loop:run()
  for _, timer in ipairs(timers) do
    timer:cancel()
  end
  assert(loop:run())
end

rows["a period shorter than its handler"] = function()
  local loop = mio.loop()
  local count = 0
  loop:every(0.001, function(timer)
    count = count + 1
    local stop = mio.now() + 0.003
    repeat until mio.now() > stop
    if count == 5 then
      timer:cancel()
    end
  end)
  assert(loop:run())
  assert(count == 5)
end

rows["fifty thousand in one millisecond, in order"] = function()
  local loop = mio.loop()
  local next_number = 1
  local numbers = {}
  local function handler(timer)
    assert(numbers[timer] == next_number)
    next_number = next_number + 1
  end
  for i = 1, 50000 do
    numbers[loop:after(0.001, handler)] = i
  end
  assert(loop:run())
  assert(next_number == 50001)
end

rows["timers of a loop that is collected, and of one that is closed"] = function()
  local timers = {}
  for i = 1, 100 do
    local loop = mio.loop()
    timers[i] = loop:after(1000, print)
    timers[-i] = mio.loop():every(1000, print)
    if i % 2 == 0 then
      loop:close()
    end
  end
  collectgarbage()
  collectgarbage()
  for i = -100, 100 do
    if i ~= 0 then
      local ok, err = timers[i]:reset(1)
      assert(ok or err == "closed")
      assert(timers[i]:cancel())
      tostring(timers[i])
    end
  end
end

rows["a timer dropped in its own handler"] = function()
  local loop = mio.loop()
  for _ = 1, 100 do
    loop:after(0, function() collectgarbage() end)
  end
  assert(loop:run())
end

rows["a timer used by a finalizer when its loop is gone"] = function()
  local results = {}
  do
    local loop = mio.loop()
    local timer = loop:after(1000, print)
    setmetatable({}, { __gc = function()
      results.reset = timer:reset(1)
      results.timer = timer
    end })
  end
  collectgarbage()
  collectgarbage()
  collectgarbage()
  assert(results.reset == true)
  assert(select(2, results.timer:reset(1)) == "closed")
  assert(results.timer:cancel())
end

rows["the clock asked a million times"] = function()
  local last = mio.now()
  for _ = 1, 1000000 do
    local now = mio.now()
    assert(now >= last)
    last = now
  end
end

return rows
