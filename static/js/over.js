// @ts-check
// Starting over: delete the cookies in the ledger, flush the session, and change nothing
// else. Loaded on first use.
import { Ledger } from "./lib/ledger.js";

export async function startOver() {
  const ledger = new Ledger(window.cookielab.memory);
  const host = location.hostname;
  let at = "";
  for (const url of new Set(["/flush", ...ledger.deletions(host)])) {
    const response = await fetch(url, { headers: { "X-Observe": "1" }, cache: "no-store" });
    at = (await response.json()).exchange.at; // the server's clock, as in the ledger's lines
  }
  ledger.forget(host, at);
}
