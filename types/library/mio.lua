---@meta mio

-- The types of require("mio"), for language servers and for people: every function, method,
-- field, option and error, as the reference tells them. A spec compares it with the module.

---Readiness I/O: polls, loops, timers, signals, TCP, UDP and Unix sockets, pipes.
---
---**Failures.** When the world refuses, a function returns `nil, err, code`: `err` is a text
---in lower case, the same on every system; `code` is a name to compare, like
---`"ECONNREFUSED"`. Outcomes that steer a program have no code and are bare tokens in `err`:
---
--- * `"again"`: not now; wait for the event
--- * `"closed"`: the object was closed, or its registration or loop has ended
--- * `"running"`: the loop runs already
--- * `"full"`: the channel or batch has no room for one more; a stream has more to send than its
---   high water
--- * `"timeout"`: what was waited for has not come in time
--- * `"cancelled"`: the task that was joined, or `mio.run`, was cancelled
--- * `"busy"`: another task reads this socket already, or writes it
--- * `"too long"`: a line or piece is longer than its bound
---
---A datagram that does not fit is `nil, "too long", "EMSGSIZE"`, in both directions.
---
---In a process that `fork` has made, what the parent's loops, polls and channels would do fails
---with `ESTALE`; only closing works. A child makes a loop of its own: see the README.
---
---The end of a stream is `nil, "end of stream", "EOF"`. A programmer's mistake (a wrong type,
---a number out of range, an unknown option) raises an error that names function and argument.
---
---**Times** are seconds, with fractions. **Closing** twice is fine, and every object that
---has `close` works as `local x <close>`. What nobody holds any more is closed by the
---collector, some time.
---
---```lua
---local mio = require("mio")
---
---local loop <close> = assert(mio.loop())
---local listener <close> = assert(mio.listen("127.0.0.1:7000"))
---
---loop:register(listener, "r", function()
---  for client in listener:try_accepts() do
---    loop:register(client, "r", function()
---      local data, err = client:try_read()
---      if data then
---        client:try_write(data) -- for a slow client, see examples/echo.lua
---      elseif err ~= "again" then
---        client:close()
---      end
---    end)
---  end
---end)
---loop:signal("INT", function() loop:shutdown() end)
---loop:run()
---```
---@class mio
---@field version string the library's version, "major.minor.patch"
---@field cancelled table what is raised in a task that is cancelled; `tostring` of it is "cancelled"
local mio = {}

---What can be registered: a socket or a set of signals of mio; a loop or poll, which is a guest
---of another one then, see `loop:pollfd`; the number of a descriptor; a Lua file; an object of any library that has a
---method `pollfd`, `getfd` or `get_fd` (asked in this order) which returns the number.
---
---mio knows when its own sockets are closed, and ends their registrations first. Whatever
---else is registered must be deregistered before it is closed.
---@alias mio.source mio.stream|mio.listener|mio.datagram|mio.signals|mio.loop|mio.poll|integer|file*|table|userdata

---What to be told of: `"r"` a read or an accept does not wait (so does one that ends or
---fails), `"w"` a write does not wait, or a connect has ended; `"p"` urgent data has come.
---Any of the three letters together, one at least: `"rw"`.
---@alias mio.interest string

---When it is told: `"level"` in each turn while it holds; `"edge"` once each time it comes
---about, so read or write until `"again"`; `"oneshot"` once, then not until `reregister`.
---@alias mio.trigger "level"|"edge"|"oneshot"

---The signals by name. A number from 1 to 64 names any other.
---@alias mio.signal_name "INT"|"TERM"|"HUP"|"QUIT"|"USR1"|"USR2"|"CHLD"|"WINCH"|"ALRM"|"PIPE"|"CONT"|"TSTP"|"TTIN"|"TTOU"|"URG"

---Options of a socket, as `getoption` and `setoption` know them:
---
--- * `"nodelay"`: boolean; small writes go out at once. TCP. mio sets it, unless told not to
--- * `"keepalive"`: boolean; probe a silent peer
--- * `"keepalive_idle"`: seconds of silence before the first probe. TCP
--- * `"keepalive_interval"`: seconds between probes. TCP
--- * `"keepalive_count"`: how many probes without an answer end the connection. TCP
--- * `"linger"`: what `close` does with bytes not yet sent: -1, the default, sends them
---   later; 0 drops them and resets the connection; more blocks for so many seconds at most
--- * `"reuseaddr"`, `"reuseport"`: boolean; see `mio.listen_options`
--- * `"ttl"`: how many routers a packet may pass, 1 to 255. TCP, UDP
--- * `"recv_buffer"`, `"send_buffer"`: bytes. Linux tells the double of what is set
--- * `"only_v6"`: boolean; see `mio.listen_options`. IPv6
--- * `"broadcast"`: boolean; may send to broadcast addresses. UDP
--- * `"multicast_ttl"`: how many routers a datagram to a group may pass, 0 to 255; 1 if not set.
---   UDP
--- * `"multicast_loop"`: boolean; this machine hears what it sends to groups, true if not set.
---   UDP
---
---Seconds are whole numbers here.
---@alias mio.socket_option "nodelay"|"keepalive"|"keepalive_idle"|"keepalive_interval"|"keepalive_count"|"linger"|"reuseaddr"|"reuseport"|"ttl"|"recv_buffer"|"send_buffer"|"only_v6"|"broadcast"|"multicast_ttl"|"multicast_loop"

---Called for each event of a registered source. A coroutine works as well: each event resumes
---it, and `coroutine.yield()` returns these arguments. Of an object the method `ready` is called.
---See `mio.loop`.
---
---`closed` says that the peer will send no more, or will receive no more, or that an error is
---pending: the next read or write tells which. `readable` and `writable` are then set too,
---as far as they were asked for, so that it need not be looked at.
---@alias mio.handler fun(source: mio.source, readable: boolean, writable: boolean, closed: boolean, registration: mio.registration)|thread|table|userdata

---Called for each message of a channel. When the last sender has gone, it is called once more,
---with nil and `closed` true, and the channel is closed. A coroutine is resumed; of an object the
---method `wakeup` is called.
---@alias mio.channel_handler fun(message: any, closed: boolean, channel: mio.channel)|thread|table|userdata

---Called when a timer is due; a coroutine is resumed; of an object the method `timeout` is called.
---@alias mio.timer_handler fun(timer: mio.timer)|thread|table|userdata

---Called when a signal came, with its name (its number where it has no name here); a
---coroutine is resumed; of an object the method `signal` is called.
---@alias mio.signal_handler fun(signal: mio.signal_name|integer, registration: mio.registration)|thread|table|userdata

---Called when a child process has ended, with how it did and the code that goes with it:
---
--- * `"exit"`, its status: 0 to 255
--- * `"signal"`, the signal that has killed it: its name, or its number where it has none here
--- * `"unknown"`, nil: somebody else has waited for it
---
---A coroutine is resumed; of an object the method `child` is called. The registration has ended.
---@alias mio.child_handler fun(how: "exit"|"signal"|"unknown", code: integer|string|nil, registration: mio.registration)|thread|table|userdata

-- ------------------------------------------------------------------ functions

---An address from its text:
---
--- * `127.0.0.1:80`: IPv4, four decimal numbers
--- * `[::1]:80`, `[fe80::1%eth0]:80`: IPv6 in brackets; the scope is an interface's name or
---   number
--- * `unix:/run/x.sock`: a path, absolute or relative, of 107 bytes at most
--- * `unix:@name`: an abstract name, without a file (Linux)
--- * `unix:`: unnamed, as most Unix clients are
---
---Ports are 0 to 65535. Host names are not looked up. Any other text raises an error, so does
---a scope that names no interface.
---
---Equal addresses are the same object: compare them by `==`, use them as keys.
---
---```lua
---local address = mio.address("[::1]:80")
---print(address.host, address.port, address.family)  --> ::1  80  ipv6
---print(address)                                     --> [::1]:80
---```
---@param text string|mio.address
---@return mio.address
function mio.address(text) end

---An empty batch of datagrams, with room for `count`, of at most `size` bytes each.
---@param count? integer 1 to 64, the most that one system call takes; 64 if absent
---@param size? integer 1 to 65536; 2048 if absent
---@return mio.batch
function mio.batch(count, size) end

---An empty buffer of bytes, with room for so many at first. It grows as needed. Raises an
---error where memory runs out.
---@param capacity? integer 1 or more, made at once; if absent, 4096 with the first byte
---@return mio.buffer
function mio.buffer(capacity) end

---A channel between the tasks of one run: whoever sends waits while it is full, whoever receives
---while it is empty.
---@param capacity? integer how many values it keeps; 0 if absent: a sender waits for its receiver
---@return mio.task_channel
function mio.channel(capacity) end

---Connect, and wait until that has succeeded or failed. For tasks.
---
---Fails as `mio.try_connect` and `stream:connected`, and with `"timeout"`.
---@param address mio.address|string
---@param options? mio.connect_options
---@param seconds? number for ever if absent
---@return mio.stream|mio.datagram|nil socket
---@return string? err
---@return string? code
function mio.connect(address, options, seconds) end

---Relay what comes from one stream to another one until that ends; a slow reader slows it down.
---The end is not relayed: call `to:shutdown()` for that. For tasks.
---@param from mio.stream
---@param to mio.stream
---@return integer? count how many bytes
---@return string? err
---@return string? code
function mio.copy(from, to) end

---The task that runs, or nil.
---@return mio.task?
function mio.current() end

---How to open a datagram socket.
---@class mio.datagram_options
---@field reuseaddr? boolean several sockets that all say so have the same address: each gets a copy of what comes for its groups and by broadcast, any of them the rest (false if absent)
---@field reuseport? boolean several sockets that all say so share the port, and the senders are spread over them (false)
---@field only_v6? boolean `[::]` has no IPv4 peers (false)
---@field broadcast? boolean may send to broadcast addresses (false)
---@field replace_stale? boolean the file of a Unix socket that nobody has open any more is removed first (false)

