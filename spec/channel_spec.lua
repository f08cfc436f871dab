local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a channel", function()
  helper.watch()

  local loop, heard
  before_each(function()
    loop = helper.loop()
    heard = {}
  end)

  -- Turns until no message is left: a turn has a budget.
  local function settle()
    repeat loop:run_once(10) until loop:timeout() ~= 0
  end

  local function listen(message, closed, channel)
    heard[#heard + 1] = closed and "closed" or message
    assert.equal(closed, tostring(channel) == "mio.channel (closed)")
  end

  local function make(options)
    local sender, channel = assert(loop:channel(listen, options))
    return helper.keep(sender), helper.keep(channel)
  end

  -- Turns until so many messages were heard: how many a turn brings is the loop's affair.
  local function hear(count)
    repeat loop:run_once(10) until #heard >= count
    assert.equal(count, #heard)
  end

  it("brings messages in order", function()
    local sender = make()
    for i = 1, 100 do
      assert.is_true(sender:send(i))
    end
    hear(100)
    for i = 1, 100 do
      assert.equal(i, heard[i])
    end
  end)

  it("has room for as many as asked for", function()
    for capacity = 1, 3 do
      heard = {}
      local sender, channel = make({ capacity = capacity })
      for _ = 1, capacity do
        assert.is_true(sender:send("x"))
      end
      assert.same({ nil, "full" }, { sender:send("x") })
      assert.same({ nil, "full" }, { sender:send(("x"):rep(1000)) })
      hear(capacity)
      assert.is_true(sender:send("x"))
      channel:close()
    end
  end)

  it("has room for as many bytes as asked for", function()
    local sender = make({ capacity_bytes = 1000 })
    for _ = 1, 3 do
      assert.is_true(sender:send(("x"):rep(600)))
      assert.same({ nil, "full" }, { sender:send(("x"):rep(600)) })
      assert.is_true(sender:send(("x"):rep(300)))
      assert.is_true(sender:send("small ones take no bytes"))
      settle()
      assert.is_true(sender:send(("x"):rep(5000))) -- alone
      assert.same({ nil, "full" }, { sender:send(("x"):rep(100)) })
      settle()
    end
    assert.equal(12, #heard)
    sender:send({ sender, ("x"):rep(600) })
    sender:close() -- the message has it still
    settle()
    heard[#heard][1]:close()
    loop:run()
  end)

  it("takes its options", function()
    for _, capacity in ipairs({ 0, 2 ^ 20 + 1, 2 ^ 40, 1.5, "1" }) do
      assert.truthy(raised(function() loop:channel(print, { capacity = capacity }) end)
        :find("option 'capacity' is a whole number from 1 to 1048576", 1, true))
    end
    assert.truthy(raised(function() loop:channel(print, { capactiy = 1 }) end)
      :find("did you mean 'capacity'?", 1, true))
    assert.truthy(raised(function() loop:channel() end)
      :find("function, coroutine, callable or object with 'wakeup' expected", 1, true))
    assert.truthy(raised(function() loop:channel(42) end):find("got number", 1, true))
  end)

  it("ends when the last sender is closed", function()
    local sender = make()
    local other = assert(mio.sender(sender:export()))
    sender:send(1)
    sender:close()
    other:send(2)
    other:close()
    assert.is_true(loop:run())
    assert.same({ 1, 2, "closed" }, heard)
    assert.is_true(loop:run())
  end)

  it("ends when the last sender is collected", function()
    do
      local sender = assert(loop:channel(listen))
      sender:send("last")
    end
    loop:after(0.001, function() collectgarbage() collectgarbage() end)
    loop:run()
    assert.same({ "last", "closed" }, heard)
  end)

  it("that is closed refuses messages", function()
    local sender, channel = make()
    sender:send(("x"):rep(1000))
    sender:send({ sender })
    assert.is_true(channel:close())
    assert.is_true(channel:close())
    assert.same({ nil, "closed" }, { sender:send(1) })
    assert.is_true(loop:run())
    assert.same({}, heard)
    assert.equal("mio.channel (closed)", tostring(channel))
  end)

  it("is closed with its loop", function()
    local sender, channel = make()
    sender:send(1)
    loop:close()
    assert.same({ nil, "closed" }, { sender:send(1) })
    assert.equal("mio.channel (closed)", tostring(channel))
    assert.same({ nil, "closed" }, { loop:channel(print) })
  end)

  it("is closed when its loop is collected", function()
    local sender
    do
      local own = assert(mio.loop())
      sender = helper.keep(assert(own:channel(print)))
    end
    collectgarbage()
    collectgarbage()
    assert.same({ nil, "closed" }, { sender:send(1) })
  end)

  it("may be closed by its handler", function()
    local sender
    sender = helper.keep(assert(loop:channel(function(message, _, channel)
      heard[#heard + 1] = message
      channel:close()
    end)))
    sender:send(1)
    sender:send(2)
    loop:run()
    assert.same({ 1 }, heard)
  end)

  it("loses nothing by an error of its handler", function()
    local sender = helper.keep(assert(loop:channel(function(message)
      heard[#heard + 1] = message
      if message == 2 then error("two", 0) end
    end)))
    for i = 1, 3 do
      sender:send(i)
    end
    assert.equal("two", raised(function() loop:run_once(10) end))
    hear(3)
    assert.same({ 1, 2, 3 }, heard)
  end)

  it("may have a coroutine as its handler", function()
    local channel
    local sender
    sender, channel = loop:channel(coroutine.create(function(message)
      while message ~= "end" do
        heard[#heard + 1] = message
        message = coroutine.yield()
      end
    end))
    helper.keep(sender)
    for _, message in ipairs({ 1, 2, "end", 3 }) do
      sender:send(message)
    end
    loop:run()
    assert.same({ 1, 2 }, heard)
    assert.equal("mio.channel (closed)", tostring(channel))
    assert.same({ nil, "closed" }, { sender:send(1) })
  end)

  it("may be sent to by its own handler for ever, and others are served", function()
    local sender
    local fired = false
    sender = helper.keep(assert(loop:channel(function(message) sender:send(message) end)))
    sender:send(1)
    loop:after(0.001, function()
      fired = true
      loop:shutdown()
    end)
    loop:run()
    assert.is_true(fired)
  end)

  it("is one of many", function()
    local senders = {}
    for i = 1, 50 do
      senders[i] = helper.keep(assert(loop:channel(function(message)
        heard[#heard + 1] = message
      end)))
    end
    for i = 1, 50 do
      senders[i]:send(i)
    end
    hear(50)
    table.sort(heard)
    assert.equal(50, heard[50])
  end)

  it("fails cleanly at the descriptor limit", function()
    local output, status = helper.run([[
      local mio = require("mio")
      local loop = mio.loop()
      local kept, sender, err, code = {}, nil, nil, nil
      repeat
        sender, err, code = loop:channel(print)
        kept[#kept + 1] = sender
      until not sender
      io.write(code)
    ]], "ulimit -n 30")
    assert.equal("EMFILE", output)
    assert.equal(0, status)
  end)

  it("survives the end of the state in any order", function()
    local output, status = helper.run([[
      local mio = require("mio")
      local a, b = mio.loop(), mio.loop()
      local to_a, channel = a:channel(function() os.exit(3, true) end)
      local to_b = b:channel(print)
      to_a:send({ to_b, ("x"):rep(1000) })
      to_b:send({ to_a, to_b })
      a:run()
    ]])
    assert.equal("", output)
    assert.equal(3, status)
  end)
end)
