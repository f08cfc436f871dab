-- Runs busted: lua5.4 spec/run.lua ARGS. Its own script may name another Lua.
-- MIO_TEST_GC=incremental or generational makes the collector run nearly all the time.

local mode = os.getenv("MIO_TEST_GC")
if mode == "incremental" then
  collectgarbage("incremental", 1, 1000, 4) -- no pause, fast, in steps of 16 bytes
elseif mode == "generational" then
  collectgarbage("generational", 1) -- a minor collection for each percent of growth
end

require("busted.runner")({ standalone = false })
