local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a loop", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop() end)

  it("runs until nothing is registered", function()
    local client, server = helper.pair()
    local calls = {}
    loop:register(server, "r", function(_, _, _, _, registration)
      table.insert(calls, "source")
      registration:deregister()
    end)
    loop:after(0.001, function() table.insert(calls, "timer") client:try_write("x") end)
    assert.is_true(loop:run())
    assert.same({ "timer", "source" }, calls)
  end)

  it("with nothing registered is over at once", function()
    assert.is_true(loop:run())
    assert.is_true(loop:run())
    assert.is_true(loop:run_once(0))
  end)

  it("ends by shutdown when the turn is over", function()
    local calls = 0
    for _ = 1, 3 do
      loop:after(0, function()
        calls = calls + 1
        assert.is_true(loop:shutdown())
      end)
    end
    loop:after(1000, error)
    assert.is_true(loop:run())
    assert.equal(3, calls)
  end)

  it("keeps a shutdown that comes before run", function()
    local calls = 0
    loop:after(0, function() calls = calls + 1 end)
    loop:after(1000, error)
    loop:shutdown()
    loop:shutdown()
    local start = mio.now()
    assert.is_true(loop:run())
    assert.is_true(mio.now() - start < 500)
    loop:after(0, function() loop:shutdown() end)
    assert.is_true(loop:run())
  end)

  it("does one turn by run_once, and waits no longer than told", function()
    local client, server = helper.pair()
    local calls = 0
    loop:register(server, "r", function() calls = calls + 1 server:try_read() end)
    assert.is_true(loop:run_once(0))
    local start = mio.now()
    assert.is_true(loop:run_once(0.01))
    assert.is_true(mio.now() - start >= 0.01)
    client:try_write("x")
    assert.is_true(loop:run_once(1000))
    assert.equal(1, calls)
    loop:after(0.01, function() calls = calls + 1 end)
    assert.is_true(loop:run_once())
    assert.equal(2, calls)
  end)

  it("says where it runs already", function()
    local results = {}
    loop:after(0, function()
      results = { { loop:run() }, { loop:run_once(0) } }
    end)
    assert.is_true(loop:run())
    assert.same({ { nil, "running" }, { nil, "running" } }, results)
    assert.is_true(loop:run())
  end)

  it("may run within a handler of another one", function()
    local order = {}
    local inner = helper.loop()
    loop:after(0, function()
      table.insert(order, "outer")
      inner:after(0, function()
        table.insert(order, "inner")
        assert.same({ nil, "running" }, { loop:run() })
      end)
      inner:run()
      table.insert(order, "outer again")
    end)
    loop:run()
    assert.same({ "outer", "inner", "outer again" }, order)
  end)

  it("may be closed by a handler: run is over, the rest is dropped", function()
    local calls = 0
    for _ = 1, 3 do
      loop:after(0, function()
        calls = calls + 1
        loop:close()
      end)
    end
    assert.is_true(loop:run())
    assert.equal(1, calls)
    assert.same({ nil, "closed" }, { loop:run() })
  end)

  it("is closed as a variable, and by the collector", function()
    local before = helper.descriptors()
    local client = helper.pair()
    local registration
    do
      local variable <close> = mio.loop()
      registration = assert(variable:register(client, "r", print))
    end
    assert.equal("mio.registration (ended)", tostring(registration))
    do
      local other = mio.loop()
      registration = assert(other:register(client, "r", function() return other end))
      assert(other:after(1, function() return other end))
    end
    collectgarbage()
    collectgarbage()
    assert.equal("mio.registration (ended)", tostring(registration))
    assert.equal(before + 2, helper.descriptors())
  end)

  it("has a time, the same during a turn", function()
    local times = {}
    for _ = 1, 2 do
      loop:after(0, function()
        table.insert(times, loop:now())
        local start = mio.now()
        repeat until mio.now() > start + 0.001
      end)
    end
    loop:run()
    assert.equal(times[1], times[2])
    assert.is_true(loop:now() > times[1])
  end)

  it("has nothing to wait for while a turn is in hand", function()
    loop:after(0, function() error("stop", 0) end)
    loop:after(0, function() end)
    assert.equal("stop", raised(loop.run, loop))
    assert.equal(0, loop:timeout())
    loop:run()
    assert.is_nil(loop:timeout())
  end)

  it("cannot have itself as a source", function()
    assert.same({ nil, "invalid argument", "EINVAL" }, { loop:register(loop, "r", print) })
  end)

  it("calls anything that can be called", function()
    local calls = {}
    local object = setmetatable({}, { __call = function(_, ...)
      table.insert(calls, select("#", ...))
    end })
    local client, server = helper.pair()
    client:try_write("x")
    loop:register(server, "r", object)
    loop:after(0, object)
    loop:run_once(1)
    assert.same({ 5, 1 }, calls)
  end)

  it("takes as many events at once as it is told", function()
    local small = helper.loop({ events_per_poll = 1 })
    local count = 0
    for _ = 1, 3 do
      local client, server = helper.pair()
      client:try_write("x")
      helper.await(server, "r")
      small:register(server, "r", function(_, _, _, _, registration)
        count = count + 1
        registration:deregister()
      end)
    end
    small:run_once(0)
    assert.equal(1, count)
    small:run()
    assert.equal(3, count)
  end)

  it("is told as text", function()
    assert.equal("mio.loop (0 registered)", tostring(loop))
    loop:after(1, print)
    loop:signal("USR1", print)
    assert.equal("mio.loop (2 registered)", tostring(loop))
    loop:close()
    assert.equal("mio.loop (closed)", tostring(loop))
  end)

  it("says what it expects", function()
    for expected, call in pairs({
      ["calling 'run' on bad self (mio.loop expected, got mio.poll)"] = function()
        local object = setmetatable({ run = loop.run }, { __name = "mio.poll" })
        object:run()
      end,
      ["bad argument #1 to 'register' (value expected)"] = function() loop:register() end,
      ["bad argument #1 to 'signal' (name or number of a signal expected, got nil)"] =
        function() loop:signal(nil, print) end,
      ["bad argument #1 to 'after' (number expected, got no value)"] =
        function() loop:after() end,
    }) do
      assert.equal(expected, raised(call))
    end
  end)
