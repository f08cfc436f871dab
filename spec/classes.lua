-- One object of each class, for the specs that are about all of them. Which classes there are
-- is read in lua/state.h: who adds one there is told to make its object here.

local helper = require("spec.helper")
local mio = require("mio")

local classes = {}

-- Never in the hands of a program; a dump is a table.
local HIDDEN = {
  dump = true, park = true, passed = true, running = true, scheduler = true, stall = true,
  thread = true, -- that of C
}

-- The names of the classes, in order.
classes.names = {}

for name in assert(io.open("lua/state.h")):read("a")
    :match("typedef enum mio__lua_class (%b{})"):gmatch("CLASS_([%u_]+)") do
  name = name:lower()
  if name ~= "count" and not HIDDEN[name] then
    table.insert(classes.names, name)
  end
end

local function nothing() end

-- It has no end by a call, so one is enough.
local process

-- A task that has ended.
local function task()
  local ended
  mio.run(function() ended = mio.spawn(nothing) end)
  return ended
end

local function make()
  process = process or assert(mio.process({ "true" }))
  local loop, poll = helper.loop(), helper.poll()
  local stream = helper.pair("unix:")
  local sender, channel = assert(loop:channel(nothing))
  return {
    address = mio.address("127.0.0.1:1"),
    batch = mio.batch(4, 100):add("abc"),
    buffer = mio.buffer():append("abc"),
    channel = channel,
    datagram = helper.keep(assert(mio.datagram("unix:"))),
    listener = helper.listener("unix:"),
    loop = loop,
    poll = poll,
    process = process,
    registration = assert(loop:register(stream, "r", nothing)),
    sender = helper.keep(sender),
    shared_channel = mio.shared_channel(1),
    signals = helper.keep(assert(mio.signal("USR2"))),
    stream = stream,
    task = task(),
    timer = assert(loop:after(1000, nothing)),
    waker = helper.keep(assert(poll:waker(1))),
  }
end

-- A table from the names to new objects, open ones. helper.close_all() closes them.
function classes.objects()
  local objects = make()
  for _, name in ipairs(classes.names) do
    assert(objects[name], "spec/classes.lua makes no object of mio." .. name)
  end
  return objects
end

-- The methods of an object, by name.
function classes.methods_of(object)
  local index = debug.getmetatable(object).__index
  if type(index) == "function" then -- its second upvalue: see lua/state.h
    index = select(2, debug.getupvalue(index, 2))
  end
  return index
end

return classes
