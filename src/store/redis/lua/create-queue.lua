#!lua
-- create-queue.lua: a new queue, unless its recipient id is in use; it vanishes by itself unless it
-- is kept: whoever makes it may die before its ids lead to it
-- returns {'done'} | {'taken'}
local queueKey   = KEYS[1] -- hash of the queue
local linkKey    = KEYS[2] -- sealed link data
local subscriber = ARGV[1] -- [string] claim of its creator, or empty
local link       = ARGV[2] -- [bytes] sealed link data, or empty
local fixedHash  = ARGV[3] -- [string] keyed hash of the fixed part of it, or empty
local expiry     = ARGV[4] -- [seconds]
local RECORD     = 5       -- ARGV[5] on: the sealed record in pieces

if redis.call('EXISTS', queueKey) == 1 then return { 'taken' } end
writeRecord(queueKey, 0, RECORD)
if subscriber ~= '' then redis.call('HSET', queueKey, 's', subscriber) end
if link ~= '' then
  redis.call('HSET', queueKey, 'h', fixedHash)
  redis.call('SET', linkKey, link, 'EX', expiry)
end
redis.call('EXPIRE', queueKey, expiry)
return { 'done' }
