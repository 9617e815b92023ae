#!lua
-- add-notifications.lua: the same as add-messages.lua for the notifications of a queue's notifier
-- returns {'gone'} | {'added', number of notifications}
local queueKey         = KEYS[1] -- hash of the queue
local notificationsKey = KEYS[2] -- list of notifications, oldest first
local waitingKey       = KEYS[3] -- sorted set of the queues of the notifier's service that have notifications
local ttl              = ARGV[1] -- [seconds] for queues that nobody touches
local waiter           = ARGV[2] -- [string] the queue in that set; empty where there is no service
local FIRST            = 3       -- ARGV[3] on: in turn the line of a notification, ascending, and itself

local queue = redis.call('HMGET', queueKey, 'v', 'y')
if not queue[1] then return { 'gone' } end
local last, added = tonumber(queue[2] or 0), 0
for i = FIRST, #ARGV, 2 do
  if tonumber(ARGV[i]) > last then
    redis.call('RPUSH', notificationsKey, ARGV[i + 1])
    added = added + 1
  end
end
if added > 0 then
  redis.call('HSET', queueKey, 'y', ARGV[#ARGV - 1])
  redis.call('EXPIRE', notificationsKey, ttl)
  if waiter ~= '' then
    addWaiting(waitingKey, waiter, redis.call('LINDEX', notificationsKey, 0), ttl)
  end
end
return { 'added', added }
