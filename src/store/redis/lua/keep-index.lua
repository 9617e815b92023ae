#!lua
-- keep-index.lua: an id that was claimed leads to its queue from now on
-- returns {'done'} | {'taken'}
local indexKey  = KEYS[1] -- string: blind id of the recipient
local doubtKey  = KEYS[2] -- string: who is about to drop it, and must not any more
local recipient = ARGV[1] -- [string] the queue that claimed it

local holder = redis.call('GET', indexKey)
if holder and holder ~= recipient then return { 'taken' } end
redis.call('SET', indexKey, recipient)
redis.call('DEL', doubtKey)
return { 'done' }
