#!lua flags=allow-oom
-- acknowledge.lua: removes the oldest message if it is the one that is meant, and returns the next
-- returns {'stale'} | {'lost'} | {'head', message or false, number of messages that expired}
local queueKey    = KEYS[1] -- hash of the queue
local messagesKey = KEYS[2] -- list of messages, oldest first
local countsKey   = KEYS[3] -- hash of the partition's counts
local revision    = ARGV[1]
local claim       = ARGV[2] -- [string] "pod:connection:claim:" that must still hold; empty for readers by GET
local messageId   = ARGV[3] -- [bytes] empty: removes nothing
local horizon     = tonumber(ARGV[4]) -- [seconds] messages from before are expired

local queue = redis.call('HMGET', queueKey, 'v', 's')
if queue[1] ~= revision then return { 'stale' } end
if claim ~= '' and (queue[2] or ''):sub(1, #claim) ~= claim then return { 'lost' } end
local head, removed = findExpired(messagesKey, horizon)
local acknowledged = 0
if head and head:sub(14, 37) == messageId then
  acknowledged = 1
  removed[#removed + 1] = head
  head = redis.call('LINDEX', messagesKey, #removed)
end
local dropped = dropMessages(messagesKey, countsKey, removed)
return { 'head', head, math.max(0, dropped - acknowledged) }
