// @ts-check
// Starting over: delete what the ledger knows, flush the session, and touch nothing
// else. Loaded when it is first asked for.
import { Ledger } from "./lib/ledger.js";

export async function startOver() {
  const ledger = new Ledger(window.cookielab.memory);
  const host = location.hostname;
  let at = "";
  for (const url of new Set(["/flush", ...ledger.deletions(host)])) {
    const response = await fetch(url, { headers: { "X-Observe": "1" }, cache: "no-store" });
    at = (await response.json()).exchange.at; // by the server's clock, as the lines are
  }
  ledger.forget(host, at);
}
