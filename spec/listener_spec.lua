local helper = require("spec.helper")
local mio = require("mio")

describe("a listener", function()
  helper.watch()

  it("accepts, or says that nobody waits", function()
    local listener = helper.listener()
    assert.same({ nil, "again" }, { listener:try_accept() })
    local client = helper.keep(assert(mio.try_connect(listener:local_address())))
    local server = helper.accept(listener)
    assert.equal(client:local_address(), server:peer_address())
    assert.same({ nil, "again" }, { listener:try_accept() })
  end)

  it("accepts all who wait, in a for loop", function()
    local listener = helper.listener()
    for _ = 1, 5 do
      helper.keep(assert(mio.try_connect(listener:local_address())))
    end
    local count = 0
    while count < 5 do
      helper.await(listener, "r")
      for stream in listener:try_accepts() do
        helper.keep(stream)
        count = count + 1
      end
    end
    assert.equal(5, count)
    for _ in listener:try_accepts() do
      error("nobody was waiting")
    end
  end)

  it("may be closed while it accepts", function()
    local listener = helper.listener()
    for _ = 1, 3 do
      helper.keep(assert(mio.try_connect(listener:local_address())))
    end
    helper.await(listener, "r")
    local count = 0
    for stream in listener:try_accepts() do
      helper.keep(stream)
      listener:close()
      count = count + 1
    end
    assert.equal(1, count)
  end)

  it("leaves no garbage where nobody waits", function()
    local listener = helper.listener()
    local again = "again"
    assert.equal(0, helper.garbage(function()
      local _, err = listener:try_accept()
      assert(err == again)
    end))
  end)

  it("listens where nobody else does", function()
    local listener = helper.listener()
    local address = listener:local_address()
    local _, err, code = mio.listen(address)
    assert.equal(("listen %s: address in use"):format(address), err)
    assert.equal("EADDRINUSE", code)
    listener:close()
    helper.listener(address)
  end)

  it("shares its port where both say so", function()
    local listener = helper.listener(nil, { reuseport = true })
    helper.listener(listener:local_address(), { reuseport = true })
  end)

  it("serves IPv4 clients on [::], unless told not to", function()
    local listener = mio.listen("[::]:0")
    if not listener then
      return pending("this machine has no IPv6")
    end
    helper.keep(listener)
    assert.is_false(listener:getoption("only_v6"))
    local port = listener:local_address().port
    helper.keep(assert(mio.try_connect("127.0.0.1:" .. port)))
    assert.equal("::ffff:127.0.0.1", helper.accept(listener):peer_address().host)
    assert.is_true(helper.listener("[::]:0", { only_v6 = true }):getoption("only_v6"))
  end)

  it("listens on a Unix path that nobody has", function()
    local path = os.tmpname()
    local _, err, code = mio.listen("unix:" .. path)
    assert.equal("listen unix:" .. path .. ": address in use", err)
    assert.equal("EADDRINUSE", code)
    os.remove(path)
    local listener = helper.listener("unix:" .. path)
    assert.equal("unix:" .. path, tostring(listener:local_address()))
    helper.keep(assert(mio.try_connect("unix:" .. path)))
    helper.accept(listener)
    os.remove(path)
  end)

  it("gets an abstract name from the kernel where it has none", function()
    assert.matches("^unix:@", tostring(helper.listener("unix:"):local_address()))
  end)

  it("holds as many clients as its backlog says", function()
    local listener = helper.listener(helper.unix_name(), { backlog = 1 })
    local address = listener:local_address()
    local code
    for _ = 1, 10 do
      local stream, _
      stream, _, code = mio.try_connect(address)
      if not stream then
        break
      end
      helper.keep(stream)
    end
    assert.equal("EAGAIN", code)
  end)

  it("is told as text", function()
    local listener = helper.listener()
    assert.equal(("mio.listener (descriptor %d)"):format(listener:getfd()), tostring(listener))
    listener:close()
    assert.equal("mio.listener (closed)", tostring(listener))
  end)

  it("closes with it a client that nobody has taken", function()
    local listener = helper.listener()
    local client = helper.keep(assert(mio.try_connect(listener:local_address())))
    helper.await(client, "w")
    listener:close()
    helper.await(client, "r")
    local _, _, code = client:try_read()
    assert.is_true(code == "ECONNRESET" or code == "EOF", code)
  end)
end)

