-- Slot tables are internal: what is seen of them is that every event finds its own handler,
-- whatever was registered and has ended before.
local helper = require("spec.helper")
local mio = require("mio")

describe("slots", function()
  helper.watch()

  it("lead each event to its own handler, after many have come and gone", function()
    local loop = helper.loop()
    local streams, live, told = {}, {}, {}
    for i = 1, 20 do
      streams[i * 2 - 1], streams[i * 2] = helper.pair()
    end
    math.randomseed(7)
    for _ = 1, 2000 do
      local i = math.random(#streams)
      if live[i] then
        live[i]:deregister()
        live[i] = nil
      else
        live[i] = assert(loop:register(streams[i], "w", function(source, _, _, _, registration)
          assert(source == streams[i] and registration == live[i])
          told[i] = true
        end))
        assert(live[i].source == streams[i])
      end
      if math.random(50) == 1 then
        for _ = 1, #streams do -- a batch may be small
          loop:run_once(0)
        end
        for j = 1, #streams do
          assert(told[j] == (live[j] and true))
          told[j] = nil
        end
      end
    end
  end)

  it("lead each timer to its own handler, after many have fired and were cancelled", function()
    local loop = helper.loop()
    local timers, expected, fired = {}, 0, 0
    math.randomseed(11)
    for i = 1, 3000 do
      local timer
      timer = assert(loop:after(math.random(0, 3) / 1000, function(given)
        assert(given == timer)
        fired = fired + 1
        timers[timer] = nil
      end))
      timers[timer] = true
      expected = expected + 1
      if i % 7 == 0 then
        local any = next(timers)
        any:cancel()
        timers[any] = nil
        expected = expected - 1
      end
      if i % 100 == 0 then
        loop:run_once(0)
      end
    end
    loop:run()
    assert.equal(expected, fired)
    assert.is_nil(next(timers))
  end)

  it("let go of what has ended", function()
    local loop = helper.loop()
    local stream = helper.pair()
    local weak = setmetatable({}, { __mode = "k" })
    for _ = 1, 100 do
      local handler = function() end
      weak[handler] = true
      loop:register(stream, "r", handler):deregister()
      local timer_handler = function() end
      weak[timer_handler] = true
      loop:after(1, timer_handler):cancel()
      local signal_handler = function() end
      weak[signal_handler] = true
      loop:signal("USR1", signal_handler):deregister()
    end
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(weak))
  end)

  it("allocate nothing where one takes the place of another", function()
    local loop = helper.loop()
    local timer = loop:after(1000, print)
    assert.equal(0, helper.garbage(function()
      timer:cancel()
      timer:reset(1000)
    end))
  end)

  it("are one table a kind: registrations, timers and signals do not meet", function()
    local loop = helper.loop()
    local client, server = helper.pair()
    local got = {}
    loop:register(server, "r", function(_, _, _, _, registration)
      table.insert(got, "source")
      registration:deregister()
    end)
    loop:after(0, function() table.insert(got, "timer") end)
    local signal = loop:signal("USR1", function() table.insert(got, "signal") end)
    client:try_write("x")
    helper.await(server, "r")
    loop:run_once(0)
    assert.same({ "source", "timer" }, got)
    signal:deregister()
    assert.is_true(loop:run())
    assert.is_true(mio.now() > 0)
  end)
end)
