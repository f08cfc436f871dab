-- Channels between the tasks of one run.
--
-- A value goes straight to a receiver that waits; else it is kept, while there are fewer than
-- `capacity`; else its sender waits. So where senders wait, the channel is full, and where
-- receivers wait, it is empty.

local core = ...

local exports, Queue = core.exports, core.Queue

local Channel = {} -- its methods
local channel_meta = { __name = "mio.task_channel", __metatable = false, __index = Channel }

local CLOSED = {} -- what those are woken with who wait as the channel is closed

function exports.channel(capacity)
  capacity = capacity or 0
  if math.type(capacity) ~= "integer" or capacity < 0 then
    error("bad argument #1 to 'channel' (a capacity is a whole number from 0 up)", 2)
  end
  return setmetatable({
    capacity = capacity, first = 1, last = 0, items = {}, closed = false,
    senders = Queue.new(), receivers = Queue.new(), watchers = Queue.new(),
    offered = {}, -- what the senders have that wait, by task
  }, channel_meta)
end

local function check(channel, name)
  if type(channel) ~= "table" or rawget(channel, "receivers") == nil then
    error(("bad argument #1 to '%s' (mio.task_channel expected, got %s)"):format(name,
      type(channel)), 3)
  end
end

local function keep(channel, value)
  channel.last = channel.last + 1
  channel.items[channel.last] = value
  channel.watchers:wake(true)
end

-- Returns true, or why not.
local function offer(channel, value)
  if channel.closed then return nil, "closed" end
  if channel.receivers:wake(value) then return true end
  if channel.last - channel.first + 1 >= channel.capacity then return nil, "full" end
  keep(channel, value)
  return true
end

-- The first sender that waits puts what it has behind the rest.
local function refill(channel)
  local senders = channel.senders
  while senders.first <= senders.last do
    local task = senders[senders.first]
    local value = task and channel.offered[task]
    if senders:wake(true) then
      channel.offered[task] = nil
      keep(channel, value)
      return
    end
  end
end

-- Returns the value, or nil and why there is none.
local function take(channel)
  if channel.first > channel.last then refill(channel) end
  if channel.first > channel.last then return nil, channel.closed and "closed" or "again" end
  local value = channel.items[channel.first]
  channel.items[channel.first] = nil
  channel.first = channel.first + 1
  if channel.last - channel.first + 1 < channel.capacity then refill(channel) end
  return value
end

local function check_value(value)
  if value == nil then
    error("bad argument #2 to 'send' (a channel carries anything but nil)", 3)
  end
end

function Channel.try_send(channel, value)
  check(channel, "try_send")
  check_value(value)
  return offer(channel, value)
end

function Channel.send(channel, value, seconds)
  check(channel, "send")
  check_value(value)
  core.check_timeout("send", 3, seconds)
  local task = core.may_wait("send")
  core.breathe()
  local sent, err = offer(channel, value)
  if sent or err ~= "full" then return sent, err end
  channel.offered[task] = value
  channel.watchers:wake(true)
  local outcome, got = channel.senders:wait("send", seconds)
  channel.offered[task] = nil
  if outcome ~= "woken" then return core.not_woken(task, outcome) end
  if got == CLOSED then return nil, "closed" end
  return true
end

function Channel.try_recv(channel)
  check(channel, "try_recv")
  return take(channel)
end

function Channel.recv(channel, seconds)
  check(channel, "recv")
  core.check_timeout("recv", 2, seconds)
  local task = core.may_wait("recv")
  core.breathe()
  local value, err = take(channel)
  if value ~= nil or err == "closed" then return value, err end
  local outcome, got = channel.receivers:wait("recv", seconds)
  if outcome ~= "woken" then return core.not_woken(task, outcome) end
  if got == CLOSED then return nil, "closed" end
  return got
end

-- The iterator: it ends when the channel is closed and empty, or nothing comes for so long.
function Channel.messages(channel, seconds)
  check(channel, "messages")
  core.check_timeout("messages", 2, seconds)
  return function() return (Channel.recv(channel, seconds)) end
end

-- What was sent can still be received; who waits to send is told that it was not.
function Channel.close(channel)
  check(channel, "close")
  channel.closed = true
  while channel.receivers:wake(CLOSED) do end
  while channel.senders:wake(CLOSED) do end
  while channel.watchers:wake(true) do end
  return true
end

channel_meta.__close = Channel.close

function channel_meta.__len(channel)
  return channel.last - channel.first + 1
end

-- ------------------------------------------------------------------- for mio.select

local as_case = {
  is_ready = function(channel)
    return channel.first <= channel.last or channel.closed or next(channel.offered) ~= nil
  end,
  watch = function(channel, task) channel.watchers:add(task) end,
  unwatch = function(channel, task) channel.watchers:remove(task) end,
}

local task_as_case = {
  is_ready = function(task) return core.get(task, core.RESULT) ~= nil end,
  watch = function(task, me)
    local joiners = core.get(task, core.JOINERS) or {}
    core.set(task, core.JOINERS, joiners)
    joiners[me] = true
  end,
  unwatch = function(task, me)
    local joiners = core.get(task, core.JOINERS)
    if joiners then joiners[me] = nil end
  end,
}

function core.selectable(object)
  if type(object) == "table" and rawget(object, "receivers") then return as_case end
  return core.is_task(object) and task_as_case or nil
end
