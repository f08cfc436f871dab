local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a buffer", function()
  helper.watch()

  it("is empty at first", function()
    local buffer = mio.buffer()
    assert.equal(0, #buffer)
    assert.equal("", tostring(buffer))
    assert.equal("", buffer:sub())
    assert.is_nil(buffer:find("x"))
  end)

  it("takes strings, numbers and buffers at its end", function()
    local buffer = mio.buffer():append("a", 12, mio.buffer():append("\0b"), "", 1.5)
    assert.equal("a12\0b1.5", tostring(buffer))
    assert.equal(8, #buffer)
    assert.equal(buffer, buffer:append())
  end)

  it("takes itself", function()
    local buffer = mio.buffer(3):append("ab")
    buffer:append(buffer, buffer) -- what it has grown to
    assert.equal("abababab", tostring(buffer))
    buffer:consume(3)
    assert.equal("babab" .. "babab", tostring(buffer:append(buffer)))
  end)

  it("is consumed from its front", function()
    local buffer = mio.buffer():append("hello")
    assert.equal(buffer, buffer:consume(2))
    assert.equal("llo", tostring(buffer))
    assert.equal("llo!", tostring(buffer:append("!")))
    assert.equal(0, #buffer:consume(0):consume(4))
    assert.equal(0, #buffer:append("more"):clear())
  end)

  it("holds what it is given, whatever its first size", function()
    for _, capacity in ipairs({ 1, 2, 5, 4096, 65536 }) do
      local buffer, expected = mio.buffer(capacity), ""
      for i = 1, 300 do
        local piece = ("%d,"):format(i):rep(i % 7)
        buffer:append(piece)
        expected = expected .. piece
        local count = i % 5 * 3
        if count <= #expected then
          buffer:consume(count)
          expected = expected:sub(count + 1)
        end
        assert.equal(#expected, #buffer)
      end
      assert.equal(expected, tostring(buffer))
    end
  end)

  it("gives parts of itself as string.sub does", function()
    local text = "hello"
    local buffer = mio.buffer():append("xx", text):consume(2)
    local positions = {
      math.mininteger, -7, -6, -5, -4, -1, 0, 1, 2, 5, 6, 7, math.maxinteger,
    }
    for _, i in ipairs(positions) do
      assert.equal(text:sub(i), buffer:sub(i))
      for _, j in ipairs(positions) do
        assert.equal(text:sub(i, j), buffer:sub(i, j))
      end
    end
  end)

  it("finds a text as string.find does, without patterns", function()
    local text = "a.b\0c.b"
    local buffer = mio.buffer():append("..", text):consume(2)
    for _, wanted in ipairs({
      ".", ".b", "b\0c", "a", "c.b", "", "%.", "ab", text, text .. "x",
    }) do
      for _, init in ipairs({ math.mininteger, -8, -7, -2, -1, 0, 1, 2, 3, 7, 8, 9,
        math.maxinteger }) do
        assert.same({ text:find(wanted, init, true) }, { buffer:find(wanted, init) })
      end
      assert.same({ text:find(wanted, 1, true) }, { buffer:find(wanted) })
    end
    assert.same({ 2, 3 }, { mio.buffer():append("x15"):find(15) })
  end)

  it("keeps its memory when it is emptied now and then", function()
    local buffer = mio.buffer(64)
    local piece = ("x"):rep(40)
    for _ = 1, 10 do -- what busted itself allocates settles down
      buffer:append(piece):clear()
    end
    collectgarbage()
    collectgarbage("stop")
    local before = collectgarbage("count")
    for _ = 1, 1000 do
      buffer:append(piece)
      buffer:consume(40)
    end
    local grown = collectgarbage("count") - before
    collectgarbage("restart")
    assert.is_true(grown < 1, ("it has grown by %s KiB"):format(grown))
  end)

  it("says what it expects", function()
    local buffer = mio.buffer():append("abc")
    for expected, call in pairs({
      ["bad argument #1 to 'buffer' (a capacity is 1 byte or more)"] =
        function() mio.buffer(0) end,
      ["bad argument #1 to 'buffer' (number expected, got boolean)"] =
        function() mio.buffer(true) end,
      ["bad argument #1 to 'buffer' (number has no integer representation)"] =
        function() mio.buffer(1.5) end,
      ["bad argument #1 to 'append' (string expected, got nil)"] =
        function() buffer:append(nil) end,
      ["bad argument #2 to 'append' (string expected, got table)"] =
        function() buffer:append("d", {}) end,
      ["bad argument #1 to 'consume' (the buffer does not hold so many bytes)"] =
        function() buffer:consume(5) end,
      ["bad argument #1 to 'consume' (number expected, got no value)"] =
        function() buffer:consume() end,
      ["bad argument #1 to 'find' (string expected, got no value)"] =
        function() buffer:find() end,
      ["bad argument #1 to 'sub' (number expected, got string)"] =
        function() buffer:sub("x") end,
      ["bad argument #1 to 'sub' (mio.buffer expected, got string)"] =
        function() buffer.sub("abc") end,
    }) do
      assert.equal(expected, raised(call))
    end
    assert.equal("abcd", tostring(buffer), "the pieces before the wrong one are in")
    assert.matches("does not hold", raised(function() buffer:consume(-1) end))
  end)

  it("takes no memory before it needs some", function()
    local function used()
      collectgarbage()
      collectgarbage()
      return collectgarbage("count")
    end
    local none = used()
    local buffer = mio.buffer()
    local empty = used()
    buffer:append("x")
    local filled = used()
    assert.is_true(empty - none < 1)
    assert.is_true(filled - empty > 4)
    assert.is_nil(mio.buffer():find("x"))
    assert.equal("", mio.buffer():sub() .. tostring(mio.buffer()))
  end)

  it("raises an error where memory runs out, and is as it was", function()
    local output = helper.run([[
      local mio = require("mio")
      local buffer = mio.buffer():append("abc")
      for _, capacity in ipairs({ math.maxinteger, math.maxinteger // 4, 1 << 50 }) do
        print((select(2, pcall(mio.buffer, capacity)):gsub("^.-: ", "")))
      end
      print(buffer)
    ]])
    output = output:gsub("==%d+==WARNING[^\n]*\n", "") -- of a sanitizer, that it gave none
    assert.equal(("not enough memory\n"):rep(3) .. "abc\n", output)
  end)

  it("may be used by a finalizer when it is finalized itself", function()
    local revived
    do
      local buffer = mio.buffer():append("abc")
      setmetatable({}, { __gc = function() revived = buffer end })
    end
    collectgarbage()
    collectgarbage()
    assert.equal("abc", revived:sub())
    assert.equal("abcx", tostring(revived:append("x")))
    assert.equal("", tostring(revived:clear()))
  end)
end)
