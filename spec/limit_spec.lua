local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("cancellation", function()
  helper.watch()

  it("raises at the next wait and at every one after", mio.test(function()
    local seen = {}
    local task = mio.spawn(function()
      for i = 1, 3 do
        local _, err = pcall(mio.sleep, 60)
        seen[i] = err
      end
      return "swallowed"
    end)
    mio.sleep(1)
    task:cancel()
    assert.equal("swallowed", task:join())
    for i = 1, 3 do assert.equal(mio.cancelled, seen[i]) end
    assert.equal("cancelled", tostring(mio.cancelled))
  end))

  it("reaches one that has not begun: it ends at its first wait", mio.test(function()
    local log = {}
    local task = mio.spawn(function()
      table.insert(log, "begun")
      mio.sleep(0)
      table.insert(log, "not reached")
    end)
    task:cancel()
    assert.same({ nil, "cancelled" }, { task:join() })
    assert.same({ "begun" }, log)
    assert.equal("cancelled", task:status())
  end))

  it("reaches a task in every kind of wait", function()
    local client, server = helper.pair()
    local listener = helper.listener()
    local datagram = helper.keep(assert(mio.datagram("127.0.0.1:0")))
    local full = helper.pair("unix:")
    helper.fill(full)
    local buffer = mio.buffer()
    local waits = {
      sleep = function() mio.sleep(60) end,
      every = function() for _ in mio.every(60) do end end,
      read = function() server:read() end,
      read_into = function() server:read_into(buffer) end,
      read_exactly = function() server:read_exactly(5) end,
      lines = function() for _ in server:lines() do end end,
      chunks = function() for _ in server:chunks() do end end,
      write = function() full:write(("x"):rep(1000000)) end,
      flush = function() full:write("x") full:flush() end,
      accept = function() listener:accept() end,
      recv = function() datagram:recv() end,
      wait = function() mio.wait(client, "r") end,
      wait_number = function() mio.wait(client:getfd(), "r") end,
      select = function() mio.select({ server, listener }) end,
      join = function() mio.spawn(mio.sleep, 60):join() end,
      channel_recv = function() mio.channel():recv() end,
      channel_send = function() mio.channel():send(1) end,
      lock = function()
        local mutex = mio.mutex()
        mio.spawn(function() mutex:lock() mio.sleep(60) end)
        mio.sleep(0)
        mutex:lock()
      end,
      acquire = function()
        local semaphore = mio.semaphore(1)
        semaphore:acquire()
        semaphore:acquire()
      end,
      signal = function() mio.signal("USR1"):read() end,
      scope = function()
        local scope <close> = mio.scope()
        scope:spawn(mio.sleep, 60)
      end,
      copy = function() mio.copy(server, client) end,
      nested = function() mio.wrap(function() mio.sleep(60) end)() end,
      timeout = function() mio.timeout(60, mio.sleep, 60) end,
    }
    for name, fn in pairs(waits) do
      local err = false
      mio.run(function()
        local task = mio.spawn(function()
          local _ <close> = mio.defer(function(e) err = e end)
          fn()
        end)
        for _ = 1, 5 do mio.sleep(0) end
        task:cancel()
        assert.same({ nil, "cancelled" }, { task:join() }, name)
      end)
      assert.equal(mio.cancelled, err, name)
    end
  end)

  it("leaves what has come to the next reader", function()
    local client, server = helper.pair()
    mio.run(function()
      local task = mio.spawn(function() server:read_exactly(10) end)
      client:write("12345")
      client:flush()
      mio.sleep(0.01)
      task:cancel()
      task:join()
      client:write("67890")
      assert.equal("1234567890", server:read_exactly(10))
    end)
  end)

  it("of oneself raises at the next wait", mio.test(function()
    local task = mio.spawn(function()
      mio.current():cancel()
      mio.sleep(0)
    end)
    assert.same({ nil, "cancelled" }, { task:join() })
    assert.is_true(task:cancel()) -- of one that has ended does nothing
  end))
end)

