#!lua flags=allow-oom
-- fetch-head.lua: the oldest message, for the connection that holds the queue
-- returns {'gone'} | {'lost'} | {'head', message or false, number of messages that expired}
local queueKey    = KEYS[1] -- hash of the queue
local messagesKey = KEYS[2] -- list of messages, oldest first
local countsKey   = KEYS[3] -- hash of the partition's counts
local holder      = ARGV[1] -- [string] "pod:connection:", any claim of it
local horizon     = tonumber(ARGV[2]) -- [seconds] messages from before are expired

local queue = redis.call('HMGET', queueKey, 'v', 's')
if not queue[1] then return { 'gone' } end
if (queue[2] or ''):sub(1, #holder) ~= holder then return { 'lost' } end
local head, dropped = expireMessages(messagesKey, horizon, countsKey)
return { 'head', head, dropped }
