-- mio.run: a loop, a first task, and their end.
--
--   root            ends when main has, and all that was detached
--     main          the function that mio.run was given
--       children ...
--     detached tasks

local core = ...

local exports, get = core.exports, core.get
local mio = core.mio

local OPTIONS = {
  clock = function(value)
    return value ~= "monotonic" and value ~= "virtual" and "'monotonic' or 'virtual'"
  end,
  stop_on = function(value) return type(value) ~= "table" and "a list of signals" end,
  grace = core.options.seconds,
}

-- ------------------------------------------------------------------------- stopping

-- The first signal asks those who serve to stop, and cancels main after `grace` seconds:
-- at once, where nobody serves. The second cancels main at once.
local function stop_on(run, signals, grace)
  local asked = false
  local function stop()
    local servers = next(core.servers) ~= nil
    if asked or not servers or grace <= 0 then return run.main:cancel() end
    asked = true
    for server in pairs(core.servers) do server:stop({ grace = grace }) end
    core.loop:after(grace, function() run.main:cancel() end)
  end
  for _, name in ipairs(signals) do
    assert(core.loop:signal(name, stop))
    core.background(1)
  end
end

-- ------------------------------------------------------------------------ deadlock

local function describe(entry)
  local name = get(entry.task, core.NAME)
  return ("\n  %s waits for %s"):format(name and ("'" .. name .. "'") or "a task",
    entry.waits_for or entry.state)
end

local function stuck_message()
  local lines = { "deadlock: every task waits for another one" }
  for _, entry in ipairs(core.tasks()) do
    if entry.task ~= core.root_task then lines[#lines + 1] = describe(entry) end
  end
  return table.concat(lines)
end

-- The time by which the tasks of a run with a virtual clock live.
local now = mio.now
function exports.now()
  if core.is_virtual then return core.loop:now() end
  return now()
end

-- ----------------------------------------------------------------------------- run

local function root_body(run, main, options)
  local scope = core.own_scope(core.current())
  core.detached = scope
  core.root_task, run.scope = core.current(), scope
  run.main = core.spawn(scope, main)
  core.set(run.main, core.NAME, "main")
  if options.stop_on then stop_on(run, options.stop_on, options.grace or 0) end
  run.main:join()
  scope:cancel()
end

-- The first error, which ends everything: of a handler, or a deadlock; if even that does not
-- help, for good.
local function failing(run)
  local function failed(err)
    if not run.scope then error(err, 0) end
    core.fail_scope(run.scope, err)
  end
  local function stuck()
    if run.is_stuck then error(stuck_message(), 0) end
    run.is_stuck = true
    failed(stuck_message())
  end
  return failed, stuck
end

core.servers = {} -- those who run, a set

-- It needs no memory, for that may be what has ended the run.
local function clean_up()
  core.loop, core.detached, core.is_virtual, core.root_task = nil, nil, nil, nil
  for server in pairs(core.servers) do core.servers[server] = nil end
end

local function results_of(result)
  if result[1] then return table.unpack(result, 2, result.n) end
  if result[2] == core.cancelled then return nil, "cancelled" end
  error(result[2], 0)
end

function exports.run(main, options)
  core.check_function("run", 1, main)
  options = core.check_options("run", 2, options, OPTIONS)
  if core.loop then error("run: tasks run already in this state; see mio.spawn", 2) end
  local loop <close> = assert(mio.loop({ clock = options.clock }))
  local _ <close> = exports.defer(clean_up)
  local run = {}
  core.loop, core.is_virtual = loop, options.clock == "virtual"
  local failed, stuck = failing(run)
  core.run(loop, failed, stuck, core.root, run, main, options)
  if run.scope.failure then error(run.scope.failure[1], 0) end
  return results_of(get(run.main, core.RESULT))
end

function core.root(run, main, options)
  local result = table.pack(xpcall(root_body, core.traced, run, main, options))
  core.finish_scopes(core.current(), not result[1], result[2])
  if not result[1] and run.scope and result[2] ~= core.cancelled and not run.scope.failure then
    run.scope.failure = { result[2] }
  end
end
