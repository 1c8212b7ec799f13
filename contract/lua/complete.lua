-- Complete calls of one slot: a call's row goes to the stream if, and only if, the call was still open.
-- KEYS: open calls, call stream, then the concurrency keys of the calls in order.
-- ARGV: per call: id, finished row, number of its concurrency keys.
-- Returns how many rows were written. Repeating it writes nothing.

local written, next_key = 0, 3
for at = 1, #ARGV, 3 do
  local id, held = ARGV[at], tonumber(ARGV[at + 2])
  if redis.call('HDEL', KEYS[1], id) == 1 then
    redis.call('XADD', KEYS[2], '*', 'r', ARGV[at + 1])
    written = written + 1
  end
  for i = next_key, next_key + held - 1 do
    redis.call('ZREM', KEYS[i], id)
  end
  next_key = next_key + held
end
return written
