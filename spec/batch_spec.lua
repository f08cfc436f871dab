local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a batch", function()
  helper.watch()

  local a, b
  before_each(function()
    a = helper.keep(assert(mio.datagram("127.0.0.1:0")))
    b = helper.keep(assert(mio.datagram("127.0.0.1:0")))
  end)

  it("is empty at first", function()
    local batch = mio.batch()
    assert.equal(0, #batch)
    assert.equal("mio.batch (0 of 64)", tostring(batch))
    assert.equal(0, (a:try_send_batch(batch)))
  end)

  it("is filled, changed and cleared", function()
    local batch = mio.batch(2, 3)
    assert.equal(batch, batch:add("one"))
    assert.equal(batch, batch:add(mio.buffer():append("tw"), "127.0.0.1:9"))
    assert.same({ nil, "full" }, { batch:add("x") })
    assert.equal(2, #batch)
    assert.same({ "one", nil, false }, { batch:get(1) })
    assert.same({ "tw", mio.address("127.0.0.1:9"), false }, { batch:get(2) })
    assert.equal(batch, batch:set(2, "TW"))
    assert.same({ "TW", mio.address("127.0.0.1:9"), false }, { batch:get(2) })
    assert.equal(batch, batch:set(1, 12, "[::1]:9"))
    assert.same({ "12", mio.address("[::1]:9"), false }, { batch:get(1) })
    assert.equal(mio.address("[::1]:9"), batch:address(1))
    assert.equal(0, #batch:clear())
    assert.equal(1, #batch:add("", nil))
  end)

  it("does not take what is too long for its rooms", function()
    local batch = mio.batch(2, 3):add("abc")
    assert.same({ nil, "too long", "EMSGSIZE" }, { batch:add("abcd") })
    assert.same({ nil, "too long", "EMSGSIZE" }, { batch:set(1, "abcd") })
    assert.same({ "abc", nil, false }, { batch:get(1) })
    assert.equal(1, #batch)
  end)

  it("is sent and received at once", function()
    local batch, received = mio.batch(8), mio.batch(3)
    for i = 1, 5 do
      batch:add(i, b:local_address())
    end
    assert.equal(5, a:try_send_batch(batch))
    assert.equal(2, a:try_send_batch(batch, 4))
    helper.await(b, "r")
    local texts = {}
    while b:try_recv_batch(received) do
      for i = 1, #received do
        local data, from, truncated = received:get(i)
        texts[#texts + 1] = data
        assert.equal(a:local_address(), from)
        assert.is_false(truncated)
      end
    end
    assert.equal("1234545", table.concat(texts))
    assert.same({ nil, "again" }, { b:try_recv_batch(received) })
    assert.equal(0, #received)
  end)

  it("is answered in place", function()
    local batch = mio.batch()
    a:try_send("one", b:local_address())
    a:try_send("two", b:local_address())
    helper.await(b, "r")
    assert.equal(2, b:try_recv_batch(batch))
    batch:set(1, "first")
    assert.equal(2, b:try_send_batch(batch))
    helper.await(a, "r")
    assert.equal("first", (a:try_recv()))
    assert.equal("two", (a:try_recv()))
  end)

  it("goes to the peer where there is no address", function()
    a:connect(b:local_address())
    assert.equal(1, a:try_send_batch(mio.batch():add("x")))
    helper.await(b, "r")
    assert.equal("x", (b:try_recv()))
  end)

  it("marks what was truncated", function()
    local batch = mio.batch(4, 4)
    a:try_send("12345", b:local_address())
    a:try_send("1234", b:local_address())
    helper.await(b, "r")
    assert.equal(2, b:try_recv_batch(batch))
    assert.same({ "1234", a:local_address(), true }, { batch:get(1) })
    assert.same({ "1234", a:local_address(), false }, { batch:get(2) })
  end)

  it("tells how far it was sent, and why no further", function()
    local batch = mio.batch(3, 65536)
    batch:add("x", b:local_address()):add(("x"):rep(65536), b:local_address())
    assert.equal(1, a:try_send_batch(batch))
    assert.same({ nil, "too long", "EMSGSIZE" }, { a:try_send_batch(batch, 2) })
  end)

  it("makes no garbage", function()
    local batch, to = mio.batch(), b:local_address()
    local sender = a:local_address()
    local function echo()
      batch:clear()
      for _ = 1, 8 do
        batch:add("hello", to)
      end
      assert(a:try_send_batch(batch) == 8)
      assert(b:try_recv_batch(batch) == 8)
      assert(batch:address(8) == sender)
      assert(b:try_send_batch(batch) == 8)
      assert(a:try_recv_batch(batch) == 8)
    end
    echo()
    assert.equal(0, helper.garbage(echo))
  end)

  it("ends where a seqpacket socket ends", function()
    local sender, receiver = assert(mio.pair("seqpacket"))
    local batch, over = mio.batch(), { nil, "end of stream", "EOF" }
    helper.keep(receiver)
    sender:try_send("one")
    sender:try_send("two")
    sender:close()
    assert.equal(2, receiver:try_recv_batch(batch))
    assert.equal(2, #batch)
    for _ = 1, 3 do
      assert.same(over, { receiver:try_recv_batch(batch) })
      assert.equal(0, #batch)
      assert.same(over, { receiver:try_recv_batch(mio.batch(1)) })
    end
  end)

  it("may be used by a finalizer when it goes itself", function()
    local revived
    do
      local batch = mio.batch():add("x")
      setmetatable({}, { __gc = function() revived = batch end })
    end
    collectgarbage()
    collectgarbage()
    assert.same({ "x", nil, false }, { revived:get(1) })
    assert.equal(1, #revived:clear():add("y", b:local_address()))
    assert.equal(1, a:try_send_batch(revived))
  end)

  it("says what it expects", function()
    local batch = mio.batch(1):add("x")
    for expected, call in pairs({
      ["bad argument #1 to 'batch' (a batch holds from 1 to 64 datagrams)"] =
        function() mio.batch(0) end,
      ["bad argument #2 to 'batch' (a datagram has room for 1 to 65536 bytes)"] =
        function() mio.batch(1, 65537) end,
      ["bad argument #1 to 'batch' (number has no integer representation)"] =
        function() mio.batch(1.5) end,
      ["bad argument #1 to 'get' (the batch does not hold so many)"] =
        function() batch:get(2) end,
      ["bad argument #1 to 'address' (the batch does not hold so many)"] =
        function() batch:address(0) end,
      ["bad argument #1 to 'set' (number expected, got nil)"] =
        function() batch:set(nil, "x") end,
      ["bad argument #2 to 'set' (string or mio.buffer expected, got no value)"] =
        function() batch:set(1) end,
      ["bad argument #3 to 'set' (address expected, got number)"] =
        function() batch:set(1, "x", 1) end,
      ["bad argument #1 to 'add' (string or mio.buffer expected, got table)"] =
        function() batch:add({}) end,
      ["bad argument #2 to 'add' ('x' is no address (expected 1.2.3.4:80, [::1]:80, " ..
        "unix:/path, unix:@name))"] = function() batch:add("x", "x") end,
    }) do
      assert.equal(expected, raised(call))
    end
    assert.matches("holds from 1 to 64", raised(mio.batch, 65))
    assert.matches("1 to 65536 bytes", raised(mio.batch, 1, -1))
  end)
end)