describe("mio.timeout", function()
  helper.watch()

  it("returns what the function returns, within its time", mio.test(function()
    assert.same({ n = 3, 1, nil, 3 }, table.pack(mio.timeout(2, function(a)
      mio.sleep(1)
      return a, nil, 3
    end, 1)))
  end))

  it("ends the wait of the function, and of what it calls", mio.test(function()
    local log = {}
    local start = mio.now()
    assert.same({ nil, "timeout" }, { mio.timeout(2, function()
      local _ <close> = mio.defer(function(err) table.insert(log, err) end)
      mio.sleep(60)
    end) })
    assert.equal(2, mio.now() - start)
    assert.same({ mio.cancelled }, log)
    mio.sleep(60) -- it is over
  end))

  it("nests, the shorter one wins", mio.test(function()
    assert.same({ nil, "timeout" }, { mio.timeout(1, function()
      mio.timeout(5, mio.sleep, 60)
      error("not reached")
    end) })
    assert.equal("inner", mio.timeout(5, function()
      assert.same({ nil, "timeout" }, { mio.timeout(1, mio.sleep, 60) })
      return "inner"
    end))
  end))

  it("passes errors on, with the traceback from within", mio.test(function()
    local function within() error("oops") end
    local message = raised(mio.timeout, 1, within)
    assert.matches("limit_spec.lua:" .. debug.getinfo(within, "S").linedefined, message)
  end))

  it("passes on the cancellation of its task", mio.test(function()
    local task = mio.spawn(function() return mio.timeout(60, mio.sleep, 60) end)
    mio.sleep(1)
    task:cancel()
    assert.same({ nil, "cancelled" }, { task:join() })
  end))

  it("cancels the children of scopes within it", mio.test(function()
    local got
    assert.same({ nil, "timeout" }, { mio.timeout(1, function()
      local scope <close> = mio.scope()
      scope:spawn(function()
        local _ <close> = mio.defer(function(err) got = err end)
        mio.sleep(60)
      end)
    end) })
    assert.equal(mio.cancelled, got)
  end))

  it("checks its arguments", mio.test(function()
    assert.matches("number expected, got nil", raised(mio.timeout))
    assert.matches("seconds are a number from 0 up", raised(mio.timeout, -1, print))
    assert.matches("seconds are a number from 0 up", raised(mio.timeout, 0 / 0, print))
    assert.matches("#2 to 'timeout' %(function expected", raised(mio.timeout, 1))
    assert.same({ nil, "timeout" }, { mio.timeout(0, mio.sleep, 1) })
    assert.is_true(mio.timeout(math.huge, mio.sleep, 1))
  end))
end)

