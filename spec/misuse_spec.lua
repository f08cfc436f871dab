-- The misuse matrix: whatever a Lua program does, it gets an error or a defined result; the
-- process neither crashes nor hangs. Each row runs in a process of its own, eight at a time.
local helper = require("spec.helper")
local lfs = require("lfs")

local AT_ONCE = 8

local function start(area, name)
  return (helper.start(("arg[0] = 'row'; assert(loadfile('spec/misuse/run.lua'))(%q, %q)")
    :format(area, name)))
end

local function finish(pipe)
  local output = pipe:read("a")
  local _, how, status = pipe:close()
  return { output = output, how = how, status = status }
end

-- Run all rows of an area; returns a table from name to outcome.
local function run_all(area, names)
  local outcomes = {}
  for first = 1, #names, AT_ONCE do
    local pipes = {}
    for i = first, math.min(first + AT_ONCE - 1, #names) do
      pipes[i] = start(area, names[i])
    end
    for i, pipe in pairs(pipes) do
      outcomes[names[i]] = finish(pipe)
    end
  end
  return outcomes
end

local areas = {}
for file in lfs.dir("spec/misuse") do
  local area = file:match("^(%l+)%.lua$")
  if area and area ~= "run" then
    table.insert(areas, area)
  end
end
table.sort(areas)

for _, area in ipairs(areas) do
  describe("misuse (" .. area .. "):", function()
    local names, outcomes = {}, nil
    for name in pairs(require("spec.misuse." .. area)) do
      table.insert(names, name)
    end
    table.sort(names)
    for _, name in ipairs(names) do
      it(name, function()
        outcomes = outcomes or run_all(area, names)
        local outcome = outcomes[name]
        local said = outcome.output:match("survived\n$") or outcome.output:match("^left\n$")
        assert(said and outcome.how == "exit" and outcome.status == 0,
          ("%s %d:\n%s"):format(outcome.how, outcome.status, outcome.output))
      end)
    end
  end)
end
