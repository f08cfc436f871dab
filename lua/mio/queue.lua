-- Queues of tasks that wait for one thing, first come, first served.

local core = ...

local Queue = {}
Queue.__index = Queue
core.Queue = Queue

function Queue.new()
  return setmetatable({ first = 1, last = 0 }, Queue)
end

-- Wake the first one that still waits, with a value. Returns whether there was one.
function Queue:wake(value)
  while self.first <= self.last do
    local task = self[self.first]
    self[self.first] = nil
    self.first = self.first + 1
    if task and core.wake(task, value) then return true end
  end
  return false
end

function Queue:add(task)
  self.last = self.last + 1
  self[self.last] = task
end

-- A place that is left stays, empty, until its turn comes.
function Queue:remove(task)
  for i = self.last, self.first, -1 do
    if self[i] == task then
      if i == self.last then
        self[i], self.last = nil, i - 1
      else
        self[i] = false
      end
      return
    end
  end
end

-- Wait in it. Returns what core.suspend returns.
function Queue:wait(what, seconds)
  local task = core.current()
  self:add(task)
  local outcome, value = core.suspend(what, seconds)
  if outcome ~= "woken" then self:remove(task) end
  return outcome, value
end
