local helper = require("spec.helper")

describe("the place of a handler", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop({ clock = "virtual" }) end)

  local function where(handler)
    local timer = assert(loop:after(1, handler))
    local place = loop:dump()[1].where
    timer:cancel()
    return place
  end

  local function place(line)
    return debug.getinfo(1, "S").short_src .. ":" .. line
  end

  it("is where a function begins", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local function handler()
    end
    assert.equal(place(line), where(handler))
  end)

  it("is [C] for one of C", function()
    assert.equal("[C]", where(print))
  end)

  it("is the name of a chunk that is no file", function()
    assert.equal('[string "return function() end"]:1',
      where(load("return function() end")()))
    assert.equal("name:1", where(load("return function() end", "=name")()))
    local long = where(load("return function() end", "@" .. ("x"):rep(200))())
    assert.truthy(long:find("^%.%.%.x+:1$"))
  end)

  it("is that of __call for an object", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local object = setmetatable({}, { __call = function() end })
    assert.equal(place(line), where(object))
    assert.equal("?", where(setmetatable({}, { __call = object })))
  end)

  it("is where a coroutine waits", function()
    local line = debug.getinfo(1, "l").currentline
    local co = coroutine.create(function()
      coroutine.yield() -- line + 2
      local function deeper()
        coroutine.yield() -- line + 4
      end
      deeper()
    end)
    assert.equal(place(line + 1), where(co))
    coroutine.resume(co)
    assert.equal(place(line + 2), where(co))
    coroutine.resume(co)
    assert.equal(place(line + 4), where(co))
    assert.equal("[C]", where(coroutine.create(print)))
  end)

  it("is where a coroutine is that runs", function()
    local line, found
    loop:every(1, coroutine.create(function(timer)
      local dump = loop:dump() line = debug.getinfo(1, "l").currentline
      found = dump[1].where
      timer:cancel()
    end))
    loop:run()
    assert.equal(place(line), found)
  end)
end)
