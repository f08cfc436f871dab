-- Servers: a task for each client of a listener.

local core = ...

local exports, current, suspend = core.exports, core.current, core.suspend

local Server = {} -- its methods
local server_meta = { __name = "mio.server", __metatable = false, __index = Server }

local OPTIONS = {
  max = core.options.count,
  timeout = core.options.seconds,
  header_timeout = core.options.seconds,
  on_error = core.options.callable,
}

local STOP_OPTIONS = { grace = core.options.seconds }

local function warn_of(err)
  warn("mio.serve: ", tostring(err))
end

function exports.server(listener, handler, options)
  if not core.is_socket(listener) or not listener.accept then
    error("bad argument #1 to 'server' (mio.listener expected)", 2)
  end
  core.check_function("server", 2, handler)
  options = core.check_options("server", 3, options, OPTIONS)
  return setmetatable({
    listener = listener, handler = handler, on_error = options.on_error or warn_of,
    max = options.max or math.huge, timeout = options.timeout,
    header_timeout = options.header_timeout, count = 0,
  }, server_meta)
end

local function handle(server, client)
  if server.timeout then assert(client:settimeout(server.timeout)) end
  if server.header_timeout then assert(core.first_within(client, server.header_timeout)) end
  server.handler(client, server)
end

-- What a client's task runs: an error in it, or in its children, ends this client only.
local function serve_client(server, client)
  local failed, err = core.finish_scopes(current(),
    core.failed(xpcall(handle, core.traced, server, client)))
  client:close(err == core.cancelled and "cancelled" or nil)
  server.count = server.count - 1
  if server.waits then core.wake(server.waits, true) end
  if failed and err ~= core.cancelled then server.on_error(err, client) end
end

-- Wait until a client has left, or the server is stopped; for `seconds` at the most.
local function wait_for_client(server, seconds)
  server.waits = current()
  local outcome = suspend("its clients", seconds)
  server.waits = nil
  if outcome == "doomed" then core.not_woken(current(), outcome) end
end

-- The next client; nil once the server is stopped, or nil, err, code. A stop() wakes only who
-- waits: so the others go first before it is seen whether the server is stopped.
local function accept_next(server)
  core.breathe()
  while not server.is_stopped do
    local client, err, code
    if server.count < server.max then client, err, code = core.try_accept(server.listener) end
    if client or err and err ~= "again" then return client, err, code end
    server.waits = current()
    local ready, why = true, nil
    if err then
      ready, why, code = core.await(server.listener, "r", nil, "accept")
    else
      wait_for_client(server)
    end
    server.waits = nil
    if not ready then return nil, why, code end
  end
end

local function accept_all(server, scope)
  local client, err, code = accept_next(server)
  while client do
    server.count = server.count + 1
    scope:spawn(serve_client, server, client)
    client, err, code = accept_next(server)
  end
  return err, code
end

-- Those who are still there may stay until the deadline, if there is one.
local function finish(server, scope)
  while server.count > 0 do
    local left = server.deadline and server.deadline - core.loop:now()
    if left and left <= 0 then return scope:cancel() end
    wait_for_client(server, left)
  end
end

-- Serve until the server is stopped or its listener is closed, and all clients have left.
function Server.run(server)
  core.task_for("run")
  if server.runs then error("run: this server runs already", 2) end
  server.runs = true
  core.servers[server] = true
  local _ <close> = exports.defer(function() core.servers[server] = nil end)
  local scope <close> = exports.scope()
  local err, code = accept_all(server, scope)
  finish(server, scope)
  scope:close()
  if err and err ~= "closed" then return nil, err, code end
  return true
end

-- Accept nobody any more. Clients that are there for more than `grace` seconds are cancelled.
function Server.stop(server, options)
  options = core.check_options("stop", 2, options, STOP_OPTIONS)
  server.is_stopped = true
  server.deadline = math.min(server.deadline or math.huge,
    core.loop:now() + (options.grace or 0))
  if server.waits then core.wake(server.waits, true) end
  return true
end

function exports.serve(listener, handler, options)
  return exports.server(listener, handler, options):run()
end
