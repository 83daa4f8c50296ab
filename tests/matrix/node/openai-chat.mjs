// The `openai` package at chat completions.

import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";

import { City, QUESTIONS, looped, story } from "./story.mjs";

const TOOLS = [{
  type: "function",
  function: {
    name: story.tool.name, description: story.tool.description, parameters: story.tool.schema, strict: true,
  },
}];
const say = (content) => [{ role: "user", content }];
const ending = ({ choices: [choice], usage }) => ({
  finish: choice.finish_reason, usage: usage && [usage.prompt_tokens, usage.completion_tokens],
});

export function client(url, key) {
  const chat = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0, timeout: 20_000 }).chat.completions;
  const asked = (model, messages, options = {}) => ({
    model, messages, max_completion_tokens: story.max_tokens, ...options,
  });
  const ask = (...given) => chat.create(asked(...given));
  const askStreamed = (...given) => chat.stream(asked(...given)).finalChatCompletion();

  const loop = (model, questions, { result = story.result, how = ask, ...options } = {}) => looped(questions, {
    ask: say,
    turn: async (history) => {
      const { choices: [{ message, finish_reason }] } = await how(model, history, { tools: TOOLS, ...options });
      const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: input } }) => ({
        id, name, input: JSON.parse(input),
      }));
      return {
        said: [message], finish: finish_reason, calls, text: message.content, thoughts: message.reasoning_content ?? "",
      };
    },
    results: (calls) => calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: result })),
  });

  return {
    async plain(model) {
      const answer = await ask(model, say(story.greeting));
      return { text: answer.choices[0].message.content, ...ending(answer) };
    },
    async stream(model) {
      const stream = chat.stream(asked(model, say(story.greeting), { stream_options: { include_usage: true } }));
      const pieces = [];
      stream.on("content", (piece) => pieces.push(piece));
      const end = ending(await stream.finalChatCompletion());
      return { text: pieces.join(""), pieces: pieces.length, ...end };
    },
    async *pieces(model) {
      for await (const chunk of await chat.create({ model, messages: say(story.greeting), stream: true })) {
        if (chunk.choices[0]?.delta.content) yield chunk.choices[0].delta.content;
      }
    },
    tools: (model) => loop(model, QUESTIONS),
    tools_streamed: (model) => loop(model, QUESTIONS, { how: askStreamed }),
    parallel: (model) => loop(model, [story.ask_tool], { parallel_tool_calls: true }),
    tool_error: (model) => loop(model, [story.ask_tool], { result: `Error: ${story.failure}` }),
    thinking: (model) => loop(model, QUESTIONS, { reasoning_effort: "medium" }),
    thinking_streamed: (model) => loop(model, QUESTIONS, { how: askStreamed, reasoning_effort: "medium" }),
    async structured(model) {
      const answer = await chat.parse(
        asked(model, say(story.greeting), { response_format: zodResponseFormat(City, "city") }),
      );
      return { value: answer.choices[0].message.parsed };
    },
    async image(model) {
      const picture = { type: "image_url", image_url: { url: `data:image/png;base64,${story.picture}` } };
      const answer = await ask(model, say([{ type: "text", text: story.ask_picture }, picture]));
      return { text: answer.choices[0].message.content };
    },
    length: async (model) => ending(await ask(model, say(story.greeting), { max_completion_tokens: story.short })),
    async refusal(model) {
      const answer = await ask(model, say(story.greeting));
      return { refusal: answer.choices[0].message.refusal, ...ending(answer) };
    },
  };
}