---Open a datagram socket: UDP, or Unix by a Unix address. Port 0 lets the system choose one, and
---`unix:` a name: see `datagram:local_address()`. A Unix path must not exist; it is not removed
---by `close`.
---
---Fails with `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `ENOENT`, `EAFNOSUPPORT`, `EMFILE` and
---others; `err` is like "datagram 127.0.0.1:53: permission denied".
---
---```lua
---local socket <close> = assert(mio.datagram("127.0.0.1:7000"))
---loop:register(socket, "r", function()
---  local data, from = socket:try_recv()
---  if data then socket:try_send(data, from) end
---end)
---```
---@param address? mio.address|string "0.0.0.0:0" if absent
---@param options? mio.datagram_options
---@return mio.datagram? socket
---@return string? err
---@return string? code
function mio.datagram(address, options) end

---What calls a function as its block is left: `local _ <close> = mio.defer(fn)`.
---@param fn fun(err: any) gets the error by which the block is left, or nil
---@return table guard
function mio.defer(fn) end

---All tasks as a text, a line for each: its name, what it waits for, where (a descriptor, an
---address), and since when.
---@return string
function mio.dump() end

---A ticker: `for _ in mio.every(1) do ... end`. It ticks on time; ticks that have passed while the
---body ran are left out. For tasks.
---@param seconds number more than 0
---@return fun(): number iterator
function mio.every(seconds) end

---How to listen.
---@class mio.listen_options
---@field backlog? integer how many clients may wait to be accepted; 1024 if absent
---@field reuseaddr? boolean a port whose old connections linger is free (true if absent)
---@field reuseport? boolean several listeners that all say so share the port (false)
---@field only_v6? boolean `[::]` does not serve IPv4 clients (false)
---@field nodelay? boolean accepted streams send small writes at once (true)
---@field high_water? integer of what tasks accept: see `stream:sethighwater` (65536)
---@field type? "stream"|"seqpacket" what it accepts; `"seqpacket"` at a Unix address only ("stream")
---@field replace_stale? boolean the file of a Unix socket that nobody has open any more is removed first (false)

---Open a listener, on TCP or on a Unix socket. Port 0 lets the system choose one: see
---`listener:local_address()`. A Unix path must not exist; it is not removed by `close`.
---
---Fails with `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `ENOENT`, `EAFNOSUPPORT`, `EMFILE` and
---others; `err` is like "listen 127.0.0.1:80: permission denied".
---
---```lua
---local listener <close> = assert(mio.listen("127.0.0.1:0"))
---print("listening on " .. tostring(listener:local_address()))
---```
---@param address mio.address|string
---@param options? mio.listen_options
---@return mio.listener? listener
---@return string? err
---@return string? code
function mio.listen(address, options) end

---How a loop is made.
---@class mio.loop_options
---@field events_per_poll? integer how many events are taken from the kernel at once; 256 if absent
---@field clock? "monotonic"|"virtual" by what the loop tells the time; `"virtual"` is for tests: it begins at 0, and when nothing is ready it jumps to the next timer instead of waiting. It waits for nobody else then: real children, threads and peers fall behind its timers, so a test of those takes the system's clock

---A new loop. Costs one descriptor and some 25 KiB.
---
---Fails with `EMFILE`, `ENFILE` or `ENOMEM`.
---@param options? mio.loop_options
---@return mio.loop? loop
---@return string? err
---@return string? code
function mio.loop(options) end

---A mutex for tasks.
---@return mio.mutex
function mio.mutex() end

---The monotonic clock, by which all times of mio are told: it never goes backwards, and
---counts from some moment before the program started.
---@return number seconds
function mio.now() end

---Two Unix sockets that are connected to each other: streams; or sockets with messages, of which
---seqpackets have an end (`EOF`), and datagrams none. Fails with `EMFILE`, `ENFILE` or `ENOMEM`.
---@param type? "stream"|"seqpacket"|"datagram" "stream" if absent
---@return mio.stream|mio.datagram|nil one
---@return mio.stream|mio.datagram|string|nil other or err
---@return string? code
function mio.pair(type) end

---A pipe: what is written to `writer` comes out of `reader`. The reader is told as readable when
---there is something, and when the writer is gone; the writer as writable when there is room, and
---when the reader is gone. Fails with `EMFILE`, `ENFILE` or `ENOMEM`.
---@return mio.stream? reader
---@return mio.stream|string|nil writer or err
---@return string? code
function mio.pipe() end

---A new poll. Costs what a loop costs.
---
---Fails with `EMFILE`, `ENFILE` or `ENOMEM`.
---@return mio.poll? poll
---@return string? err
---@return string? code
function mio.poll() end

---What is known of a process before it starts. A stream is `"inherit"` that of this program;
---`"null"` gives nothing and takes everything; `"pipe"` has its other end here, in the
---process's field of the same name.
---@class mio.process_options
---@field stdin? "inherit"|"null"|"pipe" "inherit" if absent
---@field stdout? "inherit"|"null"|"pipe" "inherit" if absent
---@field stderr? "inherit"|"null"|"pipe" "inherit" if absent
---@field env? table<string, string> the whole environment; that of this program if absent
---@field cwd? string where it runs; where this program does if absent

---Start a process: a program, which is searched in PATH unless its name has a slash, and its
---arguments. There is no shell, and nothing to quote. It begins with the default effect of all
---signals, and without any descriptor of mio but its standard streams.
---
---Its end is told by `loop:child`; somebody has to ask, or it stays in the process table as long
---as this program runs.
---
---Fails with `ENOENT` (no such program or directory), `EACCES`, `ENOTDIR`, `E2BIG`, `EAGAIN` (no
---more processes), `EMFILE` and others, among them `EOPNOTSUPP` for `cwd` on a few systems; `err` is like "process ls: not found", or, for a folder
---that is not there, "process ls: cwd /x: not found".
---
---```lua
---local cat = assert(mio.process({ "cat", "-n" }, { stdin = "pipe", stdout = "pipe" }))
---loop:register(cat.stdout, "r", function()
---  local text, err = cat.stdout:try_read()
---  if text then
---    io.write(text)
---  elseif err ~= "again" then
---    cat.stdout:close()
---  end
---end)
---loop:child(cat, function(how, code) print("cat has ended: " .. how, code) end)
---cat.stdin:try_write("one\ntwo\n")
---cat.stdin:close()
---```
---@param argv string[]
---@param options? mio.process_options
---@return mio.process? process
---@return string? err
---@return string? code
function mio.process(argv, options) end

---As `coroutine.resume`, for a coroutine within a task: it may wait, which the task does then. A
---plain `coroutine.resume` makes waiting an error.
---@param co thread
---@param ... any
---@return boolean ok
---@return any ...
function mio.resume(co, ...) end

---How to run.
---@class mio.run_options
---@field clock? "monotonic"|"virtual" a virtual clock jumps to the next timer when nothing is ready ("monotonic")
---@field stop_on? string[] names of signals that stop the run
---@field grace? number seconds that servers have after the first signal (0)

---Run a function as a task, `main`, on a loop of its own, until it and its children have ended.
---
---Returns what main returns, and raises its error, a string with its traceback. A `main` that was
---cancelled gives `nil, "cancelled"`. Where every task waits for another one, main is cancelled, and
---the error raised is "deadlock: ...", with what each one waits for.
---
---The first of the signals `stop_on` has the servers of `mio.serve` accept nobody any more; when
---`grace` seconds are over main is cancelled. Where nobody serves, or by the second signal, it is
---cancelled at once.
---
---```lua
---mio.run(function()
---  local listener <close> = assert(mio.listen("127.0.0.1:7000"))
---  mio.serve(listener, function(client)
---    for chunk in client:chunks() do client:write(chunk) end
---  end)
---end, { stop_on = { "INT", "TERM" }, grace = 5 })
---```
---@param main fun(): ...
---@param options? mio.run_options
---@return any ...
function mio.run(main, options) end

---A scope for tasks: `local scope <close> = mio.scope()`. The block is left when all tasks of the
---scope have ended. For tasks.
---@return mio.scope
function mio.scope() end

---Wait until one of several things is ready, and tell which; nothing is read or received. For
---tasks.
---
---Fails with `"timeout"`; `"closed"` and `"busy"` of a socket.
---@param cases table a list of sockets (to be read), `{ socket, interest }`, channels of tasks (to be received from) and tasks (that end)
---@param seconds? number for ever if absent
---@return integer? index
---@return any object
function mio.select(cases, seconds) end

---A semaphore for tasks.
---@param count integer how many may have acquired it at a time
---@return mio.semaphore
function mio.semaphore(count) end
---A sender, or a waker, from its ticket, in any Lua state of this process: see
---`sender:export()`.
---
---Fails with `"closed"` where none of its senders is open any more, or the ticket was made in
---another process. Raises an error for a text that is no ticket.
---@param ticket string
---@return mio.sender|mio.waker|nil sender
---@return string? err
function mio.sender(ticket) end

---Serve a listener: a task for each client. Returns when the server was stopped or its listener
---closed, and all clients have left. For tasks.
---
---A client is closed when its handler has returned and the handler's children have ended. An error
---closes this client only, and is told to `on_error`.
---@param listener mio.listener
---@param handler fun(client: mio.stream, server: mio.server)
---@param options? mio.server_options
---@return true? ok
---@return string? err
---@return string? code
function mio.serve(listener, handler, options) end

---How to serve.
---@class mio.server_options
---@field max? integer how many clients are served at a time; the others wait to be accepted
---@field timeout? number of each call of a client that waits: see `stream:settimeout`
---@field header_timeout? number for the first read of a client to return, whatever it asks for: a line, a head; counted from the moment when it was accepted. One that returns `"timeout"` does not count. After that `timeout` holds
---@field on_error? fun(err: any, client: mio.stream) told of each client's error, when the client is closed already; an error of its own ends the server; `warn` if absent

---A server that is not running yet: `mio.serve` is `mio.server(...):run()`.
---@param listener mio.listener
---@param handler fun(client: mio.stream, server: mio.server)
---@param options? mio.server_options
---@return mio.server
function mio.server(listener, handler, options) end

---A channel between the tasks of all threads, see `mio.thread`: what one sends another one receives,
---first come, first served. It is an object of any Lua state that got it as an argument, a result or
---a message; the last one that is collected frees it.
---
---```lua
---local jobs = mio.shared_channel(16)
---local thread = mio.thread(function(jobs)
---  for job in jobs:messages() do print(job) end
---end, jobs)
---jobs:send("hello")
---jobs:close()
---```
---@param capacity? integer how many values it keeps until senders have to wait (0 if absent)
---@return mio.shared_channel? channel
---@return string? err
---@return string? code
function mio.shared_channel(capacity) end

