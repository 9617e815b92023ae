#!lua
-- set-notifier.lua: another notifier, or none; who holds the old one is told
-- returns {'stale'} | {'moved', subscriber, notifier's holder} | {'done'}
local queueKey         = KEYS[1] -- hash of the queue
local notificationsKey = KEYS[2] -- list of the old notifier's notifications
local notifierBoxKey   = KEYS[3] -- of the pod that the caller believes its holder to be on
local serviceKey       = KEYS[4] -- hash of its service
local waitingKey       = KEYS[5] -- sorted set of the service's queues that have notifications
local countsKey        = KEYS[6] -- hash of the partition's counts
local revision         = ARGV[1]
local notifierHolder   = ARGV[2] -- [string] who holds it, as far as the caller knows, or empty
local entry            = ARGV[3] -- [string] DELD for it, or empty
local waiter           = ARGV[4] -- [string] the queue in the service's set; empty where there is no service
local change           = tonumber(ARGV[5]) -- of the number of notifiers
local RECORD           = 6       -- ARGV[6] on: the sealed record in pieces

local queue = redis.call('HMGET', queueKey, 'v', 's', 'n')
if queue[1] ~= revision then return { 'stale' } end
local holder = notifierHolderOf(queue[3], serviceKey, waiter)
if holder ~= notifierHolder then return { 'moved', queue[2] or '', holder } end
redis.call('DEL', notificationsKey)
redis.call('HDEL', queueKey, 'n')
writeRecord(queueKey, tonumber(revision), RECORD)
leaveService(serviceKey, waitingKey, waiter, countsKey)
if change ~= 0 then redis.call('HINCRBY', countsKey, 'n', change) end
tell(notifierBoxKey, entry)
return { 'done' }
