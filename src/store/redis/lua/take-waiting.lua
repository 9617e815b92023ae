#!lua flags=allow-oom
-- take-waiting.lua: removes and returns the oldest notifications of a queue, for who holds its service
-- returns {'stale'} | {'lost'} | {'taken', number of those that expired, of those left, notification ...}
local queueKey         = KEYS[1] -- hash of the queue
local notificationsKey = KEYS[2] -- list of notifications, oldest first
local serviceKey       = KEYS[3] -- hash of the service
local waitingKey       = KEYS[4] -- sorted set of its queues that have notifications
local revision         = ARGV[1]
local holder           = ARGV[2] -- [string] "pod:connection:", any claim of it
local waiter           = ARGV[3] -- [string] the queue in the set
local limit            = tonumber(ARGV[4])
local horizon          = tonumber(ARGV[5]) -- [seconds] notifications from before are expired

if redis.call('HGET', queueKey, 'v') ~= revision then return { 'stale' } end
local present = redis.call('HGET', serviceKey, 'h') or ''
if present:sub(1, #holder) ~= holder then return { 'lost' } end
local old = countExpiredNotifications(notificationsKey, horizon)
local taken = redis.call('LRANGE', notificationsKey, old, old + limit - 1)
local left = redis.call('LLEN', notificationsKey) - old - #taken
if old + #taken > 0 then redis.call('LTRIM', notificationsKey, old + #taken, -1) end
if left == 0 then redis.call('ZREM', waitingKey, waiter) end
table.insert(taken, 1, left)
table.insert(taken, 1, old)
table.insert(taken, 1, 'taken')
return taken
