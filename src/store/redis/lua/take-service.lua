#!lua flags=allow-oom
-- take-service.lua: hands a service over to a connection, in the partition that decides who holds it
-- returns {'moved', holder} | {'taken', number of its notifiers, number of its queues that wait}
local serviceKey = KEYS[1] -- hash of the service
local waitingKey = KEYS[2] -- sorted set of its queues that have notifications
local mailboxKey = KEYS[3] -- of the pod that the caller believes the holder to be on
local holder     = ARGV[1] -- [string] the new claim
local previous   = ARGV[2] -- [string] the holder that the caller knows of, or empty
local entry      = ARGV[3] -- [string] ENDS for it, or empty

local service = redis.call('HMGET', serviceKey, 'h', 'c')
if (service[1] or '') ~= previous then return { 'moved', service[1] or '' } end
local waiting = redis.call('ZCARD', waitingKey)
redis.call('HSET', serviceKey, 'h', holder)
tell(mailboxKey, entry)
return { 'taken', tonumber(service[2] or 0), waiting }
