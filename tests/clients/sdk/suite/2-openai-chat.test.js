// OpenAI Chat Completions by the official SDK.
import assert from 'node:assert/strict';
import { makeParseableResponseFormat } from 'openai/lib/parser';
import { assertServedBy, bothWays, forEveryProvider, openai, report, thinking, weather } from '../lib/matrix.js';

async function send(body, stream) {
  if (!stream) {
    const answer = await openai.chat.completions.parse(body);
    assertWhole(answer, 'chat.completion');
    return answer.choices[0].message;
  }

  const chunks = openai.chat.completions.stream({ ...body, stream_options: { include_usage: true } });
  let text = '';
  let reasoning = '';
  chunks.on('chunk', (chunk) => {
    assert.equal(chunk.object, 'chat.completion.chunk');
    text += chunk.choices[0]?.delta.content ?? '';
    reasoning += chunk.choices[0]?.delta.reasoning_content ?? '';
  });
  const answer = await chunks.finalChatCompletion();
  assertWhole(answer);
  const message = answer.choices[0].message;
  assert.equal(text, message.content ?? '');

  // the accumulator of the SDK joins only members that it knows
  return { ...message, reasoning_content: reasoning === '' ? undefined : reasoning };
}

function assertWhole(answer) {
  assert.equal(answer.object, 'chat.completion');
  assert.equal(answer.choices.length, 1);
  assert.equal(answer.choices[0].finish_reason, answer.choices[0].message.tool_calls?.length > 0 ? 'tool_calls' : 'stop');
  assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.completion_tokens > 0);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
}

forEveryProvider('OpenAI SDK, Chat', (provider) => {
  const { model } = provider;
  const system = { role: 'system', content: 'You are short.' };

  bothWays('answers with text', async (stream) => {
    const { content } = await send({ model, messages: [system, { role: 'user', content: 'Grüße "you"' }] }, stream);
    assert.match(content, /You said: Grüße "you"/);
    assertServedBy(provider, content);
  });

  bothWays('calls a tool and reads its result', async (stream) => {
    const tools = [{ type: 'function', function: { name: weather.name, description: weather.description, parameters: weather.schema, strict: true } }];
    const messages = [system, { role: 'user', content: weather.ask }];
    const message = await send({ model, messages, tools }, stream);
    assert.equal(message.tool_calls.length, 1);
    const [call] = message.tool_calls;
    assert.equal(call.function.name, weather.name);
    assert.deepEqual(JSON.parse(call.function.arguments), weather.input);
    assert.deepEqual(call.function.parsed_arguments, weather.input);

    messages.push(
      { role: 'assistant', content: message.content, tool_calls: [{ id: call.id, type: 'function', function: { name: call.function.name, arguments: call.function.arguments } }] },
      { role: 'tool', tool_call_id: call.id, content: weather.result },
    );
    const { content } = await send({ model, messages, tools }, stream);
    assert.ok(content.includes(`TOOL-DONE ${weather.result}`), content);
    assertServedBy(provider, content);
  });

  bothWays('answers in the schema that was asked for', async (stream) => {
    const format = makeParseableResponseFormat({ type: 'json_schema', json_schema: { name: 'report', strict: true, schema: report.schema } }, JSON.parse);
    const message = await send({ model, messages: [{ role: 'user', content: report.ask }], response_format: format }, stream);
    report.assert(provider, message.parsed);
  });

  bothWays('shows its reasoning; the dialect can hand back only unsigned text', async (stream) => {
    const messages = [{ role: 'user', content: thinking.ask }];
    const first = await send({ model, messages, reasoning_effort: 'medium' }, stream);
    assert.equal(first.reasoning_content, thinking.words);

    messages.push({ role: 'assistant', content: first.content, reasoning_content: first.reasoning_content }, { role: 'user', content: thinking.askAgain });
    const { content } = await send({ model, messages, reasoning_effort: 'medium' }, stream);
    assert.match(content, provider.name === 'compatible' ? /I recall 1 thoughts\./ : /I recall 0 thoughts\./);
  });
});
