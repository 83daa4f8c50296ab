// The `ai` package with its providers: OpenAI (both dialects), OpenAI-compatible, Anthropic and Google.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, Output, embedMany, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

import {
  BROKEN, CITY, ENDLESS, GREETING, SILENT, assertBeginning, assertTellsNoSecret, breaking, brokenOff, forget,
  isBare, key, rejection, untilBusy, untilFreed, upstreamCalls, url,
} from "./place.mjs";

const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: key });
const compatible = createOpenAICompatible({
  name: "octogate", baseURL: `${url}/v1`, apiKey: key, includeUsage: true, supportsStructuredOutputs: true,
});
const anthropic = createAnthropic({ baseURL: `${url}/v1`, apiKey: key });
const google = createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: key });

// The Google provider takes an id with a slash for a whole path.
const providers = {
  "openai (responses)": { model: openai, group: "chat", direct: (name) => openai(`openai/${name}`) },
  "openai (chat)": { model: openai.chat, group: "chat", direct: (name) => openai.chat(`openai/${name}`) },
  "openai-compatible": { model: compatible, group: "chat", direct: (name) => compatible(`openai/${name}`) },
  anthropic: { model: anthropic, group: "claude", direct: (name) => anthropic(`anthropic/${name}`) },
  google: { model: google, group: "flash", direct: (name) => google(`models/gemini/${name}`) },
};

const asked = { prompt: "Hi there.", maxRetries: 0, maxOutputTokens: 1000 };
const City = z.object({ city: z.string(), inhabitants: z.int() });

beforeEach(forget);

for (const [provider, { model, group, direct }] of Object.entries(providers)) {
  describe(provider, () => {
    test("a plain answer has the text, the reason of its end and the usage", async () => {
      const { text, finishReason, usage } = await generateText({ ...asked, model: model(group) });

      assert.equal(text, GREETING);
      assert.equal(finishReason, "stop");
      assert.equal(usage.outputTokens, 8);
      assert.ok(usage.inputTokens > 0);
    });

    test("a stream comes in pieces and ends with the usage", async () => {
      const { pieces, error, result } = await streamed({ model: model(group) });

      assert.equal(error, undefined);
      assert.ok(pieces.length > 3);
      assert.equal(pieces.join(""), GREETING);
      assert.equal(await result.finishReason, "stop");
      assert.equal((await result.usage).outputTokens, 8);
    });

    test("a tool is called and its result handed back, plain and streamed", async () => {
      const given = [];
      const weather = tool({
        description: "Tells the weather.",
        inputSchema: z.object({ place: z.string() }),
        execute: async (input) => {
          given.push(input);
          return "sunny";
        },
      });
      const prompt = "Please call the tool.";
      const looped = { prompt, tools: { weather }, stopWhen: stepCountIs(3), model: model(group) };
      const plain = await generateText({ ...asked, ...looped });
      const { pieces, error } = await streamed(looped);

      assert.equal(error, undefined);
      assert.match(plain.text, /^Hello from the mock/);
      assert.match(pieces.join(""), /^Hello from the mock/);
      assert.deepEqual(given, [{ place: "mock place" }, { place: "mock place" }]);
      assert.equal((await upstreamCalls()).length, 4);
    });

    test("two parallel tool calls of a stream both arrive whole", async () => {
      const tools = { weather: tool({ inputSchema: z.object({ place: z.string() }) }) };
      const { error, result } = await streamed({ model: direct("mock-parallel"), tools });

      assert.equal(error, undefined);
      const calls = await result.toolCalls;
      assert.deepEqual(calls.map((call) => call.input), [{ place: "mock place" }, { place: "mock place" }]);
      assert.equal(new Set(calls.map((call) => call.toolCallId)).size, 2);
    });

    test("structured output is parsed by the schema, plain and streamed", async () => {
      const shaped = { model: model(group), output: Output.object({ schema: City, name: "city" }) };
      const plain = await generateText({ ...asked, ...shaped });
      const { result } = await streamed(shaped);

      assert.deepEqual(plain.output, CITY);
      assert.deepEqual(await result.output, CITY);
    });

    for (const [name, wrong, status] of [
      ["an unknown model", () => model("nothing"), 404],
      ["a prompt that is too long", () => direct("mock--fault-context"), 400],
      ["a provider that is down", () => direct("mock--fault-http-503"), 503],
      ["an HTML page", () => direct("mock--fault-html"), 502],
    ]) {
      test(`${name} is an APICallError, plain and streamed`, async () => {
        const plain = await rejection(generateText({ ...asked, model: wrong() }));
        const { error } = await streamed({ model: wrong() });

        for (const failed of [plain, error]) {
          assert.ok(APICallError.isInstance(failed), `${failed?.constructor.name}: ${failed?.message}`);
          assert.equal(failed.statusCode, status);
          assert.equal(failed.isRetryable, status >= 500);
          assertTellsNoSecret(failed);
        }
      });
    }

    for (const fault of BROKEN) {
      test(`a broken stream is never a good end: ${fault}`, async () => {
        const { pieces, error, reasons } = await brokenOff(() => streamed({ model: direct(breaking(fault)) }));

        assert.ok(error, `it ended well: ${reasons}`);
        assert.ok(!isBare(error), "the gateway says why before it closes the connection");
        assertBeginning(pieces);
        assert.ok(!reasons.includes("stop"), `it ended with ${reasons}`);
      });
    }

    test("giving up a plain call frees the upstream", async () => {
      const gone = new AbortController();
      const failed = rejection(generateText({ ...asked, model: direct(SILENT), abortSignal: gone.signal }));
      await untilBusy();
      gone.abort();

      assert.equal((await failed).name, "AbortError");
      await untilFreed();
    });

    test("giving up a stream in the middle frees the upstream", async () => {
      const gone = new AbortController();
      const result = streamText({ ...asked, model: direct(ENDLESS), abortSignal: gone.signal, onError: () => {} });
      const kinds = [];
      for await (const part of result.fullStream) {
        kinds.push(part.type);
        if (part.type === "text-delta") gone.abort();
      }

      assert.equal(kinds.at(-1), "abort");
      const stats = await untilFreed();
      assert.ok(stats.output_tokens < 100, `${stats.output_tokens} of 600 tokens were made`);
    });
  });
}

