// What every client says and offers: the same story as in the Python clients.

import { readFileSync } from "node:fs";

import { z } from "zod";

export const story = JSON.parse(readFileSync(new URL("../story.json", import.meta.url), "utf-8"));
export const City = z.object({ city: z.string(), inhabitants: z.int() });
export const QUESTIONS = [story.ask_tool, story.ask_again];
export const BUDGET = story.budget;

/** Play an agent's loop: `turn(history)` asks once, `answer(call)` makes the history's items for a result. */
export async function looped(questions, { ask, turn, results }) {
  const history = [];
  const seen = { called: [], ids: [], texts: [], finishes: [], thoughts: "" };
  for (const question of questions) {
    history.push(...ask(question));
    for (let round = 0; round < 3; round += 1) {
      const { said, finish, calls, text, thoughts } = await turn(history);
      history.push(...said);
      seen.finishes.push(finish);
      seen.thoughts += thoughts;
      for (const call of calls) {
        seen.called.push([call.name, call.input]);
        seen.ids.push(call.id);
      }
      if (!calls.length) {
        seen.texts.push(text);
        break;
      }
      history.push(...results(calls));
    }
  }
  return seen;
}
