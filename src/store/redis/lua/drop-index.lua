#!lua flags=allow-oom
-- drop-index.lua: an id leads to a queue no more, unless it was kept since the doubt
-- returns {'done'} | {'kept'}
local indexKey  = KEYS[1] -- string: blind id of the recipient
local doubtKey  = KEYS[2] -- string: whose doubt it is
local recipient = ARGV[1] -- [string] the queue that does not have the id
local doubt     = ARGV[2] -- [string] of the caller

local holder = redis.call('GET', indexKey)
if redis.call('GET', doubtKey) ~= doubt or (holder and holder ~= recipient) then return { 'kept' } end
redis.call('DEL', indexKey, doubtKey)
return { 'done' }
