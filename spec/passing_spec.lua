local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a pair of sockets", function()
  helper.watch()

  local function pair(kind)
    local a, b = assert(mio.pair(kind))
    return helper.keep(a), helper.keep(b)
  end

  it("is of streams, if nothing else is asked for", function()
    for _, kind in ipairs({ "stream", false }) do
      local a, b = pair(kind or nil)
      assert.equal(5, a:try_write("hello"))
      assert.equal("hello", b:try_read())
      a:close()
      assert.same({ nil, "end of stream", "EOF" }, { b:try_read() })
    end
  end)

  it("may be of datagrams, which have no end", function()
    local a, b = pair("datagram")
    assert.is_true(a:try_send("one"))
    assert.is_true(a:try_send(""))
    assert.same({ "one", nil }, { b:try_recv() })
    assert.equal("", (b:try_recv()))
    assert.same({ nil, "again" }, { b:try_recv() })
    assert.is_true(b:try_send("back"))
    assert.equal("back", (a:try_recv()))
  end)

  it("may be of seqpackets, which have an end", function()
    local a, b = pair("seqpacket")
    assert.is_true(a:try_send("one"))
    assert.is_true(a:try_send("two"))
    a:close()
    assert.same({ nil, "too long", "EMSGSIZE" }, { b:try_recv(2) })
    assert.equal("two", (b:try_recv()))
    local over = { nil, "end of stream", "EOF" }
    assert.same(over, { b:try_recv() })
    assert.same(over, { b:try_peek() })
    assert.same(over, { b:try_recv_into(mio.buffer()) })
    assert.same(over, { b:try_recv_fds() })
    assert.same({ nil, "nobody reads any more", "EPIPE" }, { b:try_send("x") })
  end)

  it("of seqpackets is made by a listener, too", function()
    local options = { type = "seqpacket" }
    local name = helper.unix_name()
    local listener = helper.listener(name, options)
    local client = helper.keep(assert(mio.try_connect(name, options)))
    local server = helper.accept(listener)
    assert.is_true(client:try_send("hello"))
    assert.equal("hello", (server:try_recv()))
    assert.is_nil((mio.try_connect(name)))
    assert.is_nil((mio.listen("127.0.0.1:0", options)))
  end)

  it("knows who the other is", function()
    for _, kind in ipairs({ "stream", "seqpacket", "datagram" }) do
      local pid, uid, gid = pair(kind):peer_credentials()
      local id = io.popen("id -u; id -g; echo $PPID")
      assert.same({ id:read("n", "n", "n") }, { uid, gid, pid })
      id:close()
    end
    assert.same({ nil, "not connected", "ENOTCONN" },
      { helper.keep(mio.datagram()):peer_credentials() })
  end)

  it("passes sockets, each of its kind", function()
    for _, kind in ipairs({ "stream", "seqpacket", "datagram" }) do
      local a, b = pair(kind)
      local client, server = helper.pair()
      local listener, udp = helper.listener(), helper.keep(mio.datagram("127.0.0.1:0"))
      local listens, receives = listener:local_address(), udp:local_address()
      assert.equal(4, a:try_send_fds("take", server, listener, udp))
      for _, socket in ipairs({ server, listener, udp }) do
        socket:close()
      end
      local data, sockets, lost = b:try_recv_fds()
      assert.equal("take", data)
      assert.is_false(lost)
      assert.equal(3, #sockets)
      for _, socket in ipairs(sockets) do
        helper.keep(socket)
      end
      assert.equal(1, sockets[1]:try_write("x"))
      assert.equal("x", helper.read(client, 1))
      assert.equal(listens, sockets[2]:local_address())
      helper.keep(assert(mio.try_connect(listens)))
      helper.accept(sockets[2])
      assert.equal(receives, sockets[3]:local_address())
      assert.matches("^mio.datagram", tostring(sockets[3]))
    end
  end)

  it("passes whatever else has a descriptor, as a stream", function()
    local a, b = pair()
    local file = assert(io.open("meson.build"))
    assert.equal(1, a:try_send_fds("x", file, file))
    file:close()
    local _, files = b:try_recv_fds()
    assert.matches("^project", files[1]:try_read(7))
    files[1]:close()
    files[2]:close()
  end)

  it("tells which are lost, and leaks none", function()
    local a, b = pair()
    a:try_send_fds("x", a, a, a)
    local data, sockets, lost = b:try_recv_fds(10, 2)
    assert.same({ "x", 2, true }, { data, #sockets, lost })
    a:try_send_fds("y", a)
    assert.equal("y", b:try_read()) -- and drops what came with it
    assert.same({ nil, "again" }, { b:try_recv_fds() })
    a:try_write("z")
    assert.same({ "z", {}, false }, { b:try_recv_fds() })
    a:close()
    for _, socket in ipairs(sockets) do
      socket:close()
    end
    assert.same({ nil, "end of stream", "EOF" }, { b:try_recv_fds() })
    local c, d = pair("datagram")
    c:try_send_fds("long", c)
    assert.same({ nil, "too long", "EMSGSIZE" }, { d:try_recv_fds(3) })
  end)

  it("makes no garbage where nothing has come", function()
    local _, b = pair()
    assert.equal(0, helper.garbage(function() b:try_recv_fds() end))
  end)

  it("is received by finalizers while it is received", function()
    local a, b = pair()
    local count = 0
    local function receive()
      local data, sockets = b:try_recv_fds()
      for _, socket in ipairs(type(sockets) == "table" and sockets or {}) do
        count = count + 1
        socket:close()
      end
      return data
    end
    for _ = 1, 200 do
      assert(a:try_send_fds("x", a, b, a, b, a))
      assert(a:try_send_fds("y", b))
      setmetatable({}, { __gc = receive })
      setmetatable({}, { __gc = receive })
      receive()
    end
    while receive() do end
    assert.equal(1200, count)
  end)

  it("replaces a stale file only where it is asked for", function()
    local path = os.tmpname()
    os.remove(path)
    local address = "unix:" .. path
    for _, open in ipairs({ mio.listen, mio.datagram }) do
      assert(mio.listen(address, { replace_stale = true })):close()
      assert.equal("EADDRINUSE", select(3, open(address)))
      local socket <close> = assert(open(address, { replace_stale = true }))
      assert.equal("EADDRINUSE", select(3, open(address, { replace_stale = true })))
      assert.is_string(tostring(socket))
    end
    os.remove(path)
  end)

  it("is closed for every method", function()
    for _, kind in ipairs({ "stream", "datagram" }) do
      local a, b = pair(kind)
      assert.same({ nil, "not an open descriptor", "EBADF" }, { a:try_send_fds("x", 1000) })
      b:close()
      assert.same({ nil, "closed" }, { b:try_send_fds("x", a) })
      assert.same({ nil, "closed" }, { b:try_recv_fds() })
      assert.same({ nil, "closed" }, { b:peer_credentials() })
      assert.same({ nil, "not an open descriptor", "EBADF" }, { a:try_send_fds("x", b) })
    end
  end)

  it("goes by Unix sockets only", function()
    local refused = { nil, "operation not supported", "EOPNOTSUPP" }
    local listener = helper.listener()
    local client = helper.keep(assert(mio.try_connect(listener:local_address())))
    local server = helper.accept(listener)
    assert.same(refused, { client:try_send_fds("x", client) })
    assert.same({ nil, "again" }, { server:try_read() })
    local socket = helper.keep(assert(mio.datagram("127.0.0.1:0")))
    assert(socket:connect(socket:local_address()))
    assert.same(refused, { socket:try_send_fds("x", socket) })
  end)

  it("says what it expects", function()
    local a = pair()
    for expected, call in pairs({
      ["bad argument #1 to 'pair' ('dgram' is not 'stream' or 'seqpacket' or 'datagram')"] =
        function() mio.pair("dgram") end,
      ["bad argument #2 to 'listen' (option 'type' is 'stream' or 'seqpacket')"] =
        function() mio.listen("unix:", { type = "datagram" }) end,
      ["bad argument #2 to 'try_send_fds' (from 1 to 253 descriptors go with a message)"] =
        function() a:try_send_fds("x") end,
      ["bad argument #1 to 'try_send_fds' (descriptors go with 1 byte or more)"] =
        function() a:try_send_fds("", a) end,
      ["bad argument #1 to 'try_send_fds' (string or mio.buffer expected, got nil)"] =
        function() a:try_send_fds(nil, a) end,
      ["bad argument #1 to 'try_recv_fds' (a number from 1 up)"] =
        function() a:try_recv_fds(0) end,
      ["bad argument #2 to 'try_recv_fds' (a number from 1 up)"] =
        function() a:try_recv_fds(1, -1) end,
    }) do
      assert.equal(expected, raised(call))
    end
    assert.matches("mio.stream or mio.datagram expected",
      raised(function() a.peer_credentials(helper.listener()) end))
  end)
end)
