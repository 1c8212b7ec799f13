-- Shared by admit.lua and refund.lua, which are loaded with this text in front of their own. All of it is run anew with
-- each script, so only what both need stands here.
--
-- A limit is a key and a spec, a MessagePack array:
--   rate         {1, cost, ticks_per_ms, ticks_per_call, burst}   GCRA; all integers, so that counts are exact
--   quota        {2, cost, amount, b0, b1, b2, b3}                windows [b0,b1) [b1,b2) [b2,b3), milliseconds
--   concurrency  {3, cost, amount, hold_ms}                       members leave by themselves after hold_ms
--   once         {4, call id, kept_ms}                            the key serves one call
-- Quotas count under key .. ':' .. window start, which lies in the key's own slot.

local call, format, match = redis.call, string.format, string.match
local floor, ceil, max = math.floor, math.ceil, math.max
local EPOCH_MS = 1767225600000
local QUOTA_KEPT_MS = 3 * 86400000
local RATE, QUOTA, CONCURRENCY, ONCE = 1, 2, 3, 4

local function now_ms()
  local time = call('TIME')
  return tonumber(time[1]) * 1000 + floor(tonumber(time[2]) / 1000)
end

local function text(number)
  return format('%.0f', number)
end

-- A rate's theoretical arrival time in ticks. It is stored with its ticks per millisecond: after a change of the plan
-- the same moment is expressed in the new ticks.
local function arrival(key, per_ms)
  local stored = call('GET', key)
  if not stored then return 0 end
  local ticks, then_per_ms = match(stored, '^(%d+) (%d+)$')
  if tonumber(then_per_ms) == per_ms then return tonumber(ticks) end
  return floor(tonumber(ticks) / tonumber(then_per_ms) * per_ms)
end

local function keep_arrival(key, per_ms, ticks, now)
  local ahead_ms = max(ceil(ticks / per_ms) - (now - EPOCH_MS), 0)
  call('SET', key, format('%.0f %.0f', ticks, per_ms), 'PX', ahead_ms + 60000)
end

local function window(spec, at)
  for i = 4, 6 do
    if at >= spec[i] and at < spec[i + 1] then return spec[i], spec[i + 1] end
  end
  return spec[6], spec[7]
end
