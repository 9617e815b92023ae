#!lua
-- set-link.lua: link data of a queue, new or with other user data
-- returns {'stale'} | {'refused'} | {'done'}
local queueKey  = KEYS[1] -- hash of the queue
local linkKey   = KEYS[2] -- sealed link data
local revision  = ARGV[1]
local link      = ARGV[2] -- [bytes] sealed
local hashes    = ARGV[3] -- [string] keyed hashes of its fixed part, the newest key's first: the part cannot change
local RECORD    = 4       -- ARGV[4] on: the record with the link id, where it had none

local queue = redis.call('HMGET', queueKey, 'v', 'h')
if queue[1] ~= revision then return { 'stale' } end
if queue[2] and not hashes:find(queue[2], 1, true) then return { 'refused' } end
redis.call('SET', linkKey, link)
if not queue[2] then redis.call('HSET', queueKey, 'h', hashes:match('^%S+')) end
if ARGV[RECORD] then writeRecord(queueKey, tonumber(revision), RECORD) end
return { 'done' }
