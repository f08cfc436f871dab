-- Threads: each is kept by a task, a child of the one that made it, so that all that holds for
-- children holds for it; and in its own state it is a run, whose main is its function.

local core = ...

local exports, get, set = core.exports, core.get, core.set
local NAME, RESULT, JOINERS = core.NAME, core.RESULT, core.JOINERS
local cancelled, task_methods = core.cancelled, core.methods.task

-- ---------------------------------------------------------------------- its keeper

local function results_of(outcome, ...)
  if outcome == "done" then return ... end
  if outcome == "cancelled" then error(cancelled, 0) end
  error((...), 0)
end

local function keep(thread)
  if not core.await_thread(thread) then
    core.cancel_thread(thread)
    core.await_thread(thread, true)
  end
  return results_of(core.thread_results(thread))
end

-- ---------------------------------------------------------------------- its object

local Thread = {} -- its methods
local thread_meta = { __name = "mio.thread", __metatable = false }

local function check(thread, name)
  if type(thread) ~= "table" or rawget(thread, "keeper") == nil then
    error(("bad argument #1 to '%s' (mio.thread expected, got %s)"):format(name,
      type(thread)), 3)
  end
end

function Thread.join(thread, seconds)
  check(thread, "join")
  return task_methods.join(thread.keeper, seconds)
end

function Thread.cancel(thread)
  check(thread, "cancel")
  return task_methods.cancel(thread.keeper)
end

function Thread.status(thread)
  check(thread, "status")
  local status = task_methods.status(thread.keeper)
  return status == "waiting" and "running" or status
end

function thread_meta.__index(thread, key)
  if key == "name" then return get(thread.keeper, NAME) end
  return Thread[key]
end

function thread_meta.__newindex(thread, key, value)
  if key ~= "name" then
    error(("a thread has no field '%s' to be set"):format(key), 2)
  end
  thread.keeper.name = value
end

function thread_meta.__tostring(thread)
  return ("mio.thread '%s' (%s)"):format(thread.name, Thread.status(thread))
end

-- Cancelled, and waited for whatever happens; its error is the owner's, as that of any child.
function thread_meta.__close(thread)
  local keeper, me = thread.keeper, core.current()
  core.cancel(keeper)
  while me and not get(keeper, RESULT) do
    local joiners = get(keeper, JOINERS) or {}
    set(keeper, JOINERS, joiners)
    joiners[me] = true
    core.suspend("its thread", nil, true)
  end
end

local function adopt(thread)
  local keeper = core.spawn(core.own_scope(core.current()), keep, thread)
  set(keeper, NAME, "thread")
  return setmetatable({ keeper = keeper }, thread_meta), keeper
end

-- -------------------------------------------------------------------- in the thread

-- The first task learns from the loop that it is cancelled, as from a handler of its own.
local function listen(main)
  local function cancel()
    core.heard_thread()
    core.cancel(main)
  end
  local sender = assert(core.loop:channel(cancel))
  core.background(1)
  if core.listen_thread(cancelled, sender) then cancel() end
end

local function body(code, ...)
  local fn, arguments, main = assert(load(code, nil, "b")), table.pack(...), nil
  local results = table.pack(exports.run(function()
    main = core.current()
    listen(main)
    return fn(table.unpack(arguments, 1, arguments.n))
  end))
  if not get(main, RESULT)[1] then error(cancelled, 0) end
  return table.unpack(results, 1, results.n)
end

core.thread_parts(adopt, body)
