-- types/library/mio.lua, from which the reference is made, and the module: each has what the
-- other has.
local helper = require("spec.helper")
local mio = require("mio")

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

local function set(...)
  local names = {}
  for _, name in ipairs({ ... }) do
    names[name] = true
  end
  return names
end

-- ------------------------------------------------------------- what is documented

local text = read("types/library/mio.lua")

-- Class -> { fields = set, methods = name -> { comment, parameters } }.
local documented = {}

local class
local comment = {}
for line in text:gmatch("([^\n]*)\n") do
  local field = line:match("^%-%-%-@field (%w[%w_]*)")
  local owner, name, parameters = line:match("^function ([%w_]+)[.:]([%w_]+)(%b())")
  if line:match("^%-%-%-@class ") then
    class = line:match("^%-%-%-@class ([%w_.]+)")
    documented[class] = { fields = {}, methods = {} }
  elseif field then
    documented[class].fields[field] = true
  elseif name then
    local of = owner == "mio" and "mio" or "mio." .. owner
    documented[of].methods[name] = { table.concat(comment, "\n"), parameters }
  end
  if line:match("^%-%-%-") then
    table.insert(comment, line)
  else
    comment = {}
  end
end

-- The strings of an alias: ---@alias name "a"|"b"
local function alias(name)
  local names = {}
  for value in text:match("%-%-%-@alias " .. name .. " ([^\n]*)"):gmatch('"([%w_]+)"') do
    names[value] = true
  end
  return names
end

-- ----------------------------------------------------------------- what there is

local function objects()
  local loop = helper.loop()
  local stream = helper.pair()
  local pipes = { stdin = "pipe", stdout = "pipe", stderr = "pipe" }
  local process = assert(mio.process({ "true" }, pipes))
  for name in pairs(pipes) do
    helper.keep(process[name])
  end
  local poll = helper.poll()
  local sender, channel = assert(loop:channel(print))
  return {
    ["mio.address"] = mio.address("127.0.0.1:80"),
    ["mio.batch"] = mio.batch(),
    ["mio.buffer"] = mio.buffer(),
    ["mio.datagram"] = helper.keep(assert(mio.datagram())),
    ["mio.listener"] = helper.listener(),
    ["mio.loop"] = loop,
    ["mio.channel"] = channel,
    ["mio.poll"] = poll,
    ["mio.process"] = process,
    ["mio.registration"] = assert(loop:register(stream, "r", print)),
    ["mio.sender"] = helper.keep(sender),
    ["mio.signals"] = helper.keep(assert(mio.signal("USR1"))),
    ["mio.stream"] = stream,
    ["mio.timer"] = assert(loop:after(1, print)),
    ["mio.waker"] = helper.keep(assert(poll:waker(1))),
  }
end

-- The tables that are no objects, with all their fields.
local function tables()
  local loop = helper.loop()
  loop:measure(true)
  loop:after(0, function() end)
  loop:run()
  loop:every(1, print)
  loop:register(helper.pair(), "r", print)
  local item = {}
  for _, one in ipairs(loop:dump()) do
    for name, value in pairs(one) do
      item[name] = value
    end
  end
  return {
    ["mio.stats"] = loop:stats(), ["mio.dump"] = { now = loop:dump().now },
    ["mio.dump_item"] = item,
  }
end

-- The methods of an object, by name.
local function methods_of(object)
  local index = debug.getmetatable(object).__index
  if type(index) == "function" then -- its second upvalue: see lua/state.h
    index = select(2, debug.getupvalue(index, 2))
  end
  return index
end

local function names_of(map)
  local names = {}
  for name in pairs(map) do
    names[name] = true
  end
  return names
end

-- The names of the options in a source of the binding: {"name", OPTION_...}.
local function options_in(path, within)
  local names = {}
  for name in read(path):match(within):gmatch('{"([%w_]+)", OPTION_') do
    names[name] = true
  end
  return names
end

-- The strings of an array in a source of the binding.
local function strings_in(path, array)
  local names = {}
  for name in read(path):match(array .. "%[%] = (%b{})"):gmatch('"([%w_]+)"') do
    names[name] = true
  end
  return names
end

