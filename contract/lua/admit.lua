-- Admit calls of one slot: for each call all of its limits are spent and its row is put among the open calls, or none.
-- KEYS: open calls, call stream, then the keys of the calls' limits in order.
-- ARGV: high-water mark of the call stream, moment after which nobody waits for the answer any more (milliseconds),
--       then per call: id, row up to its at_ms, row after it, specs of its limits.
-- Returns per call, flat: admitted (1/0), at_ms, then per limit: remaining, reset_ms, wait_ms.
-- A call that is already open was admitted before its reply got lost: it is admitted again and spends nothing.

local open, calls = KEYS[1], KEYS[2]
if redis.call('XLEN', calls) >= tonumber(ARGV[1]) then
  return redis.error_reply('FULL the call stream is at its high-water mark')
end

local now = now_ms()
if now > tonumber(ARGV[2]) then
  return redis.error_reply('LATE the gateway has given these calls up')
end

local out, n, next_key = {}, 0, 3
local packed, specs

local function push(value)
  n = n + 1
  out[n] = value
end

local function examine(first)
  local fits = true
  for i, spec in ipairs(specs) do
    local remaining, reset, wait = look[spec[1]](KEYS[first + i - 1], spec, now)
    if wait > 0 then fits = false end
    push(remaining)
    push(reset)
    push(wait)
  end
  return fits
end

local function spend_all(first, id)
  for i, spec in ipairs(specs) do
    spend[spec[1]](KEYS[first + i - 1], spec, now, id)
  end
end

for at = 3, #ARGV, 4 do
  local id = ARGV[at]
  if ARGV[at + 3] ~= packed then
    packed = ARGV[at + 3]
    specs = cmsgpack.unpack(packed)
  end
  local place = n + 1
  push(1)
  push(now)
  local stored = redis.call('HGET', open, id)
  local fits = examine(next_key)
  if stored then
    out[place + 1] = tonumber(string.match(stored, '"at_ms":(%d+)'))
    for i = 1, #specs do out[place + 1 + 3 * i] = 0 end
  elseif fits then
    redis.call('HSET', open, id, ARGV[at + 1] .. text(now) .. ARGV[at + 2])
    spend_all(next_key, id)
    n = place + 1
    examine(next_key)
    for i = 1, #specs do out[place + 1 + 3 * i] = 0 end
  else
    out[place] = 0
  end
  next_key = next_key + #specs
end
return out
