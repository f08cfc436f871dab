local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

-- Run a function as a task, over two streams that are connected.
local function over_pair(fn)
  return function()
    local client, server = helper.pair()
    mio.run(function() fn(client, server) end)
  end
end

-- Send pieces, with a wait after each; then the end.
local function send_slowly(stream, ...)
  local pieces = { ... }
  return mio.spawn(function()
    for _, piece in ipairs(pieces) do
      stream:write(piece)
      mio.sleep(0.002)
    end
    stream:shutdown()
  end)
end

describe("reading by tasks:", function()
  helper.watch()

  it("read waits for what comes, up to n bytes, and tells the end", over_pair(function(a, b)
    send_slowly(a, "hello")
    assert.equal("he", b:read(2))
    assert.equal("llo", b:read())
    assert.same({ nil, "end of stream", "EOF" }, { b:read() })
    assert.same({ nil, "end of stream", "EOF" }, { b:read() })
  end))

  it("read_into adds to a buffer", over_pair(function(a, b)
    send_slowly(a, "hello", "world")
    local buffer = mio.buffer():append("> ")
    assert.equal(5, b:read_into(buffer))
    assert.equal(3, b:read_into(buffer, 3))
    assert.equal("> hellowor", tostring(buffer))
    assert.equal(2, b:read_into(buffer))
    assert.equal("EOF", select(3, b:read_into(buffer)))
  end))

  it("read_into may share one buffer among many tasks", function()
    local buffer = mio.buffer()
    local pairs_of = {}
    for i = 1, 10 do pairs_of[i] = table.pack(helper.pair()) end
    mio.run(function()
      local scope <close> = mio.scope()
      for i, pair in ipairs(pairs_of) do
        scope:spawn(function()
          for k = 1, 20 do
            assert(pair[2]:read_into(buffer))
            assert.equal(("%d-%d"):format(i, k), tostring(buffer))
            pair[2]:write(buffer)
            assert.equal(0, #buffer)
          end
        end)
        scope:spawn(function()
          for k = 1, 20 do
            local text = ("%d-%d"):format(i, k)
            pair[1]:write(text)
            assert.equal(text, pair[1]:read())
          end
        end)
      end
    end)
  end)

  it("read_exactly puts pieces together, and keeps what is too much", over_pair(function(a, b)
    send_slowly(a, "12", "345", "6789")
    assert.equal("", b:read_exactly(0))
    assert.equal("1234", b:read_exactly(4))
    assert.equal("5678", b:read_exactly(4))
    assert.equal("EOF", select(3, b:read_exactly(4)))
    assert.equal("9", b:read_exactly(1)) -- not lost by the end
    assert.equal("EOF", select(3, b:read_exactly(1)))
  end))

  it("read_until finds a delimiter wherever it is cut", over_pair(function(a, b)
    send_slowly(a, "one\r", "\ntwo", "\r\n\r\nrest")
    assert.equal("one", b:read_until("\r\n"))
    assert.equal("two", b:read_until("\r\n"))
    assert.equal("", b:read_until("\r\n"))
    assert.equal("EOF", select(3, b:read_until("\r\n")))
    assert.equal("rest", b:read())
  end))

  it("read_until has a bound, and leaves the bytes", over_pair(function(a, b)
    send_slowly(a, "12345\n", "1234567")
    assert.equal("12345", b:read_until("\n", 5))
    assert.same({ nil, "too long" }, { b:read_until("\n", 5) })
    assert.same({ nil, "too long" }, { b:read_until("\n", 5) })
    assert.equal("1234567", b:read_exactly(7))
  end))

  it("lines come one by one, the last one without an end", over_pair(function(a, b)
    send_slowly(a, "one\ntwo\n\nth", "ree\nlast")
    local lines = {}
    for line in b:lines() do table.insert(lines, line) end
    assert.same({ "one", "two", "", "three", "last" }, lines)
  end))

  it("lines end with one that is too long, or that does not come", over_pair(function(a, b)
    send_slowly(a, "short\n", "far too long\n")
    local next_line = b:lines({ max = 5 })
    assert.equal("short", next_line())
    assert.same({ nil, "too long" }, { next_line() })
    assert.equal("far too long", b:read_until("\n"))
    local c, d = helper.pair()
    next_line = d:lines({ timeout = 0.01 })
    c:write("half")
    assert.same({ nil, "timeout" }, { next_line() })
    c:write(" a line\n")
    assert.equal("half a line", next_line())
  end))

  it("chunks are all that comes", over_pair(function(a, b)
    local data = ("0123456789"):rep(50000)
    mio.spawn(function()
      a:write(data)
      a:shutdown()
    end)
    local parts = {}
    for chunk in b:chunks() do table.insert(parts, chunk) end
    assert.is_true(table.concat(parts) == data)
  end))

  it("chunks have a size", over_pair(function(a, b)
    send_slowly(a, "12345")
    local parts = {}
    for chunk in b:chunks(2) do table.insert(parts, chunk) end
    assert.same({ "12", "34", "5" }, parts)
  end))

  it("a timeout is no loss", over_pair(function(a, b)
    assert.is_true(b:settimeout(0.01))
    assert.same({ nil, "timeout" }, { b:read() })
    a:write("12")
    assert.same({ nil, "timeout" }, { b:read_exactly(4) })
    a:write("34")
    assert.equal("1234", b:read_exactly(4))
    b:settimeout(nil)
    a:shutdown()
    assert.equal("EOF", select(3, b:read()))
  end))

  it("a timeout is for the whole of a call, however often bytes come", function()
    mio.run(function()
      local a, b = assert(mio.pair())
      local talker = mio.spawn(function()
        for _ in mio.every(1) do a:write("x") end
      end)
      b:settimeout(4.5)
      for _, read in ipairs({
        function() return b:read_exactly(1000) end, function() return b:read_until("y") end,
        function() return nil, select(2, pcall(b:lines({ timeout = 4.5 }))) end,
      }) do
        local start = mio.now()
        local data, err = read()
        assert.is_nil(data)
        assert.equal(4.5, mio.now() - start)
        assert.truthy(err == "timeout" or err == nil)
      end
      assert.same({ nil, "timeout" }, { mio.timeout(2, b.read_exactly, b, 1000) })
      local start = mio.now()
      assert.same({ nil, "timeout" }, { b:read_exactly(1000) })
      assert.equal(4.5, mio.now() - start)
      talker:cancel()
    end, { clock = "virtual" })
  end)

  it("who reads while another one does is told so", over_pair(function(a, b)
    local reader = mio.spawn(function() return b:read() end)
    mio.sleep(0)
    assert.same({ nil, "busy" }, { b:read() })
    assert.same({ nil, "busy" }, { b:read_until("\n") })
    a:write("x")
    assert.equal("x", reader:join())
  end))

  it("closing ends the wait of others", over_pair(function(_, b)
    local reader = mio.spawn(function() return b:read() end)
    mio.sleep(0)
    b:close()
    assert.same({ nil, "closed" }, { reader:join() })
    assert.same({ nil, "closed" }, { b:read() })
    assert.same({ nil, "closed" }, { b:write("x") })
    assert.same({ nil, "closed" }, { b:flush() })
  end))

  it("a reset is an error once it is read", over_pair(function(a, b)
    a:setoption("linger", 0)
    local reader = mio.spawn(function() return b:read() end)
    mio.sleep(0)
    a:close()
    assert.equal("ECONNRESET", select(3, reader:join()))
  end))

  it("reads that never wait see first what tasks have left", over_pair(function(a, b)
    a:write("one\ntwo")
    a:flush()
    assert.equal("one", b:read_until("\n"))
    assert.equal("tw", b:try_peek(2))
    assert.equal("t", b:try_read(1))
    local buffer = mio.buffer()
    assert.equal(2, b:try_read_into(buffer))
    assert.equal("wo", tostring(buffer))
    assert.same({ nil, "again" }, { b:try_read() })
  end))

  it("a byte at a time, many at once, in any mixture", over_pair(function(a, b)
    math.randomseed(11)
    local sent = {}
    for i = 1, 300 do sent[i] = ("x"):rep(math.random(0, 200)) .. i end
    mio.spawn(function()
      local text = table.concat(sent, "\n") .. "\n"
      while #text > 0 do
        local n = math.random(1, 500)
        a:write(text:sub(1, n))
        text = text:sub(n + 1)
        if math.random(4) == 1 then mio.sleep(0) end
      end
      a:shutdown()
    end)
    for i = 1, 300 do
      local how = math.random(3)
      local got
      if how == 1 then
        got = b:read_until("\n")
      elseif how == 2 then
        got = b:lines()()
      else
        got = b:read_exactly(#sent[i])
        assert.equal("\n", b:read_exactly(1))
      end
      assert.equal(sent[i], got)
    end
    assert.equal("EOF", select(3, b:read()))
  end))

  it("one who never has to wait lets others go first", over_pair(function(a, b)
    a:write(("x"):rep(60000))
    a:flush()
    mio.sleep(0.01)
    local others = 0
    mio.spawn(function()
      for _ = 1, 10 do
        others = others + 1
        mio.yield()
      end
    end)
    for _ = 1, 1000 do assert(b:read(1)) end
    assert.equal(10, others)
  end))

  it("allocates nothing to wait and to go on", function()
    local a, b = helper.pair()
    mio.run(function()
      local buffer = mio.buffer(4096)
      mio.spawn(function()
        local own = mio.buffer(4096)
        while b:read_into(own) do b:write(own) end
      end)
      local function round()
        a:write("ping")
        a:read_into(buffer)
        buffer:clear()
      end
      round()
      assert.equal(0, helper.garbage(round))
      a:close()
    end)
  end)

  it("arguments are checked", over_pair(function(_, b)
    for _, size in ipairs({ 0, -1, 1.5, "x" }) do
      assert.matches("bad argument", raised(b.read, b, size))
      assert.matches("bad argument", raised(b.chunks, b, size))
      assert.matches("bad argument", raised(b.read_into, b, mio.buffer(), size))
    end
    assert.matches("bad argument", raised(b.read_exactly, b, -1))
    assert.matches("mio.buffer expected", raised(b.read_into, b, {}))
    assert.matches("a delimiter is not empty", raised(b.read_until, b, ""))
    assert.matches("unknown option 'mx' %(did you mean 'max'", raised(b.lines, b, { mx = 1 }))
    assert.matches("option 'timeout' is a number", raised(b.lines, b, { timeout = -1 }))
    assert.matches("mio.stream expected", raised(b.read, helper.listener()))
  end))
end)
