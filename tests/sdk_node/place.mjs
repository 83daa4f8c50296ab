// Where the tests run: the gateway's address and key, and what the mock behind it saw.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

const DEADLINE_MS = 5_000;

export const url = needed("OCTOGATE_URL");
export const key = needed("OCTOGATE_KEY");
const mockUrl = needed("OCTOGATE_MOCK_URL");

/** What the mock calls the answer to "Hi there." */
export const GREETING = "Hello from the mock. You said: Hi there.";

/** Sixty seconds of pieces: nobody waits for its end, so an upstream that is free again was told to stop. */
export const ENDLESS = "mock--tokens=600--delay_ms=100";

/** Silence for two minutes before the first byte. */
export const SILENT = "mock--fault-hang";

/** A rate limit of the provider, which is the gateway's to bear: callers are told to come back, not to slow down. */
export const LIMITED = "mock--fault-http-429--retry_after=7";

/**
 * Every way to break a stream, five pieces on. The connection tells of the first two; HTTP is whole in the others, and
 * only a gateway that reads along can know. The pieces come apart in time, so that they are passed on before it breaks.
 */
export const BROKEN = [
  "fault-cut-5", "fault-cut-reset-5", "fault-error-event-5", "fault-malformed-5", "fault-nofinish",
];

/** The model whose streams break so. */
export const breaking = (fault) => `mock--${fault}--delay_ms=10`;

/** The schema that structured output is asked for, as plain JSON schema. */
export const CITY_SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, inhabitants: { type: "integer" } },
  required: ["city", "inhabitants"],
  additionalProperties: false,
};

/** What the mock makes of CITY_SCHEMA. */
export const CITY = { city: "mock city", inhabitants: 1 };

function needed(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: these tests are started by test_node_sdks.py`);
  return value;
}

async function mock(method, endpoint) {
  const response = await fetch(`${mockUrl}/__mock/${endpoint}`, { method, signal: AbortSignal.timeout(DEADLINE_MS) });
  assert.equal(response.status, 200, `the mock's ${endpoint}`);
  return response.json();
}

/** The calls that reached the mock since the last `forget`, the oldest first. */
export async function upstreamCalls() {
  return (await mock("GET", "requests")).requests;
}

/** Start counting anew. */
export async function forget() {
  await mock("POST", "reset");
}

/** The counts of the mock's default instance. */
export async function upstreamStats() {
  const { instances } = await mock("GET", "stats");
  return instances.default ?? { calls: 0, open_calls: 0, disconnected: 0, output_tokens: 0 };
}

/** Wait until `holds(stats)`; the mock can only be asked, so this asks until a deadline. */
export async function untilUpstream(what, holds) {
  const end = Date.now() + DEADLINE_MS;
  for (;;) {
    const stats = await upstreamStats();
    if (holds(stats)) return stats;
    assert.ok(Date.now() < end, `${what} did not happen; the mock says ${JSON.stringify(stats)}`);
    await pause(10);
  }
}

/** The call has reached the mock, which is now answering or silent. */
export const untilBusy = () => untilUpstream("a call in flight", (stats) => stats.open_calls === 1);

/** The one call in flight was given up, long before its own end. */
export async function untilFreed() {
  const stats = await untilUpstream("the end of the upstream call", (now) => now.open_calls === 0);
  assert.equal(stats.disconnected, 1, "the gateway hung up; the mock did not finish");
  return stats;
}

/** What `work` is rejected with; fails when it is not. */
export async function rejection(work) {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    return error;
  }
  return assert.fail("this should have been rejected");
}

/** Take a stream to its end or its failure: the pieces, and the error that ended it. */
export async function drained(stream, piece) {
  const pieces = [];
  try {
    for await (const event of stream) {
      const text = piece(event);
      if (text) pieces.push(text);
    }
  } catch (error) {
    return { pieces, error };
  }
  return { pieces, error: null };
}

/**
 * A stream that breaks, as a caller that keeps up sees it. The gateway says why and then closes the connection; fetch
 * throws away all that is unread when that happens, so a caller that fell behind asks again.
 */
export async function brokenOff(take) {
  for (let triesLeft = 5; ; triesLeft--) {
    const seen = await take();
    if (!isBare(seen.error) || triesLeft === 1) return seen;
  }
}

/** Whether all that an error says is that the connection is gone. */
export function isBare(error) {
  return (error?.cause?.message ?? error?.message) === "terminated";
}

/** What was said before the break has been passed on, and nothing else. */
export function assertBeginning(pieces) {
  assert.ok(pieces.length >= 5, `only ${pieces.length} pieces`);
  assert.ok(GREETING.startsWith(pieces.join("")), pieces.join(""));
}

/** Neither the gateway's credential nor the upstream's address is in anything that a caller is shown. */
export function assertTellsNoSecret(error) {
  const body = JSON.stringify(error.error ?? error.responseBody ?? "");
  const shown = `${error.message}\n${body}\n${error.stack}`;
  assert.ok(!shown.includes("mock-credential"), "the gateway's credential was shown");
  assert.ok(!shown.includes(new URL(mockUrl).host), "the upstream's address was shown");
}
