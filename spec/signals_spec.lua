local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a signal", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop() end)

  it("calls its handler with its name and the registration", function()
    for _, name in ipairs({ "INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "ALRM", "WINCH" }) do
      local got
      local registration = assert(loop:signal(name, function(...)
        got = { ... }
        loop:shutdown()
      end))
      helper.kill(name)
      loop:run()
      assert.same({ name, registration }, got)
      assert.equal(name, registration.source)
      registration:deregister()
    end
  end)

  it("may be named by number, and has one where it has no name", function()
    local got = {}
    assert(loop:signal(10, function(name) table.insert(got, name) end)) -- USR1 on Linux
    assert(loop:signal(40, function(name) table.insert(got, name) loop:shutdown() end))
    helper.kill("10")
    helper.kill("40")
    while #got < 2 do
      loop:run()
    end
    table.sort(got, function(a, b) return tostring(a) > tostring(b) end)
    assert.same({ "USR1", 40 }, got)
  end)

  it("is told to each registration, in each loop", function()
    local other = helper.loop()
    local got = {}
    for i = 1, 2 do
      loop:signal("USR1", function() table.insert(got, i) end)
    end
    other:signal("USR1", function() table.insert(got, 3) end)
    helper.kill("USR1")
    loop:run_once(10)
    other:run_once(10)
    assert.same({ 1, 2, 3 }, got)
  end)

  it("is told once at least, of many that come", function()
    local count = 0
    loop:signal("USR1", function() count = count + 1 end)
    for _ = 1, 5 do
      helper.kill("USR1")
    end
    loop:run_once(10)
    loop:run_once(0)
    assert.is_true(count >= 1 and count <= 5)
  end)

  it("may be given up in its handler", function()
    local count = 0
    local registration
    registration = loop:signal("USR1", function()
      count = count + 1
      registration:deregister()
    end)
    local second = loop:signal("USR1", function() count = count + 10 end)
    helper.kill("USR1")
    loop:run_once(10)
    assert.equal(11, count)
    helper.kill("USR1")
    loop:run_once(10)
    assert.equal(21, count)
    second:deregister()
    assert.is_true(loop:run(), "nothing is left to wait for")
  end)

  it("keeps run going as long as it is wanted", function()
    local registration = loop:signal("USR1", print)
    loop:after(0.01, function() registration:deregister() end)
    assert.is_true(loop:run())
  end)

  it("has its old meaning again when nobody wants it", function()
    local output, status = helper.run([[
      local mio = require("mio")
      local loop = mio.loop()
      local registration = loop:signal("TERM", print)
      registration:deregister()
      print("ready")
      io.stdout:flush()
      os.execute("kill -TERM $PPID")
      print("still here")
    ]])
    assert.equal("ready\n", output)
    assert.equal(128 + 15, status)
  end)

  it("must be one that exists and can be caught", function()
    for _, name in ipairs({ "KILL", "STOP", 9, 19, 11, 32 }) do
      assert.equal("bad argument #1 to 'signal' (this signal cannot be caught)",
        raised(function() loop:signal(name, print) end))
      assert.equal("bad argument #1 to 'signal' (this signal cannot be caught)",
        raised(function() mio.signal(name) end))
    end
    for _, number in ipairs({ 0, -1, 65, 1.5, 0 / 0, math.maxinteger }) do
      assert.equal(
        "bad argument #1 to 'signal' (a signal's number is a whole number from 1 to 64)",
        raised(function() loop:signal(number, print) end))
    end
    for name, guess in pairs({
      int = "", SIGINT = "INT", SIGKILL = "", KIL = "", TREM = "TERM", INTT = "INT",
      USR = "USR1",
    }) do
      local hint = guess ~= "" and (" (did you mean '%s'?)"):format(guess) or ""
      assert.equal(("bad argument #1 to 'signal' (unknown signal '%s'%s)"):format(name, hint),
        raised(function() loop:signal(name, print) end))
    end
    for _, value in ipairs({ true, {}, print }) do
      assert.equal(
        ("bad argument #1 to 'signal' (name or number of a signal expected, got %s)")
          :format(type(value)),
        raised(function() loop:signal(value, print) end))
    end
  end)
end)

describe("a set of signals", function()
  helper.watch()

  it("tells which have come, lowest number first", function()
    local signals = helper.keep(assert(mio.signal("USR2", "USR1", "HUP")))
    assert.same({ nil, "again" }, { signals:try_read() })
    helper.kill("USR2")
    helper.kill("USR1")
    helper.await(signals, "r")
    assert.equal("USR1", signals:try_read())
    assert.equal("USR2", signals:try_read())
    assert.same({ nil, "again" }, { signals:try_read() })
  end)

  it("is a source for polls", function()
    local poll = helper.poll()
    local signals = helper.keep(assert(mio.signal("USR1")))
    poll:register(signals, "signals", "r")
    helper.kill("USR1")
    local got = {}
    for token in poll:wait(10) do
      table.insert(got, token)
      table.insert(got, (signals:try_read()))
    end
    assert.same({ "signals", "USR1" }, got)
  end)

  it("may name a signal twice, and share it with others", function()
    local one = helper.keep(assert(mio.signal("USR1", "USR1", 10)))
    local other = helper.keep(assert(mio.signal("USR1")))
    helper.kill("USR1")
    helper.await(one, "r")
    helper.await(other, "r")
    assert.equal("USR1", one:try_read())
    assert.equal("USR1", other:try_read())
  end)

  it("ends its registrations when it is closed", function()
    local loop = helper.loop()
    local signals = assert(mio.signal("USR1"))
    local registration = assert(loop:register(signals, "r", print))
    assert.equal(("mio.signals (descriptor %d)"):format(signals:getfd()), tostring(signals))
    signals:close()
    assert.equal("mio.registration (ended)", tostring(registration))
    assert.equal("mio.signals (closed)", tostring(signals))
    assert.is_true(loop:run())
  end)

  it("is closed as a variable and by the collector", function()
    do
      local signals <close> = assert(mio.signal("USR1"))
      assert.is_truthy(signals:getfd())
      assert(mio.signal("USR2"))
    end
  end)

  it("is closed by its own method only", function()
    local signals = helper.keep(assert(mio.signal("USR1")))
    local stream, listener = helper.pair(), helper.listener()
    assert.is_false(pcall(stream.close, signals))
    assert.is_false(pcall(listener.close, signals))
    assert.is_truthy(signals:getfd())
  end)

  it("says what it expects, before anything is caught", function()
    assert.equal("bad argument #1 to 'signal' (value expected)",
      raised(function() mio.signal() end))
    assert.equal("bad argument #2 to 'signal' (unknown signal 'x')",
      raised(function() mio.signal("USR1", "x") end))
    assert.equal("bad argument #2 to 'signal' (this signal cannot be caught)",
      raised(function() mio.signal("USR1", "KILL") end))
    assert.equal("bad argument #2 to 'signal' (name or number of a signal expected, got nil)",
      raised(function() mio.signal("USR1", nil) end))
  end)

  it("wants none where one cannot be caught", function()
    local output, status = helper.run([[
      local mio = require("mio")
      assert(not pcall(mio.signal, "TERM", "KILL"))
      io.popen("kill -TERM $PPID"):close()
      print("caught")
    ]])
    assert.equal("", output)
    assert.equal(128 + 15, status)
  end)

  it("is readable while a signal waits", function()
    local signals = helper.keep(assert(mio.signal("USR1", "USR2")))
    local poll = helper.poll()
    local names = {}
    assert(poll:register(signals, true, "r"))
    helper.kill("USR1")
    helper.kill("USR2")
    for _ = 1, 2 do
      for _ in poll:wait(10) do
        table.insert(names, signals:try_read())
      end
    end
    table.sort(names)
    assert.same({ "USR1", "USR2" }, names)
    for _ in poll:wait(0) do error("nothing waits") end
  end)
end)
