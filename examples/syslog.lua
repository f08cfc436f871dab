-- A sink for log messages, as syslog's: one Unix datagram is one line.
--
--   ./dev run examples/syslog.lua unix:/tmp/log
--   logger -u /tmp/log -p user.warning "the disk is full"
--
-- prints "user.warning: ... the disk is full". The socket file is removed at the end; one that
-- a crash has left behind does not keep it from starting.

local mio = require("mio")

local FACILITIES = {
  [0] = "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
  "authpriv", "ftp", "ntp", "security", "console", "solaris-cron", "local0", "local1", "local2",
  "local3", "local4", "local5", "local6", "local7",
}
local SEVERITIES = {
  [0] = "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
}

-- "<12>text" is "user.warning: text". What has no priority is a notice of user.
local function line_of(message)
  local priority, text = message:match("^<(%d%d?%d?)>(.*)$")
  priority = math.tointeger(priority) or 13
  local facility = FACILITIES[priority // 8] or tostring(priority // 8)
  -- A message is one line, whatever is in it: no one may write lines in another one's name.
  text = (text or message):gsub("%c+", " "):gsub(" $", "")
  return ("%s.%s: %s"):format(facility, SEVERITIES[priority % 8], text)
end

local loop <close> = assert(mio.loop())
local address = mio.address(arg[1] or "unix:/tmp/mio-log")
local socket <close> = assert(mio.datagram(address, { replace_stale = true }))

loop:register(socket, "r", function()
  for _ = 1, 100 do -- then the signals have their turn
    local message, err = socket:try_recv(8192)
    if message then
      print(line_of(message))
    elseif err == "too long" then
      print("syslog.err: a message was too long")
    else
      break
    end
  end
  io.stdout:flush()
end)

for _, name in ipairs({ "INT", "TERM" }) do
  loop:signal(name, function() loop:shutdown() end)
end

print("listening on " .. tostring(socket:local_address()))
io.stdout:flush()
assert(loop:run())
if address.family == "unix" and address.host:find("^[^@]") then os.remove(address.host) end
