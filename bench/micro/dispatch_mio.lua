-- Dispatch by a loop of mio, in Lua.

local mio = require("mio")

local loop = mio.loop()
local buffer = mio.buffer(16)

dofile("micro/dispatch.lua")({
  open = mio.pipe,
  watch = function(reader, handler) loop:register(reader, "r", handler) end,
  read = function(reader)
    reader:try_read_into(buffer, 1)
    buffer:clear()
  end,
  write = function(writer) writer:try_write("x") end,
  turn = function() loop:run_once() end,
})
