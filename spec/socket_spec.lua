local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("mio.connect and accept", function()
  helper.watch()

  it("wait for each other", function()
    for _, address in ipairs({ "127.0.0.1:0", "unix:" }) do
      mio.run(function()
        local listener <close> = assert(mio.listen(address))
        local accepted = mio.spawn(function() return listener:accept() end)
        mio.sleep(0)
        local client <close> = assert(mio.connect(listener:local_address()))
        local server <close> = accepted:join()
        client:write("hello")
        assert.equal("hello", server:read())
      end)
    end
  end)

  it("tell what failed", function()
    mio.run(function()
      local listener = assert(mio.listen("127.0.0.1:0"))
      local address = listener:local_address()
      assert.same({ nil, "timeout" }, { listener:accept(0.01) })
      local accepted = mio.spawn(function() return listener:accept() end)
      mio.sleep(0)
      listener:close()
      assert.same({ nil, "closed" }, { accepted:join() })
      local stream, _, code = mio.connect(address)
      assert.is_nil(stream)
      assert.equal("ECONNREFUSED", code)
    end)
  end)

  it("accepts ends when the listener is closed", function()
    local count = 0
    mio.run(function()
      local listener = assert(mio.listen("127.0.0.1:0"))
      mio.spawn(function()
        for _ = 1, 3 do assert(mio.connect(listener:local_address())):close() end
        mio.sleep(0.01)
        listener:close()
      end)
      for client in listener:accepts() do
        count = count + 1
        client:close()
      end
    end)
    assert.equal(3, count)
  end)

  it("a listener's high water is its clients'", function()
    mio.run(function()
      local listener <close> = assert(mio.listen("127.0.0.1:0", { high_water = 10 }))
      local client <close> = assert(mio.connect(listener:local_address()))
      local server <close> = listener:accept()
      assert.equal(20, server:try_write(("x"):rep(20)))
      assert.same({ nil, "full" }, { server:try_write("x") })
      assert.equal(20, #client:read_exactly(20))
    end)
  end)

  it("a cancelled connect leaves no socket open", function()
    mio.run(function()
      local task = mio.spawn(function() mio.connect("192.0.2.1:9", nil, 60) end)
      mio.sleep(0.01)
      task:cancel()
      task:join()
    end)
  end)

  it("check their arguments", mio.test(function()
    assert.matches("bad argument #3 to 'connect'", raised(mio.connect, "127.0.0.1:1", nil, -1))
    assert.matches("unknown option", raised(mio.connect, "127.0.0.1:1", { x = 1 }))
  end))
end)

describe("datagrams by tasks", function()
  helper.watch()

  it("are sent and received", function()
    local a = helper.keep(assert(mio.datagram("127.0.0.1:0")))
    local b = helper.keep(assert(mio.datagram("127.0.0.1:0")))
    mio.run(function()
      mio.spawn(function()
        for i = 1, 3 do assert.is_true(a:send("packet " .. i, b:local_address())) end
      end)
      local got = {}
      for data, from in b:packets() do
        table.insert(got, data)
        assert.equal(a:local_address(), from)
        if #got == 3 then break end
      end
      assert.same({ "packet 1", "packet 2", "packet 3" }, got)
      assert.same({ nil, "timeout" }, { b:recv(nil, 0.01) })
      b:settimeout(0.01)
      assert.same({ nil, "timeout" }, { b:recv() })
      b:close()
      assert.same({ nil, "closed" }, { b:recv() })
    end)
  end)

  it("wait for room", function()
    local a, b = assert(mio.pair("seqpacket"))
    helper.keep(a)
    helper.keep(b)
    mio.run(function()
      local count = 0
      mio.spawn(function()
        for i = 1, 1000 do assert(a:send(("x"):rep(1000) .. i)) end
        a:close()
      end)
      mio.sleep(0.01)
      for _ in b:packets() do count = count + 1 end
      assert.equal(1000, count)
    end)
  end)
end)

describe("batches of datagrams by tasks", function()
  helper.watch()

  local function unix_pair()
    local a, b = assert(mio.pair("seqpacket"))
    return helper.keep(a), helper.keep(b)
  end

  it("are sent as a whole, as fast as they are taken, and received as they come", function()
    mio.run(function()
      local a, b = unix_pair()
      local sender = mio.spawn(function()
        local batch = mio.batch(64, 10000)
        for i = 1, 64 do batch:add(("%05d"):format(i):rep(2000)) end
        for _ = 1, 5 do assert.equal(64, a:send_batch(batch)) end
        return true
      end)
      local batch, count = mio.batch(7, 10000), 0
      while count < 5 * 64 do
        local got = assert(b:recv_batch(batch))
        assert.equal(#batch, got)
        for i = 1, #batch do
          assert.equal(("%05d"):format(count % 64 + 1):rep(2000), (batch:get(i)))
          count = count + 1
        end
      end
      assert.is_true(sender:join())
    end)
  end)

  it("begin at the i-th one, and may have none", function()
    mio.run(function()
      local a, b = unix_pair()
      local batch = mio.batch():add("one"):add("two"):add("three")
      assert.equal(2, a:send_batch(batch, 2))
      assert.equal(0, a:send_batch(batch, 4))
      assert.equal(2, b:recv_batch(batch))
      assert.same({ "two", "three" }, { (batch:get(1)), (batch:get(2)) })
      assert.equal(0, a:send_batch(batch:clear()))
    end)
  end)

  it("give up in time, for the whole", function()
    mio.run(function()
      local a, b = unix_pair()
      local batch = mio.batch(64, 10000)
      assert.same({ nil, "timeout" }, { b:recv_batch(batch, 0.01) })
      for _ = 1, 64 do batch:add(("x"):rep(10000)) end
      local count
      repeat count = a:send_batch(batch, 1, 0.05) until count ~= 64
      assert.same({ nil, "timeout" }, { a:send_batch(batch, 1, 0.01) })
      assert.is_true(count == nil or count < 64)
      a:settimeout(0.01)
      assert.same({ nil, "timeout" }, { a:send_batch(batch) })
      assert.is_true(b:recv_batch(batch) > 0)
    end)
  end)

  it("tell an error once all before it have gone", function()
    mio.run(function()
      local to <close> = assert(mio.datagram("127.0.0.1:0"))
      local from <close> = assert(mio.datagram("127.0.0.1:0"))
      local batch = mio.batch():add("x", to:local_address()):add("y")
      assert.equal(1, from:send_batch(batch))
      assert.is_nil((from:send_batch(batch, 2)))
      from:close()
      assert.same({ nil, "closed" }, { from:send_batch(batch) })
      assert.same({ nil, "closed" }, { from:recv_batch(batch) })
      assert.same({ nil, "closed" }, { from:recv_into(mio.buffer()) })
    end)
  end)

  it("check their arguments", mio.test(function()
    local a = unix_pair()
    local batch = mio.batch()
    for _, call in ipairs({
      function() a:recv_batch() end, function() a:recv_batch({}) end,
      function() a:recv_batch(batch, "x") end, function() a:send_batch() end,
      function() a:send_batch(batch, 0) end, function() a:send_batch(batch, "x") end,
      function() a:send_batch(batch, 2) end, function() a:send_batch(batch, 1, -1) end,
      function() a:recv_into() end, function() a:recv_into(mio.buffer(), 1, -1) end,
      function() a.send_batch({}, batch) end, function() a.recv_batch(batch, batch) end,
    }) do
      assert.truthy(raised(call):find("bad argument", 1, true))
    end
  end))
end)

describe("timeouts of what is waited for again and again", function()
  helper.watch()

  it("end the loops over clients, datagrams and messages", mio.test(function()
    local listener <close> = assert(mio.listen("127.0.0.1:0"))
    local socket <close> = assert(mio.datagram("127.0.0.1:0"))
    local channel = mio.channel(1)
    local start = mio.now()
    local client <close> = assert(mio.connect(listener:local_address()))
    local count = 0
    for stream in listener:accepts(2) do
      count = count + 1
      stream:close()
    end
    assert.same({ 1, 2.0 }, { count, mio.now() - start })
    assert.is_true(socket:send("x", socket:local_address()))
    for data in socket:packets(nil, 3) do
      assert.equal("x", data)
      count = count + 1
    end
    assert.same({ 2, 5.0 }, { count, mio.now() - start })
    channel:send(1)
    for message in channel:messages(4) do count = count + message end
    assert.same({ 3, 9.0 }, { count, mio.now() - start })
    client:close()
    for _, call in ipairs({
      function() listener:accepts(-1) end, function() socket:packets(1, "x") end,
      function() channel:messages(0 / 0) end,
    }) do
      assert.truthy(raised(call):find("bad argument", 1, true))
    end
  end))

  it("are for the whole of a call that others get ahead of", mio.test(function()
    local bell <close> = assert(mio.datagram("127.0.0.1:0"))
    local socket <close> = assert(mio.datagram("127.0.0.1:0"))
    local stolen = 0
    local thief = mio.spawn(function() -- it is told first, and leaves nothing
      while bell:recv() do
        if socket:try_recv() then stolen = stolen + 1 end
      end
    end)
    local driver = mio.spawn(function()
      for _ in mio.every(1) do
        bell:try_send("x", bell:local_address())
        bell:try_send("x", socket:local_address())
      end
    end)
    local start = mio.now()
    assert.same({ nil, "timeout" }, { socket:recv(nil, 4.5) })
    assert.equal(4.5, mio.now() - start)
    assert.equal(4, stolen)
    start = mio.now()
    socket:settimeout(4.5)
    assert.same({ nil, "timeout" }, { socket:recv() })
    assert.equal(4.5, mio.now() - start)
    thief:cancel()
    driver:cancel()
  end))
end)

describe("who never has to wait for a socket", function()
  helper.watch()

  -- How often `call` was made until another task has had ten turns.
  local function calls_in_ten_turns(call)
    local count, turns = 0, 0
    local other = mio.spawn(function()
      while mio.yield() do turns = turns + 1 end
    end)
    while turns < 10 and count < 2000 do
      assert(call())
      count = count + 1
    end
    other:cancel()
    return count
  end

  it("lets others go first, now and then", mio.test(function()
    local a, b = assert(mio.pair("seqpacket"))
    helper.keep(a)
    helper.keep(b)
    local listener = helper.listener()
    local channel = mio.channel(1)
    local batch = mio.batch():add("x")
    channel:send(1)
    for name, call in pairs({
      recv = function() return a:try_send("x") and b:recv() end,
      recv_into = function() return a:try_send("x") and b:recv_into(mio.buffer()) end,
      recv_batch = function() return a:try_send("x") and b:recv_batch(batch) end,
      send = function() return a:send("x") and b:try_recv() end,
      send_batch = function() return a:send_batch(batch) and b:try_recv() end,
      accept = function()
        local client = assert(mio.try_connect(listener:local_address()))
        local server <close> = listener:accept()
        return client:close() and server
      end,
      select = function() return mio.select({ channel }) end,
    }) do
      assert.is_true(calls_in_ten_turns(call) < 2000, name)
    end
    local c, d = assert(mio.pair())
    helper.keep(c)
    helper.keep(d)
    c:write(("x\n"):rep(4000))
    assert(d:read_exactly(2))
    for name, call in pairs({
      read_until = function() return d:read_until("\n") end,
      lines = d:lines(),
      read_exactly = function() return d:read_exactly(2) end,
      read = function() return d:read(1) end,
      read_into = function() return d:read_into(mio.buffer(), 1) end,
    }) do
      assert.is_true(calls_in_ten_turns(call) < 700, name)
    end
  end))

  it("is told to be cancelled all the same", mio.test(function()
    local a, b = assert(mio.pair("seqpacket"))
    helper.keep(a)
    helper.keep(b)
    local task = mio.spawn(function()
      while true do
        a:try_send("x")
        b:recv()
      end
    end)
    mio.sleep(0)
    task:cancel()
    assert.same({ nil, "cancelled" }, { task:join() })
  end))
end)

describe("signals by tasks", function()
  it("are an iterator, or read with a timeout", function()
    local got = {}
    mio.run(function()
      local signals <close> = assert(mio.signal("USR1", "USR2"))
      assert.same({ nil, "timeout" }, { signals:read(0.01) })
      helper.kill("USR1")
      for name in signals do
        table.insert(got, name)
        if name == "USR2" then break end
        helper.kill("USR2")
      end
    end)
    assert.same({ "USR1", "USR2" }, got)
  end)
end)
