#!lua flags=allow-oom
-- hold-service.lua: a connection holds a service in this partition, unless a newer claim does
-- returns {'held' | 'lost', number of its notifiers, number of its queues that wait}
local serviceKey = KEYS[1] -- hash of the service
local waitingKey = KEYS[2] -- sorted set of its queues that have notifications
local holder     = ARGV[1] -- [string] the claim
local claimedAt  = ARGV[2] -- [string] milliseconds, base 36

local service = redis.call('HMGET', serviceKey, 'h', 'c')
local waiting = redis.call('ZCARD', waitingKey)
local present = service[1]
local word = 'held'
if present ~= holder then
  local since = present and tonumber(present:match('[^:]*$'), 36) or 0
  if present and since >= tonumber(claimedAt, 36) then
    word = 'lost'
  else
    redis.call('HSET', serviceKey, 'h', holder)
  end
end
return { word, tonumber(service[2] or 0), waiting }
