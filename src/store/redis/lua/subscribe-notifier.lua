#!lua flags=allow-oom
-- subscribe-notifier.lua: hands a notifier over to a connection
-- returns {'stale'} | {'moved', subscriber, notifier's subscriber} | {'subscribed', number of notifications}
local queueKey         = KEYS[1] -- hash of the queue
local notificationsKey = KEYS[2] -- list of notifications, oldest first
local notifierBoxKey   = KEYS[3] -- of the pod that the caller believes the previous one to be on
local revision         = ARGV[1]
local subscriber       = ARGV[2] -- [string] the new claim
local previous         = ARGV[3] -- [string] the subscriber that the caller knows of, or empty
local entry            = ARGV[4] -- [string] END for it, or empty

local queue = redis.call('HMGET', queueKey, 'v', 's', 'n')
if queue[1] ~= revision then return { 'stale' } end
if (queue[3] or '') ~= previous then return { 'moved', queue[2] or '', queue[3] or '' } end
redis.call('HSET', queueKey, 'n', subscriber)
tell(notifierBoxKey, entry)
return { 'subscribed', redis.call('LLEN', notificationsKey) }
