local helper = require("spec.helper")
local mio = require("mio")

local rows = {}

local function refused(expected, ...)
  local result, err = ...
  assert(result == nil and err == expected, tostring(err))
end

-- A stream that is always ready to be written.
local function ready()
  return (helper.pair("unix:"))
end

-- A handler that runs in each way in which a handler can run.
local function in_each_way(handler)
  local loop = mio.loop()
  loop:register(ready(), "w", handler(loop))
  loop:run()
  loop = mio.loop()
  loop:after(0, handler(loop))
  loop:run()
  loop = mio.loop()
  loop:signal("USR1", handler(loop))
  helper.kill("USR1")
  loop:run()
  loop = mio.loop()
  loop:after(0, coroutine.create(handler(loop)))
  loop:run()
  loop = mio.loop()
  loop:register(ready(), "w", coroutine.create(handler(loop)))
  loop:run()
end

rows["run and run_once inside a handler"] = function()
  in_each_way(function(loop)
    return function()
      refused("running", loop:run())
      refused("running", loop:run_once(0))
      loop:shutdown()
    end
  end)
end

rows["close inside a handler"] = function()
  in_each_way(function(loop)
    return function(...)
      loop:close()
      refused("closed", loop:run())
      local last = select(select("#", ...), ...)
      if last.deregister then
        last:deregister()
        refused("closed", last:reregister("r"))
      else
        last:cancel()
        refused("closed", last:reset(1))
      end
      collectgarbage()
    end
  end)
end

rows["close inside a handler, then an error"] = function()
  for _ = 1, 3 do
    local loop = mio.loop()
    loop:after(0, function() loop:close() error("mine", 0) end)
    assert(select(2, pcall(loop.run, loop)) == "mine")
    refused("closed", loop:run())
  end
end

rows["everything on a closed loop"] = function()
  local loop = mio.loop()
  local timer = loop:after(1, print)
  local registration = loop:register(ready(), "w", print)
  loop:close()
  loop:close()
  for _ = 1, 2 do
    refused("closed", loop:run())
    refused("closed", loop:run_once())
    refused("closed", loop:after(0, print))
    refused("closed", loop:every(1, print))
    refused("closed", loop:signal("USR1", print))
    refused("closed", loop:register(0, "r", print))
    refused("closed", loop:shutdown())
    refused("closed", timer:reset(0))
    refused("closed", registration:reregister("r"))
    collectgarbage()
  end
end

rows["run with nothing registered"] = function()
  local loop = mio.loop()
  assert(loop:run())
  assert(loop:run_once(0))
  loop:shutdown()
  assert(loop:run())
end

rows["a loop collected with everything live"] = function()
  local held = {}
  for i = 1, 50 do
    local loop = mio.loop()
    held[i] = { loop:register(ready(), "w", function() return loop end) }
    table.insert(held[i], loop:signal("USR1", function() return loop end))
    local timer = loop:after(1, function() return loop end)
    held[i][3] = i % 2 == 0 and timer or nil
  end
  collectgarbage()
  collectgarbage()
  for _, things in ipairs(held) do
    assert(things[1]:deregister() and things[2]:deregister())
    if not things[3] then
      refused("closed", things[1]:reregister("r"))
    end
  end
end

rows["the loop collected while its handler runs in a coroutine that is dropped"] = function()
  for _ = 1, 20 do
    local co = coroutine.create(function()
      local loop = mio.loop()
      loop:after(0, coroutine.yield)
      loop:register(ready(), "w", print)
      loop:run()
    end)
    assert(coroutine.resume(co))
    co = nil -- luacheck: ignore
    collectgarbage()
  end
  collectgarbage()
end

rows["a run that is dropped, its loop kept"] = function()
  local loop = mio.loop()
  loop:after(0, coroutine.yield)
  local wrapped = coroutine.wrap(function() loop:run() end)
  wrapped()
  refused("running", loop:run())
  wrapped = nil -- luacheck: ignore
  collectgarbage()
  collectgarbage()
  assert(loop:run())
  assert(loop:close())
end

