#!lua flags=allow-oom
-- take-notifications.lua: removes and returns the oldest notifications, for who holds the notifier
-- returns {'lost'} | {'taken', number of those that expired, notification ...}
local queueKey         = KEYS[1] -- hash of the queue
local notificationsKey = KEYS[2] -- list of notifications, oldest first
local holder           = ARGV[1] -- [string] "pod:connection:", any claim of it
local limit            = tonumber(ARGV[2])
local horizon          = tonumber(ARGV[3]) -- [seconds] notifications from before are expired

local subscriber = redis.call('HGET', queueKey, 'n')
if not subscriber or subscriber:sub(1, #holder) ~= holder then return { 'lost' } end
local old = countExpiredNotifications(notificationsKey, horizon)
local taken = redis.call('LRANGE', notificationsKey, old, old + limit - 1)
if old + #taken > 0 then redis.call('LTRIM', notificationsKey, old + #taken, -1) end
table.insert(taken, 1, old)
table.insert(taken, 1, 'taken')
return taken
