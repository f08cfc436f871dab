local helper = require("spec.helper")
local mio = require("mio")

local rows = {}

local function ready()
  return (helper.pair("unix:"))
end

local function nothing() end

local function refused(expected, ...)
  local result, _, code = ...
  assert(result == nil and code == expected, tostring(code))
end

rows["descriptors that are none"] = function()
  local loop, poll = mio.loop(), mio.poll()
  for _, number in ipairs({ -1, 2^31, 1.5, 0 / 0, math.huge, math.mininteger, "3", true }) do
    assert(not pcall(loop.register, loop, number, "r", print))
    assert(not pcall(poll.register, poll, number, 1, "r"))
  end
  for _, number in ipairs({ 999, 100000, 2^31 - 1 }) do
    local registration, _, code = loop:register(number, "r", print)
    assert(not registration and (code == "EBADF" or code == "ENOMEM"), code)
  end
  assert(loop:run())
end

rows["a regular file, a folder, a closed file"] = function()
  local loop = mio.loop()
  local file = assert(io.open("meson.build"))
  local _, _, code = loop:register(file, "r", print)
  assert(code == "EPERM", code)
  file:close()
  local _, err = loop:register(file, "r", print)
  assert(err == "closed")
end

rows["a paused file that is closed behind its loop, and whose number comes back"] = function()
  local loop = mio.loop()
  for _, again in ipairs({ true, false }) do
    local file, calls, told = assert(io.popen("echo text")), 0, false
    local paused = assert(loop:register(file, "r", function(_, _, _, closed) told = closed end))
    assert(paused:pause(0.01))
    file:close() -- a Lua file: mio does not know
    local other = assert(io.popen("echo text")) -- with its number
    local registration = again and assert(loop:register(other, "r", function(_, _, _, _, this)
      calls = calls + 1
      this:deregister()
    end))
    assert(loop:run())
    assert(calls == (again and 1 or 0) and told == not again)
    assert(not registration or not registration.source)
    other:close()
    assert(select(2, paused:pause(1)) == "closed")
  end
end

rows["one coroutine for everything, which ends"] = function()
  for _, finish in ipairs({ nothing, error, function() coroutine.yield() end }) do
    local loop = mio.loop()
    local co = coroutine.create(finish)
    for _ = 1, 20 do
      assert(loop:register(ready(), "w", co))
      assert(loop:every(0.001, co))
      local sender = assert(loop:channel(co))
      sender:send(true)
      sender:close()
    end
    assert(loop:signal("USR1", co))
    helper.kill("USR1")
    while tostring(loop) ~= "mio.loop (0 registered)" do
      pcall(loop.run_once, loop)
    end
    assert(not pcall(loop.after, loop, 0, co))
    assert(loop:run())
  end
end

rows["standard streams"] = function()
  local loop = mio.loop()
  for _, file in ipairs({ io.stdin, io.stdout, io.stderr }) do
    local registration, _, code = loop:register(file, "rw", nothing)
    assert(registration or code == "EPERM", code)
  end
  for number = 0, 2 do
    loop:register(number, "r", nothing)
  end
  loop:run_once(0)
end

rows["the same descriptor twice, as number and as object"] = function()
  local loop = mio.loop()
  local stream = ready()
  assert(loop:register(stream, "r", print))
  local object = { getfd = function() return stream:getfd() end }
  for _, source in ipairs({ stream, stream:getfd(), object }) do
    local _, _, code = loop:register(source, "r", print)
    assert(code == "EEXIST", code)
  end
end

