-- The standard streams: each test is a program of its own, whose streams are what it is about.
-- tests/examples/upper.py has terminals, sockets and slow readers.
local helper = require("spec.helper")
local mio = require("mio")

describe("a standard stream", function()
  helper.watch()

  -- What a command of the shell writes, in which `$0 -e "$1"` is the program.
  local function run(command, code, stdin)
    local process = assert(mio.process({ "sh", "-c", command, helper.interpreter, code },
      { stdin = stdin, stdout = "pipe" }))
    helper.keep(process.stdout)
    if process.stdin then helper.keep(process.stdin) end
    local output = helper.read(process.stdout, 1000000)
    local loop = helper.loop()
    assert(loop:child(process, function() loop:shutdown() end))
    assert(loop:run())
    return output
  end

  it("is read and written under a loop", function()
    assert.equal("<hello><><EOF>", run([[(printf hello; sleep 0.1) | $0 -e "$1" | cat]], [[
      local mio = require("mio")
      local loop, input, output = mio.loop(), mio.stdin(), mio.stdout()
      loop:register(input, "r", function(_, readable, _, closed)
        local data, _, code = input:try_read()
        assert(readable)
        output:try_write("<" .. (data or "") .. ">")
        if code then
          assert(closed)
          output:try_write("<" .. code .. ">")
          input:close()
        end
      end)
      loop:run()
    ]]))
  end)

  it("is polled, too", function()
    assert.equal("hello", run([[(sleep 0.1; printf hello) | $0 -e "$1" | cat]], [[
      local mio = require("mio")
      local poll, input = mio.poll(), mio.stdin()
      poll:register(input, "in", "r")
      for token in poll:wait(10) do
        assert(token == "in")
        io.write(input:try_read())
      end
    ]]))
  end)

  it("does not wait for bytes", function()
    assert.equal("again", run([[$0 -e "$1"]], [[
      io.write(select(2, require("mio").stdin():try_read()))
    ]], "pipe"))
  end)

  it("does not wait for room", function()
    local command = [[{ $0 -e "$1" 2>&3 | (sleep 0.3; wc -c); } 3>&1]]
    local told, counted = run(command, [[
      local output, total, piece = require("mio").stdout(), 0, ("x"):rep(100000)
      local count, err
      repeat
        count, err = output:try_write(piece, piece)
        total = total + (count or 0)
      until not count
      io.stderr:write(err, " ", total, "\n")
    ]]):match("^again (%d+)\n(%d+)\n$")
    assert.is_true(tonumber(told) >= 4096)
    assert.equal(told, counted)
  end)

  it("leaves print and io as they are", function()
    assert.equal("one two three end", run([[$0 -e "$1" 2>&1 | cat]], [[
      local mio = require("mio")
      local output, errors = mio.stdout(), mio.stderr()
      io.stdout:setvbuf("no")
      io.write("one ")
      output:try_write("two ")
      errors:try_write("three ")
      output:close()
      errors:close()
      assert(output:try_write("x") == nil)
      io.write("end")
    ]]))
  end)

  it("has a descriptor of its own, as often as it is asked for", function()
    local one, two = helper.keep(assert(mio.stderr())), helper.keep(assert(mio.stderr()))
    assert.is_true(one:getfd() > 2 and two:getfd() > 2)
    assert.not_equal(one:getfd(), two:getfd())
    assert.matches("^mio.stream %(descriptor", tostring(one))
    one:close()
    assert.same({ nil, "closed" }, { one:try_write("x") })
    assert.equal(0, two:try_write(""))
  end)

  it("tells that nobody reads, and the process lives", function()
    assert.equal("EPIPE", run([[{ $0 -e "$1" 2>&3 | sleep 0.1; } 3>&1]], [[
      local mio = require("mio")
      local loop, output = mio.loop(), mio.stdout()
      loop:register(output, "w", function(_, _, writable, closed)
        if writable and closed then
          io.stderr:write(select(3, output:try_write("x")))
          output:close()
        end
      end)
      loop:run()
    ]]))
  end)

  it("may be a file, which is always ready and never registered", function()
    local output = helper.run([[
      local mio = require("mio")
      local loop, input = mio.loop(), mio.stdin()
      print(loop:register(input, "r", print))
      print(mio.poll():register(input, 1, "r"))
      print(input:try_read(7))
      local buffer = mio.buffer()
      repeat
        local count, err, code = input:try_read_into(buffer)
      until not count
      print(select(3, input:try_read()), #buffer)
      print(input:try_write("x"))
      print(loop:run())
    ]], "exec <meson.build")
    local size = #assert(io.open("meson.build")):read("a")
    local refused = "nil\toperation not permitted\tEPERM\n"
    assert.equal(refused .. refused .. "project\nEOF\t" .. size - 7 ..
      "\nnil\tnot an open descriptor\tEBADF\ntrue\n", output)
  end)

  it("may be /dev/null", function()
    local output = helper.run([[
      local mio = require("mio")
      local input = mio.stdin()
      print(select(3, mio.loop():register(input, "r", print)))
      print(select(3, input:try_read()))
      print(input:try_write("into nothing"))
    ]], "exec <>/dev/null")
    assert.equal("EPERM\nEOF\n12\n", output)
  end)

  it("may be missing, even if its number is used again", function()
    local output = helper.run([[
      local mio = require("mio")
      local missing = "not an open descriptor"
      assert(select(2, mio.stdin()) == missing)
      local loop = mio.loop()
      assert(loop:pollfd() == 0)
      assert(select(2, mio.stdin()) == missing)
      print("told")
    ]], "exec <&-")
    assert.equal("told\n", output)
  end)

  it("fails at the descriptor limit", function()
    assert.equal("EMFILE\n", (helper.run([[
      local mio = require("mio")
      local kept = {}
      repeat
        local stream, _, code = mio.stderr()
        kept[#kept + 1] = stream
      until not stream
      print(select(3, mio.stderr()))
    ]], "ulimit -n 30")))
  end)

  describe("that is a regular file,", function()
    local name

    before_each(function()
      name = os.tmpname()
      local file <close> = assert(io.open(name, "w"))
      for i = 1, 20000 do file:write(i, "\n") end
    end)

    after_each(function() os.remove(name) end)

    it("is read and written by tasks, which let others go first", function()
      local command = ('$0 -e "$1" <%s >%s.out; cat %s.out; rm %s.out'):gsub("%%s", name)
      assert.equal("20000 true", run(command, [[
        local mio = require("mio")
        mio.run(function()
          local input <close>, count, others = assert(mio.stdin()), 0, 0
          local other = mio.spawn(function()
            while mio.yield() do others = others + 1 end
          end)
          for line in input:lines() do
            count = count + 1
            assert(line == tostring(count))
          end
          assert(select(3, input:read()) == "EOF")
          assert(select(3, input:read()) == "EOF")
          other:cancel()
          local output <close> = assert(mio.stdout())
          assert(output:write(count, " ", tostring(others > 100)))
          assert(output:flush())
        end)
      ]]))
    end)

    it("is always ready, and leaves no descriptor open", function()
      assert.equal("ok", run('$0 -e "$1" <' .. name .. " | cat", [[
        package.path = "./?.lua;" .. package.path
        local mio, lfs = require("mio"), require("lfs")
        local function descriptors()
          local count = 0
          for _ in lfs.dir("/proc/self/fd") do count = count + 1 end
          return count
        end
        local before = descriptors()
        mio.run(function()
          local inner = descriptors()
          local input <close> = assert(mio.stdin())
          for _, interest in ipairs({ "r", "w", "rw" }) do
            assert(mio.wait(input, interest, 1))
          end
          assert(mio.select({ input }, 1) == 1)
          assert(mio.select({ { input, "w" } }, 1) == 1)
          assert(input:read_exactly(10))
          assert(mio.timeout(1, input.read, input, 10))
          input:close()
          assert(descriptors() == inner)
          assert(select(2, input:read()) == "closed")
        end)
        local input = assert(mio.stdin())
        for i = 1, 3 do
          mio.run(function() assert(input:read_until("\n")) end)
        end
        input:close()
        assert(descriptors() == before)
        io.write("ok")
      ]]))
    end)

    it("tells an error of writing by the next call", function()
      assert.equal("ENOSPC EOF", run('$0 -e "$1" >/dev/full 2>&1 </dev/null', [[
        local mio = require("mio")
        mio.run(function()
          local output <close> = assert(mio.stdout())
          local input <close> = assert(mio.stdin())
          assert(output:write("x"))
          local _, _, code = output:flush()
          local _, _, ended = input:read()
          local process = io.open("]] .. name .. [[", "w")
          process:write(code, " ", ended)
          process:close()
        end)
      ]]) .. assert(io.open(name)):read("a"))
    end)
  end)
end)
