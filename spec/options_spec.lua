local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a table of options", function()
  helper.watch()

  local function listen(options)
    return raised(function() mio.listen("127.0.0.1:0", options) end)
  end

  it("may be absent, nil or empty", function()
    helper.keep(assert(mio.loop()))
    helper.keep(assert(mio.loop(nil)))
    helper.keep(assert(mio.loop({})))
  end)

  it("has known names only, and a guess for others", function()
    for name, guess in pairs({
      backlgo = "backlog", baclog = "backlog", Backlog = "backlog", reuse_addr = "reuseaddr",
      reuseprot = "reuseport", onlyv6 = "only_v6", ["no-delay"] = "nodelay",
    }) do
      assert.equal(
        ("bad argument #2 to 'listen' (unknown option '%s' (did you mean '%s'?))")
          :format(name, guess),
        listen({ [name] = true }))
    end
    for _, name in ipairs({ "", "x", "low_tide", "back", ("backlog"):rep(10) }) do
      assert.equal(("bad argument #2 to 'listen' (unknown option '%s')"):format(name),
        listen({ [name] = true }))
    end
  end)

  it("has names that are strings", function()
    local message = "bad argument #2 to 'listen' (the names of options are strings)"
    assert.equal(message, listen({ "backlog" }))
    assert.equal(message, listen({ [true] = 1 }))
    assert.equal(message, listen({ [{}] = 1 }))
  end)

  it("has switches", function()
    for _, value in ipairs({ 0, 1, "true", {} }) do
      assert.equal("bad argument #2 to 'listen' (option 'reuseport' is true or false)",
        listen({ reuseport = value }))
    end
  end)

  it("has counts", function()
    for _, value in ipairs({
      0, -1, 1.5, 2^31, math.huge, 0 / 0, "1", true, math.mininteger, math.maxinteger,
    }) do
      assert.equal(
        "bad argument #2 to 'listen' (option 'backlog' is a whole number from 1 to 2147483647)",
        listen({ backlog = value }))
    end
    helper.listener(nil, { backlog = 3.0 })
  end)

  it("has choices", function()
    local loop = helper.loop()
    for _, value in ipairs({ "Edge", "", "edge ", 1, true, {} }) do
      assert.equal(
        "bad argument #4 to 'register' (option 'trigger' is 'level' or 'edge' or 'oneshot')",
        raised(function() loop:register(0, "r", print, { trigger = value }) end))
    end
  end)

  it("has addresses", function()
    for _, value in ipairs({ "127.0.0.1", "", 80, true, {} }) do
      assert.equal("bad argument #2 to 'try_connect' (option 'local_address' is an address)",
        raised(function() mio.try_connect("127.0.0.1:1", { local_address = value }) end))
    end
  end)

  it("is a table", function()
    for _, value in ipairs({ 1, "backlog", true, print }) do
      assert.equal(("bad argument #2 to 'listen' (table expected, got %s)"):format(type(value)),
        listen(value))
      assert.matches("^bad argument #1 to 'loop' %(table expected",
        raised(function() mio.loop(value) end))
      assert.matches("^bad argument #4 to 'register' %(table expected",
        raised(function() helper.loop():register(0, "r", print, value) end))
    end
  end)

  it("is read as it is, not through metamethods", function()
    local options = setmetatable({}, { __index = { nonsense = true }, __pairs = error })
    helper.listener(nil, options)
  end)

  it("leaves nothing open where it is wrong", function()
    local before = helper.descriptors()
    listen({ backlog = 0 })
    assert.equal(before, helper.descriptors())
  end)
end)
