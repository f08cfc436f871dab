-- Writes the Lua reference, made from the type file, to the standard output. Run in the root:
-- `./dev docs` keeps what it writes as docs/lua.md, and a rule test compares the two.

local reader = require("types.reader")

local head = [[
# The Lua module

Made by `./dev docs` from [types/library/mio.lua](../types/library/mio.lua), which language
servers read: change it there. A `?` means that a parameter may be left out, or that a value
may be nil.]]

-- -------------------------------------------------------------------- headings

local function is_chapter(item)
  return item.variable ~= nil
end

local function heading(item)
  if item.kind == "function" then return item.call end
  if not is_chapter(item) then return item.name end
  return (item.name == "mio" and "Module " or "Class ") .. item.name
end

-- As GitHub makes it of a heading; others agree where headings are as plain as these.
local function anchor(text)
  return "#" .. text:lower():gsub("[^%w_ -]", ""):gsub(" ", "-")
end

local function check_anchors(items)
  local taken = {}
  for _, item in ipairs(items) do
    local place = anchor(heading(item))
    assert(not taken[place], "two headings have the anchor " .. place)
    taken[place] = true
  end
end

-- ----------------------------------------------------------------------- links

local function link(text, title)
  return ("[%s](%s)"):format(text, anchor(title))
end

local calls, types = {}, {} -- the headings of what can be linked, by its name in a text

local function index(items)
  for _, item in ipairs(items) do
    if item.kind == "function" then
      calls[item.call] = heading(item)
    else
      types[item.name] = heading(item)
    end
  end
end

local function linked_type(text)
  text = text:gsub("|", " | "):gsub("%*", "\\*")
  return (text:gsub("[%a_][%w_.]*", function(name)
    return types[name] and link(name, types[name])
  end))
end

-- Comments are Markdown. Where a code span holds a name and nothing else, it becomes a link. A
-- class and a function may have one name: `mio.loop` is the class then, `mio.loop()` the other.
local function linked_doc(text)
  return (text:gsub("(`([%a_][%w_.:]*)([()]*)`)", function(span, name, parentheses)
    local title = parentheses == "" and types[name] or calls[name] or types[name]
    return title and link(span, title)
  end))
end

-- ------------------------------------------------------------- values of an item

local function marked_name(value)
  return value.name .. (value.optional and "?" or "")
end

local function text_of(value)
  return value.text ~= "" and ": " .. linked_doc(value.text) or ""
end

local function list_line(value)
  return ("- `%s` (%s)%s"):format(marked_name(value), linked_type(value.type), text_of(value))
end

local function return_part(value)
  local type = linked_type(value.type) .. text_of(value)
  return value.name and ("`%s` (%s)"):format(value.name, type) or type
end

local function each(values, render)
  local parts = {}
  for i, value in ipairs(values) do parts[i] = render(value) end
  return parts
end

local function signature(item)
  local names = table.concat(each(item.params, marked_name), ", ")
  return ("```lua\n%s(%s)\n```"):format(item.call, names)
end

local function values_of(item)
  local lines = each(item.kind == "class" and item.fields or item.params, list_line)
  if #item.returns > 0 then
    lines[#lines + 1] = "- returns " .. table.concat(each(item.returns, return_part), ", ")
  end
  return table.concat(lines, "\n")
end

-- -------------------------------------------------------------------- chapters

local function print_paragraph(text)
  if text ~= "" then print("\n" .. text) end
end

local function print_item(item)
  print_paragraph((is_chapter(item) and "## " or "### ") .. heading(item))
  if item.kind == "function" then
    print_paragraph(signature(item))
    print_paragraph(values_of(item))
    print_paragraph(linked_doc(item.doc))
  elseif item.kind == "class" then
    print_paragraph(linked_doc(item.doc))
    print_paragraph(values_of(item))
  else
    print_paragraph(linked_doc(item.doc))
    print_paragraph("Type: " .. linked_type(item.type))
  end
end

-- A chapter for each class, with what follows it; one for all the aliases.
local function chapters(items)
  local list, aliases = {}, { title = "Types" }
  for _, item in ipairs(items) do
    if is_chapter(item) then list[#list + 1] = { title = heading(item), class = item } end
    local chapter = item.kind == "alias" and aliases or list[#list]
    if item ~= chapter.class then chapter[#chapter + 1] = item end
  end
  list[#list + 1] = aliases
  return list
end

local function contents_line(chapter)
  local links = each(chapter, function(item) return link(item.name, heading(item)) end)
  local line = "- " .. link(chapter.title, chapter.title)
  return #links > 0 and line .. ": " .. table.concat(links, ", ") or line
end

local function print_chapter(chapter)
  if chapter.class then
    print_item(chapter.class)
  else
    print_paragraph("## " .. chapter.title)
  end
  for _, item in ipairs(chapter) do print_item(item) end
end

local items = reader.read("types/library/mio.lua")
check_anchors(items)
index(items)
local list = chapters(items)
print(head)
print_paragraph(table.concat(each(list, contents_line), "\n"))
for _, chapter in ipairs(list) do print_chapter(chapter) end