rows["a run whose coroutine has failed, closed while another one runs the loop"] = function()
  local loop = mio.loop()
  loop:after(0, error)
  local failed = coroutine.create(function() loop:run() end)
  assert(not coroutine.resume(failed))
  loop:after(0, coroutine.yield)
  local running = coroutine.create(function() return loop:run() end)
  assert(coroutine.resume(running))
  coroutine.close(failed)
  refused("running", loop:run())
  assert(select(2, coroutine.resume(running)))
  assert(loop:run())
end

rows["os.exit with closing the state, in a handler"] = function()
  print("left")
  io.stdout:flush()
  local loop = mio.loop()
  loop:register(ready(), "w", function() end)
  loop:after(1000, print)
  loop:signal("USR1", print)
  loop:after(0, function() os.exit(0, true) end)
  loop:run()
end

rows["os.exit with closing the state, in a coroutine's handler in a nested loop"] = function()
  print("left")
  io.stdout:flush()
  local loop, inner = mio.loop(), mio.loop()
  inner:register(ready(), "w", coroutine.create(function()
    local buffer <close> = mio.loop()
    buffer:after(0, function() os.exit(0, true) end)
    buffer:run()
  end))
  loop:after(0, function() inner:run() end)
  loop:run()
end

rows["os.exit in a finalizer while a loop runs"] = function()
  print("left")
  io.stdout:flush()
  local loop = mio.loop()
  loop:after(0, function()
    setmetatable({}, { __gc = function() os.exit(0) end })
    collectgarbage()
    collectgarbage()
  end)
  loop:run()
end

rows["errors of every kind in handlers"] = function()
  local values = {
    {}, setmetatable({}, { __tostring = function() error("no text") end }), 42, false, print,
    coroutine.create(print), mio.loop(),
  }
  for i = 1, #values + 1 do
    local value = values[i] -- nil, too
    for _, make in ipairs({ function(f) return f end, coroutine.create }) do
      local loop = mio.loop()
      loop:after(0, make(function() error(value) end))
      local ok, got = pcall(loop.run, loop)
      assert(not ok and rawequal(got, value))
      assert(loop:run())
    end
  end
end

rows["an error with an error in __close"] = function()
  local loop = mio.loop()
  for _, make in ipairs({ function(f) return f end, coroutine.create }) do
    loop:after(0, make(function()
      local bad <close> = setmetatable({}, { __close = function() error("second", 0) end })
      error(bad and "first", 0)
    end))
    local ok, message = pcall(loop.run, loop)
    assert(not ok and (message:match("^second") or message:match("^first")), message)
  end
  assert(loop:run())
end

rows["a stack overflow in a handler"] = function()
  local loop = mio.loop()
  local function deep() return 1 + deep() end
  for _, make in ipairs({ function(f) return f end, coroutine.create }) do
    loop:after(0, make(deep))
    assert(select(2, pcall(loop.run, loop)):match("stack overflow"))
  end
  assert(loop:run())
end

rows["loops in handlers of loops, without end"] = function()
  local depth = 0
  local function nest()
    depth = depth + 1
    local loop <close> = assert(mio.loop())
    loop:after(0, nest)
    loop:run()
  end
  assert(select(2, pcall(nest)):match("C stack overflow"))
  assert(depth > 20)
end

rows["coroutines in handlers that run loops, without end"] = function()
  local function nest()
    local loop <close> = assert(mio.loop())
    loop:after(0, coroutine.create(nest))
    loop:run()
  end
  assert(select(2, pcall(nest)):match("C stack overflow"))
end

rows["a hundred thousand errors in a row"] = function()
  local loop = mio.loop()
  local stream = ready()
  loop:register(stream, "w", error)
  for _ = 1, 100000 do
    assert(not pcall(loop.run, loop))
  end
  stream:close()
  assert(loop:run())
end

rows["two loops, each run in the other's handler"] = function()
  local a, b = mio.loop(), mio.loop()
  local results
  a:after(0, function()
    b:after(0, function() results = { a:run() } end)
    b:run()
  end)
  a:run()
  refused("running", table.unpack(results, 1, 2))
end

