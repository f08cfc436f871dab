local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a task", function()
  helper.watch()

  it("begins when its parent waits, in the order of spawning, with its arguments", mio.test(
    function()
      local log = {}
      for i = 1, 3 do
        mio.spawn(function(...) table.insert(log, table.pack(...)) end, i, nil, "x")
      end
      assert.same({}, log)
      mio.sleep(0)
      for i = 1, 3 do assert.same({ i, nil, "x", n = 3 }, log[i]) end
    end))

  it("is joined for its results, by many, again and again", mio.test(function()
    local task = mio.spawn(function()
      mio.sleep(1)
      return 1, nil, 3
    end)
    local others = {}
    for i = 1, 3 do
      others[i] = mio.spawn(function() return task:join() end)
    end
    assert.same({ 1, nil, 3, n = 3 }, table.pack(task:join()))
    assert.same({ 1, nil, 3, n = 3 }, table.pack(task:join()))
    for i = 1, 3 do assert.same({ 1, nil, 3, n = 3 }, table.pack(others[i]:join())) end
    assert.equal("done", task:status())
  end))

  it("is joined with a timeout", mio.test(function()
    local task = mio.spawn(mio.sleep, 5)
    assert.same({ nil, "timeout" }, { task:join(1) })
    assert.equal("waiting", task:status())
    assert.is_true(task:join(10))
  end))

  it("that has failed raises its error in whoever joins it", mio.test(function()
    local object = {}
    local ok, err = pcall(function()
      local scope <close> = mio.scope()
      local task = scope:spawn(function()
        mio.sleep(1)
        error(object)
      end)
      local joined, why = pcall(task.join, task)
      assert.is_false(joined)
      assert.equal(object, why)
      assert.equal("failed", task:status())
      assert.equal(object, select(2, pcall(task.join, task)))
    end)
    assert.is_false(ok)
    assert.equal(object, err)
  end))

  it("has a name, and tells its state", mio.test(function()
    local task = mio.spawn(mio.sleep, 1)
    assert.is_nil(task.name)
    assert.equal("mio.task (ready)", tostring(task))
    task.name = "sleeper"
    mio.sleep(0)
    assert.equal("mio.task 'sleeper' (waiting)", tostring(task))
    task:join()
    assert.equal("mio.task 'sleeper' (ended)", tostring(task))
    assert.equal("running", mio.current():status())
    assert.equal("main", mio.current().name)
    assert.matches("string expected", raised(function() task.name = {} end))
    assert.matches("no field 'nam'", raised(function() task.nam = "x" end))
  end))

  it("is listed with what it waits for, and since when", mio.test(function()
    mio.spawn(mio.sleep, 10).name = "sleeper"
    mio.sleep(4)
    local found
    for _, entry in ipairs(mio.tasks()) do
      if entry.name == "sleeper" then found = entry end
    end
    assert.equal("waiting", found.state)
    assert.equal("sleep", found.waits_for)
    assert.equal(4, found.seconds)
    assert.matches("'sleeper' waits for sleep since 4.000 s", mio.dump())
    assert.matches("'main' is running", mio.dump())
  end))

  it("is listed with where it waits", function()
    mio.run(function()
      local listener <close> = assert(mio.listen("127.0.0.1:0"))
      local address = tostring(listener:local_address())
      local client <close> = assert(mio.connect(listener:local_address()))
      local server <close> = assert(listener:accept())
      local a, b = assert(mio.pair())
      helper.keep(a)
      helper.keep(b)
      local c, d = assert(mio.pair())
      helper.keep(c)
      helper.keep(d)
      local fd = function(socket) return "descriptor " .. socket:getfd() end
      local peer = fd(server) .. " (" .. tostring(client:local_address()) .. ")"
      local expected = {
        accepting = "accept at " .. fd(listener) .. " (" .. address .. ")",
        reading = "read at " .. fd(client) .. " (" .. address .. ")",
        both = "wait at " .. peer,
        foreign = "wait at " .. fd(c),
        selecting = "select at " .. fd(a) .. ", " .. fd(b),
        sleeping = "sleep",
      }
      local waits = {
        accepting = function() listener:accept() end,
        reading = function() client:read() end,
        both = function() mio.wait(server, "r") end,
        foreign = function() mio.wait(c:getfd(), "r") end,
        selecting = function() mio.select({ a, b }) end,
        sleeping = function() mio.sleep(100) end,
      }
      for name, wait in pairs(waits) do
        local task = mio.spawn(wait)
        task.name = name
        mio.sleep(0)
        local text = "'" .. name .. "' waits for " .. expected[name] .. " since 0."
        assert.truthy(mio.dump():find(text, 1, true), mio.dump())
        task:cancel()
        mio.sleep(0)
      end
    end)
  end)

  it("that is detached is not waited for: the run's end cancels it", function()
    local log = {}
    local result = mio.run(function()
      local parent = mio.spawn(function()
        local child = mio.spawn(function()
          local _ <close> = mio.defer(function(err) table.insert(log, err) end)
          mio.sleep(60)
        end)
        assert.equal(child, child:detach())
      end)
      parent:join()
      mio.sleep(0.01)
      assert.same({}, log)
      return "main"
    end)
    assert.equal("main", result)
    assert.same({ mio.cancelled }, log)
  end)

  it("that is detached ends the run by its error, not its parent", function()
    local survived
    local message = raised(mio.run, function()
      mio.spawn(function()
        mio.spawn(function()
          mio.sleep(0.01)
          error("detached and failed")
        end):detach()
      end):join()
      survived = true
      mio.sleep(60)
    end)
    assert.is_true(survived)
    assert.matches("detached and failed", message)
  end)

  it("cannot wait for itself", mio.test(function()
    local me = mio.current()
    assert.equal("join: a task cannot wait for itself", raised(me.join, me))
  end))

  it("yields to the others", mio.test(function()
    local log = {}
    for i = 1, 2 do
      mio.spawn(function()
        for k = 1, 2 do
          table.insert(log, i .. k)
          mio.yield()
        end
      end)
    end
    mio.sleep(0)
    assert.same({ "11", "21", "12", "22" }, log)
  end))

  it("that yields by coroutine.yield lets the others go first", mio.test(function()
    local log = {}
    local task = mio.spawn(function()
      coroutine.yield("ignored")
      table.insert(log, "second")
    end)
    mio.spawn(function() table.insert(log, "first") end)
    task:join()
    assert.same({ "first", "second" }, log)
  end))

  it("is kept while it waits, whoever holds it", mio.test(function()
    local done = false
    mio.spawn(function()
      mio.sleep(1)
      done = true
    end)
    for _ = 1, 3 do
      collectgarbage()
      mio.sleep(0.1)
    end
    mio.sleep(1)
    assert.is_true(done)
  end))
