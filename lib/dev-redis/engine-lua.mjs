import { createHash } from 'node:crypto';
import './engine-lua-settings.mjs'; // before fengari
// @ts-expect-error -- the package has no types
import fengari from 'fengari';
import { load } from './engine-chunks.mjs';
import { doubles, floatText } from './engine-numbers.mjs';
import { fail, integer, OK, Status } from './engine-replies.mjs';

const { lua, lauxlib, lualib, to_luastring, to_jsstring } = fengari;

/** @typedef {any} State a `lua_State` */

const sha1 = (/** @type {string} */ text) => createHash('sha1').update(text).digest('hex');

/**
 * EVAL, EVALSHA and SCRIPT. Scripts run to their end in one go, which makes them atomic.
 *
 * @param {(args: string[]) => unknown} call runs a command for a script
 */
export function createScripting(call) {
  /** @type {Map<string, string>} */
  const scripts = new Map();

  /** @param {string} script @param {string[]} args */
  function evaluate(script, [countText = '', ...rest]) {
    const count = Number(integer(countText));
    if (count < 0) throw fail("Number of keys can't be negative");
    if (count > rest.length) throw fail("Number of keys can't be greater than number of args");
    return runLua(script, rest.slice(0, count), rest.slice(count), call);
  }

  /** @type {Record<string, { arity: number, run: (args: string[]) => unknown }>} */
  const commands = {
    eval: {
      arity: 2,
      run([script, ...args]) {
        scripts.set(sha1(script), script);
        return evaluate(script, args);
      },
    },
    evalsha: {
      arity: 2,
      run([digest, ...args]) {
        const script = scripts.get(digest.toLowerCase());
        if (script === undefined) throw fail('No matching script. Please use EVAL.', 'NOSCRIPT');
        return evaluate(script, args);
      },
    },
    script: {
      arity: 1,
      run([verb, ...args]) {
        const name = verb.toLowerCase();
        if (name === 'load' && args.length === 1) {
          compile(args[0]);
          scripts.set(sha1(args[0]), args[0]);
          return sha1(args[0]);
        }
        if (name === 'exists' && args.length > 0)
          return args.map((digest) => (scripts.has(digest.toLowerCase()) ? 1 : 0));
        if (name === 'flush' && args.length === 0) {
          scripts.clear();
          return OK;
        }
        throw fail(`unknown subcommand or wrong number of arguments for '${verb}'. Try SCRIPT HELP.`);
      },
    },
  };
  return {
    /** @param {string} name */
    knows: (name) => Object.hasOwn(commands, name.toLowerCase()),
    /** @param {string} name @param {string[]} args */
    run(name, args) {
      const command = commands[name.toLowerCase()];
      if (args.length < command.arity) throw fail(`wrong number of arguments for '${name.toLowerCase()}' command`);
      return command.run(args);
    },
  };
}

/** A state with the script on its stack. @param {string} script @returns {State} */
function compile(script) {
  const L = lauxlib.luaL_newstate();
  load(L, doubles(script), '@user_script');
  return L;
}

/** Libraries that a script may use; no files, no processes, no modules. */
const LIBRARIES = {
  _G: lualib.luaopen_base,
  string: lualib.luaopen_string,
  table: lualib.luaopen_table,
  math: lualib.luaopen_math,
};
/** Functions that make whole numbers make doubles, as those of Lua 5.1 do. */
const PRELUDE = `
unpack = table.unpack
local function double(read)
  return function(...)
    local number = read(...)
    return number and number + 0.0
  end
end
tonumber, math.floor, math.ceil = double(tonumber), double(math.floor), double(math.ceil)
dofile, loadfile, load, print, require = nil
setmetatable(_G, {
  __index = function(_, name) error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2) end,
  __newindex = function(_, name) error("Attempt to modify a readonly table", 2) end,
})`;

/** @param {string} script @param {string[]} keys @param {string[]} args @param {(args: string[]) => unknown} call */
function runLua(script, keys, args, call) {
  const L = compile(script);
  for (const [name, open] of Object.entries(LIBRARIES)) {
    lauxlib.luaL_requiref(L, to_luastring(name), open, 1);
    lua.lua_pop(L, 1);
  }
  push(L, keys);
  lua.lua_setglobal(L, to_luastring('KEYS'));
  push(L, args);
  lua.lua_setglobal(L, to_luastring('ARGV'));
  pushRedis(L, call);
  load(L, PRELUDE, '=prelude');
  if (lua.lua_pcall(L, 0, 0, 0) !== lua.LUA_OK) throw fail(to_jsstring(lua.lua_tostring(L, -1)));
  lua.lua_settop(L, 1);
  if (lua.lua_pcall(L, 0, 1, 0) === lua.LUA_OK) return pull(L, -1);
  const thrown = lua.lua_istable(L, -1) ? field(L, 'err') : lua.lua_tostring(L, -1);
  const text = thrown === null ? 'unknown error' : to_jsstring(thrown);
  throw new Error(/^[A-Z]+ /.test(text) ? text : `ERR ${text}`);
}

