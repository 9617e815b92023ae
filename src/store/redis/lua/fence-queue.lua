#!lua flags=allow-oom
-- fence-queue.lua: the next revision of a record that stays as it is: changes under way are stale
-- returns {'stale'} | {'done'}
local queueKey = KEYS[1] -- hash of the queue
local revision = ARGV[1]

if redis.call('HGET', queueKey, 'v') ~= revision then return { 'stale' } end
redis.call('HINCRBY', queueKey, 'v', 1)
return { 'done' }
