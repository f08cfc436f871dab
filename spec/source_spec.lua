local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a source", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop() end)

  -- Whether it is told readable, once `write` has made it so.
  local function tells(source, write)
    local told
    local registration = assert(loop:register(source, "r", function(given, readable)
      told = given == source and readable
    end))
    write()
    loop:run_once(10)
    registration:deregister()
    return told
  end

  it("may be a socket", function()
    local client, server = helper.pair()
    assert.is_true(tells(server, function() client:try_write("x") end))
  end)

  it("may be the number of a descriptor", function()
    local client, server = helper.pair()
    assert.is_true(tells(server:getfd(), function() client:try_write("x") end))
    assert.is_true(tells(server:getfd() + 0.0, function() client:try_write("x") end))
  end)

  it("may be a file of Lua", function()
    local file = assert(io.popen("echo x"))
    assert.is_true(tells(file, function() end))
    file:close()
  end)

  it("may be a loop, a poll or a set of signals", function()
    local client, server = helper.pair()
    local inner, poll = helper.loop(), helper.poll()
    inner:register(server, "r", function() end)
    poll:register(server, "token", "r")
    client:try_write("x")
    assert.is_true(tells(inner, function() end))
    assert.is_true(tells(poll, function() end))
    local signals = helper.keep(mio.signal("USR1"))
    assert.is_true(tells(signals, function()
      helper.kill("USR1")
    end))
  end)

  it("may be any object that tells its descriptor", function()
    local client, server = helper.pair()
    local function number() return server:getfd() end
    for _, name in ipairs({ "pollfd", "getfd", "get_fd" }) do
      local object = { [name] = number }
      assert.is_true(tells(object, function() client:try_write("x") end))
      assert.is_true(tells(setmetatable({}, { __index = object }), function() end))
    end
    assert.is_true(tells({ pollfd = number, getfd = error, get_fd = error }, function() end))
    assert.is_true(tells({ getfd = number, get_fd = error }, function() end))
  end)

  it("that is closed is told so", function()
    local client = helper.pair()
    local inner, poll, listener = helper.loop(), helper.poll(), helper.listener()
    local signals = mio.signal("USR1")
    local file = assert(io.popen("true"))
    for _, object in ipairs({ client, inner, poll, listener, signals, file }) do
      object:close()
      assert.same({ nil, "closed" }, { loop:register(object, "r", print) })
    end
    for _, answer in ipairs({ false, -1, -1.0 }) do
      local object = { getfd = function() return answer or nil end }
      assert.same({ nil, "closed" }, { loop:register(object, "r", print) })
    end
  end)

  it("may close the loop while it is asked", function()
    local object = { getfd = function() loop:close() return 0 end }
    assert.same({ nil, "closed" }, { loop:register(object, "r", print) })
  end)

  it("is nothing else", function()
    local expected = "socket, descriptor, file, or object with pollfd() expected, got "
    for _, value in ipairs({ "3", "", true, print, coroutine.create(print) }) do
      assert.equal("bad argument #1 to 'register' (" .. expected .. type(value) .. ")",
        raised(function() loop:register(value, "r", print) end))
    end
    assert.equal("bad argument #1 to 'register' (" .. expected .. "nil)",
      raised(function() loop:register(nil, "r", print) end))
    for _, value in ipairs({
      {}, { pollfd = 3 }, { getfd = "3" }, mio.buffer(), mio.address("unix:"),
      loop:after(1, print), loop:signal("USR1", print),
    }) do
      assert.equal("bad argument #1 to 'register' (it has no method pollfd, getfd or get_fd)",
        raised(function() loop:register(value, "r", print) end))
    end
  end)

  it("has a number that a descriptor can have", function()
    local message =
      "bad argument #1 to 'register' (a descriptor is a whole number from 0 to 2147483647)"
    for _, number in ipairs({
      -1, 2^31, 1.5, 0 / 0, math.huge, -math.huge, math.mininteger, math.maxinteger,
    }) do
      assert.equal(message, raised(function() loop:register(number, "r", print) end))
    end
    for _, answer in ipairs({ -2, 1.5, "3", true, {} }) do
      assert.equal(message, raised(function()
        loop:register({ getfd = function() return answer end }, "r", print)
      end))
    end
  end)

  it("may raise an error of its own when it is asked", function()
    assert.equal("mine", raised(function()
      loop:register({ getfd = function() error("mine", 0) end }, "r", print)
    end))
    assert.equal("theirs", raised(function()
      local object = setmetatable({}, { __index = function() error("theirs", 0) end })
      loop:register(object, "r", print)
    end))
    local co = coroutine.wrap(function()
      loop:register({ getfd = coroutine.yield }, "r", print)
    end)
    assert.equal("attempt to yield across a C-call boundary", raised(co))
  end)

  it("tells its own descriptor to others", function()
    local client = helper.pair()
    assert.equal("integer", math.type(client:getfd()))
    assert.equal(client:getfd(), client:pollfd())
    local listener = helper.listener()
    assert.equal(listener:getfd(), listener:pollfd())
    local signals = helper.keep(mio.signal("USR2"))
    assert.equal(signals:getfd(), signals:pollfd())
  end)

  it("that the collector closes is deregistered first", function()
    do
      local client, server = helper.pair()
      local poll = helper.poll()
      poll:register(server, "token", "r")
      client:try_write("x")
      poll:close()
    end
    helper.close_all()
    loop = helper.loop()
    local before = helper.descriptors()
    do
      local listener = assert(mio.listen("127.0.0.1:0"))
      local registration = assert(loop:register(listener, "r", print))
      registration:deregister()
    end
    collectgarbage()
    collectgarbage()
    assert.equal(before, helper.descriptors())
  end)

  it("is kept by its registration", function()
    local weak = setmetatable({}, { __mode = "v" })
    do
      local listener = assert(mio.listen("127.0.0.1:0"))
      weak[1] = listener
      weak[2] = assert(loop:register(listener, "r", print))
    end
    collectgarbage()
    collectgarbage()
    assert.is_truthy(weak[1])
    assert.equal(weak[1], weak[2].source)
    weak[1]:close()
    collectgarbage()
    collectgarbage()
    assert.is_nil(weak[1])
    assert.is_nil(weak[2])
  end)

  it("that is a loop or a poll ends its registrations when it is closed", function()
    for _, inner in ipairs({ mio.loop(), mio.poll() }) do
      local registration = assert(loop:register(inner, "r", print))
      assert.is_true(inner:close())
      assert.same({ nil, "closed" }, { registration:reregister("r") })
      assert.is_true(loop:run()) -- nothing is left to wait for
    end
  end)
end)
