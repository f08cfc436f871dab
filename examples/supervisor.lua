-- A supervisor: keeps a program running, whatever ends it.
--
-- A program that ends is started anew after a delay, which doubles each time it ends at once.
-- INT or TERM ends the program, then the supervisor: the program gets TERM, and KILL if it is
-- still there after a while, or at a second signal.
--
--   ./dev run examples/supervisor.lua PROGRAM [ARGUMENT...]

local mio = require("mio")

local FIRST_DELAY = 0.1 -- seconds until it is started anew
local LONGEST_DELAY = 10
local STEADY = 5 -- seconds after which it has not ended at once
local GRACE = 3 -- seconds from TERM to KILL

local loop <close> = assert(mio.loop())
local program -- the process, while it runs
local started -- when it was
local delay = FIRST_DELAY
local stopping = false

local function say(...)
  io.stderr:write(string.format(...), "\n")
end

local start

local function on_end(how, code)
  program = nil
  say("ended: %s %s", how, code)
  if stopping then
    return loop:shutdown()
  end
  if loop:now() - started >= STEADY then
    delay = FIRST_DELAY
  end
  say("again in %.1f s", delay)
  loop:after(delay, start)
  delay = math.min(2 * delay, LONGEST_DELAY)
end

-- Also the end of a delay. A program that cannot be started any more is tried again, like one
-- that ends at once.
function start()
  local process, err = mio.process(arg)
  started = loop:now()
  if process then
    program = process
    assert(loop:child(process, on_end))
  else
    on_end("not started,", err)
  end
end

local function stop()
  if not program then
    return loop:shutdown()
  end
  program:kill(stopping and "KILL" or "TERM")
  if not stopping then
    loop:after(GRACE, stop)
  end
  stopping = true
end

for _, name in ipairs({ "INT", "TERM" }) do
  assert(loop:signal(name, stop))
end
start()
assert(loop:run())
