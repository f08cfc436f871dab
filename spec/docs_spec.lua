-- The programs in docs/tasks.md print what stands under them.
local helper = require("spec.helper")

local file = assert(io.open("docs/tasks.md"))
local text = file:read("a")
file:close()

describe("docs/tasks.md", function()
  local count = 0
  for program, expected in text:gmatch("```lua\n(.-)```\n\n```\n(.-)```") do
    count = count + 1
    it("program " .. count, function()
      local output, status = helper.run(program)
      assert.equal(expected, output)
      assert.equal(0, status)
    end)
  end

  it("has no program without its output", function()
    assert.equal(select(2, text:gsub("```lua\n", "")), count)
    assert.is_true(count > 5)
  end)
end)
