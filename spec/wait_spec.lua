local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("mio.sleep and mio.every", function()
  it("wait for so many seconds, in order", mio.test(function()
    local order = {}
    for _, seconds in ipairs({ 3, 1, 2 }) do
      mio.spawn(function()
        mio.sleep(seconds)
        table.insert(order, seconds)
      end)
    end
    mio.sleep(4)
    assert.same({ 1, 2, 3 }, order)
  end))

  it("tick on time, and leave out what has passed", mio.test(function()
    local start, times = mio.now(), {}
    for _ in mio.every(10) do
      table.insert(times, mio.now() - start)
      if #times == 2 then mio.sleep(25) end
      if #times == 4 then break end
    end
    assert.same({ 10, 20, 50, 60 }, times)
  end))

  it("check their arguments", mio.test(function()
    for _, value in ipairs({ -1, 0 / 0, "1", {} }) do
      assert.matches("bad argument #1 to 'sleep'", raised(mio.sleep, value))
      assert.matches("bad argument #1 to 'every'", raised(mio.every, value))
    end
    assert.matches("more than 0", raised(mio.every, 0))
    assert.matches("got nil", raised(mio.sleep))
  end))

  it("an hour of many timeouts takes no time", mio.test(function()
    local before = os.time()
    for _ = 1, 1000 do mio.spawn(mio.sleep, 3600) end
    mio.sleep(3600)
    assert.is_true(os.time() - before < 60)
  end))
end)

describe("mio.wait", function()
  helper.watch()

  it("waits for sockets of mio, and tells at once what holds", function()
    local client, server = helper.pair()
    mio.run(function()
      assert.is_true(mio.wait(client, "w"))
      assert.is_true(mio.wait(client, "rw"))
      assert.same({ nil, "timeout" }, { mio.wait(client, "r", 0.01) })
      server:write("x")
      assert.is_true(mio.wait(client))
      assert.is_true(mio.wait(client, "r"))
      assert.equal("x", client:read())
    end)
  end)

  it("waits for whatever has a descriptor", function()
    local client, server = helper.pair()
    mio.run(function()
      assert.same({ nil, "timeout" }, { mio.wait(client:getfd(), "r", 0.01) })
      server:write("x")
      assert.is_true(mio.wait(client:getfd(), "r"))
      assert.is_true(mio.wait({ pollfd = function() return client:getfd() end }, "w"))
      local pipe <close> = io.popen("echo hello")
      assert.is_true(mio.wait(pipe, "r"))
      assert.equal("hello", pipe:read())
    end)
  end)

  it("refuses what has none, and what is closed", function()
    local client = helper.pair()
    mio.run(function()
      assert.matches("bad argument", raised(mio.wait, true))
      assert.matches("interest is made of", raised(mio.wait, client, "x"))
      assert.matches("interest is made of", raised(mio.wait, client, ""))
      client:close()
      assert.same({ nil, "closed" }, { mio.wait(client) })
    end)
  end)
end)