describe("every call that waits", function()
  helper.watch()

  -- A client whose peer takes nothing more, and sends nothing.
  local function stuck_stream()
    local a, b = assert(mio.pair())
    helper.keep(a)
    helper.keep(b)
    while mio.timeout(0.1, a.write, a, ("x"):rep(100000)) do end
    return a
  end

  local function nothing_ends_within_a_second(calls)
    for name, call in pairs(calls) do
      local start = mio.now()
      local result, err = call()
      assert.same({ name, nil, "timeout" }, { name, result, err })
      assert.is_true(math.abs(mio.now() - start - 1) < 1e-6, name)
    end
  end

  it("gives up by a timeout of its own", mio.test(function()
    local listener, socket = helper.listener(), helper.keep(assert(mio.datagram("127.0.0.1:0")))
    local a, b = assert(mio.pair())
    helper.keep(a)
    helper.keep(b)
    local channel, full, mutex, semaphore = mio.channel(), mio.channel(), mio.mutex(),
      mio.semaphore(1)
    local sleeper = mio.spawn(function()
      local _ <close>, _ <const> = mutex:lock(), semaphore:acquire()
      mio.sleep(1000)
    end)
    mio.sleep(0)
    local signals <close> = assert(mio.signal("USR1"))
    nothing_ends_within_a_second({
      accept = function() return listener:accept(1) end,
      recv = function() return socket:recv(nil, 1) end,
      recv_into = function() return socket:recv_into(mio.buffer(), nil, 1) end,
      recv_batch = function() return socket:recv_batch(mio.batch(), 1) end,
      signals = function() return signals:read(1) end,
      wait = function() return mio.wait(a, "r", 1) end,
      wait_foreign = function() return mio.wait(b:getfd(), "p", 1) end,
      select = function() return mio.select({ a, channel, sleeper }, 1) end,
      join = function() return sleeper:join(1) end,
      lock = function() return mutex:lock(1) end,
      acquire = function() return semaphore:acquire(1) end,
      channel_recv = function() return channel:recv(1) end,
      channel_send = function() return full:send("x", 1) end,
    })
    sleeper:cancel()
  end))

  it("gives up by the timeout of its socket, or by mio.timeout", mio.test(function()
    local listener, socket = helper.listener(), helper.keep(assert(mio.datagram("127.0.0.1:0")))
    local stuck, buffer, batch = stuck_stream(), mio.buffer(), mio.batch()
    local calls = {
      read = function() return stuck:read() end,
      read_exactly = function() return stuck:read_exactly(10) end,
      read_until = function() return stuck:read_until("x") end,
      read_into = function() return stuck:read_into(buffer) end,
      chunks = function() return stuck:chunks()(stuck) end,
      write = function() return stuck:write("x") end,
      flush = function() return stuck:flush() end,
      shutdown = function() return stuck:shutdown() end,
      copy = function() return mio.copy(stuck, stuck) end,
      accept = function() return listener:accept() end,
      recv = function() return socket:recv() end,
      recv_into = function() return socket:recv_into(buffer) end,
      recv_batch = function() return socket:recv_batch(batch) end,
    }
    for _, object in ipairs({ stuck, listener, socket }) do assert(object:settimeout(1)) end
    nothing_ends_within_a_second(calls)
    for _, object in ipairs({ stuck, listener, socket }) do assert(object:settimeout()) end
    for name, call in pairs(calls) do
      calls[name] = function() return mio.timeout(1, call) end
    end
    nothing_ends_within_a_second(calls)
    stuck:close("broken")
  end))
end)

describe("mio.shield", function()
  helper.watch()

  it("keeps off a cancellation, which comes right after", mio.test(function()
    local log = {}
    local task = mio.spawn(function()
      mio.shield(10, function()
        mio.sleep(5)
        table.insert(log, "saved")
      end)
      mio.sleep(0)
      table.insert(log, "not reached")
    end)
    mio.sleep(1)
    task:cancel()
    task:join()
    assert.same({ "saved" }, log)
  end))

  it("lets clean-up wait", mio.test(function()
    local log = {}
    local task = mio.spawn(function()
      local _ <close> = mio.defer(function()
        mio.shield(5, function()
          mio.sleep(1)
          table.insert(log, "cleaned")
        end)
      end)
      mio.sleep(60)
    end)
    mio.sleep(1)
    task:cancel()
    task:join()
    assert.same({ "cleaned" }, log)
  end))

  it("holds for so many seconds only", mio.test(function()
    local start = mio.now()
    assert.same({ nil, "timeout" }, { mio.shield(3, mio.sleep, 60) })
    assert.equal(3, mio.now() - start)
  end))
end)

describe("mio.defer", function()
  it("calls the function as the block is left, with the error", function()
    local got = {}
    do
      local _ <close> = mio.defer(function(err) table.insert(got, err or "none") end)
    end
    pcall(function()
      local _ <close> = mio.defer(function(err) table.insert(got, err) end)
      error("oops", 0)
    end)
    assert.same({ "none", "oops" }, got)
    assert.matches("function expected", raised(mio.defer, 1))
  end)
end)
