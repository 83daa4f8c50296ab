// The `@google/genai` package: generateContent, its stream, function calls and counted tokens.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import { ApiError, FunctionCallingConfigMode, GoogleGenAI, Type } from "@google/genai";

import {
  BROKEN, CITY, CITY_SCHEMA, ENDLESS, GREETING, LIMITED, SILENT, assertBeginning, assertTellsNoSecret, breaking,
  brokenOff, drained, forget, key, rejection, untilBusy, untilFreed, upstreamCalls, url,
} from "./place.mjs";

const clientWith = (apiKey, options = {}) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url, ...options } });
const { models, chats } = clientWith(key);
const contents = "Hi there.";
const weather = {
  name: "weather",
  description: "Tells the weather.",
  parameters: { type: Type.OBJECT, properties: { place: { type: Type.STRING } }, required: ["place"] },
};
const tools = [{ functionDeclarations: [weather] }];

beforeEach(forget);

describe("generateContent", () => {
  test("a plain answer has the text and the usage", async () => {
    const answer = await models.generateContent({ model: "flash", contents });

    assert.equal(answer.text, GREETING);
    assert.equal(answer.candidates[0].finishReason, "STOP");
    assert.equal(answer.usageMetadata.candidatesTokenCount, 8);
    assert.ok(answer.sdkHttpResponse.headers["x-request-id"].startsWith("req_"));
  });

  test("both versions of the path mean the same, and the key never goes on", async () => {
    for (const apiVersion of ["v1", "v1beta"]) {
      const answer = await clientWith(key, { apiVersion }).models.generateContent({ model: "flash", contents });
      assert.equal(answer.text, GREETING);
    }

    for (const call of await upstreamCalls()) assert.equal(call.headers["x-goog-api-key"], "***eway");
  });

  test("a stream comes in pieces, with the usage in its last one", async () => {
    const chunks = [];
    for await (const chunk of await models.generateContentStream({ model: "flash", contents })) chunks.push(chunk);

    assert.ok(chunks.length > 4);
    assert.equal(chunks.map((chunk) => chunk.text).join(""), GREETING);
    assert.equal(chunks.at(-1).candidates[0].finishReason, "STOP");
    assert.equal(chunks.at(-1).usageMetadata.candidatesTokenCount, 8);
  });

  test("the system's words and the settings arrive at the model", async () => {
    const config = { systemInstruction: "Be brief.", temperature: 0.5, maxOutputTokens: 3 };
    const answer = await models.generateContent({ model: "flash", contents, config });

    assert.equal(answer.candidates[0].finishReason, "MAX_TOKENS");
    const [call] = await upstreamCalls();
    assert.equal(call.body.systemInstruction.parts[0].text, "Be brief.");
    assert.equal(call.body.generationConfig.temperature, 0.5);
  });

  test("thoughts stay apart from the text and keep their signature", async () => {
    const stream = await models.generateContentStream({ model: "gemini/mock-think", contents });
    const parts = [];
    for await (const chunk of stream) parts.push(...(chunk.candidates[0].content.parts ?? []));

    assert.match(parts.filter((part) => part.thought).map((part) => part.text).join(""), /step by step/);
    assert.ok(parts.some((part) => part.thoughtSignature));
  });

  test("a function call, and the answer after its result, keep the thought signature in the history", async () => {
    const config = { tools, toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } } };
    const first = await models.generateContent({ model: "flash", contents, config });
    const [call] = first.functionCalls;
    assert.equal(call.name, "weather");
    assert.deepEqual(call.args, { place: "mock place" });

    const said = first.candidates[0].content;
    const response = { id: call.id, name: call.name, response: { output: "sunny" } };
    const history = [
      { role: "user", parts: [{ text: contents }] }, said, { role: "user", parts: [{ functionResponse: response }] },
    ];
    const second = await models.generateContent({ model: "flash", contents: history, config: { tools } });
    assert.equal(second.text, `${GREETING} The tool said: sunny`);
    const [, sent] = await upstreamCalls();
    assert.equal(sent.body.contents[1].parts[0].thoughtSignature, said.parts[0].thoughtSignature);
  });

  test("two parallel function calls of a stream both arrive", async () => {
    const calls = [];
    const asked = { model: "gemini/mock-parallel", contents, config: { tools } };
    for await (const chunk of await models.generateContentStream(asked)) calls.push(...(chunk.functionCalls ?? []));

    assert.deepEqual(calls.map((call) => call.args), [{ place: "mock place" }, { place: "mock place" }]);
    assert.equal(new Set(calls.map((call) => call.id)).size, 2);
  });

  test("a function that the SDK calls by itself", async () => {
    const given = [];
    const callable = {
      tool: async () => ({ functionDeclarations: [weather] }),
      callTool: async (calls) => {
        given.push(...calls.map((call) => call.args));
        return calls.map(({ id, name }) => ({ functionResponse: { id, name, response: { output: "sunny" } } }));
      },
    };
    const answer = await models.generateContent({
      model: "flash", contents: "Please call the tool.", config: { tools: [callable] },
    });

    assert.match(answer.text, /^Hello from the mock/);
    assert.deepEqual(given, [{ place: "mock place" }]);
  });

  test("structured output follows either kind of schema", async () => {
    const { additionalProperties: _, ...schema } = CITY_SCHEMA;
    for (const asked of [{ responseJsonSchema: CITY_SCHEMA }, { responseSchema: schema }]) {
      const config = { responseMimeType: "application/json", ...asked };
      const answer = await models.generateContent({ model: "flash", contents, config });
      assert.deepEqual(JSON.parse(answer.text), CITY);
    }
  });

  test("a chat remembers what was said", async () => {
    const chat = chats.create({ model: "flash" });
    await chat.sendMessage({ message: "One." });
    const pieces = [];
    for await (const chunk of await chat.sendMessageStream({ message: "Two." })) pieces.push(chunk.text);

    assert.match(pieces.join(""), /You said: Two\.$/);
    const [, second] = await upstreamCalls();
    assert.deepEqual(second.body.contents.map((turn) => turn.role), ["user", "model", "user"]);
  });

  test("tokens are counted", async () => {
    assert.ok((await models.countTokens({ model: "flash", contents })).totalTokens > 0);
  });

  test("a target that is down is replaced before the caller notices", async () => {
    const plain = await models.generateContent({ model: "flash-failover", contents });
    const pieces = [];
    for await (const chunk of await models.generateContentStream({ model: "flash-failover", contents })) {
      pieces.push(chunk.text);
    }

    assert.equal(plain.text, GREETING);
    assert.equal(plain.sdkHttpResponse.headers["x-octogate-attempts"], "2");
    assert.equal(pieces.join(""), GREETING);
  });

  test("models are listed in Gemini's own shape", async () => {
    const names = [];
    for await (const model of await models.list()) names.push(model.name);

    assert.ok(names.includes("models/flash"));
    assert.equal((await models.get({ model: "flash" })).name, "models/flash");
  });
});

