#!lua
-- register-key.lua: records which cluster key this relay makes things with, unless the cluster has
-- things made with a key that it lacks
-- returns {'done'} | {'missing', name of a key ...}
local clusterKey = KEYS[1] -- hash of the cluster's settings
-- ARGV: names of the relay's keys, the newest first

local own = {}
for _, name in ipairs(ARGV) do own['key:' .. name] = true end
local answer = { 'missing' }
for _, field in ipairs(redis.call('HKEYS', clusterKey)) do
  if field:sub(1, 4) == 'key:' and not own[field] then answer[#answer + 1] = field:sub(5) end
end
if #answer > 1 then return answer end
redis.call('HSET', clusterKey, 'key:' .. ARGV[1], '1')
return { 'done' }
