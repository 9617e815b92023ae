#!lua
-- update-queue.lua: the next revision of a record; its subscriber is told if there is something to tell
-- returns {'stale'} | {'moved', subscriber} | {'done'}
local queueKey   = KEYS[1] -- hash of the queue
local mailboxKey = KEYS[2] -- of the pod that the caller believes the subscriber to be on
local revision   = ARGV[1]
local subscriber = ARGV[2] -- [string] the subscriber that the caller knows of, or empty
local entry      = ARGV[3] -- [string] for the mailbox, or empty
local hasNews    = ARGV[4] -- [string] '1' where the subscriber matters
local RECORD     = 5       -- ARGV[5] on: the sealed record in pieces

local queue = redis.call('HMGET', queueKey, 'v', 's')
if queue[1] ~= revision then return { 'stale' } end
if hasNews == '1' and (queue[2] or '') ~= subscriber then return { 'moved', queue[2] or '' } end
writeRecord(queueKey, tonumber(revision), RECORD)
tell(mailboxKey, entry)
return { 'done' }
