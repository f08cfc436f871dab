-- Dispatch by cqueues: a coroutine a socket. It makes no pipes; pairs of sockets stand for
-- them. Its reads keep what comes beyond: more than one byte may be gone, so nothing is read.

local cqueues = require("cqueues")
local socket = require("cqueues.socket")

local queue = cqueues.new()

dofile("micro/dispatch.lua")({
  open = function() return socket.pair() end,
  watch = function(reader, handler)
    local source = { pollfd = reader:pollfd(), events = "r" }
    queue:wrap(function()
      while true do
        cqueues.poll(source)
        handler()
      end
    end)
  end,
  write = function(writer) writer:send("x", 1, 1, "n") end,
  turn = function() assert(queue:step()) end,
})
