local helper = require("spec.helper")
local mio = require("mio")

local raised = helper.raised

describe("an address", function()
  helper.watch()

  it("is read from its text, and written as it", function()
    for _, text in ipairs({
      "127.0.0.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:80", "[fe80::1%1]:8080",
      "unix:/run/x.sock", "unix:relative", "unix:@name", "unix:",
    }) do
      assert.equal(text, tostring(mio.address(text)))
    end
  end)

  it("tells host, port and family", function()
    local function parts(text)
      local address = mio.address(text)
      return { address.host, address.port or "none", address.family }
    end
    assert.same({ "127.0.0.1", 80, "ipv4" }, parts("127.0.0.1:80"))
    assert.same({ "::1", 0, "ipv6" }, parts("[::1]:0"))
    assert.same({ "/run/x.sock", "none", "unix" }, parts("unix:/run/x.sock"))
    assert.same({ "@name", "none", "unix" }, parts("unix:@name"))
    assert.same({ "", "none", "unix" }, parts("unix:"))
  end)

  it("has no other fields, and cannot be changed", function()
    local address = mio.address("127.0.0.1:80")
    assert.is_nil(address.prot)
    assert.is_nil(address[1])
    assert.has_error(function() address.port = 81 end)
  end)

  it("is the same object as an equal one", function()
    local address = mio.address("127.0.0.1:80")
    assert.equal(address, mio.address("127.0.0.1:80"))
    assert.equal(address, mio.address(address))
    assert.not_equal(address, mio.address("127.0.0.1:81"))
    assert.equal("known", ({ [address] = "known" })[mio.address("127.0.0.1:80")])
  end)

  it("is not kept when nobody holds it", function()
    local weak = setmetatable({ mio.address("127.0.0.1:99") }, { __mode = "v" })
    collectgarbage()
    collectgarbage()
    assert.is_nil(weak[1])
    assert.equal(99, mio.address("127.0.0.1:99").port)
  end)

  it("has an order in which equal ones are equal", function()
    local low, high = mio.address("127.0.0.1:1"), mio.address("127.0.0.1:2")
    assert.is_true(low <= high and low <= low and high >= low)
    assert.is_false(high <= low)
  end)

  it("has an order: by family, host, port", function()
    local sorted = {
      "1.2.3.4:5", "1.2.3.4:80", "9.0.0.0:1", "10.0.0.0:1", "[::1]:1", "[::2]:1", "unix:a",
      "unix:ab", "unix:b",
    }
    for i = 2, #sorted do
      local lower, higher = mio.address(sorted[i - 1]), mio.address(sorted[i])
      assert.is_true(lower < higher)
      assert.is_false(higher < lower)
      assert.is_false(lower < lower)
    end
  end)

  it("may hold a NUL in an abstract name only", function()
    local address = mio.address("unix:@a\0b")
    assert.equal("@a\0b", address.host)
    assert.equal("unix:@a\0b", tostring(address))
    assert.not_equal(address, mio.address("unix:@a"))
    assert.has_error(function() mio.address("unix:/a\0b") end)
    assert.has_error(function() mio.address("127.0.0.1:80\0") end)
  end)

  it("may have a path of 107 bytes, and no more", function()
    local path = "unix:/" .. ("x"):rep(106)
    assert.equal(path, tostring(mio.address(path)))
    assert.has_error(function() mio.address(path .. "x") end)
  end)

  it("is what its text says, or an error", function()
    for _, text in ipairs({
      "", ":", ":80", "80", "127.0.0.1", "127.0.0.1:", "127.1:80", "010.0.0.1:80",
      "1.2.3.256:80",
      "127.0.0.1:-1", "127.0.0.1:80x", "127.0.0.1:080", "127.0.0.1:8 0",
      " 127.0.0.1:80", "::1:80", "[::1]", "[::1]80", "UNIX:/x", "localhost", "f::1:80",
    }) do
      assert.equal(
        ("bad argument #1 to 'address' ('%s' is no address (expected 1.2.3.4:80, [::1]:80, " ..
         "unix:/path, unix:@name))"):format(text),
        raised(function() mio.address(text) end))
    end
  end)

  it("that is none says why, where that can be told", function()
    local long = "unix:/" .. ("x"):rep(107)
    for text, reason in pairs({
      ["127.0.0.1:65536"] = "a port is 0 to 65535",
      ["[::1]:99999999999999999999"] = "a port is 0 to 65535",
      ["localhost:80"] = "host names are not looked up",
      ["[::1%nope]:80"] = "no such interface",
      [long] = "a Unix path has 107 bytes at most",
    }) do
      local expected = "bad argument #1 to 'address' ('%s' is no address (%s))"
      assert.equal(expected:format(text, reason), raised(function() mio.address(text) end))
    end
  end)

  it("is made of a string or an address, and nothing else", function()
    for _, value in ipairs({ 80, true, {}, print, mio.buffer() }) do
      assert.matches("^bad argument #1 to 'address' %(address expected, got ",
        raised(function() mio.address(value) end))
    end
    assert.equal("bad argument #1 to 'address' (address expected, got no value)",
      raised(function() mio.address() end))
  end)

  it("compares with addresses only", function()
    local address = mio.address("unix:")
    assert.equal("bad argument #1 to 'lt' (mio.address expected, got number)",
      raised(function() return 1 < address end))
    assert.equal("bad argument #2 to 'lt' (mio.address expected, got string)",
      raised(function() return address < "unix:" end))
    assert.is_false(address == "unix:")
  end)
end)