end)

describe("the coroutine of a task", function()
  helper.watch()

  local function parked(fn)
    local co
    local task = mio.spawn(function()
      co = coroutine.running()
      return fn()
    end)
    mio.sleep(0)
    return task, co
  end

  it("that somebody else resumes goes on waiting", mio.test(function()
    local task, co = parked(function() return mio.sleep(1) end)
    for _ = 1, 3 do assert.same({ true }, { coroutine.resume(co, "x", "y") }) end
    assert.equal("waiting", task:status())
    assert.is_true(task:join())
  end))

  it("that somebody else closes has failed; its variables are closed", mio.test(function()
    local closed = false
    local ok, err = pcall(function()
      local scope <close> = mio.scope()
      local co
      scope:spawn(function()
        co = coroutine.running()
        local _ <close> = mio.defer(function() closed = true end)
        mio.sleep(60)
      end)
      mio.sleep(1)
      assert.is_true(coroutine.close(co))
      mio.sleep(60)
    end)
    assert.is_false(ok)
    assert.equal("the coroutine of a task was closed by somebody else", err)
    assert.is_true(closed)
  end))

  it("that was closed as it read leaves the stream to others", function()
    local client, server = helper.pair()
    mio.run(function()
      pcall(function()
        local scope <close> = mio.scope()
        local co
        scope:spawn(function()
          co = coroutine.running()
          server:read()
        end)
        mio.sleep(0.001)
        coroutine.close(co)
        assert.equal(1, #mio.tasks()) -- main
        client:write("x")
        assert.is_true(mio.shield(1, function() return server:read() == "x" end))
        error("reached")
      end)
    end)
    assert.same({ nil, "again" }, { server:try_read() })
  end)
end)

describe("waiting where one cannot", function()
  it("is an error outside of tasks", function()
    local client, server = helper.pair()
    for name, fn in pairs({
      sleep = function() mio.sleep(0) end,
      read = function() server:read() end,
      write = function() client:write("x") end,
      accept = function() helper.listener():accept() end,
      spawn = function() mio.spawn(print) end,
      scope = function() mio.scope() end,
      timeout = function() mio.timeout(1, print) end,
      recv = function() mio.channel():recv() end,
    }) do
      assert.matches("mio.run", raised(fn), name)
    end
    helper.close_all()
  end)

  it("is an error in C's callbacks, which says so; the task goes on", mio.test(function()
    local function wait(a, b)
      mio.sleep(0)
      return a < b
    end
    assert.matches("sleep: a task cannot wait inside of", raised(table.sort, { 2, 1 }, wait))
    assert.matches("cannot wait inside of", raised(string.gsub, "x", "x", function()
      mio.sleep(0)
    end))
    mio.sleep(1)
  end))

  it("is an error in a coroutine of its own, which says what to use", mio.test(function()
    local message = "sleep: this coroutine is not a task's own; see mio.wrap and mio.resume"
    assert.equal(message, raised(coroutine.wrap(function() mio.sleep(0) end)))
    local line = debug.getinfo(1, "l").currentline + 1
    local _, where = pcall(coroutine.wrap(function() mio.sleep(0) end))
    assert.matches("spec/task_spec.lua:" .. line .. ": sleep: ", where)
    local ok, err = coroutine.resume(coroutine.create(function() mio.sleep(0) end))
    assert.is_false(ok)
    assert.matches(message, err, 1, true)
  end))

  it("is allowed in the handlers of a loop that the task runs", function()
    local client, server = helper.pair()
    local message = raised(mio.run, function()
      local loop <close> = mio.loop()
      loop:after(0, function() client:try_write("x") end)
      loop:run() -- within the task: its handlers may wait, for loop:run is one call of the task
      loop:after(0, function() mio.sleep(0) end)
      loop:run()
      server:read()
      error("reached")
    end)
    assert.matches("reached", message)
  end)
end)
