-- Limits: what may end the waiting of a task from outside.
--
-- A task runs under limits, innermost first: timeouts, shields, scopes. Each may have a
-- `reason`, { error }: every park within it raises that error, so that a pcall may look at it,
-- but the next park raises it again. A shield keeps off the reasons of those around it.
--
-- core.doom tells C what comes of all limits of a task: a park asks nothing of Lua.

local core = ...

local exports, get, set, current = core.exports, core.get, core.set, core.current

-- The fields of a task, by the numbers that core.get and core.set know.
core.NAME = 0
core.SCOPE = 1     -- the scope that it is a child of
core.OWN = 2       -- the scope of its own children, from the first one on
core.LIMIT = 3     -- its innermost limit
core.CANCELLED = 4 -- whether it was cancelled as a whole: the reason outside of all limits
core.RESULT = 5    -- once it has ended: { true, results... } or { false, error }, with n
core.JOINERS = 6   -- the tasks that wait for its end, a set

local LIMIT, CANCELLED = core.LIMIT, core.CANCELLED

-- What is raised in whoever is cancelled. It is compared by identity.
local cancelled = setmetatable({}, {
  __name = "mio.cancelled",
  __tostring = function() return "cancelled" end,
  __metatable = false,
})
exports.cancelled = cancelled
core.cancelled = cancelled

local CANCEL = { cancelled }

-- The current task. `what` is the function that needs one.
function core.task_for(what)
  return current() or error(what .. ": only a task can do this (see mio.run)", 3)
end

-- A message handler: a string gets its traceback, once; who raises it again passes it on.
function core.traced(err)
  if type(err) == "string" and not err:find("\nstack traceback:\n", 1, true) then
    return debug.traceback(err, 2)
  end
  return err
end

-- ------------------------------------------------------------------------- the chain

-- What the parks of a task have to raise, as { error }; or nil.
local function reason_of(task)
  local limit = get(task, LIMIT)
  while limit do
    if limit.reason then return limit.reason end
    if limit.shields then return nil end
    limit = limit.outer
  end
  return get(task, CANCELLED) and CANCEL or nil
end
core.reason_of = reason_of

local function refresh(task)
  local reason = reason_of(task)
  core.doom(task, reason ~= nil, reason and reason[1])
end

-- Put a limit around what the task does from now on.
local function push(task, limit)
  limit.task, limit.outer = task, get(task, LIMIT)
  set(task, LIMIT, limit)
  if limit.shields then refresh(task) end
  return limit
end
core.push_limit = push

-- Put a limit around all others.
function core.push_outermost(task, limit)
  local inner = get(task, LIMIT)
  if not inner then return push(task, limit) end
  while inner.outer do inner = inner.outer end
  inner.outer, limit.task = limit, task
  return limit
end

local function pop(limit)
  local task = limit.task
  local inner = get(task, LIMIT)
  if inner == limit then
    set(task, LIMIT, limit.outer)
  else
    while inner and inner.outer ~= limit do inner = inner.outer end
    if inner then inner.outer = limit.outer end
  end
  refresh(task)
end
core.pop_limit = pop

-- From now on every park within the limit raises the reason's error.
local function strike(limit, reason)
  limit.reason = limit.reason or reason
  refresh(limit.task)
end
core.strike = strike

function core.cancel(task)
  set(task, CANCELLED, true)
  refresh(task)
end

-- ---------------------------------------------------------------- timeouts and shields

local function leave(limit, timer, ok, ...)
  if timer then timer:cancel() end
  pop(limit)
  if ok then return ... end
  local err = ...
  if err == cancelled and limit.reason and not reason_of(limit.task) then
    return nil, "timeout"
  end
  error(err, 0)
end

local function run_within(name, limit, seconds, fn, ...)
  push(core.task_for(name), limit)
  local timer = seconds < math.huge
    and core.loop:after(seconds, function() strike(limit, CANCEL) end)
  return leave(limit, timer, xpcall(fn, core.traced, ...))
end

function exports.timeout(seconds, fn, ...)
  core.check_seconds("timeout", 1, seconds)
  core.check_function("timeout", 2, fn)
  return run_within("timeout", {}, seconds, fn, ...)
end

function exports.shield(seconds, fn, ...)
  core.check_seconds("shield", 1, seconds)
  core.check_function("shield", 2, fn)
  return run_within("shield", { shields = true }, seconds, fn, ...)
end

local deferred = {
  __name = "mio.deferred",
  __metatable = false,
  __close = function(self, err) self[1](err) end,
}

function exports.defer(fn)
  core.check_function("defer", 1, fn)
  return setmetatable({ fn }, deferred)
end
