// @ts-check
// The ledger: the Set-Cookie lines that this site has sent, and the lines of JavaScript
// that set a cookie. It is in web storage, so it must not contain secrets.

const LINES = 80;
const SIZE = 256 * 1024; // characters of JSON

/** FNV-1a, 64 bits: it recognizes a value, but does not reveal it. */
export function fingerprint(text) {
  let hash = 0xcbf29ce484222325n;
  for (const octet of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(octet)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}

/** Masks an HttpOnly value: web storage is no place for a session key. The ends and a hash stay.
 * The length stays too, because a line may be refused for it; so does the beginning of a
 * nameless value, which decides whether it is refused. */
export function ledgerLine(line) {
  const [pair, ...attributes] = line.split(";");
  const httpOnly = attributes.some((a) => /^[ \t]*httponly[ \t]*(=|$)/i.test(a));
  const at = pair.indexOf("=");
  if (!httpOnly || at < 0 || !pair.slice(0, at).trim()) return { line };
  const [, before, value, after] = /^([ \t]*)(.*?)([ \t]*)$/s.exec(pair.slice(at + 1)) ?? ["", "", "", ""];
  const octets = new TextEncoder().encode(value).length;
  const keep = octets === value.length && octets > 12 ? 4 : 0;
  const masked = value.slice(0, keep) + "*".repeat(octets - 2 * keep) + value.slice(value.length - keep);
  return { line: [pair.slice(0, at + 1) + before + masked + after, ...attributes].join(";"), hash: fingerprint(value) };
}

/** Which cookie a line of the ledger is about. */
export function about({ line, url }) {
  const [pair, ...attributes] = line.split(";");
  const given = new Map(attributes.map((a) => [a.split("=")[0].trim().toLowerCase(), a.slice(a.indexOf("=") + 1).trim()]));
  const name = pair.includes("=") ? pair.split("=")[0].trim() : "";
  const folder = new URL(url).pathname.replace(/\/[^/]*$/, "") || "/";
  const path = given.get("path")?.startsWith("/") ? given.get("path") : folder;
  const domain = given.get("domain") ?? "";
  return { name, path, domain, given, id: [name, path, domain, given.has("partitioned")].join("\n") };
}

/** The request that deletes what a line of the ledger set: with the same name, domain and path,
 * since otherwise it would delete another cookie. Empty if no request can. */
export function deletion(entry) {
  const { name, path, domain, given } = about(entry);
  if (!name || name === "sessionid") return "";
  const query = new URLSearchParams({ name, path });
  if (domain) query.set("domain", domain);
  for (const flag of ["secure", "partitioned"]) if (given.has(flag)) query.set(flag, "1");
  return "/delete_cookie?" + query;
}

const keyOf = ({ id, n }) => `${id}#${n}`;
const isMoment = (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !isNaN(Date.parse(text));
const sound = (line) =>
  ["id", "line", "url", "via"].every((field) => typeof line?.[field] === "string") &&
  Number.isInteger(line.n) && isMoment(line.at) && /^https?:\/\/[^/]/.test(line.url) && ["undefined", "string"].includes(typeof line.hash);

/** Web storage may be unavailable, have been edited, or lack a line because two tabs wrote at the
 * same time; so the lines that this page has added are also kept in memory. */
export class Ledger {
  /** @param {{get: (key: string, otherwise: any) => any, set: (key: string, value: any) => void}} memory */
  constructor(memory) {
    this.memory = memory;
    this.mine = [];
  }

  /** All lines, oldest first. */
  lines() {
    const stored = this.memory.get("ledger", []);
    const lines = Array.isArray(stored) ? stored.filter(sound) : [];
    const since = String(this.memory.get("ledger.since", ""));
    for (const line of this.mine) {
      if (line.at > since && !lines.some((old) => keyOf(old) === keyOf(line))) lines.push(line);
    }
    return lines.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  }

  /** Add lines that are missing. If there are too many, it first removes those that a later line
   * has set again, then the oldest. */
  enter(lines) {
    if (!lines.length) return;
    const all = this.lines();
    const fresh = lines.filter((line) => !all.some((old) => keyOf(old) === keyOf(line)));
    all.push(...fresh);
    this.mine.push(...fresh);
    while (all.length > LINES || JSON.stringify(all).length > SIZE) {
      const old = all.findIndex((line, i) => all.slice(i + 1).some((later) => about(later).id === about(line).id));
      const [gone] = all.splice(Math.max(0, old), 1);
      const own = this.mine.findIndex((line) => keyOf(line) === keyOf(gone));
      if (own >= 0) this.mine.splice(own, 1);
    }
    this.memory.set("ledger", all);
  }

  /** Add the Set-Cookie lines of an exchange. */
  record(exchange) {
    const lines = exchange.response.headers.filter(([name]) => name.toLowerCase() === "set-cookie");
    // Without the query, which may contain a value; path and host are enough.
    const url = exchange.request.url.split("?")[0];
    this.enter(lines.map(([, line], n) => ({ id: exchange.id, n, at: exchange.at, url, via: "http", ...ledgerLine(line) })));
  }

  /** The lines with the results of earlier looks: seen, or gone since. These marks are stored
   * apart, so that they never displace a line. */
  marked() {
    const marks = this.memory.get("marks", {});
    return this.lines().map(({ id, n, at, url, via, line, hash }) => {
      const { seen, gone } = marks[keyOf({ id, n })] ?? {};
      return { id, n, at, url, via, line, hash, seen: seen === true, gone: isMoment(gone) ? gone : undefined };
    });
  }

  /** Mark lines by their keys, as a look reports them. */
  mark(seen, gone, at) {
    if (!seen.length && !gone.length) return;
    const old = this.memory.get("marks", {});
    const marks = Object.fromEntries(this.lines().map(keyOf).filter((key) => old[key]).map((key) => [key, old[key]]));
    for (const key of seen) marks[key] = { ...marks[key], seen: true };
    for (const key of gone) marks[key] = { ...marks[key], gone: at };
    this.memory.set("marks", marks);
  }

  /** Forget the lines in memory, because the storage was changed on purpose. */
  forgetMine() {
    this.mine.length = 0;
  }

  /** Remove the lines of a host up to a time. */
  forget(host, at) {
    const others = this.lines().filter((line) => new URL(line.url).hostname !== host);
    this.forgetMine();
    this.memory.set("ledger", others);
    this.memory.set("ledger.since", at);
  }

  /** The requests that delete the cookies that a host has set. */
  deletions(host) {
    return this.lines().filter((line) => new URL(line.url).hostname === host).map(deletion).filter(Boolean);
  }
}
