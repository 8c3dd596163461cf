// Errors by the SDKs' own classes: before an answer has begun, and in the midst of one.
import { afterEach, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { accountsOf, anthropic, bothWays, control, forEveryProvider, openai } from '../lib/matrix.js';

const words = 'this was made wrong on purpose';
const bodies = {
  claude: { type: 'error', error: { type: 'invalid_request_error', message: words } },
  codex: { error: { type: 'invalid_request_error', code: 'invalid_value', param: 'input', message: words } },
  compatible: { error: { type: 'invalid_request_error', code: null, param: null, message: words } },
};

const messages = [{ role: 'user', content: '[[n=40]] hello' }];
const calls = {
  Messages: {
    sdk: Anthropic,
    start: (model, stream) => anthropic.messages.create({ model, max_tokens: 100, messages, stream }),
    isEnd: (event) => event.type === 'message_stop',
    hasText: (event) => event.type === 'content_block_delta',
  },
  Chat: {
    sdk: OpenAI,
    start: (model, stream) => openai.chat.completions.create({ model, messages, stream }),
    isEnd: (chunk) => chunk.choices[0]?.finish_reason != null,
    hasText: (chunk) => chunk.choices[0]?.delta.content?.length > 0,
  },
  Responses: {
    sdk: OpenAI,
    start: (model, stream) => openai.responses.create({ model, input: messages, store: false, stream }),
    isEnd: (event) => event.type === 'response.completed',
    hasText: (event) => event.type === 'response.output_text.delta',
  },
};

async function everyAccount(provider, command) {
  await control(...(await accountsOf(provider)).map((account) => ({ ...command, account })));
}

for (const [dialect, call] of Object.entries(calls)) {
  forEveryProvider(`Errors, ${dialect}`, (provider) => {
    afterEach(() => everyAccount(provider, { do: 'clear' }));

    bothWays('a 400 of the provider keeps its status and message', async (stream) => {
      await everyAccount(provider, { do: 'fault', operation: provider.operation, status: 400, body: JSON.stringify(bodies[provider.name]) });
      await assert.rejects(call.start(provider.model, stream), (error) => {
        assert.ok(error instanceof call.sdk.BadRequestError, `${error}`);
        assert.equal(error.status, 400);
        assert.ok(error.message.includes(words), error.message);
        assert.match(error.type ?? error.error.error.type, /^invalid_request_error$/);
        return true;
      });
    });

    // of a kind that is the request's fault: the account stays in use for the next test
    test('an error in the midst of a stream is never a clean end', async () => {
      await everyAccount(provider, { do: 'fault', operation: provider.operation, place: 'afterEvents', event: 12, errorCode: 'invalid_request_error', errorMessage: words });
      const seen = [];
      let thrown = null;
      try {
        for await (const event of await call.start(provider.model, true)) {
          seen.push(event);
        }
      } catch (error) {
        thrown = error;
      }

      assert.ok(seen.some(call.hasText), 'some text came first');
      assert.ok(!seen.some(call.isEnd), 'it did not end as a whole answer does');
      if (dialect === 'Responses' && thrown === null) {
        // this SDK hands the failure out as an event
        assert.equal(seen.at(-1).type, 'response.failed');
        assert.ok(seen.at(-1).response.error.message.includes(words));
      } else {
        assert.ok(thrown instanceof call.sdk.APIError, `${thrown}`);
        assert.ok(thrown.message.includes(words), thrown.message);
      }
    });
  });
}

describe('Errors of the proxy itself', () => {
  test('an unknown model is named, by either SDK', async () => {
    const model = 'no-such-model';
    await assert.rejects(anthropic.messages.create({ model, max_tokens: 10, messages }), (error) => error instanceof Anthropic.NotFoundError && error.message.includes(model));
    await assert.rejects(openai.chat.completions.create({ model, messages }), (error) => error instanceof OpenAI.NotFoundError && error.message.includes(model));
    await assert.rejects(openai.responses.create({ model, input: 'hi' }), (error) => error instanceof OpenAI.NotFoundError && error.message.includes(model));
  });

  test('a request without messages is a bad one', async () => {
    const model = 'gpt-5.4';
    await assert.rejects(anthropic.messages.create({ model, max_tokens: 10 }), Anthropic.BadRequestError);
    await assert.rejects(openai.chat.completions.create({ model }), OpenAI.BadRequestError);
  });
});
