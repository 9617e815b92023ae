#!lua
-- keep-queue.lua: a new queue whose ids lead to it stays
-- returns {'done'} | {'gone'}
local queueKey  = KEYS[1] -- hash of the queue
local linkKey   = KEYS[2] -- sealed link data
local countsKey = KEYS[3] -- hash of the partition's counts
local notifiers = tonumber(ARGV[1]) -- 1 where it has a notifier, else 0

if redis.call('PERSIST', queueKey) == 0 then return { 'gone' } end
redis.call('PERSIST', linkKey)
redis.call('HINCRBY', countsKey, 'q', 1)
if notifiers > 0 then redis.call('HINCRBY', countsKey, 'n', notifiers) end
return { 'done' }
