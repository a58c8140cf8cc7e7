import './engine-lua-settings.mjs'; // before fengari
// @ts-expect-error -- the package has no types
import fengari from 'fengari';
import { fail } from './engine-replies.mjs';

const { lua, lauxlib, to_luastring, to_jsstring } = fengari;

/** @typedef {any} State a `lua_State` */

/** Scripts as Lua has compiled them, by their text: to compile one takes longer than to run it. @type {Map<string, Uint8Array>} */
const compiled = new Map();
const MAX_COMPILED = 100;

/** Puts a script onto the stack. @param {State} L @param {string} script @param {string} name */
export function load(L, script, name) {
  const chunk = compiled.get(script);
  const failed = chunk
    ? lauxlib.luaL_loadbufferx(L, chunk, chunk.length, to_luastring(name), to_luastring('b'))
    : lauxlib.luaL_loadbuffer(L, to_luastring(script), null, to_luastring(name));
  if (failed) throw fail(`Error compiling script (new function): ${to_jsstring(lua.lua_tostring(L, -1))}`);
  if (chunk) return;
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(script, dumped(L));
}

/** The function on the stack, with what its errors name. @param {State} L */
function dumped(L) {
  /** @type {number[]} */
  const bytes = [];
  const write = (/** @type {State} */ _, /** @type {Uint8Array} */ part, /** @type {number} */ size) => {
    for (const byte of part.subarray(0, size)) bytes.push(byte);
    return 0;
  };
  lua.lua_dump(L, write, null, false);
  return Uint8Array.from(bytes);
}