---Call a function that is not reached by the cancellation of its task: clean-up that waits. After
---so many seconds it is cancelled itself, and the result is `nil, "timeout"`. For tasks.
---@param seconds number
---@param fn function
---@param ... any its arguments
---@return any ... its results
function mio.shield(seconds, fn, ...) end

---A set of signals, to be registered with a poll or asked by `try_read`. From now on they are
---caught; when nobody wants one any more, the program's own disposition is back. With a loop,
---`loop:signal` is simpler.
---
---Raises an error for a signal that does not exist or cannot be caught (KILL, STOP, SEGV).
---Fails with `EMFILE`, `ENFILE` or `ENOMEM`.
---@param signal mio.signal_name|integer
---@param ... mio.signal_name|integer
---@return mio.signals? signals
---@return string? err
---@return string? code
function mio.signal(signal, ...) end

---Wait for so many seconds. For tasks.
---@param seconds number
---@return true
function mio.sleep(seconds) end

---Start a child of the current task. It begins when this one waits. For tasks.
---
---A task ends when its children have. A child's error cancels its siblings, and is raised in this
---task, wherever it waits.
---@param fn function
---@param ... any its arguments
---@return mio.task
function mio.spawn(fn, ...) end

---What is known of each task: `task`, `name`, `state` ("ready", "running" or "waiting"), and of one
---that waits `waits_for`, `seconds`, and `places`: a list of the descriptors that it waits at, as
---texts, "descriptor 7 (127.0.0.1:80)" of a socket with an address.
---@return table[]
function mio.tasks() end

---For specs: a function that runs `fn` by `mio.run`, with a virtual clock:
---`it("...", mio.test(function() ... end))`.
---@param fn function
---@param options? mio.run_options
---@return function
function mio.test(fn, options) end

---Run a function in an OS thread of its own, with a fresh Lua state and a loop: it is the main of a
---`mio.run` there. A thread is a child of the task that makes it: that one ends when the thread has,
---and the thread's error is its own. See `mio.thread:join`. For tasks.
---
---The function goes over as code. It may use no variable of the functions around it: such an upvalue
---is refused by its name. Its globals are those of a fresh state with the standard libraries, and
---the `package.path` and `package.cpath` of its owner; modules are required anew inside, `mio`, too.
---Arguments and results are what a `mio.shared_channel` carries; sockets move.
---
---Fails with `EAGAIN`, `ENOMEM`, `EMFILE`; with `EBADF` where a socket is given twice.
---
---```lua
---local thread = mio.thread(function(n)
---  local sum = 0
---  for i = 1, n do sum = sum + i end
---  return sum
---end, 1000)
---print(thread:join())
---```
---@param fn function written in Lua
---@param ... any its arguments
---@return mio.thread? thread
---@return string? err
---@return string? code
function mio.thread(fn, ...) end

---Call a function that has so many seconds. What it waits for is cancelled then, and the result is
---`nil, "timeout"`. For tasks.
---@param seconds number
---@param fn function
---@param ... any its arguments
---@return any ... its results
function mio.timeout(seconds, fn, ...) end
---The standard error of this process; all as of `mio.stdin`.
---@return mio.stream? stream
---@return string? err
---@return string? code
function mio.stderr() end

---The standard input of this process, as a stream: a pipe, a terminal, a socket, a file.
---
---Others have the same open file: the shell, other processes, `io.read` here. It stays as it is
---for them, above all it does not become non-blocking; the stream says with each call that it does
---not wait, and has a descriptor of its own. So closing it closes nothing for the others, and
---whoever reads the output of this process comes to the end when the process ends. What `io` has
---in its buffers is not seen here.
---
---A file, or a device like `/dev/null`, is always ready: `try_read` and `try_write` never fail with
---`"again"`, and `register` fails with `EPERM`. Register after `"again"`, and both kinds work:
---
---```lua
---local input, registration = assert(mio.stdin()), nil
---
---local function pump()
---  local data, err
---  repeat
---    data, err = input:try_read()
---    if data then print(#data) end
---  until not data
---  if err == "again" and not registration then
---    registration = assert(loop:register(input, "r", pump))
---  elseif err ~= "again" then
---    input:close()
---  end
---end
---
---pump()
---loop:run()
---```
---
---Old kernels, and terminals that this user may not open, are polled before each call, and written
---4096 bytes at a time; a call waits then where another process is faster.
---
---Fails with `EBADF` (the process was started without it, and so even if a socket of mio has got its
---number since) or `EMFILE`.
---@return mio.stream? stream
---@return string? err
---@return string? code
function mio.stdin() end

---The standard output of this process; all as of `mio.stdin`. What `print` and `io.write` have
---in their buffer comes later, unless it is flushed before.
---@return mio.stream? stream
---@return string? err
---@return string? code
function mio.stdout() end

---How to connect.
---@class mio.connect_options
---@field nodelay? boolean small writes go out at once (true if absent)
---@field local_address? mio.address|string where to connect from; the system chooses if absent
---@field type? "stream"|"seqpacket" what is connected; a seqpacket socket is a `mio.datagram` ("stream")

---Begin to connect. The stream is there at once; when it is reported as writable,
---`stream:connected()` tells how it ended.
---
---Fails with `ECONNREFUSED`, `ENOENT`, `ENETUNREACH`, `EADDRNOTAVAIL`, `EMFILE` and others,
---`EAGAIN` where the queue of a Unix listener is full; `err` is like
---"connect unix:/run/x: not found". Most failures of TCP are told later.
---
---```lua
---local stream = assert(mio.try_connect("127.0.0.1:7000"))
---loop:register(stream, "w", function(_, _, _, _, registration)
---  local connected, err = stream:connected()
---  if connected then
---    registration:deregister()
---    loop:register(stream, "r", on_data)  -- which reads: what is left unread is told again
---  elseif err ~= "again" then
---    stream:close()
---  end
---end)
---```
---@param address mio.address|string
---@param options? mio.connect_options
---@return mio.stream|mio.datagram|nil stream
---@return string? err
---@return string? code
function mio.try_connect(address, options) end

---Wait until a descriptor is ready. For tasks.
---
---Fails with `"timeout"`, `"closed"`, `"busy"`.
---@param source mio.source
---@param interest? mio.interest "r" if absent
---@param seconds? number for ever if absent
---@return true? ok
---@return string? err
---@return string? code
function mio.wait(source, interest, seconds) end

---As `coroutine.wrap`, for a generator within a task: it may wait, which the task does then.
---@param fn function
---@return function
function mio.wrap(fn) end

---Let all tasks that are ready go first. For tasks.
---@return true
function mio.yield() end

-- ----------------------------------------------------------------- addresses

---An address of a socket: a value that never changes. `tostring` gives the text that
---`mio.address()` reads. They have an order: by family, host, port.
---@class mio.address
---@field host string "127.0.0.1", "fe80::1%2", "/run/x.sock", "@name"; "" for an unnamed one
---@field port integer? nil for a Unix address
---@field family "ipv4"|"ipv6"|"unix"
local address = {}

-- ------------------------------------------------------------------- buffers

---Bytes that grow at the end and are consumed from the front, without garbage: read into it,
---look for the end of a message, write from it. `#buffer` is how many bytes it holds,
---`tostring(buffer)` all of them. A buffer that is emptied now and then keeps its memory.
---
---```lua
---local input = mio.buffer()
---
---local function on_client(client)
---  local count, err = client:try_read_into(input)
---  if not count and err ~= "again" then return client:close() end
---  local first, last = input:find("\n")
---  while first do
---    print(input:sub(1, first - 1))
---    input:consume(last)
---    first, last = input:find("\n")
---  end
---end
---```
---@class mio.buffer
---@operator len: integer
local buffer = {}

---Add bytes at the end. Raises an error where memory runs out; pieces before the one that
---failed are then in it.
---@param ... string|number|mio.buffer the buffer itself too
---@return mio.buffer self
function buffer:append(...) end

---Drop all bytes.
---@return mio.buffer self
function buffer:clear() end

---Drop bytes from the front. Constant cost. Raises an error where it does not hold so many.
---@param count integer
---@return mio.buffer self
function buffer:consume(count) end

---Look for a text, byte for byte: no patterns.
---@param text string
---@param init? integer where to begin, as for `string.find`; 1 if absent
---@return integer? first nil where it is not found
---@return integer? last
function buffer:find(text, init) end

---A part of the bytes as a string, as `string.sub` gives it; all of them if `i` is absent.
---@param i? integer 1 if absent; a negative one counts from the end
---@param j? integer -1 if absent
---@return string
function buffer:sub(i, j) end

-- ------------------------------------------------------------------- batches

---Datagrams with their addresses, received and sent by one system call, without garbage.
---`#batch` is how many it holds.
---
---```lua
---local batch = mio.batch()
---loop:register(socket, "r", function()           -- an echo
---  if socket:try_recv_batch(batch) then socket:try_send_batch(batch) end
---end)
---```
---@class mio.batch
---@operator len: integer
local batch = {}

---Add a datagram at the end; without an address it goes to the peer that the socket is connected
---to. Fails with `"full"`, or `"too long"`.
---@param data string|number|mio.buffer a buffer keeps its bytes
---@param address? mio.address|string
---@return mio.batch? self
---@return string? err
---@return string? code
function batch:add(data, address) end

---The address of a datagram, without garbage; nil for none. Raises an error where there is no
---such datagram.
---@param i integer from 1 to `#batch`
---@return mio.address?
function batch:address(i) end

---Drop all datagrams.
---@return mio.batch self
function batch:clear() end

---A datagram, its address, nil for none, and whether it was longer than its room when it was
---received: then `data` is its beginning. Raises an error where there is no such datagram.
---@param i integer from 1 to `#batch`
---@return string data
---@return mio.address? address
---@return boolean truncated
function batch:get(i) end

