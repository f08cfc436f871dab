-- Dispatch: what the programs in Lua do, as dispatch.h has it. Each gives open(), which returns
-- both ends of a new pipe, watch(reader, handler), read(reader) and write(writer), of one byte,
-- and turn(). Without read() there is no such phase.

return function(program)
  local count, active, events = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3])
  local writers = {}
  local came, writes = 0, 0
  local read, write, turn = program.read, program.write, program.turn

  for i = 1, count do
    local reader
    reader, writers[i] = program.open()
    program.watch(reader, function()
      came = came + 1
      if writes < 0 then return end
      read(reader)
      if writes == 0 then return end
      writes = writes - 1
      write(writers[i < count and i + 1 or 1])
    end)
  end

  local function phase(name, allowed)
    came, writes = 0, allowed
    for i = 0, active - 1 do write(writers[i * (count // active) + 1]) end
    local start = os.clock()
    while came < events do turn() end
    print(("%s: %.2f"):format(name, (os.clock() - start) / events * 1e9))
  end

  if read then phase("read", events - active) end
  phase("empty", -1)
end
