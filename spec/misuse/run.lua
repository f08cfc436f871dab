-- One row of the misuse matrix, in a process of its own: run.lua AREA ROW.
--
-- A row is a function that does what nobody should, and raises an error where the outcome is
-- not as promised. It prints "survived" when it is through and the state could be closed; a row
-- that ends the process itself prints "left" before.

require("spec.collector")

local area, name = ...
local row = require("spec.misuse." .. area)[name]

local ok, message = xpcall(row, debug.traceback)
if not ok then
  print(message)
  os.exit(1, true)
end
-- Said by the finalizer that comes last: everything else was closed without harm.
local last = setmetatable({}, { __gc = function() print("survived") end })
_G.last = last
