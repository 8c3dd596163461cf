import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const url = process.env.PROXY_URL ?? assert.fail('start this with run.js');

// any key will do; its beginning is one that .ci/leaks looks for
const common = { apiKey: 'made-up-client-key', maxRetries: 0, timeout: 30_000 };

export const openai = new OpenAI({ ...common, baseURL: `${url}/v1` });
export const anthropic = new Anthropic({ ...common, baseURL: url });

export const providers = [
  { name: 'claude', model: 'claude-sonnet-4-5-20250929', operation: 'messages' },
  { name: 'codex', model: 'gpt-5.4', operation: 'responses' },
  { name: 'compatible', model: 'sandbox-chat', operation: 'chat' },
];

/** One suite for each provider. */
export function forEveryProvider(what, define) {
  for (const provider of providers) {
    describe(`${what}, ${provider.name}`, () => define(provider));
  }
}

/** One test with a stream and one without. */
export function bothWays(what, run) {
  for (const stream of [true, false]) {
    test(`${what} (${stream ? 'stream' : 'one answer'})`, () => run(stream));
  }
}

/** The account that answered is one of the provider's. */
export function assertServedBy(provider, text) {
  assert.match(text, new RegExp(`\\[served by ${provider.name}-\\d+\\]`));
}

const city = 'Pärìs "nord"';

/** A tool and a conversation that uses it: arguments with quotes, accents, a number that must keep its digits. */
export const weather = {
  name: 'get_weather',
  description: 'Tells the weather of a city.',
  schema: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city', 'days'], additionalProperties: false },
  input: { city, days: 9007199254740991 },
  ask: `[[call get_weather {"city": "Pärìs \\"nord\\"", "days": 9007199254740991}]] What is the weather?`,
  result: 'sunny, 21 °C',
};

/** What a structured answer must look like. */
export const report = {
  schema: {
    type: 'object',
    properties: {
      title: { type: 'string' },
      score: { type: 'integer' },
      isUrgent: { type: 'boolean' },
      kind: { type: 'string', enum: ['bug', 'wish'] },
      places: { type: 'array', items: { type: 'object', properties: { file: { type: 'string' } }, required: ['file'], additionalProperties: false } },
    },
    required: ['title', 'score', 'isUrgent', 'kind', 'places'],
    additionalProperties: false,
  },
  ask: 'Report "it" with üñíçødé.',
  assert(provider, parsed) {
    assert.deepEqual(Object.keys(parsed), this.schema.required);
    assert.match(parsed.title, /^You said: Report "it" with üñíçødé\./);
    assertServedBy(provider, parsed.title);
    assert.equal(parsed.places[0].file, parsed.title);
    assert.deepEqual([parsed.score, parsed.isUrgent, parsed.kind, parsed.places.length], [1, true, 'bug', 1]);
  },
};

export const thinking = {
  ask: '[[think]] Why is the sky blue?',
  words: 'Thinking about it step by step: Why is the sky blue?. Then I answer.',
  askAgain: '[[recall]] And at night?',
};

/** Tells the sandbox's control port what its providers shall do. */
export async function control(...commands) {
  const answer = await ask('POST', '/control', JSON.stringify(commands));
  assert.equal(answer.status, 200, await answer.text());
}

/** Names of the provider's accounts in the sandbox. */
export async function accountsOf(provider) {
  const { accounts } = await (await ask('GET', '/state')).json();
  return accounts.map((account) => account.name).filter((name) => name.startsWith(`${provider.name}-`));
}

function ask(method, path, body) {
  return fetch(process.env.CONTROL_URL + path, { method, body, headers: { authorization: `Bearer ${process.env.CONTROL_TOKEN}` } });
}
