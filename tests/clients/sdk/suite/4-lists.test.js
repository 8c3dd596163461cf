// Counted tokens and lists of models, each in the form that its SDK reads.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { anthropic, forEveryProvider, openai, weather } from '../lib/matrix.js';

forEveryProvider('Anthropic SDK', ({ model }) => {
  test('counts tokens', async () => {
    const few = await anthropic.messages.countTokens({ model, messages: [{ role: 'user', content: 'hello' }] });
    const many = await anthropic.messages.countTokens({
      model,
      system: 'You are short.',
      messages: [{ role: 'user', content: 'lorem ipsum '.repeat(200) }],
      tools: [{ name: weather.name, description: weather.description, input_schema: weather.schema }],
    });
    assert.ok(few.input_tokens > 0 && few.input_tokens < 100, `${few.input_tokens}`);
    assert.ok(many.input_tokens > few.input_tokens + 200 && many.input_tokens < 2000, `${many.input_tokens}`);
  });

  test('finds the model in the list', async () => {
    const found = [];
    for await (const one of anthropic.models.list()) {
      found.push(one);
    }

    assert.ok(found.every((one) => one.type === 'model' && one.display_name.length > 0));
    assert.ok(found.some((one) => one.id === model), model);
    assert.equal((await anthropic.models.retrieve(model)).id, model);
  });
});

forEveryProvider('OpenAI SDK', ({ model }) => {
  test('finds the model in the list', async () => {
    const found = [];
    for await (const one of openai.models.list()) {
      found.push(one);
    }

    assert.ok(found.every((one) => one.object === 'model' && one.owned_by.length > 0));
    assert.ok(found.some((one) => one.id === model), model);
    assert.equal((await openai.models.retrieve(model)).id, model);
  });
});
