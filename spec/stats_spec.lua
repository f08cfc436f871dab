local helper = require("spec.helper")

local raised = helper.raised

describe("a loop's stats", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop({ clock = "virtual" }) end)

  local nothing = {
    turns = 0, wakeups = 0, ready = 0, signals = 0, children = 0, messages = 0, timeouts = 0,
    interruptions = 0, sleeping = 0.0, working = 0.0, longest = 0.0,
  }

  it("are all 0 at first", function()
    assert.same(nothing, loop:stats())
  end)

  it("count turns, wake-ups and events by kind", function()
    local _, server = helper.pair()
    local sender = helper.keep(assert(loop:channel(function() end)))
    loop:signal("USR1", function(_, registration) registration:deregister() end)
    loop:register(server, "w", function() server:close() end)
    loop:after(0, function() end)
    sender:send(1)
    sender:send(2)
    helper.kill("USR1")
    for _ = 1, 5 do -- one of them takes only so many events
      loop:run_once(0)
    end
    local stats = loop:stats()
    assert.same({ 1, 1, 2, 1 },
      { stats.ready, stats.signals, stats.messages, stats.timeouts })
    assert.same({ 5, 0 }, { stats.turns, stats.wakeups })
    loop:after(3, function() end)
    loop:run_once()
    stats = loop:stats()
    assert.same({ 2, 6, 1 }, { stats.timeouts, stats.turns, stats.wakeups })
    assert.equal("integer", math.type(stats.turns))
  end)

  it("are exact within a turn", function()
    local seen = {}
    for _ = 1, 3 do
      loop:after(0, function() table.insert(seen, loop:stats().timeouts) end)
    end
    loop:run()
    assert.same({ 1, 2, 3 }, seen)
  end)

  it("have no times unless they are measured", function()
    loop:after(1, function() loop:advance(5) end)
    loop:run()
    local stats = loop:stats()
    assert.same({ 0.0, 0.0, 0.0, nil },
      { stats.sleeping, stats.working, stats.longest, stats.longest_where })
  end)

  it("have exact times by a virtual clock", function()
    assert.is_true(loop:measure(true))
    loop:after(1, function() loop:advance(5) end)
    loop:after(10, function() loop:advance(7) end)
    local line = debug.getinfo(1, "l").currentline - 1
    loop:after(20, function() loop:advance(6) end)
    loop:run()
    local stats = loop:stats()
    assert.equal(1.0 + 4.0 + 3.0, stats.sleeping)
    assert.equal(18.0, stats.working)
    assert.equal(7.0, stats.longest)
    assert.equal(debug.getinfo(1, "S").short_src .. ":" .. line, stats.longest_where)
  end)

  it("begin anew where they are measured again", function()
    loop:measure(true)
    loop:after(1, function() loop:advance(5) end)
    loop:run()
    assert.is_true(loop:measure(false))
    loop:after(1, function() loop:advance(50) end)
    loop:run()
    local stats = loop:stats()
    assert.same({ 1.0, 5.0, 5.0 }, { stats.sleeping, stats.working, stats.longest })
    assert.is_string(stats.longest_where)
    loop:measure(true)
    stats = loop:stats()
    assert.same({ 0.0, 0.0, 0.0 }, { stats.sleeping, stats.working, stats.longest })
    assert.is_nil(stats.longest_where)
    assert.equal(2, stats.timeouts)
  end)

  it("measure sources, messages and coroutines, too", function()
    local _, server = helper.pair()
    local sender = assert(loop:channel(function(seconds) loop:advance(seconds) end))
    helper.keep(sender)
    loop:measure(true)
    loop:register(server, "w", coroutine.create(function()
      loop:advance(1)
      coroutine.yield()
      loop:advance(2)
    end))
    sender:send(4)
    loop:run_once(0)
    loop:run_once(0)
    local stats = loop:stats()
    assert.equal(7.0, stats.working)
    assert.equal(4.0, stats.longest)
    assert.equal(2, stats.ready)
  end)

  it("leave out what happens between two runs", function()
    loop:measure(true)
    loop:after(0, function() error("mine", 0) end)
    loop:after(0, function() loop:advance(1) end)
    assert.equal("mine", raised(loop.run, loop))
    loop:advance(100)
    loop:run()
    assert.equal(1.0, loop:stats().working)
    assert.equal(1.0, loop:stats().longest)
  end)

  it("count what a handler that yields out of run holds up", function()
    loop:measure(true)
    loop:after(0, function() coroutine.yield() loop:advance(1) end)
    loop:after(0, function() end)
    local co = coroutine.wrap(function() return loop:run() end)
    co()
    loop:advance(2)
    assert.is_true(co())
    assert.equal(3.0, loop:stats().longest)
    assert.truthy(loop:stats().longest_where:find("stats_spec", 1, true))
  end)

  it("go into a table that is given, without garbage", function()
    loop:measure(true)
    loop:after(1, function() loop:advance(5) end)
    loop:run()
    local stats = { mine = true }
    assert.equal(stats, loop:stats(stats))
    assert.is_true(stats.mine)
    assert.equal(5.0, stats.working)
    assert.equal(0, helper.garbage(function() loop:stats(stats) end))
  end)

  it("are not of a closed loop", function()
    loop:close()
    assert.same({ nil, "closed" }, { loop:stats() })
    assert.same({ nil, "closed" }, { loop:measure(true) })
  end)

  it("check their arguments", function()
    assert.equal("bad argument #1 to 'stats' (table expected, got number)",
      raised(function() loop:stats(1) end))
    assert.equal("bad argument #1 to 'measure' (boolean expected, got no value)",
      raised(function() loop:measure() end))
    for _, value in ipairs({ -1, 0 / 0 }) do
      assert.equal("bad argument #2 to 'measure' (seconds are a number from 0 up)",
        raised(function() loop:measure(true, value) end))
    end
    assert.equal("bad argument #2 to 'measure' (what is not measured is not slow)",
      raised(function() loop:measure(false, 1) end))
    assert.is_true(loop:measure(true, math.huge))
    assert.is_true(loop:measure(false, nil))
  end)
