local classes = require("spec.classes")
local helper = require("spec.helper")
local mio = require("mio")

local rows = {}

local function nothing() end

-- One object of each class, and registrations of all kinds.
local function objects()
  local all = classes.objects()
  local made = { all.loop:signal("USR2", nothing), all.poll:register(helper.pair(), 1, "r") }
  for _, name in ipairs(classes.names) do
    table.insert(made, all[name])
  end
  return made
end

local methods_of = classes.methods_of

-- Call all that an object can do, but wait for nothing. Errors are fine.
local function use(object)
  for name, method in pairs(methods_of(object)) do
    if name ~= "run" and name ~= "wait" and name ~= "run_once" and name ~= "close" then
      pcall(method, object)
      pcall(method, object, 1)
      pcall(method, object, "r")
      pcall(method, object, 0, nothing)
    end
  end
  tostring(object)
end

rows["methods called by a dot, without an object"] = function()
  for _, object in ipairs(objects()) do
    for _, method in pairs(methods_of(object)) do
      assert(not pcall(method))
      assert(not pcall(method, nil))
      assert(not pcall(method, {}))
      assert(not pcall(method, io.stdout))
      assert(not pcall(method, 42))
    end
  end
end

rows["methods of one class on objects of another"] = function()
  local all = objects()
  for _, object in ipairs(all) do
    for name, method in pairs(methods_of(object)) do
      if name ~= "run" and name ~= "wait" and name ~= "run_once" then
        for _, other in ipairs(all) do
          pcall(method, other)
        end
      end
    end
  end
  for _, object in ipairs(all) do
    use(object)
  end
end

rows["metamethods called directly, on anything"] = function()
  local all = objects()
  for _, object in ipairs(all) do
    for _, method in pairs(debug.getmetatable(object)) do
      if type(method) == "function" then
        for _, value in ipairs({ 1, "x", {}, io.stdout, io.stdin, print, table.unpack(all) }) do
          pcall(method, value)
          pcall(method, value)
        end
        pcall(method)
      end
    end
  end
  for _, object in ipairs(all) do
    use(object)
  end
end

rows["objects that finalizers have brought back"] = function()
  local revived, count = {}, 0
  local function make()
    for i, object in ipairs(objects()) do
      count = i
      setmetatable({}, { __gc = function() revived[i] = object end })
    end
  end
  make()
  helper.close_all()
  collectgarbage()
  collectgarbage()
  assert(#revived == count)
  for _ = 1, 2 do
    for _, object in ipairs(revived) do
      use(object)
      pcall(methods_of(object).close or nothing, object)
    end
    collectgarbage()
  end
end

rows["objects that finalizers use while all goes"] = function()
  for _ = 1, 20 do
    for _, object in ipairs(objects()) do
      setmetatable({}, { __gc = function() use(object) end })
    end
    helper.close_all()
    collectgarbage()
  end
end

rows["closed objects"] = function()
  for _ = 1, 3 do
    for _, object in ipairs(objects()) do
      local close = methods_of(object).close or methods_of(object).deregister
        or methods_of(object).cancel
      if close then
        assert(close(object) == true)
        use(object)
        assert(close(object) == true)
      end
    end
  end
end

rows["objects left to the end of the state"] = function()
  for i = 1, 10 do
    for j, object in ipairs(objects()) do
      _G[i .. " " .. j] = object
    end
  end
end

rows["objects left to the end of the state, with finalizers that use them"] = function()
  for i = 1, 10 do
    for j, object in ipairs(objects()) do
      _G[i .. " " .. j] = setmetatable({}, { __gc = function() use(object) end })
    end
  end
end

-- Lua finalizes nothing that is made then: who makes something closes it.
rows["objects left to the end of the state, with finalizers that make others"] = function()
  for i = 1, 10 do
    _G[i] = setmetatable({}, { __gc = function()
      local loop <close> = assert(mio.loop())
      local listener <close> = assert(mio.listen("unix:"))
      local stream <close> = assert(mio.try_connect(listener:local_address()))
      local accepted <close> = assert(listener:try_accept())
      local signals <close> = assert(mio.signal("USR1"))
      loop:register(listener, "r", print)
      loop:register(signals, "r", print)
      loop:register(accepted, "w", function() loop:shutdown() end)
      loop:after(0, nothing)
      loop:run()
      use(stream)
    end })
  end
end

rows["fields that cannot be set"] = function()
  for _, object in ipairs(objects()) do
    assert(not pcall(function() object.x = 1 end))
    assert(not pcall(function() object[1] = 1 end))
    assert(not pcall(setmetatable, object, {}))
    assert(not pcall(rawset, object, "x", 1))
    assert(getmetatable(object) == false)
    assert(object.no_such_method == nil)
    assert(object[{}] == nil)
  end
end

rows["arithmetic, concatenation, calls, lengths, orders"] = function()
  for _, object in ipairs(objects()) do
    pcall(function() return object + 1 end)
    pcall(function() return object .. "x" end)
    pcall(function() return object() end)
    pcall(function() return #object end)
    pcall(function() return object < object end)
    pcall(function() return object <= object end)
    pcall(function() return object < 1 end)
    pcall(function() return -object end)
    pcall(pairs, object)
    pcall(next, object)
    pcall(ipairs, object)
    assert(object == object)
    assert(({ [object] = 1 })[object] == 1)
  end
end

rows["the module loaded many times, forgotten in between"] = function()
  local loop = mio.loop()
  for _ = 1, 20 do
    package.loaded.mio = nil
    collectgarbage()
    local again = require("mio")
    assert(again ~= mio)
    again.loop():run()
    assert(again.poll():register(helper.listener("unix:"), 1, "r"))
    assert(loop:register(helper.listener("unix:"), "r", nothing))
  end
end

rows["the module's table emptied, and filled with nonsense"] = function()
  local loop = mio.loop()
  local stream = helper.pair("unix:")
  for name in pairs(mio) do
    mio[name] = nil
  end
  mio.loop, mio.stream = 42, {}
  collectgarbage()
  assert(loop:register(stream, "w", function() loop:shutdown() end))
  assert(loop:run())
end

return rows
