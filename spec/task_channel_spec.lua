local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a channel between tasks", function()
  it("hands over without room: the sender waits for the receiver", mio.test(function()
    local channel = mio.channel()
    local log = {}
    mio.spawn(function()
      for i = 1, 2 do
        assert(channel:send(i))
        table.insert(log, "sent " .. i)
      end
    end)
    mio.sleep(1)
    assert.same({}, log)
    assert.equal(1, channel:recv())
    assert.equal(2, channel:recv())
    mio.sleep(0)
    assert.same({ "sent 1", "sent 2" }, log)
  end))

  it("keeps up to its capacity, in order", mio.test(function()
    local channel = mio.channel(2)
    assert.is_true(channel:send("a"))
    assert.is_true(channel:try_send("b"))
    assert.same({ nil, "full" }, { channel:try_send("c") })
    assert.same({ nil, "timeout" }, { channel:send("c", 1) })
    assert.equal(2, #channel)
    assert.equal("a", channel:recv())
    assert.equal("b", channel:try_recv())
    assert.same({ nil, "again" }, { channel:try_recv() })
    assert.same({ nil, "timeout" }, { channel:recv(1) })
  end))

  it("loses nothing and doubles nothing, in order for each receiver", mio.test(function()
    for _, capacity in ipairs({ 0, 1, 7 }) do
      local channel = mio.channel(capacity)
      local seen = {}
      do
        local scope <close> = mio.scope()
        local senders = 3
        for s = 1, 3 do
          scope:spawn(function()
            for i = 1, 100 do channel:send({ s, i }) end
            senders = senders - 1
            if senders == 0 then channel:close() end
          end)
        end
        for _ = 1, 2 do
          scope:spawn(function()
            local last = { 0, 0, 0 }
            for message in channel:messages() do
              local s, i = table.unpack(message)
              assert(i > last[s])
              last[s] = i
              assert(not seen[s * 1000 + i])
              seen[s * 1000 + i] = true
            end
          end)
        end
      end
      for s = 1, 3 do
        for i = 1, 100 do assert(seen[s * 1000 + i]) end
      end
    end
  end))

  it("forgets what was not sent in time", mio.test(function()
    local channel = mio.channel()
    assert.same({ nil, "timeout" }, { channel:send("late", 1) })
    assert.same({ nil, "timeout" }, { mio.select({ channel }, 1) })
    assert.same({ nil, "again" }, { channel:try_recv() })
  end))

  it("that is closed gives what it has, then says so", mio.test(function()
    local channel = mio.channel(1)
    local reader = mio.channel()
    local results = {}
    mio.spawn(function() results.sender = { channel:send(2) } end)
    mio.spawn(function() results.receiver = { reader:recv() } end)
    channel:try_send(1)
    mio.sleep(1)
    channel:close()
    reader:close()
    mio.sleep(0)
    assert.same({ nil, "closed" }, results.sender)
    assert.same({ nil, "closed" }, results.receiver)
    assert.equal(1, channel:recv())
    assert.same({ nil, "closed" }, { channel:recv() })
    assert.same({ nil, "closed" }, { channel:send(3) })
    assert.same({ nil, "closed" }, { channel:try_send(3) })
  end))

  it("forgets senders and receivers that were cancelled", mio.test(function()
    local channel = mio.channel()
    local sender = mio.spawn(function() channel:send("lost") end)
    mio.sleep(1)
    sender:cancel()
    sender:join()
    assert.same({ nil, "again" }, { channel:try_recv() })
    local receiver = mio.spawn(function() channel:recv() end)
    mio.sleep(1)
    receiver:cancel()
    receiver:join()
    assert.same({ nil, "full" }, { channel:try_send(1) })
  end))

  it("lets others go first, now and then", mio.test(function()
    local channel = mio.channel(1)
    local others = 0
    mio.spawn(function()
      for _ = 1, 5 do
        others = others + 1
        mio.yield()
      end
    end)
    for _ = 1, 1000 do
      channel:send(1)
      channel:recv()
    end
    assert.equal(5, others)
  end))

  it("carries anything but nil", mio.test(function()
    local channel = mio.channel(9)
    for _, value in ipairs({ false, 0, "", print, channel }) do
      channel:send(value)
      assert.equal(value, channel:recv())
    end
    assert.matches("anything but nil", raised(channel.send, channel))
    assert.matches("whole number from 0 up", raised(mio.channel, -1))
    assert.matches("mio.task_channel expected", raised(channel.recv, {}))
  end))
end)

describe("mio.select", function()
  helper.watch()

  it("tells the first that is ready, and takes nothing of it", function()
    local client, server = helper.pair()
    mio.run(function()
      local channel = mio.channel(1)
      local leave = mio.channel(1)
      local task = mio.spawn(function() leave:recv() end)
      mio.spawn(function()
        mio.sleep(0.01)
        client:write("x")
      end)
      local cases = { channel, server, task }
      assert.same({ 2, server }, { mio.select(cases) })
      assert.same({ 2, server }, { mio.select(cases) })
      assert.equal("x", server:read())
      assert.same({ nil, "timeout" }, { mio.select(cases, 0.001) })
      leave:send(1)
      assert.same({ 3, task }, { mio.select(cases, 10) })
      channel:send(1)
      assert.same({ 1, channel }, { mio.select(cases) })
      assert.equal(1, channel:recv())
      assert.same({ 1, client }, { mio.select({ { client, "w" } }) })
    end)
  end)

  it("sees a sender that waits, and a channel that is closed", mio.test(function()
    local channel = mio.channel()
    mio.spawn(function()
      mio.sleep(1)
      channel:send("late")
    end)
    assert.equal(1, mio.select({ channel }))
    assert.equal("late", channel:recv())
    channel:close()
    assert.equal(1, mio.select({ channel }))
  end))

  it("tells that a socket is closed meanwhile, and that it is taken", function()
    local _, server = helper.pair()
    mio.run(function()
      mio.spawn(function()
        mio.sleep(0.001)
        assert.same({ nil, "busy" }, { mio.select({ server }) })
        assert.same({ nil, "busy" }, { server:read() })
        server:close()
      end)
      assert.same({ nil, "closed" }, { mio.select({ server }) })
      assert.same({ nil, "closed" }, { mio.select({ server }) })
    end)
  end)

  it("refuses what nobody can wait for", mio.test(function()
    assert.matches("case 1 is no socket, channel or task", raised(mio.select, { 42 }))
    assert.matches("table expected", raised(mio.select, 42))
    assert.same({ nil, "timeout" }, { mio.select({}, 0) })
  end))
end)
