-- Undo admissions of one slot: give back what each call spent and take it off the open calls.
-- KEYS: open calls, call stream, then the keys of the calls' limits in order.
-- ARGV: per call: id, row of the refusal (empty: none), specs of its limits.
-- A call that is not open any more, or never was, gives nothing back and gets no row.
-- Returns how many calls were undone.

local undone, next_key = 0, 3
for at = 1, #ARGV, 3 do
  local id, specs = ARGV[at], cmsgpack.unpack(ARGV[at + 2])
  local stored = redis.call('HGET', KEYS[1], id)
  if stored then
    redis.call('HDEL', KEYS[1], id)
    local spent_at = tonumber(string.match(stored, '"at_ms":(%d+)'))
    for i, spec in ipairs(specs) do
      give_back[spec[1]](KEYS[next_key + i - 1], spec, spent_at, id)
    end
    if ARGV[at + 1] ~= '' then redis.call('XADD', KEYS[2], '*', 'r', ARGV[at + 1]) end
    undone = undone + 1
  end
  next_key = next_key + #specs
end
return undone
