#!lua
-- keep-queue.lua: a new queue whose ids lead to it stays
-- returns {'done'} | {'gone'}
local queueKey  = KEYS[1] -- hash of the queue
local linkKey   = KEYS[2] -- sealed link data
local countsKey = KEYS[3] -- hash of the partition's counts
local service   = KEYS[4] -- hash of the service that its notifier is of; absent where it is of none

if redis.call('PERSIST', queueKey) == 0 then return { 'gone' } end
redis.call('PERSIST', linkKey)
redis.call('HINCRBY', countsKey, 'q', 1)
if service then redis.call('HINCRBY', service, 'c', 1) end
return { 'done' }