end)

describe("a loop with a virtual clock", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop({ clock = "virtual" }) end)

  it("begins at 0, and stands still", function()
    assert.equal(0, loop:now())
    assert.is_true(loop:run_once(0))
    assert.equal(0, loop:now())
  end)

  it("jumps to the next timer, where nothing is ready", function()
    local times = {}
    local function note() table.insert(times, loop:now()) end
    for _, seconds in ipairs({ 86400, 0.5, 3600, 0.5 }) do
      loop:after(seconds, note)
    end
    local start = mio.now()
    assert.is_true(loop:run())
    assert.same({ 0.5, 0.5, 3600, 86400 }, times)
    assert.is_true(mio.now() - start < 1800)
  end)

  it("goes through the deadlines of a period one by one", function()
    local times = {}
    loop:every(10, function(timer)
      table.insert(times, loop:now())
      if #times == 4 then
        timer:cancel()
      end
    end)
    assert.is_true(loop:run())
    assert.same({ 10, 20, 30, 40 }, times)
  end)

  it("takes timeouts of run_once for time that passes", function()
    assert.is_true(loop:run_once(5))
    assert.equal(5, loop:now())
    local fired = false
    loop:after(3, function() fired = true end)
    assert.is_true(loop:run_once(2))
    assert.is_false(fired)
    assert.equal(7, loop:now())
    assert.is_true(loop:run_once(2))
    assert.is_true(fired)
    assert.equal(8, loop:now())
  end)

  it("moves by advance; the next turn tells what is due then", function()
    local order = {}
    local function note(name) return function() table.insert(order, name) end end
    loop:after(2, note("two"))
    loop:after(1, note("one"))
    loop:after(4, note("four"))
    assert.is_true(loop:advance(3))
    assert.equal(3, loop:now())
    assert.same({}, order)
    assert.equal(0, loop:timeout())
    assert.is_true(loop:run_once(0))
    assert.same({ "one", "two" }, order)
    assert.equal(1, loop:timeout())
    assert.is_true(loop:advance(0))
    assert.equal(3, loop:now())
  end)

  it("stays the same during a turn", function()
    local times = {}
    for _ = 1, 2 do
      loop:after(1, function()
        table.insert(times, loop:now())
        assert.is_true(loop:advance(10))
      end)
    end
    assert.is_true(loop:run_once())
    assert.same({ 1, 1 }, times)
    assert.equal(21, loop:now())
  end)

  it("serves what is ready before it jumps", function()
    local client, server = helper.pair()
    local order, left = {}, 3
    loop:after(1, function() table.insert(order, loop:now()) end)
    loop:register(server, "r", function(_, _, _, _, registration)
      server:try_read()
      table.insert(order, "source")
      left = left - 1
      if left == 0 then
        return registration:deregister()
      end
      client:try_write("x")
      helper.await(server, "r")
    end)
    client:try_write("x")
    helper.await(server, "r")
    assert.is_true(loop:run())
    assert.same({ "source", "source", "source", 1 }, order)
  end)

  it("may come to the end of time", function()
    assert.is_true(loop:advance(math.huge))
    local fired = 0
    loop:after(0, function() fired = fired + 1 end)
    assert.is_true(loop:advance(1))
    assert.is_true(loop:run_once(0))
    assert.equal(1, fired)
  end)

  it("is not the clock of every loop", function()
    local other = helper.loop()
    assert.equal("advance: this loop has no virtual clock", raised(other.advance, other, 1))
    assert.equal("bad argument #1 to 'advance' (seconds are a number from 0 up)",
      raised(function() loop:advance(-1) end))
    assert.equal("bad argument #1 to 'loop' (option 'clock' is 'monotonic' or 'virtual')",
      raised(function() mio.loop({ clock = "sundial" }) end))
    loop:close()
    assert.same({ nil, "closed" }, { loop:advance(1) })
  end)
