local helper = require("spec.helper")
local mio = require("mio")

local rows = {}

rows["addresses that are none"] = function()
  for _, text in ipairs({
    "127.1", "::1%nope", "", "\0", "127.0.0.1:80\0", "unix:/x\0", "127.0.0.1:-1",
    "127.0.0.1:65536", "127.0.0.1:80x", "127.0.0.1:80.5", "[::1", "[::1]:", "unix",
    ("x"):rep(100000), "unix:/" .. ("x"):rep(107), "unix:@" .. ("x"):rep(300), "%s%n:80",
  }) do
    assert(not pcall(mio.address, text))
    assert(not pcall(mio.listen, text))
    assert(not pcall(mio.try_connect, text))
  end
end

rows["unix paths of all lengths"] = function()
  for length = 1, 200 do
    local ok, listener, _, code = pcall(mio.listen, "unix:/nowhere/" .. ("x"):rep(length))
    assert(not ok or (listener == nil and code == "ENOENT"), code)
    ok, listener, _, code = pcall(mio.listen, "unix:@" .. ("y"):rep(length))
    assert(not ok or listener:close(), code)
  end
end

rows["sizes that are none"] = function()
  local client = helper.pair()
  local buffer = mio.buffer()
  for _, size in ipairs({ 0, -1, math.mininteger, 1.5, 2^62 + 2^70, 0 / 0, "x", true }) do
    assert(not pcall(client.try_read, client, size))
    assert(not pcall(client.try_peek, client, size))
    assert(not pcall(client.try_read_into, client, buffer, size))
    assert(not pcall(mio.buffer, size))
  end
  for _, size in ipairs({ 1, 2^62, math.maxinteger, "7" }) do
    assert(select(2, client:try_read(size)) == "again")
    assert(select(2, client:try_read_into(buffer, size)) == "again")
  end
end

rows["writes of what cannot be written"] = function()
  local client, server = helper.pair()
  for _, piece in ipairs({ {}, true, print, io.stdout, client, mio.address("unix:") }) do
    assert(not pcall(client.try_write, client, piece))
    assert(not pcall(client.try_write, client, "x", piece))
  end
  assert(not pcall(client.try_write, client))
  assert(not pcall(client.try_write, client, nil))
  assert(not pcall(client.try_write, client, "x", nil))
  assert(select(2, server:try_read()) == "again", "nothing was written")
end

