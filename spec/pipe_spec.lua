local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a pipe", function()
  helper.watch()

  local reader, writer
  before_each(function()
    reader, writer = assert(mio.pipe())
    helper.keep(reader)
    helper.keep(writer)
  end)

  it("carries bytes one way", function()
    assert.same({ nil, "again" }, { reader:try_read() })
    assert.equal(5, writer:try_write("hello"))
    assert.equal("he", reader:try_read(2))
    assert.equal("llo", reader:try_read())
    assert.same({ nil, "again" }, { reader:try_read() })
    local wrong = { nil, "not an open descriptor", "EBADF" }
    assert.same(wrong, { reader:try_write("x") })
    assert.same(wrong, { writer:try_read() })
  end)

  it("writes strings, numbers and buffers as if they were one", function()
    local buffer, input = mio.buffer():append("cd"), mio.buffer()
    assert.equal(7, writer:try_write("ab", buffer, "", 12, "\0"))
    assert.equal(0, #buffer)
    assert.equal(7, reader:try_read_into(input))
    assert.equal("abcd12\0", tostring(input))
    assert.equal(4, writer:try_write(input:clear():append("last")))
    assert.equal(0, #input)
    assert.equal("last", reader:try_read())
    assert.equal(0, writer:try_write(""))
  end)

  it("consumes of buffers what it has room for", function()
    local buffer, sent = mio.buffer(), 0
    local count, err
    repeat
      buffer:append(("y"):rep(300000 - #buffer))
      count, err = writer:try_write(buffer)
      assert.equal(300000 - (count or 0), #buffer)
      sent = sent + (count or 0)
    until not count
    assert.equal("again", err)
    assert.equal(("y"):rep(sent), helper.read(reader, sent))
    count = writer:try_write("x", buffer)
    assert.equal(300000 - (count - 1), #buffer)
    assert.equal("x" .. ("y"):rep(count - 1), helper.read(reader, count))
  end)

  it("reads what is there before it tells the end, again and again", function()
    writer:try_write("last words")
    writer:close()
    assert.equal("last words", reader:try_read())
    for _ = 1, 3 do
      assert.same({ nil, "end of stream", "EOF" }, { reader:try_read() })
    end
  end)

  it("tells a writer that nobody reads, and ends no process", function()
    writer:try_write("unread")
    reader:close()
    for _ = 1, 3 do
      assert.same({ nil, "nobody reads any more", "EPIPE" }, { writer:try_write("x") })
      assert.same({ nil, "nobody reads any more", "EPIPE" }, { writer:try_write("x", "y") })
    end
  end)

  it("leaves signals to the program", function()
    local loop, come = helper.loop(), 0
    loop:signal("PIPE", function() come = come + 1 end)
    reader:close()
    writer:try_write("x")
    loop:after(0, function() loop:shutdown() end)
    loop:run()
    assert.equal(0, come)
  end)

  it("makes no garbage with a buffer", function()
    local buffer = mio.buffer():append("hello")
    assert.equal(0, helper.garbage(function()
      writer:try_write(buffer)
      reader:try_read_into(buffer)
    end))
  end)

  it("tells a poll that a writer is gone, and that a reader is", function()
    local poll = helper.poll()
    local function expect(wanted, readable, writable)
      local token, r, w, closed
      for t, tr, tw, tc in poll:wait(10) do
        assert.is_nil(token)
        token, r, w, closed = t, tr, tw, tc
      end
      assert.same({ wanted, true }, { token, closed })
      assert.is_true(not readable or r)
      assert.is_true(not writable or w)
    end
    poll:register(reader, "reader", "r")
    for _ in poll:wait(0) do
      error("nothing has happened yet")
    end
    writer:close()
    expect("reader", true, false) -- a hang-up alone, for the kernel
    reader:close()

    local second_reader, second_writer = assert(mio.pipe())
    helper.keep(second_writer)
    helper.fill(second_writer)
    poll:register(second_writer, "writer", "w")
    for _ in poll:wait(0) do
      error("there is no room")
    end
    second_reader:close()
    expect("writer", false, true) -- an error alone
  end)

  it("carries what is more than it holds, under a loop", function()
    local parts = {}
    for i = 1, 200000 do
      parts[i] = ("%06d\n"):format(i)
    end
    local data = table.concat(parts)
    local loop, input, sent, closed_seen = helper.loop(), mio.buffer(), 0, false
    loop:register(writer, "w", function()
      sent = sent + (writer:try_write(data:sub(sent + 1, sent + 100000)) or 0)
      if sent == #data then
        writer:close()
      end
    end)
    loop:register(reader, "r", function(_, _, _, closed)
      local _, _, code = reader:try_read_into(input)
      closed_seen = closed_seen or closed
      if code == "EOF" then
        loop:shutdown()
      end
    end)
    loop:run()
    assert.is_true(closed_seen)
    assert.is_true(data == tostring(input))
  end)

  it("is one edge when the other end goes", function()
    local loop, events = helper.loop(), 0
    loop:register(reader, "r", function() events = events + 1 end, { trigger = "edge" })
    writer:close()
    loop:after(0.02, function() loop:shutdown() end)
    loop:run()
    assert.equal(1, events)
  end)

  it("refuses what only sockets have", function()
    local refused = { nil, "not a socket", "ENOTSOCK" }
    for _, stream in ipairs({ reader, writer }) do
      assert.same(refused, { stream:shutdown() })
      assert.same(refused, { stream:try_peek() })
      assert.same(refused, { stream:connected() })
      assert.same(refused, { stream:local_address() })
      assert.same(refused, { stream:peer_address() })
      assert.same(refused, { stream:getoption("recv_buffer") })
      assert.same(refused, { stream:setoption("recv_buffer", 4096) })
      assert.same(refused, { stream:peer_credentials() })
      assert.same(refused, { stream:try_send_fds("x", stream) })
      assert.same(refused, { stream:try_recv_fds() })
    end
  end)

  it("is passed to another process as what it is", function()
    local a, b = assert(mio.pair())
    helper.keep(a)
    helper.keep(b)
    assert(a:try_send_fds("x", reader, writer))
    reader:close()
    writer:close()
    local _, passed = b:try_recv_fds()
    helper.keep(passed[1])
    helper.keep(passed[2])
    assert.equal(5, passed[2]:try_write("hello"))
    assert.equal("hello", passed[1]:try_read())
    passed[1]:close()
    assert.same({ nil, "nobody reads any more", "EPIPE" }, { passed[2]:try_write("x") })
  end)

  it("is closed for every method, and as a variable", function()
    do
      local r, w = assert(mio.pipe())
      local first <close> = r
      local second <close> = w
      assert.is_truthy(first:getfd() and second:getfd())
    end
    assert.is_true(writer:close())
    assert.is_true(writer:close())
    assert.same({ nil, "closed" }, { writer:try_write("x") })
    assert.same({ nil, "closed" }, { writer:try_write("x", "y") })
    assert.same({ nil, "closed" }, { writer:shutdown() })
    assert.equal("mio.stream (closed)", tostring(writer))
    assert.same({ nil, "end of stream", "EOF" }, { reader:try_read() })
  end)

  it("fails at the descriptor limit, and leaves nothing", function()
    local output = helper.run([[
      local mio = require("mio")
      local kept = {}
      repeat
        local reader, writer, code = mio.pipe()
        kept[#kept + 1] = { reader, writer }
        if not reader then print(writer, code) end
      until not reader
      kept[1][1]:close()
      kept[1][2]:close()
      print(mio.pipe() ~= nil)
    ]], "ulimit -n 30")
    assert.matches("EMFILE\ntrue\n$", output)
  end)

  it("says what it expects", function()
    for expected, call in pairs({
      ["bad argument #1 to 'try_write' (string or mio.buffer expected, got nil)"] =
        function() writer:try_write(nil) end,
      ["bad argument #1 to 'try_read' (a size is 1 byte or more)"] =
        function() reader:try_read(0) end,
      ["bad argument #1 to 'shutdown' ('x' is not 'r' or 'w' or 'rw')"] =
        function() writer:shutdown("x") end,
    }) do
      assert.equal(expected, raised(call))
    end
  end)
end)
