-- HTTP/1.1, tiny and correct, in task style: everybody is greeted. Connections are kept,
-- requests may be pipelined; a head is bounded in size and in time, and bodies are not read.
--
--   ./dev run examples/http_hello_tasks.lua [ADDRESS]

local mio = require("mio")
local HEAD_SIZE, SECONDS = 8192, 10

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

mio.run(function()
  local listener <close> = assert(mio.listen(arg[1] or "127.0.0.1:7000"))
  print("listening on " .. tostring(listener:local_address()))
  io.stdout:flush()
  mio.serve(listener, function(client)
    repeat
      local head, err = client:read_until("\r\n\r\n", HEAD_SIZE)
      if not head and err ~= "too long" then return end
      local status, keeps, no_body = judge(head)
      client:write("HTTP/1.1 ", status, "\r\nContent-Length: 6\r\nConnection: ",
        keeps and "keep-alive" or "close", "\r\n\r\n", no_body and "" or "hello\n")
    until not keeps
    client:shutdown() -- and not more, while bytes come: a reset could overtake the answer
    mio.timeout(1, function() for _ in client:chunks() do end end)
  end, { timeout = SECONDS })
end, { stop_on = { "INT", "TERM" } })
