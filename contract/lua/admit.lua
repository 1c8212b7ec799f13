-- Admit calls of one slot: for each call all of its limits are spent and its row is put among the open calls, or none.
-- KEYS: open calls, call stream, then the keys of the calls' limits in order.
-- ARGV: high-water mark of the call stream, moment after which nobody waits for the answer any more (milliseconds),
--       then per call: id, row up to its at_ms, row after it, specs of its limits.
-- Returns per call, flat: admitted (1/0), at_ms, then per limit: remaining, reset_ms, wait_ms.
-- A call that is already open was admitted before its reply got lost: it is admitted again and spends nothing.
-- Rates and quotas are read once and written once, however many calls of the batch they count.

local open, calls = KEYS[1], KEYS[2]
if call('XLEN', calls) >= tonumber(ARGV[1]) then
  return redis.error_reply('FULL the call stream is at its high-water mark')
end

local now = now_ms()
if now > tonumber(ARGV[2]) then
  return redis.error_reply('LATE the gateway has given these calls up')
end

local now_text = text(now)
-- By key: a rate's arrival in ticks and its ticks per millisecond; a quota counter's calls, those of them that this
-- batch spends, and the end of its window.
local ticks_of, per_ms_of, rate_spent = {}, {}, {}
local used_of, quota_spent, finish_of = {}, {}, {}

-- look[kind](key, spec): calls remaining, milliseconds until all is restored, milliseconds to wait (0: fits).
-- spend[kind](key, spec, id): after every limit was found to fit.
local look, spend = {}, {}

local function ticks_at(key, per_ms)
  local ticks = ticks_of[key]
  if ticks and per_ms_of[key] ~= per_ms then
    ticks = floor(ticks / per_ms_of[key] * per_ms)
  end
  ticks = ticks or arrival(key, per_ms)
  ticks_of[key], per_ms_of[key] = ticks, per_ms
  return ticks
end

look[RATE] = function(key, spec)
  local per_ms, per_call = spec[3], spec[4]
  local used = max(ticks_at(key, per_ms) - (now - EPOCH_MS) * per_ms, 0)
  local room = spec[5] * per_call - used
  local short = spec[2] * per_call - room
  return max(floor(room / per_call), 0), ceil(used / per_ms), max(ceil(short / per_ms), 0)
end

spend[RATE] = function(key, spec)
  local here = (now - EPOCH_MS) * spec[3]
  ticks_of[key] = max(ticks_at(key, spec[3]), here) + spec[2] * spec[4]
  rate_spent[key] = true
end

look[QUOTA] = function(key, spec)
  local start, finish = window(spec, now)
  local counter = key .. ':' .. text(start)
  local used = used_of[counter] or tonumber(call('GET', counter) or 0)
  used_of[counter], finish_of[counter] = used, finish
  local left = spec[3] - used
  local wait = 0
  if left < spec[2] then wait = max(finish - now, 1) end
  return max(left, 0), max(finish - now, 0), wait
end

spend[QUOTA] = function(key, spec)
  local counter = key .. ':' .. text(window(spec, now))
  used_of[counter] = used_of[counter] + spec[2]
  quota_spent[counter] = (quota_spent[counter] or 0) + spec[2]
end

look[CONCURRENCY] = function(key, spec)
  call('ZREMRANGEBYSCORE', key, '-inf', now_text)
  local left = spec[3] - call('ZCARD', key)
  local wait = 0
  if left < 1 then wait = 1000 end
  return max(left, 0), 0, wait
end

spend[CONCURRENCY] = function(key, spec, id)
  call('ZADD', key, text(now + spec[4]), id)
  call('PEXPIRE', key, text(spec[4] + 60000))
end

look[ONCE] = function(key, spec)
  local taken_by = call('GET', key)
  if taken_by and taken_by ~= spec[2] then return 0, 0, 1 end
  return 0, 0, 0
end

spend[ONCE] = function(key, spec)
  call('SET', key, spec[2], 'PX', text(spec[3]))
end

local out, n, next_key = {}, 0, 3
local ids, opened = {}, {}
local packed, specs

local function examine()
  local fits = true
  for i = 1, #specs do
    local spec = specs[i]
    local remaining, reset, wait = look[spec[1]](KEYS[next_key + i - 1], spec)
    if wait > 0 then fits = false end
    out[n + 1], out[n + 2], out[n + 3] = remaining, reset, wait
    n = n + 3
  end
  return fits
end

for at = 3, #ARGV, 4 do ids[#ids + 1] = ARGV[at] end
local stored = call('HMGET', open, unpack(ids))

for at = 3, #ARGV, 4 do
  local id = ARGV[at]
  if ARGV[at + 3] ~= packed then
    packed = ARGV[at + 3]
    specs = cmsgpack.unpack(packed)
  end
  local place = n + 1
  out[place], out[place + 1] = 1, now
  n = place + 1
  local known = stored[(at + 1) / 4] or opened[id]
  local fits = examine()
  if known then
    out[place + 1] = tonumber(match(known, '"at_ms":(%d+)'))
    for i = 1, #specs do out[place + 1 + 3 * i] = 0 end
  elseif fits then
    opened[id] = ARGV[at + 1] .. now_text .. ARGV[at + 2]
    for i = 1, #specs do spend[specs[i][1]](KEYS[next_key + i - 1], specs[i], id) end
    n = place + 1
    examine()
    for i = 1, #specs do out[place + 1 + 3 * i] = 0 end
  else
    out[place] = 0
  end
  next_key = next_key + #specs
end

-- What is spent is written before the rows are: one whose row is missing counts too much at worst, never too little.
for key in pairs(rate_spent) do keep_arrival(key, per_ms_of[key], ticks_of[key], now) end
for counter, amount in pairs(quota_spent) do
  if call('INCRBY', counter, amount) == amount then
    call('PEXPIREAT', counter, text(finish_of[counter] + QUOTA_KEPT_MS))
  end
end
for id, row in pairs(opened) do call('HSET', open, id, row) end
return out
