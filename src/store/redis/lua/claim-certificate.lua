#!lua
-- claim-certificate.lua: what service a certificate belongs to; one that belongs to none is claimed
-- for a while, for whoever registers it may find it registered under another name
-- returns {'kept', sealed service} | {'claimed'} | {'own'} | {'none'}
local certificateKey = KEYS[1] -- string: sealed service
local service        = ARGV[1] -- [bytes] sealed, what it is claimed for; empty: only looks
local expiry         = ARGV[2] -- [seconds]

local present = redis.call('GET', certificateKey)
if present then
  if redis.call('TTL', certificateKey) < 0 then return { 'kept', present } end
  return { present == service and 'own' or 'claimed' }
end
if service == '' then return { 'none' } end
redis.call('SET', certificateKey, service, 'EX', expiry)
return { 'own' }
