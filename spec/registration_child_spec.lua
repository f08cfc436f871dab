local helper = require("spec.helper")

local raised = helper.raised

describe("a child", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop() end)

  -- A child that runs a command of the shell. io.popen only starts it: it is the loop's to wait
  -- for, so that closing the pipe finds nobody.
  local function start(command)
    local pipe = assert(io.popen("echo $$; " .. command))
    local pid = pipe:read("n")
    helper.keep(pipe)
    return pid
  end

  -- What the handler of a child got, once it has ended.
  local function outcome(pid)
    local got
    assert(loop:child(pid, function(...) got = table.pack(...) end))
    assert.is_true(loop:run())
    return got
  end

  local function kill(pid, name)
    assert(os.execute(("kill -%s %d"):format(name, pid)))
  end

  it("tells its status, and its registration", function()
    local got
    local registration = assert(loop:child(start("exit 3"), function(...)
      got = table.pack(...)
    end))
    assert.equal("mio.registration (live)", tostring(registration))
    assert.is_true(loop:run())
    assert.same({ "exit", 3, registration, n = 3 }, got)
    assert.equal("mio.registration (ended)", tostring(registration))
    assert.is_nil(registration.source)
  end)

  it("tells status 0, and the highest", function()
    assert.same({ "exit", 0 }, { table.unpack(outcome(start("exit 0")), 1, 2) })
    assert.same({ "exit", 255 }, { table.unpack(outcome(start("exit 255")), 1, 2) })
  end)

  it("tells the signal that has killed it, by name or number", function()
    for name, told in pairs({ TERM = "TERM", KILL = "KILL", USR1 = "USR1", SYS = 31 }) do
      local pid = start("exec sleep 1000")
      kill(pid, name)
      assert.same({ "signal", told }, { table.unpack(outcome(pid), 1, 2) })
    end
  end)

  it("that somebody else has waited for has ended somehow", function()
    local pipe = assert(io.popen("echo $$; read line; exit 5"))
    local pid = pipe:read("n")
    local got
    assert(loop:child(pid, function(...) got = table.pack(...) end))
    kill(pid, "KILL")
    pipe:close() -- waits
    assert.is_true(loop:run())
    assert.same({ "unknown", nil, n = 3 }, { got[1], got[2], n = got.n })
  end)

  it("keeps the loop running, and counts", function()
    local pid = start("exec sleep 1000")
    local registration = assert(loop:child(pid, print))
    assert.equal("mio.loop (1 registered)", tostring(loop))
    assert.equal(pid, registration.source)
    loop:after(0.001, function()
      assert.is_true(registration:deregister())
    end)
    assert.is_true(loop:run())
    assert.equal("mio.loop (0 registered)", tostring(loop))
    kill(pid, "KILL")
  end)

  it("that is forgotten by a sibling is not told", function()
    local registrations, calls = {}, 0
    local function handler(_, _, registration)
      calls = calls + 1
      for _, other in ipairs(registrations) do
        if other ~= registration then
          other:deregister()
        end
      end
    end
    for i = 1, 2 do
      local pid = start("exit 0")
      os.execute(("while kill -0 %d && ! grep -q '^State:.*Z' /proc/%d/status; do :; done 2>&-")
        :format(pid, pid))
      registrations[i] = assert(loop:child(pid, handler))
    end
    assert.is_true(loop:run())
    assert.equal(1, calls)
  end)

  it("may have a coroutine as its handler", function()
    local got
    local co = coroutine.create(function(...)
      got = { ... }
      error("that was all", 0)
    end)
    local registration = assert(loop:child(start("exit 4"), co))
    assert.matches("^that was all", raised(loop.run, loop))
    assert.same({ "exit", 4, registration }, got)
    assert.is_true(loop:run())
  end)

  it("may be followed by another one, in its handler", function()
    local codes = {}
    local function next_child(_, code)
      table.insert(codes, code)
      if #codes < 5 then
        assert(loop:child(start("exit " .. #codes), next_child))
      end
    end
    assert(loop:child(start("exit 0"), next_child))
    assert.is_true(loop:run())
    assert.same({ 0, 1, 2, 3, 4 }, codes)
  end)

  it("ends with its loop", function()
    local pid = start("exec sleep 1000")
    local registration = assert(loop:child(pid, print))
    loop:close()
    assert.equal("mio.registration (ended)", tostring(registration))
    assert.same({ nil, "closed" }, { loop:child(pid, print) })
    kill(pid, "KILL")
  end)

  it("has no interest, and does not rest", function()
    local pid = start("exec sleep 1000")
    local registration = assert(loop:child(pid, print))
    assert.equal("reregister: a child has no interest to change",
      raised(function() registration:reregister("r") end))
    assert.equal("pause: a child cannot be paused",
      raised(function() registration:pause(1) end))
    kill(pid, "KILL")
    registration:deregister()
  end)

  it("must be a process", function()
    assert.same({ nil, "no such process", "ESRCH" }, { loop:child(2147483647, print) })
    local range = "bad argument #1 to 'child' " ..
      "(a process is a whole number from 1 to 2147483647)"
    for _, value in ipairs({ 0, -1, 1.5, 2 ^ 31, 0 / 0, math.huge, math.mininteger }) do
      assert.equal(range, raised(function() loop:child(value, print) end))
    end
    for _, value in ipairs({ "1", true, {}, loop }) do
      assert.matches("^bad argument #1 to 'child' %(.*process.* expected, got ",
        raised(function() loop:child(value, print) end))
    end
    assert.matches("^bad argument #2 to 'child' %(function, coroutine, callable or object",
      raised(function() loop:child(1, 42) end))
    assert.equal("mio.loop (0 registered)", tostring(loop))
  end)

  it("is counted and listed", function()
    local pid = start("exit 0")
    local begin = debug.getinfo(1, "l").currentline + 1
    assert(loop:child(pid, function() end))
    assert.same({
      kind = "child", source = pid, where = debug.getinfo(1, "S").short_src .. ":" .. begin,
    }, loop:dump()[1])
    loop:run()
    assert.equal(1, loop:stats().children)
    assert.equal(0, #loop:dump())
  end)
end)
