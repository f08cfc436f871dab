local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

-- A task that waits, and tells a list when it has ended.
local function waiter(log, name)
  return function()
    local _ <close> = mio.defer(function(err)
      table.insert(log, name .. ": " .. tostring(err))
    end)
    mio.sleep(60)
  end
end

describe("a scope", function()
  helper.watch()

  it("is left when its children have ended", mio.test(function()
    local log = {}
    do
      local scope <close> = mio.scope()
      for i = 1, 3 do
        scope:spawn(function()
          mio.sleep(4 - i)
          table.insert(log, i)
        end)
      end
      table.insert(log, "body")
    end
    table.insert(log, "after")
    assert.same({ "body", 3, 2, 1, "after" }, log)
  end))

  it("fails by a child's error: siblings are cancelled, the owner gets it", mio.test(function()
    local log = {}
    local ok, err = pcall(function()
      local scope <close> = mio.scope()
      scope:spawn(waiter(log, "sibling"))
      scope:spawn(function()
        mio.sleep(1)
        error("a child's error")
      end)
      mio.sleep(60)
      table.insert(log, "not reached")
    end)
    assert.is_false(ok)
    assert.matches("a child's error\nstack traceback:", err)
    assert.same({ "sibling: cancelled" }, log)
    mio.sleep(1) -- outside of the scope nothing is left of it
  end))

  it("cancels the others at once, though its owner be in a shield", mio.test(function()
    local start, when = mio.now(), nil
    pcall(function()
      local scope <close> = mio.scope()
      scope:spawn(function()
        local _ <close> = mio.defer(function() when = mio.now() - start end)
        mio.sleep(60)
      end)
      scope:spawn(function()
        mio.sleep(1)
        error("failing")
      end)
      mio.shield(60, mio.sleep, 5)
    end)
    assert.equal(1, when)
    assert.equal(5, mio.now() - start)
  end))

  it("raises a child's error at every wait within it", mio.test(function()
    local seen = {}
    pcall(function()
      local scope <close> = mio.scope()
      local object = {}
      scope:spawn(error, object)
      for i = 1, 3 do
        local ok, err = pcall(mio.sleep, 60)
        seen[i] = not ok and err == object
      end
    end)
    assert.same({ true, true, true }, seen)
  end))

  it("cancels its children when it is left by an error, which wins", mio.test(function()
    local log = {}
    local ok, err = pcall(function()
      local scope <close> = mio.scope()
      scope:spawn(waiter(log, "child"))
      scope:spawn(function()
        local _ <close> = mio.defer(function() error("a later one") end)
        mio.sleep(60)
      end)
      mio.sleep(1)
      error("the body's own", 0)
    end)
    assert.is_false(ok)
    assert.matches("^the body's own", err)
    assert.same({ "child: cancelled" }, log)
  end))

  it("cancels its children on demand, and then new ones, too", mio.test(function()
    local log = {}
    do
      local scope <close> = mio.scope()
      scope:spawn(waiter(log, "early"))
      mio.sleep(1)
      scope:cancel()
      mio.sleep(1) -- its owner goes on
      table.insert(log, "owner")
      scope:spawn(waiter(log, "late"))
    end
    assert.same({ "early: cancelled", "owner", "late: cancelled" }, log)
  end))

  it("fails by the first error, when several of its children fail", mio.test(function()
    local ok, err = pcall(function()
      local scope <close> = mio.scope()
      for i, seconds in ipairs({ 3, 1, 2 }) do
        scope:spawn(function()
          mio.shield(10, mio.sleep, seconds)
          error("task " .. i, 0)
        end)
      end
    end)
    assert.is_false(ok)
    assert.equal("task 2", err:match("[^\n]*"))
  end))

  it("fails by an error in the clean-up of a child that it cancels", mio.test(function()
    local ok, err = pcall(function()
      local scope <close> = mio.scope()
      scope:spawn(function()
        local _ <close> = mio.defer(function() error("in clean-up", 0) end)
        mio.sleep(10)
      end)
      mio.sleep(0)
      scope:cancel()
    end)
    assert.is_false(ok)
    assert.equal("in clean-up", err:match("[^\n]*"))
  end))

  it("can be used by other tasks, until it is closed", mio.test(function()
    local log = {}
    local kept
    do
      local scope <close> = mio.scope()
      kept = scope
      scope:spawn(function()
        scope:spawn(function()
          mio.sleep(1)
          table.insert(log, "grandchild")
        end)
      end)
    end
    assert.same({ "grandchild" }, log)
    assert.equal("spawn: the scope is closed", raised(kept.spawn, kept, print))
  end))

  it("that nobody closes is closed at the task's end", mio.test(function()
    local log = {}
    mio.spawn(function()
      mio.scope():spawn(function()
        mio.sleep(1)
        table.insert(log, "child")
      end)
    end):join()
    assert.same({ "child" }, log)
  end))

  it("nests: an inner one fails alone where its error is caught", mio.test(function()
    local log = {}
    do
      local outer <close> = mio.scope()
      outer:spawn(function()
        mio.sleep(2)
        table.insert(log, "outer child")
      end)
      local ok = pcall(function()
        local inner <close> = mio.scope()
        inner:spawn(error, "inner")
        mio.sleep(60)
      end)
      table.insert(log, tostring(ok))
    end
    assert.same({ "false", "outer child" }, log)
  end))

  it("needs a task, functions, and scopes", function()
    assert.equal("scope: only a task can do this (see mio.run)", raised(mio.scope))
    mio.run(function()
      local scope <close> = mio.scope()
      assert.matches("function expected, got nil", raised(scope.spawn, scope))
      for _, name in ipairs({ "spawn", "cancel", "close" }) do
        assert.matches("mio.scope expected, got table", raised(scope[name], {}, print))
      end
    end)
  end)
end)

describe("a task's own children", function()
  helper.watch()

  it("end before it ends, after its variables are closed", mio.test(function()
    local log = {}
    local task = mio.spawn(function()
      local _ <close> = mio.defer(function() table.insert(log, "variable") end)
      mio.spawn(function()
        mio.sleep(1)
        table.insert(log, "child")
      end)
      return "result"
    end)
    assert.equal("result", task:join())
    assert.same({ "variable", "child" }, log)
  end))

  it("fail it, and it cancels the others, all the way down", mio.test(function()
    local log = {}
    local ok, err = pcall(function()
      local scope <close> = mio.scope()
      scope:spawn(function()
        local _ <close> = mio.defer(function(e)
          table.insert(log, "parent: " .. tostring(e))
        end)
        mio.spawn(waiter(log, "sibling"))
        mio.spawn(function()
          mio.spawn(waiter(log, "nephew"))
          mio.sleep(1)
          error("deep", 0)
        end)
        mio.sleep(60)
      end)
    end)
    assert.is_false(ok)
    assert.matches("^deep\nstack traceback:", err)
    assert.equal(1, select(2, err:gsub("stack traceback", "")))
    table.sort(log)
    assert.matches("^nephew: cancelled", log[1])
    assert.matches("^parent: deep", log[2])
    assert.matches("^sibling: cancelled", log[3])
  end))

  it("are cancelled with it", mio.test(function()
    local log = {}
    local task = mio.spawn(function()
      mio.spawn(function()
        mio.spawn(waiter(log, "grandchild"))
        waiter(log, "child")()
      end)
      waiter(log, "task")()
    end)
    mio.sleep(1)
    task:cancel()
    assert.same({ nil, "cancelled" }, { task:join() })
    assert.same({ "task: cancelled", "child: cancelled", "grandchild: cancelled" }, log)
  end))
end)
