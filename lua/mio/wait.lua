-- Waiting: for time, for descriptors, for the first of several things.

local core = ...

local exports = core.exports
local suspend, await = core.suspend, core.await

function exports.sleep(seconds)
  core.check_seconds("sleep", 1, seconds)
  local task = core.may_wait("sleep")
  if suspend("sleep", seconds) == "doomed" then core.not_woken(task, "doomed") end
  return true
end

-- Let all others who are ready go first.
function exports.yield()
  core.may_wait("yield")
  core.pass()
  return true
end

-- The iterator of a ticker. Moments that have passed while the body ran are left out.
function exports.every(seconds)
  core.check_seconds("every", 1, seconds)
  if seconds == 0 then
    error("bad argument #1 to 'every' (a period is more than 0 seconds)", 2)
  end
  core.may_wait("every")
  local due = core.loop:now()
  return function()
    local now = core.loop:now()
    due = due + seconds * math.max(1, math.ceil((now - due) / seconds))
    exports.sleep(math.max(0, due - now))
    return due
  end
end

-- A descriptor of somebody else's is registered for as long as it is waited for.
local function wait_for_foreign(source, interest, seconds)
  local task = core.current()
  local registration <close>, err, code = core.loop:register(source, interest, function()
    core.wake(task, true)
  end, { trigger = "oneshot" })
  if not registration then return nil, err, code end
  local what = math.type(source) and ("wait at descriptor %d"):format(source) or "wait"
  local outcome = suspend(what, seconds)
  if outcome == "woken" then return true end
  return core.not_woken(task, outcome)
end

function exports.wait(source, interest, seconds)
  core.check_timeout("wait", 3, seconds)
  core.may_wait("wait")
  interest = interest or "r"
  if core.is_socket(source) then return await(source, interest, seconds, "wait", true) end
  return wait_for_foreign(source, interest, seconds)
end

-- ---------------------------------------------------------------------------- select

-- A case is an object, or { object, interest }. Channels and tasks know by themselves whether
-- they are ready, and whom to wake; sockets are the park's affair.
local function read_case(case, i)
  local object, interest = case, "r"
  if type(case) == "table" and getmetatable(case) == nil then
    object, interest = case[1], case[2] or "r"
  end
  if core.is_socket(object) then return object, interest end
  if core.selectable(object) then return object end
  error(("bad argument #1 to 'select' (case %d is no socket, channel or task)"):format(i), 3)
end

local function first_ready(objects, interests)
  for i, object in ipairs(objects) do
    if interests[i] then
      if core.woken_by(object, interests[i]) then return i end
    elseif core.selectable(object).is_ready(object) then
      return i
    end
  end
end

local function watch(objects, interests, task)
  for i, object in ipairs(objects) do
    if interests[i] then
      local ok, err, code = core.watch(object, interests[i])
      if not ok then return i, err, code end
    else
      core.selectable(object).watch(object, task)
    end
  end
end

local function unwatch(objects, interests, task)
  for i, object in ipairs(objects) do
    if not interests[i] then core.selectable(object).unwatch(object, task) end
  end
end

-- The index and the object of the first case that is ready; or nil, "timeout".
function exports.select(cases, seconds)
  if type(cases) ~= "table" then
    error(("bad argument #1 to 'select' (table expected, got %s)"):format(type(cases)), 2)
  end
  core.check_timeout("select", 2, seconds)
  local task = core.may_wait("select")
  core.breathe()
  local objects, interests = {}, {}
  for i, case in ipairs(cases) do objects[i], interests[i] = read_case(case, i) end
  core.unwatch()
  local failed, err, code = watch(objects, interests, task)
  local i = first_ready(objects, interests)
  local outcome = "woken"
  if failed or i then core.unwatch() else outcome = suspend("select", seconds) end
  unwatch(objects, interests, task)
  if failed then return nil, err, code end
  if outcome ~= "woken" then return core.not_woken(task, outcome) end
  i = i or first_ready(objects, interests)
  if not i then return nil, "closed" end
  return i, objects[i]
end
