local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

-- Run a server and, beside it, `clients(address, server)`.
local function serving(handler, options, clients)
  local listener <close> = assert(mio.listen("127.0.0.1:0"))
  local server = mio.server(listener, handler, options)
  local scope <close> = mio.scope()
  local task = scope:spawn(server.run, server)
  clients(listener:local_address(), server)
  server:stop()
  return task:join()
end

local function echo(client)
  for chunk in client:chunks() do client:write(chunk) end
end

describe("mio.serve", function()
  helper.watch()

  it("serves many at once, until it is stopped", function()
    assert.is_true(mio.run(function()
      return serving(echo, nil, function(address)
        local scope <close> = mio.scope()
        for i = 1, 50 do
          scope:spawn(function()
            local stream <close> = assert(mio.connect(address))
            for k = 1, 5 do
              local text = i .. "-" .. k
              stream:write(text)
              assert.equal(text, stream:read_exactly(#text))
            end
          end)
        end
      end)
    end))
  end)

  it("is stopped by the first of many who wait to be accepted, however many", function()
    for count = 28, 36 do
      assert.is_true(mio.run(function()
        local listener <close> = assert(mio.listen("127.0.0.1:0"))
        local clients = {}
        for i = 1, count do clients[i] = assert(mio.connect(listener:local_address())) end
        local server = mio.server(listener, function(_, server) server:stop() end)
        local result = mio.timeout(5, server.run, server)
        for _, client in ipairs(clients) do client:close() end
        return result
      end))
    end
  end)

  it("closes a client when its handler is through, or fails; others go on", function()
    local errors = {}
    mio.run(function()
      serving(function(client)
        local line = client:read_until("\n")
        if line == "fail" then error("failing", 0) end
        if line == "child" then
          mio.spawn(error, "a child's")
          mio.sleep(60)
        end
        client:write("bye")
      end, { on_error = function(err, client)
        table.insert(errors, (err:match("[^\n]*")))
        assert.matches("mio.stream %(closed%)", tostring(client))
      end }, function(address)
        for _, word in ipairs({ "fail", "child", "leave" }) do
          local stream <close> = assert(mio.connect(address))
          stream:write(word, "\n")
          assert.equal(word == "leave" and "bye" or nil, (stream:read()))
          assert.equal("EOF", select(3, stream:read()))
        end
      end)
    end)
    assert.same({ "failing", "a child's" }, errors)
  end)

  it("warns of errors, where nobody else is told", function()
    local output = helper.run([[
      local mio = require("mio")
      warn("@on")
      mio.run(function()
        local listener <close> = mio.listen("127.0.0.1:0")
        local server = mio.server(listener, function() error("oops", 0) end)
        mio.spawn(server.run, server)
        mio.connect(listener:local_address()):read()
        server:stop()
      end)]])
    assert.matches("Lua warning: mio.serve: oops\nstack traceback:", output)
  end)

  it("has at most so many clients at a time", function()
    local inside, most = 0, 0
    mio.run(function()
      serving(function(client)
        inside = inside + 1
        most = math.max(most, inside)
        client:read()
        inside = inside - 1
      end, { max = 3 }, function(address)
        local scope <close> = mio.scope()
        for _ = 1, 10 do
          scope:spawn(function()
            local stream <close> = assert(mio.connect(address))
            mio.sleep(0.005)
            stream:write("x")
            stream:read()
          end)
        end
      end)
    end)
    assert.equal(3, most)
  end)

  it("has an idle timeout for its clients", function()
    local why
    mio.run(function()
      serving(function(client)
        why = select(2, client:read())
      end, { timeout = 0.01 }, function(address)
        local stream <close> = assert(mio.connect(address))
        assert.equal("EOF", select(3, stream:read()))
      end)
    end)
    assert.equal("timeout", why)
  end)

  it("has a timeout for the first read of each client, as a whole", function()
    local ended = {}
    local function handler(client)
      local line, err = client:read_until("\n")
      table.insert(ended, line or err)
      if line then table.insert(ended, client:read(5) or "?") end
    end
    mio.run(function()
      serving(handler, { header_timeout = 1, timeout = 1000 }, function(address)
        local slow <close> = assert(mio.connect(address))
        local quick <close> = assert(mio.connect(address))
        quick:write("hello\n")
        for _ in mio.every(0.3) do
          if #ended == 2 then break end
          slow:write("x")
        end
        mio.sleep(1)
        quick:write("again")
        quick:read()
      end)
    end, { clock = "virtual" })
    assert.same({ "hello", "timeout", "again" }, ended)
  end)

  it("has that timeout for any kind of reading, and only for the first one", function()
    local buffer = mio.buffer()
    for _, read in ipairs({
      function(client) return client:read() end,
      function(client) return client:read_into(buffer) end,
      function(client) return client:read_exactly(2) end,
      function(client) return client:lines()() end,
      function(client) return client:chunks()(client) end,
    }) do
      local ended = {}
      mio.run(function()
        serving(function(client)
          local start = mio.now()
          mio.sleep(0.25)
          local _, err = read(client)
          table.insert(ended, { err, mio.now() - start })
          if not err then
            client:settimeout(10)
            _, err = read(client)
            table.insert(ended, { err, mio.now() - start })
          end
        end, { header_timeout = 1 }, function(address)
          local silent <close> = assert(mio.connect(address))
          local talker <close> = assert(mio.connect(address))
          talker:write("hi\n")
          silent:read()
          talker:read()
        end)
      end, { clock = "virtual" })
      assert.same({ { nil, 0.25 }, { "timeout", 1.0 }, { "timeout", 10.25 } }, ended)
    end
  end)

  it("is fair: a greedy client does not keep the others waiting", function()
    local lines = {}
    local function count(client)
      for line in client:lines() do
        lines[line] = (lines[line] or 0) + 1
        if line == "polite" then client:write("thanks\n") end
      end
    end
    mio.run(function()
      serving(count, nil, function(address)
        local greedy <close> = assert(mio.connect(address))
        local polite <close> = assert(mio.connect(address))
        greedy:write("greedy\n")
        mio.sleep(0.01)
        greedy:write(("greedy\n"):rep(50000))
        polite:write("polite\n")
        assert.equal("thanks", polite:read_until("\n"))
        assert.is_true(lines.greedy < 20000, lines.greedy)
        greedy:shutdown()
        greedy:read()
        assert.equal(50001, lines.greedy)
      end)
    end)
  end)

  it("has that timeout no more once a read that had to wait has returned", function()
    local ended = {}
    mio.run(function()
      serving(function(client)
        client:read()
        local start = mio.now()
        client:settimeout(10)
        ended = { select(2, client:read()), mio.now() - start }
      end, { header_timeout = 1 }, function(address)
        local client <close> = assert(mio.connect(address))
        mio.sleep(0.5)
        client:write("hello")
        client:read()
      end)
    end, { clock = "virtual" })
    assert.same({ "timeout", 10.0 }, ended)
  end)

  it("has that timeout no more, however the first read took its bytes", function()
    local buffer = mio.buffer()
    for _, read in ipairs({
      function(client) -- what an earlier read has left, whose time was up
        assert.equal("timeout", select(2, client:read_until("\n")))
        assert.equal("hello", client:read())
      end,
      function(client)
        assert.equal("too long", select(2, client:read_until("\n", 1)))
        assert.equal("hello", client:try_read())
      end,
      function(client)
        mio.sleep(0.75)
        assert.equal("hello", client:try_read())
      end,
      function(client)
        mio.sleep(0.75)
        assert.equal(5, client:try_read_into(buffer))
      end,
    }) do
      local ended
      mio.run(function()
        serving(function(client)
          read(client)
          local start = mio.now()
          client:settimeout(10)
          ended = { select(2, client:read_until("\n")), mio.now() - start }
        end, { header_timeout = 1 }, function(address)
          local client <close> = assert(mio.connect(address))
          mio.sleep(0.5)
          client:write("hello")
          client:read()
        end)
      end, { clock = "virtual" })
      assert.same({ "timeout", 10.0 }, ended)
    end
  end)

  it("ends when its listener is closed and its clients have left", function()
    local log = {}
    mio.run(function()
      local listener = assert(mio.listen("127.0.0.1:0"))
      mio.spawn(function()
        local stream = assert(mio.connect(listener:local_address()))
        mio.sleep(0.01)
        listener:close()
        mio.sleep(0.01)
        stream:close()
        table.insert(log, "client")
      end)
      assert.is_true(mio.serve(listener, echo))
      table.insert(log, "server")
    end)
    assert.same({ "client", "server" }, log)
  end)

  it("stops: clients have so many seconds, then they are cancelled", function()
    local log = {}
    mio.run(function()
      serving(function(client)
        local _ <close> = mio.defer(function(err)
          table.insert(log, err == mio.cancelled and "cancelled" or "left")
        end)
        client:read()
      end, nil, function(address, server)
        local quick, slow = mio.connect(address), mio.connect(address)
        mio.sleep(0.01)
        server:stop({ grace = 0.05 })
        quick:close()
        assert.equal("EOF", select(3, slow:read()))
        slow:close()
      end)
    end)
    assert.same({ "left", "cancelled" }, log)
  end)

  it("is stopped by a signal of mio.run, with grace", function()
    local log = {}
    mio.run(function()
      local listener <close> = assert(mio.listen("127.0.0.1:0"))
      mio.spawn(function()
        local stream <close> = assert(mio.connect(listener:local_address()))
        stream:write("x")
        stream:read()
        helper.kill("USR1")
        mio.sleep(0.05)
        stream:write("still served")
        table.insert(log, stream:read())
      end)
      mio.serve(listener, echo)
      table.insert(log, "stopped")
    end, { stop_on = { "USR1" }, grace = 20 })
    assert.same({ "still served", "stopped" }, log)
  end)

  it("is ended at once by a second signal", function()
    local log = {}
    mio.run(function()
      local listener <close> = assert(mio.listen("127.0.0.1:0"))
      mio.spawn(function()
        local stream <close> = assert(mio.connect(listener:local_address()))
        stream:write("x")
        stream:read()
        helper.kill("USR1")
        mio.sleep(0.02)
        helper.kill("USR1")
        table.insert(log, select(3, stream:read()))
      end)
      mio.serve(listener, echo)
    end, { stop_on = { "USR1" }, grace = 1000 })
    assert.same({}, log)
  end)

  it("rests at the descriptor limit, and goes on", function()
    local output = helper.run([[
      local mio = require("mio")
      local served = 0
      mio.run(function()
        local listener <close> = mio.listen("127.0.0.1:0")
        local server = mio.server(listener, function(client)
          served = served + 1
          client:read()
        end)
        local task = mio.spawn(server.run, server)
        local streams = {}
        while true do
          local stream = mio.connect(listener:local_address())
          if not stream then break end
          streams[#streams + 1] = stream
        end
        mio.sleep(0.05)
        for _, stream in ipairs(streams) do stream:close() end
        mio.sleep(0.3)
        local last = assert(mio.connect(listener:local_address()))
        last:write("x")
        last:read()
        server:stop()
        task:join()
      end)
      print(served > 5)]], "ulimit -n 40")
    assert.equal("true", output:match("true"), output)
  end)

  it("checks its arguments", function()
    mio.run(function()
      local listener <close> = assert(mio.listen("127.0.0.1:0"))
      assert.matches("mio.listener expected", raised(mio.serve, {}, print))
      assert.matches("function expected", raised(mio.serve, listener))
      assert.matches("unknown option 'maximum'", raised(mio.serve, listener, print,
        { maximum = 1 }))
      assert.matches("option 'max' is a whole number", raised(mio.serve, listener, print,
        { max = 0 }))
    end)
  end)
end)
