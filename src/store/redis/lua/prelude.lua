-- Put before every script. A queue is a hash: v = revision, s and n = subscribers of the queue and of
-- its notifier ("pod:connection:claim:time"), f = full, h = hash of the fixed link data, 0, 1, 2 ... =
-- the sealed record in pieces of 64 bytes, which keep the hash compact; of queues that came from files,
-- x and y = the last line that was added of those with messages and with notifications.
-- A service is a hash and a sorted set in each partition: h = the connection that holds it (as s),
-- c = how many of the partition's notifiers are its own; and their queues in which notifications
-- wait, by the time of the first. Scripts on queues call a queue by the name it has there, which is
-- empty where its notifier is no service's.
-- A message starts with its kind (m or q) and 12 digits of seconds, a notification with the digits.
-- Counts are a hash for each partition: q = queues, n = those with a notifier, a = those whose notifier
-- is a service's, s and a role's letter = services, m and a day = messages accepted on that day, so that
-- lists which expired by themselves are forgotten with their days.

-- While a slot moves, Redis refuses a key that a script has just made empty: what is read of a list is
-- read before anything is taken from it, and what is added comes first.

local SECONDS_OF_DAY = 86400

-- gives how many messages of that day there are now: fewer than none where the day was forgotten
local function countMessages(countsKey, message, change)
  local day = math.floor(tonumber(message:sub(2, 13)) / SECONDS_OF_DAY)
  return redis.call('HINCRBY', countsKey, string.format('m%d', day), change)
end

-- the oldest message that has not expired, and those before it, up to a quota marker, which no age
-- removes
local function findExpired(messagesKey, horizon)
  local expired = {}
  local head = redis.call('LINDEX', messagesKey, 0)
  while head and head:sub(1, 1) == 'm' and tonumber(head:sub(2, 13)) < horizon do
    expired[#expired + 1] = head
    head = redis.call('LINDEX', messagesKey, #expired)
  end
  return head, expired
end

-- the oldest messages, which were read before; gives how many had not been counted as gone before
local function dropMessages(messagesKey, countsKey, messages)
  if #messages == 0 then return 0 end
  redis.call('LTRIM', messagesKey, #messages, -1)
  local dropped = 0
  for _, message in ipairs(messages) do
    if countMessages(countsKey, message, -1) >= 0 then dropped = dropped + 1 end
  end
  return dropped
end

-- the oldest message that has not expired, and how many were dropped
local function expireMessages(messagesKey, horizon, countsKey)
  local head, expired = findExpired(messagesKey, horizon)
  return head, dropMessages(messagesKey, countsKey, expired)
end

-- how many notifications have expired
local function countExpiredNotifications(notificationsKey, horizon)
  local count = 0
  local oldest = redis.call('LINDEX', notificationsKey, 0)
  while oldest and tonumber(oldest:sub(1, 12)) < horizon do
    count = count + 1
    oldest = redis.call('LINDEX', notificationsKey, count)
  end
  return count
end

-- appends to a pod's mailbox and nudges the pod if it does not know yet that there is something
local function tell(mailboxKey, entry)
  if entry == '' then return end
  if redis.call('RPUSH', mailboxKey, entry) == 1 then
    redis.call('SPUBLISH', mailboxKey, '')
  end
  redis.call('EXPIRE', mailboxKey, 600)
end

-- who hears of a queue's notifications: the holder of the service, or the notifier's own subscriber
local function notifierHolderOf(own, serviceKey, waiter)
  if waiter == '' then return own or '' end
  return redis.call('HGET', serviceKey, 'h') or ''
end

-- a queue of a service has notifications
local function addWaiting(waitingKey, waiter, notification, ttl)
  redis.call('ZADD', waitingKey, tonumber(notification:sub(1, 12)), waiter)
  redis.call('EXPIRE', waitingKey, ttl)
end

-- the notifier of a queue is the service's no more
local function leaveService(serviceKey, waitingKey, waiter, countsKey)
  if waiter == '' then return end
  redis.call('HINCRBY', countsKey, 'a', -1)
  redis.call('ZREM', waitingKey, waiter)
  if redis.call('HINCRBY', serviceKey, 'c', -1) <= 0 then redis.call('HDEL', serviceKey, 'c') end
end

-- the next revision of the record, from ARGV[first] on
local function writeRecord(queueKey, revision, first)
  local old = redis.call('HLEN', queueKey)
  local fields = { 'v', revision + 1 }
  for i = first, #ARGV do
    fields[#fields + 1] = i - first
    fields[#fields + 1] = ARGV[i]
  end
  redis.call('HSET', queueKey, unpack(fields))
  for i = #ARGV - first + 1, old do redis.call('HDEL', queueKey, i) end
end
