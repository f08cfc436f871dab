-- Reads the annotations of a type file (LuaCATS, the part of it that mio.lua uses), for the
-- reference and for the specs.
--
--   reader.read(path)    returns a list of items, in the order of the file:
--
--     class       name, doc, fields, operators; variable, the local that its functions are
--                 defined on (nil: a table of options)
--     alias       name, doc, type
--     function    name, doc, params, returns; class, its class; call, as one calls it: the
--                 class's variable, "." or ":", and the name; declared, its parameters as
--                 the code has them: a list of names
--
--   Each has a `kind`, which is one of these words. Fields, operators, params and returns are
--   lists of { name, optional, type, text }; the name of a return may be nil.

local reader = {}

-- Where a word ends that begins at `at`; brackets and quotes may hold spaces.
local function word_end(text, at)
  for _, piece in ipairs({ "^%b()", '^"[^"]*"', '^[^%s("]+' }) do
    local _, last = text:find(piece, at)
    if last then return word_end(text, last + 1) end
  end
  return at - 1
end

-- A type, and the text after it. A word that ends in one of ":,|" is not the last of its type.
local function split_type(text)
  local last = word_end(text, 1)
  while text:find("^[:,|]%s", last) do
    last = word_end(text, text:find("%S", last + 1))
  end
  return text:sub(1, last), text:match("^%s*(.*)$", last + 1)
end

local function read_named(text)
  local name, mark, rest = text:match("^([%w_.]+)(%??)%s+(.+)$")
  local type, comment = split_type(assert(rest, text))
  return { name = name, optional = mark == "?", type = type, text = comment }
end

local function read_return(text)
  local type, rest = split_type(text)
  local name, comment = rest:match("^([%a_][%w_]*)%s*(.*)$")
  return { name = name, type = type, text = comment or "" }
end

local function read_operator(text)
  local name, type = text:match("^(%a+): (.+)$")
  return { name = assert(name, text), type = type, text = "" }
end

-- What a tag does to the item that is being read.
local tags = {
  meta = function() end,
  class = function(item, text) item.kind, item.name = "class", text end,
  alias = function(item, text)
    item.kind = "alias"
    item.name, item.type = text:match("^(%S+)%s+(.+)$")
  end,
  field = function(item, text) table.insert(item.fields, read_named(text)) end,
  param = function(item, text) table.insert(item.params, read_named(text)) end,
  operator = function(item, text) table.insert(item.operators, read_operator(text)) end,
  ["return"] = function(item, text) table.insert(item.returns, read_return(text)) end,
}

-- An item of the lines of a comment, "---" cut off.
local function read_comment(lines)
  local item = { fields = {}, operators = {}, params = {}, returns = {} }
  local doc = {}
  for _, line in ipairs(lines) do
    local tag, text = line:match("^@(%w+)%s*(.*)$")
    if tag then
      assert(tags[tag], "unknown tag: " .. line)(item, text)
    else
      doc[#doc + 1] = line
    end
  end
  item.doc = table.concat(doc, "\n")
  return item
end

-- What the line of code after its comment makes of an item. `classes` tells the class of a
-- variable.
local function read_code(item, line, classes)
  local variable, separator, name, declared =
    line:match("^function ([%w_]+)([.:])([%w_]+)(%b())")
  if variable then
    item.kind, item.name = "function", name
    item.declared = {}
    for parameter in declared:gmatch("[%w_.]+") do table.insert(item.declared, parameter) end
    item.class = assert(classes[variable], line)
    item.call = variable .. separator .. name
  elseif item.kind == "class" then
    item.variable = line:match("^local ([%w_]+) = {}$")
    classes[item.variable or false] = item.name
  end
end

function reader.read(path)
  local items, classes, comment = {}, {}, {}
  for line in io.lines(path) do
    local text = line:match("^%-%-%-(.*)$")
    if text then
      comment[#comment + 1] = text
    elseif #comment > 0 then
      local item = read_comment(comment)
      read_code(item, line, classes)
      if item.kind then items[#items + 1] = item end
      comment = {}
    end
  end
  return items
end

return reader
