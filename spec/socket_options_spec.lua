local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("a socket's options", function()
  helper.watch()

  local client, server, listener
  before_each(function()
    client, server = helper.pair()
    listener = helper.listener()
  end)

  it("are set and told", function()
    for name, value in pairs({
      nodelay = false, keepalive = true, keepalive_idle = 17, keepalive_interval = 5,
      keepalive_count = 3, linger = 4, reuseaddr = true, reuseport = true, ttl = 7,
    }) do
      assert.is_true(client:setoption(name, value))
      assert.equal(value, client:getoption(name))
    end
    assert.is_true(listener:setoption("reuseaddr", false))
    assert.is_false(listener:getoption("reuseaddr"))
  end)

  it("have a size for buffers, which the kernel may change", function()
    for _, name in ipairs({ "recv_buffer", "send_buffer" }) do
      assert.is_true(client:setoption(name, 20000))
      assert.is_true(client:getoption(name) >= 20000)
    end
  end)

  it("are made by mio so that small writes go out at once", function()
    assert.is_true(client:getoption("nodelay"))
    assert.is_true(server:getoption("nodelay"))
    local lazy = helper.listener(nil, { nodelay = false })
    local stream = helper.keep(mio.try_connect(lazy:local_address(), { nodelay = false }))
    assert.is_false(stream:getoption("nodelay"))
    assert.is_false(helper.accept(lazy):getoption("nodelay"))
  end)

  it("are not all there for every kind of socket", function()
    local unix = helper.pair(helper.unix_name())
    for _, name in ipairs({ "nodelay", "keepalive_idle", "ttl", "only_v6" }) do
      local value, err, code = unix:getoption(name)
      assert.is_nil(value)
      assert.equal(err, err:lower())
      assert.is_true(code == "EOPNOTSUPP" or code == "ENOPROTOOPT", code)
    end
  end)

  it("refuse what they cannot be", function()
    for name, value in pairs({ ttl = 0, keepalive_count = -1, linger = -2 }) do
      assert.same({ nil, "invalid argument", "EINVAL" }, { client:setoption(name, value) })
    end
  end)

  it("are switches or whole numbers", function()
    assert.equal("bad argument #2 to 'setoption' (boolean expected, got number)",
      raised(function() client:setoption("nodelay", 1) end))
    assert.equal("bad argument #2 to 'setoption' (number expected, got boolean)",
      raised(function() client:setoption("ttl", true) end))
    assert.equal("bad argument #2 to 'setoption' (number expected, got no value)",
      raised(function() client:setoption("ttl") end))
    assert.equal("bad argument #2 to 'setoption' (number has no integer representation)",
      raised(function() client:setoption("ttl", 1.5) end))
    assert.equal("bad argument #2 to 'setoption' (the number is out of range)",
      raised(function() client:setoption("ttl", 2^31) end))
  end)

  it("have known names, and a guess for others", function()
    for _, call in ipairs({
      function(name) client:getoption(name) end,
      function(name) listener:setoption(name, true) end,
    }) do
      assert.matches("%(unknown option 'nodealy' %(did you mean 'nodelay'%?%)%)",
        raised(call, "nodealy"))
      assert.matches("%(unknown option 'sndbuf'%)", raised(call, "sndbuf"))
      assert.matches("string expected, got nil", raised(call, nil))
    end
  end)

  it("tell where a socket is, and who its peer", function()
    local address = helper.listener():local_address()
    assert.equal("127.0.0.1", address.host)
    assert.is_true(address.port > 0)
    assert.equal(client:local_address(), server:peer_address())
    assert.equal(client:peer_address(), server:local_address())
    local name = helper.unix_name()
    local unix, accepted = helper.pair(name)
    assert.equal(name, tostring(unix:peer_address()))
    assert.equal("unix:", tostring(accepted:peer_address()))
  end)

  it("belong to sockets", function()
    for _, name in ipairs({ "local_address", "getoption", "setoption" }) do
      assert.equal(
        ("bad argument #1 to '%s' (mio.stream, mio.listener or mio.datagram expected, " ..
         "got mio.buffer)")
          :format(name),
        (raised(function()
          local call = client[name]
          call(mio.buffer())
        end):gsub("'call'", "'" .. name .. "'")))
    end
    assert.same({ nil, "not connected", "ENOTCONN" }, { client.peer_address(listener) })
  end)
end)
