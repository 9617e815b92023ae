#!lua flags=allow-oom
-- release-service.lua: gives up a service that a closed connection holds
-- returns {'done'}
local serviceKey = KEYS[1] -- hash of the service
local claim      = ARGV[1] -- [string] "pod:connection:claim:"

local holder = redis.call('HGET', serviceKey, 'h')
if holder and holder:sub(1, #claim) == claim then redis.call('HDEL', serviceKey, 'h') end
return { 'done' }
