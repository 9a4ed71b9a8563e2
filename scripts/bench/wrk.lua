-- Sends the requests of a file one after another, each with a hit id of its own, and tells the outcome as
-- one line of JSON. Arguments: the file, a prefix that makes this run's hit ids its own, and milliseconds that
-- a connection rests on average between two requests.
local heads, tails, count, at = {}, {}, 0, 0
local prefix = ""
local rest = 0

function init(args)
  prefix = args[2]
  rest = tonumber(args[3])
  if rest > 0 then
    -- Known to wrk only if it is there at the start. Evenly spread, so that the connections do not beat in step.
    delay = function() return math.random(0, 2 * rest) end
  end
  local file = assert(io.open(args[1], "rb"))
  for head, tail in file:read("*a"):gmatch("([^%z]+)%z([^%z]+)%z") do
    count = count + 1
    heads[count], tails[count] = head, tail
  end
  file:close()
end

function request()
  at = at + 1
  local which = at % count + 1
  return heads[which] .. string.format("%s%012d", prefix, at) .. tails[which]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"p50":%.3f,"p99":%.3f,"failed":%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
