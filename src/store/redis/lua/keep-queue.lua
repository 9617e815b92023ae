#!lua
-- keep-queue.lua: a new queue whose ids lead to it stays
-- returns {'done'} | {'gone'}
local queueKey  = KEYS[1] -- hash of the queue
local linkKey   = KEYS[2] -- sealed link data
local countsKey = KEYS[3] -- hash of the partition's counts
local service   = KEYS[4] -- hash of the service that its notifier is of; absent where it is of none
local notifiers = tonumber(ARGV[1]) -- 1 where it has a notifier, else 0

if redis.call('PERSIST', queueKey) == 0 then return { 'gone' } end
redis.call('PERSIST', linkKey)
redis.call('HINCRBY', countsKey, 'q', 1)
if notifiers > 0 then redis.call('HINCRBY', countsKey, 'n', notifiers) end
if service then
  redis.call('HINCRBY', countsKey, 'a', 1)
  redis.call('HINCRBY', service, 'c', 1)
end
return { 'done' }
