local helper = require("spec.helper")
local mio = require("mio")

local rows = {}

local function defer(fn)
  return mio.defer(fn)
end

rows["everything that waits, outside of tasks"] = function()
  local client, server = helper.pair()
  local listener = helper.listener()
  local channel, mutex, semaphore = mio.channel(), mio.mutex(), mio.semaphore(1)
  for _, fn in ipairs({
    function() client:read() end, function() client:read_into(mio.buffer()) end,
    function() client:read_exactly(1) end, function() client:read_until("x") end,
    function() client:lines()() end, function() client:chunks()(client) end,
    function() client:write("x") end, function() client:flush() end,
    function() listener:accept() end, function() listener:accepts()() end,
    function() mio.connect(listener:local_address()) end,
    function() mio.copy(client, server) end,
    function() mio.sleep(0) end, function() mio.every(1) end, function() mio.yield() end,
    function() mio.wait(client) end, function() mio.select({ client }) end,
    function() mio.spawn(print) end, function() mio.scope() end,
    function() mio.timeout(1, print) end, function() mio.shield(1, print) end,
    function() channel:send(1) end, function() channel:recv() end,
    function() mutex:lock() end, function() semaphore:acquire() end,
    function() mio.serve(listener, print) end, function() mio.signal("USR1"):read() end,
    function() client:settimeout(1) end, function() client:sethighwater(1) end,
  }) do
    assert(not pcall(fn))
    assert(not pcall(coroutine.wrap(fn)))
  end
  assert(select(2, server:try_read()) == "again")
end

rows["everything with every argument, in a task"] = function()
  local values = {
    -1, 0, 1, 1.5, 0 / 0, math.huge, 2^62, "", "x", true, {}, print, io.stdout, mio.cancelled,
    coroutine.create(print), n = 15,
  }
  mio.run(function()
    for name, fn in pairs(mio) do
      local leave_out = name == "run" or name == "test" or name == "process"
      if type(fn) == "function" and not leave_out then
        for i = 1, values.n do
          mio.timeout(0.001, pcall, fn, values[i])
          mio.timeout(0.001, pcall, fn, values[i], values[(i * 7) % values.n + 1])
        end
        mio.timeout(0.001, pcall, fn)
      end
    end
  end)
end

rows["methods with every argument, in a task"] = function()
  local client, server = helper.pair()
  mio.run(function()
    server:write(("line\n"):rep(1000))
    local objects = {
      client, helper.listener(), mio.channel(2), mio.mutex(), mio.semaphore(2),
      mio.spawn(mio.sleep, 0.1), mio.current(), mio.scope(), assert(mio.datagram()),
      mio.signal("USR1"),
    }
    for _, object in ipairs(objects) do
      local index = debug.getmetatable(object).__index
      if type(index) == "function" then index = select(2, debug.getupvalue(index, 2)) end
      for name, method in pairs(index) do
        if not name:find("close") and name ~= "cancel" and name ~= "detach" then
          for _, value in ipairs({ -1, 0, 1, 0 / 0, 2^62, "", "x", {}, print, object }) do
            mio.timeout(0.001, pcall, method, object, value)
            mio.timeout(0.001, pcall, method, object, value, value)
          end
        end
      end
    end
  end)
end

rows["waiting inside of C's callbacks, then on"] = function()
  mio.run(function()
    for _ = 1, 100 do
      assert(not pcall(table.sort, { 3, 2, 1 }, function() mio.sleep(0) end))
      assert(not pcall(string.gsub, "x", "x", function() mio.yield() end))
      assert(not pcall(table.concat, { setmetatable({}, { __tostring = mio.yield }) }))
      mio.sleep(0)
    end
  end)
end

rows["a finalizer that waits"] = function()
  local tried = 0
  mio.run(function()
    for _ = 1, 100 do
      setmetatable({}, { __gc = function()
        tried = tried + 1
        mio.sleep(0)
      end })
    end
    collectgarbage()
    collectgarbage()
    mio.sleep(0)
  end)
  assert(tried > 0)
end

