local classes = require("spec.classes")
local helper = require("spec.helper")
local mio = require("mio")

local objects = classes.objects
local raised = helper.raised

describe("the module", function()
  helper.watch()

  it("tells its version", function()
    assert.matches("^%d+%.%d+%.%d+$", mio.version)
    local file = assert(io.open("meson.build"))
    assert.equal(file:read("a"):match("version: '([^']+)'"), mio.version)
    file:close()
  end)

  it("may be loaded again: the same classes, and a table of its own", function()
    local loop = helper.loop()
    package.loaded.mio = nil
    local again = require("mio")
    package.loaded.mio = mio
    assert.not_equal(mio, again)
    assert.equal(mio.address("unix:@x"), again.address("unix:@x"))
    local other = helper.keep(again.loop())
    assert.is_true(loop.run(other))
    assert(other:register(helper.listener(), "r", print))
  end)

  it("may be forgotten while a handler runs", function()
    local output, status = helper.run([[
      local loop = require("mio").loop()
      loop:after(0, function()
        package.loaded.mio = nil
        collectgarbage()
        collectgarbage()
        loop:after(0, function() print("done") end)
      end)
      loop:run()
    ]])
    assert.equal("done\n", output)
    assert.equal(0, status)
  end)

  it("works in a coroutine as in the main program", function()
    assert.is_true(coroutine.wrap(function()
      local loop <close> = mio.loop()
      loop:after(0, function() end)
      return loop:run()
    end)())
  end)
end)

describe("a class", function()
  helper.watch()

  it("hides its metatable", function()
    for name, object in pairs(objects()) do
      assert.is_false(getmetatable(object), name)
      assert.is_false(pcall(setmetatable, object, {}))
      assert.equal("userdata", type(object))
    end
  end)

  it("has its own objects as self, and no others", function()
    local all = objects()
    for class, object in pairs(all) do
      for name, method in pairs(classes.methods_of(object)) do
        for other_class, other in pairs(all) do
          local shared = (name == "getfd" or name == "pollfd" or name:find("option")
            or name == "local_address" or name:find("^peer_") or name:find("_fds$")
            or (class == "sender" or class == "waker") and name ~= "send" and name ~= "wake")
          if other_class ~= class and not shared then
            local message = raised(method, other)
            assert.matches("^bad argument #1 to '.*' %(mio%." .. class .. " expected, got mio%."
              .. other_class .. "%)$", message)
          end
        end
        for _, value in ipairs({ 1, "", true, {}, print, io.stdout, coroutine.running() }) do
          assert.matches("^bad argument #1 to '.*' %(mio.* expected, got ",
            raised(method, value), name)
        end
        assert.matches("^bad argument #1 to '.*' %(mio.* expected, got n[oi].*%)$",
          raised(method), name)
      end
    end
  end)

  it("has metamethods that look at their objects too", function()
    for _, object in pairs(objects()) do
      for name, method in pairs(debug.getmetatable(object)) do
        if type(method) == "function" then
          for _, value in ipairs({ 1, {}, io.stdout }) do
            assert.is_false(pcall(method, value), name)
          end
          assert.is_false(pcall(method), name)
        end
      end
    end
  end)

  it("may be finalized by hand, twice, and is then closed", function()
    for name, object in pairs(objects()) do
      local metatable = debug.getmetatable(object)
      if metatable.__gc then
        metatable.__gc(object)
        metatable.__gc(object)
        assert.is_string(tostring(object), name)
      end
    end
  end)

  it("is closed by its variable where it can be closed", function()
    for name, object in pairs(objects()) do
      local metatable = debug.getmetatable(object)
      local closes = name ~= "address" and name ~= "batch" and name ~= "buffer"
        and name ~= "process" and name ~= "task"
      assert.equal(closes, metatable.__close ~= nil, name)
    end
  end)

  it("names itself in texts", function()
    for name, object in pairs(objects()) do
      if name ~= "address" and name ~= "buffer" then
        assert.matches("^mio%." .. name, tostring(object))
      end
      assert.equal("mio." .. name, debug.getmetatable(object).__name)
    end
  end)
end)
