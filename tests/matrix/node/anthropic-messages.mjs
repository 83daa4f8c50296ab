// The `@anthropic-ai/sdk` package at messages.

import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";

import { BUDGET, City, QUESTIONS, looped, story } from "./story.mjs";

const TOOLS = [{ name: story.tool.name, description: story.tool.description, input_schema: story.tool.schema }];
const THINKING = { thinking: { type: "enabled", budget_tokens: BUDGET }, max_tokens: BUDGET + story.max_tokens };
const say = (content) => [{ role: "user", content }];
const textOf = ({ content }) => content.map((block) => block.text ?? "").join("");
const ending = ({ stop_reason: finish, usage }) => ({ finish, usage: [usage.input_tokens, usage.output_tokens] });

export function client(url, key) {
  const { messages: api } = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0, timeout: 20_000 });
  const asked = (model, messages, options = {}) => ({ model, messages, max_tokens: story.max_tokens, ...options });
  const ask = (...given) => api.create(asked(...given));
  const askStreamed = (...given) => api.stream(asked(...given)).finalMessage();

  const loop = (model, questions, { result = { content: story.result }, how = ask, ...options } = {}) =>
    looped(questions, {
      ask: say,
      turn: async (history) => {
        const answer = await how(model, history, { tools: TOOLS, ...options });
        const calls = answer.content.filter((block) => block.type === "tool_use");
        const thoughts = answer.content.map((block) => block.thinking ?? "").join("");
        const said = [{ role: "assistant", content: answer.content }];
        return { said, finish: answer.stop_reason, calls, text: textOf(answer), thoughts };
      },
      results: (calls) => say(calls.map(({ id }) => ({ type: "tool_result", tool_use_id: id, ...result }))),
    });

  return {
    async plain(model) {
      const answer = await ask(model, say(story.greeting));
      return { text: textOf(answer), ...ending(answer) };
    },
    async stream(model) {
      const stream = api.stream(asked(model, say(story.greeting)));
      const pieces = [];
      stream.on("text", (piece) => pieces.push(piece));
      const end = ending(await stream.finalMessage());
      return { text: pieces.join(""), pieces: pieces.length, ...end };
    },
    async *pieces(model) {
      for await (const event of api.stream(asked(model, say(story.greeting)))) {
        if (event.type === "content_block_delta" && event.delta.type === "text_delta") yield event.delta.text;
      }
    },
    tools: (model) => loop(model, QUESTIONS),
    tools_streamed: (model) => loop(model, QUESTIONS, { how: askStreamed }),
    parallel: (model) => loop(model, [story.ask_tool]),
    tool_error: (model) => loop(model, [story.ask_tool], { result: { content: story.failure, is_error: true } }),
    thinking: (model) => loop(model, QUESTIONS, THINKING),
    thinking_streamed: (model) => loop(model, QUESTIONS, { how: askStreamed, ...THINKING }),
    async structured(model) {
      const answer = await api.parse(
        asked(model, say(story.greeting), { output_config: { format: zodOutputFormat(City) } }),
      );
      return { value: answer.parsed_output };
    },
    async image(model) {
      const source = { type: "base64", media_type: "image/png", data: story.picture };
      const content = [{ type: "text", text: story.ask_picture }, { type: "image", source }];
      return { text: textOf(await ask(model, say(content))) };
    },
    length: async (model) => ending(await ask(model, say(story.greeting), { max_tokens: story.short })),
    refusal: async (model) => ending(await ask(model, say(story.greeting))),
  };
}
