-- Mutexes and semaphores. Who is woken has got what it waited for.

local core = ...

local exports, Queue, current = core.exports, core.Queue, core.current

-- ------------------------------------------------------------------------ semaphores

local Semaphore = {} -- its methods
local semaphore_meta = { __name = "mio.semaphore", __metatable = false, __index = Semaphore }

local Permit = { __name = "mio.permit", __metatable = false }

local function release(semaphore)
  if semaphore.free == semaphore.count then
    error("release: it was released more often than acquired", 3)
  end
  if not semaphore.waiting:wake(true) then semaphore.free = semaphore.free + 1 end
  return true
end

function Permit.__close(permit) release(permit.semaphore) end

function exports.semaphore(count)
  core.check_count("semaphore", 1, count)
  local semaphore = setmetatable({
    count = count, free = count, waiting = Queue.new(),
  }, semaphore_meta)
  semaphore.permit = setmetatable({ semaphore = semaphore }, Permit)
  return semaphore
end

local function check_semaphore(semaphore, name)
  if type(semaphore) ~= "table" or rawget(semaphore, "permit") == nil then
    error(("bad argument #1 to '%s' (mio.semaphore expected, got %s)"):format(name,
      type(semaphore)), 3)
  end
end

-- What it returns gives the place back when it is closed.
function Semaphore.acquire(semaphore, seconds)
  check_semaphore(semaphore, "acquire")
  core.check_timeout("acquire", 2, seconds)
  local task = core.may_wait("acquire")
  core.breathe()
  if semaphore.free > 0 then
    semaphore.free = semaphore.free - 1
    return semaphore.permit
  end
  local outcome = semaphore.waiting:wait("acquire", seconds)
  if outcome == "woken" then return semaphore.permit end
  return core.not_woken(task, outcome)
end

function Semaphore.release(semaphore)
  check_semaphore(semaphore, "release")
  return release(semaphore)
end

-- --------------------------------------------------------------------------- mutexes

local Mutex = {} -- its methods
local mutex_meta = { __name = "mio.mutex", __metatable = false, __index = Mutex }

function exports.mutex()
  return setmetatable({ waiting = Queue.new(), owner = nil, is_mutex = true }, mutex_meta)
end

local function check_mutex(mutex, name)
  if type(mutex) ~= "table" or rawget(mutex, "is_mutex") == nil then
    error(("bad argument #1 to '%s' (mio.mutex expected, got %s)"):format(name, type(mutex)), 3)
  end
end

-- The mutex itself, which unlocks when it is closed.
function Mutex.lock(mutex, seconds)
  check_mutex(mutex, "lock")
  core.check_timeout("lock", 2, seconds)
  local task = core.may_wait("lock")
  if mutex.owner == task then error("lock: this task has locked it already", 2) end
  core.breathe()
  if mutex.owner then
    local outcome = mutex.waiting:wait("lock", seconds)
    if outcome ~= "woken" then return core.not_woken(task, outcome) end
  end
  mutex.owner = task
  return mutex
end

local function unlock(mutex)
  mutex.owner = nil
  if mutex.waiting:wake(true) then mutex.owner = true end -- it belongs to the one that is woken
end

function Mutex.unlock(mutex)
  check_mutex(mutex, "unlock")
  if not mutex.owner or mutex.owner ~= current() then
    error("unlock: this task has not locked it", 2)
  end
  unlock(mutex)
  return true
end

function mutex_meta.__close(mutex) unlock(mutex) end