---Change a datagram: so an answer takes the place of the question. Fails with `"too long"`;
---raises an error where there is no such datagram.
---@param i integer from 1 to `#batch`
---@param data string|number|mio.buffer a buffer keeps its bytes
---@param address? mio.address|string as it was if absent
---@return mio.batch? self
---@return string? err
---@return string? code
function batch:set(i, data, address) end

-- ---------------------------------------------------------- datagram sockets

---A UDP socket, or a Unix datagram socket, from `mio.datagram()`; or a Unix seqpacket socket, from a
---listener, `mio.try_connect` or `mio.pair`: its messages end with `nil, "end of stream", "EOF"`,
---and an empty one cannot be told from the end. No method waits.
---
---Datagrams arrive whole. One that is longer than the room for it is never cut silently: it is
---dropped, and the call fails with `nil, "too long", "EMSGSIZE"`; a batch marks it.
---
---When a host answers that nobody has the port, the next call on a connected socket fails with
---`ECONNREFUSED`, once; its handler is told `closed` then. The socket works on.
---@class mio.datagram
local datagram = {}

---Choose the one peer: `try_send` needs no address then, and what others send is dropped. Without
---an address there is no peer any more. Nothing is sent.
---
---Fails with `"closed"`, `ENETUNREACH`, `EINVAL` (another family); for Unix addresses with
---`ECONNREFUSED`, `ENOENT`, `EPROTOTYPE`.
---@param address? mio.address|string
---@return true? ok
---@return string? err
---@return string? code
function datagram:connect(address) end

---Send a datagram: a string, or all that is in a buffer, which is consumed when it is sent.
---
---Fails with `"again"` (no room: wait until it is writable), `"closed"`, `"too long"` (more than
---65507 bytes over IPv4), `EDESTADDRREQ` or `ENOTCONN` (no address, and no peer), `ECONNREFUSED`
---(an earlier one was refused, and this one not sent), `EACCES` (a broadcast address, without the
---option), `ENETUNREACH` and others.
---
---A Unix socket without a peer is writable as long as its own room lasts, though the receiver's
---queue is full: to wait for that by `"w"` would spin. Connect it, by which it is told when the
---receiver has room, or try again by a timer.
---
---Cost: one system call.
---@param data string|number|mio.buffer
---@param address? mio.address|string an object costs less than a text
---@return true? ok
---@return string? err
---@return string? code
function datagram:try_send(data, address) end

---The same, but it waits for room. For tasks.
---@param data string|mio.buffer|number
---@param address? mio.address|string
---@param seconds? number as `settimeout` says if absent
---@return true? ok
---@return string? err
---@return string? code
function datagram:send(data, address, seconds) end

---The next datagram, which may be empty, and its sender: nil for a Unix socket without a name.
---
---Fails with `"again"` (nothing yet), `"closed"`, `"too long"` (longer than `n`: it is gone),
---`ECONNREFUSED` (one that was sent) and other errors of the network.
---
---Cost: one system call, one string.
---@param n? integer 1 or more; 65536 if absent, which is enough for all of IP
---@return string? data
---@return mio.address|string|nil address or err
---@return string? code
function datagram:try_recv(n) end

---The same, but it waits for a datagram. For tasks.
---@param n? integer 1 or more; 65536 if absent
---@param seconds? number as `settimeout` says if absent
---@return string? data
---@return mio.address|string|nil from or the error
---@return string? code
function datagram:recv(n, seconds) end

---All datagrams: `for data, from in socket:packets() do ... end`. The loop ends with an error, or
---when none has come for so long. For tasks.
---@param n? integer 1 or more; 65536 if absent
---@param seconds? number for each; as `settimeout` says if absent
---@return fun(): string?, mio.address? iterator
function datagram:packets(n, seconds) end

---Of each call that waits for this socket, and is given no other: it fails with `"timeout"` then.
---What has come until then is not lost. While tasks run.
---@param seconds? number for ever if absent
---@return true? ok
---@return string? err
function datagram:settimeout(seconds) end

---The same, but the datagram stays there, after `"too long"` too.
---@param n? integer 1 or more; 65536 if absent
---@return string? data
---@return mio.address|string|nil address or err
---@return string? code
function datagram:try_peek(n) end

---The next datagram into a buffer, which gets room for `n` bytes. Fails as `try_recv`, and then
---the buffer is as it was; raises an error where memory runs out, and then nothing is lost. Cost:
---one system call; no garbage.
---@param buffer mio.buffer
---@param n? integer 1 or more; 65536 if absent
---@return integer? count how many bytes were added, 0 for an empty datagram
---@return mio.address|string|nil address or err
---@return string? code
function datagram:try_recv_into(buffer, n) end

---The same, but it waits for a datagram. For tasks.
---@param buffer mio.buffer
---@param n? integer 1 or more; 65536 if absent
---@param seconds? number as `settimeout` says if absent
---@return integer? count
---@return mio.address|string|nil address or err
---@return string? code
function datagram:recv_into(buffer, n, seconds) end

---Receive what has come into a batch, in place of what is in it. Fails as `try_recv`, and then
---the batch is empty; never with `"too long"`. The end of a seqpacket socket is no message: what
---came before it is received first. Cost: one system call, and one more where the last one of a
---full batch is empty; no garbage.
---@param batch mio.batch
---@return integer? count 1 or more
---@return string? err
---@return string? code
function datagram:try_recv_batch(batch) end

---The same, but it waits for the first datagram. For tasks.
---@param batch mio.batch
---@param seconds? number as `settimeout` says if absent
---@return integer? count
---@return string? err
---@return string? code
function datagram:recv_batch(batch, seconds) end

---Send the datagrams of a batch, from the i-th on. The batch stays as it is.
---
---Returns how many are under way: fewer than there are where one fails or finds no room. Go on
---with the next one, which tells why: it fails then as `try_send`. Cost: one system call; no
---garbage.
---@param batch mio.batch
---@param i? integer 1 if absent
---@return integer? count
---@return string? err
---@return string? code
function datagram:try_send_batch(batch, i) end

---The same, but it waits for room, again and again, until all are under way or one fails. For
---tasks.
---@param batch mio.batch
---@param i? integer 1 if absent
---@param seconds? number for all of them; as `settimeout` says for each wait if absent
---@return integer? count how many: where it is fewer, the next call tells why
---@return string? err
---@return string? code
function datagram:send_batch(batch, i, seconds) end

---Send bytes, and descriptors with them: the peer gets its own, for the same sockets and files.
---What is sent stays open here; close it to hand it over. Unix sockets only.
---
---Returns how many bytes were taken; on a stream they may be fewer than all, and the descriptors
---went with the first: send the rest by `try_send`. Fails as that, with `EOPNOTSUPP` on what is no
---Unix socket, `EBADF` for what is closed, `ETOOMANYREFS` where too many are under way. Cost: two
---system calls.
---@param data string|number|mio.buffer 1 byte or more
---@param ... mio.source 1 to 253 of them
---@return integer? count
---@return string? err
---@return string? code
function datagram:try_send_fds(data, ...) end

---Receive bytes, and the descriptors that came with them, each as an object of its kind: a
---`mio.listener`, a `mio.datagram` (seqpackets too), and anything else a `mio.stream`. They are
---non-blocking then for everybody who shares them. `lost` says that there were more than `count`,
---or than this process may open: those are closed. Descriptors that come with bytes which another
---method reads are lost: who expects some reads by this one alone.
---
---Fails as `try_recv`. Cost: a system call, and four to six for each descriptor.
---@param n? integer 1 or more; 65536 if absent
---@param count? integer how many descriptors at most, 1 or more; 16 if absent, never more than 253
---@return string? data
---@return (mio.stream|mio.listener|mio.datagram)[]|string|nil sockets or err
---@return boolean|string|nil lost or code
function datagram:try_recv_fds(n, count) end

---The process at the other end of a Unix stream or seqpacket socket, or of a pair, as it was when
---it connected or listened; told by the kernel. Fails with `"closed"`, or `ENOTCONN`.
---@return integer? pid
---@return integer|string|nil uid or err
---@return integer|string|nil gid or code
function datagram:peer_credentials() end

---Receive what is sent to a multicast group and to the socket's port. A socket at "0.0.0.0" or
---"[::]" hears of all of its groups; on Linux one at "0.0.0.0" also hears, at its port, of groups
---that other sockets of the machine have joined. One at the group's own address hears of that
---group alone.
---
---Fails with `"closed"`, `EADDRINUSE` (joined already), `ENODEV` (no such interface, or none),
---`EINVAL` (no multicast address; its scope is another interface), and what else the system says
---when it is asked for a name.
---@param group mio.address|string its port does not count
---@param interface? string|integer its name or number; if absent, the group's own scope, as of "[ff02::1%eth0]", or the system chooses
---@return true? ok
---@return string? err
---@return string? code
function datagram:join(group, interface) end

---Leave a group. Fails with `EADDRNOTAVAIL` (not joined), or as `join`.
---@param group mio.address|string
---@param interface? string|integer as when it was joined
---@return true? ok
---@return string? err
---@return string? code
function datagram:leave(group, interface) end

---Choose the interface by which datagrams to groups leave. Fails with `"closed"`, `ENODEV` or
---`EOPNOTSUPP`.
---@param interface? string|integer its name or number; the system chooses if absent
---@return true? ok
---@return string? err
---@return string? code
function datagram:multicast_interface(interface) end

---Its own address. Fails with `"closed"`.
---@return mio.address? address
---@return string? err
---@return string? code
function datagram:local_address() end

---The peer that `connect` has chosen. Fails with `"closed"` or `ENOTCONN`.
---@return mio.address? address
---@return string? err
---@return string? code
function datagram:peer_address() end

---The value of an option; see `mio.socket_option`. Fails with `"closed"`, `EOPNOTSUPP` or
---`ENOPROTOOPT`.
---@param name mio.socket_option
---@return boolean|integer|nil value
---@return string? err
---@return string? code
function datagram:getoption(name) end

---Set an option. Fails with `"closed"`, `EINVAL` (a number that it cannot be), `EOPNOTSUPP` or
---`ENOPROTOOPT`.
---@param name mio.socket_option
---@param value boolean|integer
---@return true? ok
---@return string? err
---@return string? code
function datagram:setoption(name, value) end

