-- Runs busted: lua5.4 spec/run.lua ARGS. Its own script may name another Lua.

require("spec.collector")
require("busted.runner")({ standalone = false })
