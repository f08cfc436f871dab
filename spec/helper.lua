-- What the specs share: sockets that are closed after each test, a watch for leaked
-- descriptors, programs that run in processes of their own.

local lfs = require("lfs")
local mio = require("mio")

local helper = {}

-- ------------------------------------------------------------ what is to be closed

local kept = {}

-- Close `object` after the test. Returns it.
function helper.keep(object)
  kept[#kept + 1] = object
  return object
end

function helper.close_all()
  while #kept > 0 do
    table.remove(kept):close()
  end
end

-- How many descriptors this process has open.
function helper.descriptors()
  local count = -1 -- the folder's own
  for name in lfs.dir("/proc/self/fd") do
    count = count + (name:find("^%d") and 1 or 0)
  end
  return count
end

local function collect()
  collectgarbage()
  collectgarbage() -- what finalizers have left behind
end

-- How many bytes 100 calls of `fn` leave to the collector, when it has run before.
function helper.garbage(fn)
  local hook, mask, count = debug.gethook() -- spec/collector.lua may have set one
  debug.sethook()
  collectgarbage()
  collectgarbage("stop")
  fn() -- the collection has also taken what Lua's own calls keep for reuse
  local before = collectgarbage("count")
  for _ = 1, 100 do
    fn()
  end
  local after = collectgarbage("count")
  collectgarbage("restart")
  debug.sethook(hook, mask, count)
  return (after - before) * 1024
end

-- In a describe block: every test has to leave as many descriptors open as it found.
function helper.watch()
  local busted = require("busted")
  local before
  busted.before_each(function()
    collect()
    before = helper.descriptors()
  end)
  busted.after_each(function()
    helper.close_all()
    collect()
    assert(helper.descriptors() == before, "descriptors were left open")
  end)
end

-- What `it` is for tests that need a package: skipped, by name, where it is not there. They get
-- the package, which is loaded before: what it opens then is nobody's leak.
function helper.needing(package, debian)
  local busted = require("busted")
  local found, module = pcall(require, package)
  return function(name, test)
    if found then
      busted.it(name, function() test(module) end)
    else
      busted.pending(name .. " (needs " .. debian .. ")")
    end
  end
end

-- ------------------------------------------------------------------------ sockets

function helper.loop(options)
  return helper.keep(assert(mio.loop(options)))
end

function helper.poll()
  return helper.keep(assert(mio.poll()))
end

function helper.listener(address, options)
  return helper.keep(assert(mio.listen(address or "127.0.0.1:0", options)))
end

-- Wait until a source is ready.
function helper.await(source, interest)
  local poll <close> = assert(mio.poll())
  assert(poll:register(source, true, interest))
  local next_event, state = poll:wait(10)
  assert(next_event(state), "nothing has come in ten seconds")
end

-- The next client of a listener.
function helper.accept(listener)
  helper.await(listener, "r")
  return helper.keep(assert(listener:try_accept()))
end

-- Two streams that are connected: the client's end and the server's.
function helper.pair(address)
  local listener <close> = assert(mio.listen(address or "127.0.0.1:0"))
  local client = helper.keep(assert(mio.try_connect(listener:local_address())))
  local server = helper.accept(listener)
  helper.await(client, "w")
  assert(client:connected())
  return client, server
end

-- Everything that comes, until `size` bytes are there, or the end.
function helper.read(stream, size)
  local parts, length = {}, 0
  while length < size do
    local data, err, code = stream:try_read(size - length)
    if data then
      parts[#parts + 1] = data
      length = length + #data
    elseif err == "again" then
      helper.await(stream, "r")
    else
      assert(code == "EOF", err)
      break
    end
  end
  return table.concat(parts)
end

-- Write until the socket is full; returns how many bytes it took. A Unix socket stays full
-- then; TCP may find some more room a while later.
function helper.fill(stream)
  local piece, total = ("x"):rep(65536), 0
  while true do
    local count, err = stream:try_write(piece)
    if not count then
      assert(err == "again", err)
      return total
    end
    total = total + count
  end
end

-- A name of a Unix socket that nobody else has.
local names = 0
function helper.unix_name()
  names = names + 1
  return ("unix:@mio-spec-%s-%d"):format(tostring(helper):match("0x(%x+)"), names)
end

-- ----------------------------------------------------------------------- errors

-- The message of the error that `fn` raises, without the place where it was raised.
function helper.raised(fn, ...)
  local ok, message = pcall(fn, ...)
  assert(not ok, "no error was raised")
  return (tostring(message):gsub("^[^\n:]+:%d+: ", ""))
end

-- -------------------------------------------------------------------- processes

local function quote(text)
  return "'" .. text:gsub("'", [['\'']]) .. "'"
end

-- The interpreter, and what it is to be run under, if anything: "valgrind -q lua5.4".
helper.interpreter = os.getenv("MIO_TEST_LUA") or arg[-1] or "lua5.4"

-- A child that allocates too much is told so by its sanitizer, instead of being ended.
local environment = 'ASAN_OPTIONS="allocator_may_return_null=1:$ASAN_OPTIONS"'

-- Start a program of Lua. `before` is shell code that runs first ("ulimit -n 30"). Errors come
-- out like the rest. Returns the pipe, and the id of the process to send a signal to.
function helper.start(code, before)
  local command = ("%s; echo $$; %s exec timeout --foreground 240 %s -e %s 2>&1"):format(
    before or ":", environment, helper.interpreter, quote(code))
  local pipe = assert(io.popen(command))
  return pipe, tonumber(pipe:read("l"))
end

-- Send this process a signal. (os.execute() would ignore INT and QUIT meanwhile.)
function helper.kill(name)
  io.popen("kill -" .. name .. " $PPID"):close()
end

-- Run a program to its end. Returns its output, and its status: 128 more than the signal that
-- ended it.
function helper.run(code, before)
  local pipe = helper.start(code, before)
  local output = pipe:read("a")
  local _, how, status = pipe:close()
  return output, how == "signal" and 128 + status or status
end

return helper
