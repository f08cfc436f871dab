local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("an object as handler", function()
  helper.watch()

  local loop

  before_each(function() loop = helper.loop() end)

  -- What it was called with, without itself.
  local function machine(...)
    local calls = {}
    local object = {}
    for _, name in ipairs({ ... }) do
      object[name] = function(self, ...)
        assert.equal(object, self)
        table.insert(calls, { name, ... })
      end
    end
    return object, calls
  end

  it("gets each event by a method of its own, with the handler's arguments", function()
    local object, calls = machine("ready", "timeout", "wakeup", "signal", "child")
    local client, server = helper.pair()
    local registration = assert(loop:register(server, "r", object))
    local timer = assert(loop:after(0, object))
    local sender <close> = assert(loop:channel(object))
    local signal = assert(loop:signal("USR1", object))
    local child = assert(loop:child(assert(mio.process({ "true" })), object))
    client:try_write("x")
    sender:send("hello")
    helper.kill("USR1")
    while #calls < 5 do
      loop:run_once(10)
      server:try_read()
    end
    local got = {}
    for _, call in ipairs(calls) do got[call[1]] = call end
    assert.same({ "ready", server, true, false, false, registration }, got.ready)
    assert.same({ "timeout", timer }, got.timeout)
    assert.same({ "wakeup", "hello", false }, { table.unpack(got.wakeup, 1, 3) })
    assert.same({ "signal", "USR1", signal }, got.signal)
    assert.same({ "child", "exit", 0, child }, got.child)
  end)

  it("may get its methods from a class", function()
    local Class = {}
    Class.__index = Class
    function Class:timeout() self.count = self.count + 1 end
    local object = setmetatable({ count = 0 }, Class)
    loop:after(0, object)
    loop:after(0, object)
    loop:run()
    assert.equal(2, object.count)
  end)

  it("is called by the method that it had when it was registered", function()
    local object, calls = machine("timeout")
    loop:after(0, object)
    object.timeout = error
    loop:run()
    assert.equal(1, #calls)
  end)

  it("is called itself where it can be", function()
    local object, calls = machine("timeout")
    local called = 0
    loop:after(0, setmetatable(object, { __call = function() called = called + 1 end }))
    loop:run()
    assert.same({ 1, {} }, { called, calls })
  end)

  it("passes its errors on", function()
    loop:after(0, { timeout = function() error("no luck", 0) end })
    assert.equal("no luck", raised(loop.run, loop))
  end)

  it("may wait where a task runs the loop", function()
    local order = {}
    mio.run(function()
      mio.spawn(function() table.insert(order, "other") end)
      loop:after(0, { timeout = function()
        mio.sleep(0.01)
        table.insert(order, "handler")
      end })
      loop:run()
      table.insert(order, "end")
    end)
    assert.same({ "other", "handler", "end" }, order)
  end)

  it("is told in dumps by its method", function()
    loop:after(1, { timeout = function() end })
    local line = debug.getinfo(1, "l").currentline - 1
    assert.matches("handler_spec.lua:" .. line, tostring(loop:dump()))
  end)

  it("is collected with the loop that it belongs to", function()
    local held = setmetatable({}, { __mode = "k" })
    local object = machine("timeout")
    object.loop = assert(mio.loop())
    object.timer = object.loop:after(100, object)
    held[object] = true
    object = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(held))
  end)

  it("needs the method that the event is for, a function", function()
    local client = helper.pair()
    for _, object in ipairs({ {}, { timeout = print }, { ready = "print" }, { ready = {} } }) do
      assert.equal("bad argument #3 to 'register' (function, coroutine, callable or object " ..
        "with 'ready' expected, got table)",
        raised(function() loop:register(client, "r", object) end))
    end
    assert.matches("with 'wakeup'", raised(loop.channel, loop, { ready = print }))
    assert.matches("with 'timeout'", raised(loop.every, loop, 1, { ready = print }))
    assert.matches("with 'signal'", raised(loop.signal, loop, "USR1", { ready = print }))
    assert.matches("with 'child'", raised(loop.child, loop, 1, { ready = print }))
  end)

  it("may run code as it is asked for its method, which may close the loop", function()
    local object = setmetatable({}, { __index = function()
      loop:close()
      return print
    end })
    local client = helper.pair()
    assert.same({ nil, "closed" }, { loop:register(client, "r", object) })
    for _, arm in ipairs({ "after", "every" }) do
      loop = helper.loop()
      assert.same({ nil, "closed" }, { loop[arm](loop, 1, object) })
    end
    loop = helper.loop()
    assert.same({ nil, "closed" }, { loop:channel(object) })
    loop = helper.loop()
    assert.same({ nil, "closed" }, { loop:signal("USR1", object) })
    assert.equal("oops", raised(loop.signal, helper.loop(), "USR1",
      setmetatable({}, { __index = function() error("oops", 0) end })))
  end)
end)
