local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

local function in_run(fn, options)
  return function() return mio.run(fn, options) end
end

describe("a thread", function()
  helper.watch()

  it("runs a function with its arguments; join gives its results", in_run(function()
    local thread = mio.thread(function(...) return select("#", ...), ... end,
      nil, 1, -2.5, "x", { a = { true } }, nil)
    local results = table.pack(thread:join())
    assert.same({ 6, nil, 1, -2.5, "x", { a = { true } }, nil, n = 7 }, results)
    assert.equal(7, select("#", thread:join())) -- again
    assert.equal("done", thread:status())
    assert.equal(0, select("#", mio.thread(function() end):join()))
  end))

  it("has a fresh state, with the paths of its owner, and a loop of its own", in_run(function()
    _G.here, package.path = "here", package.path .. ";/nowhere/?.lua"
    local thread = mio.thread(function()
      local mio_there = require("mio")
      assert(mio_there.current().name == "main")
      mio_there.sleep(0.001)
      return _G.here, package.path, package.cpath, tostring(mio_there.cancelled)
    end)
    assert.same({ nil, package.path, package.cpath, "cancelled" }, { thread:join() })
    package.path = package.path:gsub(";/nowhere/%?%.lua$", "")
    _G.here = nil
  end))

  it("runs beside others: the tasks of its owner go on", in_run(function()
    local ticks, done = 0, false
    mio.spawn(function()
      while not done do
        mio.sleep(0.001)
        ticks = ticks + 1
      end
    end)
    mio.thread(function(channel)
      require("mio") -- busy, until it is told
      while not channel:try_recv() do end
    end, (function()
      local channel = mio.shared_channel(1)
      mio.spawn(function()
        repeat mio.sleep(0.001) until ticks > 2 -- while the thread is busy
        channel:send(true)
      end)
      return channel
    end)()):join()
    done = true
    assert.is_true(ticks > 1)
  end))

  it("refuses upvalues by their names, but not _ENV", in_run(function()
    local outside = 1
    assert.matches("#1 to 'thread' %(upvalue 'outside': pass it as an argument%)",
      raised(function() mio.thread(function() return outside end) end))
    assert.matches("#1 to 'thread' %(upvalue 'mio': require it in the function%)",
      raised(function() mio.thread(function() mio.sleep(1) end) end))
    assert.equal("table", mio.thread(function() return type(_G) end):join())
    assert.equal(5, mio.thread(function() local t = { 5 } return t[1] end):join())
  end))

  it("fails with its own traceback, which join raises", in_run(function()
    local scope_ok, err = pcall(function()
      local scope <close> = mio.scope()
      scope:spawn(function()
        local thread = mio.thread(function()
          local function deep_inside() error("no luck") end
          deep_inside()
        end)
        thread:join()
      end)
    end)
    assert.is_false(scope_ok)
    assert.matches("no luck\nstack traceback:\n", err)
    assert.matches("deep_inside", err)
    local _, count = err:gsub("stack traceback:", "")
    assert.equal(1, count)
  end))

  it("raises errors that are no strings as they are, if they can travel", in_run(function()
    local function fails_with(fn)
      return select(2, pcall(function()
        local scope <close> = mio.scope()
        scope:spawn(function() mio.thread(fn):join() end)
      end))
    end
    assert.same({ code = 7 }, fails_with(function() error({ code = 7 }) end))
    assert.equal(12, fails_with(function() error(12) end))
    assert.is_nil(fails_with(function() error(nil) end))
    assert.matches("^function: ", fails_with(function() error(print) end))
    assert.matches("^in words\n", fails_with(function()
      error(setmetatable({ print }, { __tostring = function() return "in words" end }))
    end))
    assert.matches("value.f: function", fails_with(function() return { f = print } end))
    assert.matches("^an error that cannot be told\n", fails_with(function()
      error(setmetatable({ print }, { __tostring = function() error("no") end }))
    end))
  end))

  it("cancels its siblings as any child that fails", in_run(function()
    local why
    local ok, err = pcall(function()
      local scope <close> = mio.scope()
      scope:spawn(function()
        mio.spawn(function()
          local _ <close> = mio.defer(function(e) why = e end)
          mio.sleep(100)
        end)
        mio.thread(function() error("alas", 0) end)
      end)
    end)
    assert.is_false(ok)
    assert.matches("^alas\n", err)
    assert.equal(mio.cancelled, why)
  end))

  it("is waited for as its owner ends", in_run(function()
    local channel = mio.shared_channel(1)
    local task = mio.spawn(function()
      mio.thread(function(there)
        require("mio").sleep(0.02)
        there:send("through")
      end, channel)
    end)
    task:join()
    assert.equal("through", channel:try_recv())
  end))

  it("is joined for a time", in_run(function()
    local thread = mio.thread(function() require("mio").sleep(100) end)
    assert.same({ nil, "timeout" }, { thread:join(0.01) })
    assert.equal("running", thread:status())
    thread:cancel()
    assert.same({ nil, "cancelled" }, { thread:join() })
    assert.equal("cancelled", thread:status())
  end))

  it("has a name, and is seen in mio.tasks()", in_run(function()
    local thread = mio.thread(function() require("mio").sleep(100) end)
    assert.equal("thread", thread.name)
    thread.name = "worker 1"
    mio.sleep(0)
    assert.matches("'worker 1' waits for its thread since", mio.dump(), 1, true)
    assert.equal("mio.thread 'worker 1' (running)", tostring(thread))
    thread:cancel()
  end))
end)

