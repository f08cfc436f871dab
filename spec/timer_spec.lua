local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a timer", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop({ clock = "virtual" }) end)

  it("fires once, with itself as argument", function()
    local got = {}
    local timer = assert(loop:after(0.001, function(...) table.insert(got, { ... }) end))
    assert.equal("mio.timer (armed)", tostring(timer))
    loop:run()
    assert.same({ { timer } }, got)
    assert.equal("mio.timer (not armed)", tostring(timer))
  end)

  it("is in order of deadlines, first come first served within one", function()
    local order = {}
    local function note(name) return function() table.insert(order, name) end end
    loop:after(0, function() -- within a turn all count from the same moment
      loop:after(0.02, note("c"))
      loop:after(0.01, note("b"))
      loop:after(0, note("a1"))
      loop:after(0, note("a2"))
      loop:after(0, note("a3"))
    end)
    loop:run()
    assert.same({ "a1", "a2", "a3", "b", "c" }, order)
  end)

  it("of no delay is for the next turn, and lets I/O in between", function()
    local client, server = helper.pair()
    local turns, served = 0, 0
    local function again()
      turns = turns + 1
      if served < 5 then
        loop:after(0, again)
      else
        loop:shutdown()
      end
    end
    loop:after(0, again)
    loop:register(server, "r", function()
      served = served + 1
      server:try_read()
      client:try_write("x")
    end)
    client:try_write("x")
    loop:run()
    assert.is_true(served >= 5)
    assert.is_true(turns >= 2)
  end)

  it("that repeats is told its multiples, and catches up by skipping", function()
    local times, timer = {}, nil
    timer = assert(loop:every(0.01, function(given)
      assert.equal(timer, given)
      table.insert(times, loop:now())
      if #times == 1 then
        loop:advance(0.035) -- three periods pass
      elseif #times == 3 then
        timer:cancel()
      end
    end))
    loop:run()
    assert.same({ 0.01, 0.045, 0.05 }, times)
  end)

  it("may repeat faster than its handler works", function()
    local count = 0
    loop:every(1e-9, function(timer)
      count = count + 1
      if count == 10 then
        timer:cancel()
      end
    end)
    loop:run()
    assert.equal(10, count)
  end)

  it("is cancelled, once and for all", function()
    local timer = loop:after(0, error)
    assert.is_true(timer:cancel())
    assert.is_true(timer:cancel())
    assert.equal("mio.timer (not armed)", tostring(timer))
    loop:run()
    loop:run_once(0.001)
  end)

  it("is cancelled as a variable", function()
    do
      local timer <close> = loop:after(0, error)
      assert.is_truthy(timer)
    end
    loop:run_once(0.001)
  end)

  it("that is due is not told any more when a sibling cancels it", function()
    local told = {}
    local first, second
    first = loop:after(0, function() table.insert(told, 1) second:cancel() end)
    second = loop:after(0, function() table.insert(told, 2) first:cancel() end)
    loop:run()
    assert.same({ 1 }, told)
  end)

  it("may cancel itself", function()
    local count = 0
    loop:every(0.001, function(timer) count = count + 1 timer:cancel() timer:cancel() end)
    loop:run()
    assert.equal(1, count)
  end)

  it("is put off by a reset, due or not", function()
    local told = {}
    local second
    loop:after(0, function() table.insert(told, 1) second:reset(0.02) end)
    second = loop:after(0, function() table.insert(told, 2) end)
    loop:run()
    assert.same({ 1, 2 }, told)
    assert.equal(0.02, loop:now())
    local timer = loop:after(1000, function() table.insert(told, 3) end)
    assert.is_true(timer:reset(0))
    loop:run()
    assert.same({ 1, 2, 3 }, told)
  end)

  it("is armed again by a reset after it has fired or was cancelled", function()
    local count = 0
    local timer = loop:after(0, function() count = count + 1 end)
    loop:run()
    assert.is_true(timer:reset(0.001))
    assert.equal("mio.timer (armed)", tostring(timer))
    loop:run()
    timer:cancel()
    assert.is_true(timer:reset(0))
    loop:run()
    assert.equal(3, count)
  end)

  it("may arm itself again", function()
    local count = 0
    loop:after(0, function(timer)
      count = count + 1
      if count < 3 then
        timer:reset(0)
      end
    end)
    loop:run()
    assert.equal(3, count)
  end)

  it("that repeats has a new period from a reset on", function()
    local count = 0
    local timer = loop:every(1000, function(timer)
      count = count + 1
      if count == 3 then
        timer:cancel()
      end
    end)
    assert.is_true(timer:reset(0.001))
    loop:run()
    assert.equal(3, count)
    assert.equal("bad argument #1 to 'reset' (a period is more than 0 seconds)",
      raised(function() timer:reset(0) end))
  end)

  it("lives on where nobody holds it, and keeps its loop alive where somebody does", function()
    local fired = false
    loop:after(0, function() fired = true end)
    collectgarbage()
    collectgarbage()
    loop:run()
    assert.is_true(fired)
    local timer
    do
      local other = mio.loop()
      timer = other:after(1000, print)
    end
    collectgarbage()
    collectgarbage()
    assert.equal("mio.timer (armed)", tostring(timer))
    assert.is_true(timer:reset(5))
    timer = nil -- luacheck: ignore
  end)

  it("of a closed loop is over", function()
    local timer = loop:after(1, print)
    loop:close()
    assert.equal("mio.timer (not armed)", tostring(timer))
    assert.same({ nil, "closed" }, { timer:reset(1) })
    assert.is_true(timer:cancel())
  end)

  it("is one of thirty thousand, in order", function()
    local count, last = 0, 0
    for i = 1, 30000 do
      loop:after(0.001, function()
        count = count + 1
        assert(i > last)
        last = i
      end)
    end
    loop:run()
    assert.equal(30000, count)
  end)

  it("says what it expects", function()
    local timer = loop:after(1, print)
    for expected, call in pairs({
      ["bad argument #2 to 'after' (function, coroutine, callable or object with " ..
        "'timeout' expected, got nil)"] = function() loop:after(1) end,
      ["bad argument #2 to 'every' (function, coroutine, callable or object with " ..
        "'timeout' expected, got string)"] = function() loop:every(1, "print") end,
      ["bad argument #1 to 'reset' (number expected, got no value)"] =
        function() timer:reset() end,
      ["bad argument #1 to 'reset' (seconds are a number from 0 up)"] =
        function() timer:reset(-1) end,
      ["calling 'cancel' on bad self (mio.timer expected, got table)"] = function()
        local object = { cancel = timer.cancel }
        object:cancel()
      end,
    }) do
      assert.equal(expected, raised(call))
    end
    assert.equal("mio.timer (armed)", tostring(timer))
  end)
end)
