local helper = require("spec.helper")
local mio = require("mio")

local rows = {}

local function nothing() end

-- A channel whose messages are put into a table; senders are kept until the end of the row.
local function listen(options)
  local loop, heard = mio.loop(), { n = 0 }
  local sender, channel = assert(loop:channel(function(message, closed)
    if not closed then
      heard.n = heard.n + 1
      heard[heard.n] = message
    end
  end, options))
  return loop, sender, heard, channel
end

-- Turn until so many messages have been heard: how many come in one turn is the loop's affair.
local function hear(loop, heard, count)
  while heard.n < count do
    assert(loop:run_once(10))
  end
  assert(heard.n == count)
end

local function nested(depth)
  local value = {}
  for _ = 1, depth do
    value = { value }
  end
  return value
end

rows["values that do not travel"] = function()
  local loop, sender, heard = listen()
  local cycle, long_cycle = {}, nested(50)
  cycle[1] = cycle
  long_cycle.again = { { long_cycle } }
  for _, value in ipairs({
    print, function() end, io.stdout, mio.buffer(), loop, mio.address("unix:"),
    coroutine.create(nothing), cycle, long_cycle, nested(100000), nested(101),
    { print }, { x = { io.stdout } }, { [print] = 1 }, { [{}] = 1 }, { [sender] = 1 },
    { [0 / 1] = print }, { sender, sender, print },
  }) do
    local ok, message = pcall(sender.send, sender, value)
    assert(not ok and message:find("value", 1, true), message)
  end
  assert(not pcall(sender.send, sender))
  assert(not pcall(sender.send, sender, ("x"):rep((16 << 20) + 1)))
  assert(sender:send("still there"))
  hear(loop, heard, 1)
  assert(heard[1] == "still there")
end

