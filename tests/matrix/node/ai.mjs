// The `ai` package with its providers: ai/openai (responses), ai/openai-chat, ai/compatible, ai/anthropic, ai/google.

import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Output, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

import { BUDGET, City, QUESTIONS, story } from "./story.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;

const PROVIDERS = {
  openai: (url, apiKey) => createOpenAI({ baseURL: `${url}/v1`, apiKey }).responses,
  "openai-chat": (url, apiKey) => createOpenAI({ baseURL: `${url}/v1`, apiKey }).chat,
  compatible: (url, apiKey) => createOpenAICompatible({
    name: "octogate", baseURL: `${url}/v1`, apiKey, includeUsage: true, supportsStructuredOutputs: true,
  }),
  anthropic: (url, apiKey) => createAnthropic({ baseURL: `${url}/v1`, apiKey }),
  google: (url, apiKey) => createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey }),
};
// Else the history names what the provider has stored, and no other provider could look it up.
const UNSTORED = { store: false };
const THINKING = {
  openai: { openai: { ...UNSTORED, reasoningEffort: "medium", reasoningSummary: "auto", forceReasoning: true } },
  "openai-chat": { openai: { reasoningEffort: "medium", forceReasoning: true } },
  compatible: { octogate: { reasoningEffort: "medium" } },
  anthropic: { anthropic: { thinking: { type: "enabled", budgetTokens: BUDGET } } },
  google: { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: BUDGET } } },
};
const ending = (finish, usage) => ({ finish, usage: [usage.inputTokens, usage.outputTokens] });

export function client(url, key, variant) {
  const named = PROVIDERS[variant](url, key);
  const asked = (model, options) => ({
    model: named(model), maxRetries: 0, maxOutputTokens: story.max_tokens, ...options,
  });
  const plainly = (options) => generateText(options);
  const streamed = async (options) => {
    const { error, result } = await drained(options);
    if (error) throw error;
    return { text: await result.text, steps: await result.steps, response: await result.response };
  };

  async function loop(model, questions, { fails = false, how = plainly, ...options } = {}) {
    const weather = tool({
      description: story.tool.description,
      inputSchema: z.object({ place: z.string() }),
      execute: async () => {
        if (fails) throw new Error(story.failure);
        return story.result;
      },
    });
    const messages = [];
    const seen = { called: [], ids: [], texts: [], finishes: [], thoughts: "" };
    for (const content of questions) {
      messages.push({ role: "user", content });
      const looped = {
        messages, tools: { weather }, stopWhen: stepCountIs(3), providerOptions: { openai: UNSTORED }, ...options,
      };
      const { text, steps, response } = await how(asked(model, looped));
      messages.push(...response.messages);
      seen.texts.push(text);
      for (const step of steps) {
        seen.finishes.push(step.finishReason);
        seen.thoughts += step.reasoningText ?? "";
        for (const call of step.toolCalls) {
          seen.called.push([call.toolName, call.input]);
          seen.ids.push(call.toolCallId);
        }
      }
    }
    return seen;
  }

  return {
    async plain(model) {
      const { text, finishReason, usage } = await generateText(asked(model, { prompt: story.greeting }));
      return { text, ...ending(finishReason, usage) };
    },
    async stream(model) {
      const { pieces, error, result } = await drained(asked(model, { prompt: story.greeting }));
      if (error) throw error;
      const end = ending(await result.finishReason, await result.usage);
      return { text: pieces.join(""), pieces: pieces.length, ...end };
    },
    async *pieces(model) {
      const { pieces, error } = await drained(asked(model, { prompt: story.greeting }));
      yield* pieces;
      if (error) throw error;
    },
    tools: (model) => loop(model, QUESTIONS),
    tools_streamed: (model) => loop(model, QUESTIONS, { how: streamed }),
    parallel: (model) => loop(model, [story.ask_tool]),
    tool_error: (model) => loop(model, [story.ask_tool], { fails: true }),
    thinking: (model) => loop(model, QUESTIONS, { providerOptions: THINKING[variant] }),
    thinking_streamed: (model) => loop(model, QUESTIONS, { how: streamed, providerOptions: THINKING[variant] }),
    async structured(model) {
      const shaped = { prompt: story.greeting, output: Output.object({ schema: City, name: "city" }) };
      return { value: (await generateText(asked(model, shaped))).output };
    },
    async image(model) {
      const picture = { type: "image", image: story.picture, mediaType: "image/png" };
      const messages = [{ role: "user", content: [{ type: "text", text: story.ask_picture }, picture] }];
      return { text: (await generateText(asked(model, { messages }))).text };
    },
    async length(model) {
      const short = { prompt: story.greeting, maxOutputTokens: story.short };
      return { finish: (await generateText(asked(model, short))).finishReason };
    },
    refusal: async (model) => ({ finish: (await generateText(asked(model, { prompt: story.greeting }))).finishReason }),
  };
}

/** Take a stream to its end; `error` is what went wrong first. */
async function drained(options) {
  const result = streamText({ ...options, onError: () => {} });
  const pieces = [];
  const errors = [];
  try {
    for await (const part of result.fullStream) {
      if (part.type === "text-delta") pieces.push(part.text);
      if (part.type === "error") errors.push(part.error);
    }
  } catch (error) {
    errors.push(error);
  }
  return { result, pieces, error: errors[0] };
}
