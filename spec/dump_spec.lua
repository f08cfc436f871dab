local helper = require("spec.helper")
local mio = require("mio")

-- Where this function is called.
local function here()
  local info = debug.getinfo(2, "Sl")
  return info.short_src .. ":" .. info.currentline
end

describe("the dump of a loop", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop({ clock = "virtual" }) end)

  -- The only thing that is registered.
  local function only()
    local dump = loop:dump()
    assert.equal(1, #dump)
    return dump[1]
  end

  it("is an empty list at first", function()
    local dump = loop:dump()
    assert.equal(0, #dump)
    assert.equal(0.0, dump.now)
    assert.equal("", tostring(dump))
  end)

  it("tells of a source its interest and its trigger", function()
    local stream = helper.pair()
    local registration = loop:register(stream, "wr", function() end, { trigger = "edge" })
    local where = here():gsub("%d+$", function(line) return math.tointeger(line - 1) end)
    assert.same({
      kind = "descriptor", source = stream, interest = "rw", trigger = "edge", where = where,
    }, only())
    registration:reregister("p", { trigger = "oneshot" })
    assert.same({ "p", "oneshot" }, { only().interest, only().trigger })
    registration:reregister("r", { trigger = "level" })
    assert.same({ "r", "level" }, { only().interest, only().trigger })
    assert.equal(("descriptor mio.stream (%s) r level at %s\n")
      :format(stream:peer_address(), where), tostring(loop:dump()))
    registration:deregister()
    assert.equal(0, #loop:dump())
  end)

  it("tells where sockets are", function()
    local function line(source)
      local registration = loop:register(source, "r", print)
      local text = tostring(loop:dump())
      registration:deregister()
      return text
    end
    local listener, stream = helper.listener(), assert(mio.pair())
    helper.keep(stream)
    assert.equal(("descriptor mio.listener (%s) r level at [C]\n")
      :format(listener:local_address()), line(listener))
    local datagram = helper.keep(assert(mio.datagram("127.0.0.1:0")))
    assert.equal(("descriptor mio.datagram (%s) r level at [C]\n")
      :format(datagram:local_address()), line(datagram))
    assert.equal(("descriptor %s r level at [C]\n"):format(stream), line(stream)) -- unnamed
    loop:register(stream, "r", print)
    local dump = loop:dump()
    stream:close()
    assert.equal("descriptor mio.stream (closed) r level at [C]\n", tostring(dump))
  end)

  it("says never", function()
    local timer = loop:after(math.huge, print)
    assert.equal(math.huge, only().deadline)
    assert.equal("timer never at [C]\n", tostring(loop:dump()))
    timer:cancel()
  end)

  it("tells when a pause ends", function()
    local stream = helper.pair()
    local registration = loop:register(stream, "r", function() end)
    loop:advance(2)
    registration:pause(0.5)
    assert.equal(2.5, only().deadline)
    assert.truthy(tostring(loop:dump()):find(" r level in 0.500 s at ", 1, true))
    registration:reregister("r")
    assert.is_nil(only().deadline)
  end)

  it("tells when a timer is due", function()
    local timer, where = loop:every(1.5, function() end), here()
    loop:advance(1)
    assert.same({ kind = "timer", deadline = 1.5, period = 1.5, where = where }, only())
    assert.equal("timer in 0.500 s every 1.500 s at " .. where .. "\n", tostring(loop:dump()))
    timer:cancel()
    timer, where = loop:after(4, function() end), here()
    assert.same({ kind = "timer", deadline = 5.0, where = where }, only())
    timer:reset(2)
    assert.equal(3.0, only().deadline)
    assert.equal("timer in 2.000 s at " .. where .. "\n", tostring(loop:dump()))
  end)

  it("tells the names of signals", function()
    local _, where = loop:signal("USR1", function() end), here()
    assert.same({ kind = "signal", source = "USR1", where = where }, only())
    assert.equal("signal USR1 at " .. where .. "\n", tostring(loop:dump()))
  end)

  it("tells of channels", function()
    local sender, channel = loop:channel(function() end)
    local where = here():gsub("%d+$", function(line) return math.tointeger(line - 1) end)
    assert.same({ kind = "channel", where = where }, only())
    assert.equal("channel at " .. where .. "\n", tostring(loop:dump()))
    helper.keep(sender)
    channel:close()
    assert.equal(0, #loop:dump())
  end)

  it("lists everything", function()
    local kinds = {}
    for i = 1, 100 do
      loop:after(i, function() end)
      loop:register(helper.pair("unix:"), "r", function() end)
    end
    loop:signal("USR1", function() end)
    loop:signal("USR2", function() end)
    local dump = loop:dump()
    for _, item in ipairs(dump) do
      kinds[item.kind] = (kinds[item.kind] or 0) + 1
    end
    assert.same({ timer = 100, descriptor = 100, signal = 2 }, kinds)
    assert.equal(202, select(2, tostring(dump):gsub("\n", "")))
  end)

  it("may be asked for by a handler", function()
    local dump
    loop:after(1, function() dump = loop:dump() end)
    loop:after(3, function() end)
    loop:run()
    assert.equal(1, #dump)
    assert.equal(1.0, dump.now)
    assert.equal(3.0, dump[1].deadline)
  end)

  it("is not of a closed loop", function()
    loop:close()
    assert.same({ nil, "closed" }, { loop:dump() })
  end)

  it("ends where a finalizer closes the loop", function()
    for _ = 1, 100 do
      loop:after(1, function() end)
    end
    setmetatable({}, { __gc = function() loop:close() end })
    local dump
    repeat
      dump = loop:dump()
    until not dump or #dump < 100
    assert.is_true(loop:close())
  end)

  it("is text whatever became of its items", function()
    loop:after(1, function() end)
    local dump = loop:dump()
    dump[1].where, dump[1].deadline, dump[1].source = nil, "x", { }
    assert.truthy(tostring(dump):find("^timer table: [0-9a-fx]+ in 0%.000 s\n$"))
    dump[1] = 42
    assert.is_false(pcall(tostring, dump))
    assert.is_false(getmetatable(dump))
  end)
end)
