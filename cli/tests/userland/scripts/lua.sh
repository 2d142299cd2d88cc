# Closures, coroutines, metatables, strings, integers and floats, collection of garbage.
lua5.4 - <<'END'
local t = {} for i = 1, 200000 do t[i] = (i * 7919) % 200003 end
table.sort(t) local s = 0 for i, v in ipairs(t) do s = s + v * (i % 3) end
print(#t, t[1], t[#t], s)
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local sum = 0 for v in gen(10000) do sum = sum + v end print(sum)
local V = {} V.__index = V V.__add = function(a, b) return setmetatable({x = a.x + b.x}, V) end
V.__tostring = function(v) return "V(" .. v.x .. ")" end
print(tostring(setmetatable({x = 1}, V) + setmetatable({x = 2.5}, V)))
print(string.format("%q %5.2f %x %s", "a\nb", math.pi, 255, 1e15), 7 // 2, -7 // 2, 7 % -3, 1 << 62, 3 | 8, 2^53)
print(("key = value; k2 = v2"):gsub("(%w+) = (%w+)", "%2 = %1"))
print(math.maxinteger + 1 == math.mininteger, 10 / 2, 3 == 3.0, math.type(3.0), tostring(1/0), -0.0)
for i = 1, 50 do local garbage = {} for j = 1, 2000 do garbage[j] = {j} end end
collectgarbage() print(collectgarbage("count") < 10000)
print(pcall(error, {code = 3}), select("#", pcall(error)), xpcall(function() local x = nil; return x.y end, function(m) return m:match("index") end))
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end print(fib(22))
print(string.pack("<i4 >d z", 7, 1.5, "s"):byte(1, -1))
for w in io.lines(os.tmpname()) do end
goto done do print("skipped") end ::done::
os.exit(5)
END
echo "status $?"
