local helper = require("spec.helper")
local mio = require("mio")

local rows = {}

local function nothing() end

rows["a pipe that feeds itself for ever, beside a timer"] = function()
  local loop = mio.loop()
  local reader, writer = assert(mio.pipe())
  local turns, beats = 0, 0
  writer:try_write("x")
  loop:register(reader, "r", function()
    turns = turns + 1
    assert(writer:try_write(assert(reader:try_read())))
  end)
  loop:every(0.002, function()
    beats = beats + 1
    if beats == 5 then loop:shutdown() end
  end)
  assert(loop:run())
  assert(turns > 0 and beats == 5)
end

rows["a thousand writes to nobody"] = function()
  local reader, writer = assert(mio.pipe())
  reader:close()
  local buffer = mio.buffer():append(("x"):rep(100000))
  for _ = 1, 1000 do
    assert(select(3, writer:try_write("x")) == "EPIPE")
    assert(select(3, writer:try_write(buffer, "x")) == "EPIPE")
  end
  assert(#buffer == 100000)
  assert(writer:try_write("") == 0)
end

rows["each end used and registered as the other one"] = function()
  local loop = mio.loop()
  local reader, writer = assert(mio.pipe())
  local told = {}
  local function tell(source, _, _, closed)
    assert(closed)
    told[source] = true
    source:close()
  end
  assert(loop:register(reader, "w", tell))
  assert(loop:register(writer, "r", tell))
  assert(select(3, reader:try_write("x")) == "EBADF")
  assert(select(3, writer:try_read()) == "EBADF")
  assert(select(3, writer:try_read_into(mio.buffer())) == "EBADF")
  loop:after(0.01, function() reader:close() end)
  assert(loop:run())
  assert(told[writer] and not told[reader])
end

rows["both ends closed by the handler of either"] = function()
  for _, first in ipairs({ 1, 2 }) do
    local loop = mio.loop()
    local ends = { assert(mio.pipe()) }
    local calls = 0
    for _, stream in ipairs(ends) do
      loop:register(stream, "rw", function()
        calls = calls + 1
        ends[first]:close()
        ends[3 - first]:close()
      end)
    end
    ends[2]:try_write("x")
    assert(loop:run())
    assert(calls == 1)
  end
end

rows["pipes dropped while they are registered and full"] = function()
  local loop = mio.loop()
  for _ = 1, 300 do
    local reader, writer = assert(mio.pipe())
    helper.fill(writer)
    loop:register(reader, "w", nothing)
    loop:register(writer, "r", nothing)
    reader:close()
    writer:close()
  end
  for _ = 1, 300 do
    local reader, writer = mio.pipe()
    if not reader then
      assert(writer)
      collectgarbage()
    end
  end
  assert(loop:run())
end

rows["pipes in the hands of finalizers"] = function()
  local reader, writer = assert(mio.pipe())
  local function finalizer()
    writer:try_write("x", mio.buffer():append("y"))
    reader:close()
    writer:try_write("x")
    writer:close()
    reader, writer = assert(mio.pipe())
  end
  local buffer = mio.buffer()
  for i = 1, 3000 do
    setmetatable({}, { __gc = finalizer })
    writer:try_write("abc", i, i + 0.5)
    reader:try_read_into(buffer:clear())
    reader:try_read()
  end
end

rows["standard streams opened up to the limit, and dropped"] = function()
  local limit
  for _ = 1, 3 do
    local streams = {}
    repeat
      local stream, _, code = mio.stderr()
      streams[#streams + 1] = stream
      limit = code
    until not stream or #streams == 1000
    assert(limit == nil or limit == "EMFILE")
    streams = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
  end
  assert(helper.descriptors() < 100)
  assert(io.stderr:write(""))
end

rows["a standard stream beside io, closed on either side"] = function()
  local output = assert(mio.stdout())
  io.write("buffered ")
  assert(output:try_write("first\n") == 6)
  assert(not pcall(output.try_write, io.stdout, "x"))
  assert(not pcall(io.stdout.write, output, "x"))
  pcall(io.stdout.close, io.stdout)
  assert(output:try_write("second\n") == 7)
  output:close()
  assert(io.write("third\n"))
  assert(assert(mio.stdout()):try_write("fourth\n") == 7)
end

rows["a standard stream in many loops, by many objects"] = function()
  local calls = 0
  local loops = {}
  for i = 1, 10 do
    loops[i] = mio.loop()
    local output = assert(mio.stdout())
    for _ = 1, 2 do
      local stream = assert(mio.stdout())
      assert(loops[i]:register(stream, "w", function() -- the output of a row is a pipe
        calls = calls + 1
        stream:close()
        output:close()
      end))
    end
    assert(loops[i]:register(output, "r", nothing))
  end
  for _, loop in ipairs(loops) do
    assert(loop:run())
  end
  assert(calls == 20)
end

rows["a standard stream registered, and an error in its handler"] = function()
  local loop = mio.loop()
  local output = assert(mio.stdout())
  loop:register(output, "w", function() error("on purpose") end)
  for _ = 1, 100 do
    assert(not pcall(loop.run, loop))
  end
  loop:close()
  assert(output:try_write("") == 0)
end

rows["the process ended by a handler of a pipe"] = function()
  local loop = mio.loop()
  local _, writer = assert(mio.pipe())
  loop:register(writer, "w", function()
    assert(mio.stdout()):try_write("left\n")
    os.exit(0, true)
  end)
  loop:run()
end

rows["arguments where none are taken"] = function()
  for _, value in ipairs({ 1, "x", {}, print, false }) do
    for _, create in ipairs({ mio.pipe, mio.stdin, mio.stdout, mio.stderr }) do
      assert(create(value, value))
    end
  end
end

return rows
