#!lua
-- set-notifier.lua: another notifier, or none; the old one's subscriber is told
-- returns {'stale'} | {'moved', subscriber, notifier's subscriber} | {'done'}
local queueKey         = KEYS[1] -- hash of the queue
local notificationsKey = KEYS[2] -- list of the old notifier's notifications
local notifierBoxKey   = KEYS[3] -- of the pod that the caller believes its subscriber to be on
local revision         = ARGV[1]
local notifierHolder   = ARGV[2] -- [string] the subscriber that the caller knows of, or empty
local entry            = ARGV[3] -- [string] DELD for it, or empty
local RECORD           = 4       -- ARGV[4] on: the sealed record in pieces

local queue = redis.call('HMGET', queueKey, 'v', 's', 'n')
if queue[1] ~= revision then return { 'stale' } end
if (queue[3] or '') ~= notifierHolder then return { 'moved', queue[2] or '', queue[3] or '' } end
redis.call('DEL', notificationsKey)
redis.call('HDEL', queueKey, 'n')
writeRecord(queueKey, tonumber(revision), RECORD)
tell(notifierBoxKey, entry)
return { 'done' }
