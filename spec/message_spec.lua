local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

-- What channels carry, there and back.
describe("a message", function()
  helper.watch()

  local loop, sender, got, count

  before_each(function()
    loop = helper.loop()
    count = 0
    sender = helper.keep(assert(loop:channel(function(message, closed)
      if not closed then
        got, count = message, count + 1
      end
    end)))
  end)

  local function travel(value)
    local before = count
    assert.is_true(sender:send(value))
    loop:run_once(10)
    assert.equal(before + 1, count)
    return got
  end

  it("may be nil or a boolean", function()
    got = "old"
    assert.is_nil(travel(nil))
    assert.is_true(travel(true))
    assert.is_false(travel(false))
  end)

  it("keeps integers and floats apart", function()
    for _, number in ipairs({
      0, 1, -1, 127, 128, -128, -129, 255, 2^31 | 0, math.maxinteger, math.mininteger,
      0.0, 1.0, 1.5, 2^53, 1e300, 5e-324, math.huge, -math.huge,
    }) do
      local back = travel(number)
      assert.equal(number, back)
      assert.equal(math.type(number), math.type(back))
    end
  end)

  it("keeps the sign of zero, and NaN", function()
    assert.equal(-math.huge, 1 / travel(-0.0))
    assert.equal("float", math.type(travel(-0.0)))
    local nan = travel(0 / 0)
    assert.is_true(nan ~= nan)
  end)

  it("may be a string of any bytes and length", function()
    for _, length in ipairs({ 0, 1, 40, 45, 46, 47, 48, 254, 255, 256, 65536, 1000000 }) do
      local text = ("a\0\255\n"):rep(length // 4 + 1):sub(1, length)
      assert.is_true(text == travel(text))
    end
  end)

  it("may be a table", function()
    for _, value in ipairs({
      {}, { 1, 2, 3 }, { a = 1, b = "two", [3.5] = true, [true] = false, [-1] = "minus" },
      { { { {} } } }, { 1, nil, 3 }, { n = { 1, 2, { x = "y" } } }, { [math.mininteger] = 1 },
      { [1] = 1, [2] = 1, [4] = 1, [8] = 1, [2^40 | 0] = 1 },
    }) do
      local back = travel(value)
      assert.same(value, back)
      assert.not_equal(value, back)
    end
    local list = {}
    for i = 1, 1000 do
      list[i] = { i, tostring(i), i / 2 }
    end
    assert.same(list, travel(list))
  end)

  it("has a table twice that was there twice", function()
    local shared = { 1 }
    local back = travel({ shared, shared })
    assert.same({ { 1 }, { 1 } }, back)
    assert.not_equal(back[1], back[2])
  end)

  it("is read raw, and has no metatable", function()
    local function refuse() error("a metamethod was called") end
    local value = setmetatable({ 1, 2, x = "y" }, {
      __index = refuse, __len = refuse, __pairs = refuse, __name = refuse, __metatable = 3,
      __gc = nil,
    })
    local back = travel(value)
    assert.same({ 1, 2, x = "y" }, back)
    assert.is_nil(getmetatable(back))
  end)

  it("may be nested to a limit", function()
    local function nest(depth)
      local value = {}
      for _ = 2, depth do
        value = { value }
      end
      return value
    end
    assert.same(nest(100), travel(nest(100)))
    for _, depth in ipairs({ 101, 1000, 100000 }) do
      assert.truthy(raised(function() sender:send(nest(depth)) end)
        :find("value%[1%]%[1%].*: tables nested too deep"))
    end
  end)

  it("is no larger than 16 MiB", function()
    assert.equal("bad argument #1 to 'send' (value: larger than 16 MiB)",
      raised(function() sender:send(("x"):rep(16 << 20)) end))
    local value = {}
    for _ = 1, 99 do -- 2^99 tables, when they are written out
      value = { value, value }
    end
    assert.truthy(raised(function() sender:send(value) end):find("larger than 16 MiB", 1, true))
  end)

  it("that cannot travel is refused with its place", function()
    local cycle = {}
    cycle.a = { cycle }
    local closed = mio.sender(sender:export())
    closed:close()
    for place, value in pairs({
      ["value: function"] = print,
      ["value.a[3]: function"] = { a = { 1, 2, print } },
      ["value[2].x: thread"] = { 1, { x = coroutine.create(print) } },
      ['value["a b"]: FILE*'] = { ["a b"] = io.stdout },
      ["value[1.5]: mio.loop"] = { [1.5] = loop },
      ["value[true]: mio.buffer"] = { [true] = mio.buffer() },
      ["value._1.b2: a closed sender"] = { _1 = { b2 = closed } },
      ["value.a[1]: a table inside of itself"] = cycle,
      ["value.k: a key that is a table"] = { k = { [{}] = 1 } },
      ["value: a key that is a function"] = { [print] = 1 },
      ["value: a key that is a userdata"] = { [sender] = 1 },
    }) do
      assert.equal("bad argument #1 to 'send' (" .. place .. ")",
        raised(function() sender:send(value) end))
    end
    assert.equal(0, count)
    assert.truthy(raised(sender.send, sender):find("value expected"))
  end)

  it("may contain senders", function()
    local heard = {}
    local back = helper.keep(assert(loop:channel(function(message)
      heard[#heard + 1] = message
    end)))
    local many = {}
    for i = 1, 300 do
      many[i] = back
    end
    for _, value in ipairs({ back, { to = back }, { many } }) do
      local reply = travel(value)
      reply = type(reply) ~= "table" and reply or reply.to or reply[1][300]
      assert.is_true(reply:send("answer"))
      loop:run_once(10)
      reply:close()
    end
    assert.same({ "answer", "answer", "answer" }, heard)
    assert.is_true(back:send(1))
    got = nil
  end)

  it("of a small size makes no garbage", function()
    travel(1)
    collectgarbage()
    collectgarbage("stop")
    local before = collectgarbage("count")
    for i = 1, 1000 do
      sender:send(i)
      loop:run_once(0)
    end
    local after = collectgarbage("count")
    collectgarbage("restart")
    assert.equal(before, after)
  end)
end)
