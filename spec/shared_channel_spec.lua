-- What is set to nil here is for the collector.
-- luacheck: ignore 311

local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

-- The error of a call as a child of its own, which may wait.
local function in_run(fn, options)
  return function() return mio.run(fn, options) end
end

describe("a shared channel within one run", function()
  it("hands over without room: the sender waits for the receiver", in_run(function()
    local channel = mio.shared_channel()
    local log = {}
    mio.spawn(function()
      for i = 1, 2 do
        assert(channel:send(i))
        table.insert(log, "sent " .. i)
      end
    end)
    mio.sleep(0.01)
    assert.same({}, log)
    assert.equal(1, channel:recv())
    assert.equal(2, channel:recv())
    mio.sleep(0.01)
    assert.same({ "sent 1", "sent 2" }, log)
  end))

  it("keeps up to its capacity, in order", in_run(function()
    local channel = mio.shared_channel(2)
    assert.is_true(channel:send("a"))
    assert.is_true(channel:try_send("b"))
    assert.same({ nil, "full" }, { channel:try_send("c") })
    assert.same({ nil, "timeout" }, { channel:send("c", 0.01) })
    assert.equal(2, #channel)
    assert.equal("a", channel:recv())
    assert.equal("b", channel:try_recv())
    assert.same({ nil, "again" }, { channel:try_recv() })
    assert.same({ nil, "timeout" }, { channel:recv(0.01) })
    assert.equal("mio.shared_channel (open)", tostring(channel))
  end))

  it("serves those who wait in order", in_run(function()
    local channel, order = mio.shared_channel(), {}
    for i = 1, 4 do
      mio.spawn(function()
        local value = channel:recv()
        order[#order + 1] = i .. value
      end)
    end
    mio.sleep(0)
    for i = 1, 4 do channel:send(("abcd"):sub(i, i)) end
    mio.sleep(0.01)
    assert.same({ "1a", "2b", "3c", "4d" }, order)
    order = {}
    for i = 1, 4 do
      mio.spawn(function() channel:send(i) end)
    end
    mio.sleep(0)
    for i = 1, 4 do order[i] = channel:recv() end
    assert.same({ 1, 2, 3, 4 }, order)
  end))

  it("carries nil, booleans, numbers, strings, tables, senders and shared channels",
    in_run(function()
      local channel, other = mio.shared_channel(10), mio.shared_channel(1)
      local loop <close> = mio.loop()
      local sender <close> = loop:channel(function() end)
      local values = {
        false, true, 1, -2.5, math.mininteger, "", ("x"):rep(10000), { a = { 1, 2 } }, n = 8,
      }
      for i = 1, values.n do channel:send(values[i]) end
      for i = 1, values.n do assert.same(values[i], channel:recv()) end
      channel:send(nil)
      assert.equal(1, select("#", channel:recv()))
      channel:send({ sender, to = other })
      local got = channel:recv()
      assert.is_true(got[1]:send("hello"))
      got[1]:close()
      got.to:send(42)
      assert.equal(42, other:recv())
    end))

  it("wakes everybody as it is closed; what is left can be received", in_run(function()
    local channel, full = mio.shared_channel(), mio.shared_channel(1)
    local told = {}
    for _ = 1, 2 do
      mio.spawn(function()
        local outcome = { channel:recv() }
        told[#told + 1] = outcome
      end)
      mio.spawn(function()
        full:send("kept")
        local outcome = { full:send("not sent") }
        told[#told + 1] = outcome
      end)
    end
    mio.sleep(0)
    channel:close()
    assert.is_true(full:close())
    assert.is_true(full:close())
    mio.sleep(0.01)
    assert.equal(4, #told)
    for i = 1, 4 do assert.same({ nil, "closed" }, told[i]) end
    assert.same({ nil, "closed" }, { full:send(1) })
    assert.same({ nil, "closed" }, { full:try_send(1) })
    assert.equal("kept", full:recv())
    assert.same({ nil, "closed" }, { full:recv() })
    assert.same({ nil, "closed" }, { full:try_recv() })
    assert.equal("mio.shared_channel (closed)", tostring(full))
  end))

  it("is iterated until it is closed and empty, and closed by its block", in_run(function()
    local got = {}
    local kept
    do
      local channel <close> = mio.shared_channel(10)
      kept = channel
      for i = 1, 5 do channel:send(i) end
    end
    for value in kept:messages() do got[#got + 1] = value end
    assert.same({ 1, 2, 3, 4, 5 }, got)
    local open = mio.shared_channel(1)
    open:send("one")
    for value in open:messages(0.001) do got[#got + 1] = value end -- until none comes
    assert.equal("one", got[6])
    assert.matches("#1 to 'messages'", raised(function() open:messages(-1) end))
  end))

  it("lets the others go first after a while without waiting", in_run(function()
    local channel, others = mio.shared_channel(1000), 0
    mio.spawn(function() others = others + 1 end)
    for i = 1, 100 do channel:send(i) end
    assert.equal(1, others)
    mio.spawn(function() others = others + 1 end)
    for _ = 1, 100 do channel:recv() end
    assert.equal(2, others)
  end))

  it("is waited for, which is no deadlock; mio.tasks() names it", in_run(function()
    local channel = mio.shared_channel()
    local task = mio.spawn(function() return channel:recv() end)
    task.name = "receiver"
    mio.sleep(0)
    assert.matches("'receiver' waits for recv since", mio.dump(), 1, true)
    assert.is_true(channel:send("so"))
    assert.equal("so", task:join())
  end))

  it("goes on though somebody resumes who lets the others go first", in_run(function()
    local full, empty, cos = mio.shared_channel(32), mio.shared_channel(64), {}
    for i = 1, 32 do full:send(i) end
    local function count(fn)
      return mio.spawn(function()
        cos[#cos + 1] = coroutine.running()
        local done = 0
        for i = 1, 33 do
          if fn(i) == nil then break end
          done = done + 1
        end
        return done
      end)
    end
    local receiver = count(function() return full:recv() end)
    local sender = count(function(i) return empty:send(i) end)
    mio.spawn(function()
      for _, co in ipairs(cos) do coroutine.resume(co, nil, 1, "x") end
      mio.sleep(0.01)
      full:send("the last one")
    end)
    assert.equal(33, receiver:join())
    assert.equal(33, sender:join())
  end))

  it("does not wait outside of tasks, but can be used there", function()
    local channel = mio.shared_channel(1)
    assert.is_true(channel:try_send("x"))
    assert.equal("x", channel:try_recv())
    assert.matches("send: only a task can wait", raised(function() channel:send(1) end))
    assert.matches("recv: only a task can wait", raised(function() channel:recv() end))
  end)
end)

describe("a value of a shared channel is not lost", function()
  it("where its receiver is cancelled as it comes", in_run(function()
    local channel = mio.shared_channel()
    local task = mio.spawn(function() return channel:recv() end)
    mio.sleep(0)
    channel:send("for the next")
    task:cancel() -- before the receiver has run
    assert.same({ nil, "cancelled" }, { task:join() })
    assert.equal("for the next", channel:recv())
  end))

  it("where its receiver's timeout strikes as it comes", in_run(function()
    local channel = mio.shared_channel(1)
    local got
    mio.spawn(function() got = { channel:recv(0) } end)
    mio.yield()
    channel:try_send("x")
    mio.sleep(0.01)
    if got[1] == nil then
      assert.same({ nil, "timeout" }, got)
      assert.equal("x", channel:try_recv())
    else
      assert.same({ "x" }, got)
    end
  end))

  it("where its receiver was cancelled before: the next one gets it", in_run(function()
    local channel = mio.shared_channel()
    local first = mio.spawn(function() return channel:recv() end)
    local second = mio.spawn(function() return channel:recv() end)
    mio.sleep(0)
    first:cancel()
    channel:send("for the second")
    assert.same({ nil, "cancelled" }, { first:join() })
    assert.equal("for the second", second:join())
  end))

  it("where somebody closes the coroutine of its receiver", in_run(function()
    local channel, co = mio.shared_channel(), nil
    local scope = mio.scope()
    scope:spawn(function()
      co = coroutine.running()
      channel:recv()
    end)
    mio.sleep(0)
    channel:try_send("left")
    coroutine.close(co)
    assert.is_false((pcall(scope.close, scope)))
    assert.equal("left", channel:try_recv())
  end))

  it("where its sender was told that it was not sent: it was not", in_run(function()
    local channel = mio.shared_channel(1)
    channel:send(1)
    assert.same({ nil, "timeout" }, { channel:send(2, 0.001) })
    local task = mio.spawn(function() channel:send(3) end)
    mio.sleep(0)
    task:cancel()
    mio.sleep(0)
    assert.equal(1, channel:recv())
    assert.same({ nil, "again" }, { channel:try_recv() })
  end))

  it("where its sender is cancelled as it is taken: it was sent", in_run(function()
    local channel, sent = mio.shared_channel(), nil
    local task = mio.spawn(function() sent = channel:send("taken") end)
    mio.sleep(0)
    assert.equal("taken", channel:try_recv())
    task:cancel()
    task:join()
    assert.is_true(sent)
  end))
end)

describe("sockets in a shared channel", function()
  helper.watch()

  it("move: the sender's is closed", in_run(function()
    local channel = mio.shared_channel(3)
    local a, b = assert(mio.pair())
    local listener, datagram = helper.listener(), assert(mio.datagram("127.0.0.1:0"))
    local addresses = { listener:local_address(), datagram:local_address() }
    b:write("before")
    assert.is_true(channel:send({ stream = b, rest = { listener, datagram } }))
    for _, moved in ipairs({ b, listener, datagram }) do
      assert.same({ nil, "closed" }, { moved:getfd() })
    end
    assert.same({ nil, "closed" }, { b:read() })
    assert.same({ nil, "closed" }, { listener:try_accept() })
    local got = channel:recv()
    assert.equal("before", a:read())
    a:write("hello")
    assert.equal("hello", got.stream:read())
    assert.equal(addresses[1], got.rest[1]:local_address())
    assert.equal(addresses[2], got.rest[2]:local_address())
    local client <close> = assert(mio.connect(addresses[1]))
    got.rest[1]:accept():close()
    for _, socket in ipairs({ a, got.stream, got.rest[1], got.rest[2] }) do socket:close() end
    assert.is_true(client:close())
  end))

  it("stay the sender's where they are not sent", in_run(function()
    local channel, a, b = mio.shared_channel(), assert(mio.pair())
    assert.same({ nil, "full" }, { channel:try_send({ b }) })
    assert.same({ nil, "timeout" }, { channel:send({ b }, 0.01) })
    local task = mio.spawn(function() channel:send({ b }) end)
    mio.sleep(0)
    assert.same({ nil, "closed" }, { b:getfd() })
    task:cancel()
    task:join()
    mio.spawn(function()
      mio.sleep(0.01)
      channel:close()
    end)
    assert.same({ nil, "closed" }, { channel:send(b) })
    assert.same({ nil, "closed" }, { channel:try_send(b) })
    a:write("still here")
    assert.equal("still here", b:read())
    a:close()
    b:close()
  end))

  it("stay the sender's though he has let go of them while he waits", in_run(function()
    local channel, a, b = mio.shared_channel(), assert(mio.pair())
    local value = { b }
    local task = mio.spawn(function() channel:send(value) end)
    mio.sleep(0)
    value[1], b = nil, nil
    collectgarbage()
    task:cancel()
    task:join()
    task, value = nil, nil
    collectgarbage()
    collectgarbage()
    assert.same({ nil, "end of stream", "EOF" }, { a:read() })
    a:close()
  end))

  it("are closed where nobody receives them", in_run(function()
    local channel, a, b = mio.shared_channel(1), assert(mio.pair())
    channel:send(b)
    assert.same({ nil, "timeout" }, { mio.timeout(0.01, a.read, a) })
    channel = nil
    collectgarbage()
    collectgarbage()
    assert.same({ nil, "end of stream", "EOF" }, { a:read() })
    a:close()
  end))

  it("wake those who wait for them", in_run(function()
    local channel, a, b = mio.shared_channel(1), assert(mio.pair())
    local task = mio.spawn(function() return b:read() end)
    mio.sleep(0)
    channel:send(b)
    assert.same({ nil, "closed" }, { task:join() })
    channel:recv():close()
    a:close()
  end))

  it("do not leave bytes behind", in_run(function()
    local channel, a, b = mio.shared_channel(1), assert(mio.pair())
    a:write("a line\nand more")
    b:read_until("\n")
    assert.matches("#1 to 'send' %(value.b: a stream with bytes that were read ahead%)",
      raised(function() channel:send({ b = b }) end))
    b:read_exactly(8)
    mio.spawn(function() b:write(("x"):rep(8 << 20)) end) -- more than the socket takes
    mio.sleep(0)
    assert.matches("a stream with bytes that are not sent yet",
      raised(function() channel:send(b) end))
    a:close()
    b:close("done")
    assert.matches("value: a closed socket", raised(function() channel:send(b) end))
  end))

  it("do not leave bytes behind that their reader has not seen yet", in_run(function()
    for _, read in ipairs({ "read", "read_exactly" }) do
      local channel, a, b = mio.shared_channel(1), assert(mio.pair())
      local sent, has_read
      local function sender(stream)
        mio.wait(stream, "r")
        if not has_read then sent = table.pack(pcall(channel.try_send, channel, b)) end
      end
      -- One of the two is told before the reader, whatever order the system has; unless a batch
      -- is so small that it brings the reader's event alone.
      local c, d = assert(mio.pair())
      local e, f = assert(mio.pair())
      mio.spawn(sender, d)
      mio.spawn(sender, f)
      local reader = mio.spawn(function()
        local data = b[read](b, 5)
        has_read = true
        return data
      end)
      mio.sleep(0)
      for _, stream in ipairs({ c, a, e }) do stream:write("hello") end
      assert.equal("hello", reader:join())
      if sent then
        assert.is_false(sent[1])
        assert.matches("value: a stream that is being read", sent[2])
      end
      assert.is_true(channel:try_send(b))
      channel:recv():close()
      for _, stream in ipairs({ a, c, d, e, f }) do stream:close() end
    end
  end))

  it("cannot be there twice, nor be too many", in_run(function()
    local channel, a, b = mio.shared_channel(1), assert(mio.pair())
    assert.matches("value%[2%]: a socket that is in it already",
      raised(function() channel:try_send({ a, a }) end))
    local many = {}
    for i = 1, 65 do many[i] = mio.shared_channel() end
    assert.matches("value%[65%]: more than 64", raised(function() channel:try_send(many) end))
    a:close()
    b:close()
  end))
end)

describe("mistakes with a shared channel", function()
  it("are told of objects of mio that would arrive as bare tables", in_run(function()
    local channel = mio.shared_channel(1)
    for name, object in pairs({
      task_channel = mio.channel(), mutex = mio.mutex(), semaphore = mio.semaphore(1),
    }) do
      assert.matches("value.object: mio." .. name,
        raised(function() channel:send({ object = object }) end))
    end
    assert.is_true(channel:send(setmetatable({ 1 }, { __name = "mine" })))
    assert.same({ 1 }, channel:recv())
  end))

  it("are named", in_run(function()
    local channel = mio.shared_channel(1)
    assert.matches("#1 to 'mio.shared_channel'", raised(mio.shared_channel, -1))
    assert.matches("#1 to 'send' %(value.f%[1%]: function%)",
      raised(function() channel:send({ f = { print } }) end))
    local cycle = {}
    cycle[1] = cycle
    assert.matches("value%[1%]: a table inside of itself",
      raised(function() channel:try_send(cycle) end))
    assert.matches("value: the shared channel itself",
      raised(function() channel:try_send({ channel }) end))
    assert.matches("#1 to 'send'", raised(function() channel:send() end))
    assert.matches("#2 to 'send'", raised(function() channel:send(1, -1) end))
    assert.matches("#1 to 'recv'", raised(function() channel:recv("x") end))
    assert.matches("#1 to 'recv'", raised(function() channel.recv({}) end))
    assert.equal(0, #channel)
  end))

  it("do not tell that a channel in channels is freed by recursion", function()
    local channel = mio.shared_channel(1)
    for _ = 1, 100000 do
      local outer = mio.shared_channel(1)
      outer:try_send(channel)
      channel = outer
    end
    channel = nil
    collectgarbage()
  end)
end)
