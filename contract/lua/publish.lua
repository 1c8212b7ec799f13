-- Write a published record if it is newer than the one that stands.
-- KEYS: the record.  ARGV: version, stored text ("<version> <json>").
-- Returns 1 if written, 0 if what stands is as new. The caller announces it in the feed in either case: whoever wrote
-- what stands may have died before announcing it.

local stored = redis.call('GET', KEYS[1])
if stored and tonumber(string.match(stored, '^%d+')) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
