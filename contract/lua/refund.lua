-- Undo admissions of one slot: give back what each call spent and take it off the open calls.
-- KEYS: open calls, call stream, then the keys of the calls' limits in order.
-- ARGV: per call: id, row of the refusal (empty: none), specs of its limits.
-- A call that is not open any more, or never was, gives nothing back and gets no row.
-- Returns how many calls were undone.

-- give_back[kind](key, spec, at, id): undo what was spent at the moment `at`.
local give_back = {}

give_back[RATE] = function(key, spec)
  local ticks = arrival(key, spec[3])
  if ticks > 0 then keep_arrival(key, spec[3], max(ticks - spec[2] * spec[4], 0), now_ms()) end
end

give_back[QUOTA] = function(key, spec, at)
  local start = window(spec, at)
  local counter = key .. ':' .. text(start)
  if call('EXISTS', counter) == 1 then call('DECRBY', counter, spec[2]) end
end

give_back[CONCURRENCY] = function(key, _, _, id)
  call('ZREM', key, id)
end

give_back[ONCE] = function(key, spec)
  if call('GET', key) == spec[2] then call('DEL', key) end
end

local undone, next_key = 0, 3
for at = 1, #ARGV, 3 do
  local id, specs = ARGV[at], cmsgpack.unpack(ARGV[at + 2])
  local stored = call('HGET', KEYS[1], id)
  if stored then
    call('HDEL', KEYS[1], id)
    local spent_at = tonumber(match(stored, '"at_ms":(%d+)'))
    for i, spec in ipairs(specs) do
      give_back[spec[1]](KEYS[next_key + i - 1], spec, spent_at, id)
    end
    if ARGV[at + 1] ~= '' then call('XADD', KEYS[2], '*', 'r', ARGV[at + 1]) end
    undone = undone + 1
  end
  next_key = next_key + #specs
end
return undone
