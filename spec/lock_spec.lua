local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a mutex", function()
  it("is one task's at a time, first come, first served", mio.test(function()
    local mutex = mio.mutex()
    local inside, order = 0, {}
    do
      local scope <close> = mio.scope()
      for i = 1, 5 do
        scope:spawn(function()
          local _ <close> = mutex:lock()
          inside = inside + 1
          assert.equal(1, inside)
          mio.sleep(1)
          inside = inside - 1
          table.insert(order, i)
        end)
      end
    end
    assert.same({ 1, 2, 3, 4, 5 }, order)
  end))

  it("passes by those who have given up", mio.test(function()
    local mutex = mio.mutex()
    mutex:lock()
    local log = {}
    mio.spawn(function()
      local got, why = mutex:lock(1)
      table.insert(log, tostring(got) .. " " .. why)
    end)
    local cancelled = mio.spawn(function() mutex:lock() end)
    mio.spawn(function()
      local _ <close> = mutex:lock()
      table.insert(log, "third")
    end)
    mio.sleep(2)
    cancelled:cancel()
    mio.sleep(0)
    mutex:unlock()
    mio.sleep(0)
    assert.same({ "nil timeout", "third" }, log)
    assert.equal(mutex, mutex:lock(0))
  end))

  it("does not wake one that has given up and waits for something else", mio.test(function()
    local mutex = mio.mutex()
    mutex:lock()
    local slept
    mio.spawn(function()
      assert.same({ nil, "timeout" }, { mutex:lock(1) })
      local start = mio.now()
      mio.sleep(10)
      slept = mio.now() - start
    end)
    mio.sleep(2)
    mutex:unlock()
    assert.equal(mutex, mutex:lock(0))
    mio.sleep(20)
    assert.equal(10, slept)
  end))

  it("is unlocked by a task that is cancelled as it gets it", mio.test(function()
    local mutex = mio.mutex()
    mutex:lock()
    local task = mio.spawn(function()
      local _ <close> = mutex:lock()
      mio.sleep(60)
    end)
    mio.sleep(0)
    mutex:unlock()
    task:cancel()
    task:join()
    assert.equal(mutex, mutex:lock(1))
  end))

  it("raises for who mistakes it", mio.test(function()
    local mutex = mio.mutex()
    assert.equal("unlock: this task has not locked it", raised(mutex.unlock, mutex))
    mutex:lock()
    assert.equal("lock: this task has locked it already", raised(mutex.lock, mutex))
    assert.matches("mio.mutex expected", raised(mutex.lock, {}))
  end))
end)

describe("a semaphore", function()
  it("lets so many in", mio.test(function()
    local semaphore = mio.semaphore(2)
    local inside, most = 0, 0
    do
      local scope <close> = mio.scope()
      for _ = 1, 7 do
        scope:spawn(function()
          local _ <close> = semaphore:acquire()
          inside = inside + 1
          most = math.max(most, inside)
          mio.sleep(1)
          inside = inside - 1
        end)
      end
    end
    assert.equal(2, most)
  end))

  it("can be given up waiting for, and released by hand", mio.test(function()
    local semaphore = mio.semaphore(1)
    assert.is_truthy(semaphore:acquire())
    assert.same({ nil, "timeout" }, { semaphore:acquire(1) })
    assert.is_true(semaphore:release())
    assert.equal("release: it was released more often than acquired",
      raised(semaphore.release, semaphore))
    assert.matches("whole number from 1 up", raised(mio.semaphore, 0))
    assert.matches("mio.semaphore expected", raised(semaphore.acquire, {}))
  end))
end)
