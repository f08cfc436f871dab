-- types/library/mio.lua, from which the reference is made, and the module: each has what the
-- other has.
local helper = require("spec.helper")
local mio = require("mio")
local reader = require("types.reader")

local types = "types/library/mio.lua"

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

local aliases = {} -- name -> type
local field_types = {} -- "class.field" -> type
local documented = {} -- class -> { fields = set, methods = name -> function }
for _, item in ipairs(reader.read(types)) do
  if item.kind == "alias" then
    aliases[item.name] = item.type
  elseif item.kind == "class" then
    documented[item.name] = { fields = {}, methods = {} }
    for _, field in ipairs(item.fields) do
      documented[item.name].fields[field.name] = true
      field_types[item.name .. "." .. field.name] = field.type
    end
  else
    documented[item.class].methods[item.name] = item
  end
end

-- The strings of a type: "a"|"b"
local function strings_of(type)
  local names = {}
  for value in type:gmatch('"([%w_]+)"') do
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
  local task, scope, channel_of_tasks, thread = mio.run(function()
    return mio.current(), mio.scope(), mio.channel(), mio.thread(function() end)
  end)
  return {
    ["mio.task"] = task,
    ["mio.scope"] = scope,
    ["mio.task_channel"] = channel_of_tasks,
    ["mio.thread"] = thread,
    ["mio.shared_channel"] = mio.shared_channel(),
    ["mio.mutex"] = mio.mutex(),
    ["mio.semaphore"] = mio.semaphore(1),
    ["mio.server"] = mio.server(helper.listener(), print),
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
    ["mio.stats"] = loop:stats(), ["mio.loop_dump"] = { now = loop:dump().now },
    ["mio.dump_item"] = item,
  }
end

-- The methods of an object, by name.
local function methods_of(object)
  local index = debug.getmetatable(object).__index
  local i = 0
  while type(index) == "function" do -- its first upvalue that is a table: see lua/state.h
    i = i + 1
    local _, value = debug.getupvalue(debug.getmetatable(object).__index, i)
    if type(value) == "table" then index = value end
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

-- Run the example of a function, as it stands, with these globals more.
local function example(class, name, globals)
  local code = documented[class].methods[name].doc:match("```lua\n(.-)```")
  assert(load(code, "=" .. name, "t", setmetatable(globals, { __index = _G })))()
end

describe("the types", function()
  helper.watch()

  it("have the functions and fields of the module", function()
    local functions, fields = {}, {}
    for name, value in pairs(mio) do -- what tasks raise is a value, not a function
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
      for field in read(("lua/%s.c"):format(source)):gmatch('name_is%([^\n]-, "(%w+)"%)') do
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
    assert.same(strings_in("lua/socket_options.c", "option_names"),
      strings_of(aliases["mio.socket_option"]))
    local signals = strings_in("lua/signal_names.c", "signal_names")
    for name in pairs(signals) do
      if not pcall(mio.signal, name) then -- known in order to be refused
        signals[name] = nil
      end
    end
    assert.same(signals, strings_of(aliases["mio.signal_name"]))
    assert.same(strings_in("lua/registration.c", "names"), strings_of(aliases["mio.trigger"]))
    local families = strings_of(field_types["mio.address.family"])
    families.none = true -- of an address that is all zero: no Lua program sees one
    assert.same(strings_in("lua/address.c", "names"), families)
  end)

  it("name every token", function()
    local text = read(types)
    for _, path in ipairs({ "await", "dispatch", "listener", "loop", "poll", "reading",
                            "registration", "result", "signals", "source", "stream", "task",
                            "timer", "writing" }) do
      for token in read(("lua/%s.c"):format(path)):gmatch('mio__lua_token%(L, "([^"]+)"%)') do
        assert.truthy(text:find(("-- * `\"%s\"`:"):format(token), 1, true), token)
      end
    end
  end)

  it("tell what each function does, takes and returns", function()
    for name, members in pairs(documented) do
      for method, told in pairs(members.methods) do
        local full = name .. ":" .. method
        assert.truthy(told.doc:find("^%u"), full .. " is described")
        assert.is_true(#told.returns > 0, full .. " returns something")
        local parameters = {}
        for i, parameter in ipairs(told.params) do
          parameters[i] = parameter.name
        end
        assert.same(told.declared, parameters, full)
      end
    end
  end)

  it("have an example of a connection", function()
    local loop, listener = helper.loop(), helper.listener()
    local turns, got = 0, nil
    example("mio", "try_connect", {
      loop = loop,
      mio = {
        try_connect = function()
          return helper.keep(mio.try_connect(listener:local_address()))
        end,
      },
      on_data = function(stream, _, _, _, registration)
        got = stream:try_read()
        registration:deregister()
      end,
    })
    local server = helper.accept(listener)
    server:try_write("hello")
    while loop:run_once(0.02) and not got and turns < 10 do
      turns = turns + 1
    end
    assert.equal("hello", got)
    local calls = 0
    example("mio", "try_connect", {
      loop = loop,
      mio = {
        try_connect = function()
          local nobody <close> = mio.listen("127.0.0.1:0")
          local address = nobody:local_address()
          nobody:close()
          return helper.keep(mio.try_connect(address))
        end,
      },
      on_data = function() calls = calls + 1 end,
    })
    assert.is_true(loop:run())
    assert.equal(0, calls)
  end)

  it("have an example of a loop that is a guest", function()
    local calls = {}
    local inner, outer = helper.loop(), helper.loop()
    local client, server = helper.pair()
    local registration = assert(inner:register(server, "r", function()
      table.insert(calls, server:try_read())
    end))
    inner:after(0, function() table.insert(calls, "timer") client:try_write("source") end)
    example("mio.loop", "pollfd", { inner = inner, outer = outer })
    registration:pause(0.01)
    while #calls < 2 do
      assert(outer:run_once())
    end
    assert.same({ "timer", "source" }, calls)
    inner:after(0, function() error("mine", 0) end)
    inner:after(0.005, function() table.insert(calls, "later") end)
    client:try_write("x") -- a turn, after which the host knows the timers
    assert.equal("mine", helper.raised(function()
      repeat until not outer:run_once()
    end))
    while #calls < 4 do
      assert(outer:run_once())
    end
    assert.equal("later", calls[4])
  end)

  it("have an example of a poll that is a guest", function()
    local calls, raises = {}, false
    local inner, outer = helper.poll(), helper.loop()
    local client, server = helper.pair()
    local registration = assert(inner:register(server, "server", "r"))
    registration:pause(0.01)
    client:try_write("x")
    example("mio.poll", "pollfd", { inner = inner, outer = outer, dispatch = function(...)
      registration:pause(0.01)
      if raises then error("mine", 0) end
      table.insert(calls, { ... })
    end })
    while #calls < 2 do
      assert(outer:run_once())
    end
    assert.same({ "server", true, false, false }, calls[1])
    raises = true
    assert.equal("mine", helper.raised(function()
      repeat until not outer:run_once()
    end))
    raises = false
    local count = #calls
    while #calls == count do
      assert(outer:run_once())
    end
  end)

  it("are a chunk of Lua that does nothing", function()
    local chunk = assert(loadfile(types))()
    assert.equal("table", type(chunk))
    assert.is_function(chunk.loop)
  end)
end)