describe("the types", function()
  helper.watch()

  it("have the functions and fields of the module", function()
    local functions, fields = {}, {}
    for name, value in pairs(mio) do
      (type(value) == "function" and functions or fields)[name] = true
    end
    assert.same(functions, names_of(documented.mio.methods))
    assert.same(fields, documented.mio.fields)
  end)

  it("have the methods of every class, and no others", function()
    for name, object in pairs(objects()) do
      assert.same(names_of(methods_of(object)), names_of(documented[name].methods), name)
    end
  end)

  it("have the fields of every class, and no others", function()
    local all = objects()
    for name, object in pairs(all) do
      for field in pairs(documented[name].fields) do
        assert.is_not_nil(object[field], name .. "." .. field)
      end
    end
    assert.same(set("host", "port", "family"), documented["mio.address"].fields)
    assert.same(set("source"), documented["mio.registration"].fields)
    for _, source in ipairs({ "address", "process", "registration" }) do
      for field in read(("lua/%s.c"):format(source)):gmatch('strcmp%([^\n]-, "(%w+)"%)') do
        assert.is_true(documented["mio." .. source].fields[field], field)
      end
    end
  end)

  it("have the fields of every table, and no others", function()
    for name, value in pairs(tables()) do
      assert.same(names_of(value), documented[name].fields, name)
    end
  end)

  it("have every class", function()
    local classes, plain = names_of(objects()), names_of(tables())
    for name in pairs(documented) do
      local known = classes[name] or plain[name] or name:find("_options$")
      assert.truthy(name == "mio" or known, name)
    end
  end)

  it("have every option of every table", function()
    assert.same(options_in("lua/listener.c", ".*"), documented["mio.listen_options"].fields)
    assert.same(options_in("lua/stream.c", ".*"), documented["mio.connect_options"].fields)
    assert.same(options_in("lua/datagram.c", ".*"), documented["mio.datagram_options"].fields)
    assert.same(options_in("lua/loop.c", ".*"), documented["mio.loop_options"].fields)
    assert.same(options_in("lua/process.c", ".*"), documented["mio.process_options"].fields)
    assert.same(options_in("lua/channel.c", ".*"), documented["mio.channel_options"].fields)
    assert.same(options_in("lua/registration.c", ".*"),
      documented["mio.register_options"].fields)
  end)

  it("have every name that an argument can be", function()
    assert.same(strings_in("lua/socket_options.c", "option_names"), alias("mio.socket_option"))
    local signals = strings_in("lua/signal_names.c", "signal_names")
    for name in pairs(signals) do
      if not pcall(mio.signal, name) then -- known in order to be refused
        signals[name] = nil
      end
    end
    assert.same(signals, alias("mio.signal_name"))
    assert.same(strings_in("lua/registration.c", "names"), alias("mio.trigger"))
    assert.same(strings_in("lua/address.c", "names"), (function()
      local names = set("none") -- of an address that is all zero: no Lua program sees one
      for name in text:match("%-%-%-@field family ([^\n]*)"):gmatch('"(%w+)"') do
        names[name] = true
      end
      return names
    end)())
  end)

  it("name every token", function()
    for _, path in ipairs({ "dispatch", "listener", "loop", "poll", "registration", "result",
                            "signals", "source", "stream", "timer" }) do
      for token in read(("lua/%s.c"):format(path)):gmatch('mio__lua_token%(L, "([^"]+)"%)') do
        assert.truthy(text:find(("-- * `\"%s\"`:"):format(token), 1, true), token)
      end
    end
  end)

  it("tell what each function does, takes and returns", function()
    for name, members in pairs(documented) do
      for method, told in pairs(members.methods) do
        local words, parameters = table.unpack(told)
        local full = name .. ":" .. method
        assert.truthy(words:find("^%-%-%-%u"), full .. " is described")
        assert.truthy(words:find("---@return", 1, true), full .. " returns something")
        for parameter in parameters:gmatch("[%w_.]+") do
          assert.truthy(words:find("@param " .. parameter, 1, true), full .. ": " .. parameter)
        end
        for parameter in words:gmatch("@param ([%w_.]+)") do
          assert.truthy(parameters:find(parameter, 1, true), full .. ": " .. parameter)
        end
      end
    end
  end)

  it("are a chunk of Lua that does nothing", function()
    local types = assert(loadfile("types/library/mio.lua"))()
    assert.equal("table", type(types))
    assert.is_function(types.loop)
  end)
end)
