local helper = require("spec.helper")

local raised = helper.raised

describe("a registration", function()
  helper.watch()

  local loop, client, server, events
  before_each(function()
    loop = helper.loop()
    client, server = helper.pair()
  end)

  -- The events of one turn that waits for nothing: a list of "rwc".
  local function turn()
    events = {}
    loop:run_once(0)
    return events
  end

  local function note(_, r, w, closed)
    local flags = (r and "r" or "") .. (w and "w" or "") .. (closed and "c" or "")
    table.insert(events, flags)
  end

  local function write(stream)
    assert(stream:try_write("x"))
    helper.await(stream == client and server or client, "r")
  end

  it("tells what its interest asks for", function()
    local registration = assert(loop:register(server, "r", note))
    assert.same({}, turn())
    write(client)
    assert.same({ "r" }, turn())
    assert.is_true(registration:reregister("w"))
    assert.same({ "w" }, turn())
    assert.is_true(registration:reregister("rw"))
    assert.same({ "rw" }, turn())
    assert.is_true(registration:reregister("wwrr"))
    assert.same({ "rw" }, turn())
  end)

  it("tells urgent data where it asks for them", function()
    local registration = assert(loop:register(server, "p", note))
    write(client)
    assert.same({}, turn())
    assert.is_true(registration:reregister("rp"))
    assert.same({ "r" }, turn())
  end)

  it("hands its handler the source, three flags and itself", function()
    local got
    local registration = assert(loop:register(server, "r", function(...) got = { ... } end))
    write(client)
    loop:run_once(0)
    assert.same({ server, true, false, false, registration }, got)
    assert.equal(registration, got[5])
  end)

  it("with level is told as long as it holds", function()
    loop:register(server, "r", note)
    write(client)
    assert.same({ "r" }, turn())
    assert.same({ "r" }, turn())
    server:try_read()
    assert.same({}, turn())
  end)

  it("with edge is told once each time it comes about", function()
    loop:register(server, "r", note, { trigger = "edge" })
    write(client)
    assert.same({ "r" }, turn())
    assert.same({}, turn())
    write(client)
    assert.same({ "r" }, turn())
    server:try_read()
    assert.same({}, turn())
  end)

  it("with oneshot is told once, until it is renewed", function()
    local registration = loop:register(server, "r", note, { trigger = "oneshot" })
    write(client)
    assert.same({ "r" }, turn())
    write(client)
    assert.same({}, turn())
    assert.is_true(registration:reregister("r"))
    assert.same({ "r" }, turn())
    assert.same({}, turn())
  end)

  it("keeps its trigger unless it is told another", function()
    local registration = loop:register(server, "r", note, { trigger = "edge" })
    write(client)
    assert.same({ "r" }, turn())
    assert.is_true(registration:reregister("r"))
    assert.same({ "r" }, turn())
    assert.same({}, turn())
    assert.is_true(registration:reregister("r", { trigger = "level" }))
    assert.same({ "r" }, turn())
    assert.same({ "r" }, turn())
    assert.is_true(registration:reregister("r"))
    assert.same({ "r" }, turn())
    assert.same({ "r" }, turn())
  end)

  it("tells a reader that his peer is gone", function()
    loop:register(server, "r", note)
    client:close()
    helper.await(server, "r")
    assert.same({ "rc" }, turn())
  end)

  it("that has ended tells nothing, and is closed", function()
    local registration = loop:register(server, "r", note)
    write(client)
    assert.is_true(registration:deregister())
    assert.same({}, turn())
    assert.same({ nil, "closed" }, { registration:reregister("r") })
    assert.same({ nil, "closed" }, { registration:pause(1) })
    assert.is_true(registration:deregister())
    assert.is_nil(registration.source)
    assert.equal("mio.registration (ended)", tostring(registration))
    assert(loop:register(server, "r", note))
    assert.same({ "r" }, turn())
  end)

  it("ends with its source, and with its loop", function()
    local of_server = loop:register(server, "r", note)
    local of_client = loop:register(client, "r", note)
    assert.equal("mio.registration (live)", tostring(of_server))
    server:close()
    assert.equal("mio.registration (ended)", tostring(of_server))
    assert.equal("mio.registration (live)", tostring(of_client))
    loop:close()
    assert.equal("mio.registration (ended)", tostring(of_client))
    assert.is_truthy(client:getfd(), "the source stays open")
  end)

  it("ends as a variable", function()
    do
      local registration <close> = loop:register(server, "r", note)
      assert.equal(server, registration.source)
    end
    write(client)
    assert.same({}, turn())
  end)

  it("lives on where nobody holds it", function()
    loop:register(server, "r", note)
    collectgarbage()
    collectgarbage()
    write(client)
    assert.same({ "r" }, turn())
  end)

  it("is one of many of its source, each with its own loop", function()
    local others = {}
    for i = 1, 5 do
      others[i] = helper.loop()
      assert(others[i]:register(server, "r", error))
    end
    assert(loop:register(server, "r", note))
    assert.same({ nil, "exists already", "EEXIST" }, { loop:register(server, "r", note) })
    others[3]:close()
    write(client)
    assert.same({ "r" }, turn())
    server:close()
    for i = 1, 5 do
      others[i]:run_once(0)
    end
  end)

  it("rests for a while, then goes on by itself", function()
    local registration = loop:register(server, "r", note)
    write(client)
    assert.is_true(registration:pause(0.02))
    assert.same({}, turn())
    registration:deregister()
    local times = {}
    local virtual = helper.loop({ clock = "virtual" })
    registration = virtual:register(server, "r", function()
      table.insert(times, virtual:now())
      registration:pause(10)
    end)
    virtual:after(35, function() virtual:shutdown() end)
    virtual:run()
    assert.same({ 0, 10, 20, 30 }, times)
  end)

  it("ends its rest when it is renewed", function()
    local registration = loop:register(server, "r", note)
    write(client)
    registration:pause(1000)
    registration:pause(2000)
    assert.same({}, turn())
    assert.is_true(registration:reregister("r"))
    assert.same({ "r" }, turn())
    registration:pause(math.huge)
    assert.is_true(registration:deregister())
  end)

  it("that changes in the turn is told what it asks for then", function()
    local calls = {}
    local second
    local function changing(other_interest)
      return function(_, r, w, _, registration)
        table.insert(calls, (r and "r" or "") .. (w and "w" or ""))
        if second and registration ~= second then
          second:reregister(other_interest)
          second = nil
        end
      end
    end
    write(client)
    write(server)
    loop:register(client, "r", changing("w"))
    second = loop:register(server, "r", changing("w"))
    loop:run_once(0)
    assert.is_true(#calls == 1 and calls[1] == "r", table.concat(calls, " "))
  end)

  it("of a signal has no interest, and does not rest", function()
    local registration = assert(loop:signal("USR1", print))
    assert.equal("reregister: a signal has no interest to change",
      raised(function() registration:reregister("r") end))
    assert.equal("pause: a signal cannot be paused",
      raised(function() registration:pause(1) end))
    assert.equal("USR1", registration.source)
  end)

  it("knows that its descriptor was closed behind it, at the latest when asked", function()
    local file = assert(io.popen("cat", "w"))
    local registration = assert(loop:register(file, "w", note))
    file:close()
    assert.same({ nil, "not an open descriptor", "EBADF" }, { registration:reregister("rw") })
    assert.same({ nil, "closed" }, { registration:reregister("rw") })
    assert.equal("mio.registration (ended)", tostring(registration))
  end)

  it("gives way where its number names another file by now", function()
    local file = assert(io.popen("cat", "w"))
    local old = assert(loop:register(file, "w", note))
    file:close()
    file = assert(io.popen("cat", "w"))
    local new = assert(loop:register(file, "w", note))
    assert(loop:register(server, "r", note)) -- takes the old one's slot
    assert.equal("mio.registration (ended)", tostring(old))
    assert.same({ nil, "closed" }, { old:reregister("w") })
    assert.is_true(old:deregister())
    assert.same({ "w" }, turn())
    assert.is_true(new:deregister())
    file:close()
  end)

  it("says what it expects", function()
    local registration = loop:register(server, "r", note)
    local interest = "interest is made of 'r', 'w' and 'p', one at least"
    for _, value in ipairs({ "", "x", "rx", "R", "r w", "r\0", "\0", 1 }) do
      assert.equal(("bad argument #1 to 'reregister' (%s)"):format(interest),
        raised(function() registration:reregister(value) end))
      assert.equal(("bad argument #2 to 'register' (%s)"):format(interest),
        raised(function() loop:register(client, value, print) end))
    end
    for expected, call in pairs({
      ["bad argument #2 to 'register' (string expected, got nil)"] =
        function() loop:register(client, nil, print) end,
      ["bad argument #3 to 'register' (function, coroutine, callable or object with " ..
        "'ready' expected, got nil)"] = function() loop:register(client, "r") end,
      ["bad argument #3 to 'register' (function, coroutine, callable or object with " ..
        "'ready' expected, got number)"] = function() loop:register(client, "r", 42) end,
      ["bad argument #1 to 'reregister' (string expected, got no value)"] =
        function() registration:reregister() end,
      ["bad argument #2 to 'reregister' (unknown option 'tigger' (did you mean 'trigger'?))"] =
        function() registration:reregister("r", { tigger = "edge" }) end,
      ["bad argument #1 to 'pause' (seconds are a number from 0 up)"] =
        function() registration:pause(-1) end,
      ["bad argument #1 to 'deregister' (mio.registration expected, got no value)"] =
        function()
          local deregister = registration.deregister
          deregister()
        end,
    }) do
      assert.equal(expected, raised(call))
    end
    write(client)
    assert.same({ "r" }, turn(), "it is as it was")
    assert.is_nil(registration.unknown)
    assert.is_nil(registration[nil])
    assert.has_error(function() registration.source = client end)
  end)
end)
