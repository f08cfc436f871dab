-- Sets the collector as MIO_TEST_GC asks for it, so that what lives too short a life is found:
--
--   incremental    it runs nearly all the time, in small steps
--   generational   the same, in the other mode
--   full           every thousand instructions everything that nobody holds goes at once

local mode = os.getenv("MIO_TEST_GC")
if mode == "incremental" then
  collectgarbage("incremental", 1, 1000, 4) -- no pause, fast, in steps of 16 bytes
elseif mode == "generational" then
  collectgarbage("generational", 1) -- a minor collection for each percent of growth
elseif mode == "full" then
  debug.sethook(function()
    if collectgarbage("count") < 8192 then -- KiB: more would take for ever
      collectgarbage()
    end
  end, "", 1000)
end