rows["loops in coroutines, resumed in any order"] = function()
  math.randomseed(3)
  local function worker()
    local loop <close> = mio.loop()
    loop:register(ready(), "w", function() coroutine.yield() end)
    loop:every(1e-4, function() coroutine.yield() end)
    loop:run()
  end
  local workers = {}
  for i = 1, 20 do
    workers[i] = coroutine.create(worker)
  end
  for _ = 1, 500 do
    local i = math.random(#workers)
    assert(coroutine.resume(workers[i]))
    if math.random(20) == 1 then
      assert(coroutine.close(workers[i]))
      workers[i] = coroutine.create(worker)
    end
  end
end

rows["run inside sort, gsub, a finalizer, a metamethod"] = function()
  local loop = mio.loop()
  local count = 0
  local function run()
    loop:after(0, function() count = count + 1 end)
    assert(loop:run())
  end
  table.sort({ 3, 2, 1 }, function(a, b) run() return a < b end);
  ("abc"):gsub(".", run)
  local _ = setmetatable({}, { __index = run }).x
  setmetatable({}, { __gc = run })
  collectgarbage()
  do
    local variable <close> = setmetatable({}, { __close = run })
    assert(variable)
  end
  assert(count >= 7, count)
end

rows["a yield where there cannot be one"] = function()
  local loop = mio.loop()
  local co = coroutine.wrap(function()
    loop:after(0, coroutine.yield)
    return pcall(table.sort, { 2, 1 }, function() loop:run() end)
  end)
  local ok, message = co()
  assert(not ok and message:match("attempt to yield across a C%-call boundary"), message)
  assert(loop:run())
end

rows["a loop closed from outside of its suspended run"] = function()
  local loop = mio.loop()
  for _ = 1, 3 do
    loop:after(0, coroutine.yield)
  end
  local co = coroutine.create(function() return loop:run() end)
  coroutine.resume(co)
  loop:close()
  collectgarbage()
  assert(select(2, coroutine.resume(co)) == true)
end

rows["a suspended run whose loop's handlers go on elsewhere"] = function()
  local loop = mio.loop()
  loop:after(0, coroutine.yield)
  loop:after(0, function() error("second", 0) end)
  local co = coroutine.create(function() return loop:run() end)
  coroutine.resume(co)
  coroutine.close(co)
  assert(select(2, pcall(loop.run, loop)) == "second")
  assert(loop:run())
end

rows["loops that hold each other"] = function()
  for _ = 1, 50 do
    local a, b = mio.loop(), mio.loop()
    a:register(b, "r", function() return a, b end)
    b:after(1, function() return a, b end)
    b:register(ready(), "r", function() return a, b end)
  end
  collectgarbage()
  collectgarbage()
end

rows["a loop within itself, through another one"] = function()
  local a, b = mio.loop(), mio.loop()
  assert(a:register(b, "r", print))
  local _, _, code = b:register(a, "r", print)
  assert(code == "ELOOP")
  _, _, code = a:register(a, "r", print)
  assert(code == "EINVAL")
end

rows["a polled loop that is closed while registered elsewhere"] = function()
  local outer, inner = mio.loop(), mio.loop()
  outer:register(inner, "r", print)
  inner:register(ready(), "w", print)
  inner:close()
  outer:after(0.01, function() outer:shutdown() end)
  outer:run()
end

rows["a guest closed in its own turn, and by its host"] = function()
  for _, when in ipairs({ "turn", "before", "after" }) do
    local host, guest = mio.loop(), mio.loop()
    host:register(guest, "r", function()
      if when == "before" then guest:close() end
      local _, err = guest:run_once(0)
      assert(err == (when == "before" and "closed" or nil))
      if when == "after" then guest:close() end
    end)
    guest:register(ready(), "w", function()
      if when == "turn" then guest:close() end
    end)
    host:run() -- the guest's registration has ended with it
    refused("closed", guest:pollfd())
    refused("closed", guest:timeout())
  end
end

rows["a guest that asks itself, and lets its host do turns, in its own turn"] = function()
  local host, guest = mio.loop(), mio.loop()
  host:register(guest, "r", function() guest:run_once(0) end)
  guest:register(ready(), "w", function()
    assert(guest:timeout() == 0 and guest:events() == "r" and guest:pollfd())
    refused("running", guest:run_once(0))
    refused("running", host:run_once(0))
    host:shutdown()
  end)
  host:run()
end

rows["a guest nobody lets do a turn"] = function()
  local host, guest = mio.loop(), mio.loop()
  local told = 0
  guest:register(ready(), "w", error)
  guest:after(0, error)
  host:register(guest, "r", function()
    told = told + 1
    if told == 1000 then host:shutdown() end
  end)
  host:run()
end

rows["a handler that is a loop's own method"] = function()
  local loop = mio.loop()
  loop:after(0, loop.run)
  assert(not pcall(loop.run, loop))
  loop:after(0, mio.loop)
  assert(not pcall(loop.run, loop))
  assert(loop:run())
end

rows["two thousand loops, one after the other"] = function()
  for _ = 1, 2000 do
    local loop <close> = assert(mio.loop())
    loop:after(1, print)
  end
end

rows["loops made as the state is closed"] = function()
  _G.kept = setmetatable({}, { __gc = function()
    for _ = 1, 3 do
      mio.loop():after(1, print)
      mio.poll()
    end
  end })
end

rows["stats into tables that are none"] = function()
  local loop = mio.loop()
  for _, value in ipairs({ 1, "x", true, print, loop, io.stdout }) do
    assert(not pcall(loop.stats, loop, value))
  end
  assert(select(2, pcall(loop.stats, loop, setmetatable({}, { __newindex = error }))) ~= nil)
  local closes = setmetatable({}, { __newindex = function() loop:close() collectgarbage() end })
  assert(loop:stats(closes) == closes)
  refused("closed", loop:stats(closes))
  refused("closed", loop:dump())
  refused("closed", loop:measure(true))
end

rows["measuring switched on and off in handlers of every kind"] = function()
  for _, first in ipairs({ true, false }) do
    in_each_way(function(loop)
      loop:measure(first)
      return function()
        for _ = 1, 3 do
          loop:measure(not first)
          assert(loop:stats().turns > 0 and #tostring(loop:dump()) >= 0)
          loop:measure(first)
        end
        loop:measure(not first)
        loop:shutdown()
      end
    end)
  end
end

rows["errors, yields and stack overflows while the loop is measured"] = function()
  local loop = mio.loop()
  local function deep() return 1 + deep() end
  loop:measure(true, 1000)
  for _, make in ipairs({ function(f) return f end, coroutine.create }) do
    loop:after(0, make(error))
    assert(not pcall(loop.run, loop))
    loop:after(0, make(deep))
    assert(not pcall(loop.run, loop))
  end
  loop:after(0, coroutine.yield)
  loop:after(0, function() error("second", 0) end)
  local co = coroutine.create(function() return loop:run() end)
  assert(coroutine.resume(co))
  assert(coroutine.close(co))
  assert(select(2, pcall(loop.run, loop)) == "second")
  assert(loop:run())
end

rows["a dump of coroutines in every state"] = function()
  local loop = mio.loop()
  for _, code in ipairs({ "return", "return nil + 1" }) do -- it ends while it is registered
    local ended = coroutine.create(load(code))
    local timer = loop:after(1, ended)
    coroutine.resume(ended)
    assert(type(loop:dump()[1].where) == "string")
    timer:cancel()
  end
  local waits = coroutine.create(function(...) coroutine.yield(...) end)
  coroutine.resume(waits, 1, 2, 3)
  local function check(co)
    local timer = loop:after(1, co)
    assert(type(loop:dump()[1].where) == "string")
    timer:cancel()
  end
  check(waits)
  check(coroutine.create(print))
  local outer
  outer = coroutine.create(function()
    check(outer)
    coroutine.wrap(check)(outer)
  end)
  assert(coroutine.resume(outer))
end

rows["a loop that is closed by a finalizer while it is dumped"] = function()
  for _ = 1, 30 do
    local loop = mio.loop()
    for i = 1, 50 do
      loop:after(i, print)
      loop:register(ready(), "w", print)
    end
    setmetatable({}, { __gc = function() loop:close() end })
    local dump
    repeat
      dump = loop:dump()
      assert(not dump or #tostring(dump) >= 0)
    until not dump
  end
end

rows["a source whose name is an error"] = function()
  local loop = mio.loop()
  local stream = ready()
  local source = setmetatable({ pollfd = function() return stream:getfd() end },
    { __tostring = function() error("no name", 0) end })
  assert(loop:register(source, "w", print))
  assert(select(2, pcall(tostring, loop:dump())) == "no name")
  getmetatable(source).__tostring = function() loop:close() return "closed" end
  assert(tostring(loop:dump()):find("closed", 1, true))
end

return rows
