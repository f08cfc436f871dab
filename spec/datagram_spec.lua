local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a datagram socket", function()
  helper.watch()

  local function open(address, options)
    return helper.keep(assert(mio.datagram(address or "127.0.0.1:0", options)))
  end

  local function receive(socket, n)
    helper.await(socket, "r")
    return socket:try_recv(n)
  end

  local kinds = { "127.0.0.1:0", "[::1]:0", "unix:" }

  it("sends to an address, and receives with one", function()
    for _, kind in ipairs(kinds) do
      local a, b = open(kind), open(kind)
      assert.same({ nil, "again" }, { b:try_recv() })
      assert.is_true(a:try_send("hello", b:local_address()))
      local data, from = receive(b)
      assert.equal("hello", data)
      assert.equal(a:local_address(), from)
      assert.is_true(b:try_send(data, tostring(from)))
      assert.equal("hello", (receive(a)))
    end
  end)

  it("has senders whose addresses are the ones that mio.address gives", function()
    local a, b = open(), open()
    local known = { [mio.address(tostring(a:local_address()))] = "a" }
    a:try_send("x", b:local_address())
    local _, from = receive(b)
    assert.equal("a", known[from])
  end)

  it("needs no address of its own", function()
    local a, b = helper.keep(assert(mio.datagram())), open()
    assert.equal("0.0.0.0", a:local_address().host)
    assert.is_true(a:try_send("x", b:local_address()))
    assert.equal("x", (receive(b)))
  end)

  it("takes an empty datagram as one", function()
    for _, kind in ipairs(kinds) do
      local a, b = open(kind), open(kind)
      assert.is_true(a:try_send("", b:local_address()))
      local data, from = receive(b)
      assert.equal("", data)
      assert.equal(a:local_address(), from)
      local buffer = mio.buffer()
      assert.is_true(a:try_send(buffer, b:local_address()))
      helper.await(b, "r")
      assert.equal(0, (b:try_recv_into(buffer)))
      assert.same({ nil, "again" }, { b:try_recv_into(buffer) })
    end
  end)

  it("says that a datagram is too long, and drops it", function()
    local too_long = { nil, "too long", "EMSGSIZE" }
    for _, kind in ipairs(kinds) do
      local a, b = open(kind), open(kind)
      local buffer = mio.buffer():append("before")
      for _, text in ipairs({ "12345", "67890", "12345", "1234" }) do
        a:try_send(text, b:local_address())
      end
      helper.await(b, "r")
      assert.same(too_long, { b:try_peek(4) })
      assert.same(too_long, { b:try_recv(4) })
      assert.same(too_long, { b:try_recv_into(buffer, 4) })
      assert.equal("before", tostring(buffer))
      assert.equal("12345", (b:try_recv(5)))
      assert.equal(4, (b:try_recv_into(buffer, 4)))
      assert.equal("before1234", tostring(buffer))
    end
    local a, b = open(), open()
    assert.same(too_long, { a:try_send(("x"):rep(70000), b:local_address()) })
    assert.is_true(a:try_send(("x"):rep(65507), b:local_address()))
    assert.equal(65507, #receive(b))
  end)

  it("looks at a datagram, and leaves it", function()
    local a, b = open(), open()
    a:try_send("x", b:local_address())
    helper.await(b, "r")
    for _ = 1, 3 do
      local data, from = b:try_peek()
      assert.equal("x", data)
      assert.equal(a:local_address(), from)
    end
    assert.equal("x", (b:try_recv()))
    assert.same({ nil, "again" }, { b:try_peek() })
  end)

  it("sends a buffer whole, and consumes it then", function()
    local a, b = open(), open()
    local buffer = mio.buffer():append("abc")
    assert.is_nil((a:try_send(buffer)))
    assert.equal(3, #buffer)
    assert.is_true(a:try_send(buffer, b:local_address()))
    assert.equal(0, #buffer)
    assert.equal("abc", (receive(b)))
  end)

  it("sends numbers as texts", function()
    local a, b = open(), open()
    assert.is_true(a:try_send(12, b:local_address()))
    assert.equal("12", (receive(b)))
  end)

  it("may choose one peer, and drops what others send", function()
    local a, b, other = open(), open(), open()
    assert.is_true(a:connect(b:local_address()))
    assert.equal(b:local_address(), a:peer_address())
    assert.is_true(a:try_send("x"))
    assert.equal("x", (receive(b)))
    assert.is_true(other:try_send("y", a:local_address()))
    assert.same({ nil, "again" }, { a:try_recv() })
    assert.is_true(a:try_send("z", other:local_address()))
    assert.equal("z", (receive(other)))
    assert.is_true(a:connect())
    assert.same({ nil, "not connected", "ENOTCONN" }, { a:peer_address() })
    assert.same({ nil, "destination address missing", "EDESTADDRREQ" }, { a:try_send("x") })
  end)

  it("reports a refusal once, and works on", function()
    local a, b = open(), open()
    local address = b:local_address()
    a:connect(address)
    b:close()
    assert.is_true(a:try_send("x"))
    local loop = helper.loop()
    local told
    loop:register(a, "r", function(socket, readable, _, closed)
      told = { readable, closed, socket:try_recv() }
    end)
    loop:run_once(10)
    assert.same({ true, true, nil, "connection refused", "ECONNREFUSED" }, told)
    assert.same({ nil, "again" }, { a:try_recv() })
    b = open(address)
    assert.is_true(a:try_send("y"))
    assert.equal("y", (receive(b)))
  end)

  it("is a source of loops and polls, told of empty datagrams too", function()
    local a, b = open(), open()
    local loop, told = helper.loop(), {}
    loop:register(b, "r", function(socket)
      told[#told + 1] = socket:try_recv()
    end)
    a:try_send("", b:local_address())
    a:try_send("x", b:local_address())
    while #told < 2 do
      loop:run_once(10)
    end
    assert.same({ "", "x" }, told)
    b:close() -- with its registration
    loop:run()
  end)

  it("shares its address where all agree", function()
    for _, name in ipairs({ "reuseaddr", "reuseport" }) do
      local a = open(nil, { [name] = true })
      open(a:local_address(), { [name] = true })
    end
    local address = open():local_address()
    assert.same({ nil, ("datagram %s: address in use"):format(address), "EADDRINUSE" },
      { mio.datagram(address) })
  end)

  it("has the options of sockets", function()
    local socket = open()
    for name, value in pairs({
      broadcast = true, multicast_ttl = 3, multicast_loop = false, ttl = 9, reuseaddr = true,
    }) do
      assert.is_true(socket:setoption(name, value))
      assert.equal(value, socket:getoption(name))
    end
    assert.is_true(open(nil, { broadcast = true }):getoption("broadcast"))
    assert.is_true(open("[::]:0", { only_v6 = true }):getoption("only_v6"))
    assert.is_false(open("[::]:0"):getoption("only_v6"))
  end)

  it("joins groups and leaves them", function()
    local receiver = open("0.0.0.0:0")
    local group = ("239.255.77.2:%d"):format(receiver:local_address().port)
    local sender = open()
    assert.is_true(receiver:join(group, "lo"))
    assert.same({ nil, "address in use", "EADDRINUSE" }, { receiver:join(group, "lo") })
    assert.is_true(sender:multicast_interface("lo"))
    assert.is_true(sender:try_send("hello", group))
    local data, from = receive(receiver)
    assert.equal("hello", data)
    assert.equal(sender:local_address(), from)
    assert.is_true(receiver:leave(group, "lo"))
    assert.same({ nil, "address not available", "EADDRNOTAVAIL" },
      { receiver:leave(group, "lo") })
    sender:try_send("nobody", group)
    assert.same({ nil, "again" }, { receiver:try_recv() })
    assert.is_true(sender:multicast_interface())
    for _, call in ipairs({
      function() return receiver:join(group, "nope") end,
      function() return receiver:join(group, 4711) end,
      function() return sender:multicast_interface("nope") end,
    }) do
      assert.same({ nil, "no such device", "ENODEV" }, { call() })
    end
    assert.same({ nil, "invalid argument", "EINVAL" }, { receiver:join("127.0.0.1:1") })
  end)

  -- What a C library says when it has no descriptor to ask with is its own affair: but not
  -- that there is no such interface.
  it("does not deny an interface that it cannot ask for", function()
    local output = helper.run([[
      local mio = require("mio")
      local socket = assert(mio.datagram("0.0.0.0:0"))
      local all = {}
      for i = 1, 30 do all[i] = mio.datagram() end
      local joined, _, code = socket:join("239.255.77.3:0", "lo")
      print(joined, code ~= "ENODEV")
      joined, _, code = socket:multicast_interface("lo")
      print(joined, code ~= "ENODEV")
    ]], "ulimit -n 20")
    assert.equal("nil\ttrue\nnil\ttrue\n", output)
  end)

  it("on a Unix name meets nobody", function()
    local name = helper.unix_name()
    local a = open("unix:")
    assert.same({ nil, "connection refused", "ECONNREFUSED" }, { a:connect(name) })
    helper.listener(name) -- another kind of socket: no matter
    assert.same({ nil, "connection refused", "ECONNREFUSED" }, { a:connect(name) })
    assert.same({ nil, "not found", "ENOENT" }, { a:try_send("x", "unix:/no/such/path") })
  end)

  it("makes no garbage with a buffer", function()
    local a, b = open(), open()
    local buffer, count = mio.buffer(65536), 0
    local to = b:local_address()
    local sender = a:local_address()
    local function echo()
      assert(a:try_send("hello", to))
      local length, from = b:try_recv_into(buffer)
      if from == sender then
        count = count + length
      end
      buffer:clear()
    end
    for _ = 1, 10 do
      echo()
    end
    collectgarbage()
    collectgarbage("stop")
    local before = collectgarbage("count")
    for _ = 1, 100 do
      echo()
    end
    local after = collectgarbage("count")
    collectgarbage("restart")
    assert.equal(before, after)
    assert.equal(550, count)
  end)

  it("is closed for every method, and twice", function()
    local socket = open()
    assert.is_true(socket:close())
    assert.is_true(socket:close())
    assert.equal("mio.datagram (closed)", tostring(socket))
    for _, call in ipairs({
      function() return socket:connect() end,
      function() return socket:try_send("x") end,
      function() return socket:try_recv() end,
      function() return socket:try_peek() end,
      function() return socket:try_recv_into(mio.buffer()) end,
      function() return socket:try_recv_batch(mio.batch()) end,
      function() return socket:try_send_batch(mio.batch()) end,
      function() return socket:join("239.0.0.1:0") end,
      function() return socket:leave("239.0.0.1:0") end,
      function() return socket:multicast_interface() end,
      function() return socket:local_address() end,
      function() return socket:peer_address() end,
      function() return socket:getoption("ttl") end,
      function() return socket:setoption("ttl", 1) end,
      function() return socket:getfd() end,
      function() return socket:pollfd() end,
    }) do
      assert.same({ nil, "closed" }, { call() })
    end
  end)

  it("says what it expects", function()
    local socket, stream = open(), helper.pair()
    for expected, call in pairs({
      ["bad argument #1 to 'datagram' ('x' is no address (expected 1.2.3.4:80, [::1]:80, " ..
        "unix:/path, unix:@name))"] = function() mio.datagram("x") end,
      ["bad argument #1 to 'datagram' (address expected, got number)"] =
        function() mio.datagram(80) end,
      ["bad argument #2 to 'datagram' (unknown option 'broadcats' (did you mean " ..
        "'broadcast'?))"] = function() mio.datagram(nil, { broadcats = true }) end,
      ["bad argument #2 to 'datagram' (option 'only_v6' is true or false)"] =
        function() mio.datagram(nil, { only_v6 = 1 }) end,
      ["bad argument #1 to 'try_send' (string or mio.buffer expected, got nil)"] =
        function() socket:try_send(nil) end,
      ["bad argument #1 to 'try_send' (string or mio.buffer expected, got no value)"] =
        function() socket:try_send() end,
      ["bad argument #2 to 'try_send' (address expected, got boolean)"] =
        function() socket:try_send("x", true) end,
      ["bad argument #1 to 'try_recv' (a size is 1 byte or more)"] =
        function() socket:try_recv(0) end,
      ["bad argument #1 to 'try_peek' (a size is 1 byte or more)"] =
        function() socket:try_peek(-1) end,
      ["bad argument #1 to 'try_recv_into' (mio.buffer expected, got string)"] =
        function() socket:try_recv_into("x") end,
      ["bad argument #2 to 'try_recv_into' (a size is 1 byte or more)"] =
        function() socket:try_recv_into(mio.buffer(), math.mininteger) end,
      ["bad argument #1 to 'try_recv_batch' (mio.batch expected, got mio.buffer)"] =
        function() socket:try_recv_batch(mio.buffer()) end,
      ["bad argument #2 to 'try_send_batch' (the batch does not hold so many)"] =
        function() socket:try_send_batch(mio.batch(), 2) end,
      ["bad argument #1 to 'join' (address expected, got no value)"] =
        function() socket:join() end,
      ["bad argument #2 to 'join' (the name of an interface has no zeros)"] =
        function() socket:join("239.255.77.2:0", "lo\0x") end,
      ["bad argument #2 to 'join' (an interface is a name, or a number from 1 to 2147483647)"] =
        function() socket:join("239.0.0.1:0", -1) end,
      ["bad argument #2 to 'leave' (number expected, got table)"] =
        function() socket:leave("239.0.0.1:0", {}) end,
      ["bad argument #1 to 'connect' (address expected, got table)"] =
        function() socket:connect({}) end,
      ["bad argument #1 to 'try_recv' (mio.datagram expected, got mio.stream)"] =
        function() socket.try_recv(stream) end,
      ["bad argument #1 to 'try_read' (mio.stream expected, got mio.datagram)"] =
        function() stream.try_read(socket) end,
    }) do
      assert.equal(expected, raised(call))
    end
  end)
end)