---The number of its descriptor, for other libraries. It stays the socket's. Fails with
---`"closed"`.
---@return integer? descriptor
---@return string? err
function datagram:getfd() end

---The same as `getfd`.
---@return integer? descriptor
---@return string? err
function datagram:pollfd() end

---End its registrations and close it. It leaves its groups.
---@return true
function datagram:close() end
-- ------------------------------------------------------------------ channels

---The receiving end of `loop:channel`. The loop keeps it until it is closed: by `close`, by the
---end of its last sender, or with the loop.
---@class mio.channel
local channel = {}

---Receive nothing more: messages that wait are dropped, and sending fails with `"closed"`.
---@return true
function channel:close() end

-- ----------------------------------------------------------------- listeners

---Accepts streams. At the descriptor limit it turns one client away in each attempt and
---pauses its registrations for 0.1 seconds, so that a loop does not spin; as soon as there
---are free descriptors it accepts again.
---@class mio.listener
local listener = {}

---Accept a client, if one waits.
---
---Fails with `"again"` if nobody waits, `"closed"`; `EMFILE` or `ENFILE` at the descriptor
---limit, `ENOBUFS` or `ENOMEM`: the listener rests then by itself.
---
---Cost: one system call.
---@return mio.stream|mio.datagram|nil stream
---@return string? err
---@return string? code
function listener:try_accept() end

---Accept all clients that wait: `for stream in listener:try_accepts() do ... end`. The loop
---ends when nobody waits, when the listener rests, and when it is closed. Raises an error where
---it never will accept again: its descriptor was closed, or shut down, by something else.
---@return fun(listener: mio.listener): mio.stream? iterator
---@return mio.listener
function listener:try_accepts() end

---Wait for a client. At the descriptor limit it waits until one is free. For tasks.
---
---Fails with `"timeout"`, `"closed"`, `"busy"`.
---@param seconds? number as `settimeout` says if absent
---@return mio.stream|mio.datagram|nil stream
---@return string? err
---@return string? code
function listener:accept(seconds) end

---All clients: `for stream in listener:accepts() do ... end`. The loop ends when the listener is
---closed, or nobody has come for so long. For tasks.
---@param seconds? number for each; as `settimeout` says if absent
---@return fun(): mio.stream? iterator
function listener:accepts(seconds) end

---Of each call that waits for this socket, and is given no other: it fails with `"timeout"` then.
---What has come until then is not lost. While tasks run.
---@param seconds? number for ever if absent
---@return true? ok
---@return string? err
function listener:settimeout(seconds) end

---Where it listens; after port 0 this tells the port. Fails with `"closed"`.
---@return mio.address? address
---@return string? err
---@return string? code
function listener:local_address() end

---The value of an option; see `mio.socket_option`. Fails with `"closed"`, `EOPNOTSUPP` or
---`ENOPROTOOPT`.
---@param name mio.socket_option
---@return boolean|integer|nil value
---@return string? err
---@return string? code
function listener:getoption(name) end

---Set an option; accepted streams have most of them too. Fails with `"closed"`, `EINVAL` (a
---number that it cannot be), `EOPNOTSUPP` or `ENOPROTOOPT`.
---@param name mio.socket_option
---@param value boolean|integer
---@return true? ok
---@return string? err
---@return string? code
function listener:setoption(name, value) end

---The number of its descriptor, for other libraries. It stays the listener's. Fails with
---`"closed"`.
---@return integer? descriptor
---@return string? err
function listener:getfd() end

---The same as `getfd`.
---@return integer? descriptor
---@return string? err
function listener:pollfd() end

---End its registrations and close it.
---@return true
function listener:close() end

-- --------------------------------------------------------------------- loops

---Calls handlers: of sources that are ready, then of signals, of children that have ended, of
---messages, of timers that are due.
---One round of this is a turn. What a handler starts is seen in the next turn; what it stops
---is not reported any more, not even from the turn in hand.
---
---An error in a handler leaves `run` as if it had been called from there, with its traceback
---under `xpcall`. Nothing is lost by it: the next `run` goes on with the event after it. A
---handler may yield where `run` was called in a coroutine; `run` goes on when that is
---resumed. Until then the loop counts as running; not any more when the coroutine has failed, was
---closed, or was dropped and collected.
---
---**Coroutines as handlers.** Each event resumes the coroutine. When it has returned or failed,
---what has resumed it ends, a channel too. It may handle several things: each of the others ends
---when it would resume it, and says nothing; what is to end sooner the coroutine ends by itself
---before it returns. A coroutine that is dead already, and the main one, raise an error where
---they are registered; one that is not suspended when its event comes, in `run`.
---
---An error in a coroutine leaves `run` as one in a function does, and ends what has resumed it. If
---it is a string it carries the coroutine's traceback behind it, for the one that `xpcall` makes
---has nothing of the coroutine; any other value comes as it is.
---
---**Objects as handlers.** One that can be called is called. Of any other the method is called
---that the event is for, with the object before the arguments: `ready` of sources, `timeout` of
---timers, `wakeup` of channels, `signal`, `child`. So one object may be a machine that is driven by
---several things. The method is looked up once, where the object is registered; an object without
---it raises an error there.
---@class mio.loop
local loop = {}

---Have a handler called when a source is ready. The loop keeps the source, the handler and
---the registration alive until the registration ends: by `deregister`, or as a socket of mio
---or the loop is closed.
---
---Fails with `"closed"` (source or loop), `EEXIST` (it is registered with this loop), `EPERM`
---(a regular file, which is always ready: just read it), `EBADF` (no open descriptor), `EINVAL`
---(the loop itself), `ELOOP` (loops and polls in a ring, or more than five in a chain, on Linux),
---`ENOMEM`, `ENOSPC`, `ESTALE`.
---
---Cost: one system call.
---@param source mio.source
---@param interest mio.interest
---@param handler mio.handler
---@param options? mio.register_options
---@return mio.registration? registration
---@return string? err
---@return string? code
function loop:register(source, interest, handler, options) end

---How to register.
---@class mio.register_options
---@field trigger? mio.trigger "level" if absent

---Have a handler called when a signal comes. Signals melt: of several that come before the
---handler is called, one at least is told. Several registrations of one signal, with any
---loops, each get theirs. As long as it is registered, `run` goes on.
---
---Raises an error for a signal that does not exist or cannot be caught. Fails with
---`"closed"`, `EMFILE`, `ENFILE`, `ENOMEM`, `ENOSPC`.
---@param signal mio.signal_name|integer
---@param handler mio.signal_handler
---@return mio.registration? registration
---@return string? err
---@return string? code
function loop:signal(signal, handler) end

---Have a handler called when a child process ends, one that `mio.process()` has started or any
---other, by its number. The loop waits for it at that moment, so
---that until then no other process gets its number. One that has ended already is told in the
---next turn. As long as it is registered, `run` goes on.
---
---The status is `"unknown"` where another part of the program has waited for it, where SIGCHLD
---is ignored, and of a process that is no child of this one. Of several registrations of one
---process one is told the status, and the others `"unknown"`. `deregister` forgets the child: it
---is not waited for then. Each child takes a descriptor.
---
---Fails with `"closed"`, `ESRCH` (no such process, or it was waited for), `EMFILE`, `ENFILE`,
---`ENOMEM`, `ENOSPC`; `ENOSYS` before Linux 5.4.
---@param process mio.process|integer
---@param handler mio.child_handler
---@return mio.registration? registration
---@return string? err
---@return string? code
function loop:child(process, handler) end
---Make a channel: whatever is sent by its senders, in any Lua state of any thread, comes to the
---handler, in the order of each sender. In one turn at most 256 messages are handled, of all
---channels together.
---
---The channel goes on while a sender is open, and so does `run`. What nobody holds any more is
---closed by the collector, senders too: keep the one that this returns, or close it when
---others are there.
---
---Fails with `"closed"`, `EMFILE`, `ENFILE`, `ENOMEM`, `ENOSPC`.
---
---```lua
---local sender = assert(loop:channel(function(message, closed)
---  if not closed then print(message.text, message.reply:send("thank you")) end
---end))
---start_thread(sender:export())  -- which calls mio.sender() with this text
---```
---@param handler mio.channel_handler
---@param options? mio.channel_options
---@return mio.sender? sender
---@return mio.channel|string channel the receiving end, or err
---@return string? code
function loop:channel(handler, options) end

---How a channel is made.
---@class mio.channel_options
---@field capacity? integer how many messages may wait, 1 to 1048576; 1024 if absent
---@field capacity_bytes? integer how many bytes the large ones among them may take together; 64 MiB if absent. One that would wait alone always fits

---Have a handler called once, when so many seconds have passed since the turn began. The loop
---keeps the timer alive until then. With 0 it is called in the next turn. `math.huge` is
---never.
---
---Fails with `"closed"`, `ENOMEM` or `ESTALE`. Cost: no system call.
---@param seconds number 0 or more
---@param handler mio.timer_handler
---@return mio.timer? timer
---@return string? err
---@return string? code
function loop:after(seconds, handler) end

---Have a handler called again and again. The deadlines are multiples of the period: a late
---call does not shift those after it, and periods that passed altogether are skipped.
---
---Fails with `"closed"`, `ENOMEM` or `ESTALE`. Cost: no system call.
---
---```lua
---local beat = loop:every(1.0, function() io.write(".") end)
---beat:reset(2.0)  -- every two seconds from now on
---beat:cancel()
---```
---@param seconds number more than 0
---@param handler mio.timer_handler
---@return mio.timer? timer
---@return string? err
---@return string? code
function loop:every(seconds, handler) end

---Turn after turn, until `shutdown`, or until nothing is registered any more: no source, no
---timer, no signal, no child, no channel that has a sender. What an earlier run has left comes
---first. A shutdown that came before it ends it after its first turn, which does not wait.
---
---Fails with `"closed"`; `"running"` if the loop runs already (the caller is a handler of it)
---or belongs to a host program; `ESTALE`; and an errno if the kernel refuses to wait.
---@return true? ok
---@return string? err
---@return string? code
function loop:run() end

---One turn: wait, then call the handlers of what is there. A timer that is due ends the wait.
---
---Returns false where the loop was shut down: who drives the turns himself ends then. Fails as
---`run` does.
---@param seconds? number how long to wait at the most; 0 not at all, absent or math.huge for ever
---@return boolean? goes_on
---@return string? err
---@return string? code
function loop:run_once(seconds) end

