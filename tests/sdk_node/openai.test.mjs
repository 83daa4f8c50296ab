// The `openai` package: chat completions, responses, embeddings and models.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

import {
  BROKEN, CITY, ENDLESS, GREETING, LIMITED, SILENT, assertBeginning, assertTellsNoSecret, breaking, brokenOff, drained,
  forget, key, rejection, untilBusy, untilFreed, upstreamCalls, url,
} from "./place.mjs";

const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const messages = [{ role: "user", content: "Hi there." }];
const input = "Hi there.";
const City = z.object({ city: z.string(), inhabitants: z.int() });
const weather = {
  name: "weather",
  description: "Tells the weather.",
  parameters: {
    type: "object",
    properties: { place: { type: "string" } },
    required: ["place"],
    additionalProperties: false,
  },
  strict: true,
};
const tools = [{ type: "function", function: weather }];
const contentOf = (chunk) => chunk.choices[0]?.delta.content;
const deltasOf = (events) =>
  events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta);

beforeEach(forget);

describe("chat completions", () => {
  test("a plain answer has the text, the usage and the gateway's facts in its headers", async () => {
    const call = client.chat.completions.create({ model: "chat", messages });
    const { data, response, request_id } = await call.withResponse();

    assert.equal(data.choices[0].message.content, GREETING);
    assert.equal(data.choices[0].finish_reason, "stop");
    assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens);
    assert.ok(request_id.startsWith("req_"));
    assert.equal(response.headers.get("x-octogate-attempts"), "1");
    const [seen] = await upstreamCalls();
    assert.ok(!JSON.stringify(seen.headers).includes("x-stainless"), "what only concerns the caller stays here");
  });

  test("a stream comes in pieces, with usage in its last chunk when asked for", async () => {
    const stream = await client.chat.completions.create({
      model: "chat", messages, stream: true, stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);

    assert.ok(chunks.filter(contentOf).length > 3);
    assert.equal(chunks.map(contentOf).join(""), GREETING);
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.equal(chunks.at(-1).usage.completion_tokens, 8);
  });

  test("nobody gets usage that was not asked for", async () => {
    const stream = await client.chat.completions.create({ model: "chat", messages, stream: true });
    for await (const chunk of stream) {
      assert.equal(chunk.choices.length, 1);
      assert.equal(chunk.usage ?? null, null);
    }
  });

  test("the runner calls a tool and hands its result back", async () => {
    const asked = [];
    const answer = (given) => {
      asked.push(given);
      return "sunny";
    };
    const runner = client.chat.completions.runTools({
      model: "chat",
      messages: [{ role: "user", content: "Please call the tool." }],
      tools: [{ type: "function", function: { ...weather, parse: JSON.parse, function: answer } }],
    });

    assert.match(await runner.finalContent(), /^Hello from the mock/);
    assert.deepEqual(asked, [{ place: "mock place" }]);
    const [, second] = await upstreamCalls();
    assert.equal(second.body.messages.at(-1).content, "sunny");
  });

  test("two parallel tool calls of a stream are put together again", async () => {
    const stream = client.chat.completions.stream({ model: "openai/mock-parallel", messages, tools });
    const { choices: [choice] } = await stream.finalChatCompletion();

    assert.equal(choice.finish_reason, "tool_calls");
    assert.equal(choice.message.tool_calls.length, 2);
    assert.equal(new Set(choice.message.tool_calls.map((call) => call.id)).size, 2);
    for (const call of choice.message.tool_calls) {
      assert.deepEqual(JSON.parse(call.function.arguments), { place: "mock place" });
    }
  });

  test("structured output is parsed by the schema, plain and streamed", async () => {
    const asked = { model: "chat", messages, response_format: zodResponseFormat(City, "city") };
    const plain = await client.chat.completions.parse(asked);
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion();

    assert.deepEqual(plain.choices[0].message.parsed, CITY);
    assert.deepEqual(streamed.choices[0].message.parsed, CITY);
  });

  test("a target that is down is replaced before the caller notices", async () => {
    for (const stream of [false, true]) {
      const call = client.chat.completions.create({ model: "chat-failover", messages, stream });
      const { data, response } = await call.withResponse();
      const text = stream ? (await drained(data, contentOf)).pieces.join("") : data.choices[0].message.content;

      assert.equal(text, GREETING);
      assert.equal(response.headers.get("x-octogate-attempts"), "2");
    }
  });
});

