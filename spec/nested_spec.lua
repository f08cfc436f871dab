local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("mio.wrap and mio.resume", function()
  helper.watch()

  it("let a generator wait", mio.test(function()
    local words = mio.wrap(function()
      for _, word in ipairs({ "a", "b", "c" }) do
        mio.sleep(1)
        coroutine.yield(word)
      end
    end)
    local got, start = {}, mio.now()
    for word in words do table.insert(got, word) end
    assert.same({ "a", "b", "c" }, got)
    assert.equal(3, mio.now() - start)
  end))

  it("pass values in and out, as those of coroutine", mio.test(function()
    local co = coroutine.create(function(a, b)
      mio.sleep(1)
      local c = coroutine.yield(a + b)
      mio.sleep(1)
      return c, nil, 3
    end)
    assert.same({ true, 3 }, { mio.resume(co, 1, 2) })
    assert.same({ true, "c", nil, 3, n = 4 }, table.pack(mio.resume(co, "c")))
    local ok, err = mio.resume(co)
    assert.is_false(ok)
    assert.matches("dead coroutine", err)
  end))

  it("nest", mio.test(function()
    local function countdown(n)
      if n == 0 then return end
      mio.sleep(1)
      coroutine.yield(n)
      for m in mio.wrap(function() countdown(n - 1) end) do coroutine.yield(m) end
    end
    local got = {}
    for n in mio.wrap(function() countdown(4) end) do table.insert(got, n) end
    assert.same({ 4, 3, 2, 1 }, got)
  end))

  it("pass errors on, and close variables", mio.test(function()
    local closed = false
    local failing = mio.wrap(function()
      local _ <close> = mio.defer(function() closed = true end)
      mio.sleep(1)
      error("inside", 0)
    end)
    assert.equal("inside", raised(failing))
    assert.is_true(closed)
    local ok, err = mio.resume(coroutine.create(function()
      mio.sleep(1)
      error({ 1 })
    end))
    assert.is_false(ok)
    assert.same({ 1 }, err)
  end))

  it("are cancelled with their task", mio.test(function()
    local log = {}
    local task = mio.spawn(function()
      mio.wrap(function()
        local _ <close> = mio.defer(function(err) table.insert(log, err) end)
        mio.sleep(60)
      end)()
    end)
    mio.sleep(1)
    task:cancel()
    task:join()
    assert.same({ mio.cancelled }, log)
  end))

  it("read from a stream", function()
    local client, server = helper.pair()
    mio.run(function()
      mio.spawn(function()
        for i = 1, 3 do
          client:write("line ", i, "\n")
          mio.sleep(0.001)
        end
        client:shutdown()
      end)
      local got = {}
      local lines = mio.wrap(function()
        for line in server:lines() do coroutine.yield(line) end
      end)
      for line in lines do table.insert(got, line) end
      assert.same({ "line 1", "line 2", "line 3" }, got)
    end)
  end)

  it("are those of coroutine outside of tasks", function()
    assert.equal(3, mio.wrap(function(a) return coroutine.yield(a) end)(3))
    assert.same({ true, 4 }, { mio.resume(coroutine.create(function() return 4 end)) })
    assert.matches("only a task can", raised(mio.wrap(function() mio.sleep(0) end)))
    assert.matches("thread expected", raised(mio.resume, print):gsub("coroutine", "thread"))
    assert.matches("function expected", raised(mio.wrap, 1))
  end)

  it("do not wait inside of table.sort", mio.test(function()
    local wait = mio.wrap(function() mio.sleep(0) end)
    assert.matches("not a task's own", raised(table.sort, { 2, 1 }, function(a, b)
      wait()
      return a < b
    end))
    mio.sleep(1)
  end))

  it("whose coroutine somebody else resumes or closes", mio.test(function()
    local co = coroutine.create(function() return mio.sleep(10) end)
    local task = mio.spawn(function() return mio.resume(co) end)
    mio.sleep(1)
    assert.same({ true }, { coroutine.resume(co) })
    mio.sleep(1)
    coroutine.close(co)
    local ok, err = task:join()
    assert.is_false(ok)
    assert.matches("dead coroutine", err)
  end))
end)