describe("errors are the SDK's own class", () => {
  const cases = [
    ["a wrong key", "sk-nobody", "flash", 401, "UNAUTHENTICATED"],
    ["an unknown model", key, "nothing", 404, "NOT_FOUND"],
    ["a prompt that is too long", key, "gemini/mock--fault-context", 400, "INVALID_ARGUMENT"],
    ["a provider's rate limit", key, `gemini/${LIMITED}`, 503, "UNAVAILABLE"],
    ["a provider that is down", key, "gemini/mock--fault-http-503", 503, "UNAVAILABLE"],
    ["an HTML page", key, "gemini/mock--fault-html", 502, null],
    ["an answer that is not JSON", key, "gemini/mock--fault-badjson", 502, null],
    ["an error that says 200", key, "gemini/mock--fault-status200error", null, null],
  ];
  for (const [name, apiKey, model, status, said] of cases) {
    for (const method of ["generateContent", "generateContentStream"]) {
      test(`${name}, ${method}`, async () => {
        const error = await rejection(clientWith(apiKey).models[method]({ model, contents }));

        assert.ok(error instanceof ApiError, `${error.constructor.name}: ${error.message}`);
        const shown = JSON.parse(error.message).error;
        if (status) assert.equal(error.status, status);
        if (said) assert.equal(shown.status, said);
        assert.equal(shown.code, error.status);
        assertTellsNoSecret(error);
      });
    }
  }
});

describe("a broken stream raises", () => {
  for (const fault of BROKEN) {
    test(fault, async () => {
      const model = `gemini/${breaking(fault)}`;
      const create = () => models.generateContentStream({ model, contents });
      const { pieces, error } = await brokenOff(async () => drained(await create(), (chunk) => chunk.text));

      assertBeginning(pieces);
      assert.ok(error instanceof ApiError, `${error?.constructor.name}: ${error?.message}`);
      assert.ok(error.status >= 500);
      assertTellsNoSecret(error);
    });
  }
});

describe("giving up frees the upstream", () => {
  for (const method of ["generateContent", "generateContentStream"]) {
    test(`${method} before its first piece`, async () => {
      const gone = new AbortController();
      const config = { abortSignal: gone.signal };
      const failed = rejection(models[method]({ model: `gemini/${SILENT}`, contents, config }));
      await untilBusy();
      gone.abort();

      assert.match((await failed).message, /abort/);
      await untilFreed();
    });
  }

  test("a stream in the middle", async () => {
    const gone = new AbortController();
    const config = { abortSignal: gone.signal };
    const stream = await models.generateContentStream({ model: `gemini/${ENDLESS}`, contents, config });
    const { error } = await drained(stream, () => gone.abort());

    assert.match(error.message, /abort/);
    const stats = await untilFreed();
    assert.ok(stats.output_tokens < 100, `${stats.output_tokens} of 600 tokens were made`);
  });
});
