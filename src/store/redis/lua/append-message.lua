#!lua
-- append-message.lua: stores a message and tells who waits for it
-- returns {'stale'} | {'moved', subscriber, notifier's holder or false} | {'full', number of messages that
-- expired} | {'stored', the same, wasEmpty, isNews, number of notifications that expired, and of those that
-- had to give way}
local queueKey         = KEYS[1] -- hash of the queue
local messagesKey      = KEYS[2] -- list of messages, oldest first
local notificationsKey = KEYS[3] -- list of notifications, oldest first
local mailboxKey       = KEYS[4] -- of the pod that the caller believes the subscriber to be on
local notifierBoxKey   = KEYS[5] -- the same for who holds the notifier
local countsKey        = KEYS[6] -- hash of the partition's counts
local serviceKey       = KEYS[7] -- hash of the notifier's service
local waitingKey       = KEYS[8] -- sorted set of its queues that have notifications
local revision         = ARGV[1]
local message          = ARGV[2] -- [bytes]
local quota            = tonumber(ARGV[3])
local horizon          = tonumber(ARGV[4]) -- [seconds] messages from before are expired
local ttl              = ARGV[5] -- [seconds] for queues that nobody touches
local subscriber       = ARGV[6] -- [string] the subscriber that the caller knows of, or empty
local entry            = ARGV[7] -- [string] for its mailbox if the queue was empty, or empty
local notification     = ARGV[8] -- [bytes] or empty
local notifierHolder   = ARGV[9] -- [string] who holds the notifier, as far as the caller knows
local notifierEntry    = ARGV[10] -- [string] for its mailbox if there was no notification, or empty
local notifyHorizon    = tonumber(ARGV[11]) -- [seconds] notifications from before are expired
local waiter           = ARGV[12] -- [string] the queue in the service's set; empty where there is no service
local MAX_PENDING      = 128
local HEAD_BYTES       = 37 -- kind, digits and id of a message

local queue = redis.call('HMGET', queueKey, 'v', 's', 'n', 'f')
if queue[1] ~= revision then return { 'stale' } end
local holder = notification ~= '' and notifierHolderOf(queue[3], serviceKey, waiter)
if (queue[2] or '') ~= subscriber or (holder and holder ~= notifierHolder) then
  return { 'moved', queue[2] or '', holder }
end
local _, expired = findExpired(messagesKey, horizon)
local size = redis.call('LLEN', messagesKey) - #expired
local isFull = size >= quota or (queue[4] and size > 0)
if isFull then
  if not queue[4] then
    local marker = 'q' .. message:sub(2, HEAD_BYTES) -- in the message's place
    redis.call('RPUSH', messagesKey, marker)
    redis.call('HSET', queueKey, 'f', '1')
    countMessages(countsKey, marker, 1)
  end
  return { 'full', dropMessages(messagesKey, countsKey, expired) }
end
redis.call('RPUSH', messagesKey, message)
redis.call('EXPIRE', messagesKey, ttl)
countMessages(countsKey, message, 1)
local dropped = dropMessages(messagesKey, countsKey, expired)
if queue[4] then redis.call('HDEL', queueKey, 'f') end
if size == 0 then tell(mailboxKey, entry) end
local isNews, old, displaced = 0, 0, 0
if notification ~= '' then
  old = countExpiredNotifications(notificationsKey, notifyHorizon)
  local pending = redis.call('RPUSH', notificationsKey, notification) - old
  displaced = math.max(0, pending - MAX_PENDING)
  redis.call('LTRIM', notificationsKey, old + displaced, -1)
  redis.call('EXPIRE', notificationsKey, ttl)
  if pending == 1 then
    isNews = 1
    if waiter ~= '' then addWaiting(waitingKey, waiter, notification, ttl) end
    tell(notifierBoxKey, notifierEntry)
  end
end
return { 'stored', dropped, size == 0 and 1 or 0, isNews, old, displaced }
