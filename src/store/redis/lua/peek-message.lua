#!lua flags=allow-oom
-- peek-message.lua: the oldest message and the number of them
-- returns {'stale'} | {'head', message or false, number of messages that expired, count}
local queueKey    = KEYS[1] -- hash of the queue
local messagesKey = KEYS[2] -- list of messages, oldest first
local countsKey   = KEYS[3] -- hash of the partition's counts
local revision    = ARGV[1]
local horizon     = tonumber(ARGV[2]) -- [seconds] messages from before are expired

if redis.call('HGET', queueKey, 'v') ~= revision then return { 'stale' } end
local head, expired = findExpired(messagesKey, horizon)
local size = redis.call('LLEN', messagesKey) - #expired
return { 'head', head, dropMessages(messagesKey, countsKey, expired), size }
