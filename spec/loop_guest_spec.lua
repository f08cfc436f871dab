-- The loop as a guest: the same tests in every host that is there. A host waits for the loop's
-- descriptor, no longer than loop:timeout(), and lets it do a turn. See docs/nesting.md.

local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

-- Each has run(guest, own): drives the guest until it is shut down, and meanwhile calls `own`
-- every few milliseconds by a timer of the host's.
local hosts = {}

local function nest(host, guest)
  local alarm
  local function arm()
    alarm:reset(guest:timeout() or math.huge)
  end
  local function turn()
    alarm:reset(0) -- stands where a handler of the guest raises an error
    if not guest:run_once(0) then
      alarm:cancel()
      return host:shutdown()
    end
    arm()
  end
  host:register(guest, "r", turn)
  alarm = host:after(0, turn)
  return arm
end

-- What a host of mio does with errors: its own business, and it goes on.
local function run(host, on_error)
  local ok, err
  repeat
    ok, err = pcall(host.run, host)
    if not ok then on_error(err) end
  until ok
  assert(err)
end

hosts["another loop"] = { package = "mio" }

hosts["another loop"].run = function(guest, own, on_error)
  local host <close> = mio.loop()
  nest(host, guest)
  host:every(0.002, own)
  run(host, on_error or error)
end

hosts["a loop in another loop"] = { package = "mio" }

hosts["a loop in another loop"].run = function(guest, own, on_error)
  local middle <close> = mio.loop()
  nest(middle, guest)
  hosts["another loop"].run(middle, own, on_error)
end

hosts["cqueues"] = { package = "cqueues", debian = "lua-cqueues" }

hosts["cqueues"].run = function(guest, own, on_error)
  local cqueues = require("cqueues")
  local controller = cqueues.new()
  local over = false
  on_error = on_error or error
  controller:wrap(function()
    local ok, result
    repeat
      ok, result = xpcall(guest.run_once, debug.traceback, guest, 0)
      if not ok then on_error(result) end -- raised here it would end this coroutine
      if not ok or result then cqueues.poll(guest) end
    until ok and not result
    over = true
  end)
  controller:wrap(function()
    while not over do
      cqueues.sleep(0.002)
      own()
    end
  end)
  assert(controller:loop())
  controller:cancel(guest:pollfd())
  controller:close()
end

hosts["luv"] = { package = "luv", debian = "lua-luv", exits = true } -- at an error

hosts["luv"].run = function(guest, own)
  local uv = require("luv")
  local poll, alarm, clock = uv.new_poll(guest:pollfd()), uv.new_timer(), uv.new_timer()
  local function turn()
    alarm:start(0, 0, turn) -- stands where a handler of the guest raises an error
    if not guest:run_once(0) then
      poll:close()
      alarm:close()
      return clock:close()
    end
    local seconds = guest:timeout()
    if seconds then
      alarm:start(math.ceil(seconds * 1000), 0, turn) -- whole milliseconds
    else
      alarm:stop()
    end
  end
  clock:start(2, 2, own)
  poll:start("r", turn)
  alarm:start(0, 0, turn)
  uv.run()
end

local function nothing() end