/** @param {State} L @param {(args: string[]) => unknown} call */
function pushRedis(L, call) {
  /** @type {Record<string, (L: State) => number>} */
  const functions = {
    call: (state) => callCommand(state, call, true),
    pcall: (state) => callCommand(state, call, false),
    sha1hex(state) {
      lua.lua_pushstring(state, to_luastring(sha1(to_jsstring(lauxlib.luaL_checkstring(state, 1)))));
      return 1;
    },
    error_reply: (state) => pushField(state, 'err', `${to_jsstring(lauxlib.luaL_checkstring(state, 1))}`),
    status_reply: (state) => pushField(state, 'ok', to_jsstring(lauxlib.luaL_checkstring(state, 1))),
  };
  lua.lua_newtable(L);
  for (const [name, body] of Object.entries(functions)) {
    lua.lua_pushcfunction(L, body);
    lua.lua_setfield(L, -2, to_luastring(name));
  }
  lua.lua_setglobal(L, to_luastring('redis'));
}

/** @param {State} L @param {(args: string[]) => unknown} call @param {boolean} raise */
function callCommand(L, call, raise) {
  /** @type {string[]} */
  const args = [];
  for (let index = 1; index <= lua.lua_gettop(L); index += 1) {
    const type = lua.lua_type(L, index);
    if (type === lua.LUA_TNUMBER) args.push(floatText(lua.lua_tonumber(L, index)));
    else if (type === lua.LUA_TSTRING) args.push(to_jsstring(lua.lua_tostring(L, index)));
    else return refused(L, 'ERR Lua redis lib command arguments must be strings or integers', raise);
  }
  try {
    push(L, call(args));
    return 1;
  } catch (error) {
    return refused(L, error instanceof Error ? error.message : 'ERR internal', raise);
  }
}

/** A table with `err`: thrown for `call`, the answer of `pcall`. @param {State} L @param {string} text @param {boolean} raise */
function refused(L, text, raise) {
  pushField(L, 'err', text);
  return raise ? lua.lua_error(L) : 1;
}

/**
 * Reply → Lua: null is false, a status is a table with `ok`, a number a double as every number of Lua 5.1; fengari's
 * integers have 32 bits, and a month in milliseconds does not fit.
 *
 * @param {State} L @param {unknown} reply
 */
function push(L, reply) {
  if (reply === null || reply === undefined) lua.lua_pushboolean(L, false);
  else if (typeof reply === 'number') lua.lua_pushnumber(L, reply);
  else if (typeof reply === 'string') lua.lua_pushstring(L, to_luastring(reply));
  else if (reply instanceof Status) pushField(L, 'ok', reply.text);
  else {
    lua.lua_newtable(L);
    for (const [index, part] of /** @type {unknown[]} */ (reply).entries()) {
      push(L, part);
      lua.lua_rawseti(L, -2, index + 1);
    }
  }
}

/** @param {State} L @param {string} name @param {string} text */
function pushField(L, name, text) {
  lua.lua_newtable(L);
  lua.lua_pushstring(L, to_luastring(text));
  lua.lua_setfield(L, -2, to_luastring(name));
  return 1;
}

/** A string field of the table on top, or null. @param {State} L @param {string} name */
function field(L, name) {
  lua.lua_pushstring(L, to_luastring(name));
  lua.lua_rawget(L, -2);
  const value = lua.lua_type(L, -1) === lua.LUA_TSTRING ? lua.lua_tostring(L, -1) : null;
  lua.lua_pop(L, 1);
  return value;
}

/** Lua → reply: numbers lose their fraction, true is 1, false and nil are null, a list ends at its first nil. @param {State} L @param {number} index @returns {unknown} */
function pull(L, index) {
  const type = lua.lua_type(L, index);
  if (type === lua.LUA_TSTRING) return to_jsstring(lua.lua_tostring(L, index));
  if (type === lua.LUA_TNUMBER) return Math.trunc(lua.lua_tonumber(L, index));
  if (type === lua.LUA_TBOOLEAN) return lua.lua_toboolean(L, index) ? 1 : null;
  if (type !== lua.LUA_TTABLE) return null;
  const error = field(L, 'err');
  if (error) throw new Error(to_jsstring(error));
  const status = field(L, 'ok');
  if (status) return new Status(to_jsstring(status));
  const list = [];
  for (let at = 1; lua.lua_rawgeti(L, -1, at) !== lua.LUA_TNIL; at += 1) {
    list.push(pull(L, -1));
    lua.lua_pop(L, 1);
  }
  lua.lua_pop(L, 1);
  return list;
}
