-- Move open calls of dead gateways to the call stream as they stand: their outcome stays unknown.
-- KEYS: open calls, call stream.  ARGV: cursor, how many to look at, then the ids of all gateways that are alive.
-- Returns the next cursor ('0': all were seen) and how many were moved.

local alive = {}
for i = 3, #ARGV do alive[ARGV[i]] = true end

local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local moved = 0
for i = 1, #page[2], 2 do
  local id, row = page[2][i], page[2][i + 1]
  if not alive[cjson.decode(row).gateway] then
    redis.call('HDEL', KEYS[1], id)
    redis.call('XADD', KEYS[2], '*', 'r', row)
    moved = moved + 1
  end
end
return {page[1], moved}
