-- Write a published record if it is newer than the one that stands.
-- KEYS: the record; for a restriction also the set of those that gateways hold.
-- ARGV: version, stored text ("<version> <json>"); for a restriction also its id and the milliseconds at which it ends
--       (+inf: never; empty: it is lifted). Those that ended an hour ago leave the set.
-- Returns 1 if written, 0 if what stands is as new. The caller announces it in the feed in either case: whoever wrote
-- what stands may have died before announcing it.

local ENDED_KEPT_SECONDS = 3600
local stored = redis.call('GET', KEYS[1])
local standing = stored and tonumber(string.match(stored, '^%d+')) or 0
local version = tonumber(ARGV[1])
if standing > version then return 0 end

if KEYS[2] then
  local oldest = (tonumber(redis.call('TIME')[1]) - ENDED_KEPT_SECONDS) * 1000
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', oldest))
  if ARGV[4] == '' then
    redis.call('ZREM', KEYS[2], ARGV[3])
  else
    redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
  end
end
if standing == version then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
