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
