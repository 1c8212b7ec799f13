-- Shared by admit.lua and refund.lua, which are loaded with this text in front of their own.
--
-- A limit is a key and a spec, a MessagePack array:
--   rate         {1, cost, ticks_per_ms, ticks_per_call, burst}   GCRA; all integers, so that counts are exact
--   quota        {2, cost, amount, b0, b1, b2, b3}                windows [b0,b1) [b1,b2) [b2,b3), milliseconds
--   concurrency  {3, cost, amount, hold_ms}                       members leave by themselves after hold_ms
--   once         {4, call id, kept_ms}                            the key serves one call
-- Quotas count under key .. ':' .. window start, which lies in the key's own slot.

local EPOCH_MS = 1767225600000
local QUOTA_KEPT_MS = 3 * 86400000
local RATE, QUOTA, CONCURRENCY, ONCE = 1, 2, 3, 4

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function text(number)
  return string.format('%.0f', number)
end

-- A rate's theoretical arrival time in ticks. It is stored with its ticks per millisecond: after a change of the plan
-- the same moment is expressed in the new ticks.
local function arrival(key, spec)
  local stored = redis.call('GET', key)
  if not stored then return 0 end
  local ticks, per_ms = string.match(stored, '^(%d+) (%d+)$')
  if tonumber(per_ms) == spec[3] then return tonumber(ticks) end
  return math.floor(tonumber(ticks) / tonumber(per_ms) * spec[3])
end

local function keep_arrival(key, spec, ticks, now)
  local ahead_ms = math.ceil(ticks / spec[3]) - (now - EPOCH_MS)
  redis.call('SET', key, text(ticks) .. ' ' .. text(spec[3]), 'PX', text(math.max(ahead_ms, 0) + 60000))
end

local function window(spec, at)
  for i = 4, 6 do
    if at >= spec[i] and at < spec[i + 1] then return spec[i], spec[i + 1] end
  end
  return spec[6], spec[7]
end

-- look[kind](key, spec, now): calls remaining, milliseconds until all is restored, milliseconds to wait (0: fits).
local look = {}

look[RATE] = function(key, spec, now)
  local _, cost, per_ms, per_call, burst = unpack(spec)
  local here = (now - EPOCH_MS) * per_ms
  local used = math.max(arrival(key, spec) - here, 0)
  local room = burst * per_call - used
  local short = cost * per_call - room
  return math.max(math.floor(room / per_call), 0), math.ceil(used / per_ms), math.max(math.ceil(short / per_ms), 0)
end

look[QUOTA] = function(key, spec, now)
  local start, finish = window(spec, now)
  local used = tonumber(redis.call('GET', key .. ':' .. text(start)) or 0)
  local left = spec[3] - used
  local wait = 0
  if left < spec[2] then wait = math.max(finish - now, 1) end
  return math.max(left, 0), math.max(finish - now, 0), wait
end

look[CONCURRENCY] = function(key, spec, now)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', text(now))
  local left = spec[3] - redis.call('ZCARD', key)
  local wait = 0
  if left < 1 then wait = 1000 end
  return math.max(left, 0), 0, wait
end

look[ONCE] = function(key, spec)
  local taken_by = redis.call('GET', key)
  if taken_by and taken_by ~= spec[2] then return 0, 0, 1 end
  return 0, 0, 0
end

-- spend[kind](key, spec, now, id): after every limit was found to fit.
local spend = {}

spend[RATE] = function(key, spec, now)
  local here = (now - EPOCH_MS) * spec[3]
  keep_arrival(key, spec, math.max(arrival(key, spec), here) + spec[2] * spec[4], now)
end

spend[QUOTA] = function(key, spec, now)
  local start, finish = window(spec, now)
  local counter = key .. ':' .. text(start)
  if redis.call('INCRBY', counter, spec[2]) == spec[2] then
    redis.call('PEXPIREAT', counter, text(finish + QUOTA_KEPT_MS))
  end
end

spend[CONCURRENCY] = function(key, spec, now, id)
  redis.call('ZADD', key, text(now + spec[4]), id)
  redis.call('PEXPIRE', key, text(spec[4] + 60000))
end

spend[ONCE] = function(key, spec)
  redis.call('SET', key, spec[2], 'PX', text(spec[3]))
end

-- give_back[kind](key, spec, at, id): undo what was spent at the moment `at`.
local give_back = {}

give_back[RATE] = function(key, spec)
  local ticks = arrival(key, spec)
  if ticks > 0 then keep_arrival(key, spec, math.max(ticks - spec[2] * spec[4], 0), now_ms()) end
end

give_back[QUOTA] = function(key, spec, at)
  local start = window(spec, at)
  local counter = key .. ':' .. text(start)
  if redis.call('EXISTS', counter) == 1 then redis.call('DECRBY', counter, spec[2]) end
end

give_back[CONCURRENCY] = function(key, _, _, id)
  redis.call('ZREM', key, id)
end

give_back[ONCE] = function(key, spec)
  if redis.call('GET', key) == spec[2] then redis.call('DEL', key) end
end