rows["objects of others that answer now this, now that"] = function()
  local loop, poll = mio.loop(), mio.poll()
  local a, b = helper.pair()
  local answers = { a:getfd(), b:getfd(), a:getfd(), -1, "3", {}, 0 / 0 }
  local asked = 0
  local object = setmetatable({}, { __index = function(_, name)
    assert(name == "pollfd")
    return function()
      asked = asked + 1
      return answers[asked]
    end
  end })
  local first = assert(loop:register(object, "w", print))
  assert(loop:register(object, "w", print))
  refused("EEXIST", loop:register(object, "w", print))
  local _, err = loop:register(object, "w", print)
  assert(err == "closed")
  for _ = 5, #answers do
    assert(not pcall(loop.register, loop, object, "w", print))
  end
  assert(select(2, poll:register(object, 1, "w")) == "closed" and asked == #answers + 1)
  assert(first:reregister("r")) -- it is what it was: nobody is asked again
  assert(first:deregister() and asked == #answers + 1)
end

rows["an object that closes what it names, while it is asked"] = function()
  local loop = mio.loop()
  local a, b = helper.pair()
  refused("EBADF", loop:register({ getfd = function()
    local fd = a:getfd()
    a:close()
    return fd
  end }, "w", print))
  local registration
  registration = assert(loop:register(b, "w", print))
  refused("EEXIST", loop:register({ get_fd = function()
    registration:deregister()
    registration = loop:register(b, "w", print)
    return b:getfd()
  end }, "w", print))
end

rows["handlers, interests and options that are none"] = function()
  local loop = mio.loop()
  local stream = ready()
  for _, handler in ipairs({ 42, "print", true, {}, io.stdout, mio.buffer(), false }) do
    assert(not pcall(loop.register, loop, stream, "r", handler))
    assert(not pcall(loop.after, loop, 0, handler))
    assert(not pcall(loop.signal, loop, "USR1", handler))
  end
  assert(not pcall(loop.register, loop, stream, "r", nil))
  for _, interest in ipairs({ "", "x", "rwx", "\0", "r\0", 42, {}, true }) do
    assert(not pcall(loop.register, loop, stream, interest, print))
  end
  for _, options in ipairs({ "edge", { "edge" }, { trigger = 1 }, { triger = "edge" }, 42 }) do
    assert(not pcall(loop.register, loop, stream, "r", print, options))
  end
  assert(loop:register(stream, "r", print))
end

rows["objects as handlers that answer this and that, and end everything"] = function()
  local loop = mio.loop()
  for _, answer in ipairs({ 1, "x", {}, true, io.stdout, coroutine.create(print) }) do
    local object = setmetatable({}, { __index = function() return answer end })
    assert(not pcall(loop.register, loop, ready(), "r", object))
    assert(not pcall(loop.after, loop, 0, object))
    assert(not pcall(loop.every, loop, 1, object))
    assert(not pcall(loop.channel, loop, object))
    assert(not pcall(loop.signal, loop, "USR1", object))
    assert(not pcall(loop.child, loop, 1, object))
  end
  assert(not pcall(loop.after, loop, 0, setmetatable({}, { __index = error })))
  local object = {}
  function object.ready(self, source, _, _, _, registration)
    registration:deregister()
    source:close()
    self.ready, self.timeout = nil, nil
    collectgarbage()
    error(self)
  end
  function object.timeout() loop:close() end
  loop:register(ready(), "w", object)
  loop:after(0, object)
  assert(select(2, pcall(loop.run, loop)) == object)
  loop:run()
  assert(select(2, loop:run()) == "closed")
end

rows["another one closed whose event is in the same batch"] = function()
  local loop = mio.loop()
  local streams, registrations, calls = {}, {}, 0
  for i = 1, 50 do
    streams[i] = ready()
  end
  for i, stream in ipairs(streams) do
    registrations[i] = loop:register(stream, "w", function(_, _, _, _, registration)
      calls = calls + 1
      for j = 1, 50 do
        if registrations[j] ~= registration then
          if j % 2 == 0 then
            streams[j]:close()
          else
            registrations[j]:deregister()
          end
          registrations[j] = nil
        end
      end
      streams, registrations = {}, { registration }
      collectgarbage()
      collectgarbage()
      loop:shutdown()
    end)
  end
  loop:run()
  assert(calls == 1)
end

rows["files closed under it"] = function()
  local loop = mio.loop()
  local old = {}
  for i = 1, 20 do
    local file = assert(io.popen("exec cat >/dev/null", "w"))
    old[i] = assert(loop:register(file, "w", nothing))
    file:close()
    loop:run_once(0)
  end
  for _, registration in ipairs(old) do
    registration:reregister("r")
    registration:pause(0.001)
    registration:deregister()
    assert(tostring(registration) == "mio.registration (ended)")
  end
  loop:run_once(0.01)
  assert(loop:run())
end

rows["files closed under it, and their numbers taken by others"] = function()
  local old
  do
    local loop = mio.loop()
    local first = assert(io.popen("exec cat >/dev/null", "w"))
    old = assert(loop:register(first, "w", nothing))
    first:close()
    local second = assert(io.popen("exec cat >/dev/null", "w"))
    assert(loop:register(second, "w", nothing))
    for _ = 1, 10 do
      assert(loop:register(ready(), "w", nothing))
    end
    loop:run_once(0)
    collectgarbage()
  end
  collectgarbage()
  collectgarbage()
  assert(old:deregister())
  local _, err = old:reregister("r")
  assert(err == "closed")
end

rows["files closed under it while it rests"] = function()
  local loop = mio.loop()
  local told
  local file = assert(io.popen("exec cat >/dev/null", "w"))
  local registration
  registration = loop:register(file, "w", function(_, _, _, closed)
    told = closed
    registration:deregister()
  end)
  assert(registration:pause(0.001))
  file:close()
  loop:run()
  assert(told == true)
  local other = loop:register(ready(), "w", function() loop:shutdown() end)
  assert(registration:deregister())
  loop:run()
  assert(other:deregister())
end

rows["deregister, then an error, in its own handler"] = function()
  local loop = mio.loop()
  for _ = 1, 100 do
    loop:register(ready(), "w", function(_, _, _, _, registration)
      registration:deregister()
      error("mine", 0)
    end)
    assert(select(2, pcall(loop.run, loop)) == "mine")
    assert(loop:run())
  end
end

rows["a handler that closes its own source and goes on using both"] = function()
  local loop = mio.loop()
  loop:register(ready(), "w", function(source, _, _, _, registration)
    source:close()
    collectgarbage()
    assert(select(2, source:try_write("x")) == "closed")
    assert(select(2, registration:reregister("r")) == "closed")
    assert(registration.source == nil)
    assert(registration:deregister())
  end)
  assert(loop:run())
end

rows["a source whose finalizer registers it again"] = function()
  local loop = mio.loop()
  do
    local stream = ready()
    setmetatable({}, { __gc = function()
      loop:register(stream, "w", nothing)
    end })
  end
  helper.close_all()
  collectgarbage()
  collectgarbage()
  loop:run_once(0)
end

rows["finalizers that do everything, at every moment"] = function()
  local loop = mio.loop()
  local poll = mio.poll()
  local stream = ready()
  local calls, over = 0, false
  local function finalizer()
    calls = calls + 1
    loop:register(stream, "w", nothing)
    poll:register(stream, calls, "w")
    loop:after(0, nothing)
    loop:signal("USR1", nothing):deregister()
    loop:run_once(0)
    if calls % 5 == 0 then
      stream:close()
      stream = ready()
    end
    if calls % 7 == 0 then
      loop:close()
    end
    if calls % 7 == 0 and not over then -- Lua finalizes nothing that is made as a state closes
      loop = mio.loop()
    end
    for _ in poll:wait(0) do end
  end
  for _ = 1, 3000 do
    setmetatable({}, { __gc = finalizer })
    local _, err = loop:register(stream, "rw", nothing)
    assert(err == nil or err == "closed" or err == "exists already", err)
    loop:after(0, nothing)
    stream:try_write("x", 12345.5, mio.buffer():append("y"))
    stream:try_read()
    loop:run_once(0)
    for token in poll:wait(0) do
      assert(token)
    end
  end
  over = true
  assert(calls > 10, calls)
end

rows["many closed in one handler"] = function()
  local loop = mio.loop()
  local listener = assert(mio.listen("unix:", { backlog = 4096 }))
  local address = listener:local_address()
  local streams = {}
  for i = 1, 900, 2 do
    streams[i] = assert(mio.try_connect(address))
    streams[i + 1] = assert(listener:try_accept())
  end
  local calls = 0
  for _, stream in ipairs(streams) do
    assert(loop:register(stream, "w", function()
      calls = calls + 1
      for _, other in ipairs(streams) do
        other:close()
      end
    end))
  end
  assert(loop:run())
  assert(calls == 1, calls)
end

rows["registrations by the hundred thousand, one after the other"] = function()
  local loop = mio.loop()
  local stream = ready()
  for _ = 1, 100000 do
    assert(loop:register(stream, "w", nothing)):deregister()
  end
  for _ = 1, 20000 do
    loop:register(stream, "w", nothing)
    stream:close()
    stream = assert(mio.try_connect("127.0.0.1:1"))
  end
end

rows["pauses of every kind"] = function()
  local loop = mio.loop()
  local stream = ready()
  local registration
  registration = loop:register(stream, "w", function() registration:pause(0) end)
  for _, seconds in ipairs({ 0, 1e-9, math.huge, 1e300, 0.001 }) do
    assert(registration:pause(seconds))
    loop:run_once(0)
  end
  registration:pause(0)
  loop:run_once(1)
  registration:pause(math.huge)
  assert(registration:deregister())
  assert(loop:run())
end

rows["a poll's registrations in a loop's hands, and the other way round"] = function()
  local loop, poll = mio.loop(), mio.poll()
  local stream = ready()
  assert(not pcall(loop.register, poll, stream, "r", print))
  assert(not pcall(poll.register, loop, stream, 1, "r"))
  assert(not pcall(loop.close, poll))
  assert(not pcall(poll.close, loop))
  local of_poll = assert(poll:register(stream, "token", "w"))
  local of_loop = assert(loop:register(stream, "w", nothing))
  poll:close()
  assert(select(2, of_poll:reregister("r")) == "closed")
  assert(of_loop:reregister("r"))
end

rows["all signals there are, in many loops"] = function()
  local loops = {}
  for i = 1, 10 do
    loops[i] = mio.loop()
    for number = 1, 64 do
      local ok, registration = pcall(loops[i].signal, loops[i], number, nothing)
      assert(ok or registration:match("cannot be caught"), registration)
    end
  end
  helper.kill("USR1")
  helper.kill("HUP")
  for _, loop in ipairs(loops) do
    loop:run_once(0)
    loop:close()
  end
end

rows["a signal that comes while the state is closed"] = function()
  _G.loop = mio.loop()
  _G.loop:signal("USR1", nothing)
  _G.last_of_all = setmetatable({}, { __gc = function() helper.kill("USR1") end })
end

return rows
