// Lets the clients here use the packages that are installed for tests/sdk_node: one lock, one installation.

import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

const installed = new URL("../../sdk_node/package.json", import.meta.url).href;
const here = new URL("./", import.meta.url).href;

export function resolve(specifier, context, next) {
  const isBare = /^[a-z@]/.test(specifier) && !specifier.startsWith("node:");
  const isOurs = context.parentURL?.startsWith(here);
  return next(specifier, isBare && isOurs ? { ...context, parentURL: installed } : context);
}

if (isMainThread) register(import.meta.url);
