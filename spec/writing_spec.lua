local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

local function over_pair(fn, address)
  return function()
    local client, server = helper.pair(address)
    mio.run(function() fn(client, server) end)
  end
end

-- Everything that comes until the end.
local function read_all(stream)
  local parts = {}
  for chunk in stream:chunks() do table.insert(parts, chunk) end
  return table.concat(parts)
end

describe("writing by tasks:", function()
  helper.watch()

  it("pieces of every kind go out together, in order", over_pair(function(a, b)
    local buffer = mio.buffer():append("three ")
    assert.is_true(a:write("one ", 2, " ", buffer, "", buffer))
    assert.equal(0, #buffer)
    assert.is_true(a:write("four"))
    mio.sleep(0.001)
    assert.equal("one 2 three four", b:try_read())
  end))

  it("what is written in a turn goes out at its end, at once", over_pair(function(a, b)
    for i = 1, 10 do a:write(i) end
    assert.same({ nil, "again" }, { b:try_read() })
    mio.sleep(0)
    helper.await(b, "r")
    assert.equal("12345678910", b:try_read())
    a:write("now")
    a:flush()
    helper.await(b, "r")
    assert.equal("now", b:try_read())
  end))

  it("megabytes arrive as they are, in pieces of any size", over_pair(function(a, b)
    math.randomseed(3)
    local parts = {}
    for i = 1, 200 do parts[i] = tostring(i):rep(math.random(1, 10000)) end
    mio.spawn(function()
      for i = 1, 200, 2 do assert(a:write(parts[i], parts[i + 1])) end
      a:close()
    end)
    assert.is_true(read_all(b) == table.concat(parts))
  end))

  it("write waits above high water, and goes on when half has gone", over_pair(function(a, b)
    local taken = helper.fill(a) -- the socket itself
    a:sethighwater(1000)
    while select(2, a:try_write(("y"):rep(100))) ~= "full" do taken = taken + 100 end
    local done = false
    local writer = mio.spawn(function()
      assert(a:write(("z"):rep(5000)))
      done = true
      a:close()
    end)
    mio.sleep(0.01)
    assert.is_false(done)
    assert.is_true(#read_all(b) >= taken + 5000)
    writer:join()
    assert.is_true(done)
  end, "unix:"))

  it("a timeout of write takes nothing back", over_pair(function(a, b)
    helper.fill(a)
    a:sethighwater(10)
    a:settimeout(0.01)
    assert.same({ nil, "timeout" }, { a:write(("z"):rep(100000)) })
    assert.same({ nil, "full" }, { a:try_write("x") })
    mio.spawn(function()
      a:settimeout(nil)
      a:flush()
      a:close()
    end)
    assert.matches("xz+$", read_all(b))
  end, "unix:"))

  it("try_write of a stream that tasks use takes all or nothing", over_pair(function(a, b)
    a:sethighwater(100)
    a:write("")
    assert.equal(1000000, a:try_write(("x"):rep(1000000)))
    local accepted = 1000000
    for _ = 1, 1000 do
      local n, err = a:try_write(("x"):rep(100000))
      assert.is_true(n == 100000 or err == "full")
      accepted = accepted + (n or 0)
    end
    mio.spawn(function()
      a:flush()
      a:close()
    end)
    assert.equal(accepted, #read_all(b))
  end))

  it("close sends what was written", over_pair(function(a, b)
    a:write(("x"):rep(5000))
    a:close()
    assert.equal(5000, #read_all(b))
  end))

  it("close goes on sending to a slow reader, beyond the end of main", function()
    local client, server = helper.pair("unix:")
    local thread = {}
    local size = mio.run(function()
      client:sethighwater(10000000)
      client:write(("x"):rep(2000000))
      client:close()
      assert.same({ nil, "closed" }, { client:write("x") })
      thread.reader = mio.spawn(function()
        mio.sleep(0.05)
        return #read_all(server)
      end)
      return thread.reader:join()
    end)
    assert.equal(2000000, size)
  end)

  it("close gives a peer up that takes nothing for five seconds", function()
    local a, b = assert(mio.pair())
    helper.keep(b)
    local loop_time
    mio.run(function()
      assert(a:sethighwater(10000000))
      assert(a:write(("x"):rep(5000000)))
      a:close()
      mio.spawn(function()
        mio.sleep(3)
        assert(b:read_exactly(100000)) -- it takes something: five seconds from then on
        local start = mio.now()
        mio.sleep(4.9)
        loop_time = mio.now() - start
        assert(b:read_exactly(100000))
        mio.sleep(5.1)
        local rest = 0
        for chunk in b:chunks() do rest = rest + #chunk end
        assert.is_true(rest < 4800000)
      end)
    end, { clock = "virtual" })
    assert.is_true(math.abs(loop_time - 4.9) < 0.001)
  end)

  it("close with a reason drops what was not sent", over_pair(function(a, b)
    helper.fill(a)
    a:sethighwater(10000000)
    a:write(("x"):rep(2000000))
    a:close("too slow")
    assert.is_true(#read_all(b) < 2000000)
  end, "unix:"))

  it("shutdown comes after what was written", over_pair(function(a, b)
    local reader = mio.spawn(function() return #read_all(b) end)
    for _ = 1, 100 do a:write(("x"):rep(10000)) end
    a:shutdown()
    assert.equal(1000000, reader:join())
    assert.equal("EPIPE", select(3, (function()
      a:write("x")
      return a:flush()
    end)()))
  end))

  it("an error of sending is told by the next write, once", over_pair(function(a, b)
    b:setoption("linger", 0)
    b:close()
    mio.sleep(0.01)
    assert.is_true(a:write("x"))
    mio.sleep(0)
    local code = select(3, a:write("y"))
    assert.is_true(code == "EPIPE" or code == "ECONNRESET", code)
  end))

  it("one writer waits, a second one is told", over_pair(function(a)
    helper.fill(a)
    a:sethighwater(10)
    local writer = mio.spawn(function() return a:write(("x"):rep(100000)) end)
    mio.sleep(0)
    assert.same({ nil, "busy" }, { a:write("y") })
    assert.same({ nil, "busy" }, { a:flush() })
    a:close()
    assert.same({ nil, "closed" }, { writer:join() })
  end, "unix:"))

  it("a greedy writer lets others go first", over_pair(function(a, b)
    local others = 0
    mio.spawn(function()
      for _ = 1, 10 do
        others = others + 1
        mio.yield()
      end
    end)
    mio.spawn(function() read_all(b) end)
    for _ = 1, 1000 do a:write("x") end
    assert.equal(10, others)
    a:close()
  end))

  it("copy relays until the end, with back-pressure", function()
    local a, b = helper.pair()
    local c, d = helper.pair("unix:")
    mio.run(function()
      local data = ("0123456789"):rep(100000)
      mio.spawn(function()
        a:write(data)
        a:shutdown()
      end)
      mio.spawn(function()
        assert.equal(#data, mio.copy(b, c))
        c:shutdown()
      end)
      assert.is_true(read_all(d) == data)
      d:close()
      a:close()
    end)
  end)

  it("arguments are checked, before anything is taken", over_pair(function(a, b)
    assert.matches("string or mio.buffer expected", raised(a.write, a))
    assert.matches("string or mio.buffer expected", raised(a.write, a, "x", {}))
    assert.matches("mio.stream expected", raised(a.write, io.stdout, "x"))
    assert.matches("from 1 up", raised(a.sethighwater, a, 0))
    assert.matches("seconds", raised(a.settimeout, a, -1))
    mio.sleep(0.001)
    assert.same({ nil, "again" }, { b:try_read() })
  end))
end)
