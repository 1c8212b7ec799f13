-- Move open calls of dead gateways to the call stream as they stand: their outcome stays unknown.
-- KEYS: open calls, call stream.  ARGV: cursor, how many to look at, then the ids of all gateways that are alive.
-- A call younger than YOUNG_MS is left alone: its gateway may have started after the caller asked who is alive.
-- HSCAN may name a call twice while the hash is resized: the row goes to the stream with the call's removal only.
-- Returns the next cursor ('0': all were seen) and how many were moved.

local YOUNG_MS = 5000
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local alive = {}
for i = 3, #ARGV do alive[ARGV[i]] = true end

local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local moved = 0
for i = 1, #page[2], 2 do
  local id, row = page[2][i], page[2][i + 1]
  local facts = cjson.decode(row)
  if not alive[facts.gateway] and now - facts.at_ms > YOUNG_MS then
    if redis.call('HDEL', KEYS[1], id) == 1 then
      redis.call('XADD', KEYS[2], '*', 'r', row)
      moved = moved + 1
    end
  end
end
return {page[1], moved}