for name, host in pairs(hosts) do
  describe("a loop that is the guest of " .. name, function()
    helper.watch()
    local it = helper.needing(host.package, host.debian)

    local loop
    before_each(function() loop = helper.loop() end)

    it("tells what is ready", function()
      local listener = helper.listener()
      local data = ("0123456789abcdef"):rep(65536) -- more than a socket takes at once
      local parts, sent, size = {}, 0, 0
      loop:register(listener, "r", function()
        local server = helper.keep(assert(listener:try_accept()))
        loop:register(server, "r", function()
          parts[#parts + 1] = assert(server:try_read())
          size = size + #parts[#parts]
          if size == #data then loop:shutdown() end
        end)
      end)
      local client = helper.keep(assert(mio.try_connect(listener:local_address())))
      loop:register(client, "w", function(_, _, _, _, registration)
        sent = sent + (client:try_write(data:sub(sent + 1)) or 0)
        if sent == #data then registration:deregister() end
      end)
      host.run(loop, nothing)
      assert.is_true(table.concat(parts) == data)
    end)

    it("has its timers, in order and not early", function()
      local order, left = {}, 4
      loop:after(0, function() -- in a turn: all delays count from its time
        local start = loop:now()
        for _, ms in ipairs({ 12, 0, 5, 1, 5 }) do
          loop:after(ms / 1000, function()
            assert.is_true(mio.now() - start >= ms / 1000)
            order[#order + 1] = ms
          end)
        end
        loop:every(0.004, function()
          left = left - 1
          if left == 0 then loop:shutdown() end
        end)
      end)
      host.run(loop, nothing)
      assert.same({ 0, 1, 5, 5, 12 }, order)
    end)

    it("goes on when a timer is all it waits for", function()
      local turns = 0
      local function again()
        turns = turns + 1
        if turns == 5 then return loop:shutdown() end
        loop:after(0.001, again)
      end
      again()
      host.run(loop, nothing)
      assert.equal(5, turns)
    end)

    it("ends its pauses", function()
      local client, server = helper.pair()
      local start, told = mio.now(), {}
      client:try_write("x")
      loop:register(server, "r", function(_, _, _, _, registration)
        told[#told + 1] = mio.now() - start
        if #told == 2 then return loop:shutdown() end
        registration:pause(0.01)
      end)
      host.run(loop, nothing)
      assert.equal(2, #told)
      assert.is_true(told[2] >= 0.01)
    end)

    it("gets all messages, those that a turn has left as well", function()
      local heard, count = 0, 2000 -- many turns
      local sender <close> = assert(loop:channel(function(message, closed)
        if closed then return loop:shutdown() end
        heard = heard + 1
        assert.equal(heard, message)
      end, { capacity = count }))
      for i = 1, count do
        assert.is_true(sender:send(i))
      end
      loop:after(0.001, function() sender:close() end)
      host.run(loop, nothing)
      assert.equal(count, heard)
    end)

    it("is woken by messages that the host sends", function()
      local heard, sent = {}, 0
      local sender <close> = assert(loop:channel(function(message, closed)
        if closed then return loop:shutdown() end
        heard[#heard + 1] = message
      end))
      host.run(loop, function()
        sent = sent + 1
        if sent <= 3 then sender:send(sent) else sender:close() end
      end)
      assert.same({ 1, 2, 3 }, heard)
    end)

    it("keeps its timers where a handler raises an error", function()
      if host.exits then return end
      local told = {}
      loop:after(0, function() error("mine") end)
      loop:after(0, function() told[#told + 1] = "the rest of the turn" end)
      loop:after(0.005, function()
        told[#told + 1] = "a later one"
        loop:shutdown()
      end)
      host.run(loop, nothing, function(err)
        assert.truthy(tostring(err):find("mine", 1, true))
      end)
      assert.same({ "the rest of the turn", "a later one" }, told)
    end)

    it("is told signals", function()
      local told
      loop:signal("USR1", function(number)
        told = number
        loop:shutdown()
      end)
      loop:after(0, function() helper.kill("USR1") end)
      host.run(loop, nothing)
      assert.is_truthy(told)
    end)

    it("leaves its host time for itself", function()
      local client = helper.pair()
      local turns, ticks = 0, 0
      loop:register(client, "w", function() turns = turns + 1 end) -- always ready
      host.run(loop, function()
        ticks = ticks + 1
        if ticks == 5 then loop:shutdown() end
      end)
      assert.is_true(turns > 0)
    end)

    it("is silent while nothing is due", function()
      local client, server = helper.pair()
      local turns, ticks = 0, 0
      local watched = setmetatable({}, { __index = function(_, key)
        return function(_, ...)
          turns = turns + (key == "run_once" and 1 or 0)
          return loop[key](loop, ...)
        end
      end })
      loop:register(server, "r", function() server:try_read() end)
      client:try_write("x")
      local alarm = loop:after(1000, error)
      host.run(watched, function()
        ticks = ticks + 1
        if ticks == 20 then
          alarm:cancel()
          loop:register(client, "w", function() loop:shutdown() end)
        end
      end)
      -- The first turn, what came then, the end; and one that may find nothing each time.
      assert.is_true(turns <= 6, turns .. " turns")
    end)
  end)
end

describe("a guest", function()
  helper.watch()

  local host, guest
  before_each(function()
    host, guest = helper.loop(), helper.loop()
  end)

  it("says what a host has to know", function()
    assert.equal("integer", math.type(guest:pollfd()))
    assert.equal("r", guest:events())
    assert.is_nil(guest:timeout())
    local timer = guest:after(0.01, print)
    assert.is_true(guest:timeout() <= 0.02)
    timer:cancel()
    assert.is_nil(guest:timeout())
    guest:shutdown()
    assert.equal(0, guest:timeout())
    assert.is_false(guest:run_once(0))
    assert.is_nil(guest:timeout())
    guest:close()
    assert.same({ nil, "closed" }, { guest:pollfd() })
    assert.same({ nil, "closed" }, { guest:timeout() })
    assert.equal("r", guest:events())
  end)

  it("with messages, and no timer, needs its descriptor alone", function()
    local heard, count = 0, 1000 -- several turns
    local sender = helper.keep(assert(guest:channel(function() heard = heard + 1 end,
      { capacity = count })))
    for i = 1, count do
      assert.is_true(sender:send(i))
    end
    host:register(guest, "r", function() guest:run_once(0) end)
    for _ = 1, count do
      host:run_once(0)
    end
    assert.equal(count, heard)
    assert.is_nil(guest:timeout())
  end)

  it("has a timer that was set outside of its turns, when the host arms anew", function()
    local fired = false
    local arm = nest(host, guest)
    host:after(0.002, function()
      guest:after(0.002, function() fired = true guest:shutdown() end)
      arm()
    end)
    host:run()
    assert.is_true(fired)
  end)

  it("whose handler raises an error has the rest of its turn in hand", function()
    local told = {}
    guest:after(0, function() told[#told + 1] = 1 error("mine", 0) end)
    guest:after(0, function() told[#told + 1] = 2 end)
    host:after(0.001, function() guest:run_once(0) end)
    assert.equal("mine", raised(host.run, host))
    assert.equal(0, guest:timeout())
    host:after(0, function() guest:run_once(0) end)
    host:run()
    assert.same({ 1, 2 }, told)
  end)

  it("with a virtual clock has the time that its host gives it", function()
    local virtual, fired = helper.loop({ clock = "virtual" }), 0
    virtual:every(60, function() fired = fired + 1 end)
    host:every(0.001, function()
      virtual:advance(virtual:timeout())
      virtual:run_once(0)
      if fired == 3 then host:shutdown() end
    end)
    host:after(0, function()
      virtual:run_once(0)
      assert.equal(0, virtual:now())
    end)
    host:run()
    assert.is_true(virtual:now() >= 180)
  end)
end)
