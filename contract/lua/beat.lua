-- A gateway's heartbeat, on Valkey's own clock.
-- KEYS: sorted set of gateways.  ARGV: gateway id, milliseconds after which a silent gateway is forgotten.
-- Returns Valkey's time in milliseconds.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - tonumber(ARGV[2])))
return now