end)

describe("a slow handler", function()
  -- What a program says whose loop has a virtual clock.
  local function said(code)
    return (helper.run(([[
      local mio = require("mio")
      warn("@on")
      local loop = mio.loop({ clock = "virtual" })
      %s
    ]]):format(code)))
  end

  it("is warned of, by its place, its time and the limit", function()
    assert.equal(
      "Lua warning: mio: the handler at (command line):4 took 0.250 s, more than 0.100 s\n",
      said([[loop:after(0, function() loop:advance(0.25) end)
        loop:after(0, function() loop:advance(0.1) end)
        assert(loop:measure(true, 0.1))
        loop:run()]]))
  end)

  it("is not, unless there is a limit", function()
    assert.equal("", said([[
      loop:every(1, function(timer)
        loop:advance(100)
        timer:cancel()
      end)
      loop:measure(true)
      loop:run()
      loop:measure(true, 1)
      loop:measure(false)
      loop:after(0, function() loop:advance(100) end)
      loop:run()
      loop:measure(true, math.huge)
      loop:after(0, function() loop:advance(100) end)
      loop:run()
    ]]))
  end)

  it("is one each time", function()
    local output = said([[
      loop:measure(true, 0)
      local count = 0
      loop:every(1, function(timer)
        loop:advance(0.5)
        count = count + 1
        if count == 3 then timer:cancel() end
      end)
      loop:run()
    ]])
    assert.equal(3, select(2, output:gsub("took 0%.500 s, more than 0%.000 s\n", "")))
  end)

  it("may be any thing that is called", function()
    local output = said([[
      loop:measure(true, 0)
      local callable = setmetatable({}, { __call = function() loop:advance(1) end })
      loop:after(1, callable)
      loop:after(2, coroutine.create(function(timer)
        loop:advance(1)
        timer = coroutine.yield(timer)
      end))
      loop:after(3, coroutine.create(function() loop:advance(1) end))
      loop:run()
    ]])
    local places = {}
    for place in output:gmatch("at (.-) took 1%.000 s") do
      table.insert(places, place)
    end
    assert.same({ "(command line):5", "(command line):9", "?" }, places)
  end)

  it("that closes its loop is not warned of", function()
    assert.equal("", said([[
      loop:measure(true, 0)
      loop:after(0, function() loop:advance(1) loop:close() end)
      loop:run()
    ]]))
  end)
end)
