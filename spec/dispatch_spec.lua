local helper = require("spec.helper")
local mio = require("mio")

describe("an error in a handler", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop() end)

  local function failing_handler()
    error("oops")
  end

  it("leaves run as if it had been called there, with its traceback", function()
    loop:after(0, failing_handler)
    local ok, message = xpcall(loop.run, debug.traceback, loop)
    local line = debug.getinfo(failing_handler, "S").linedefined + 1
    assert.is_false(ok)
    assert.matches(("dispatch_spec.lua:%d: oops"):format(line), message)
    assert.matches("stack traceback:.*dispatch_spec.lua:" .. line .. ":", message)
  end)

  it("may be any value", function()
    local object = setmetatable({}, { __tostring = function() error("no text") end })
    for _, value in ipairs({ object, {}, 42, false, print }) do
      loop:after(0, function() error(value) end)
      local ok, got = pcall(loop.run, loop)
      assert.is_false(ok)
      assert.is_true(rawequal(got, value))
    end
    loop:after(0, function() error(nil) end)
    assert.same({ false, nil }, { pcall(loop.run, loop) })
  end)

  it("leaves the loop as usable as it was", function()
    for i = 1, 3 do
      loop:after(0, failing_handler)
      assert.is_false(pcall(loop.run, loop))
      local called = false
      loop:after(0, function() called = i end)
      assert.is_true(loop:run())
      assert.equal(i, called)
    end
  end)

  it("loses nothing of the turn: the next run goes on with it", function()
    local calls = {}
    for i = 1, 3 do
      local client, server = helper.pair()
      client:try_write("x")
      helper.await(server, "r")
      loop:register(server, "r", function(_, _, _, _, registration)
        table.insert(calls, "source")
        registration:deregister()
        error(i)
      end)
      loop:after(0, function() table.insert(calls, "timer") error(i) end)
    end
    local times = loop:now()
    for i = 1, 6 do
      assert.is_false(pcall(loop.run, loop))
      assert.equal(i, #calls)
      if i < 6 then
        assert.equal(loop:now(), loop:now(), "the turn goes on")
      end
    end
    table.sort(calls) -- a small batch has its timers before the next batch
    assert.same({ "source", "source", "source", "timer", "timer", "timer" }, calls)
    assert.is_true(loop:run())
    assert.equal(6, #calls)
    assert.is_true(loop:now() >= times)
  end)

  it("comes as often as it likes", function()
    local client, server = helper.pair()
    client:try_write("x")
    loop:register(server, "r", failing_handler)
    for _ = 1, 10000 do
      assert(not pcall(loop.run, loop))
    end
    server:close()
    assert.is_true(loop:run())
  end)

  it("may be the stack that overflows", function()
    local function deep() return 1 + deep() end
    loop:after(0, deep)
    local ok, message = pcall(loop.run, loop)
    assert.is_false(ok)
    assert.matches("stack overflow", message)
    loop:after(0, function() loop:run() loop:shutdown() end)
    assert.is_true(loop:run())
  end)

  it("of a callable object that is callable no longer", function()
    local object = setmetatable({}, { __call = print })
    loop:after(0, object)
    setmetatable(object, nil)
    assert.matches("attempt to call a table value", helper.raised(loop.run, loop))
  end)

  it("ends run_once in the same way", function()
    loop:after(0, failing_handler)
    local called
    loop:after(0, function() called = true end)
    assert.matches("oops", helper.raised(loop.run_once, loop))
    assert.is_nil(called)
    assert.is_true(loop:run_once(0))
    assert.is_true(called)
  end)
end)

describe("a coroutine that failed in run", function()
  it("runs the loop no more", function()
    local loop = helper.loop()
    loop:after(0, error)
    local co = coroutine.create(function() loop:run() end)
    assert.is_false(coroutine.resume(co))
    assert.is_true(loop:run())
    helper.close_all()
  end)
end)

describe("a handler that yields", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop() end)

  it("suspends run, which goes on when its coroutine is resumed", function()
    local calls = {}
    for i = 1, 3 do
      loop:after(0, function()
        table.insert(calls, i)
        table.insert(calls, (coroutine.yield(i)))
      end)
    end
    local co = coroutine.create(function() return "done", loop:run() end)
    assert.same({ true, 1 }, { coroutine.resume(co) })
    assert.same({ nil, "running" }, { loop:run() }, "run is only suspended")
    assert.same({ true, 2 }, { coroutine.resume(co, "a") })
    assert.same({ true, 3 }, { coroutine.resume(co, "b") })
    assert.same({ true, "done", true }, { coroutine.resume(co, "c") })
    assert.same({ 1, "a", 2, "b", 3, "c" }, calls)
    assert.is_true(loop:run())
  end)

  it("suspends run_once", function()
    loop:after(0, function() coroutine.yield("waiting") end)
    local step = coroutine.wrap(function() return loop:run_once(1) end)
    assert.equal("waiting", step())
    assert.is_true(step())
  end)

  it("may be dropped: the loop runs no more, and what was left goes on", function()
    local called
    loop:after(0, coroutine.yield)
    loop:after(0, function() called = true end)
    coroutine.wrap(function() loop:run() end)()
    assert.same({ nil, "running" }, { loop:run_once(0) })
    collectgarbage()
    collectgarbage()
    assert.is_true(loop:run())
    assert.is_true(called)
  end)

  it("may be dropped again and again", function()
    loop:every(0.001, coroutine.yield)
    for _ = 1, 3 do
      coroutine.wrap(function() loop:run() end)()
      collectgarbage()
      collectgarbage()
    end
  end)

  it("may find its loop closed when it is resumed", function()
    loop:after(0, coroutine.yield)
    loop:after(0, error)
    local step = coroutine.wrap(function() return loop:run() end)
    step()
    loop:close()
    assert.is_true(step())
  end)

  it("may be closed instead of resumed: the loop runs no more", function()
    loop:after(0, coroutine.yield)
    local called
    loop:after(0, function() called = true end)
    local co = coroutine.create(function() loop:run() end)
    coroutine.resume(co)
    assert.is_true(coroutine.close(co))
    assert.is_true(loop:run())
    assert.is_true(called)
  end)

  it("may fail after it was resumed", function()
    loop:after(0, function()
      coroutine.yield()
      error("late", 0)
    end)
    local step = coroutine.wrap(function() return pcall(loop.run, loop) end)
    step()
    assert.same({ false, "late" }, { step() })
    assert.is_true(loop:run())
  end)

  it("outside of a coroutine is an error", function()
    local output, status = helper.run([[
      local loop = require("mio").loop()
      loop:after(0, coroutine.yield)
      print(pcall(loop.run, loop))
      print(loop:run())
    ]])
    assert.equal("false\tattempt to yield from outside a coroutine\ntrue\n", output)
    assert.equal(0, status)
  end)

  it("lets two loops take turns in two coroutines", function()
    local order = {}
    local function worker(name)
      local own = helper.loop()
      for i = 1, 3 do
        own:after(0, function()
          table.insert(order, name .. i)
          coroutine.yield()
        end)
      end
      return coroutine.wrap(function() own:run() end)
    end
    local a, b = worker("a"), worker("b")
    for _ = 1, 4 do
      a()
      b()
    end
    assert.same({ "a1", "b1", "a2", "b2", "a3", "b3" }, order)
  end)
end)

