-- A ring of tasks: a number goes round, and each task adds one to it and hands it on.
--
--   ./dev run examples/ring.lua [TASKS [ROUNDS]]

local mio = require("mio")

local tasks, rounds = tonumber(arg[1] or 1000), tonumber(arg[2] or 10)

local function pass_on(from, to)
  for number in from:messages() do to:send(number + 1) end
  to:close()
end

mio.run(function()
  local first = mio.channel()
  local last = first
  for _ = 1, tasks do
    local next_one = mio.channel()
    mio.spawn(pass_on, last, next_one)
    last = next_one
  end
  local number = 0
  for _ = 1, rounds do
    first:send(number)
    number = last:recv()
  end
  first:close() -- and so each closes the next
  print(number)
end)
