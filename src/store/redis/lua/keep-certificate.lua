#!lua
-- keep-certificate.lua: a certificate that was claimed belongs to its service for ever
-- returns {'done'} | {'gone'}
local certificateKey = KEYS[1] -- string: sealed service
local service        = ARGV[1] -- [bytes] sealed, what it was claimed for

if redis.call('GET', certificateKey) ~= service then return { 'gone' } end
redis.call('PERSIST', certificateKey)
return { 'done' }
