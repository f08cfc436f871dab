-- Sources of other libraries: the sockets of LuaSocket, what cqueues has, handles of luv.

local helper = require("spec.helper")
local mio = require("mio")

local DATA = ("0123456789abcdef"):rep(65536) -- more than a socket takes at once

local function nothing() end

describe("a socket of LuaSocket", function()
  helper.watch()
  local it = helper.needing("socket", "lua-socket")

  local loop
  before_each(function() loop = helper.loop() end)

  local function unblocked(object)
    helper.keep(assert(object)):settimeout(0)
    return object
  end

  -- A listener, and a client that has begun to connect to it.
  local function connecting(socket)
    local listener, client = unblocked(socket.bind("127.0.0.1", 0)), unblocked(socket.tcp4())
    assert.same({ nil, "timeout" }, { client:connect(listener:getsockname()) })
    return listener, client
  end

  -- A handler that sends `data`, then tells the other side that this was all.
  local function sending(data, done)
    local sent = 0
    return function(object, _, _, _, registration)
      local last, _, partial = object:send(data, sent + 1)
      sent = last or partial
      if sent == #data then
        registration:deregister()
        object:shutdown("send")
        done()
      end
    end
  end

  -- A handler that reads to the end. LuaSocket keeps what it has read too much, and nobody
  -- tells that: so it is read until there is no more.
  local function reading(parts, done)
    return function(object, _, _, _, registration)
      local piece, err, partial
      repeat
        piece, err, partial = object:receive(8192)
        parts[#parts + 1] = piece or partial
      until err
      if err == "closed" then
        registration:deregister()
        done()
      end
    end
  end

  it("listens, connects, sends and receives in a loop", function(socket)
    local listener, client = connecting(socket)
    local asked, answered = {}, {}
    loop:register(listener, "r", function(_, _, _, _, registration)
      registration:deregister()
      local server = unblocked(listener:accept())
      loop:register(server, "r", reading(asked, function()
        loop:register(server, "w", sending(table.concat(asked), nothing))
      end))
    end)
    loop:register(client, "w", sending(DATA, function()
      loop:register(client, "r", reading(answered, nothing))
    end))
    assert.is_true(loop:run()) -- until nothing is registered
    assert.is_true(table.concat(answered) == DATA)
  end)

  it("is told by a poll", function(socket)
    local listener, client = connecting(socket)
    local poll = helper.poll()
    poll:register(listener, "listener", "r")
    poll:register(client, "client", "w")
    local told = {}
    while not (told.listener and told.client) do
      for token in assert(poll:wait(10)) do told[token] = true end
    end
    assert.is_truthy(unblocked(listener:accept()))
  end)

  it("may be for datagrams", function(socket)
    local receiver = unblocked(socket.udp4())
    assert(receiver:setsockname("127.0.0.1", 0))
    local address, port = receiver:getsockname()
    local heard = {}
    loop:register(receiver, "r", function()
      heard[#heard + 1] = receiver:receive()
      if #heard == 3 then loop:shutdown() end
    end)
    local sender = helper.keep(socket.udp4())
    for _, data in ipairs({ "a", "", "b" }) do
      assert(sender:sendto(data, address, port))
    end
    loop:run()
    assert.same({ "a", "", "b" }, heard)
  end)

  it("is not told for what it has in its own buffer", function(socket)
    local listener, client = connecting(socket)
    helper.await(listener, "r")
    local server = unblocked(listener:accept())
    client:send("one\ntwo\n")
    local told = 0
    loop:register(server, "r", function()
      told = told + 1
      assert.equal("one", server:receive("*l"))
    end)
    loop:run_once(10)
    loop:run_once(0)
    assert.equal(1, told)
    assert.is_true(server:dirty())
    assert.equal("two", server:receive("*l"))
  end)

  it("that is closed is told so", function(socket)
    local object = socket.tcp4()
    object:close()
    assert.same({ nil, "closed" }, { loop:register(object, "r", print) })
  end)
end)

describe("a controller of cqueues", function()
  helper.watch()
  local it = helper.needing("cqueues", "lua-cqueues")

  local loop, controller, steps
  before_each(function()
    loop, steps = helper.loop(), 0
  end)

  -- Have the controller live in the loop until it has nothing more to do. Returns what makes
  -- it look at what was wrapped from outside.
  local function nest(cqueues)
    controller = helper.keep(cqueues.new())
    local alarm, registration
    local function step()
      steps = steps + 1
      assert(controller:step(0))
      if controller:empty() then
        alarm:cancel()
        return registration:deregister()
      end
      alarm:reset(controller:timeout() or math.huge)
    end
    registration = assert(loop:register(controller, "r", step))
    alarm = loop:after(0, step)
    return step
  end

  it("has its timers", function(cqueues)
    local seen, start = {}, cqueues.monotime() -- cqueues promises no order of what is due
    nest(cqueues)
    for _, ms in ipairs({ 12, 1, 5 }) do
      controller:wrap(function()
        cqueues.sleep(ms / 1000)
        assert(cqueues.monotime() - start >= ms / 1000)
        cqueues.sleep(0)
        cqueues.sleep(0.001)
        seen[ms] = true
      end)
    end
    loop:after(0.003, function() seen.loop = true end)
    assert.is_true(loop:run())
    assert.same({ [1] = true, [5] = true, [12] = true, loop = true }, seen)
  end)

  it("has its sockets", function(cqueues)
    local socket = require("cqueues.socket")
    local listener = socket.listen("127.0.0.1", 0)
    local _, address, port = listener:localname()
    local answer
    nest(cqueues)
    controller:wrap(function()
      local server = listener:accept()
      server:setmode("b", "bn")
      server:write(server:read(#DATA))
      server:close()
    end)
    controller:wrap(function()
      local client = socket.connect(address, port)
      client:setmode("b", "bn")
      client:write(DATA)
      cqueues.sleep(0.002)
      answer = client:read(#DATA)
      client:close()
    end)
    local ticks = 0
    local clock = loop:every(0.001, function(clock)
      ticks = ticks + 1
      if answer then clock:cancel() end
    end)
    assert.is_true(loop:run())
    clock:cancel()
    listener:close()
    assert.is_true(answer == DATA)
    assert.is_true(ticks > 0)
  end)

  it("waits for a loop's handlers, and they for it", function(cqueues)
    local condition = require("cqueues.condition").new()
    local order = {}
    local step = nest(cqueues)
    controller:wrap(function()
      condition:wait()
      order[#order + 1] = "woken"
      loop:after(0.001, function() order[#order + 1] = "timer" end)
    end)
    loop:after(0.002, function()
      order[#order + 1] = "handler"
      condition:signal()
      step() -- or ask it anew for its timeout
    end)
    assert.is_true(loop:run())
    assert.same({ "handler", "woken", "timer" }, order)
  end)

  it("is silent while nothing is due", function(cqueues)
    local client, server = helper.pair()
    nest(cqueues)
    controller:wrap(function()
      cqueues.poll({ pollfd = server:getfd(), events = "r" })
      controller:cancel(server:getfd())
    end)
    loop:after(0.03, function() client:try_write("x") end)
    assert.is_true(loop:run())
    assert.is_true(steps <= 4, steps .. " steps")
  end)

  it("raises what one of its coroutines raises", function(cqueues)
    nest(cqueues)
    controller:wrap(function() error("mine", 0) end)
    assert.equal("mine", helper.raised(loop.run, loop))
  end)

  it("is told by a poll", function(cqueues)
    local poll, count = helper.poll(), 0
    controller = helper.keep(cqueues.new())
    local registration = assert(poll:register(controller, "controller", "r"))
    for i = 3, 1, -1 do
      controller:wrap(function()
        cqueues.sleep(i / 500)
        count = count + 1
      end)
    end
    while not controller:empty() do
      for _ in assert(poll:wait(controller:timeout())) do end -- what is told leads to a step
      assert(controller:step(0))
    end
    registration:deregister()
    assert.equal(3, count)
  end)
end)

describe("a socket of cqueues", function()
  helper.watch()
  local it = helper.needing("cqueues.socket", "lua-cqueues")

  it("is a source without a controller", function(socket)
    local loop, told = helper.loop(), nil
    local a, b = socket.pair()
    a:setmode("b", "bn")
    local registration = loop:register(b, "r", function(given)
      told = given == b and b:recv(-10)
      loop:shutdown()
    end)
    a:write("hello")
    loop:run()
    registration:deregister()
    a:close()
    b:close()
    assert.equal("hello", told)
  end)
end)

describe("a handle of luv", function()
  helper.watch()
  local it = helper.needing("luv", "lua-luv")

  it("is a source by its number", function(uv)
    local loop = helper.loop()
    local server = uv.new_udp()
    assert(server:bind("127.0.0.1", 0))
    local name = server:getsockname()
    local client = helper.keep(assert(mio.datagram("127.0.0.1:0")))
    assert(client:try_send("x", name.ip .. ":" .. name.port))
    local told = 0
    local registration = assert(loop:register(assert(server:fileno()), "r", function()
      told = told + 1
      loop:shutdown()
    end))
    loop:run()
    registration:deregister()
    server:close()
    uv.run()
    assert.equal(1, told)
  end)
end)
