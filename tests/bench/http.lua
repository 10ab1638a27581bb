-- What wrk sends: page views of known visitors, as the tracker sends them. Environment: VISITORS, a file with a session's and a
-- profile's id in each line; DELAY, milliseconds between a connection's requests (default: none).
local visitors = {}
for line in io.lines(os.getenv("VISITORS")) do
  local session, profile = line:match("(%S+) (%S+)")
  visitors[#visitors + 1] = { session, profile }
end
local pause = tonumber(os.getenv("DELAY") or "0")

wrk.method = "POST"
wrk.headers["Content-Type"] = "text/plain"
wrk.headers["Accept"] = "application/json"
wrk.headers["Accept-Language"] = "de-DE,de;q=0.9,en;q=0.8"
wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36"
wrk.headers["X-Forwarded-For"] = "192.0.2.7"

local body = [[{"source":{"id":"shop"},"session":{"id":"%s"},"profile":{"id":"%s"},"context":{"time":{"tz":"Europe/Berlin"},"browser":{"local":{"browser":{"name":"Netscape","engine":"Gecko","appVersion":"5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36","userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36","language":"de-DE","onLine":true,"cookieEnabled":true},"device":{"platform":"Linux x86_64"}}},"screen":{"local":{"width":1920,"height":1080,"innerWidth":1440,"innerHeight":812,"availWidth":1920,"availHeight":1053,"colorDepth":24,"pixelDepth":24,"orientation":"landscape-primary"}}},"options":{},"events":[{"type":"page-view","properties":{"category":"espresso machines"},"context":{"page":{"url":"https://shop.example.com/espresso/classic-2","path":"/espresso/classic-2","hash":"","title":"Classic 2 – Example Shop","referer":{"host":null,"query":null},"history":{"length":2}}}}]}]]

function init()
  math.randomseed(os.time())
end

function delay()
  return pause
end

function request()
  local visitor = visitors[math.random(#visitors)]
  return wrk.format(nil, nil, nil, body:format(visitor[1], visitor[2]))
end

-- Requests a second, milliseconds in the middle and of the slowest hundredth, requests, errors.
function done(summary, latency)
  local errors = summary.errors
  io.write(("RESULT %.1f %.3f %.3f %d %d\n"):format(summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, summary.requests, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
