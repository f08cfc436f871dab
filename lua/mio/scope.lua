-- Scopes: who ends when, and who gets which error.
--
-- 1. Every task is a child of one scope. Whoever closes a scope waits until its children have
--    ended.
-- 2. A child's error cancels the other children of its scope. In the scope's owner every park
--    within the scope raises it, and so does closing the scope.
-- 3. A scope that is left by an error, or whose owner is cancelled as it waits for them,
--    cancels its children.

local core = ...

local exports, get, set, current = core.exports, core.get, core.set, core.current
local OWN, LIMIT = core.OWN, core.LIMIT
local cancelled = core.cancelled

local Scope = {} -- its methods
local scope_meta = { __name = "mio.scope", __metatable = false, __index = Scope }

-- `limit` is the scope's place among the limits of its owner; it leads back to the scope.
local function new_scope(limit)
  local scope = setmetatable({ children = {}, count = 0, limit = limit }, scope_meta)
  limit.scope = scope
  return scope
end

function exports.scope()
  return new_scope(core.push_limit(core.task_for("scope"), {}))
end

-- The scope of a task's own children, outside of all that the task opens itself.
function core.own_scope(task)
  local own = get(task, OWN)
  if not own or own.is_closed then
    own = new_scope(core.push_outermost(task, {}))
    set(task, OWN, own)
  end
  return own
end

local function adopt(scope, task)
  scope.children[task] = true
  scope.count = scope.count + 1
  if scope.is_cancelled then core.cancel(task) end
end
core.adopt = adopt

function core.leave_scope(scope, task)
  scope.children[task] = nil
  scope.count = scope.count - 1
  if scope.count == 0 and scope.waits then core.wake(scope.waits) end
end

local function cancel(scope)
  scope.is_cancelled = true
  for task in pairs(scope.children) do core.cancel(task) end
end

-- A scope fails once, by the first error.
local function fail(scope, err)
  if scope.failure then return end
  scope.failure = { err }
  cancel(scope)
  if not scope.is_closed then core.strike(scope.limit, scope.failure) end
end
core.fail_scope = fail

-- A child has ended.
function core.child_ended(scope, task, ok, err)
  if not ok and err ~= cancelled then fail(scope, err) end
  core.leave_scope(scope, task)
end

local function wait_for_children(scope, cancels)
  scope.waits = current()
  while scope.count > 0 and not cancels do
    cancels = core.suspend("its children") == "doomed"
  end
  if cancels then cancel(scope) end
  while scope.count > 0 do core.suspend("its children", nil, true) end
  scope.waits = nil
end

-- Leave a scope, by an error or not. Returns whether it is left by one, and by which.
local function finish(scope, failed, err)
  wait_for_children(scope, failed or scope.failure ~= nil)
  scope.is_closed = true
  core.pop_limit(scope.limit)
  if scope.failure and (not failed or err == cancelled) then return true, scope.failure[1] end
  if failed then return true, err end
  local reason = core.reason_of(scope.limit.task)
  if reason then return true, reason[1] end
  return false
end

-- What pcall has returned, as whether it has failed and by what.
function core.failed(ok, ...)
  if ok then return false end
  return true, (...)
end

-- Leave all scopes that a task is still in, its own one last.
function core.finish_scopes(task, failed, err)
  local limit = get(task, LIMIT)
  while limit do
    if limit.scope then failed, err = finish(limit.scope, failed, err) end
    limit = limit.outer
  end
  return failed, err
end

-- ------------------------------------------------------------------- what users call

local function check(scope, name)
  if rawequal(scope, nil) or debug.getmetatable(scope) ~= scope_meta then
    error(("bad argument #1 to '%s' (mio.scope expected, got %s)"):format(name, type(scope)), 3)
  end
end

function Scope.spawn(scope, fn, ...)
  check(scope, "spawn")
  core.check_function("spawn", 2, fn)
  if scope.is_closed then error("spawn: the scope is closed", 2) end
  return core.spawn(scope, fn, ...)
end

function Scope.cancel(scope)
  check(scope, "cancel")
  cancel(scope)
  return true
end

-- One whose owner is gone, because somebody has closed its coroutine, cannot wait.
local function close(scope, err)
  if scope.is_closed then return true end
  if current() ~= scope.limit.task then
    cancel(scope)
    return true
  end
  local failed, failure = finish(scope, err ~= nil, err)
  if failed and failure ~= err then error(failure, 0) end
  return true
end

function Scope.close(scope)
  check(scope, "close")
  return close(scope)
end

scope_meta.__close = close
