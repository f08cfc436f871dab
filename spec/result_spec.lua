local helper = require("spec.helper")
local mio = require("mio")

describe("a failure", function()
  helper.watch()

  local function results(...)
    return { n = select("#", ...), ... }
  end

  it("of the world is nil, a text in lower case, and a code", function()
    local loop, client = helper.loop(), helper.pair()
    assert(loop:register(client, "r", print))
    assert.same({ n = 3, nil, "exists already", "EEXIST" },
      results(loop:register(client, "w", print)))
    local file = assert(io.open("meson.build"))
    assert.same({ n = 3, nil, "operation not permitted", "EPERM" },
      results(loop:register(file, "r", print)))
    file:close()
    assert.same({ n = 3, nil, "not an open descriptor", "EBADF" },
      results(loop:register(1000, "r", print)))
  end)

  it("of a call that sets something up tells what was tried", function()
    local listener = helper.listener()
    local address = tostring(listener:local_address())
    assert.same({ n = 3, nil, "listen " .. address .. ": address in use", "EADDRINUSE" },
      results(mio.listen(address)))
    assert.same(
      { n = 3, nil, "connect unix:/no/such/path: not found", "ENOENT" },
      results(mio.try_connect("unix:/no/such/path")))
  end)

  it("that steers the program is a token without a code", function()
    local client = helper.pair("unix:")
    local listener, loop = helper.listener(), helper.loop()
    assert.same({ n = 2, nil, "again" }, results(client:try_read()))
    assert.same({ n = 2, nil, "again" }, results(listener:try_accept()))
    helper.fill(client)
    assert.same({ n = 2, nil, "again" }, results(client:try_write("x")))
    local inside
    loop:after(0, function() inside = results(loop:run()) end)
    loop:run()
    assert.same({ n = 2, nil, "running" }, inside)
  end)

  it("that is the end has a text and the code EOF", function()
    local client, server = helper.pair()
    server:close()
    helper.await(client, "r")
    assert.same({ n = 3, nil, "end of stream", "EOF" }, results(client:try_read()))
    assert.same({ n = 3, nil, "end of stream", "EOF" }, results(client:try_peek()))
    assert.same({ n = 3, nil, "end of stream", "EOF" },
      results(client:try_read_into(mio.buffer())))
  end)

  it("of what is closed is the token closed, for every method", function()
    local closed = { n = 2, nil, "closed" }
    local client = helper.pair()
    local loop, poll, listener = helper.loop(), helper.poll(), helper.listener()
    local signals = assert(mio.signal("USR1"))
    local registration = assert(loop:register(client, "r", print))
    local timer = assert(loop:after(1, print))
    for _, object in ipairs({ client, loop, poll, listener, signals }) do
      assert.same({ n = 1, true }, results(object:close()))
      assert.same({ n = 1, true }, results(object:close()))
    end
    assert.same({ n = 1, true }, results(registration:deregister()))

    for _, call in ipairs({
      function() return client:connected() end,
      function() return client:try_read() end,
      function() return client:try_peek() end,
      function() return client:try_read_into(mio.buffer()) end,
      function() return client:try_write("x") end,
      function() return client:try_write("x", "y") end,
      function() return client:shutdown() end,
      function() return client:local_address() end,
      function() return client:peer_address() end,
      function() return client:getoption("nodelay") end,
      function() return client:setoption("nodelay", true) end,
      function() return client:getfd() end,
      function() return client:pollfd() end,
      function() return listener:try_accept() end,
      function() return listener:local_address() end,
      function() return listener:getoption("reuseaddr") end,
      function() return listener:setoption("reuseaddr", true) end,
      function() return listener:getfd() end,
      function() return listener:pollfd() end,
      function() return signals:try_read() end,
      function() return signals:getfd() end,
      function() return signals:pollfd() end,
      function() return loop:register(0, "r", print) end,
      function() return loop:signal("USR1", print) end,
      function() return loop:after(1, print) end,
      function() return loop:every(1, print) end,
      function() return loop:run() end,
      function() return loop:run_once() end,
      function() return loop:shutdown() end,
      function() return loop:now() end,
      function() return loop:pollfd() end,
      function() return loop:timeout() end,
      function() return poll:register(0, 1, "r") end,
      function() return poll:wait() end,
      function() return poll:pollfd() end,
      function() return poll:timeout() end,
      function() return registration:reregister("r") end,
      function() return registration:pause(1) end,
      function() return timer:reset(1) end,
    }) do
      assert.same(closed, results(call()))
    end
    assert.same({ n = 1, true }, results(timer:cancel()))
    for _ in listener:try_accepts() do
      error("a closed listener has accepted")
    end
  end)

  it("allocates nothing where it steers the program", function()
    local _, server = helper.pair("unix:")
    local listener = helper.listener()
    helper.fill(server)
    local again, closed = "again", "closed"
    local gone = helper.loop()
    gone:close()
    assert.equal(0, helper.garbage(function()
      local _, err = listener:try_accept()
      assert(err == again)
      _, err = server:try_write("x")
      assert(err == again)
      _, err = gone:shutdown()
      assert(err == closed)
    end))
  end)

  it("is raised where it is the programmer's, naming function and argument", function()
    assert.equal("bad argument #1 to 'listen' (address expected, got nil)",
      helper.raised(function() mio.listen(nil) end))
    assert.equal("bad argument #1 to 'try_write' (string or mio.buffer expected, got table)",
      helper.raised(function() helper.pair():try_write({}) end))
    assert.equal("bad argument #1 to 'run' (mio.loop expected, got no value)",
      helper.raised(function()
        local run = helper.loop().run
        run()
      end))
    assert.equal("calling 'close' on bad self (mio.stream expected, got table)",
      helper.raised(function()
        local object = { close = helper.pair().close }
        object:close()
      end))
  end)
end)
