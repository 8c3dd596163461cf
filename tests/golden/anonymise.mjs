// Makes golden request bodies out of captured ones: every prose string becomes made-up words of the same UTF-8 length;
// structure, member names and order, white space, escapes, numbers, ids' shape and enum-like values stay.
//
//   node tests/golden/anonymise.mjs CAPTURE OUT [CAPTURE OUT ...]
//
// All captures of a set go into one call: the made-up words are checked against the words of all of them, and the
// script fails when one of the captured words, or a word of the list below, is still there. How to capture: run a client
// against `--sandbox` with a recording proxy in between; spec/clients.md 3-5 has each one's settings.
import fs from 'node:fs';
import crypto from 'node:crypto';

/** Members whose short values are part of the protocol. */
const enumLike = new Set(['type', 'role', 'model', 'media_type', 'status', 'phase', 'effort', 'summary', 'display', 'tool_choice', 'verbosity',
  'keep', 'ttl', 'syntax', 'format', 'context', 'name', 'namespace', 'required', 'include', '$schema', 'pattern', 'reasoning_effort', 'execution', 'search_content_types']);
const enumValue = /^[A-Za-z0-9_.:-]{1,64}$/;
/** Kept whole: the sandbox made them up. */
const opaque = new Set(['signature', 'encrypted_content', 'data']);
const ids = new Set(['id', 'call_id', 'tool_use_id', 'tool_call_id', 'user_id', 'prompt_cache_key', 'safety_identifier']);
/** Prefixes that our own code looks for. */
const marks = ['x-anthropic-billing-header:'];
const forbidden = /\b(anthropic|openai|chatgpt|factory|droid|codex|claude|opus|sonnet|haiku|sandbox|assistant|agent|terminal|repository|golden|token|lab|root)\b/i;

const hash = text => crypto.createHash('sha256').update(text).digest();
const vowels = 'aeiou', consonants = 'bdfgklmnprstvz';

/** Splits a raw JSON string into units: one escape or one character each, with the character that it stands for. */
function units(raw) {
  const all = [];
  for (let i = 0; i < raw.length;) {
    const length = raw[i] !== '\\' ? 1 : raw[i + 1] === 'u' ? 6 : 2;
    const piece = raw.slice(i, i += length);
    all.push({ piece, char: length === 1 ? piece : JSON.parse(`"${piece}"`) });
  }
  return all;
}

/** True for the units of a JSON text inside of a string that are not inside of one of its values: they stay. */
function embedded(all) {
  const keep = new Array(all.length).fill(true);
  let open = -1;
  for (let i = 0; i < all.length; i++) {
    const c = all[i].char;
    if (open >= 0 && c === '\\') { i += all[i + 1]?.char === 'u' ? 5 : 1; }
    else if (c === '"' && open < 0) { open = i; }
    else if (c === '"') {
      if (all[i + 1]?.char !== ':') {
        for (let k = open + 1; k < i; k++) {
          if (all[k].char === '\\') { k += all[k + 1]?.char === 'u' ? 5 : 1; } else { keep[k] = false; }
        }
      }
      open = -1;
    }
  }
  return keep;
}