---End `run` when the turn in hand is over. Called outside of `run`, it is kept for the next.
---Fails with `"closed"`.
---@return true? ok
---@return string? err
function loop:shutdown() end

---The time of the turn in hand, from which delays count; outside of a turn the time of the
---loop's clock: `mio.now()`, if it is not a virtual one. Fails with `"closed"`.
---@return number? seconds
---@return string? err
function loop:now() end

---Move the time of a loop with a virtual clock: the next turn tells what is due then. Raises
---an error for a loop with the system's clock. Fails with `"closed"`.
---
---```lua
---local loop <close> = mio.loop({ clock = "virtual" })
---loop:after(3600, function() print("an hour later") end)
---loop:run()  -- ends at once
---```
---@param seconds number 0 or more
---@return true? done
---@return string? err
function loop:advance(seconds) end

---The descriptor of the kernel's queue, readable while sources, signals, children or messages
---are ready: with it and `timeout` the loop is a guest in another one, as docs/nesting.md
---shows for mio, cqueues and luv. It stays the loop's. Fails with `"closed"`.
---
---Timers, the ends of pauses and events that an earlier turn has left do not make it readable:
---for them the host waits no longer than `timeout`. It asks for that after each turn of the guest,
---and after whatever else sets a timer of the guest.
---
---```lua
---local timer
---local function turn()
---  timer:reset(0)  -- stands where a handler of the guest raises an error
---  inner:run_once(0)
---  timer:reset(inner:timeout() or math.huge)
---end
---timer = outer:after(inner:timeout() or math.huge, turn)
---outer:register(inner, "r", turn)
---```
---@return integer? descriptor
---@return string? err
function loop:pollfd() end

---What a host has to wait for on `pollfd`: always `"r"`, as cqueues asks for it.
---@return "r"
function loop:events() end

---How long a host may wait until it has to call `run_once(0)`, whether the descriptor is readable
---or not: for a timer, or at once for what a turn has left. It is to be asked after each turn.
---With a virtual clock it counts by that. Fails with `"closed"`.
---@return number? seconds nil for ever
---@return string? err
function loop:timeout() end

---What a loop has done since it was made. The times are in seconds, and 0 unless the loop is
---measured: see `loop:measure`.
---@class mio.stats
---@field turns integer turns that have begun
---@field wakeups integer turns that began with a wait; the others only looked, for something was due, or there was no time to wait
---@field ready integer events of sources
---@field signals integer signals
---@field children integer ends of children
---@field messages integer messages, and ends of channels
---@field timeouts integer timers that were due
---@field interruptions integer waits that a signal handler of the program has cut short
---@field sleeping number seconds in the kernel's wait
---@field working number seconds in handlers, and on the way to them
---@field longest number seconds that the longest handler of Lua took
---@field longest_where string? "file:line" of that one, as in `mio.dump_item`

---What the loop has done. Counts are always kept, and exact within a turn, too. Fails with
---`"closed"`.
---
---```lua
---local stats = {}
---loop:measure(true)
---loop:every(10, function()
---  loop:stats(stats)
---  print(stats.ready, stats.working / (stats.working + stats.sleeping), stats.longest_where)
---end)
---```
---@param table? table to be filled, so that nothing is allocated; a new one if absent
---@return mio.stats? stats
---@return string? err
function loop:stats(table) end

