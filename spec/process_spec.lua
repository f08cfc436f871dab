local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a process", function()
  helper.watch()

  local loop
  before_each(function() loop = helper.loop() end)

  -- Start one whose streams are closed after the test.
  local function start(argv, options)
    local process = assert(mio.process(argv, options))
    for _, name in ipairs({ "stdin", "stdout", "stderr" }) do
      if process[name] then
        helper.keep(process[name])
      end
    end
    return process
  end

  local function start_shell(command, options)
    return start({ "sh", "-c", command }, options)
  end

  -- How it ends: "exit 0", "signal TERM".
  local function outcome(process)
    local told
    assert(loop:child(process, function(how, code) told = how .. " " .. tostring(code) end))
    assert.is_true(loop:run())
    return told
  end

  -- All that it writes.
  local function output(process)
    return helper.read(process.stdout, 1000000)
  end

  it("gives back what a handler gives it: cat", function()
    local cat = start({ "cat" }, { stdin = "pipe", stdout = "pipe" })
    local heard = {}
    loop:register(cat.stdout, "r", function()
      local text, err, code = cat.stdout:try_read()
      if text then
        table.insert(heard, text)
        if #heard < 5 then
          cat.stdin:try_write(#heard .. "\n")
        else
          cat.stdin:close()
        end
      elseif err ~= "again" then
        assert.equal("EOF", code)
        cat.stdout:close()
      end
    end)
    cat.stdin:try_write("0\n")
    assert.equal("exit 0", outcome(cat))
    assert.same({ "0\n", "1\n", "2\n", "3\n", "4\n" }, heard)
  end)

  it("takes more than fits into a pipe", function()
    local cat = start({ "cat" }, { stdin = "pipe", stdout = "pipe" })
    local size, heard = 1000000, 0
    local rest = ("x"):rep(size)
    loop:register(cat.stdin, "w", function()
      rest = rest:sub(assert(cat.stdin:try_write(rest)) + 1)
      if rest == "" then
        cat.stdin:close()
      end
    end)
    loop:register(cat.stdout, "r", function()
      local text, err = cat.stdout:try_read()
      if text then
        heard = heard + #text
      elseif err ~= "again" then
        cat.stdout:close()
      end
    end)
    assert.equal("exit 0", outcome(cat))
    assert.equal(size, heard)
  end)

  it("has the streams that it was given", function()
    local process = start_shell("cat; echo out; echo err >&2",
      { stdin = "null", stdout = "pipe", stderr = "pipe" })
    assert.is_nil(process.stdin)
    assert.equal("out\n", output(process))
    assert.equal("err\n", helper.read(process.stderr, 1000))
    assert.equal("exit 0", outcome(process))
    assert.matches("^mio.stream", tostring(process.stderr))
  end)

  it("inherits the streams that it was not given", function()
    local said = helper.run([[
      local mio = require("mio")
      local loop = mio.loop()
      io.stdout:setvbuf("no")
      io.write("before ")
      loop:child(mio.process({ "echo", "within" }), function() io.write("after") end)
      loop:run()
    ]])
    assert.matches("before within\nafter$", said)
  end)

  it("gets its arguments as they are", function()
    local process = start({ "printf", "<%s>", "a b", "$HOME", "", "'\n" }, { stdout = "pipe" })
    assert.equal("<a b><$HOME><><'\n>", output(process))
    assert.equal("exit 0", outcome(process))
  end)

  it("inherits the environment, or has its own", function()
    local process = start({ "env" }, { stdout = "pipe", env = { A = "1=2" } })
    assert.equal("A=1=2\n", output(process))
    assert.equal("exit 0", outcome(process))
    process = start({ "env" }, { stdout = "pipe", env = {} })
    assert.equal("", output(process))
    assert.equal("exit 0", outcome(process))
    process = start_shell("echo $PATH", { stdout = "pipe" })
    assert.equal(os.getenv("PATH") .. "\n", output(process))
    assert.equal("exit 0", outcome(process))
  end)

  it("runs where it is told", function()
    local process = start({ "pwd", "-P" }, { stdout = "pipe", cwd = "/" })
    assert.equal("/\n", output(process))
    assert.equal("exit 0", outcome(process))
  end)

  it("is ended by a signal", function()
    for _, signal in ipairs({ "TERM", "KILL", "USR1" }) do
      local process = start({ "sleep", "1000" })
      assert.is_true(process:kill(signal))
      assert.equal("signal " .. signal, outcome(process))
    end
    local process = start({ "sleep", "1000" })
    assert.is_true(process:kill())
    assert.equal("signal TERM", outcome(process))
    process = start({ "sleep", "1000" })
    assert.is_true(process:kill(9))
    assert.equal("signal KILL", outcome(process))
  end)

  it("that has ended is left alone: its number may be another one's", function()
    local process = start({ "true" })
    assert.equal(("mio.process (pid %d)"):format(process.pid), tostring(process))
    assert.equal("exit 0", outcome(process))
    assert.equal("mio.process (ended)", tostring(process))
    assert.same({ nil, "no such process", "ESRCH" }, { process:kill() })
    assert.same({ nil, "no such process", "ESRCH" }, { loop:child(process, print) })
    assert.equal("integer", math.type(process.pid))
  end)

  it("is known to have ended where its number was registered, too", function()
    local first, process, last = start({ "true" }), start({ "true" }), start({ "true" })
    for _, each in ipairs({ process, first, last }) do
      assert.equal("exit 0", outcome(each.pid))
      assert.equal("mio.process (ended)", tostring(each))
      assert.same({ nil, "no such process", "ESRCH" }, { each:kill() })
      assert.same({ nil, "no such process", "ESRCH" }, { loop:child(each, print) })
    end
    local other <const> = start({ "true" }).pid -- its object may be gone
    collectgarbage()
    assert.equal("exit 0", outcome(other))
  end)

  it("is the source of its registration, and known by its number, too", function()
    local process = start({ "sleep", "1000" })
    local registration = assert(loop:child(process, print))
    assert.equal(process, registration.source)
    assert.is_true(registration:deregister())
    process:kill()
    assert.equal("signal TERM", outcome(process.pid))
  end)

  it("lives on where nobody holds it", function()
    local pid = start({ "sleep", "1000" }).pid
    collectgarbage()
    collectgarbage()
    local status = assert(io.open(("/proc/%d/status"):format(pid)))
    assert.is_nil(status:read("a"):match("State:%s+Z"))
    status:close()
    os.execute("kill " .. pid)
    assert.equal("signal TERM", outcome(pid))
  end)

  it("that reads no more is an error, not a signal", function()
    local process = start({ "true" }, { stdin = "pipe" })
    assert.equal("exit 0", outcome(process))
    assert.same({ nil, "nobody reads any more", "EPIPE" }, { process.stdin:try_write("x") })
  end)

  it("that cannot be started leaves nothing", function()
    local before = helper.descriptors()
    local pipes = { stdin = "pipe", stdout = "pipe", stderr = "pipe" }
    assert.same({ nil, "process mio-no-such-program: not found", "ENOENT" },
      { mio.process({ "mio-no-such-program" }, pipes) })
    assert.same({ nil, "process /: permission denied", "EACCES" },
      { mio.process({ "/" }, pipes) })
    pipes.cwd = "/dev/null"
    assert.same({ nil, "process true: cwd /dev/null: not a directory", "ENOTDIR" },
      { mio.process({ "true" }, pipes) })
    pipes.cwd = "/mio-no-such-folder"
    assert.same({ nil, "process true: cwd /mio-no-such-folder: not found", "ENOENT" },
      { mio.process({ "true" }, pipes) })
    pipes.cwd = "/"
    assert.same({ nil, "process mio-no-such-program: not found", "ENOENT" },
      { mio.process({ "mio-no-such-program" }, pipes) })
    assert.equal(before, helper.descriptors())
  end)

  it("says what it expects", function()
    local process = start({ "true" })
    local list = "the program and its arguments are "
    for expected, call in pairs({
      ["bad argument #1 to 'process' (table expected, got string)"] =
        function() mio.process("true") end,
      ["bad argument #1 to 'process' (the program is missing)"] =
        function() mio.process({}) end,
      ["bad argument #1 to 'process' (" .. list .. "strings without zeros)"] =
        function() mio.process({ "true", 1 }) end,
      ["bad argument #1 to 'process' (" .. list .. "a list; options are the next argument)"] =
        function() mio.process({ "true", stdin = "pipe" }) end,
      ["bad argument #2 to 'process' (unknown option 'stdim' (did you mean 'stdin'?))"] =
        function() mio.process({ "true" }, { stdim = "pipe" }) end,
      ["bad argument #2 to 'process' (option 'stdin' is 'inherit' or 'null' or 'pipe')"] =
        function() mio.process({ "true" }, { stdin = true }) end,
      ["bad argument #2 to 'process' (option 'cwd' is a string without zeros)"] =
        function() mio.process({ "true" }, { cwd = "/\0" }) end,
      ["bad argument #2 to 'process' (option 'env' is a table)"] =
        function() mio.process({ "true" }, { env = "A=1" }) end,
      ["bad argument #2 to 'process' (names and values of option 'env' are strings " ..
        "without zeros)"] = function() mio.process({ "true" }, { env = { "A=1" } }) end,
      ["bad argument #2 to 'process' (a name of option 'env' is not empty, and has no '=')"] =
        function() mio.process({ "true" }, { env = { ["A="] = "1" } }) end,
      ["bad argument #1 to 'kill' (unknown signal 'SIGKILL' (did you mean 'KILL'?))"] =
        function() process:kill("SIGKILL") end,
      ["bad argument #1 to 'kill' (unknown signal 'TREM' (did you mean 'TERM'?))"] =
        function() process:kill("TREM") end,
      ["bad argument #1 to 'kill' (a signal's number is a whole number from 1 to 64)"] =
        function() process:kill(0) end,
      ["calling 'kill' on bad self (mio.process expected, got table)"] = function()
        local object = { kill = process.kill }
        object:kill()
      end,
    }) do
      assert.equal(expected, raised(call))
    end
    for _, strings in ipairs({ { "a\0b" }, { "true", "a\0b" }, { "true", true }, { {} } }) do
      assert.matches("are strings without zeros", raised(mio.process, strings))
    end
    assert.is_nil(process.unknown)
    assert.is_nil(process[1])
    assert.has_error(function() process.pid = 1 end)
    assert.equal("exit 0", outcome(process))
  end)
end)
