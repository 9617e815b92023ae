#!lua flags=allow-oom
-- cancel-block.lua: takes back what was counted for a queue that was not blocked after all
-- returns {'done'}
local blocksKey = KEYS[1] -- string: queues blocked on the day

local blocked = tonumber(redis.call('GET', blocksKey) or '0')
if blocked > 0 then redis.call('SET', blocksKey, blocked - 1, 'KEEPTTL') end
return { 'done' }
