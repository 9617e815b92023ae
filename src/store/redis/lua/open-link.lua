#!lua
-- open-link.lua: reads link data and, given a record, secures the queue in the same step
-- returns {'stale'} | {'link', sealed link data or false}
local queueKey = KEYS[1] -- hash of the queue
local linkKey  = KEYS[2] -- sealed link data
local revision = ARGV[1]
local RECORD   = 2       -- ARGV[2] on: the record with the sender's key, where it is to be set

if redis.call('HGET', queueKey, 'v') ~= revision then return { 'stale' } end
if ARGV[RECORD] then writeRecord(queueKey, tonumber(revision), RECORD) end
return { 'link', redis.call('GET', linkKey) }
