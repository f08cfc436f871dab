-- Looking at what there is: every task, and what it waits for.

local core = ...

local exports = core.exports

-- All but the one that is the run's own.
function exports.tasks()
  local list = {}
  for _, entry in ipairs(core.tasks()) do
    if entry.task ~= core.root_task then
      entry.name = core.get(entry.task, core.NAME)
      list[#list + 1] = entry
    end
  end
  return list
end

local function line(entry)
  local name = entry.name and ("'%s'"):format(entry.name) or "a task"
  if not entry.waits_for then return ("%s is %s"):format(name, entry.state) end
  local places = #entry.places > 0 and " at " .. table.concat(entry.places, ", ") or ""
  return ("%s waits for %s%s since %.3f s"):format(name, entry.waits_for, places, entry.seconds)
end

function exports.dump()
  local lines = {}
  for i, entry in ipairs(exports.tasks()) do lines[i] = line(entry) end
  table.sort(lines)
  return table.concat(lines, "\n")
end

-- For specs: it("...", mio.test(function() ... end)) runs the function as a task whose hours of
-- timeouts take no time.
function exports.test(fn, options)
  core.check_function("test", 1, fn)
  local given = { clock = "virtual" }
  for name, value in pairs(options or {}) do given[name] = value end
  return function(...)
    local arguments = table.pack(...)
    return exports.run(function() return fn(table.unpack(arguments, 1, arguments.n)) end, given)
  end
end
