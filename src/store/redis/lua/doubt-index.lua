#!lua flags=allow-oom
-- doubt-index.lua: somebody is about to drop an index, unless it is kept meanwhile
-- returns {'done'}
local doubtKey = KEYS[1] -- string: whose doubt it is
local doubt    = ARGV[1] -- [string] new for each
local expiry   = ARGV[2] -- [seconds]

redis.call('SET', doubtKey, doubt, 'EX', expiry)
return { 'done' }