rows["a write of a hundred thousand pieces"] = function()
  local client, server = helper.pair()
  local pieces = {}
  for i = 1, 100000 do
    pieces[i] = "x"
  end
  assert(client:try_write(table.unpack(pieces)) == 64)
  assert(helper.read(server, 64) == ("x"):rep(64))
  pieces[100000] = {}
  assert(not pcall(client.try_write, client, table.unpack(pieces)))
  local buffer = mio.buffer()
  pieces[100000] = "y"
  buffer:append(table.unpack(pieces))
  assert(#buffer == 100000)
end

rows["a buffer written many times at once"] = function()
  local client, server = helper.pair()
  local buffer = mio.buffer():append("abc")
  local same = {}
  for i = 1, 64 do
    same[i] = buffer
  end
  assert(client:try_write(table.unpack(same)) == 192)
  assert(#buffer == 0)
  assert(helper.read(server, 192) == ("abc"):rep(64))
  buffer:append("d"):append(buffer)
  assert(tostring(buffer) == "dd")
  helper.fill(client)
  buffer:append(("z"):rep(1000000))
  local taken = client:try_write(buffer, buffer) or 0
  assert(#buffer == math.max(1000002 - taken, 0))
end

rows["write after shutdown, read after the end, again and again"] = function()
  local client, server = helper.pair()
  assert(client:shutdown())
  for _ = 1, 1000 do
    assert(select(3, client:try_write("x")) == "EPIPE")
  end
  helper.await(server, "r")
  for _ = 1, 1000 do
    assert(select(3, server:try_read()) == "EOF")
  end
  server:close()
  client:shutdown("rw")
  client:shutdown("r")
  client:shutdown()
end

rows["a peer that never reads"] = function()
  local client = helper.pair("unix:")
  local taken = helper.fill(client)
  local buffer = mio.buffer():append(("x"):rep(100000))
  for _ = 1, 10000 do
    taken = taken + (client:try_write("x", buffer) or 0) + (client:try_write(buffer) or 0)
    buffer:append(("x"):rep(100000 - #buffer))
  end
  assert(taken < 50000000, taken)
  assert(select(2, client:try_write(buffer)) == "again")
end

rows["connections that fail, of every kind, registered at once"] = function()
  local loop = mio.loop()
  local told = 0
  local listener = assert(mio.listen("127.0.0.1:0"))
  local address = listener:local_address()
  listener:close()
  for _ = 1, 100 do
    local stream = mio.try_connect(address)
    if stream then
      assert(loop:register(stream, "rw", function()
        assert(not stream:connected())
        assert(not stream:try_write("x"))
        assert(not stream:try_read())
        told = told + 1
        stream:close()
      end))
    end
  end
  assert(loop:run())
  assert(told > 0)
end

rows["a stream that is not connected, registered at once"] = function()
  local stream = mio.try_connect("192.0.2.1:9")
  if stream then
    local loop = mio.loop()
    loop:register(stream, "rw", function() loop:shutdown() end)
    loop:after(0.01, function() loop:shutdown() end)
    loop:run()
    stream:try_read()
    stream:try_write("x")
    stream:shutdown()
    stream:peer_address()
    stream:connected()
  end
end

rows["a listener used as a stream, a stream as a listener"] = function()
  local client = helper.pair()
  local listener = helper.listener()
  for _, name in ipairs({
    "try_read", "try_write", "try_peek", "shutdown", "connected", "close",
  }) do
    assert(not pcall(client[name], listener, "x"))
  end
  for _, name in ipairs({ "try_accept", "try_accepts", "close" }) do
    assert(not pcall(listener[name], client))
  end
  assert(client:getfd() and listener:getfd())
end

rows["accept in the hands of finalizers"] = function()
  local listener = assert(mio.listen("unix:"))
  local address = listener:local_address()
  local seen = {}
  local function take()
    local stream = listener:try_accept()
    if stream then
      assert(not seen[stream], "accepted twice")
      seen[stream] = true
    end
    return stream
  end
  for _ = 1, 300 do
    local client = assert(mio.try_connect(address))
    setmetatable({}, { __gc = take })
    setmetatable({}, { __gc = take })
    take()
    client:close()
    for stream in pairs(seen) do
      stream:close()
      seen[stream] = nil
    end
  end
end

rows["a listener closed by a finalizer while it accepts"] = function()
  for _ = 1, 200 do
    local listener = assert(mio.listen("unix:"))
    local client = assert(mio.try_connect(listener:local_address()))
    setmetatable({}, { __gc = function() listener:close() end })
    for _ = 1, 30 do
      local stream, err = listener:try_accept()
      assert(stream or err == "again" or err == "closed", err)
    end
    for _ in listener:try_accepts() do end
    client:close()
    listener:close()
  end
end

rows["a stream and a buffer in the hands of finalizers"] = function()
  local client, server = helper.pair()
  local buffer = mio.buffer()
  local function finalizer()
    buffer:append("x", 1.5, buffer):clear()
    client:close()
    client, server = helper.pair()
    buffer = mio.buffer(1)
  end
  for i = 1, 3000 do
    setmetatable({}, { __gc = finalizer })
    local own = buffer:append("abc", i, i + 0.5, buffer)
    client:try_write(own, i, own, i + 0.5)
    server:try_read_into(own)
    own:find(i)
    tostring(own)
    pcall(own.consume, own, #own // 2)
    if #own > 10000 then
      own:clear()
    end
  end
end

rows["many open at once, all dropped"] = function()
  local listener = assert(mio.listen("unix:", { backlog = 1024 }))
  local address = listener:local_address()
  local function open()
    local streams = {}
    for i = 1, 800, 2 do
      streams[i] = assert(mio.try_connect(address))
      streams[i + 1] = assert(listener:try_accept())
    end
    return #streams
  end
  for _ = 1, 5 do
    assert(open() == 800)
    collectgarbage()
    collectgarbage()
  end
  assert(helper.descriptors() < 100)
end

rows["options of every kind with every value"] = function()
  local client = helper.pair()
  local listener = helper.listener()
  for _, name in ipairs({
    "nodelay", "keepalive", "keepalive_idle", "keepalive_interval", "keepalive_count",
    "reuseaddr", "reuseport", "ttl", "recv_buffer", "send_buffer", "only_v6", "linger",
  }) do
    for _, socket in ipairs({ client, listener }) do
      for _, value in ipairs({
        true, false, 0, 1, -1, 255, 2^31 - 1, -2^31, 2^31, "x", {}, 1.5,
      }) do
        local ok, result, err, code = pcall(socket.setoption, socket, name, value)
        assert(not ok or result == true or (err and code))
      end
      socket:getoption(name)
    end
  end
  client:setoption("linger", -1)
  listener:setoption("linger", -1)
end

rows["datagrams of 70,000 bytes, and receivers with too little room"] = function()
  local long = ("x"):rep(70000)
  local sender = assert(mio.datagram("127.0.0.1:0"))
  local receiver = assert(mio.datagram("127.0.0.1:0"))
  local to = receiver:local_address()
  local function too_long(result, err, code)
    assert(result == nil and err == "too long" and code == "EMSGSIZE", err)
  end
  too_long(sender:try_send(long, to))
  too_long(mio.batch():add(long, to))
  too_long(mio.batch():add(""):set(1, long))
  assert(select(2, receiver:try_recv()) == "again", "nothing was sent")
  -- A Unix socket takes it; but no receiver here has room for it.
  local a, b = assert(mio.pair("datagram"))
  local c, d = assert(mio.pair("seqpacket"))
  local buffer = mio.buffer()
  for _, pair in ipairs({ { a, b }, { c, d } }) do
    local near, far = pair[1], pair[2]
    for _, receive in ipairs({
      function() return far:try_recv() end,
      function() return far:try_recv(math.maxinteger) end,
      function() return far:try_recv_into(buffer) end,
      function() return far:try_recv_fds() end,
    }) do
      assert(near:try_send(long))
      assert(near:try_send_fds(long, near))
      too_long(far:try_peek())
      too_long(receive())
      too_long(receive())
      assert(select(2, receive()) == "again")
    end
    for size = 1, 5 do
      for _, receive in ipairs({
        far.try_recv, function(_, n) return far:try_recv_into(buffer, n) end, far.try_recv_fds,
      }) do
        assert(near:try_send("123456"))
        too_long(far:try_peek(size))
        too_long(receive(far, size))
        assert(select(2, receive(far, size)) == "again")
      end
      local batch = mio.batch(2, size)
      assert(near:try_send("123456"))
      assert(far:try_recv_batch(batch) == 1)
      local data, _, truncated = batch:get(1)
      assert(data == ("123456"):sub(1, size) and truncated)
    end
  end
  assert(#buffer == 0)
end

rows["a name that nobody gave back"] = function()
  local path = os.tmpname()
  os.remove(path)
  local listener = assert(mio.listen("unix:" .. path))
  listener:close()
  local again, _, code = mio.listen("unix:" .. path)
  assert(not again and code == "EADDRINUSE")
  local _, _, refused = mio.try_connect("unix:" .. path)
  assert(refused == "ECONNREFUSED")
  os.remove(path)
end

return rows
