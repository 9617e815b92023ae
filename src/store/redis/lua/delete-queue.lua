#!lua flags=allow-oom
-- delete-queue.lua: removes a queue with all it holds; subscribers are told
-- returns {'stale'} | {'moved', subscriber, notifier's holder} | {'done'}
local queueKey         = KEYS[1] -- hash of the queue
local messagesKey      = KEYS[2] -- list of messages
local linkKey          = KEYS[3] -- sealed link data
local notificationsKey = KEYS[4] -- list of notifications
local mailboxKey       = KEYS[5] -- of the pod that the caller believes the subscriber to be on
local notifierBoxKey   = KEYS[6] -- the same for who holds the notifier
local countsKey        = KEYS[7] -- hash of the partition's counts
local serviceKey       = KEYS[8] -- hash of the notifier's service
local waitingKey       = KEYS[9] -- sorted set of its queues that have notifications
local revision         = ARGV[1]
local subscriber       = ARGV[2] -- [string] the subscriber that the caller knows of, or empty
local entry            = ARGV[3] -- [string] DELD for it, or empty
local notifierHolder   = ARGV[4] -- [string] who holds the notifier, as far as the caller knows
local notifierEntry    = ARGV[5] -- [string] DELD for it, or empty
local waiter           = ARGV[6] -- [string] the queue in the service's set; empty where there is no service
local notifiers        = tonumber(ARGV[7]) -- 1 where it has a notifier, else 0

local queue = redis.call('HMGET', queueKey, 'v', 's', 'n')
if queue[1] ~= revision then return { 'stale' } end
local holder = notifierHolderOf(queue[3], serviceKey, waiter)
if (queue[2] or '') ~= subscriber or holder ~= notifierHolder then
  return { 'moved', queue[2] or '', holder }
end
redis.call('HINCRBY', countsKey, 'q', -1)
if notifiers > 0 then redis.call('HINCRBY', countsKey, 'n', -notifiers) end
for i = 0, redis.call('LLEN', messagesKey) - 1 do
  countMessages(countsKey, redis.call('LINDEX', messagesKey, i), -1)
end
redis.call('DEL', queueKey, messagesKey, linkKey, notificationsKey)
leaveService(serviceKey, waitingKey, waiter, countsKey)
tell(mailboxKey, entry)
tell(notifierBoxKey, notifierEntry)
return { 'done' }