-- Each in a process of its own, whose limit of descriptors is low.
describe("a listener at the descriptor limit", function()
  local prelude = [[
    local mio = require("mio")
    local loop = assert(mio.loop())
    local listener = assert(mio.listen("unix:"))
    local address = listener:local_address()
    local clients, servers = {}, {}
    local function connect()
      local client = mio.try_connect(address)
      clients[#clients + 1] = client
      return client
    end
    local function close_all(list)
      for i = #list, 1, -1 do
        list[i]:close()
        list[i] = nil
      end
    end
  ]]

  local function limited(code)
    local output, status = helper.run(prelude .. code, "ulimit -n 30")
    assert.equal("done\n", output)
    assert.equal(0, status)
  end

  it("turns one client away at a time, with an end that he sees", function()
    limited([[
      while connect() do end
      clients[#clients]:close()
      clients[#clients] = nil
      local code
      repeat
        local server, _
        server, _, code = listener:try_accept()
        servers[#servers + 1] = server
      until code
      assert(code == "EMFILE", code)
      -- he who was turned away reads the end
      local away = 0
      for _, client in ipairs(clients) do
        local _, err, client_code = client:try_read()
        away = away + ((client_code == "EOF" or client_code == "ECONNRESET") and 1 or 0)
      end
      assert(away == 1, away)
      print("done")
    ]])
  end)

  it("rests, so that the loop does not spin, and goes on by itself", function()
    limited([[
      while connect() do end
      clients[#clients]:close()
      clients[#clients] = nil
      local calls, accepted = 0, 0
      loop:register(listener, "r", function()
        calls = calls + 1
        for server in listener:try_accepts() do
          servers[#servers + 1] = server
          accepted = accepted + 1
        end
      end)
      local stop = mio.now() + 0.35
      loop:after(0.35, function() loop:shutdown() end)
      loop:run()
      assert(calls >= 1 and calls <= 6, calls .. " calls")
      -- descriptors are free again: whoever still waits is accepted, and new ones are
      close_all(servers)
      close_all(clients)
      accepted = 0
      connect()
      loop:after(5, function() loop:shutdown() end)
      loop:every(0.01, function() if accepted > 0 then loop:shutdown() end end)
      loop:run()
      assert(accepted > 0)
      print("done")
    ]])
  end)

  it("rests under a poll as well", function()
    limited([[
      while connect() do end
      clients[#clients]:close()
      clients[#clients] = nil
      loop:close()
      local poll = assert(mio.poll())
      poll:register(listener, "accept", "r")
      local events = 0
      local stop = mio.now() + 0.25
      while mio.now() < stop do
        for token in poll:wait(0.05) do
          events = events + 1
          for server in listener:try_accepts() do
            servers[#servers + 1] = server
          end
        end
      end
      assert(events >= 1 and events <= 5, events)
      print("done")
    ]])
  end)

  it("does not open where there is no descriptor, and leaves none", function()
    limited([[
      listener:close()
      local list = {}
      local code
      repeat
        local made, _
        made, _, code = mio.listen("127.0.0.1:0")
        list[#list + 1] = made
      until code
      assert(code == "EMFILE", code)
      local count = #list
      close_all(list)
      for _ = 1, count do
        list[#list + 1] = assert(mio.listen("127.0.0.1:0"))
      end
      for _, make in ipairs({ mio.loop, mio.poll, function() return mio.signal("USR1") end,
                              function() return mio.try_connect("127.0.0.1:1") end }) do
        local many = {}
        repeat
          local made, _
          made, _, code = make()
          many[#many + 1] = made
        until code
        assert(code == "EMFILE", code)
        close_all(many)
      end
      print("done")
    ]])
  end)
end)