---Begin to measure how long the loop sleeps and works, and how long each handler takes; or end
---it. The times of `loop:stats` count from here on. It costs two readings of the clock an event.
---
---With a limit there is a warning (Lua's `warn`, which may be off: `warn("@on")`) of each handler
---that takes longer: such a one holds up everything else. "mio: the handler at server.lua:12
---took 0.250 s, more than 0.100 s". A handler that yields out of `run` takes until it comes
---back; one that raises an error, or closes the loop, is not measured.
---
---Takes effect with the next turn at the latest. Fails with `"closed"`.
---@param on boolean
---@param slow? number seconds; no warnings if absent
---@return true? done
---@return string? err
function loop:measure(on, slow) end

---One thing that is registered with a loop. What does not apply to its kind is nil.
---@class mio.dump_item
---@field kind "descriptor"|"timer"|"signal"|"child"|"channel"
---@field source any what was registered: the source, the signal's name, the process
---@field interest string? of a descriptor, as in `loop:register`
---@field trigger mio.trigger? of a descriptor
---@field deadline number? when a timer is due, or a pause ends, by `loop:now`; `math.huge` for never
---@field period number? of a periodic timer
---@field where string? "file:line": where the handler begins; where a coroutine waits; "[C]" for a function of C, "?" where it is not known. Nil for what a host program has registered

---The list that `loop:dump` returns: items from 1 on. `tostring` makes a line of each.
---@class mio.loop_dump
---@field now number the time when it was made, by `loop:now`

---Everything that is registered, for who asks what the loop waits for. Nothing is recorded for
---it beforehand. The text names a listener or a datagram socket by its own address, and a stream
---by its peer's. Fails with `"closed"`.
---
---```lua
---io.stderr:write(tostring(loop:dump()))
----->  descriptor mio.listener (127.0.0.1:7000) r level at server.lua:9
----->  timer in 41.000 s every 60.000 s at server.lua:14
----->  signal INT at server.lua:15
---```
---@return mio.dump_item[]|mio.loop_dump|nil dump
---@return string? err
function loop:dump() end

---End everything that is registered, and close the loop. The sources stay open. In a handler
---it ends `run` when the handler has returned. Raises an error for a loop that belongs to a
---host program.
---@return true
function loop:close() end

-- --------------------------------------------------------------------- polls

---Tokens and events, nothing else: for a program that dispatches by itself.
---
---```lua
---local poll <close> = assert(mio.poll())
---poll:register(listener, "accept", "r")
---while true do
---  for token, r, w, closed in poll:wait(1.0) do
---    if token == "accept" then accept_all() end
---  end
---end
---```
---@class mio.poll
local poll = {}

---Have a source reported under a token. The poll keeps both, and the registration, alive until
---it ends.
---
---Fails as `loop:register`. Cost: one system call.
---@param source mio.source
---@param token any any value but nil
---@param interest mio.interest
---@param options? mio.register_options
---@return mio.registration? registration
---@return string? err
---@return string? code
function poll:register(source, token, interest, options) end

---Wait for events, then tell them: `for token, r, w, closed in poll:wait(1.0) do ... end`. The
---flags are those of `mio.handler`. No event means that the time is over, or that what came is
---nothing to tell: a signal handler of the program cut the wait short, a listener's pause has
---ended, or the last holder of a waker has closed it. Who has to wait the whole time looks at
---the clock, and waits for the rest. Leaving the for loop early loses nothing: the next
---`wait` goes on from there.
---
---Fails with `"closed"`, or an errno if the kernel refuses to wait: where that may be, write
---`in assert(poll:wait(1.0))`. Allocates nothing.
---@param seconds? number how long to wait at the most; 0 not at all, absent or math.huge for ever
---@return (fun(poll: mio.poll): any, boolean, boolean, boolean)? iterator
---@return mio.poll|string
---@return string? code
function poll:wait(seconds) end

---A waker: by it another Lua state, in another thread, makes `wait` return, with this token and
---`r` set. A poll may have several. They get to other states as senders do.
---
---Fails with `"closed"`, `EMFILE`, `ENFILE`, `ENOMEM`, `ENOSPC`.
---@param token any any value but nil
---@return mio.waker? waker
---@return string? err
---@return string? code
function poll:waker(token) end

---The descriptor of the kernel's queue, readable while sources are ready: by it a poll is the
---guest of another poll, of a loop, or of another library. It stays the poll's. Fails with
---`"closed"`.
---
---The ends of pauses (a listener rests at the descriptor limit) and events that an earlier `wait`
---has left do not make it readable: for them the host waits no longer than `timeout`, which it
---asks for after each `wait`.
---
---```lua
---local timer
---local function turn()
---  timer:reset(0)  -- stands where dispatch raises an error
---  for token, r, w, closed in inner:wait(0) do dispatch(token, r, w, closed) end
---  timer:reset(inner:timeout() or math.huge)
---end
---timer = outer:after(inner:timeout() or math.huge, turn)
---outer:register(inner, "r", turn)
---```
---@return integer? descriptor
---@return string? err
function poll:pollfd() end

---What a host has to wait for on `pollfd`: always `"r"`, as cqueues asks for it.
---@return "r"
function poll:events() end

---How long a host may wait until it has to call `wait(0)`, whatever `pollfd` tells. Fails with
---`"closed"`.
---@return number? seconds nil for ever
---@return string? err
function poll:timeout() end

---End everything that is registered, and close the poll. The sources stay open.
---@return true
function poll:close() end

-- ---------------------------------------------------------------- processes

---A process that was started by `mio.process()`. When nobody holds the object any more, the
---process goes on; its streams are closed like any others.
---@class mio.process
---@field pid integer its number
---@field stdin? mio.stream our end of its standard input, if that is a pipe; close it to end the input
---@field stdout? mio.stream our end of its standard output, if that is a pipe
---@field stderr? mio.stream our end of its standard error, if that is a pipe
local process = {}

---Send it a signal.
---
---Fails with `ESRCH` if it has ended and a loop has told so (its number may be another one's by
---then), or `EPERM` if it has become another user's.
---@param signal? mio.signal_name|"KILL"|"STOP"|integer "TERM" if absent
---@return true? ok
---@return string? err
---@return string? code
function process:kill(signal) end

-- ------------------------------------------------------------- registrations

---A source that is registered with a loop or a poll, or a signal or a child with a loop. As a
---to-be-closed variable it is deregistered.
---@class mio.registration
---@field source? mio.source|mio.signal_name|mio.process what was registered (a child: its object or number); nil when it has ended
local registration = {}

---Change what is told, and arm it anew: what holds already is told again, after `"edge"` and
---`"oneshot"` too. The trigger stays as it is unless `options` name one. Ends a pause.
---
---Fails with `"closed"` when it has ended, `EBADF` when the descriptor was closed behind it,
---`ENOMEM`, `ENOSPC`. Raises an error for a signal or a child. Cost: at most one system call.
---@param interest mio.interest
---@param options? mio.register_options
---@return true? ok
---@return string? err
---@return string? code
function registration:reregister(interest, options) end

---Have it rest: nothing is told for a while, whatever its trigger; then it is armed by itself.
---A pause during a pause moves its end.
---
---Fails with `"closed"`, `ENOMEM`, or `EBADF` where the descriptor was closed by something else:
---the registration has ended then. One that is closed during the pause is told at its end, as an
---event with `closed`. Raises an error for a signal or a child.
---@param seconds number 0 or more
---@return true? ok
---@return string? err
---@return string? code
function registration:pause(seconds) end

---End it. Nothing more is told, not even what the turn has still in hand. The source stays
---open.
---@return true
function registration:deregister() end

-- ------------------------------------------------------------ sets of signals

---Signals as a source, made by `mio.signal`.
---
---```lua
---local signals <close> = assert(mio.signal("INT", "TERM"))
---poll:register(signals, "stop", "r")
---```
---@class mio.signals
local signals = {}

---The next signal that came, lowest number first. Fails with `"again"` where none is left, or
---`"closed"`.
---@return mio.signal_name|integer|nil signal
---@return string? err
function signals:try_read() end

---Wait for the next signal. For tasks; `for name in signals do ... end` calls it.
---
---Fails with `"timeout"`, `"closed"`, `"busy"`.
---@param seconds? number as `settimeout` says if absent
---@return mio.signal_name|integer|nil signal
---@return string? err
function signals:read(seconds) end

---Of each call that waits for this socket, and is given no other: it fails with `"timeout"` then.
---What has come until then is not lost. While tasks run.
---@param seconds? number for ever if absent
---@return true? ok
---@return string? err
function signals:settimeout(seconds) end

---The descriptor that is readable while a signal waits. It stays the set's. Fails with
---`"closed"`.
---@return integer? descriptor
---@return string? err
function signals:getfd() end

---The same as `getfd`.
---@return integer? descriptor
---@return string? err
function signals:pollfd() end

---End its registrations, and want the signals no longer.
---@return true
function signals:close() end

-- ------------------------------------------------------------------- senders

---The sending end of a channel, from `loop:channel`, `mio.sender()` or a message.
---@class mio.sender
local sender = {}

---Send a value: nil, a boolean, a number (integers and floats stay apart), a string, a sender,
---a waker, or a table of these. Tables are copied raw, without metatables, to 100 levels; keys
---are strings, numbers and booleans. A table that stands in two places arrives as two, and one
---inside of itself is refused. A message has 16 MiB at the most. Small ones, of some 40
---bytes, need no memory but the channel's.
---
---Fails with `"full"` or `"closed"`. Raises an error for what cannot be sent, which says where
---it is: "value.a[3]: function". Never waits.
---@param value any
---@return true? ok
---@return string? err
---@return string? code `ENOMEM` for a large message; `ESTALE` in a process that the one which made the channel forked
function sender:send(value) end

---A text by which `mio.sender` gives another sender of the same channel, in any Lua state of
---this process. It holds nothing: when the last sender is closed, it leads nowhere. Fails with
---`"closed"`.
---@return string? ticket
---@return string? err
function sender:export() end

---Close this sender. With the last one, the channel ends after the messages that wait.
---@return true
function sender:close() end

-- ------------------------------------------------------------------- wakers

---Makes a poll return, from `poll:waker`, `mio.sender()` or a message.
---@class mio.waker
local waker = {}

---Wake. Wakes that the poll has not told yet are one. Fails with `"closed"`.
---@return true? ok
---@return string? err
---@return string? code `ESTALE` in a process that the one which made the poll forked
function waker:wake() end

---A text by which `mio.sender` finds it in another Lua state. Fails with `"closed"`.
---@return string? ticket
---@return string? err
function waker:export() end

---Close it. The poll forgets it when none is left.
---@return true
function waker:close() end

-- ------------------------------------------------------------------- streams

---A connected TCP or Unix socket, from `try_connect` or `try_accept`, or of tasks; the end of a
---pipe, or a standard stream. What only sockets have fails with `ENOTSOCK` on what is none:
---`connected`, `try_peek`, `shutdown`, addresses, options, descriptors, credentials. One end of a
---pipe is only read, the other one only written to: else `EBADF`.
---
---Methods that begin with `try_` never wait. `read`, `write` and others wait, and are for tasks:
---one task may read it and one may write at a time. What tasks have read and not used is what
---every read finds first; what they write goes out at the end of the turn, in one system call, or
---at once where one `write` a turn is all.
---@class mio.stream
local stream = {}

---How the connection that was begun has ended; ask when it is reported as writable.
---
---Fails with `"again"` (not yet), `"closed"`; `ECONNREFUSED`, `ETIMEDOUT`, `EHOSTUNREACH` and
---others, told once, then `ENOTCONN`. Cost: two system calls.
---@return true? ok
---@return string? err
---@return string? code
function stream:connected() end

---What has come, at most `n` bytes: waits for it. For tasks.
---
---Fails with `"timeout"`, `"busy"`, and as `try_read`, never with `"again"`.
---@param n? integer 1 or more; 65536 if absent
---@return string? data
---@return string? err
---@return string? code
function stream:read(n) end

---The same, added to a buffer. For tasks.
---@param buffer mio.buffer
---@param n? integer at most so many bytes
---@return integer? count
---@return string? err
---@return string? code
function stream:read_into(buffer, n) end

---Just `n` bytes. Where the stream ends before, what has come is left to be read. For tasks.
---@param n integer
---@return string? data
---@return string? err
---@return string? code
function stream:read_exactly(n) end

---What comes before a delimiter, which is dropped. For tasks.
---
---Fails as `read`, and with `"too long"`: what has come is left to be read.
---@param delimiter string
---@param max? integer how many bytes may come before it; 65536 if absent
---@return string? data
---@return string? err
---@return string? code
function stream:read_until(delimiter, max) end

---How to read lines.
---@class mio.lines_options
---@field max? integer how long a line may be (65536)
---@field timeout? number seconds that each line has; as `settimeout` says if absent

---All lines, without their "\\n"; the last one needs none. The loop ends with the stream, and with an
---error, which the iterator returns after nil. For tasks.
---@param options? mio.lines_options
---@return fun(): string?, string?, string? iterator
function stream:lines(options) end

---All that comes, as `read(n)` gives it. The loop ends with the stream or an error. For tasks.
---@param n? integer 1 or more; 65536 if absent
---@return fun(stream: mio.stream): string? iterator
---@return mio.stream
function stream:chunks(n) end

---Send pieces, all together, at the end of the turn; at once, where the stream was written to once
---in its last turn. It waits while more than the high water is not sent yet; an error of sending is
---told by the next write or flush. For tasks.
---
---Fails with `"timeout"` (the pieces are taken all the same), `"busy"`, `"closed"`, `EPIPE`,
---`ECONNRESET` and the network's errors.
---@param ... string|number|mio.buffer buffers are consumed
---@return true? ok
---@return string? err
---@return string? code
function stream:write(...) end

---Wait until all is sent that was written. For tasks.
---@return true? ok
---@return string? err
---@return string? code
function stream:flush() end

---Above so many bytes that are not sent yet `write` waits, until half of them are sent, and
---`try_write` says `"full"`. While tasks run.
---@param bytes integer 65536 if not set
---@return true? ok
---@return string? err
function stream:sethighwater(bytes) end

---Of each call that waits for this socket, and is given no other: it fails with `"timeout"` then.
---What has come until then is not lost. While tasks run.
---@param seconds? number for ever if absent
---@return true? ok
---@return string? err
function stream:settimeout(seconds) end

---What has come, at most `n` bytes, and at most 65536.
---
---Fails with `"again"` (nothing yet), `"closed"`, `EOF` (the peer has ended this direction),
---`ECONNRESET`, `ENOTCONN` and the network's errors.
---
---Cost: one system call, one string.
---@param n? integer 1 or more; 65536 if absent
---@return string? data
---@return string? err
---@return string? code
function stream:try_read(n) end

---The same, but the bytes stay there to be read.
---@param n? integer 1 or more; 65536 if absent
---@return string? data
---@return string? err
---@return string? code
function stream:try_peek(n) end

---What has come, into a buffer: as much as it has room for, which is made to be 4096 bytes
---or more, and at most `n`. Fails as `try_read`; raises an error where memory runs out, and
---then nothing is lost. Cost: one system call; no garbage.
---@param buffer mio.buffer
---@param n? integer 1 or more
---@return integer? count how many bytes were added
---@return string? err
---@return string? code
function stream:try_read_into(buffer, n) end

---Write strings and buffers, one after the other, as if they were one. What was taken from a
---buffer is consumed; of strings the caller keeps the rest. Of more than 64 pieces the first 64
---are written, so that a short count does not tell that the socket is full.
---
---Returns how many bytes the kernel took: fewer than there are when the socket is full, then
---wait until it is writable. Fails with `"again"` (none were taken), `"closed"`, `EPIPE` (the
---peer reads no more, or this direction was shut down), `ECONNRESET`, `ENOTCONN` and the
---network's errors. Never raises SIGPIPE.
---
---Cost: one system call.
---
---```lua
---local sent, err = client:try_write("HTTP/1.1 200 OK\r\n", headers, body)
---```
---@param ... string|number|mio.buffer one at least
---@return integer? count
---@return string? err
---@return string? code
function stream:try_write(...) end

---Send bytes, and descriptors with them: the peer gets its own, for the same sockets and files.
---What is sent stays open here; close it to hand it over. Unix sockets only.
---
---Returns how many bytes were taken; on a stream they may be fewer than all, and the descriptors
---went with the first: send the rest by `try_write`. Fails as that, with `EOPNOTSUPP` on what is no
---Unix socket, `EBADF` for what is closed, `ETOOMANYREFS` where too many are under way. Cost: two
---system calls.
---@param data string|number|mio.buffer 1 byte or more
---@param ... mio.source 1 to 253 of them
---@return integer? count
---@return string? err
---@return string? code
function stream:try_send_fds(data, ...) end

---Receive bytes, and the descriptors that came with them, each as an object of its kind: a
---`mio.listener`, a `mio.datagram` (seqpackets too), and anything else a `mio.stream`. They are
---non-blocking then for everybody who shares them. `lost` says that there were more than `count`,
---or than this process may open: those are closed. Descriptors that come with bytes which another
---method reads are lost: who expects some reads by this one alone.
---
---Fails as `try_read`. Cost: a system call, and four to six for each descriptor.
---@param n? integer 1 or more; 65536 if absent
---@param count? integer how many descriptors at most, 1 or more; 16 if absent, never more than 253
---@return string? data
---@return (mio.stream|mio.listener|mio.datagram)[]|string|nil sockets or err
---@return boolean|string|nil lost or code
function stream:try_recv_fds(n, count) end

---The process at the other end of a Unix stream or seqpacket socket, or of a pair, as it was when
---it connected or listened; told by the kernel. Fails with `"closed"`, or `ENOTCONN`.
---@return integer? pid
---@return integer|string|nil uid or err
---@return integer|string|nil gid or code
function stream:peer_credentials() end

---End a direction: `"w"` tells the peer that this was all, `"r"` that nothing more is wanted.
---The stream stays open. Fails with `"closed"` or `ENOTCONN`.
---@param how? "r"|"w"|"rw" "w" if absent
---@return true? ok
---@return string? err
---@return string? code
function stream:shutdown(how) end

---Its own address. Fails with `"closed"`.
---@return mio.address? address
---@return string? err
---@return string? code
function stream:local_address() end

---The peer's address; that of a Unix client is mostly unnamed. Fails with `"closed"` or
---`ENOTCONN`.
---@return mio.address? address
---@return string? err
---@return string? code
function stream:peer_address() end

---The value of an option; see `mio.socket_option`. Fails with `"closed"`, `EOPNOTSUPP` or
---`ENOPROTOOPT`.
---@param name mio.socket_option
---@return boolean|integer|nil value
---@return string? err
---@return string? code
function stream:getoption(name) end

---Set an option. Fails with `"closed"`, `EINVAL` (a number that it cannot be), `EOPNOTSUPP` or
---`ENOPROTOOPT`.
---@param name mio.socket_option
---@param value boolean|integer
---@return true? ok
---@return string? err
---@return string? code
function stream:setoption(name, value) end

---The number of its descriptor, for other libraries. It stays the stream's. Fails with
---`"closed"`.
---@return integer? descriptor
---@return string? err
function stream:getfd() end

---The same as `getfd`.
---@return integer? descriptor
---@return string? err
function stream:pollfd() end

---End its registrations and close it; who waits for it is told `"closed"`. What was written is
---still delivered (see `"linger"`): what tasks have written is sent in the background, as long as
---the peer takes some of it every five seconds. With a reason, what is not sent yet is dropped.
---What was not read is lost, and TCP then tells the peer by a reset.
---@param reason? string
---@return true
function stream:close(reason) end

-- -------------------------------------------------------------------- timers

---A timer of a loop, from `after` or `every`. It keeps its loop alive. As a to-be-closed
---variable it is cancelled.
---@class mio.timer
local timer = {}

---A new delay, from the turn's time on; for `every` also the new period. One that has fired or
---was cancelled is armed again; one that is due in this turn is put off.
---
---Fails with `"closed"` (its loop), `ENOMEM` or `ESTALE`. Cost: no system call; to a later time,
---one store: reset the idle timeout of a connection on every byte.
---@param seconds number 0 or more; more than 0 for `every`
---@return true? ok
---@return string? err
---@return string? code
function timer:reset(seconds) end

---End it. The handler is not called, even if it is due in this turn.
---@return true
function timer:cancel() end


-- --------------------------------------------------------------------- tasks

---A task: a function that runs in a coroutine of its own, and may wait. See `mio.run` and
---`mio.spawn`.
---@class mio.task
---@field name? string may be set; `mio.dump` shows it
local task = {}

---Wait for its end: returns what its function returned, raises its error. For tasks.
---
---Fails with `"timeout"`, and `"cancelled"` where it was cancelled.
---@param seconds? number for ever if absent
---@return any ...
function task:join(seconds) end

---Cancel it: wherever it waits, now and from now on, `mio.cancelled` is raised in it, except within
---`mio.shield`. Its children are cancelled as it ends.
---@return true
function task:cancel() end

---From now on its parent does not wait for it: the end of the run cancels it, its error ends the
---run.
---@return mio.task task itself
function task:detach() end

---What it does: an ended one is "done", "failed" or "cancelled".
---@return "waiting"|"running"|"done"|"failed"|"cancelled"
function task:status() end

---The scope of tasks. A child's error cancels the other children, and is raised in the scope's
---owner: wherever it waits within the scope, and as the scope is closed. See `mio.scope`.
---@class mio.scope
local scope = {}

---Start a child of the scope.
---@param fn function
---@param ... any its arguments
---@return mio.task
function scope:spawn(fn, ...) end

---Cancel all children, those to come included; the owner goes on.
---@return true
function scope:cancel() end

---Wait for the children, as leaving the block does. Raises the error of a child that has failed.
---@return true
function scope:close() end

---A channel between tasks; `#channel` is how many values it keeps. It is closed with its block as a
---`<close>` variable.
---@class mio.task_channel
local task_channel = {}

---Send a value; waits while the channel is full. Fails with `"closed"`, `"timeout"`.
---@param value any but nil
---@param seconds? number for ever if absent
---@return true? ok
---@return string? err
function task_channel:send(value, seconds) end

---The same without waiting. Fails with `"closed"`, `"full"`.
---@param value any but nil
---@return true? ok
---@return string? err
function task_channel:try_send(value) end

---The next value; waits while there is none. Fails with `"closed"`, `"timeout"`.
---@param seconds? number for ever if absent
---@return any value
---@return string? err
function task_channel:recv(seconds) end

---The same without waiting. Fails with `"again"`, `"closed"`.
---@return any value
---@return string? err
function task_channel:try_recv() end

---All values: `for value in channel:messages() do ... end`, until it is closed and empty, or
---nothing has come for so long.
---@param seconds? number for each; for ever if absent
---@return fun(): any iterator
function task_channel:messages(seconds) end

---Nothing more can be sent; what it keeps can be received.
---@return true
function task_channel:close() end

---A thread, for the task that has made it; see `mio.thread`. As a `<close>` variable it is cancelled
---with its block, and waited for.
---@class mio.thread
---@field name? string may be set; `mio.dump` shows it ("thread")
local thread = {}

---Wait for its end: returns what its function returned, raises its error. A string has the traceback
---of the thread; another value stays what it is, where it can travel, and else becomes its text. For
---tasks.
---
---Fails with `"timeout"`, and `"cancelled"` where it was cancelled.
---@param seconds? number for ever if absent
---@return any ...
function thread:join(seconds) end

---Cancel it, wherever it is. What waits there raises `mio.cancelled`, and so does what only computes,
---a few milliseconds later: again and again, until it ends. A function of C is waited for.
---@return true
function thread:cancel() end

---What it does: an ended one is "done", "failed" or "cancelled".
---@return "running"|"done"|"failed"|"cancelled"
function thread:status() end

---A channel between threads; `#channel` is how many values it keeps. It is closed with its block as
---a `<close>` variable.
---
---It carries nil, booleans, numbers, strings, tables without cycles, whose metatables stay behind,
---senders, other shared channels, and sockets: streams, listeners and datagram sockets, of which there
---may be 64 in a value. A socket moves: it is closed where it was sent, where a task that waits for it
---is told `"closed"`, and a new object where it is received. One whose value nobody receives is
---closed. A stream whose bytes are on their way to a reader, were read ahead or are not sent yet cannot
---be sent; nor can a standard stream whose open file blocks.
---@class mio.shared_channel
local shared_channel = {}

---Send a value; waits while the channel is full. For tasks. Fails with `"closed"`, `"timeout"`: then
---the sockets in it are the sender's again, but registered nowhere.
---@param value any
---@param seconds? number for ever if absent
---@return true? ok
---@return string? err
---@return string? code
function shared_channel:send(value, seconds) end

---The same without waiting, for handlers too. Fails with `"closed"`, `"full"`.
---@param value any
---@return true? ok
---@return string? err
---@return string? code
function shared_channel:try_send(value) end

---The next value; waits while there is none. For tasks. Fails with `"closed"`, `"timeout"`. A value
---that comes as the task is cancelled stays in the channel.
---@param seconds? number for ever if absent
---@return any value
---@return string? err
function shared_channel:recv(seconds) end

---The same without waiting, for handlers too. Fails with `"again"`, `"closed"`.
---@return any value
---@return string? err
function shared_channel:try_recv() end

---All values: `for value in channel:messages() do ... end`, until it is closed and empty, a nil
---comes, or nothing has come for so long. For tasks.
---@param seconds? number for each; for ever if absent
---@return fun(): any iterator
function shared_channel:messages(seconds) end

---Nothing more can be sent, by anybody; what it keeps can be received. Those who wait to send are
---told that it was not sent.
---@return true
function shared_channel:close() end

---@class mio.mutex
local mutex = {}

---Lock it, first come, first served: `local _ <close> = mutex:lock()`. Fails with `"timeout"`.
---@param seconds? number for ever if absent
---@return mio.mutex? mutex which unlocks as it is closed
---@return string? err
function mutex:lock(seconds) end

---Unlock it.
---@return true
function mutex:unlock() end

---@class mio.semaphore
local semaphore = {}

---Enter, first come, first served: `local _ <close> = semaphore:acquire()`. Fails with `"timeout"`.
---@param seconds? number for ever if absent
---@return table? permit which releases as it is closed
---@return string? err
function semaphore:acquire(seconds) end

---Leave.
---@return true
function semaphore:release() end

---A server: see `mio.serve`.
---@class mio.server
local server = {}

---Serve. For tasks. Returns as `mio.serve`.
---@return true? ok
---@return string? err
---@return string? code
function server:run() end

---Accept nobody any more. Clients that are still there after `grace` seconds are cancelled. The
---listener stays open, and the kernel goes on taking connections for it until it is closed.
---@param options? mio.stop_options
---@return true
function server:stop(options) end

---How to stop.
---@class mio.stop_options
---@field grace? number seconds (0)

return mio