describe("a thread is cancelled", function()
  helper.watch()

  it("while it waits: its variables are closed, its children too", in_run(function()
    local channel = mio.shared_channel(10)
    local thread = mio.thread(function(there)
      local m = require("mio")
      local _ <close> = m.defer(function(why) there:try_send(tostring(why)) end)
      m.spawn(function()
        local _ <close> = m.defer(function(why) there:try_send("child " .. tostring(why)) end)
        m.sleep(100)
      end)
      there:try_send("begun")
      m.sleep(100)
    end, channel)
    assert.equal("begun", channel:recv())
    thread:cancel()
    assert.same({ nil, "cancelled" }, { thread:join() })
    assert.equal("cancelled", channel:try_recv())
    assert.equal("child cancelled", channel:try_recv())
  end))

  it("while it computes, whatever it catches", in_run(function()
    for _, fn in ipairs({
      function() while true do end end,
      function() while true do pcall(function() while true do end end) end end,
      function() coroutine.wrap(function() while true do end end)() end,
      function()
        local m = require("mio")
        m.spawn(function() while true do end end)
        m.sleep(100)
      end,
      function() table.sort({ 1, 2, 3 }, function() while true do end end) end,
      function()
        local _ <close> = setmetatable({}, { __close = function() while true do end end })
        while true do end
      end,
    }) do
      local thread = mio.thread(fn)
      mio.sleep(0.02)
      thread:cancel()
      assert.same({ nil, "cancelled" }, { thread:join() })
    end
  end))

  it("but not within a shield, once it has been told", in_run(function()
    local channel = mio.shared_channel(1)
    local thread = mio.thread(function(there)
      local m = require("mio")
      local _ <close> = m.defer(function()
        m.shield(10, function()
          local sum = 0
          for i = 1, 3000000 do sum = sum + i end
          m.sleep(0.001)
          there:send(sum)
        end)
      end)
      m.sleep(100)
    end, channel)
    mio.sleep(0.02)
    thread:cancel()
    thread:join()
    assert.equal(3000000 * 3000001 // 2, channel:try_recv())
  end))

  it("before it has begun", in_run(function()
    local thread = mio.thread(function() require("mio").sleep(100) end)
    thread:cancel()
    assert.same({ nil, "cancelled" }, { thread:join() })
  end))

  it("as its owner is left by an error, or cancelled", in_run(function()
    local start = mio.now()
    local ok, err = pcall(function()
      local scope <close> = mio.scope()
      scope:spawn(function()
        mio.thread(function() while true do end end)
        mio.thread(function() require("mio").sleep(100) end)
        mio.sleep(0.01)
        error("enough", 0)
      end)
    end)
    assert.is_false(ok)
    assert.matches("^enough\n", err)
    assert.same({ nil, "timeout" }, { mio.timeout(0.01, function()
      local scope <close> = mio.scope()
      scope:spawn(function()
        mio.thread(function() require("mio").sleep(100) end):join()
      end)
    end) })
    assert.is_true(mio.now() - start < 50)
  end))

  it("as its block is left", in_run(function()
    local kept
    do
      local thread <close> = mio.thread(function() while true do end end)
      kept = thread
      mio.sleep(0.01)
    end
    assert.equal("cancelled", kept:status())
  end))

  it("as the run fails", function()
    assert.matches("deadlock", raised(mio.run, function()
      mio.spawn(function()
        local ok = pcall(mio.channel().recv, mio.channel())
        return ok
      end)
      local channel = mio.channel()
      channel:recv()
    end))
  end)

  it("as its state is closed", function()
    local output = helper.run([[
      local mio = require("mio")
      mio.run(function()
        mio.thread(function() while true do end end)
        mio.thread(function() require("mio").sleep(100) end)
        mio.sleep(0.02)
        os.exit(0, true)
      end)]])
    assert.equal("", output)
  end)
end)

describe("threads and a shared channel", function()
  helper.watch()

  it("lose no message and double none", in_run(function()
    local count, senders, receivers = 25000, 4, 3
    for _, capacity in ipairs({ 0, 1, 64 }) do
      local channel = mio.shared_channel(capacity)
      local sending, receiving = {}, {}
      for s = 1, senders do
        sending[s] = mio.thread(function(there, me, n)
          for i = 1, n do there:send(me * n + i) end
        end, channel, s, capacity == 0 and count // 10 or count)
      end
      for r = 1, receivers do
        receiving[r] = mio.thread(function(there)
          local got = 0
          local sum = 0
          local last = {}
          for value in there:messages() do
            got = got + 1
            sum = sum + value
          end
          return got, sum, last
        end, channel)
      end
      for s = 1, senders do sending[s]:join() end
      channel:close()
      local n = capacity == 0 and count // 10 or count
      local got, sum, expected = 0, 0, 0
      for r = 1, receivers do
        local some, part = receiving[r]:join()
        got, sum = got + some, sum + part
      end
      for s = 1, senders do
        for i = 1, n do expected = expected + s * n + i end
      end
      assert.equal(senders * n, got)
      assert.equal(expected, sum)
    end
  end))

  it("lose none where receivers give up and are cancelled all the time", in_run(function()
    local channel, n = mio.shared_channel(2), 5000
    local sender = mio.thread(function(there, count)
      local m = require("mio")
      local sent = 0
      while sent < count do
        if there:send(sent + 1, 0.0001) then sent = sent + 1 end
        if sent % 7 == 0 then m.yield() end
      end
      there:close()
    end, channel, n)
    local next_one, ended = 1, false
    while not ended do
      local task = mio.spawn(function()
        local value, err = channel:recv(0.0001)
        if value then
          assert(value == next_one, "out of order")
          next_one = next_one + 1
        end
        ended = err == "closed"
      end)
      if next_one % 3 == 0 then
        mio.yield()
        task:cancel()
      end
      task:join()
    end
    assert.equal(n + 1, next_one)
    sender:join()
  end))

  it("hand over sockets that are used there", in_run(function()
    local jobs = mio.shared_channel()
    local thread = mio.thread(function(there)
      for stream in there:messages() do
        for line in stream:lines() do stream:write(line:upper(), "\n") end
        stream:close()
      end
    end, jobs)
    for _ = 1, 3 do
      local a, b = assert(mio.pair())
      jobs:send(b)
      a:write("hello\n")
      assert.equal("HELLO", a:read_until("\n"))
      a:close()
    end
    jobs:close()
    thread:join()
  end))

  it("give sockets as arguments and results", in_run(function()
    local a, b = assert(mio.pair())
    local thread = mio.thread(function(stream) return stream end, b)
    assert.same({ nil, "closed" }, { b:getfd() })
    local back = thread:join()
    back:write("hello")
    assert.equal("hello", a:read())
    a:close()
    back:close()
  end))

  it("free a channel with its last reference", in_run(function()
    local a, b = assert(mio.pair())
    do
      local channel = mio.shared_channel(1)
      mio.thread(function(there, socket) there:send(socket) end, channel, b):join()
    end
    collectgarbage()
    collectgarbage()
    assert.same({ nil, "end of stream", "EOF" }, { a:read() })
    a:close()
  end))
end)

describe("mistakes with threads", function()
  helper.watch()

  it("are named", in_run(function()
    assert.matches("#1 to 'thread'", raised(function() mio.thread() end))
    assert.matches("#1 to 'thread'", raised(function() mio.thread("return 1") end))
    assert.matches("#1 to 'thread' %(a function written in Lua", raised(function()
      mio.thread(print)
    end))
    assert.matches("#3 to 'thread' %(value.x: function%)", raised(function()
      mio.thread(function() end, 1, { x = print })
    end))
    local thread = mio.thread(function() end)
    assert.matches("mio.thread expected", raised(function() thread.join({}) end))
    assert.matches("#2 to 'join'", raised(function()
      mio.thread(function() require("mio").sleep(0.01) end):join(-1)
    end))
    assert.matches("has no field 'x'", raised(function() thread.x = 1 end))
    assert.matches("#2 to 'thread' %(value: a closed socket%)", raised(function()
      local a, b = mio.pair()
      a:close()
      b:close()
      mio.thread(function() end, a)
    end))
    assert.matches("#2 to 'thread'", raised(function() mio.thread(function() end, thread) end))
  end))

  it("need a task", function()
    assert.matches("thread: only a task can do this", raised(mio.thread, function() end))
  end)

  it("do not take a socket that is given twice", in_run(function()
    local a, b = assert(mio.pair())
    local thread, _, code = mio.thread(function() end, a, a)
    assert.is_nil(thread)
    assert.equal("EBADF", code)
    b:write("still here")
    assert.equal("still here", a:read())
    a:close()
    b:close()
  end))
end)