rows["parked coroutines resumed, closed and wrapped by others"] = function()
  local client = helper.pair()
  local coroutines = {}
  pcall(mio.run, function()
    local scope <close> = mio.scope()
    for i, wait in ipairs({
      function() mio.sleep(1) end, function() client:read() end, function() mio.yield() end,
      function() mio.wrap(function() mio.sleep(1) end)() end, function() coroutine.yield() end,
      function() mio.channel():recv() end,
    }) do
      scope:spawn(function()
        coroutines[i] = coroutine.running()
        wait()
      end)
    end
    mio.sleep(0)
    for _, co in ipairs(coroutines) do
      for _ = 1, 3 do coroutine.resume(co, "x") end
    end
    for _, co in ipairs(coroutines) do pcall(coroutine.close, co) end
    mio.sleep(0.01)
  end)
  for _, co in ipairs(coroutines) do
    coroutine.resume(co)
    pcall(coroutine.close, co)
  end
end

rows["a task that resumes and closes itself"] = function()
  mio.run(function()
    local co = coroutine.running()
    assert(not coroutine.resume(co))
    assert(not pcall(coroutine.close, co))
    assert(not pcall(mio.resume, co))
    mio.sleep(0)
  end)
end

rows["what is left of a run is used after it"] = function()
  local task, scope, channel, server, client, co
  mio.run(function()
    client = helper.pair()
    task, scope, channel = mio.current(), mio.scope(), mio.channel()
    server = mio.server(helper.listener(), print)
    co = coroutine.running()
  end)
  assert(task:cancel() and task:detach() == task and task:status() == "done")
  assert(task:join() == nil)
  assert(not pcall(scope.spawn, scope, print))
  assert(scope:cancel() and scope:close())
  assert(channel:close())
  assert(not pcall(server.run, server))
  pcall(server.stop, server)
  assert(select(2, client:try_read()) == "again")
  assert(not coroutine.resume(co))
  assert(mio.dump() == "")
end

rows["a thousand deadlocks, and errors in clean-up"] = function()
  for i = 1, 200 do
    local ok, err = pcall(mio.run, function()
      local channel = mio.channel()
      for _ = 1, 3 do
        mio.spawn(function()
          local _ <close> = defer(function() error("clean-up " .. i) end)
          local _ <close> = defer(function() channel:recv() end)
          channel:recv()
        end)
      end
    end)
    assert(not ok and tostring(err):find("deadlock"), err)
  end
end

rows["a clean-up that never ends is a deadlock, too"] = function()
  local ok, err = pcall(mio.run, function()
    local channel = mio.channel()
    local _ <close> = defer(function()
      mio.shield(math.huge, function() channel:recv() end)
    end)
    error("left")
  end)
  assert(not ok and err:find("deadlock"), err)
end

rows["errors of every kind"] = function()
  local odd = setmetatable({}, { __tostring = function() error("no text") end })
  for _, value in ipairs({ odd, {}, 1, false, "x", mio.cancelled, coroutine.create(print) }) do
    mio.run(function()
      pcall(function()
        local scope <close> = mio.scope()
        scope:spawn(error, value)
        scope:spawn(function()
          local _ <close> = defer(function() error(value) end)
          mio.sleep(60)
        end)
        mio.sleep(60)
      end)
    end, { clock = "virtual" })
    pcall(mio.run, error, value)
  end
end

-- The frames are large: a traceback of two hundred thousand small ones takes seconds.
rows["stack overflow in tasks"] = function()
  local function deep(...) return 1 + deep(1, ...) end
  for _ = 1, 3 do
    assert(not pcall(mio.run, deep))
    mio.run(function()
      assert(not pcall(function()
        local scope <close> = mio.scope()
        scope:spawn(deep)
        mio.sleep(1)
      end))
    end)
  end
  local function nest(n)
    if n > 0 then return mio.wrap(function() nest(n - 1) end)() end
    mio.sleep(0)
  end
  mio.run(function()
    nest(50)
    pcall(nest, 100000)
    mio.sleep(0)
  end)
end

rows["ten thousand tasks"] = function()
  local ended = 0
  mio.run(function()
    for _ = 1, 10000 do
      mio.spawn(function()
        mio.sleep(0.001)
        ended = ended + 1
      end)
    end
  end)
  assert(ended == 10000)
end

rows["os.exit in a task, with the state closed"] = function()
  local client, server = helper.pair()
  mio.run(function()
    mio.spawn(function() server:read() end)
    mio.spawn(function() mio.sleep(60) end)
    client:write("unsent")
    mio.sleep(0.001)
    client:write("unsent")
    print("left")
    io.stdout:flush()
    os.exit(0, true)
  end)
