// The `openai` package at responses.

import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";

import { City, QUESTIONS, looped, story } from "./story.mjs";

const TOOLS = [{
  type: "function", name: story.tool.name, description: story.tool.description, parameters: story.tool.schema,
  strict: true,
}];
// Nothing is kept at the provider: what was thought comes along sealed.
const SEALED = {
  reasoning: { effort: "medium", summary: "auto" }, include: ["reasoning.encrypted_content"], store: false,
};
const say = (content) => [{ role: "user", content }];
const ending = ({ status, incomplete_details: reason, usage }) => ({
  finish: reason?.reason ?? status, usage: usage && [usage.input_tokens, usage.output_tokens],
});

export function client(url, key) {
  const { responses } = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0, timeout: 20_000 });
  const asked = (model, input, options = {}) => ({ model, input, max_output_tokens: story.max_tokens, ...options });
  const ask = (...given) => responses.create(asked(...given));
  const askStreamed = (...given) => responses.stream(asked(...given)).finalResponse();

  const loop = (model, questions, { result = story.result, how = ask, ...options } = {}) => looped(questions, {
    ask: say,
    turn: async (history) => {
      const answer = await how(model, history, { tools: TOOLS, ...options });
      // What only the SDK has added is nothing that a provider takes.
      const said = answer.output.map(({ parsed_arguments: _, ...item }) => item);
      const calls = said.filter((item) => item.type === "function_call").map((item) => ({
        id: item.call_id, name: item.name, input: JSON.parse(item.arguments),
      }));
      const thoughts = said.flatMap((item) => item.type === "reasoning" ? item.summary.map((part) => part.text) : []);
      return { said, finish: answer.status, calls, text: answer.output_text, thoughts: thoughts.join("") };
    },
    results: (calls) => calls.map(({ id }) => ({ type: "function_call_output", call_id: id, output: result })),
  });

  return {
    async plain(model) {
      const answer = await ask(model, story.greeting);
      return { text: answer.output_text, ...ending(answer) };
    },
    async stream(model) {
      const stream = responses.stream(asked(model, story.greeting));
      const pieces = [];
      stream.on("response.output_text.delta", (event) => pieces.push(event.delta));
      const end = ending(await stream.finalResponse());
      return { text: pieces.join(""), pieces: pieces.length, ...end };
    },
    async *pieces(model) {
      for await (const event of await responses.create({ model, input: story.greeting, stream: true })) {
        if (event.type === "response.output_text.delta") yield event.delta;
      }
    },
    tools: (model) => loop(model, QUESTIONS),
    tools_streamed: (model) => loop(model, QUESTIONS, { how: askStreamed }),
    parallel: (model) => loop(model, [story.ask_tool], { parallel_tool_calls: true }),
    tool_error: (model) => loop(model, [story.ask_tool], { result: `Error: ${story.failure}` }),
    thinking: (model) => loop(model, QUESTIONS, SEALED),
    thinking_streamed: (model) => loop(model, QUESTIONS, { how: askStreamed, ...SEALED }),
    async structured(model) {
      const text = { format: zodTextFormat(City, "city") };
      return { value: (await responses.parse(asked(model, story.greeting, { text }))).output_parsed };
    },
    async image(model) {
      const picture = { type: "input_image", detail: "auto", image_url: `data:image/png;base64,${story.picture}` };
      const answer = await ask(model, say([{ type: "input_text", text: story.ask_picture }, picture]));
      return { text: answer.output_text };
    },
    length: async (model) => ending(await ask(model, story.greeting, { max_output_tokens: story.short })),
    async refusal(model) {
      const answer = await ask(model, story.greeting);
      const parts = answer.output.flatMap((item) => item.type === "message" ? item.content : []);
      return { refusal: parts.map((part) => part.refusal ?? "").join(""), ...ending(answer) };
    },
  };
}
