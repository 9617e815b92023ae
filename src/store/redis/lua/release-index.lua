#!lua flags=allow-oom
-- release-index.lua: gives an id back, unless it leads to another queue by now
-- returns {'done'}
local indexKey  = KEYS[1] -- string: blind id of the recipient
local recipient = ARGV[1] -- [string] the queue that gives it back

if redis.call('GET', indexKey) == recipient then redis.call('DEL', indexKey) end
return { 'done' }
