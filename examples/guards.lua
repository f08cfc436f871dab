-- The end of main cancels what is pending, and the guards of those who are cancelled run.
--
-- A detached task is nobody's child: nobody waits for it, but it does not outlive the run.
-- However a task ends, its <close> variables are closed.
--
--   ./dev run examples/guards.lua [HOW MANY]

local mio = require("mio")

local count = tonumber(arg[1] or 3)

local function pending(i)
  local _ <close> = mio.defer(function(why) print("task " .. i .. " is " .. tostring(why)) end)
  mio.sleep(math.huge)
  print("never printed")
end

mio.run(function()
  for i = 1, count do mio.spawn(pending, i):detach() end
  mio.yield() -- they begin
  print("main ends")
end)
print("nothing is left")