describe("errors are the SDK's own classes", () => {
  const { AuthenticationError, BadRequestError, InternalServerError, NotFoundError } = OpenAI;
  const cases = [
    ["a wrong key", { apiKey: "sk-nobody" }, "chat", AuthenticationError, 401, "invalid_api_key"],
    ["an unknown model", {}, "nothing", NotFoundError, 404, "model_not_found"],
    ["a model of somebody else", { apiKey: `${key}-narrow` }, "embed", NotFoundError, 404, "model_not_found"],
    ["a prompt that is too long", {}, "openai/mock--fault-context", BadRequestError, 400, "context_length_exceeded"],
    ["a provider's limit", {}, `openai/${LIMITED}`, InternalServerError, 503, "upstream_rate_limited"],
    ["a provider that is down", {}, "openai/mock--fault-http-503", InternalServerError, 503, "upstream_unavailable"],
    ["an HTML page", {}, "openai/mock--fault-html", InternalServerError, 502, "upstream_broken"],
    ["an answer that is not JSON", {}, "openai/mock--fault-badjson", InternalServerError, 502, null],
    ["an error that says 200", {}, "openai/mock--fault-status200error", InternalServerError, null, null],
  ];
  for (const [name, options, model, expected, status, code] of cases) {
    for (const stream of [false, true]) {
      test(`${name}, ${stream ? "streamed" : "plain"}`, async () => {
        const error = await rejection(client.withOptions(options).chat.completions.create({ model, messages, stream }));

        assert.ok(error instanceof expected, `${error.constructor.name}: ${error.message}`);
        if (status) assert.equal(error.status, status);
        if (code) assert.equal(error.code, code);
        if (model.endsWith(LIMITED)) assert.equal(error.headers.get("retry-after"), "7");
        assert.ok(error.requestID.startsWith("req_"));
        assertTellsNoSecret(error);
      });
    }
  }

  test("a plain answer that is cut in half", async () => {
    const error = await rejection(client.chat.completions.create({ model: "openai/mock--fault-cut", messages }));

    assert.ok(error instanceof InternalServerError, `${error.constructor.name}: ${error.message}`);
    assert.equal(error.status, 502);
  });

  test("the SDK's own retry succeeds after one refusal", async () => {
    const answer = await client.chat.completions.create(
      { model: "openai/mock--s01--retry_after=0.05", messages }, { maxRetries: 1 },
    );

    assert.equal(answer.choices[0].message.content, GREETING);
    assert.equal((await upstreamCalls()).length, 2);
  });
});

describe("a broken stream raises", () => {
  for (const fault of BROKEN) {
    const model = `openai/${breaking(fault)}`;

    test(`chat completions: ${fault}`, async () => {
      const create = () => client.chat.completions.create({ model, messages, stream: true });
      const { pieces, error } = await brokenOff(async () => drained(await create(), contentOf));

      assertBeginning(pieces);
      assert.ok(error instanceof OpenAI.APIError, `${error?.constructor.name}: ${error?.message}`);
      assertTellsNoSecret(error);
    });

    test(`responses: ${fault}`, async () => {
      const create = () => client.responses.create({ model, input, stream: true });
      const { pieces: events, error } = await brokenOff(async () => drained(await create(), (event) => event));

      assertBeginning(deltasOf(events));
      assert.ok(error instanceof OpenAI.APIError, `${error?.constructor.name}: ${error?.message}`);
      assert.ok(!events.some((event) => event.type === "response.completed"));
      assertTellsNoSecret(error);
    });
  }
});

