// Redis speaks Lua 5.1, where a whole number prints without `.0`; fengari is 5.3 and reads this at its start.
process.env.FENGARICONF ??= '{"LUA_COMPAT_FLOATSTRING":true}';
