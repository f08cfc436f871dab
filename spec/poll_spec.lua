local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a poll", function()
  helper.watch()

  local poll, client, server
  before_each(function()
    poll = helper.poll()
    client, server = helper.pair()
  end)

  -- What one wait tells: a list of { token, "rwc" }.
  local function wait(seconds)
    local events = {}
    for token, r, w, closed in poll:wait(seconds) do
      local flags = (r and "r" or "") .. (w and "w" or "") .. (closed and "c" or "")
      table.insert(events, { token, flags })
    end
    return events
  end

  it("tells tokens and what is ready", function()
    assert(poll:register(server, "server", "rw"))
    assert(poll:register(client, "client", "r"))
    assert.same({ { "server", "w" } }, wait(0))
    client:try_write("x")
    helper.await(server, "r")
    assert.same({ { "server", "rw" } }, wait(0))
    server:close()
    helper.await(client, "r")
    assert.same({ { "client", "rc" } }, wait(0))
  end)

  it("takes any value but nil as a token", function()
    local tokens = {
      false, true, 0, -1, 1.5, math.mininteger, 0 / 0, "", "token", {}, print, poll, server,
      coroutine.create(print), io.stdout,
    }
    for _, token in ipairs(tokens) do
      local registration = assert(poll:register(server, token, "w"))
      local got = wait(0)[1][1]
      assert.is_true(rawequal(got, token) or (got ~= got and token ~= token))
      registration:deregister()
    end
    assert.equal("bad argument #2 to 'register' (a token is any value but nil)",
      raised(function() poll:register(server, nil, "r") end))
    assert.equal("bad argument #2 to 'register' (a token is any value but nil)",
      raised(function() poll:register(server) end))
  end)

  it("waits no longer than told", function()
    local start = mio.now()
    assert.same({}, wait(0))
    assert.same({}, wait(0.01))
    local elapsed = mio.now() - start
    assert.is_true(elapsed >= 0.01)
    poll:register(server, "server", "w")
    assert.equal(1, #wait())
    assert.equal(1, #wait(math.huge))
  end)

  it("has the triggers of a loop", function()
    poll:register(server, "once", "w", { trigger = "oneshot" })
    poll:register(client, "edge", "r", { trigger = "edge" })
    server:try_write("x")
    helper.await(client, "r")
    assert.equal(2, #wait(0))
    assert.same({}, wait(0))
  end)

  it("loses nothing where its for loop is left early", function()
    local count = 0
    local pairs_of = { { client, server }, { helper.pair() }, { helper.pair() } }
    for i, pair in ipairs(pairs_of) do
      poll:register(pair[1], i, "w", { trigger = "edge" })
      poll:register(pair[2], -i, "w", { trigger = "edge" })
    end
    while count < 6 do
      local next_event, state = poll:wait(0)
      count = count + (next_event(state) and 1 or 0)
    end
    assert.same({}, wait(0))
  end)

  it("may wait within its own for loop, which goes on with what is left", function()
    poll:register(client, "client", "w")
    poll:register(server, "server", "w")
    local inner
    for _ in poll:wait(0) do
      inner = wait(0)
    end
    assert.equal(1, #inner)
    assert.equal(2, #wait(0))
  end)

  it("drops what is deregistered or closed while it tells", function()
    local one = assert(poll:register(client, "client", "w"))
    local other = assert(poll:register(server, "server", "w"))
    local count = 0
    for token in poll:wait(0) do
      count = count + 1
      local registration = token == "client" and other or one
      registration:deregister()
    end
    assert.equal(1, count)
    assert.equal(1, #wait(0))
    client:close()
    server:close()
    assert.same({}, wait(0))
  end)

  it("may be closed while it tells", function()
    poll:register(client, "client", "w")
    poll:register(server, "server", "w")
    local count = 0
    for _ in poll:wait(0) do
      count = count + 1
      poll:close()
    end
    assert.equal(1, count)
    assert.same({ nil, "closed" }, { poll:wait() })
  end)

  it("nests in another poll", function()
    local outer = helper.poll()
    assert(outer:register(poll, "inner", "r"))
    for _ in outer:wait(0) do
      error("nothing has come yet")
    end
    assert(poll:register(server, "server", "r"))
    client:try_write("x")
    local got = {}
    for token in outer:wait(1) do
      table.insert(got, token)
    end
    assert.same({ "inner" }, got)
    assert.same({ { "server", "r" } }, wait(0))
    local _, _, code = poll:register(outer, "ring", "r")
    assert.equal("ELOOP", code)
  end)

  it("tells its host how long to wait for the end of a pause", function()
    assert.is_nil(poll:timeout())
    assert.equal("r", poll:events())
    local registration = poll:register(client, "client", "w")
    registration:pause(0.02)
    assert.is_true(poll:timeout() > 0 and poll:timeout() <= 0.03)
    registration:deregister()
    assert.is_nil(poll:timeout())
  end)

  it("has nothing to wait for while events are left", function()
    poll:register(client, "client", "w")
    local next_event, state = poll:wait(0)
    assert.equal("client", next_event(state))
    assert.equal(0, poll:timeout())
    for _ in poll:wait(0) do end
    assert.is_nil(poll:timeout())
  end)

  it("allocates nothing", function()
    poll:register(client, "client", "w")
    poll:register(server, "server", "w")
    assert.equal(0, helper.garbage(function()
      for token, _, w in poll:wait(0) do
        assert(token and w)
      end
    end))
  end)

  it("is told as text, and closed as a variable", function()
    assert.equal("mio.poll", tostring(poll))
    do
      local variable <close> = poll
      assert.is_truthy(variable:pollfd())
    end
    assert.equal("mio.poll (closed)", tostring(poll))
  end)

  it("says what it expects", function()
    for expected, call in pairs({
      ["bad argument #1 to 'register' (value expected)"] = function() poll:register() end,
      ["bad argument #3 to 'register' (string expected, got no value)"] =
        function() poll:register(server, 1) end,
      ["bad argument #4 to 'register' (table expected, got string)"] =
        function() poll:register(server, 1, "r", "edge") end,
      ["bad argument #1 to 'wait' (seconds are a number from 0 up)"] =
        function() poll:wait(-1) end,
      ["bad argument #1 to 'wait' (number expected, got string)"] =
        function() poll:wait("x") end,
      ["calling 'wait' on bad self (mio.poll expected, got mio.loop)"] = function()
        local object = setmetatable({ wait = poll.wait }, { __name = "mio.loop" })
        object:wait()
      end,
      ["bad argument #1 to 'next_event' (mio.poll expected, got no value)"] = function()
        local next_event = poll:wait(0)
        next_event()
      end,
    }) do
      assert.equal(expected, raised(call))
    end
  end)
end)
