#!lua flags=allow-oom
-- subscribe-notifier.lua: hands a notifier over to a connection, also from a service
-- returns {'stale'} | {'moved', subscriber, notifier's holder} | {'subscribed', number of notifications}
local queueKey         = KEYS[1] -- hash of the queue
local notificationsKey = KEYS[2] -- list of notifications, oldest first
local notifierBoxKey   = KEYS[3] -- of the pod that the caller believes the previous one to be on
local serviceKey       = KEYS[4] -- hash of the service that it is taken from
local waitingKey       = KEYS[5] -- sorted set of the service's queues that have notifications
local countsKey        = KEYS[6] -- hash of the partition's counts
local revision         = ARGV[1]
local subscriber       = ARGV[2] -- [string] the new claim
local previous         = ARGV[3] -- [string] who holds it, as far as the caller knows, or empty
local entry            = ARGV[4] -- [string] END for it, or empty
local waiter           = ARGV[5] -- [string] the queue in the service's set; empty where there is no service
local RECORD           = 6       -- ARGV[6] on: the record without the service, where it had one

local queue = redis.call('HMGET', queueKey, 'v', 's', 'n')
if queue[1] ~= revision then return { 'stale' } end
local holder = notifierHolderOf(queue[3], serviceKey, waiter)
if holder ~= previous then return { 'moved', queue[2] or '', holder } end
if ARGV[RECORD] then writeRecord(queueKey, tonumber(revision), RECORD) end
redis.call('HSET', queueKey, 'n', subscriber)
leaveService(serviceKey, waitingKey, waiter, countsKey)
tell(notifierBoxKey, entry)
return { 'subscribed', redis.call('LLEN', notificationsKey) }
