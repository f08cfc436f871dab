local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

-- Zeros end strings of C: what stands before one must not count as the whole.
describe("a name", function()
  helper.watch()

  it("of an option is all of the string", function()
    assert.truthy(raised(function() mio.loop({ ["clock\0"] = "virtual" }) end)
      :find([[unknown option 'clock\0' (did you mean 'clock'?)]], 1, true))
    assert.truthy(raised(function() mio.listen("127.0.0.1:0", { ["\0backlog"] = 1 }) end)
      :find([[unknown option '\0backlog' (did you mean 'backlog'?)]], 1, true))
  end)

  it("that is the value of an option is, too", function()
    assert.matches("option 'clock' is 'monotonic' or 'virtual'",
      raised(function() mio.loop({ clock = "virtual\0" }) end))
    assert.matches("option 'trigger' is 'level' or",
      raised(function() helper.loop():register(0, "r", print, { trigger = "edge\0x" }) end))
    assert.matches("option 'stdin' is 'inherit' or",
      raised(function() mio.process({ "true" }, { stdin = "null\0" }) end))
  end)

  it("of a signal is, too", function()
    local message = [[(unknown signal 'INT\0x')]]
    assert.truthy(raised(function() mio.signal("INT\0x") end):find(message, 1, true))
    assert.truthy(raised(function() helper.loop():signal("INT\0x", print) end)
      :find(message, 1, true))
  end)

  it("of a socket's option is, too", function()
    local listener = helper.listener()
    assert.equal([[bad argument #1 to 'getoption' (unknown option 'ttl\0x')]],
      raised(function() listener:getoption("ttl\0x") end))
    assert.equal([[bad argument #1 to 'setoption' (unknown option 'ttl\0x')]],
      raised(function() listener:setoption("ttl\0x", 1) end))
  end)

  it("of an argument is, too", function()
    local client = helper.pair()
    local message = " %(a string without zeros is expected%)$"
    assert.matches("^bad argument #1 to 'shutdown'" .. message,
      raised(function() client:shutdown("w\0") end))
    assert.matches("^bad argument #1 to 'pair'" .. message,
      raised(function() mio.pair("stream\0") end))
  end)

  it("of an interest is letters only", function()
    assert.matches("interest is made of", raised(function()
      helper.loop():register(0, "r\0", print)
    end))
  end)

  it("of an interface is all of the string", function()
    local socket = helper.keep(assert(mio.datagram("127.0.0.1:0")))
    assert.truthy(helper.raised(function() socket:join("239.1.2.3:1", "lo\0") end)
      :find("the name of an interface has no zeros", 1, true))
  end)

  it("of a field is, too", function()
    local address = mio.address("127.0.0.1:80")
    assert.is_nil(address["port\0"])
    local registration = assert(helper.loop():register(helper.listener(), "r", print))
    assert.is_nil(registration["source\0"])
    local process = assert(mio.process({ "true" }))
    assert.is_nil(process["pid\0"])
    assert.is_nil(process["stdin\0"])
  end)

  it("may be guessed from what was given", function()
    assert.matches("unknown signal 'TREM' %(did you mean 'TERM'%?%)",
      raised(function() mio.signal("TREM") end))
  end)
end)
