#!lua flags=allow-oom
-- release.lua: gives up what closed connections hold of queues
-- KEYS: hashes of the queues; ARGV, two for each of them:
--   [string] s or n, [string] "pod:connection:claim:"
-- returns {'done'}
for i, queueKey in ipairs(KEYS) do
  local field, claim = ARGV[2 * i - 1], ARGV[2 * i]
  local subscriber = redis.call('HGET', queueKey, field)
  if subscriber and subscriber:sub(1, #claim) == claim then
    redis.call('HDEL', queueKey, field)
  end
end
return { 'done' }
