/**
 * Notes that some items were seen together: once for each id, all or nothing. Each item's neighbours expire when they
 * have not been seen for long, so they may be evicted when memory is short; what is most frequent is kept for good.
 *
 * KEYS: the id's mark, the count of observations, the items, the pairs, the prefix of the neighbours.
 * ARGV: seconds for the mark, seconds for neighbours, most items, most pairs, most neighbours; then the items, sorted.
 */
export const OBSERVE = `
local FIRST = 6
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then return 0 end
local function bump(key, member, most)
  redis.call('ZINCRBY', key, 1, member)
  redis.call('ZREMRANGEBYRANK', key, 0, -(tonumber(most) + 1))
end
redis.call('INCR', KEYS[2])
for i = FIRST, #ARGV do
  bump(KEYS[3], ARGV[i], ARGV[3])
  for j = FIRST, #ARGV do
    if j > i then bump(KEYS[4], ARGV[i] .. '|' .. ARGV[j], ARGV[4]) end
    if j ~= i then bump(KEYS[5] .. ARGV[i], ARGV[j], ARGV[5]) end
  end
  redis.call('EXPIRE', KEYS[5] .. ARGV[i], ARGV[2])
end
return 1`;
