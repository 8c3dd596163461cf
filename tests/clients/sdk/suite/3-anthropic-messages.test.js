// Anthropic Messages by the official SDK.
import assert from 'node:assert/strict';
import { assertServedBy, bothWays, forEveryProvider, anthropic, report, thinking, weather } from '../lib/matrix.js';

async function send(body, stream) {
  const events = [];
  const message = stream
    ? await anthropic.messages.stream(body).on('streamEvent', (event) => events.push(event)).finalMessage()
    : await anthropic.messages.parse(body);
  assert.equal(message.type, 'message');
  assert.equal(message.role, 'assistant');
  assert.equal(message.stop_reason, message.content.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn');
  assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0);
  if (stream) {
    assertInOrder(events, message);
  }

  return { message, text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join('') };
}

// one block at a time, numbered without a gap, each begun and ended once
function assertInOrder(events, message) {
  assert.equal(events[0].type, 'message_start');
  assert.equal(events.at(-1).type, 'message_stop');
  const begun = events.filter((event) => event.type === 'content_block_start').map((event) => event.index);
  assert.deepEqual(begun, message.content.map((_, index) => index));
  let open = null;
  for (const event of events) {
    if (event.type === 'content_block_start') {
      assert.equal(open, null);
      open = event.index;
    } else if (event.type === 'content_block_delta') {
      assert.equal(event.index, open);
    } else if (event.type === 'content_block_stop') {
      assert.equal(event.index, open);
      open = null;
    }
  }
}

forEveryProvider('Anthropic SDK, Messages', (provider) => {
  const base = { model: provider.model, max_tokens: 4096 };

  bothWays('answers with text', async (stream) => {
    const { text } = await send({ ...base, system: 'You are short.', messages: [{ role: 'user', content: 'Grüße "you"' }] }, stream);
    assert.match(text, /You said: Grüße "you"/);
    assertServedBy(provider, text);
  });

  bothWays('calls a tool and reads its result', async (stream) => {
    const tools = [{ name: weather.name, description: weather.description, input_schema: weather.schema }];
    const messages = [{ role: 'user', content: weather.ask }];
    const { message } = await send({ ...base, messages, tools }, stream);
    const calls = message.content.filter((block) => block.type === 'tool_use');
    assert.equal(calls.length, 1);
    assert.equal(calls[0].name, weather.name);
    assert.deepEqual(calls[0].input, weather.input);

    messages.push(
      { role: 'assistant', content: message.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: calls[0].id, content: weather.result }] },
    );
    const { text } = await send({ ...base, messages, tools }, stream);
    assert.ok(text.includes(`TOOL-DONE ${weather.result}`), text);
    assertServedBy(provider, text);
  });

  bothWays('answers in the schema that was asked for', async (stream) => {
    const format = { type: 'json_schema', schema: report.schema };
    const { message, text } = await send({ ...base, messages: [{ role: 'user', content: report.ask }], output_config: { format } }, stream);
    report.assert(provider, JSON.parse(text));
    if (!stream) {
      report.assert(provider, message.parsed_output);
    }
  });

  bothWays('shows its thinking and gets it back', async (stream) => {
    const options = { ...base, thinking: { type: 'enabled', budget_tokens: 2048 } };
    const messages = [{ role: 'user', content: thinking.ask }];
    const { message } = await send({ ...options, messages }, stream);
    const [block, ...others] = message.content.filter((b) => b.type === 'thinking');
    assert.deepEqual(others, []);
    assert.equal(block.thinking, thinking.words);
    if (provider.name !== 'compatible') {
      assert.ok(block.signature.length > 40);
    }

    messages.push({ role: 'assistant', content: message.content }, { role: 'user', content: thinking.askAgain });
    const { text } = await send({ ...options, messages }, stream);
    assert.match(text, /I recall 1 thoughts\./);
  });
});