end

rows["os.exit in a task of a run in a coroutine"] = function()
  coroutine.wrap(function()
    mio.run(function()
      mio.spawn(mio.sleep, 60)
      mio.sleep(0)
      print("left")
      io.stdout:flush()
      os.exit(0, true)
    end)
  end)()
end

rows["sockets whose peers are gone, and who are closed, in every kind of wait"] = function()
  for _, wait in ipairs({
    function(socket) return mio.wait(socket, "r", 0.01) end,
    function(socket) return mio.wait(socket, "rw", 0.01) end,
    function(socket) return mio.select({ socket }, 0.01) end,
    function(socket) return socket:read(1) end,
    function(socket) return socket:read_until("x") end,
    function(socket) return socket:write("x"), socket:flush() end,
  }) do
    local client, server = helper.pair()
    mio.run(function()
      server:settimeout(0.01)
      mio.timeout(0.001, server.read, server)
      mio.timeout(0.001, client.read, client)
      client:close("broken")
      for _ = 1, 3 do wait(server) end
      server:close()
      for _ = 1, 3 do assert(select(2, server:read()) == "closed") end
    end)
  end
end

rows["servers whose options, handlers and listeners are odd"] = function()
  mio.run(function()
    local listener = helper.listener()
    for _, value in ipairs({ -1, 0 / 0, "x", {}, true, print }) do
      assert(not pcall(mio.server, listener, print, { header_timeout = value }))
      assert(not pcall(mio.server, listener, print, { timeout = value }))
    end
    for _, value in ipairs({ 0, 1e-9, 1e300, math.huge }) do
      local server = mio.server(listener, function(client)
        client:close()
        client:read()
        error(client)
      end, { header_timeout = value, timeout = value, on_error = error })
      local task = mio.spawn(function() return pcall(server.run, server) end)
      local client = mio.connect(listener:local_address())
      client:read()
      client:close()
      server:stop()
      task:join()
    end
  end)
end

rows["os.exit without closing the state"] = function()
  mio.run(function()
    mio.spawn(mio.sleep, 60)
    mio.sleep(0)
    print("left")
    io.stdout:flush()
    os.exit(0)
  end)
end

rows["sockets closed by finalizers and by others as tasks use them"] = function()
  mio.run(function()
    for i = 1, 200 do
      local client, server = helper.pair("unix:")
      local reader = mio.spawn(function() return client:read_until("\n") end)
      local writer = mio.spawn(function() return server:write(("x"):rep(200000)) end)
      mio.yield()
      if i % 3 == 0 then setmetatable({}, { __gc = function() client:close() end }) end
      if i % 3 == 1 then server:close() end
      if i % 3 == 2 then client:close("reason") end
      collectgarbage()
      collectgarbage()
      client:close()
      server:close("now")
      reader:join()
      writer:join()
    end
  end)
end

rows["a buffer that changes while a task reads into it"] = function()
  local client, server = helper.pair()
  mio.run(function()
    local buffer = mio.buffer()
    local reader = mio.spawn(function()
      while client:read_into(buffer) do end
    end)
    for i = 1, 300 do
      server:write(("x"):rep(i))
      buffer:append(("y"):rep(i)):consume(i // 2)
      mio.yield()
      buffer:clear()
    end
    server:close()
    reader:join()
  end)
end

rows["streams dropped with bytes to send and to read"] = function()
  for _ = 1, 20 do
    mio.run(function()
      local client, server = helper.pair("unix:")
      server:write(("x"):rep(1000), "\n", ("y"):rep(1000))
      client:write("z")
      client:read_until("\n")
    end)
    collectgarbage()
  end
end

rows["a run that is left by an error of its own"] = function()
  local client = helper.pair()
  for _ = 1, 100 do
    assert(not pcall(mio.run, print, { stop_on = { "NOSUCH" } }))
    assert(not pcall(mio.run, print, { stop_on = { {} } }))
    assert(not pcall(mio.run, print, { stop_on = { "KILL" } }))
  end
  mio.run(function() client:write("x") end)
  assert(#mio.tasks() == 0)
end

return rows
