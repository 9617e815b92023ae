#!lua flags=allow-oom
-- delete-queue.lua: removes a queue with all it holds; subscribers are told
-- returns {'stale'} | {'moved', subscriber, notifier's subscriber} | {'done'}
local queueKey         = KEYS[1] -- hash of the queue
local messagesKey      = KEYS[2] -- list of messages
local linkKey          = KEYS[3] -- sealed link data
local notificationsKey = KEYS[4] -- list of notifications
local mailboxKey       = KEYS[5] -- of the pod that the caller believes the subscriber to be on
local notifierBoxKey   = KEYS[6] -- the same for the notifier's subscriber
local countsKey        = KEYS[7] -- hash of the partition's counts
local revision         = ARGV[1]
local subscriber       = ARGV[2] -- [string] the subscriber that the caller knows of, or empty
local entry            = ARGV[3] -- [string] DELD for it, or empty
local notifierHolder   = ARGV[4] -- [string] the notifier's subscriber that the caller knows of
local notifierEntry    = ARGV[5] -- [string] DELD for it, or empty

local queue = redis.call('HMGET', queueKey, 'v', 's', 'n')
if queue[1] ~= revision then return { 'stale' } end
if (queue[2] or '') ~= subscriber or (queue[3] or '') ~= notifierHolder then
  return { 'moved', queue[2] or '', queue[3] or '' }
end
redis.call('HINCRBY', countsKey, 'q', -1)
for i = 0, redis.call('LLEN', messagesKey) - 1 do
  countMessages(countsKey, redis.call('LINDEX', messagesKey, i), -1)
end
redis.call('DEL', queueKey, messagesKey, linkKey, notificationsKey)
tell(mailboxKey, entry)
tell(notifierBoxKey, notifierEntry)
return { 'done' }
