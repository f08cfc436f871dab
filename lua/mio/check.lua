-- Arguments: what is none raises an error that names the function and the argument.
--
-- The check is called by the function that the user has called: that is what level 4 of error()
-- is, for a tail call leaves no level.

local core = ...

local function bad(name, arg, what)
  error(("bad argument #%d to '%s' (%s)"):format(arg, name, what), 4)
end

local function bad_type(name, arg, expected, value)
  return bad(name, arg, ("%s expected, got %s"):format(expected, type(value)))
end

function core.check_function(name, arg, value)
  if type(value) ~= "function" then bad_type(name, arg, "function", value) end
end

local function is_seconds(value)
  return type(value) == "number" and value >= 0
end

function core.check_seconds(name, arg, value)
  if type(value) ~= "number" then bad_type(name, arg, "number", value) end
  if not is_seconds(value) then bad(name, arg, "seconds are a number from 0 up") end
end

-- A timeout: none is for ever.
function core.check_timeout(name, arg, value)
  if value ~= nil then
    if type(value) ~= "number" then bad_type(name, arg, "number", value) end
    if not is_seconds(value) then bad(name, arg, "seconds are a number from 0 up") end
  end
end

function core.check_count(name, arg, value)
  if math.type(value) ~= "integer" or value < 1 then
    bad(name, arg, "a whole number from 1 up expected")
  end
end

-- `known` leads from the name of an option to the function that says what is wrong with a
-- value, if anything.
function core.check_options(name, arg, options, known)
  if options == nil then return {} end
  if type(options) ~= "table" then bad_type(name, arg, "table", options) end
  for given, value in pairs(options) do
    local check = known[given]
    if not check then
      local names = {}
      for option in pairs(known) do names[#names + 1] = option end
      local guess = core.guess(tostring(given), table.unpack(names))
      bad(name, arg, ("unknown option '%s'"):format(given)
        .. (guess and (" (did you mean '%s'?)"):format(guess) or ""))
    end
    local wrong = check(value)
    if wrong then bad(name, arg, ("option '%s' is %s"):format(given, wrong)) end
  end
  return options
end

core.options = {
  seconds = function(value) return not is_seconds(value) and "a number from 0 up" end,
  count = function(value)
    return not (math.type(value) == "integer" and value >= 1) and "a whole number from 1 up"
  end,
  callable = function(value) return type(value) ~= "function" and "a function" end,
}
