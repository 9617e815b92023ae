#!lua
-- reserve-block.lua: counts one more queue that operators block on a day, unless that are enough
-- returns {'done'} | {'exhausted'}
local blocksKey = KEYS[1]           -- string: queues blocked on the day
local limit     = tonumber(ARGV[1])
local expiry    = ARGV[2]           -- [seconds] the day is over by then

local blocked = tonumber(redis.call('GET', blocksKey) or '0')
if blocked >= limit then return { 'exhausted' } end
redis.call('SET', blocksKey, blocked + 1, 'EX', expiry)
return { 'done' }
