#!lua flags=allow-oom
-- remove-link.lua: removes link data, and the link id from the record
-- returns {'stale'} | {'done'}
local queueKey = KEYS[1] -- hash of the queue
local linkKey  = KEYS[2] -- sealed link data
local revision = ARGV[1]
local RECORD   = 2       -- ARGV[2] on: the sealed record in pieces

if redis.call('HGET', queueKey, 'v') ~= revision then return { 'stale' } end
redis.call('DEL', linkKey)
redis.call('HDEL', queueKey, 'h')
writeRecord(queueKey, tonumber(revision), RECORD)
return { 'done' }
