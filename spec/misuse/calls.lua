-- Every function and method, called with values that nobody would expect. What is made up at
-- random is the same in every run.
local classes = require("spec.classes")
local helper = require("spec.helper")
local mio = require("mio")

local rows = {}

local CALLS = 30000

-- ------------------------------------------------------------------------- values

local function dead()
  local co = coroutine.create(function() end)
  coroutine.resume(co)
  return co
end

-- Descriptors of this process itself are left out, and capacities that there might be memory
-- for.
local function values_without_state()
  return table.pack(
    nil, false, true,
    0, 1, -1, 2, 10, 0.0, -0.0, 0.5, 1e-9, 1e300, -math.huge, math.huge, 0 / 0,
    math.mininteger, math.maxinteger, 2^53, 999999,
    "", "\0", "r", "w", "rw", "rp", "x", "nodelay", "linger", "USR1", "unix:", "unix:@\0\0",
    "127.0.0.1:0", "[::1]:1", ("long"):rep(5000), "1e1", "0x10",
    {}, { trigger = "edge" }, { trigger = "oneshot" }, { backlog = 1, nodelay = false },
    { getfd = function() return nil end }, { pollfd = error },
    setmetatable({}, { __call = function() end, __index = error, __len = error }),
    function() end, function() error("mine") end, function() coroutine.yield() end,
    dead(), coroutine.create(function() while true do coroutine.yield() end end),
    (coroutine.running()), io.stderr)
end

-- One of each class, then some that are closed. All anew: a call may close or end them.
local function make_objects()
  local objects, more = classes.objects(), classes.objects()
  for name, close in pairs({
    channel = "close", datagram = "close", loop = "close", registration = "deregister",
    sender = "close", stream = "close", waker = "close",
  }) do
    objects["closed_" .. name] = more[name]
    more[name][close](more[name])
  end
  return objects
end

local function make_values(objects)
  local values = values_without_state()
  local names = {}
  for name in pairs(objects) do
    table.insert(names, name)
  end
  table.sort(names)
  for _, name in ipairs(names) do
    values.n = values.n + 1
    values[values.n] = objects[name]
  end
  return values
end

-- ---------------------------------------------------------------------- functions

local methods_of = classes.methods_of

-- A call that would wait does not.
local function patient(name, call)
  if name == "run_once" or name == "wait" then
    return function(self) return call(self, 0) end
  elseif name == "run" then
    return function(self)
      self:shutdown()
      return call(self)
    end
  end
  return call
end

-- The functions of the module or of a class, in an order that is the same in every run.
local function functions_of(methods)
  local list = {}
  for name, value in pairs(methods) do
    if type(value) == "function" then
      table.insert(list, { name = name, call = patient(name, value) })
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local function all_functions(objects)
  local list = functions_of(mio)
  for _, class in ipairs(classes.names) do
    local methods = functions_of(methods_of(objects[class]))
    table.move(methods, 1, #methods, #list + 1, list)
  end
  return list
end

local function check(ok, result, err, code)
  if not ok or result ~= nil or err == nil then
    return
  end
  assert(type(err) == "string" and (code == nil or type(code) == "string"), err)
  assert(err == err:lower() or err:find(": ", 1, true), err)
end

-- --------------------------------------------------------------------------- rows

local function call_at_random(seed)
  math.randomseed(seed)
  local objects, values, functions
  for i = 0, CALLS - 1 do
    if i % 300 == 0 then
      helper.close_all()
      objects = make_objects()
      values = make_values(objects)
      functions = all_functions(objects)
      assert(#functions > 100)
    end
    local count = math.random(0, 4)
    local arguments = {}
    for j = 1, count do
      arguments[j] = values[math.random(values.n)]
    end
    if math.random(3) > 1 then -- mostly an object, as self
      arguments[1] = objects[classes.names[math.random(#classes.names)]]
    end
    local call = functions[math.random(#functions)].call
    local results = table.pack(pcall(call, table.unpack(arguments, 1, count)))
    check(table.unpack(results, 1, 4))
    if type(results[2]) == "userdata" and math.random(4) == 1 then
      values[math.random(values.n)] = results[2]
    end
  end
end

for seed = 1, 4 do
  rows["at random, seed " .. seed] = function() call_at_random(seed) end
end

-- One place after the other gets each value; the others have what often fits there.
local function call_each(functions, get_self)
  local objects, values
  local count = make_values(make_objects()).n
  for _, entry in ipairs(functions) do
    for place = 1, 4 do
      for number = 1, count do
        if number % 10 == 1 then
          helper.close_all()
          objects = make_objects()
          values = make_values(objects)
        end
        local arguments = { get_self(objects), "r", function() end }
        arguments[place] = values[number]
        check(pcall(entry.call, table.unpack(arguments, 1, 4)))
      end
    end
  end
end

rows["the module's functions, each place, each value"] = function()
  call_each(functions_of(mio), function() return "127.0.0.1:0" end)
end

for _, class in ipairs(classes.names) do
  rows["methods of mio." .. class .. ", each place, each value"] = function()
    call_each(functions_of(methods_of(make_objects()[class])),
      function(objects) return objects[class] end)
  end
end

return rows
