-- Tasks: how one begins and how it ends.
--
-- A task runs its function under one protected call, in a coroutine of its own. When that has
-- returned, it leaves its scopes, and so waits for its children; then it tells the scope whose
-- child it is, and whoever joins it.

local core = ...

local exports, get, set, current = core.exports, core.get, core.set, core.current
local SCOPE, RESULT, JOINERS = core.SCOPE, core.RESULT, core.JOINERS
local cancelled = core.cancelled

local NOTHING = { true, n = 1 } -- the result of a function that returns nothing

local function finish(task, result)
  if get(task, RESULT) then return end
  set(task, RESULT, result)
  core.child_ended(get(task, SCOPE), task, result[1], result[2])
  local joiners = get(task, JOINERS)
  set(task, JOINERS, nil)
  for joiner in pairs(joiners or {}) do core.wake(joiner) end
end

-- Somebody else may close a coroutine that is parked: its task has failed by that.
local guard = setmetatable({}, {
  __close = function()
    local task = core.abandoned()
    if task then
      finish(task, { false, "the coroutine of a task was closed by somebody else", n = 2 })
    end
  end,
})

local function pack(ok, ...)
  return ok and select("#", ...) == 0 and NOTHING or table.pack(ok, ...)
end

-- The function of the current task has returned or failed.
local function ended(...)
  local result = pack(...)
  local task = current()
  local failed, err = core.finish_scopes(task, core.failed(result[1], result[2]))
  if failed then result = { false, err, n = 2 } end
  finish(task, result)
end

-- A new child of a scope. It begins when the others that are ready have had their turn.
function core.spawn(scope, fn, ...)
  local task = core.task(guard, ended, core.traced, fn, ...)
  set(task, SCOPE, scope)
  core.adopt(scope, task)
  return task
end

function exports.spawn(fn, ...)
  core.check_function("spawn", 1, fn)
  return core.spawn(core.own_scope(core.task_for("spawn")), fn, ...)
end

-- ------------------------------------------------------------------------- methods

local methods = core.methods.task

local function results_of(task)
  local result = get(task, RESULT)
  if result[1] then return table.unpack(result, 2, result.n) end
  if result[2] == cancelled then return nil, "cancelled" end
  error(result[2], 0)
end

function methods.join(task, seconds)
  core.check_self(task, "task", "join")
  if get(task, RESULT) then return results_of(task) end
  core.check_timeout("join", 2, seconds)
  local me = core.may_wait("join")
  if me == task then error("join: a task cannot wait for itself", 2) end
  local joiners = get(task, JOINERS) or {}
  set(task, JOINERS, joiners)
  joiners[me] = true
  local outcome = core.suspend("a task", seconds)
  joiners[me] = nil
  if outcome == "woken" then return results_of(task) end
  return core.not_woken(me, outcome)
end

function methods.cancel(task)
  core.check_self(task, "task", "cancel")
  if not get(task, RESULT) then core.cancel(task) end
  return true
end

-- From now on it is nobody's child but the run's, whose end cancels it, and which its error
-- ends.
function methods.detach(task)
  core.check_self(task, "task", "detach")
  local scope = get(task, SCOPE)
  if not get(task, RESULT) and scope ~= core.detached then
    set(task, SCOPE, core.detached)
    core.adopt(core.detached, task)
    core.leave_scope(scope, task)
  end
  return task
end

-- The results of a call that was not woken by what it waits for.
function core.not_woken(task, outcome)
  if outcome == "doomed" then error(core.reason_of(task)[1], 0) end
  return nil, outcome
end

-- "running" of a task means that it is the one that asks.
function methods.status(task)
  core.check_self(task, "task", "status")
  local result = get(task, RESULT)
  if not result then return task == current() and "running" or "waiting" end
  return result[1] and "done" or result[2] == cancelled and "cancelled" or "failed"
end

function exports.current() return current() end