describe("embeddings", () => {
  for (const [name, model] of [
    ["openai", openai.embeddingModel("embed")], ["openai-compatible", compatible.embeddingModel("embed")],
  ]) {
    test(name, async () => {
      const { embeddings, usage } = await embedMany({ model, values: ["one", "two"], maxRetries: 0 });

      assert.deepEqual(embeddings.map((embedding) => embedding.length), [64, 64]);
      assert.ok(usage.tokens > 0);
    });
  }
});

test("a wrong key is an APICallError with 401 in every dialect", async () => {
  const options = { apiKey: "sk-nobody", name: "octogate" };
  const strangers = [
    createOpenAI({ ...options, baseURL: `${url}/v1` })("chat"),
    createOpenAICompatible({ ...options, baseURL: `${url}/v1` })("chat"),
    createAnthropic({ ...options, baseURL: `${url}/v1` })("claude"),
    createGoogleGenerativeAI({ ...options, baseURL: `${url}/v1beta` })("flash"),
  ];
  for (const model of strangers) {
    const error = await rejection(generateText({ ...asked, model }));
    assert.ok(APICallError.isInstance(error));
    assert.equal(error.statusCode, 401);
    assert.equal(error.isRetryable, false);
  }
});

/** Take a stream to its end. `error` is what went wrong first: an error part, or what the iteration throws. */
async function streamed(options) {
  const result = streamText({ ...asked, ...options, onError: () => {} });
  const pieces = [];
  const reasons = [];
  const errors = [];
  try {
    for await (const part of result.fullStream) {
      if (part.type === "text-delta") pieces.push(part.text);
      if (part.type === "error") errors.push(part.error);
      if (part.type === "finish-step") reasons.push(part.finishReason);
    }
  } catch (error) {
    errors.push(error);
  }
  return { result, pieces, error: errors[0], reasons };
}
