local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("seconds", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop() end)

  it("are numbers from 0 up, with fractions", function()
    local order = {}
    loop:after(0, function() -- within a turn all count from the same moment
      for _, seconds in ipairs({ 0.003, 0, 1e-9, 0.002, 1 // 1000, "0.001" }) do
        assert(loop:after(seconds, function() order[#order + 1] = tostring(seconds) end))
      end
    end)
    loop:run()
    assert.equal(6, #order)
    assert.same({ "0.001", "0.002", "0.003" }, { order[4], order[5], order[6] })
  end)

  it("are rounded up: never early", function()
    for _, seconds in ipairs({ 0, 1e-9, 0.0001, 0.0015 }) do
      local start, fired = mio.now(), nil
      loop:after(seconds, function() fired = mio.now() end)
      loop:run()
      assert.is_true(fired - start >= seconds)
    end
  end)

  it("that are too many mean never", function()
    for _, seconds in ipairs({ math.huge, 1e300, math.maxinteger, 9223372036.854776, 2^63 }) do
      local timer = assert(loop:after(seconds, error))
      assert.is_true(not loop:timeout() or loop:timeout() > 9e9)
      timer:cancel()
    end
    loop:after(9223372036.854774, error):cancel()
  end)

  it("of a timeout may be absent or infinite: for ever", function()
    for _, seconds in ipairs({ false, math.huge, 1e300 }) do
      local fired = false
      loop:after(0.001, function() fired = true end)
      loop:run_once(seconds or nil)
      assert.is_true(fired)
    end
  end)

  it("are nothing else", function()
    local mistakes = {
      [-1] = "seconds are a number from 0 up",
      [-1e-300] = "seconds are a number from 0 up",
      [-math.huge] = "seconds are a number from 0 up",
      [math.mininteger] = "seconds are a number from 0 up",
      ["x"] = "number expected, got string",
      [true] = "number expected, got boolean",
      [{}] = "number expected, got table",
    }
    local nan = 0 / 0
    for name, call in pairs({
      after = function(seconds) loop:after(seconds, print) end,
      every = function(seconds) loop:every(seconds, print) end,
      run_once = function(seconds) loop:run_once(seconds) end,
    }) do
      for seconds, what in pairs(mistakes) do
        assert.equal(("bad argument #1 to '%s' (%s)"):format(name, what), raised(call, seconds))
      end
      assert.matches("seconds are a number from 0 up", raised(call, nan))
    end
    assert.equal("bad argument #1 to 'after' (number expected, got nil)",
      raised(function() loop:after(nil, print) end))
    assert.equal("bad argument #1 to 'every' (a period is more than 0 seconds)",
      raised(function() loop:every(0, print) end))
  end)

  it("are what the clock tells", function()
    local before = mio.now()
    local now = loop:now()
    assert.equal("float", math.type(now))
    assert.is_true(before <= now and now <= mio.now())
  end)
end)