describe("a turn", function()
  helper.watch()

  it("drops what a handler before it has ended", function()
    local loop = helper.loop()
    local streams, calls = {}, 0
    for i = 1, 5 do
      local client, server = helper.pair()
      client:try_write("x")
      helper.await(server, "r")
      streams[i] = server
    end
    for i, stream in ipairs(streams) do
      loop:register(stream, "r", function()
        calls = calls + 1
        for other = 1, 5 do
          if other ~= i then
            streams[other]:close()
          end
        end
        loop:shutdown()
      end)
    end
    loop:run()
    assert.equal(1, calls)
  end)

  it("never tells an event of a number that is used again", function()
    local loop = helper.loop()
    local servers, told = {}, {}
    for i = 1, 4 do
      local client, server = helper.pair()
      client:try_write("x")
      helper.await(server, "r")
      servers[i] = server
    end
    for _, server in ipairs(servers) do
      loop:register(server, "r", function(source)
        table.insert(told, source)
        for i = 1, 4 do
          if servers[i] ~= source then
            servers[i]:close()
            local _, fresh = helper.pair() -- takes the numbers that have become free
            loop:register(fresh, "r", function() table.insert(told, "stale") end)
          end
        end
        source:try_read()
        loop:after(0.01, function() loop:shutdown() end)
      end)
    end
    loop:run()
    assert.equal(1, #told)
  end)

  it("tells sources, then signals, then timers", function()
    local loop = helper.loop()
    local order = {}
    local client, server = helper.pair()
    loop:after(0, function() table.insert(order, "timer") end)
    loop:signal("USR1", function() table.insert(order, "signal") end)
    loop:register(server, "r", function() table.insert(order, "source") end)
    client:try_write("x")
    helper.await(server, "r")
    helper.kill("USR1")
    loop:run_once(0)
    assert.same({ "source", "signal", "timer" }, order)
  end)

  it("allocates nothing", function()
    local loop = helper.loop()
    local client, server = helper.pair()
    local buffer = mio.buffer()
    loop:register(server, "r", function(stream)
      stream:try_read_into(buffer)
      stream:try_write(buffer)
    end)
    loop:register(client, "r", function(stream)
      stream:try_read_into(buffer)
      stream:try_write(buffer)
    end)
    loop:every(0.0001, function() end)
    client:try_write("x")
    loop:run_once() -- the buffer gets its memory
    assert.equal(0, helper.garbage(function() loop:run_once() end))
  end)

  it("may have a collection in every handler", function()
    local loop = helper.loop()
    local client, server = helper.pair()
    local count = 0
    local function echo(stream)
      collectgarbage()
      local data = stream:try_read()
      collectgarbage()
      count = count + 1
      if count < 20 then
        stream:try_write(data)
      else
        loop:shutdown()
      end
    end
    loop:register(server, "r", echo)
    loop:register(client, "r", echo)
    loop:every(0.001, function() collectgarbage() end)
    client:try_write("x")
    loop:run()
    assert.equal(20, count)
  end)
end)

describe("Ctrl-C", function()
  helper.watch()

  -- Start a program, interrupt it when it says "ready"; returns what it then says, its status.
  local function interrupted(code)
    local pipe, pid = helper.start(code)
    assert.equal("ready", pipe:read("l"))
    os.execute("sleep 0.05; kill -INT " .. pid)
    local output = pipe:read("a")
    local _, how, status = pipe:close()
    return output, how, status
  end

  it("ends a program that runs a loop, as the interpreter has it", function()
    local output, how, status = interrupted([[
      local loop = require("mio").loop()
      loop:after(1000, print)
      print("ready")
      io.stdout:flush()
      loop:run()
    ]])
    assert.matches("interrupted!", output)
    assert.matches("stack traceback", output)
    assert.same({ "exit", 1 }, { how, status })
  end)

  it("ends a program that waits for a poll", function()
    local output, how, status = interrupted([[
      local poll = require("mio").poll()
      print("ready")
      io.stdout:flush()
      while true do
        for _ in poll:wait() do end
      end
    ]])
    assert.matches("interrupted!", output)
    assert.same({ "exit", 1 }, { how, status })
  end)
end)

describe("run_once", function()
  helper.watch()

  it("tells a shutdown to who drives the turns, once", function()
    local loop = helper.loop()
    loop:every(10, print)
    loop:shutdown()
    assert.equal(0, loop:timeout())
    assert.is_false(loop:run_once(10))
    assert.is_true(loop:timeout() > 0)
    assert.is_true(loop:run_once(0))
  end)
end)
