#!lua flags=allow-oom
-- resume.lua: whether a connection still holds what it believes to hold, after writes may have been
-- lost; a claim that is newer than what is there, or that nobody has, is put back
-- returns {'gone'} | {'lost'} | {'held', number of what waits}
local queueKey  = KEYS[1] -- hash of the queue
local listKey   = KEYS[2] -- list of messages, or of notifications
local field     = ARGV[1] -- [string] s or n
local claim     = ARGV[2] -- [string] "pod:connection:claim:"
local claimedAt = ARGV[3] -- [string] milliseconds, base 36

local queue = redis.call('HMGET', queueKey, 'v', field)
if not queue[1] then return { 'gone' } end
local holder = queue[2]
if not holder or holder:sub(1, #claim) ~= claim then
  local since = holder and tonumber(holder:match('[^:]*$'), 36) or 0
  if since >= tonumber(claimedAt, 36) then return { 'lost' } end
  redis.call('HSET', queueKey, field, claim .. claimedAt)
end
return { 'held', redis.call('LLEN', listKey) }