describe("giving up frees the upstream", () => {
  for (const stream of [false, true]) {
    test(`a ${stream ? "stream before its first piece" : "plain call"}`, async () => {
      const gone = new AbortController();
      const asked = { model: `openai/${SILENT}`, messages, stream };
      const failed = rejection(client.chat.completions.create(asked, { signal: gone.signal }));
      await untilBusy();
      gone.abort();

      assert.ok((await failed) instanceof OpenAI.APIUserAbortError);
      await untilFreed();
    });
  }

  test("a stream in the middle, by leaving the loop", async () => {
    const stream = await client.chat.completions.create({ model: `openai/${ENDLESS}`, messages, stream: true });
    for await (const chunk of stream) {
      if (contentOf(chunk)) break;
    }

    const stats = await untilFreed();
    assert.ok(stats.output_tokens < 100, `${stats.output_tokens} of 600 tokens were made`);
  });

  test("a response in the middle, by abort", async () => {
    const stream = await client.responses.create({ model: `openai/${ENDLESS}`, input, stream: true });
    for await (const event of stream) {
      if (event.type === "response.output_text.delta") stream.controller.abort();
    }

    const stats = await untilFreed();
    assert.ok(stats.output_tokens < 100, `${stats.output_tokens} of 600 tokens were made`);
  });
});

describe("responses", () => {
  test("a plain answer", async () => {
    const answer = await client.responses.create({ model: "chat", input });

    assert.equal(answer.output_text, GREETING);
    assert.equal(answer.status, "completed");
    assert.ok(answer.usage.input_tokens > 0);
  });

  test("a stream is numbered without a gap and ends with the whole response", async () => {
    const stream = await client.responses.create({ model: "chat", input, stream: true });
    const { pieces: events, error } = await drained(stream, (event) => event);

    assert.equal(error, null);
    assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, at) => at));
    assert.equal(deltasOf(events).join(""), GREETING);
    assert.equal(events.at(-1).type, "response.completed");
    assert.equal(events.at(-1).response.usage.output_tokens, 8);
  });

  test("a tool call, and the answer after its result", async () => {
    const stream = client.responses.stream({
      model: "chat", input: "Please call the tool.", tools: [{ type: "function", ...weather }],
    });
    const first = await stream.finalResponse();
    const call = first.output.find((item) => item.type === "function_call");
    assert.deepEqual(JSON.parse(call.arguments), { place: "mock place" });

    const { parsed_arguments: _, ...item } = call; // the SDK's own addition, which no provider accepts
    const second = await client.responses.create({
      model: "chat",
      input: [
        { role: "user", content: input },
        item,
        { type: "function_call_output", call_id: call.call_id, output: "sunny" },
      ],
    });
    assert.equal(second.output_text, `${GREETING} The tool said: sunny`);
  });

  test("structured output", async () => {
    const text = { format: zodTextFormat(City, "city") };
    const answer = await client.responses.parse({ model: "chat", input, text });

    assert.deepEqual(answer.output_parsed, CITY);
  });
});

test("embeddings arrive whole through the base64 that the SDK asks for by itself", async () => {
  const made = await client.embeddings.create({ model: "embed", input: ["one", "two"] });
  const plain = await client.embeddings.create({ model: "embed", input: ["one", "two"], encoding_format: "float" });

  const [asked] = await upstreamCalls();
  assert.equal(asked.body.encoding_format, "base64");
  assert.equal(made.data.length, 2);
  assert.equal(made.data[0].embedding.length, 64);
  for (const [at, value] of made.data[0].embedding.entries()) {
    assert.ok(Math.abs(value - plain.data[0].embedding[at]) < 1e-6);
  }
});

test("models are those that the key may use", async () => {
  const all = (await client.models.list()).data.map((model) => model.id);
  const few = (await client.withOptions({ apiKey: `${key}-narrow` }).models.list()).data.map((model) => model.id);

  assert.ok(all.includes("chat") && all.includes("claude"));
  assert.deepEqual(few, ["chat"]);
  assert.equal((await client.models.retrieve("chat")).object, "model");
});
