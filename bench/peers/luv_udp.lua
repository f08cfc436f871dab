-- The echo of datagrams on luv: recvmmsg, and try_send.

local uv = require("luv")

local socket = uv.new_udp({ family = "inet", mmsgs = 64 })
assert(socket:bind("127.0.0.1", 0))
assert(socket:recv_start(function(err, data, from)
  assert(not err, err)
  if data and from then assert(socket:try_send(data, from.ip, from.port)) end
end))

print("listening on 127.0.0.1:" .. socket:getsockname().port)
io.stdout:flush()
uv.run()
