local helper = require("spec.helper")
local mio = require("mio")

local rows = {}

local function ended_process()
  local process = assert(mio.process({ "true" }))
  local status = ("/proc/%d/status"):format(process.pid)
  repeat
    local file = assert(io.open(status))
    local text = file:read("a")
    file:close()
  until text:match("State:%s+Z")
  return process
end

local function refused(expected, ...)
  local result, err, code = ...
  assert(result == nil and (code or err) == expected, tostring(code or err))
end

rows["a child's handler does everything to itself"] = function()
  local loop = mio.loop()
  local process = ended_process()
  assert(loop:child(process, function(_, _, registration)
    refused("ESRCH", loop:child(process, print))
    refused("ESRCH", process:kill())
    refused("closed", registration:reregister("r"))
    assert(registration:deregister())
    assert(registration:deregister())
    refused("running", loop:run())
    collectgarbage()
  end))
  assert(loop:run())
end

rows["a child's handler closes the loop"] = function()
  local loop = mio.loop()
  local calls = 0
  for _ = 1, 3 do
    assert(loop:child(ended_process(), function()
      calls = calls + 1
      loop:close()
      collectgarbage()
    end))
  end
  loop:run()
  assert(calls == 1)
  refused("closed", loop:run())
end

rows["an error in each child's handler"] = function()
  local loop = mio.loop()
  for _ = 1, 5 do
    assert(loop:child(ended_process(), function() error("mine", 0) end))
  end
  for _ = 1, 5 do
    assert(select(2, pcall(loop.run, loop)) == "mine")
  end
  assert(loop:run())
end

rows["one child forgets a hundred"] = function()
  local loop = mio.loop()
  local registrations, calls = {}, 0
  local function handler()
    calls = calls + 1
    for _, registration in ipairs(registrations) do
      registration:deregister()
    end
  end
  for i = 1, 100 do
    registrations[i] = assert(loop:child(ended_process(), handler))
  end
  assert(loop:run())
  assert(calls == 1)
end

rows["the same child twice, and in two loops"] = function()
  local process = assert(mio.process({ "sleep", "1000" }))
  local told = {}
  local function handler(how) table.insert(told, how) end
  local loops = { mio.loop(), mio.loop() }
  for i = 1, 4 do
    assert(loops[i % 2 + 1]:child(process, handler))
  end
  process:kill("KILL")
  assert(loops[1]:run() and loops[2]:run())
  table.sort(told)
  assert(table.concat(told, " ") == "signal unknown unknown unknown")
end

rows["this very process, its parent, the first of all"] = function()
  local loop = mio.loop()
  local own = tonumber(io.open("/proc/self/stat"):read("a"):match("%d+"))
  for _, pid in ipairs({ own, 1 }) do
    assert(loop:child(pid, error))
  end
  assert(loop:run_once(0))
end

rows["a loop is collected with its children"] = function()
  local process = assert(mio.process({ "sleep", "1000" }))
  for _ = 1, 3 do
    local loop = mio.loop()
    assert(loop:child(process, function() return loop end))
  end
  collectgarbage()
  collectgarbage()
  process:kill("KILL")
  local loop = mio.loop()
  assert(loop:child(process, print))
  assert(loop:run())
end

rows["os.exit in a child's handler"] = function()
  local loop = mio.loop()
  assert(loop:child(ended_process(), function()
    print("left")
    os.exit(0, true)
  end))
  loop:run()
end

rows["the descriptor limit"] = function()
  local pipes = { stdin = "pipe", stdout = "pipe", stderr = "pipe" }
  local loop = mio.loop()
  local kept, result = {}, nil
  for i = 1, 100 do
    result = table.pack(mio.process({ "sleep", "1000" }, pipes))
    kept[i] = result[1]
  end
  for _, process in ipairs(kept) do
    process:kill("KILL")
    loop:child(process, function() end)
  end
  assert(#kept == 100 or result[3] == "EMFILE" or result[3] == "ENFILE", result[2])
end

rows["an environment that changes while it is read"] = function()
  local env = {}
  for i = 1, 1000 do
    env["NAME" .. i] = ("x"):rep(100)
  end
  for i = 1, 100 do
    setmetatable({}, { __gc = function()
      env["NAME" .. i] = nil
      env["NAME" .. i + 1] = ("y"):rep(200)
    end })
  end
  for _ = 1, 3 do
    pcall(mio.process, { "true" }, { env = env })
    collectgarbage("step")
  end
end

rows["arguments beyond what the system takes"] = function()
  refused("E2BIG", mio.process({ "true", ("x"):rep(1 << 22) }))
  local many = { "true" }
  for i = 2, 200000 do
    many[i] = ("x"):rep(100)
  end
  refused("E2BIG", mio.process(many))
end

rows["its streams closed before it has ended"] = function()
  local loop = mio.loop()
  local process = assert(mio.process({ "cat" }, { stdin = "pipe", stdout = "pipe" }))
  local told
  assert(loop:register(process.stdout, "r", error))
  assert(loop:child(process, function(...) told = ... end))
  process.stdout:close()
  process.stdin:close()
  refused("closed", process.stdin:try_write("x"))
  assert(loop:run())
  assert(told == "exit")
end

rows["metamethods by hand"] = function()
  local process = ended_process()
  local meta = debug.getmetatable(process)
  for _, name in ipairs({ "__index", "__tostring" }) do
    for _, value in ipairs({ io.stdout, mio.loop(), {}, 1, helper }) do
      assert(not pcall(meta[name], value, "pid"))
    end
  end
end

return rows
