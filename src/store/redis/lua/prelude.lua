-- Put before every script. A queue is a hash: v = revision, s and n = subscribers of the queue and of
-- its notifier ("pod:connection:claim:time"), f = full, h = hash of the fixed link data, 0, 1, 2 ... =
-- the sealed record in pieces of 64 bytes, which keep the hash compact.
-- A message starts with its kind (m or q) and 12 digits of seconds, a notification with the digits.
-- Counts are a hash for each partition: q = queues, m and a day = messages accepted on that day, so
-- that lists which expired by themselves are forgotten with their days.

local SECONDS_OF_DAY = 86400

local function countMessages(countsKey, message, change)
  local day = math.floor(tonumber(message:sub(2, 13)) / SECONDS_OF_DAY)
  redis.call('HINCRBY', countsKey, string.format('m%d', day), change)
end

-- drops messages from before the horizon, up to a quota marker, which no age removes
local function expireMessages(messagesKey, horizon, countsKey)
  local head = redis.call('LINDEX', messagesKey, 0)
  while head and head:sub(1, 1) == 'm' and tonumber(head:sub(2, 13)) < horizon do
    redis.call('LPOP', messagesKey)
    countMessages(countsKey, head, -1)
    head = redis.call('LINDEX', messagesKey, 0)
  end
  return head
end

local function expireNotifications(notificationsKey, horizon)
  local oldest = redis.call('LINDEX', notificationsKey, 0)
  while oldest and tonumber(oldest:sub(1, 12)) < horizon do
    redis.call('LPOP', notificationsKey)
    oldest = redis.call('LINDEX', notificationsKey, 0)
  end
end

-- appends to a pod's mailbox and nudges the pod if it does not know yet that there is something
local function tell(mailboxKey, entry)
  if entry == '' then return end
  if redis.call('RPUSH', mailboxKey, entry) == 1 then
    redis.call('SPUBLISH', mailboxKey, '')
  end
  redis.call('EXPIRE', mailboxKey, 600)
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
