#!lua
-- add-usage.lua: takes from buckets that all pods share; the time to live of a key is what its bucket
-- lacks, so a key is gone when its bucket is full
-- returns {'missing', ms, ms, ...} in the order of the keys
local longest = tonumber(ARGV[1]) -- [ms] more is forgotten
-- KEYS: buckets; ARGV from 2: [ms] what is taken from each

local answer = { 'missing' }
for i, key in ipairs(KEYS) do
  local missing = math.max(redis.call('PTTL', key), 0) + tonumber(ARGV[i + 1])
  missing = math.min(math.ceil(missing), longest)
  redis.call('SET', key, '', 'PX', missing)
  answer[#answer + 1] = missing
end
return answer
