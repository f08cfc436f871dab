local helper = require("spec.helper")

local raised = helper.raised

describe("a coroutine as handler", function()
  helper.watch()

  local loop, client, server
  before_each(function()
    loop = helper.loop()
    client, server = helper.pair()
  end)

  local function write(data)
    client:try_write(data)
    helper.await(server, "r")
  end

  it("is resumed by each event, with the handler's arguments", function()
    local got = {}
    local registration
    registration = loop:register(server, "r", coroutine.create(function(...)
      table.insert(got, { ... })
      server:try_read()
      table.insert(got, { coroutine.yield("ignored", "too") })
    end))
    write("x")
    loop:run_once(0)
    assert.same({ { server, true, false, false, registration } }, got)
    loop:run_once(0)
    write("y")
    loop:run_once(0)
    assert.same({ server, true, false, false, registration }, got[2])
  end)

  it("is straight-line code over one stream", function()
    local words = {}
    loop:register(server, "r", coroutine.create(function(stream)
      local text = ""
      while true do
        local data, _, code = stream:try_read(2)
        if data then
          text = text .. data
        elseif code == "EOF" then
          break
        end
        coroutine.yield()
      end
      for word in text:gmatch("%a+") do
        table.insert(words, word)
      end
    end))
    client:try_write("one two three")
    client:close()
    assert.is_true(loop:run())
    assert.same({ "one", "two", "three" }, words)
  end)

  it("ends its registration when it has ended", function()
    local registration = loop:register(server, "r", coroutine.create(function() end))
    write("x")
    assert.is_true(loop:run())
    assert.equal("mio.registration (ended)", tostring(registration))
    assert.is_truthy(server:getfd())
  end)

  it("works for timers and signals", function()
    local got = {}
    local every = loop:every(0.05, coroutine.create(function(timer)
      table.insert(got, timer)
      table.insert(got, coroutine.yield())
      helper.kill("USR1")
    end))
    local after = loop:after(0, coroutine.create(function(timer) table.insert(got, timer) end))
    loop:signal("USR1", coroutine.create(function(name, registration)
      table.insert(got, name)
      registration:deregister()
      coroutine.yield()
    end))
    loop:run()
    assert.equal(after, got[1])
    assert.same({ every, every, "USR1" }, { got[2], got[3], got[4] })
  end)

  it("ends its own registration only, whatever has its slot by then", function()
    local told
    loop:register(server, "r", coroutine.create(function(_, _, _, _, registration)
      registration:deregister()
      loop:register(server, "r", function()
        told = true
        loop:shutdown()
      end)
    end))
    write("x")
    loop:run()
    assert.is_true(told)
    local fired
    loop:after(0, coroutine.create(function()
      loop:after(0.001, function() fired = true loop:shutdown() end)
    end))
    server:close()
    loop:run()
    assert.is_true(fired)
  end)

  it("may arm its timer anew before it yields, not when it ends", function()
    local count = 0
    loop:after(0, coroutine.create(function(timer)
      while count < 3 do
        count = count + 1
        timer:reset(0)
        coroutine.yield()
      end
    end))
    loop:run()
    assert.equal(3, count)
  end)

  it("that fails ends its registration; the error has its traceback", function()
    local function failing_coroutine()
      error("oops")
    end
    local co = coroutine.create(failing_coroutine)
    local registration = loop:register(server, "r", co)
    write("x")
    local message = raised(loop.run, loop)
    local line = debug.getinfo(failing_coroutine, "S").linedefined + 1
    assert.matches("^oops\nstack traceback:", message)
    assert.matches("coroutine_spec.lua:" .. line .. ": in function", message)
    assert.equal("mio.registration (ended)", tostring(registration))
    assert.equal("dead", coroutine.status(co))
    assert.is_true(loop:run())
  end)

  it("may fail with any value, and closes its variables", function()
    local object, closed = {}, false
    loop:after(0, coroutine.create(function()
      local variable <close> = setmetatable({}, { __close = function() closed = true end })
      error(variable and object)
    end))
    local ok, got = pcall(loop.run, loop)
    assert.is_false(ok)
    assert.equal(object, got)
    assert.is_true(closed)
  end)

  it("that is not suspended is an error, and ends its registration", function()
    local wrapped
    wrapped = coroutine.create(function()
      loop:after(0, wrapped) -- the one that runs the loop
      local message = raised(loop.run, loop)
      return message
    end)
    local message = "the handler is a coroutine that is not suspended"
    assert.same({ true, message }, { coroutine.resume(wrapped) })
    local outer
    outer = coroutine.create(function()
      return coroutine.wrap(function()
        loop:after(0, outer) -- one that waits for the one that runs the loop
        return raised(loop.run, loop)
      end)()
    end)
    assert.same({ true, message }, { coroutine.resume(outer) })
  end)

  it("cannot be one that is dead, or the main one", function()
    local ended, failed = coroutine.create(function() end), coroutine.create(error)
    local closed = coroutine.create(coroutine.yield)
    for _, co in ipairs({ ended, failed, closed }) do
      coroutine.resume(co)
    end
    coroutine.close(closed)
    local main = debug.getregistry()[1] -- LUA_RIDX_MAINTHREAD
    for co, message in pairs({
      [ended] = "the coroutine is dead",
      [failed] = "the coroutine is dead",
      [closed] = "the coroutine is dead",
      [main] = "the main program is no coroutine to be resumed",
    }) do
      for expected, call in pairs({
        ["bad argument #3 to 'register'"] = function() loop:register(server, "r", co) end,
        ["bad argument #2 to 'after'"] = function() loop:after(0, co) end,
        ["bad argument #2 to 'every'"] = function() loop:every(1, co) end,
        ["bad argument #2 to 'signal'"] = function() loop:signal("USR1", co) end,
        ["bad argument #2 to 'child'"] = function() loop:child(1, co) end,
        ["bad argument #1 to 'channel'"] = function() loop:channel(co) end,
      }) do
        assert.equal(("%s (%s)"):format(expected, message), raised(call))
      end
    end
    assert.is_true(loop:run())
  end)

  it("that somebody else has closed ends its registration", function()
    local co = coroutine.create(coroutine.yield)
    local registration = loop:register(server, "w", co)
    loop:run_once(0)
    coroutine.close(co)
    assert.is_true(loop:run())
    assert.equal("mio.registration (ended)", tostring(registration))
  end)

  it("that has ended ends each other thing that it handles at its next event", function()
    for _, how in ipairs({ "returns", "fails" }) do
      local co = coroutine.create(function() return how == "fails" and error("once", 0) end)
      local registration = loop:register(server, "w", co)
      local every = loop:every(0.001, co)
      local sender, channel = loop:channel(co)
      sender:send(1)
      local ok, message = pcall(loop.run, loop)
      assert.equal(how == "returns", ok)
      assert.is_true(ok or message:find("^[^\n]*once") ~= nil)
      assert.is_true(loop:run())
      assert.equal("mio.registration (ended)", tostring(registration))
      assert.equal("mio.timer (not armed)", tostring(every))
      assert.equal("mio.channel (closed)", tostring(channel))
      sender:close()
    end
  end)

  it("is kept by its registration alone", function()
    local got
    loop:register(server, "r", coroutine.create(function() got = true end))
    collectgarbage()
    collectgarbage()
    write("x")
    loop:run()
    assert.is_true(got)
  end)

  it("may run a loop itself, and yield from its handlers", function()
    local inner, order = helper.loop(), {}
    for i = 1, 2 do
      inner:after(0, function()
        table.insert(order, i)
        coroutine.yield()
      end)
    end
    loop:register(server, "w", coroutine.create(function()
      inner:run()
      table.insert(order, "over")
    end))
    loop:run()
    assert.same({ 1, 2, "over" }, order)
  end)

  it("may be one for several events, as long as it waits for each", function()
    local got = {}
    local co = coroutine.create(function(...)
      local argument = ...
      while #got < 2 do
        table.insert(got, argument == server and "source" or "timer")
        argument = coroutine.yield()
      end
    end)
    loop:register(server, "w", co, { trigger = "oneshot" })
    loop:after(0, co)
    loop:run_once(0)
    assert.same({ "source", "timer" }, got)
  end)
end)
