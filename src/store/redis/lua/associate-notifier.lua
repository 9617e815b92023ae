#!lua
-- associate-notifier.lua: the notifier of a queue becomes a service's; who had it is told, and who
-- holds the service if something waits
-- returns {'stale'} | {'moved', false, notifier's holder, service's holder} | {'done', number of notifications}
local queueKey         = KEYS[1] -- hash of the queue
local notificationsKey = KEYS[2] -- list of notifications, oldest first
local notifierBoxKey   = KEYS[3] -- of the pod that the caller believes its holder to be on
local oldServiceKey    = KEYS[4] -- hash of the service that it is taken from
local oldWaitingKey    = KEYS[5] -- sorted set of that service's queues that have notifications
local serviceBoxKey    = KEYS[6] -- of the pod that the caller believes the service's holder to be on
local serviceKey       = KEYS[7] -- hash of the service
local waitingKey       = KEYS[8] -- sorted set of its queues that have notifications
local countsKey        = KEYS[9] -- hash of the partition's counts
local revision         = ARGV[1]
local previous         = ARGV[2] -- [string] who holds the notifier, as far as the caller knows, or empty
local entry            = ARGV[3] -- [string] END for it, or empty
local oldWaiter        = ARGV[4] -- [string] the queue in that service's set; empty where there is none
local serviceHolder    = ARGV[5] -- [string] who holds the service, as far as the caller knows, or empty
local serviceEntry     = ARGV[6] -- [string] for it if something waits, or empty
local waiter           = ARGV[7] -- [string] the queue in the service's set
local ttl              = ARGV[8] -- [seconds] for queues that nobody touches
local RECORD           = 9       -- ARGV[9] on: the record with the service

local queue = redis.call('HMGET', queueKey, 'v', 'n')
if queue[1] ~= revision then return { 'stale' } end
local holder = notifierHolderOf(queue[2], oldServiceKey, oldWaiter)
local present = redis.call('HGET', serviceKey, 'h') or ''
if holder ~= previous or present ~= serviceHolder then return { 'moved', false, holder, present } end
local oldest = redis.call('LINDEX', notificationsKey, 0)
local count = redis.call('LLEN', notificationsKey)
writeRecord(queueKey, tonumber(revision), RECORD)
redis.call('HINCRBY', serviceKey, 'c', 1)
redis.call('HINCRBY', countsKey, 'a', 1)
if oldest then
  addWaiting(waitingKey, waiter, oldest, ttl)
  tell(serviceBoxKey, serviceEntry)
end
redis.call('HDEL', queueKey, 'n')
leaveService(oldServiceKey, oldWaitingKey, oldWaiter, countsKey)
tell(notifierBoxKey, entry)
return { 'done', count }
