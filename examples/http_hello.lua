-- HTTP/1.1, tiny and correct, in handler style: everybody is greeted. Connections are kept,
-- requests may be pipelined; a head is bounded in size and in time, and bodies are not read.
-- The same in task style is examples/http_hello_tasks.lua.
--
--   ./dev run examples/http_hello.lua [ADDRESS]

local mio = require("mio")

local HEAD_SIZE, SECONDS = 8192, 10

local loop <close> = assert(mio.loop())
local listener <close> = assert(mio.listen(arg[1] or "127.0.0.1:7000"))

-- The status, whether the connection is kept, and whether the answer has no body.
local function judge(head)
  if not head then return "431 Request Header Fields Too Large" end
  local method, minor = head:match("^(%u+) %S+ HTTP/1%.(%d)%f[\r\0]")
  local fields = head:lower()
  local has = function(field) return fields:find("\r\n" .. field .. ":", 1, true) end
  if not method or minor ~= "0" and not has("host") then return "400 Bad Request" end
  if method ~= "GET" and method ~= "HEAD" then return "501 Not Implemented" end
  local wish = fields:match("\r\nconnection:([^\r]*)") or minor == "0" and "close" or ""
  local keeps = not wish:find("close") and (minor ~= "0" or wish:find("keep-alive", 1, true))
  return "200 OK", keeps and not has("content-length") and not has("transfer-encoding"),
    method == "HEAD"
end

-- A client reads requests, or sends what is in `output`; in the end it is `leaving`: what comes
-- is dropped until the peer has closed, for a reset could overtake the answer.
local Client = {}
Client.__index = Client

function Client.start(stream)
  local self = setmetatable({
    stream = stream, input = mio.buffer(), output = mio.buffer(), leaving = false,
  }, Client)
  self.registration = loop:register(stream, "r", self)
  if not self.registration then return stream:close() end
  self.timer = loop:after(SECONDS, self)
end

function Client:finish()
  self.timer:cancel()
  self.stream:close()
end

Client.timeout = Client.finish

function Client:answer(head)
  local status, keeps, no_body = judge(head)
  self.output:append("HTTP/1.1 ", status, "\r\nContent-Length: 6\r\nConnection: ",
    keeps and "keep-alive" or "close", "\r\n\r\n", no_body and "" or "hello\n")
  self.leaving = not keeps
  self.timer:reset(keeps and SECONDS or 1)
end

-- Answer all requests that are complete.
function Client:answer_all()
  local input = self.input
  while not self.leaving do
    local first, last = input:find("\r\n\r\n")
    if not first and #input < HEAD_SIZE + 4 then return end
    self:answer(first and first <= HEAD_SIZE + 1 and input:sub(1, first - 1) or nil)
    input:consume(last or #input)
  end
  input:clear()
end

function Client:ready(stream)
  local _, err
  if #self.output == 0 then
    _, err = stream:try_read_into(self.input, HEAD_SIZE)
    if not err then self:answer_all() end
  end
  if not err and #self.output > 0 then
    _, err = stream:try_write(self.output)
    if self.leaving and #self.output == 0 then stream:shutdown() end
  end
  if err and err ~= "again" then return self:finish() end
  self.registration:reregister(#self.output > 0 and "w" or "r")
end

loop:register(listener, "r", function()
  for stream in listener:try_accepts() do Client.start(stream) end
end)
for _, name in ipairs({ "INT", "TERM" }) do
  loop:signal(name, function() loop:shutdown() end)
end
print("listening on " .. tostring(listener:local_address()))
io.stdout:flush()
assert(loop:run())