function isJson(text) {
  if (!/^[[{]/.test(text)) { return false; }
  try { JSON.parse(text); return true; } catch { return false; }
}

const isWord = c => c !== undefined && c.length === 1 && /[A-Za-z]/.test(c);

function anonymise(raw, taken, isId) {
  const all = units(raw);
  const keep = isJson(all.map(u => u.char).join('')) ? embedded(all) : new Array(all.length).fill(false);
  const mark = marks.find(m => raw.startsWith(m))?.length ?? 0;
  let out = '';
  for (let i = 0; i < all.length;) {
    const { piece } = all[i];
    if (i < mark || keep[i] || piece.length > 1) { out += piece; i++; continue; }
    if (isId && /[0-9a-f]/.test(piece)) {
      let end = i;
      while (end < all.length && !keep[end] && /^[0-9a-f-]$/.test(all[end].piece)) { end++; }
      const run = all.slice(i, end).map(u => u.piece).join('');
      out += run.length >= 8 ? hex(run) : run;
      i = end;
    } else if (isId) {
      out += piece; i++;
    } else if (/[0-9]/.test(piece)) {
      // no leading zero where there was none
      out += piece === '0' ? '0' : String(1 + hash(`${i}.${piece}`)[0] % 9); i++;
    } else if (isWord(piece)) {
      let end = i;
      while (end < all.length && !keep[end] && isWord(all[end].piece)) { end++; }
      out += word(all.slice(i, end).map(u => u.piece).join(''), taken);
      i = end;
    } else { out += piece; i++; }
  }
  return out;
}

const hex = run => [...run].map((c, i) => c === '-' ? c : (hash(run)[i % 32] >> (i < 32 ? 0 : 4) & 15).toString(16)).join('');

/** A made-up word with the length and the case of the one given, always the same for the same one. */
function word(given, taken) {
  for (let salt = 0; ; salt++) {
    const bytes = hash(`${salt}.${given.toLowerCase()}`);
    const offset = bytes[31] & 1;
    const made = [...given].map((c, i) => {
      const letters = (i + offset) % 2 ? vowels : consonants;
      const letter = letters[(bytes[i % 31] + i) % letters.length];
      return c === c.toUpperCase() ? letter.toUpperCase() : letter;
    }).join('');
    if (made.length < 4 || (!taken.has(made.toLowerCase()) && !forbidden.test(made))) { return made; }
  }
}

/** Walks a body and rewrites its string values; `path` holds the member names above. */
function walk(text, onString) {
  let i = 0, out = '';
  const space = () => { while (/\s/.test(text[i] ?? '')) { out += text[i++]; } };
  const string = () => {
    const start = ++i;
    while (text[i] !== '"') { i += text[i] === '\\' ? 2 : 1; }
    return text.slice(start, i++);
  };
  const value = path => {
    space();
    const c = text[i];
    if (c === '"') { out += `"${onString(string(), path)}"`; }
    else if (c === '{' || c === '[') {
      out += c; i++; space();
      while (text[i] !== '}' && text[i] !== ']') {
        if (c === '{') {
          const name = string();
          out += `"${name}"`; space(); out += text[i++];
          value([...path, name]);
        } else { value(path); }
        space();
        if (text[i] === ',') { out += text[i++]; space(); }
      }
      out += text[i++];
    } else { while (i < text.length && !/[\s,\]}]/.test(text[i])) { out += text[i++]; } }
  };
  value([]); space();
  return out;
}

function kept(raw, path) {
  const name = path.at(-1);
  // a member of a schema's "properties" may have any name, but its values are objects
  return opaque.has(name) || (enumLike.has(name) && (enumValue.test(raw) || name === '$schema' || name === 'pattern'))
    || (ids.has(name) && raw.includes('_sandbox_'));
}

const isIdentifier = (raw, path) => ids.has(path.at(-1)) || /^[0-9a-f-]{32,36}(:\d+)?$/.test(raw);

const pairs = process.argv.slice(2);
const taken = new Set();
for (let p = 0; p < pairs.length; p += 2) {
  walk(fs.readFileSync(pairs[p], 'utf8'), (raw, path) => {
    if (!kept(raw, path)) { for (const w of raw.replace(/\\./g, ' ').match(/[A-Za-z]{4,}/g) ?? []) { taken.add(w.toLowerCase()); } }
    return raw;
  });
}

for (let p = 0; p < pairs.length; p += 2) {
  const bytes = fs.readFileSync(pairs[p]);
  const made = Buffer.from(walk(bytes.toString('utf8'), (raw, path) => kept(raw, path) ? raw : anonymise(raw, taken, isIdentifier(raw, path))));
  JSON.parse(made);
  const left = [];
  walk(made.toString('utf8'), (raw, path) => {
    if (!kept(raw, path) && !isIdentifier(raw, path)) {
      const all = units(raw);
      const inside = isJson(all.map(u => u.char).join('')) ? embedded(all) : [];
      const mark = marks.find(m => raw.startsWith(m))?.length ?? 0;
      const prose = all.map((u, i) => i < mark || inside[i] || u.piece.length > 1 ? ' ' : u.piece).join('');
      for (const w of prose.match(/[A-Za-z]{4,}/g) ?? []) { if (taken.has(w.toLowerCase()) || forbidden.test(w)) { left.push(`${path.join('.')}: ${w}`); } }
    }
    return raw;
  });
  if (made.length !== bytes.length || left.length > 0) {
    console.error(`${pairs[p]}: ${bytes.length} bytes became ${made.length}; still there: ${[...new Set(left)].slice(0, 20).join(', ')}`);
    process.exitCode = 1;
  } else {
    fs.writeFileSync(pairs[p + 1], made);
  }
}
