#!lua flags=allow-oom
-- fetch-head.lua: the oldest message, for the connection that holds the queue
-- returns {'lost'} | {'head', message or false}
local queueKey    = KEYS[1] -- hash of the queue
local messagesKey = KEYS[2] -- list of messages, oldest first
local holder      = ARGV[1] -- [string] "pod:connection:", any claim of it
local horizon     = tonumber(ARGV[2]) -- [seconds] messages from before are expired

local subscriber = redis.call('HGET', queueKey, 's')
if not subscriber or subscriber:sub(1, #holder) ~= holder then return { 'lost' } end
return { 'head', expireMessages(messagesKey, horizon) }
