// Plays the cells of the Node clients against a gateway; prints what each saw, one JSON object a line.
// Standard input is {"keys": {client: key}, "jobs": [[client, upstream, cell, model]]}, the argument the gateway's URL.

import { text } from "node:stream/consumers";

const AT_ONCE = 4;
const url = process.argv[2];
const { keys, jobs } = JSON.parse(await text(process.stdin));
const clients = {};
for (const [name, key] of Object.entries(keys)) {
  const [module, variant] = name.slice("node-".length).split("/");
  clients[name] = (await import(`./${module}.mjs`)).client(url, key, variant);
}

const waiting = jobs.values();
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  for (const job of waiting) console.log(await played(clients[job[0]], job));
}));
process.exit(0); // sockets that are kept alive are nobody's business any more

async function played(client, [name, upstream, cell, model]) {
  let seen;
  if (cell.startsWith("error_")) seen = await failureOf(() => client.plain(model));
  else if (cell === "cut") seen = await brokenStream(client, model);
  else seen = await whole(() => client[cell](model));
  return JSON.stringify([name, upstream, cell, seen]);
}

async function whole(play) {
  try {
    return await play();
  } catch (error) {
    return { gave_up: `${error?.constructor?.name}: ${error?.message}`.slice(0, 2000) };
  }
}

async function failureOf(play) {
  try {
    await play();
    return {};
  } catch (error) {
    return raised(error);
  }
}

/** fetch throws away all that is unread when a connection closes early, so a caller that fell behind asks again. */
async function brokenStream(client, model) {
  for (let triesLeft = 5; ; triesLeft -= 1) {
    const pieces = [];
    const seen = await failureOf(async () => {
      for await (const piece of client.pieces(model)) pieces.push(piece);
    });
    if (seen.message !== "terminated" || triesLeft === 1) return { ...seen, pieces };
  }
}

/** An error as facts: its class with all above it, and the status it tells. */
function raised(error) {
  const lineage = [];
  for (let at = error; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, "constructor")) lineage.push(at.constructor.name);
  }
  return {
    // The `ai` package hands over what the stream said as a plain object.
    raised: lineage.length ? lineage : ["Object"],
    status: error?.status ?? error?.statusCode ?? null,
    message: String(error?.cause?.message ?? error?.message).slice(0, 500),
  };
}