rows["numbers at the edges arrive as they are"] = function()
  local loop, sender, heard = listen()
  local numbers = {
    math.mininteger, math.maxinteger, math.huge, -math.huge, 2^53, -2^63, 5e-324, 0, -0.0, 0.0,
  }
  for _, number in ipairs(numbers) do
    assert(sender:send(number))
    assert(sender:send({ [number] = number }))
  end
  assert(sender:send(0 / 0))
  hear(loop, heard, 2 * #numbers + 1)
  for i, number in ipairs(numbers) do
    local got, inside = heard[2 * i - 1], heard[2 * i]
    assert(got == number and math.type(got) == math.type(number))
    assert(1 / got == 1 / number, "the sign of a zero")
    assert(inside[number] == number)
  end
  assert(heard[heard.n] ~= heard[heard.n])
end

rows["tables are read raw, whatever their metatables say"] = function()
  local loop, sender, heard = listen()
  local metatable = {
    __index = error, __len = error, __pairs = error, __newindex = error, __eq = error,
    __gc = error, __name = 42, __metatable = "mine",
  }
  assert(sender:send(setmetatable({ 1, 2, x = setmetatable({ 3 }, metatable) }, metatable)))
  hear(loop, heard, 1)
  local got = heard[1]
  assert(#got == 2 and got.x[1] == 3 and getmetatable(got) == nil)
end

rows["send to a full channel, and to a closed one"] = function()
  local loop, sender, heard, channel = listen({ capacity = 3 })
  for i = 1, 100 do
    local ok, err = sender:send({ i, ("x"):rep(i) })
    assert(i <= 3 and ok or err == "full")
  end
  assert(not pcall(sender.send, sender, print))
  hear(loop, heard, 3)
  assert(sender:send(sender))
  assert(channel:close() and channel:close())
  for _ = 1, 100 do
    local ok, err = sender:send({ sender, ("x"):rep(1000) })
    assert(ok == nil and err == "closed")
  end
  assert(sender:close() and sender:close())
  assert(select(2, sender:send(print)) == "closed")
  assert(select(2, sender:export()) == "closed")
  assert(loop:run())
  assert(heard.n == 3)
end

rows["the receiver is collected"] = function()
  local senders = {}
  for i = 1, 100 do
    local _, sender = listen()
    assert(sender:send({ i, sender, ("x"):rep(i) }))
    senders[i] = sender
  end
  collectgarbage()
  collectgarbage()
  for _, sender in ipairs(senders) do
    local ok, err = sender:send(1)
    assert(ok == nil and err == "closed")
    sender:close()
  end
  assert(helper.descriptors() < 50)
end

rows["senders that only messages hold"] = function()
  for _ = 1, 100 do
    local loop, sender, heard = listen()
    local other_loop, other = listen()
    assert(sender:send({ other, { other } }) and other:send(sender))
    assert(sender:send(sender))
    if _ % 2 == 0 then
      loop:run_once(10)
      assert(heard[1][1]:send("back"))
      other_loop:run_once(10)
    end
  end
  collectgarbage()
  collectgarbage()
  assert(helper.descriptors() < 50)
end

rows["everything closed inside the handler"] = function()
  for number = 1, 7 do
    local loop = mio.loop()
    local sender, channel
    local count = 0
    sender, channel = loop:channel(function()
      count = count + 1
      if number & 1 ~= 0 then sender:close() end
      if number & 2 ~= 0 then channel:close() end
      if number & 4 ~= 0 then loop:close() end
      collectgarbage()
    end)
    for _ = 1, 3 do
      assert(sender:send({ ("x"):rep(100), sender }))
    end
    loop:after(0.01, function() loop:shutdown() end)
    loop:run()
    assert(count == (number & 6 ~= 0 and 1 or count) and count >= 1)
  end
end

rows["a handler that sends to itself for ever, while others are served"] = function()
  local loop = mio.loop()
  local ticks, sender = 0, nil
  sender = loop:channel(function(message) sender:send(message + 1) end)
  sender:send(1)
  loop:every(0.001, function()
    ticks = ticks + 1
    if ticks == 20 then
      loop:shutdown()
    end
  end)
  assert(loop:run())
  assert(ticks == 20)
end

rows["a handler that raises at each message loses no other"] = function()
  local loop = mio.loop()
  local heard = 0
  local sender = loop:channel(function(message)
    heard = heard + 1
    error({ message })
  end)
  for i = 1, 1000 do
    assert(sender:send(i))
  end
  local told = 0
  while told < 1000 do
    local ok, err = pcall(loop.run_once, loop, 10)
    assert(ok or err[1] == told + 1)
    told = ok and told or told + 1
  end
  assert(heard == 1000)
end

rows["tickets that are forged"] = function()
  math.randomseed(7)
  local _, sender = listen()
  local ticket = sender:export()
  for _ = 1, 20000 do
    local at = math.random(#ticket)
    local byte = string.char(math.random(0, 255))
    local forged = ticket:sub(1, at - 1) .. byte .. ticket:sub(at + 1)
    local ok, found, err = pcall(mio.sender, forged)
    assert(forged == ticket or not ok or found == nil and err == "closed")
  end
  assert(mio.sender(ticket):close())
end

-- Lua finalizes nothing that is made when the state is closed: so nothing is made then.
rows["channels in the hands of finalizers"] = function()
  local over = false
  local loop, sender, heard = listen({ capacity = 8 })
  local function finalizer()
    sender:send({ sender, heard.n })
    loop:run_once(0)
    if not over and math.random(10) == 1 then
      loop, sender, heard = listen({ capacity = 8 })
    end
  end
  for i = 1, 3000 do
    setmetatable({}, { __gc = finalizer })
    sender:send({ i, { tostring(i) }, sender })
    loop:run_once(0)
  end
  over = true
end

rows["wakers of polls that are closed or collected, and woken in between"] = function()
  local wakers = {}
  for i = 1, 200 do
    local poll = mio.poll()
    local waker = assert(poll:waker(i))
    assert(waker:wake())
    if i % 4 == 0 then
      poll:close()
    elseif i % 4 == 1 then
      for token in poll:wait(0) do
        assert(token == i)
        waker:wake()
        waker:close()
      end
    end
    wakers[i] = waker
  end
  collectgarbage()
  collectgarbage()
  for _, waker in ipairs(wakers) do
    local ok, err = waker:wake()
    assert(ok == nil and err == "closed")
    assert(waker:close())
  end
end

rows["left to the end of the state, with messages under way"] = function()
  for i = 1, 20 do
    local loop, sender = listen()
    local other = assert(mio.sender(sender:export()))
    assert(sender:send({ other, sender, ("x"):rep(i * 50) }))
    _G["channel" .. i] = { loop, sender, setmetatable({}, { __gc = function()
      other:send({ sender, other })
      pcall(loop.run_once, loop, 0)
    end }) }
  end
end

return rows
