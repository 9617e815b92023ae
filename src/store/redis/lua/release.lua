#!lua flags=allow-oom
-- release.lua: gives up what a closed connection holds of a queue
-- returns {'done'}
local queueKey = KEYS[1] -- hash of the queue
local field    = ARGV[1] -- [string] s or n
local claim    = ARGV[2] -- [string] "pod:connection:claim:"

local subscriber = redis.call('HGET', queueKey, field)
if subscriber and subscriber:sub(1, #claim) == claim then
  redis.call('HDEL', queueKey, field)
end
return { 'done' }
