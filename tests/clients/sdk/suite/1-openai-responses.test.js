// OpenAI Responses by the official SDK. Streams go through its own accumulator, whose result must be what one answer is.
import assert from 'node:assert/strict';
import { makeParseableTextFormat } from 'openai/lib/parser';
import { assertServedBy, bothWays, forEveryProvider, openai, report, thinking, weather } from '../lib/matrix.js';

async function send(body, stream) {
  if (!stream) {
    const answer = await openai.responses.parse(body);
    assertWhole(answer);
    return { answer, text: answer.output_text };
  }

  const events = openai.responses.stream(body);
  const seen = { text: '', arguments: '', reasoning: '' };
  let last = -1;
  events.on('event', (event) => {
    assert.ok(event.sequence_number > last, `${event.type} has number ${event.sequence_number} after ${last}`);
    last = event.sequence_number;
    seen.text += event.type === 'response.output_text.delta' ? event.delta : '';
    seen.arguments += event.type === 'response.function_call_arguments.delta' ? event.delta : '';
    seen.reasoning += event.type === 'response.reasoning_summary_text.delta' ? event.delta : '';
  });
  const answer = await events.finalResponse();
  assertWhole(answer);
  assert.equal(seen.text, answer.output.flatMap((item) => item.content ?? []).map((part) => part.text).join(''));
  assert.equal(seen.arguments, answer.output.filter((item) => item.type === 'function_call').map((item) => item.arguments).join(''));
  assert.equal(seen.reasoning, answer.output.flatMap((item) => item.summary ?? []).map((part) => part.text).join(''));
  return { answer, text: seen.text };
}

function assertWhole(answer) {
  assert.equal(answer.object, 'response');
  assert.equal(answer.status, 'completed');
  assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
  assert.equal(answer.usage.total_tokens, answer.usage.input_tokens + answer.usage.output_tokens);
  assert.ok(answer.output.every((item) => typeof item.id === 'string' && item.id.length > 0));
}

// what parse() and stream() add for the program that reads the answer is no part of the dialect
function handBack(output) {
  return JSON.parse(JSON.stringify(output, (name, value) => (name === 'parsed' || name === 'parsed_arguments' ? undefined : value)));
}

forEveryProvider('OpenAI SDK, Responses', (provider) => {
  const base = { model: provider.model, instructions: 'You are short.', store: false };

  bothWays('answers with text', async (stream) => {
    const { text } = await send({ ...base, input: 'Grüße "you"' }, stream);
    assert.match(text, /You said: Grüße "you"/);
    assertServedBy(provider, text);
  });

  bothWays('calls a tool and reads its result', async (stream) => {
    const tools = [{ type: 'function', name: weather.name, description: weather.description, parameters: weather.schema, strict: true }];
    const input = [{ role: 'user', content: weather.ask }];
    const { answer } = await send({ ...base, input, tools }, stream);
    const calls = answer.output.filter((item) => item.type === 'function_call');
    assert.equal(calls.length, 1);
    assert.equal(calls[0].name, weather.name);
    assert.deepEqual(JSON.parse(calls[0].arguments), weather.input);
    assert.deepEqual(calls[0].parsed_arguments, weather.input); // a strict tool's are parsed by the SDK

    input.push(...handBack(answer.output), { type: 'function_call_output', call_id: calls[0].call_id, output: weather.result });
    const { text } = await send({ ...base, input, tools }, stream);
    assert.ok(text.includes(`TOOL-DONE ${weather.result}`), text);
    assertServedBy(provider, text);
  });

  bothWays('answers in the schema that was asked for', async (stream) => {
    const format = makeParseableTextFormat({ type: 'json_schema', name: 'report', strict: true, schema: report.schema }, JSON.parse);
    const { answer } = await send({ ...base, input: report.ask, text: { format } }, stream);
    report.assert(provider, answer.output_parsed);
  });

  bothWays('shows its reasoning and gets it back', async (stream) => {
    const options = { ...base, reasoning: { effort: 'medium', summary: 'auto' }, include: ['reasoning.encrypted_content'] };
    const input = [{ role: 'user', content: thinking.ask }];
    const { answer } = await send({ ...options, input }, stream);
    const [reasoning, ...others] = answer.output.filter((item) => item.type === 'reasoning');
    assert.deepEqual(others, []);
    assert.equal(reasoning.summary.map((part) => part.text).join(''), thinking.words);
    if (provider.name !== 'compatible') {
      assert.ok(reasoning.encrypted_content.length > 40);
    }

    input.push(...handBack(answer.output), { role: 'user', content: thinking.askAgain });
    const { text } = await send({ ...options, input }, stream);
    assert.match(text, /I recall 1 thoughts\./);
  });
});
