"""What Redis runs for the ledger: a whole batch at once, so that nothing comes between a check and its reservation.

Keys under {dream:<stack>}: `days:<month>` hashes "<dd>|<provider>|<settled, doubt, held or calls>" to a number,
`reserved` maps an id to its row in JSON, `day` is the highest day seen, `claims` a set. Lua's numbers are exact to
2^53 nano-dollars, nine million dollars a field. None of these keys has an end of life, so Redis evicts none of them.
"""

SCRIPT = """
local key = KEYS[1]

local function days(day) return key .. 'days:' .. string.sub(day, 1, 7) end

local function add(day, provider, what, amount)
  redis.call('HINCRBY', days(day), string.sub(day, 9) .. '|' .. provider .. '|' .. what, string.format('%.0f', amount))
end

local function today(given, keep)
  local known = redis.call('GET', key .. 'day')
  if known and known >= given then return known end
  if keep then redis.call('SET', key .. 'day', given) end
  return given
end

local function accounts(day, limits)
  local found = {}
  for place = 1, #limits do found[place] = {settled = 0, doubt = 0, held = 0} end
  if #limits == 0 then return found end
  local rows = redis.call('HGETALL', days(day))
  local number = string.sub(day, 9)
  for at = 1, #rows, 2 do
    local dd, provider, what = string.match(rows[at], '^(%d+)|(.*)|(%a+)$')
    for place, limit in ipairs(limits) do
      if what ~= 'calls' and (limit.period == 'month' or dd == number)
         and (limit.provider == '' or limit.provider == provider) then
        found[place][what] = found[place][what] + tonumber(rows[at + 1])
      end
    end
  end
  return found
end

local function taken(one) return one.settled + one.doubt + one.held end

local function shown(one)
  return {string.format('%.0f', one.settled), string.format('%.0f', one.doubt), string.format('%.0f', one.held)}
end

local function put(id, row) redis.call('HSET', key .. 'reserved', id, cjson.encode(row)) end

local function row_of(id)
  local found = redis.call('HGET', key .. 'reserved', id)
  return found and cjson.decode(found)
end

local function to_doubt(id, row, why)
  row.why = why
  put(id, row)
  add(row.day, row.provider, 'held', -tonumber(row.nano))
  add(row.day, row.provider, 'doubt', tonumber(row.nano))
end

local run = {}

function run.reserve(op)
  local day = today(op.day, true)
  local sums = accounts(day, op.limits)
  for place, limit in ipairs(op.limits) do
    if taken(sums[place]) + tonumber(op.nano) > tonumber(limit.nano) then return place end
  end
  if not row_of(op.id) then
    put(op.id, {day = day, provider = op.provider, nano = op.nano, instance = op.instance, start = op.start,
                at = op.at, why = ''})
    add(day, op.provider, 'held', tonumber(op.nano))
  end
  return 0
end

function run.settle(op)
  local row = row_of(op.id)
  if not row then return 0 end
  redis.call('HDEL', key .. 'reserved', op.id)
  add(row.day, row.provider, row.why == '' and 'held' or 'doubt', -tonumber(row.nano))
  add(row.day, row.provider, 'settled', tonumber(op.nano))
  if op.nano ~= '0' then add(row.day, row.provider, 'calls', 1) end
  return 0
end

function run.doubt(op)
  local row = row_of(op.id)
  if row and row.why == '' then to_doubt(op.id, row, op.why) end
  return 0
end

function run.adopt(op)
  local rows = redis.call('HGETALL', key .. 'reserved')
  for at = 1, #rows, 2 do
    local row = cjson.decode(rows[at + 1])
    if row.instance == op.instance and row.start ~= op.start and row.why == '' then to_doubt(rows[at], row, op.why) end
  end
  return 0
end

function run.add(op)
  local day = today(op.day, true)
  add(day, op.provider, 'settled', tonumber(op.nano))
  add(day, op.provider, 'calls', 1)
  return 0
end

function run.look(op)
  local day = today(op.day, false)
  local found = {}
  for place, one in ipairs(accounts(day, op.limits)) do found[place] = shown(one) end
  return {day, found}
end

function run.touch(op)
  redis.call('SET', key .. 'touched', op.value)
  return 0
end

function run.claim(op) return redis.call('SADD', key .. 'claims', op.key) end

local answers = {}
for place, op in ipairs(cjson.decode(ARGV[1])) do answers[place] = run[op.op](op) end
return cjson.encode(answers)
"""
