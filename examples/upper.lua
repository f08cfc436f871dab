-- A filter: what comes on the standard input goes to the standard output in capitals.
--
-- It reads no more than it can write: a slow reader slows down the writer, and nothing piles up
-- here. Pipes, terminals, sockets and files are all the same to it; nobody else who has them
-- notices. INT and TERM end it.
--
--   echo hello | ./dev run examples/upper.lua

local mio = require("mio")

local PIECES = 16 -- that are read in a row before signals have their turn

local loop <close> = assert(mio.loop())
local input <close> = assert(mio.stdin())
local output <close> = assert(mio.stdout())
local unsent = mio.buffer()
local status -- how it ends, once that is known

local function finish(code)
  status = code
  loop:shutdown()
end

local function fail(what, err, code)
  if code ~= "EPIPE" then -- who has read enough, as `head` has, is no failure
    io.stderr:write(what, ": ", err, "\n")
  end
  finish(1)
end

local pump

-- Wait for one of the two. What never says "again", as files do, is never registered, and could
-- not be.
local registrations = {}
local function wait_for(stream, interest)
  if registrations[stream] then
    assert(registrations[stream]:reregister(interest))
  else
    local options = { trigger = "oneshot" }
    registrations[stream] = assert(loop:register(stream, interest, pump, options))
  end
end

-- Read what has come into `unsent`. Returns whether there is something to be sent.
local function take()
  local data, err, code = input:try_read()
  if data then
    unsent:append(data:upper())
  elseif err == "again" then
    wait_for(input, "r")
  elseif code == "EOF" then
    finish(0)
  else
    fail("reading", err, code)
  end
  return data ~= nil
end

-- Send what is in `unsent`. Returns whether all of it has gone.
local function give()
  local sent, err, code = output:try_write(unsent)
  if err == "again" or (sent and #unsent > 0) then
    wait_for(output, "w")
  elseif not sent then
    fail("writing", err, code)
  end
  return sent and #unsent == 0
end

function pump()
  for _ = 1, PIECES do
    if (#unsent == 0 and not take()) or not give() then
      return
    end
  end
  loop:after(0, pump)
end

for _, name in ipairs({ "INT", "TERM" }) do
  assert(loop:signal(name, function() finish(1) end))
end
pump()
if not status then
  assert(loop:run())
end
os.exit(status, true)
