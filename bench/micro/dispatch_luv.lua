-- Dispatch by luv.

local uv = require("luv")

dofile("micro/dispatch.lua")({
  open = function()
    local fds = uv.pipe({ nonblock = true }, { nonblock = true })
    return fds.read, fds.write
  end,
  watch = function(reader, handler) uv.new_poll(reader):start("r", handler) end,
  read = function(reader) uv.fs_read(reader, 1, -1) end,
  write = function(writer) uv.fs_write(writer, "x", -1) end,
  turn = function() uv.run("once") end,
})
