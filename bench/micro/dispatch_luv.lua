-- Dispatch by luv. A handle that polls has no read of its own, and uv.fs_read() is made for
-- files: so nothing is read.

local uv = require("luv")

dofile("micro/dispatch.lua")({
  open = function()
    local fds = uv.pipe({ nonblock = true }, { nonblock = true })
    return fds.read, fds.write
  end,
  watch = function(reader, handler) uv.new_poll(reader):start("r", handler) end,
  write = function(writer) uv.fs_write(writer, "x", -1) end,
  turn = function() uv.run("once") end,
})
