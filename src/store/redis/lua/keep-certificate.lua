#!lua
-- keep-certificate.lua: a certificate that was claimed belongs to its service for ever
-- returns {'done'} | {'gone'}
local certificateKey = KEYS[1] -- string: sealed service
local countsKey      = KEYS[2] -- hash of the partition's counts
local service        = ARGV[1] -- [bytes] sealed, what it was claimed for
local role           = ARGV[2] -- [string] a letter

if redis.call('GET', certificateKey) ~= service then return { 'gone' } end
-- once: a call may be repeated
if redis.call('PERSIST', certificateKey) == 1 then
  redis.call('HINCRBY', countsKey, 's' .. role, 1)
end
return { 'done' }
