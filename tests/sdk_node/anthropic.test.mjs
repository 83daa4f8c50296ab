// The `@anthropic-ai/sdk` package: messages, their streams, tools, and counted tokens.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";

import {
  BROKEN, CITY, ENDLESS, GREETING, LIMITED, SILENT, assertBeginning, assertTellsNoSecret, breaking, brokenOff, drained,
  forget, key, rejection, untilBusy, untilFreed, upstreamCalls, url,
} from "./place.mjs";

const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
const messages = [{ role: "user", content: "Hi there." }];
const asked = { model: "claude", max_tokens: 256, messages };
const City = z.object({ city: z.string(), inhabitants: z.int() });
const weather = {
  name: "weather",
  description: "Tells the weather.",
  input_schema: { type: "object", properties: { place: { type: "string" } }, required: ["place"] },
};
const textOf = (event) => (event.type === "content_block_delta" ? event.delta.text : undefined);

beforeEach(forget);

describe("messages", () => {
  test("a plain answer has the text, the usage and an id to ask the operator about", async () => {
    const message = await client.messages.create(asked);

    assert.equal(message.content[0].text, GREETING);
    assert.equal(message.stop_reason, "end_turn");
    assert.equal(message.usage.output_tokens, 8);
    assert.ok(message._request_id.startsWith("req_"));
  });

  test("both ways to send a key are understood, and neither reaches the provider", async () => {
    for (const options of [{ apiKey: key }, { apiKey: null, authToken: key }]) {
      const caller = new Anthropic({ baseURL: url, maxRetries: 0, ...options });
      assert.equal((await caller.messages.create(asked)).content[0].text, GREETING);
    }
    const old = await fetch(`${url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": key, "anthropic-version": "2023-06-01", "content-type": "application/json" },
      body: JSON.stringify(asked),
    });
    assert.equal(old.status, 200);

    for (const call of await upstreamCalls()) {
      assert.equal(call.headers["x-api-key"], "***eway");
      assert.equal(call.headers.authorization, undefined);
    }
  });

  test("the version and the betas that the SDK names arrive as they are", async () => {
    await client.beta.messages.create({ ...asked, betas: ["one-2026-01-01", "two-2026-01-01"] });

    const [call] = await upstreamCalls();
    assert.equal(call.headers["anthropic-beta"], "one-2026-01-01,two-2026-01-01");
    assert.match(call.headers["anthropic-version"], /^20\d\d-\d\d-\d\d$/);
  });

  test("the stream helper puts the message together, with the usage of the last event", async () => {
    const pieces = [];
    const stream = client.messages.stream(asked).on("text", (text) => pieces.push(text));
    const message = await stream.finalMessage();

    assert.ok(pieces.length > 3);
    assert.equal(pieces.join(""), GREETING);
    assert.equal(message.content[0].text, GREETING);
    assert.equal(message.stop_reason, "end_turn");
    assert.equal(message.usage.output_tokens, 8);
  });

  test("thinking keeps its signature, plain and streamed", async () => {
    const plain = await client.messages.create({ ...asked, model: "anthropic/mock-think" });
    const streamed = await client.messages.stream({ ...asked, model: "anthropic/mock-think" }).finalMessage();

    for (const { content: [thought] } of [plain, streamed]) {
      assert.match(thought.thinking, /step by step/);
      assert.match(thought.signature, /^bW9jay1zaWduYXR1cmU\d{6}==$/);
    }
  });

  test("a thought goes back to the provider unchanged, to the last byte of its signature", async () => {
    const { content } = await client.messages.create({ ...asked, model: "anthropic/mock-think" });
    await forget();
    await client.messages.create({ ...asked, messages: [...messages, { role: "assistant", content }, ...messages] });

    const [call] = await upstreamCalls();
    assert.deepEqual(call.body.messages[1].content, content);
  });

  test("two parallel tool calls of a stream are put together again", async () => {
    const stream = client.messages.stream({ ...asked, model: "anthropic/mock-parallel", tools: [weather] });
    const message = await stream.finalMessage();

    assert.equal(message.stop_reason, "tool_use");
    assert.equal(new Set(message.content.map((block) => block.id)).size, 2);
    for (const block of message.content) assert.deepEqual(block.input, { place: "mock place" });
  });

  test("the runner calls a tool and hands its result back, plain and streamed", async () => {
    for (const stream of [false, true]) {
      await forget();
      const given = [];
      const tool = betaZodTool({
        name: "weather",
        description: "Tells the weather.",
        inputSchema: z.object({ place: z.string() }),
        run: (input) => {
          given.push(input);
          return "sunny";
        },
      });
      const question = [{ role: "user", content: "Please call the tool." }];
      const runner = client.beta.messages.toolRunner({ ...asked, messages: question, tools: [tool], stream });
      const last = await runner.runUntilDone();

      assert.match(last.content[0].text, /^Hello from the mock/);
      assert.deepEqual(given, [{ place: "mock place" }]);
      const [, second] = await upstreamCalls();
      assert.equal(second.body.messages.at(-1).content[0].type, "tool_result");
    }
  });

  test("structured output is parsed by the schema, plain and streamed", async () => {
    const shaped = { ...asked, output_config: { format: zodOutputFormat(City) } };
    const plain = await client.messages.parse(shaped);
    const streamed = await client.messages.stream(shaped).finalMessage();

    assert.deepEqual(plain.parsed_output, CITY);
    assert.deepEqual(streamed.parsed_output, CITY);
  });

  test("tokens are counted without being billed", async () => {
    const counted = await client.messages.countTokens({ model: "claude", messages });

    assert.ok(counted.input_tokens > 0);
  });

  test("a target that is overloaded is replaced before the caller notices", async () => {
    const plain = await client.messages.create({ ...asked, model: "claude-failover" }).withResponse();
    const stream = client.messages.stream({ ...asked, model: "claude-failover" });
    const { response } = await stream.withResponse();

    assert.equal(plain.data.content[0].text, GREETING);
    assert.equal(await stream.finalText(), GREETING);
    for (const served of [plain.response, response]) assert.equal(served.headers.get("x-octogate-attempts"), "2");
  });

  test("models are listed in Anthropic's own shape", async () => {
    const page = await client.models.list();

    assert.ok(page.data.some((model) => model.id === "claude" && model.type === "model"));
    assert.equal((await client.models.retrieve("claude")).id, "claude");
  });
});

describe("errors are the SDK's own classes", () => {
  const { AuthenticationError, BadRequestError, InternalServerError, NotFoundError } = Anthropic;
  const cases = [
    ["a wrong key", { apiKey: "sk-nobody" }, "claude", AuthenticationError, 401, "authentication_error"],
    ["an unknown model", {}, "nothing", NotFoundError, 404, "not_found_error"],
    ["a prompt that is too long", {}, "anthropic/mock--fault-context", BadRequestError, 400, "invalid_request_error"],
    ["a provider's limit", {}, `anthropic/${LIMITED}`, InternalServerError, 503, null],
    ["a provider that is overloaded", {}, "anthropic/mock--fault-http-529", InternalServerError, 503, null],
    ["an HTML page", {}, "anthropic/mock--fault-html", InternalServerError, 502, "api_error"],
    ["no answer at all", {}, "anthropic/mock--fault-close", InternalServerError, null, null],
    ["an answer that is not JSON", {}, "anthropic/mock--fault-badjson", InternalServerError, 502, "api_error"],
  ];
  for (const [name, options, model, expected, status, type] of cases) {
    for (const stream of [false, true]) {
      test(`${name}, ${stream ? "streamed" : "plain"}`, async () => {
        const error = await rejection(client.withOptions(options).messages.create({ ...asked, model, stream }));

        assert.ok(error instanceof expected, `${error.constructor.name}: ${error.message}`);
        if (status) assert.equal(error.status, status);
        if (type) assert.equal(error.type, type);
        if (model.endsWith(LIMITED)) assert.equal(error.headers.get("retry-after"), "7");
        assert.ok(error.requestID.startsWith("req_"));
        assert.equal(error.error.type, "error");
        assertTellsNoSecret(error);
      });
    }
  }

  test("the SDK's own retry succeeds after one refusal", async () => {
    const model = "anthropic/mock--s01--retry_after=0.05";
    const message = await client.messages.create({ ...asked, model }, { maxRetries: 1 });

    assert.equal(message.content[0].text, GREETING);
    assert.equal((await upstreamCalls()).length, 2);
  });
});

describe("a broken stream raises", () => {
  for (const fault of BROKEN) {
    const model = `anthropic/${breaking(fault)}`;

    test(`events: ${fault}`, async () => {
      const create = () => client.messages.create({ ...asked, model, stream: true });
      const { pieces, error } = await brokenOff(async () => drained(await create(), textOf));

      assertBeginning(pieces);
      assert.ok(error instanceof Anthropic.APIError, `${error?.constructor.name}: ${error?.message}`);
      assert.equal(error.error.type, "error");
      assertTellsNoSecret(error);
    });

    test(`helper: ${fault}`, async () => {
      const error = await rejection(client.messages.stream({ ...asked, model }).finalMessage());

      assert.ok(error instanceof Anthropic.AnthropicError, `${error?.constructor.name}: ${error?.message}`);
    });
  }
});

describe("giving up frees the upstream", () => {
  for (const stream of [false, true]) {
    test(`a ${stream ? "stream before its first piece" : "plain call"}`, async () => {
      const gone = new AbortController();
      const call = client.messages.create({ ...asked, model: `anthropic/${SILENT}`, stream }, { signal: gone.signal });
      const failed = rejection(call);
      await untilBusy();
      gone.abort();

      assert.ok((await failed) instanceof Anthropic.APIUserAbortError);
      await untilFreed();
    });
  }

  test("a stream in the middle, by the caller's signal", async () => {
    const gone = new AbortController();
    const model = `anthropic/${ENDLESS}`;
    const stream = client.messages.stream({ ...asked, max_tokens: 1000, model }, { signal: gone.signal });
    stream.on("text", () => gone.abort());

    assert.ok((await rejection(stream.finalMessage())) instanceof Anthropic.APIUserAbortError);
    const stats = await untilFreed();
    assert.ok(stats.output_tokens < 100, `${stats.output_tokens} of 600 tokens were made`);
  });

  test("a stream in the middle, by leaving the loop", async () => {
    const model = `anthropic/${ENDLESS}`;
    for await (const event of await client.messages.create({ ...asked, max_tokens: 1000, model, stream: true })) {
      if (textOf(event)) break;
    }

    await untilFreed();
  });
});
