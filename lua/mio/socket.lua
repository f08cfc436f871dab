-- What the sockets can do in tasks, beside reading and writing streams: each tries, and waits
-- for as long as the answer is "again".

local core = ...

local exports, await, check_self = core.exports, core.await, core.check_self
local mio, methods = core.mio, core.methods

-- When a timeout is over that begins now: for a call that may have to wait more than once.
local function due_in(seconds)
  return seconds and exports.now() + seconds
end

local function await_until(self, interest, due, what)
  return await(self, interest, due and math.max(0, due - exports.now()), what)
end

-- Call a method that tries until it does not say "again".
local function insist(self, interest, due, what, try, ...)
  core.may_wait(what)
  core.breathe()
  while true do
    local result, err, code = try(self, ...)
    if result ~= nil or err ~= "again" then return result, err, code end
    due = due or due_in(core.timeout_of(self))
    local ready, why
    ready, why, code = await_until(self, interest, due, what)
    if not ready then return nil, why, code end
  end
end

-- ------------------------------------------------------------------------- listeners

local listener = methods.listener

local at_limit = { EMFILE = true, ENFILE = true, ENOBUFS = true, ENOMEM = true }

-- At the descriptor limit it is "again", too: the listener rests, and tells when it looks anew.
function core.try_accept(self)
  local stream, err, code = listener.try_accept(self)
  if stream then return core.attach(stream, self) end
  if at_limit[code] then return nil, "again" end
  return nil, err, code
end

function listener.accept(self, seconds)
  check_self(self, "listener", "accept")
  core.check_timeout("accept", 2, seconds)
  return insist(self, "r", due_in(seconds), "accept", core.try_accept)
end

-- The iterator ends when the listener is closed, or nobody comes for so long; with an error it
-- does not go on.
function listener.accepts(self, seconds)
  check_self(self, "listener", "accepts")
  core.check_timeout("accepts", 2, seconds)
  return function() return (listener.accept(self, seconds)) end
end

-- ---------------------------------------------------------------------- connections

local function finish_connect(socket, due)
  if not socket.connected then return socket end -- seqpackets are connected at once
  while true do
    local ready, why, code = await_until(socket, "w", due, "connect")
    if not ready then return nil, why, code end
    local connected
    connected, why, code = socket:connected()
    if connected then return socket end
    if why ~= "again" then return nil, why, code end
  end
end

function exports.connect(address, options, seconds)
  core.check_timeout("connect", 3, seconds)
  core.may_wait("connect")
  local socket, err, code = mio.try_connect(address, options)
  if not socket then return nil, err, code end
  local guard <close> = exports.defer(function(failure)
    if failure ~= nil then socket:close() end
  end)
  local connected
  connected, err, code = finish_connect(socket, due_in(seconds))
  if not connected then
    socket:close()
    return nil, err, code
  end
  return guard and socket
end

local stream = methods.stream

-- Relay what comes from one stream to another one until that ends. Returns how many bytes.
function exports.copy(from, to)
  local total = 0
  while true do
    local data, err, code = stream.read(from)
    if not data then
      if code == "EOF" then return total end
      return nil, err, code
    end
    local ok
    ok, err, code = stream.write(to, data)
    if not ok then return nil, err, code end
    total = total + #data
  end
end

-- ------------------------------------------------------------------------- datagrams

local datagram = methods.datagram

function datagram.recv(self, n, seconds)
  check_self(self, "datagram", "recv")
  core.check_timeout("recv", 3, seconds)
  return insist(self, "r", due_in(seconds), "recv", datagram.try_recv, n)
end

function datagram.send(self, data, address, seconds)
  check_self(self, "datagram", "send")
  core.check_timeout("send", 4, seconds)
  return insist(self, "w", due_in(seconds), "send", datagram.try_send, data, address)
end

function datagram.recv_into(self, buffer, n, seconds)
  check_self(self, "datagram", "recv_into")
  core.check_timeout("recv_into", 4, seconds)
  return insist(self, "r", due_in(seconds), "recv_into", datagram.try_recv_into, buffer, n)
end

function datagram.recv_batch(self, batch, seconds)
  check_self(self, "datagram", "recv_batch")
  core.check_timeout("recv_batch", 3, seconds)
  return insist(self, "r", due_in(seconds), "recv_batch", datagram.try_recv_batch, batch)
end

-- As many as go before an error, which the next call tells.
function datagram.send_batch(self, batch, i, seconds)
  check_self(self, "datagram", "send_batch")
  if i ~= nil then core.check_count("send_batch", 3, i) end
  core.check_timeout("send_batch", 4, seconds)
  local first, sent, due = i or 1, 0, due_in(seconds)
  repeat
    local count, err, code = insist(self, "w", due, "send_batch", datagram.try_send_batch,
      batch, first + sent)
    if not count and sent == 0 then return nil, err, code end
    sent = sent + (count or 0)
  until not count or first + sent > #batch
  return sent
end

-- The iterator: data and address of each datagram; it ends with an error, or the end, or when
-- none comes for so long.
function datagram.packets(self, n, seconds)
  check_self(self, "datagram", "packets")
  core.check_timeout("packets", 3, seconds)
  return function()
    while true do
      local data, from, code = datagram.recv(self, n, seconds)
      if data or code ~= "ECONNREFUSED" then return data, from end
    end
  end
end

-- --------------------------------------------------------------------------- signals

local signals = methods.signals

function signals.read(self, seconds)
  check_self(self, "signals", "read")
  core.check_timeout("read", 2, seconds)
  return insist(self, "r", due_in(seconds), "read", signals.try_read)
end

-- for name in mio.signal("INT", "TERM") do ... end
core.metatables.signals.__call = function(self) return (signals.read(self)) end

-- --------------------------------------------------------------------------- options

for _, class in ipairs({ "datagram", "listener", "signals", "stream" }) do
  methods[class].settimeout = function(self, seconds)
    check_self(self, class, "settimeout")
    core.check_timeout("settimeout", 2, seconds)
    return core.settimeout(self, seconds)
  end
end

function methods.stream.sethighwater(self, bytes)
  check_self(self, "stream", "sethighwater")
  core.check_count("sethighwater", 2, bytes)
  return core.sethighwater(self, bytes)
end
