// The `@google/genai` package at generateContent.

import { GoogleGenAI } from "@google/genai";

import { BUDGET, QUESTIONS, looped, story } from "./story.mjs";

const TOOLS = [{
  functionDeclarations: [{
    name: story.tool.name, description: story.tool.description, parametersJsonSchema: story.tool.schema,
  }],
}];
const THINKING = { thinkingConfig: { includeThoughts: true, thinkingBudget: BUDGET } };
const ending = ({ candidates, usageMetadata: usage }) => ({
  finish: candidates?.[0]?.finishReason ?? null, usage: usage && [usage.promptTokenCount, usage.candidatesTokenCount],
});

export function client(url, key) {
  const { models } = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url, timeout: 20_000 } });
  const asked = (model, contents, config = {}) => ({
    model, contents, config: { maxOutputTokens: story.max_tokens, ...config },
  });
  const ask = (...given) => models.generateContent(asked(...given));
  const candidates = async (...given) => (await ask(...given)).candidates;
  const candidatesStreamed = async (...given) => {
    const found = [];
    for await (const chunk of await models.generateContentStream(asked(...given))) found.push(...(chunk.candidates ?? []));
    return found;
  };

  const loop = (model, questions, { result = { output: story.result }, how = candidates, ...config } = {}) =>
    looped(questions, {
      ask: (text) => [{ role: "user", parts: [{ text }] }],
      turn: async (history) => {
        const found = await how(model, history, { tools: TOOLS, ...config });
        const parts = found.flatMap((candidate) => candidate.content?.parts ?? []);
        const calls = parts.filter((part) => part.functionCall).map(({ functionCall: { id, name, args } }) => ({
          id, name, input: args,
        }));
        const words = (thought) => parts.filter((part) => part.text && Boolean(part.thought) === thought)
          .map((part) => part.text).join("");
        const said = [{ role: "model", parts }];
        return { said, finish: found.at(-1).finishReason, calls, text: words(false), thoughts: words(true) };
      },
      results: (calls) => [{
        role: "user", parts: calls.map(({ id, name }) => ({ functionResponse: { id, name, response: result } })),
      }],
    });

  return {
    async plain(model) {
      const answer = await ask(model, story.greeting);
      return { text: answer.text, ...ending(answer) };
    },
    async stream(model) {
      const pieces = [];
      let last;
      for await (const chunk of await models.generateContentStream(asked(model, story.greeting))) {
        if (chunk.text) pieces.push(chunk.text);
        last = chunk;
      }
      return { text: pieces.join(""), pieces: pieces.length, ...ending(last) };
    },
    async *pieces(model) {
      for await (const chunk of await models.generateContentStream({ model, contents: story.greeting })) {
        if (chunk.text) yield chunk.text;
      }
    },
    tools: (model) => loop(model, QUESTIONS),
    tools_streamed: (model) => loop(model, QUESTIONS, { how: candidatesStreamed }),
    parallel: (model) => loop(model, [story.ask_tool]),
    tool_error: (model) => loop(model, [story.ask_tool], { result: { error: story.failure } }),
    thinking: (model) => loop(model, QUESTIONS, THINKING),
    thinking_streamed: (model) => loop(model, QUESTIONS, { how: candidatesStreamed, ...THINKING }),
    async structured(model) {
      const answer = await ask(model, story.greeting, {
        responseMimeType: "application/json", responseJsonSchema: story.city,
      });
      return { value: JSON.parse(answer.text) };
    },
    async image(model) {
      const picture = { inlineData: { mimeType: "image/png", data: story.picture } };
      return { text: (await ask(model, [story.ask_picture, picture])).text };
    },
    length: async (model) => ending(await ask(model, story.greeting, { maxOutputTokens: story.short })),
    async refusal(model) {
      const answer = await ask(model, story.greeting);
      return { refusal: answer.promptFeedback?.blockReason, ...ending(answer) };
    },
  };
}
