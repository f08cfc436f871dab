local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a stream", function()
  helper.watch()

  for family, address in pairs({ tcp = "127.0.0.1:0", unix = "unix:@" }) do
    describe("(" .. family .. ")", function()
      local client, server
      before_each(function()
        client, server = helper.pair(family == "unix" and helper.unix_name() or address)
      end)

      it("carries bytes both ways", function()
        assert.equal(5, client:try_write("hello"))
        assert.equal("hello", helper.read(server, 5))
        assert.equal(3, server:try_write("a\0b"))
        assert.equal("a\0b", helper.read(client, 3))
      end)

      it("carries what is more than it holds, whole and in order", function()
        local parts = {}
        for i = 1, 200000 do
          parts[i] = ("%06d\n"):format(i)
        end
        local data = table.concat(parts)
        local loop, input, sent = helper.loop(), mio.buffer(), 0
        loop:register(client, "w", function()
          local count = client:try_write(data:sub(sent + 1, sent + 100000))
          sent = sent + (count or 0)
          if sent == #data then
            client:shutdown()
            client:close()
          end
        end)
        loop:register(server, "r", function()
          local _, _, code = server:try_read_into(input)
          if code == "EOF" then
            loop:shutdown()
          end
        end)
        loop:run()
        assert.equal(#data, #input)
        assert.is_true(data == tostring(input))
      end)

      it("writes strings, numbers and buffers as if they were one", function()
        local buffer = mio.buffer():append("cd")
        assert.equal(9, client:try_write("ab", buffer, "", 12, 3.5))
        assert.equal("abcd123.5", helper.read(server, 9))
        assert.equal(0, #buffer, "what was taken is consumed")
      end)

      it("writes up to 64 pieces at once, and says so", function()
        local pieces = {}
        for i = 1, 100 do
          pieces[i] = ("%02d,"):format(i % 100)
        end
        local last = mio.buffer():append("last")
        pieces[64], pieces[65] = last, mio.buffer():append("later")
        assert.equal(63 * 3 + 4, client:try_write(table.unpack(pieces)))
        assert.equal(table.concat(pieces, "", 1, 63) .. "last", helper.read(server, 193))
        assert.equal(0, #last)
        assert.equal(5, #pieces[65])
        pieces[70] = {}
        assert.equal(
          "bad argument #70 to 'try_write' (string or mio.buffer expected, got table)",
          raised(function() client:try_write(table.unpack(pieces)) end))
      end)

      it("consumes of buffers what the kernel took", function()
        local buffer, sent = mio.buffer(), helper.fill(client)
        local count, err
        repeat
          buffer:append(("y"):rep(300000 - #buffer))
          count, err = client:try_write(buffer)
          assert.equal(300000 - (count or 0), #buffer)
          sent = sent + (count or 0)
        until not count
        assert.equal("again", err)
        helper.read(server, sent)
        helper.await(client, "w")
        count = client:try_write("x", buffer)
        assert.equal(300000 - (count - 1), #buffer)
        assert.equal("x" .. ("y"):rep(count - 1), helper.read(server, count))
      end)

      it("takes a buffer that is given twice", function()
        local buffer = mio.buffer():append("ab")
        assert.equal(5, client:try_write(buffer, "-", buffer))
        assert.equal("ab-ab", helper.read(server, 5))
        assert.equal(0, #buffer)
        assert.equal("c", tostring(buffer:append("c")))
      end)

      it("writes nothing where there is nothing", function()
        assert.equal(0, client:try_write(""))
        assert.equal(0, client:try_write("", mio.buffer()))
        assert.same({ nil, "again" }, { server:try_read() })
      end)

      it("reads at most what it is asked for", function()
        client:try_write("hello")
        helper.await(server, "r")
        assert.equal("he", server:try_read(2))
        assert.equal("llo", server:try_read(math.maxinteger))
        assert.same({ nil, "again" }, { server:try_read(1) })
      end)

      it("peeks, and leaves what it has seen", function()
        client:try_write("hello")
        helper.await(server, "r")
        assert.equal("he", server:try_peek(2))
        assert.equal("hello", server:try_peek())
        assert.equal("hello", server:try_read())
      end)

      it("reads into a buffer, behind what is there", function()
        local buffer = mio.buffer(1):append(">")
        client:try_write("hello")
        helper.await(server, "r")
        assert.equal(2, server:try_read_into(buffer, 2))
        assert.equal(3, server:try_read_into(buffer))
        assert.equal(">hello", tostring(buffer))
        assert.same({ nil, "again" }, { server:try_read_into(buffer) })
        assert.equal(">hello", tostring(buffer))
      end)

      it("reads what is there before it tells the end, again and again", function()
        client:try_write("last words")
        client:close()
        assert.equal("last words", helper.read(server, 100))
        for _ = 1, 3 do
          assert.same({ nil, "end of stream", "EOF" }, { server:try_read() })
        end
      end)

      it("ends one direction and keeps the other", function()
        assert.is_true(client:shutdown())
        assert.same({ nil, "nobody reads any more", "EPIPE" }, { client:try_write("x") })
        helper.await(server, "r")
        assert.same({ nil, "end of stream", "EOF" }, { server:try_read() })
        assert.equal(3, server:try_write("yes"))
        assert.equal("yes", helper.read(client, 3))
        assert.is_true(server:shutdown("rw"))
      end)

      it("is told as text", function()
        assert.equal(("mio.stream (descriptor %d)"):format(client:getfd()), tostring(client))
        client:close()
        assert.equal("mio.stream (closed)", tostring(client))
      end)
    end)
  end

  it("tells how its connection has ended", function()
    local listener = helper.listener()
    local address = listener:local_address()
    local stream = helper.keep(assert(mio.try_connect(address)))
    helper.await(stream, "w")
    assert.is_true(stream:connected())
    assert.is_true(stream:connected())
    listener:close()

    local refused = helper.keep(assert(mio.try_connect(address)))
    helper.await(refused, "w")
    assert.same({ nil, "connection refused", "ECONNREFUSED" }, { refused:connected() })
    assert.same({ nil, "not connected", "ENOTCONN" }, { refused:connected() })
  end)

  it("is not connected yet while nobody answers", function()
    local stream = mio.try_connect("192.0.2.1:9") -- documentation addresses: nobody is there
    if stream then
      helper.keep(stream)
      local ok, err = stream:connected()
      assert.is_nil(ok)
      assert.is_string(err)
    end
  end)

  it("connects from an address", function()
    local listener = helper.listener()
    local stream = helper.keep(assert(mio.try_connect(listener:local_address(),
      { local_address = "127.0.0.1:0" })))
    assert.equal(stream:local_address(), helper.accept(listener):peer_address())
    local _, _, code = mio.try_connect(listener:local_address(),
      { local_address = "192.0.2.1:0" })
    assert.equal("EADDRNOTAVAIL", code)
  end)

  it("works over IPv6", function()
    local listener = mio.listen("[::1]:0")
    if not listener then
      return pending("this machine has no IPv6")
    end
    listener:close()
    local client, server = helper.pair("[::1]:0")
    client:try_write("six")
    assert.equal("six", helper.read(server, 3))
    assert.equal("ipv6", client:peer_address().family)
  end)

  it("is told of a reset", function()
    local client, server = helper.pair()
    client:try_write("unread")
    helper.await(server, "r")
    server:setoption("linger", 0)
    server:close()
    helper.await(client, "r")
    assert.same({ nil, "connection reset by the peer", "ECONNRESET" }, { client:try_read() })
  end)

  it("survives a peer that is gone: an error, and no signal", function()
    local client, server = helper.pair()
    server:setoption("linger", 0)
    server:close()
    local code
    repeat
      local _
      _, _, code = client:try_write("x")
    until code
    assert.is_true(code == "EPIPE" or code == "ECONNRESET", code)
  end)

  it("is closed by the collector, and as a variable", function()
    local client, server = helper.pair()
    do
      local stream <close> = server
      assert.is_truthy(stream:getfd())
    end
    assert.same({ nil, "closed" }, { server:getfd() })
    helper.await(client, "r")
    local listener = helper.listener()
    local function forget() assert(mio.try_connect(listener:local_address())) end
    forget()
    local accepted = helper.accept(listener)
    collectgarbage()
    helper.await(accepted, "r")
    assert.same({ nil, "end of stream", "EOF" }, { accepted:try_read() })
  end)

  it("says what it expects", function()
    local client = helper.pair()
    for expected, call in pairs({
      ["bad argument #1 to 'try_read' (a size is 1 byte or more)"] =
        function() client:try_read(0) end,
      ["bad argument #1 to 'try_peek' (a size is 1 byte or more)"] =
        function() client:try_peek(-1) end,
      ["bad argument #1 to 'try_read' (number has no integer representation)"] =
        function() client:try_read(2^64) end,
      ["bad argument #1 to 'try_read_into' (mio.buffer expected, got string)"] =
        function() client:try_read_into("x") end,
      ["bad argument #2 to 'try_read_into' (a size is 1 byte or more)"] =
        function() client:try_read_into(mio.buffer(), 0) end,
      ["bad argument #1 to 'try_write' (string or mio.buffer expected, got no value)"] =
        function() client:try_write() end,
      ["bad argument #2 to 'try_write' (string or mio.buffer expected, got nil)"] =
        function() client:try_write("x", nil) end,
      ["bad argument #1 to 'try_write' (string or mio.buffer expected, got mio.stream)"] =
        function() client:try_write(client) end,
      ["bad argument #1 to 'shutdown' ('x' is not 'r' or 'w' or 'rw')"] =
        function() client:shutdown("x") end,
      ["bad argument #1 to 'try_connect' (address expected, got no value)"] =
        function() mio.try_connect() end,
    }) do
      assert.equal(expected, raised(call))
    end
    assert.same({ nil, "again" }, { client:try_read() }, "nothing was done")
  end)
end)
