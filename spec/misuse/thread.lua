local helper = require("spec.helper")
local mio = require("mio")

local rows = {}

rows["everything that cannot be a thread, or its argument"] = function()
  local cycle = {}
  cycle[1] = cycle
  local stream = helper.pair()
  stream:close()
  mio.run(function()
    local outside = stream
    for _, fn in ipairs({
      1, "return 1", {}, print, coroutine.create(print), false,
      function() return outside end, coroutine.wrap(print),
    }) do
      assert(not pcall(mio.thread, fn))
    end
    for _, value in ipairs({
      print, cycle, io.stdout, coroutine.create(print), { { f = function() end } }, stream,
      mio.scope(), mio.buffer(), setmetatable({ mio.loop() }, {}),
    }) do
      assert(not pcall(mio.thread, function() end, 1, value), tostring(value))
    end
    local stripped = load(string.dump(function() return outside end, true))
    assert(not pcall(mio.thread, stripped))
  end)
  assert(not pcall(mio.thread, function() end))
end

rows["threads that end in every way while nobody looks"] = function()
  for _, fn in ipairs({
    function() error(nil) end,
    function() error({}) end,
    function() error(setmetatable({}, { __tostring = error })) end,
    function() error(print) end,
    function() return print end,
    function() local t = {} t[1] = t return t end,
    function() local function f() return f() + 1 end return f() end,
    function() require("no.such.module") end,
    function() require("mio").run(print) end,
    function() require("mio").channel():recv() end,
    function() coroutine.yield() coroutine.close(coroutine.running()) end,
    function() setmetatable({}, { __gc = function() error("late") end }) end,
    function() for i = 1, 300 do setmetatable({}, { __gc = function() return i end }) end end,
    function() debug.sethook() end,
    function() return require("mio").thread(function() return 1 end):join() end,
    function() require("mio").thread(function() while true do end end) error("up") end,
  }) do
    pcall(mio.run, function() mio.thread(fn) end)
    pcall(mio.run, function() mio.thread(fn):join() end)
    pcall(mio.run, function() mio.thread(fn):cancel() end)
  end
end

rows["a thread that ends the process"] = function()
  local out = helper.run([[
    local mio = require("mio")
    mio.run(function()
      mio.thread(function() os.exit(0) end)
      mio.sleep(100)
    end)]])
  assert(out == "", out)
end

rows["joining and cancelling again and again, and what is none"] = function()
  mio.run(function()
    local thread = mio.thread(function() return 1 end)
    for _ = 1, 3 do assert(thread:join() == 1) end
    for _ = 1, 3 do assert(thread:cancel()) end
    assert(thread:join() == 1)
    for _, other in ipairs({ 1, {}, mio.current(), mio.shared_channel(), print }) do
      assert(not pcall(thread.join, other))
      assert(not pcall(thread.cancel, other))
      assert(not pcall(thread.status, other))
      assert(not pcall(mio.current().join, thread))
    end
    assert(not pcall(function() thread.keeper = nil end) or thread.keeper == nil)
  end)
end

rows["threads without end, left by an error, an exit and a collected state"] = function()
  for _ = 1, 5 do
    assert(not pcall(mio.run, function()
      for _ = 1, 3 do mio.thread(function() while true do pcall(error) end end) end
      mio.thread(function() require("mio").sleep(1e9) end)
      mio.sleep(0.001)
      error("leave")
    end))
  end
  mio.run(function()
    mio.thread(function() while true do end end)
    mio.sleep(0.001)
    print("left")
    os.exit(0, true)
  end)
end

rows["somebody closes the coroutine of a task with threads"] = function()
  local ok, err = pcall(mio.run, function()
    local co
    mio.spawn(function()
      co = coroutine.running()
      mio.thread(function() while true do end end):join()
    end)
    mio.sleep(0.01)
    coroutine.close(co)
    mio.sleep(0.01)
  end)
  assert(not ok and err:find("closed by somebody else"))
end

rows["a shared channel with everybody waiting, closed, collected, forgotten"] = function()
  for _, how in ipairs({ "close", "cancel", "error", "exit" }) do
    pcall(mio.run, function()
      local channel = mio.shared_channel(1)
      for i = 1, 5 do
        mio.spawn(function() channel:recv() end)
        mio.thread(function(there) while there:recv() do end end, channel)
        mio.thread(function(there, n) while there:send(n) do end end, channel, i)
      end
      mio.sleep(0.01)
      if how == "close" then channel:close() end
      if how == "cancel" then mio.current():cancel() end
      if how == "error" then error("leave") end
      if how == "exit" then
        print("left")
        os.exit(0, true)
      end
    end)
  end
end

rows["a moved socket, in every way"] = function()
  mio.run(function()
    local channel = mio.shared_channel(10)
    local a, b = assert(mio.pair())
    local loop <close> = mio.loop()
    local registration = assert(loop:register(b, "r", print))
    assert(channel:send({ b }))
    assert(select(2, b:try_read()) == "closed" and select(2, b:try_write("x")) == "closed")
    assert(select(2, b:read()) == "closed" and select(2, b:write("x")) == "closed")
    assert(select(2, mio.wait(b)) == "closed" and b:close())
    assert(not pcall(channel.send, channel, b))
    assert(not pcall(loop.register, loop, b, "r", print) or true)
    registration:deregister()
    assert(tostring(b) == "mio.stream (closed)")
    local got = channel:recv()[1]
    assert(got:write("hello") and a:read() == "hello")
    local listener <close> = assert(mio.listen("127.0.0.1:0"))
    mio.spawn(function() assert(select(2, listener:accept()) == "closed") end)
    mio.sleep(0)
    assert(channel:send(listener))
    got:close()
    a:close()
  end)
end

rows["a ring of shared channels, and sockets in what nobody receives"] = function()
  local one, two = mio.shared_channel(1), mio.shared_channel(1)
  assert(one:try_send({ two }) and two:try_send({ one }))
  assert(not pcall(one.try_send, one, { one }))
  assert(one:try_recv()[1])
  for _ = 1, 2000 do
    local a = assert(mio.pair())
    assert(mio.shared_channel(1):try_send({ a, { a = assert(mio.pair()) } }))
    if _ % 100 == 0 then collectgarbage() end
  end
end

return rows
