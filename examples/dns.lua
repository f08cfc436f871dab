-- A DNS server over UDP for the names of a small file.
--
--   ./dev run examples/dns.lua ADDRESS FILE
--   dig @127.0.0.1 -p 7053 www.example.test A
--
-- Each line of the file is a name, a type (A, AAAA or TXT) and a value; # begins a comment.
-- Questions and answers go in batches: many of them cost two system calls.

local mio = require("mio")

local TYPES = { A = 1, TXT = 16, AAAA = 28 }
local IN, TTL = 1, 60
local NOERROR, FORMERR, NXDOMAIN, NOTIMP, REFUSED = 0, 1, 3, 4, 5
local QR, AA, OPCODE, RD = 0x8000, 0x0400, 0x7800, 0x0100
local LONGEST = 512 -- bytes of an answer over UDP

local function ipv4_bytes(host)
  return (host:gsub("(%d+)%.?", function(number) return string.char(number) end))
end

-- The sixteen bytes of a host as mio writes it: in groups, the last two perhaps as IPv4.
local function ipv6_bytes(host)
  host = host:gsub("%d+%.[%d.]+$", function(last)
    return ("%x:%x"):format((">I2I2"):unpack(ipv4_bytes(last)))
  end)
  local head, tail = host:match("^(.-)::(.*)$")
  local function groups(text)
    return (text:gsub("(%x+):?", function(group) return (">I2"):pack(tonumber(group, 16)) end))
  end
  head, tail = groups(head or host), groups(tail or "")
  return head .. ("\0"):rep(16 - #head - #tail) .. tail
end

local ENCODE = {
  A = function(value) return ipv4_bytes(mio.address(value .. ":0").host) end,
  AAAA = function(value) return ipv6_bytes(mio.address("[" .. value .. "]:0").host) end,
  TXT = function(value) return (">s1"):pack(value) end,
}

-- name -> type -> the data of its records
local function read_zone(path)
  local zone = {}
  for line in assert(io.lines(path)) do
    local name, kind, value = line:gsub("#.*", ""):match("^%s*(%S+)%s+(%S+)%s+(.-)%s*$")
    if name then
      local encode = assert(ENCODE[kind], "no such type of record: " .. kind)
      name = name:lower()
      zone[name] = zone[name] or {}
      local records = zone[name][TYPES[kind]] or {}
      zone[name][TYPES[kind]] = records
      records[#records + 1] = encode(value)
    end
  end
  return zone
end

-- The name, the type, the class, and where the question ends; nil where it is none.
local function read_question(message)
  local labels, at = {}, 13
  while true do
    local size = message:byte(at)
    if not size or size > 63 or at + size > #message then return nil end
    if size == 0 then break end
    labels[#labels + 1] = message:sub(at + 1, at + size)
    at = at + size + 1
  end
  if at + 4 > #message then return nil end
  local kind, class, after = (">I2I2"):unpack(message, at + 1)
  return table.concat(labels, "."):lower(), kind, class, after - 1
end

local function reply(id, flags, code, question, records, kind)
  local parts = { (">I2I2I2I2I2I2"):pack(id, QR | AA | flags | code, question and 1 or 0,
    #records, 0, 0), question }
  for _, data in ipairs(records) do -- 0xC00C points to the name in the question
    parts[#parts + 1] = (">I2I2I2I4s2"):pack(0xC00C, kind, IN, TTL, data)
  end
  return table.concat(parts)
end

-- What to say to a message; nil for nothing.
local function answer(zone, message)
  if #message < 12 then return nil end
  local id, flags, count = (">I2I2I2"):unpack(message)
  if flags & QR ~= 0 then return nil end -- an answer: two servers would talk for ever
  local kept = flags & (OPCODE | RD)
  if flags & OPCODE ~= 0 then return reply(id, kept, NOTIMP, nil, {}) end
  local name, kind, class, last = read_question(message)
  if count ~= 1 or not name then return reply(id, kept, FORMERR, nil, {}) end
  local question = message:sub(13, last)
  if class ~= IN then return reply(id, kept, REFUSED, question, {}) end
  local records = zone[name]
  local text = reply(id, kept, records and NOERROR or NXDOMAIN, question,
    records and records[kind] or {}, kind)
  if #text <= LONGEST then return text end
  return reply(id, kept | 0x0200, NOERROR, question, {}) -- truncated: ask over TCP
end

local zone = read_zone(assert(arg[2], "dns.lua ADDRESS FILE"))
local loop <close> = assert(mio.loop())
local socket <close> = assert(mio.datagram(arg[1]))
local questions, answers = mio.batch(64, 512), mio.batch(64, 512)

-- What finds no room is lost: the questioner asks again.
loop:register(socket, "r", function()
  if not socket:try_recv_batch(questions) then return end
  answers:clear()
  for i = 1, #questions do
    local message, from = questions:get(i)
    local text = answer(zone, message)
    if text then answers:add(text, from) end
  end
  local sent = 0
  while sent < #answers do -- one that cannot be sent does not hold up the others
    sent = sent + math.max(socket:try_send_batch(answers, sent + 1) or 1, 1)
  end
end)

for _, name in ipairs({ "INT", "TERM" }) do
  loop:signal(name, function() loop:shutdown() end)
end

print("listening on " .. tostring(socket:local_address()))
io.stdout:flush()
assert(loop:run())
