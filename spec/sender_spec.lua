local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a sender", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop() end)

  it("can be closed, which is told", function()
    local sender = loop:channel(print)
    assert.equal("mio.sender (open)", tostring(sender))
    assert.is_true(sender:close())
    assert.is_true(sender:close())
    assert.equal("mio.sender (closed)", tostring(sender))
    assert.same({ nil, "closed" }, { sender:send(1) })
    assert.same({ nil, "closed" }, { sender:send(print) })
    assert.same({ nil, "closed" }, { sender:export() })
    do
      local again <close> = loop:channel(print)
      sender = again
    end
    assert.equal("mio.sender (closed)", tostring(sender))
  end)

  it("gives a ticket, by which it is found again", function()
    local heard
    local sender = helper.keep(loop:channel(function(message) heard = message end))
    local ticket = sender:export()
    assert.equal("string", type(ticket))
    assert.equal(ticket, sender:export())
    local other = helper.keep(assert(mio.sender(ticket)))
    assert.not_equal(sender, other)
    assert.is_true(other:send("found"))
    loop:run_once(10)
    assert.equal("found", heard)
  end)

  it("is not kept by its ticket", function()
    local sender = loop:channel(print)
    local ticket = sender:export()
    sender:close()
    assert.same({ nil, "closed" }, { mio.sender(ticket) })
  end)

  it("is not found by a forged ticket", function()
    assert.same({ nil, "closed" }, { mio.sender("mio.sender:ffffffffffffffff") })
    assert.same({ nil, "closed" }, { mio.sender("mio.sender:0000000000000000") })
    for _, text in ipairs({
      "", "mio.sender:", "mio.sender:00000000000000001", "mio.sender:000000000000000g",
      "mio.sendex:0000000000000001", "mio.sender:000000000000000\0", "0000000000000001", 17,
    }) do
      assert.equal("bad argument #1 to 'sender' (no ticket of sender:export())",
        raised(function() mio.sender(text) end))
    end
    assert.truthy(raised(function() mio.sender() end):find("string expected"))
  end)

  it("is nothing else", function()
    local sender, channel = loop:channel(print)
    helper.keep(sender)
    local waker = helper.keep(helper.poll():waker(1))
    for _, object in ipairs({ channel, waker, loop, io.stdout, 1, "x" }) do
      assert.truthy(raised(sender.send, object, 1):find("mio.sender expected", 1, true))
    end
    assert.truthy(raised(waker.wake, sender):find("mio.waker expected", 1, true))
    assert.truthy(raised(sender.close, 1):find("expected", 1, true))
  end)
end)

describe("a waker", function()
  helper.watch()

  local poll
  before_each(function() poll = helper.poll() end)

  local function tokens(seconds)
    local list = {}
    for token, readable, writable, closed in poll:wait(seconds or 10) do
      assert.same({ true, false, false }, { readable, writable, closed })
      list[#list + 1] = token
    end
    return list
  end

  it("makes its poll tell its token", function()
    local waker = helper.keep(assert(poll:waker("me")))
    assert.equal("mio.waker (open)", tostring(waker))
    assert.same({}, tokens(0))
    for _ = 1, 3 do
      assert.is_true(waker:wake())
      assert.is_true(waker:wake())
      assert.same({ "me" }, tokens())
      assert.same({}, tokens(0))
    end
  end)

  it("is one of several", function()
    local first, second = poll:waker("first"), poll:waker("second")
    helper.keep(first)
    helper.keep(second)
    second:wake()
    assert.same({ "second" }, tokens())
    first:wake()
    second:wake()
    local list = tokens()
    table.sort(list)
    assert.same({ "first", "second" }, list)
  end)

  it("stands beside sources", function()
    local client, server = helper.pair()
    local waker = helper.keep(poll:waker("waker"))
    local registration = assert(poll:register(server, "server", "r"))
    client:try_write("x")
    waker:wake()
    helper.await(server, "r")
    local list = tokens()
    table.sort(list)
    assert.same({ "server", "waker" }, list)
    client:try_write("x")
    registration:deregister()
    waker:wake()
    assert.same({ "waker" }, tokens())
  end)

  it("is found by a ticket, and travels", function()
    local waker = helper.keep(poll:waker("waker"))
    local other = helper.keep(assert(mio.sender(waker:export())))
    assert.equal("mio.waker (open)", tostring(other))
    other:wake()
    assert.same({ "waker" }, tokens())
    local loop = helper.loop()
    local sender = helper.keep(loop:channel(function(message, closed)
      if not closed then helper.keep(message):wake() end
    end))
    sender:send(waker)
    loop:run_once(10)
    assert.same({ "waker" }, tokens())
  end)

  it("that is closed, or whose poll is, says so", function()
    local waker = poll:waker("waker")
    waker:close()
    assert.same({ nil, "closed" }, { waker:wake() })
    assert.same({}, tokens(0))
    waker = helper.keep(poll:waker("waker"))
    poll:close()
    assert.same({ nil, "closed" }, { waker:wake() })
    assert.same({ nil, "closed" }, { poll:waker("waker") })
    assert.truthy(raised(function() poll:waker() end):find("a token is any value but nil"))
  end)
end)
