-- What busted asks of the module `system`, without its C: for interpreters of other systems.

return {
  gettime = os.time,
  monotime = os.clock,
  sleep = function(seconds) os.execute("sleep " .. seconds) end,
}
