#!lua
-- add-messages.lua: puts messages of a file at the end of a queue, whatever its quota, but for those
-- that were put there before
-- returns {'gone'} | {'added', number of messages}
local queueKey    = KEYS[1] -- hash of the queue
local messagesKey = KEYS[2] -- list of messages, oldest first
local countsKey   = KEYS[3] -- hash of the partition's counts
local ttl         = ARGV[1] -- [seconds] for queues that nobody touches
local FIRST       = 2       -- ARGV[2] on: in turn the line of a message, ascending, and the message

local queue = redis.call('HMGET', queueKey, 'v', 'x')
if not queue[1] then return { 'gone' } end
local last, added = tonumber(queue[2] or 0), 0
for i = FIRST, #ARGV, 2 do
  if tonumber(ARGV[i]) > last then
    local message = ARGV[i + 1]
    redis.call('RPUSH', messagesKey, message)
    countMessages(countsKey, message, 1)
    if message:sub(1, 1) == 'q' then redis.call('HSET', queueKey, 'f', '1') end
    added = added + 1
  end
end
if added > 0 then
  redis.call('HSET', queueKey, 'x', ARGV[#ARGV - 1])
  redis.call('EXPIRE', messagesKey, ttl)
end
return { 'added', added }