end)

describe("a loop in the hands of finalizers", function()
  helper.watch()

  it("may be used while it is collected", function()
    local client = helper.pair()
    local results = {}
    local function make()
      local loop = mio.loop()
      local timer = loop:after(1000, function() end)
      setmetatable({}, { __gc = function()
        results.registration = loop:register(client, "w", function() results.told = true end)
        results.timer = loop:after(0, function() results.fired = true end)
        results.reset = timer:reset(0)
        results.run = loop:run_once(0)
        results.ended = results.registration:deregister()
        results.loop = loop
      end })
    end
    make()
    collectgarbage()
    collectgarbage()
    assert.is_true(results.reset)
    assert.is_true(results.run)
    assert.is_true(results.told)
    assert.is_true(results.fired)
    assert.is_true(results.ended)
    assert.equal("mio.loop (closed)", tostring(results.loop))
    assert.same({ nil, "closed" }, { results.loop:run() })
    assert.same({ nil, "closed" }, { results.timer:reset(1) })
  end)

  it("may be closed by one while something is registered", function()
    local client = helper.pair()
    for _ = 1, 20 do
      local loop = mio.loop()
      for i = 1, 50 do
        setmetatable({}, { __gc = function() loop:close() end })
        local results = { { loop:register(client, "r", print) }, { loop:after(1, print) },
          { loop:signal("USR1", print) } }
        for _, result in ipairs(results) do
          if not result[1] then
            assert(result[2] == "closed" or result[3] == "EEXIST")
          end
        end
        if i % 10 == 0 then
          collectgarbage("step", 0)
        end
      end
      loop:close()
    end
  end)
end)
