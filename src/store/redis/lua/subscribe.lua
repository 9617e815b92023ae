#!lua flags=allow-oom
-- subscribe.lua: hands a queue over to a connection and returns its oldest message
-- returns {'stale'} | {'moved', subscriber} | {'head', message or false, number of messages that expired}
local queueKey    = KEYS[1] -- hash of the queue
local messagesKey = KEYS[2] -- list of messages, oldest first
local mailboxKey  = KEYS[3] -- of the pod that the caller believes the previous subscriber to be on
local countsKey   = KEYS[4] -- hash of the partition's counts
local revision    = ARGV[1]
local subscriber  = ARGV[2] -- [string] the new claim
local previous    = ARGV[3] -- [string] the subscriber that the caller knows of, or empty
local entry       = ARGV[4] -- [string] END for it, or empty
local horizon     = tonumber(ARGV[5]) -- [seconds] messages from before are expired

local queue = redis.call('HMGET', queueKey, 'v', 's')
if queue[1] ~= revision then return { 'stale' } end
if (queue[2] or '') ~= previous then return { 'moved', queue[2] or '' } end
redis.call('HSET', queueKey, 's', subscriber)
tell(mailboxKey, entry)
local head, dropped = expireMessages(messagesKey, horizon, countsKey)
return { 'head', head, dropped }
