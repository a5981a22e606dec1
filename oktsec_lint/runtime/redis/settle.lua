-- `core.calls.ledger.settle` in one step for every gateway: looks at everything in order, and only when all of it holds
-- uses it up. Returns 0, or the number of the check that does not hold.
--
-- KEYS: one for each check, then one for each mark.
-- ARGV: the time ('' is this server's own), how long marks last in milliseconds, the gateway, how long its slots last
-- without a sign of it in milliseconds, the number of checks; then for each check
--   'window', amount, limit, length     amounts as `high low` of base 10^15, because numbers here are doubles
--   'slot', limit, how many this gateway has
--   'pause', length
-- Times are microseconds. What `core.calls.windows` says of a window holds for the list here: `first last high low` of
-- each use, oldest first, and the sum of all of them under `<key>:sum`.

local EXACT, PARTS, BASE = 64, 64, 1e15
local marked_for, gateway, lease, checks = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1e6 + tonumber(time[2])
end

local function numbers(text)
  local found = {}
  for number in string.gmatch(text, '%S+') do
    found[#found + 1] = tonumber(number)
  end
  return found
end

local function plus(high, low, more_high, more_low)
  local sum = low + more_low
  if sum >= BASE then
    return high + more_high + 1, sum - BASE
  end
  return high + more_high, sum
end

local function minus(high, low, less_high, less_low)
  if low < less_low then
    return high - less_high - 1, low + BASE - less_low
  end
  return high - less_high, low - less_low
end

local writes = {}

local function window(key, amount, limit, length)
  local sum = numbers(redis.call('GET', key .. ':sum') or '0 0')
  local high, low, old = sum[1], sum[2], 0
  while true do
    local text = redis.call('LINDEX', key, old)
    local oldest = text and numbers(text)
    if not oldest or not (now - oldest[2] >= length) then
      break
    end
    high, low = minus(high, low, oldest[3], oldest[4])
    old = old + 1
  end
  high, low = plus(high, low, amount[1], amount[2])
  if high > limit[1] or (high == limit[1] and low > limit[2]) then
    return false
  end
  if amount[1] > 0 or amount[2] > 0 then
    writes[#writes + 1] = function()
      local lasts = math.ceil(length / 1000) + 1
      -- The first write of a script is what a full server refuses, and then nothing has been written.
      redis.call('SET', key .. ':sum', string.format('%.0f %.0f', high, low), 'PX', lasts)
      local latest = redis.call('LLEN', key) - old >= EXACT and numbers(redis.call('LINDEX', key, -1))
      if latest and not (now - latest[1] >= length / PARTS) then
        local joined_high, joined_low = plus(latest[3], latest[4], amount[1], amount[2])
        local joined = { latest[1], math.max(latest[2], now), joined_high, joined_low }
        redis.call('LSET', key, -1, string.format('%.0f %.0f %.0f %.0f', unpack(joined)))
      else
        redis.call('RPUSH', key, string.format('%.0f %.0f %.0f %.0f', now, now, amount[1], amount[2]))
      end
      redis.call('LTRIM', key, old, -1)
      redis.call('PEXPIRE', key, lasts)
    end
  end
  return true
end

local function slot(key, limit, ours)
  local running, counts = ours, redis.call('HGETALL', key)
  for index = 1, #counts, 2 do
    if counts[index] ~= gateway then
      if redis.call('EXISTS', 'oktsec:gateway:' .. counts[index]) == 1 then
        running = running + tonumber(counts[index + 1])
      else
        redis.call('HDEL', key, counts[index])
      end
    end
  end
  if running >= limit then
    return false
  end
  writes[#writes + 1] = function()
    redis.call('HSET', key, gateway, ours + 1)
    redis.call('PEXPIRE', key, lease)
    redis.call('SET', 'oktsec:gateway:' .. gateway, '', 'PX', lease)
  end
  return true
end

local function pause(key, length)
  local last = tonumber(redis.call('GET', key) or nil)
  return last == nil or now - last >= length
end

local at = 6
for check = 1, checks do
  local kind, key, holds = ARGV[at], KEYS[check], nil
  if kind == 'window' then
    holds = window(key, numbers(ARGV[at + 1]), numbers(ARGV[at + 2]), tonumber(ARGV[at + 3]))
    at = at + 4
  elseif kind == 'slot' then
    holds = slot(key, tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]))
    at = at + 3
  else
    holds = pause(key, tonumber(ARGV[at + 1]))
    at = at + 2
  end
  if not holds then
    return check
  end
end
if ARGV[at] == 'denied' then
  return 0
end
for _, write in ipairs(writes) do
  write()
end
for index = checks + 1, #KEYS do
  local last = tonumber(redis.call('GET', KEYS[index]) or nil)
  redis.call('SET', KEYS[index], string.format('%.0f', math.max(now, last or now)), 'PX', marked_for)
end
return 0
