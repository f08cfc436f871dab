local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("mio.run", function()
  helper.watch()

  it("returns what main returns", function()
    assert.same({ n = 3, 1, nil, 3 }, table.pack(mio.run(function() return 1, nil, 3 end)))
    assert.same({ n = 0 }, table.pack(mio.run(function() end)))
  end)

  it("raises main's error, a string with its traceback, once", function()
    local function failing() error("oops") end
    local ok, err = pcall(mio.run, failing)
    assert.is_false(ok)
    assert.matches("run_spec.lua:%d+: oops\nstack traceback:", err)
    assert.matches("run_spec.lua:" .. debug.getinfo(failing, "S").linedefined .. ">", err)
    assert.equal(1, select(2, err:gsub("stack traceback", "")))
  end)

  it("raises any value as it is", function()
    local object = {}
    for _, value in ipairs({ object, 42, false }) do
      local ok, err = pcall(mio.run, function() error(value) end)
      assert.is_false(ok)
      assert.equal(value, err)
    end
    local ok, err = pcall(mio.run, function() error(nil) end)
    assert.is_false(ok)
    assert.is_nil(err)
  end)

  it("ends when main's children have ended", function()
    local order = {}
    mio.run(function()
      mio.spawn(function()
        mio.sleep(0.01)
        table.insert(order, "child")
      end)
      table.insert(order, "main")
    end)
    assert.same({ "main", "child" }, order)
  end)

  it("runs once at a time in a state, and again afterwards", function()
    mio.run(function()
      assert.equal("run: tasks run already in this state; see mio.spawn",
        raised(mio.run, function() end))
    end)
    pcall(mio.run, error)
    assert.equal(1, mio.run(function() return 1 end))
  end)

  it("works in a coroutine", function()
    local co = coroutine.wrap(function()
      return mio.run(function()
        mio.sleep(0)
        return "in it"
      end)
    end)
    assert.equal("in it", co())
  end)

  it("refuses what is no function and no option", function()
    assert.equal("bad argument #1 to 'run' (function expected, got nil)", raised(mio.run))
    assert.equal("bad argument #2 to 'run' (unknown option 'clok' (did you mean 'clock'?))",
      raised(mio.run, print, { clok = "virtual" }))
    assert.matches("option 'clock' is 'monotonic' or 'virtual'",
      raised(mio.run, print, { clock = "x" }))
    assert.matches("option 'grace' is a number", raised(mio.run, print, { grace = -1 }))
  end)

  it("tells a deadlock, and who waits for what", function()
    local cleaned = false
    local message = raised(mio.run, function()
      local _ <close> = mio.defer(function() cleaned = true end)
      local channel = mio.channel()
      local child = mio.spawn(function() channel:recv() end)
      child.name = "the reader"
      child:join()
    end)
    assert.matches("^deadlock: every task waits for another one\n", message)
    assert.matches("\n  'main' waits for a task", message)
    assert.matches("\n  'the reader' waits for recv", message)
    assert.is_true(cleaned)
  end)

  it("waits for signals, and is ended by none of those who only watch", function()
    local got = mio.run(function()
      mio.spawn(function()
        mio.sleep(0.01)
        helper.kill("USR1")
      end)
      return mio.signal("USR1", "USR2"):read()
    end)
    assert.equal("USR1", got)
  end)

  it("is stopped by a signal: main is cancelled, clean-up runs", function()
    local cleaned = false
    local result, why = mio.run(function()
      local _ <close> = mio.defer(function() cleaned = true end)
      mio.spawn(function() helper.kill("USR1") end)
      mio.sleep(60)
    end, { stop_on = { "USR1" } })
    assert.is_nil(result)
    assert.equal("cancelled", why)
    assert.is_true(cleaned)
  end)

  it("does not live on for its stop signals", function()
    assert.equal(1, mio.run(function() return 1 end, { stop_on = { "USR1" } }))
    local function wait() mio.channel():recv() end
    assert.matches("^deadlock", raised(mio.run, wait, { stop_on = { "USR1" } }))
  end)

  it("has a virtual clock, for an hour that takes no time", function()
    local before = os.time()
    local passed = mio.run(function()
      local start = mio.now()
      mio.sleep(3600)
      return mio.now() - start
    end, { clock = "virtual" })
    assert.equal(3600, passed)
    assert.is_true(os.time() - before < 60)
  end)

  it("leaves as many tasks as there were: none", function()
    mio.run(function()
      for _ = 1, 100 do mio.spawn(mio.sleep, 0.001) end
      mio.sleep(0.002)
      assert.is_true(#mio.tasks() <= 102)
    end)
    assert.same({}, mio.tasks())
  end)

  it("makes the parks of a socket anew in the next run", function()
    local client, server = helper.pair()
    for i = 1, 3 do
      assert.equal("hello " .. i, mio.run(function()
        client:write("hello ", i)
        client:flush()
        return server:read()
      end))
    end
  end)

  it("keeps what was read and not asked for, after its end too", function()
    local client, server = helper.pair()
    mio.run(function()
      client:write("one\ntwo\nthree")
      client:flush()
      assert.equal("one", server:read_until("\n"))
    end)
    assert.equal("two\nthree", server:try_read())
    assert.same({ nil, "again" }, { server:try_read() })
  end)
end)
