#!lua flags=allow-oom
-- drain-mailbox.lua: forgets what was read before and returns what follows; an entry that was read
-- and not forgotten is read again
-- returns {entry ...}
local mailboxKey = KEYS[1] -- list of entries, oldest first
local read       = tonumber(ARGV[1]) -- entries of the last call
local limit      = tonumber(ARGV[2])

if read > 0 then redis.call('LTRIM', mailboxKey, read, -1) end
return redis.call('LRANGE', mailboxKey, 0, limit - 1)
