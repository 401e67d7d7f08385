// What the modules in static/js/lib promise: a name and a function that throws where
// a promise is broken. They run under node and in a browser alike.
import { decode, encode, linkTo, momentOf } from "../../static/js/lib/link.js";
import { cases as progress } from "./progress.js";
import { about, deletion, fingerprint, Ledger, ledgerLine } from "../../static/js/lib/ledger.js";

const url = "http://localhost:8080/set_cookie";
let count = 0;
const entry = (line, more = {}) => ({ id: `e${count++}`, n: 0, at: new Date(1e12 + count).toISOString(), url, via: "http", line, ...more });

function memory(held = {}) {
  const text = new Map(Object.entries(held).map(([key, value]) => [key, JSON.stringify(value)]));
  return {
    get: (key, otherwise) => (text.has(key) ? JSON.parse(text.get(key)) : otherwise),
    set: (key, value) => text.set(key, JSON.stringify(value)),
  };
}

function same(got, want) {
  const [a, b] = [got, want].map((v) => JSON.stringify(v));
  if (a !== b) throw new Error(`got ${a}, want ${b}`);
}

function throws(work) {
  try {
    work();
  } catch {
    return;
  }
  throw new Error("it does not throw");
}

export const cases = {
  ...progress,
  "base64url gives back what it was given"() {
    for (const value of [null, 0, "", "少冰 🍵", { a: [1, "?>~ÿ"], b: {} }, "x".repeat(200000)]) {
      const text = encode(value);
      if (/[^A-Za-z0-9_-]/.test(text)) throw new Error(`${text.slice(0, 40)} is not base64url`);
      same(decode(text), value);
    }
  },
  "base64url throws at damage"() {
    for (const text of ["", "!", "eyJ", "/w", encode({ a: 1 }).slice(0, -2)]) throws(() => decode(text));
  },
  "a link leads to the moment that it was made of"() {
    const moment = { l: "cookie/by-hand", a: [{ do: "purge" }], f: 1 };
    same(momentOf(linkTo(moment)), moment);
    for (const fragment of ["", "#", "#w=", "#top"]) same(momentOf(fragment), null);
  },
  "a moment that does not fit into a link leads to the start"() {
    same(linkTo({ l: "cookie/by-hand", a: ["x".repeat(60000)], f: 0 }), "#w=");
  },
  "a damaged link throws"() {
    for (const moment of [{}, { a: 1, f: 0 }, { a: [], f: 1 }, { a: [], f: -1 }, { a: [], f: 0.5 }, { a: ["x".repeat(60000)], f: 0 }]) throws(() => momentOf("#w=" + encode(moment)));
    throws(() => momentOf("#w=!"));
  },
  "a fingerprint is FNV-1a of 64 bits"() {
    same([fingerprint(""), fingerprint("a"), fingerprint("foobar")], ["cbf29ce484222325", "af63dc4c8601ec8c", "85944171f73967e8"]);
  },
  "a value that scripts may read is kept as it is"() {
    same(ledgerLine("num=visible-and-long; Path=/"), { line: "num=visible-and-long; Path=/" });
  },
  "of an HttpOnly value the ends are kept"() {
    same(ledgerLine("sid=abcdefghijklmnop; HttpOnly").line, "sid=abcd********mnop; HttpOnly");
    same(ledgerLine("sid=short; httponly").line, "sid=*****; httponly");
  },
  "a line is about a cookie by name, path and domain"() {
    same(about(entry("a=1; Path=/x; Domain=localhost")).id, "a\n/x\nlocalhost\nfalse");
    same(about(entry("a=1", { url: "http://localhost/en/lab" })).path, "/en");
    same(about(entry("a=1; Partitioned")).id, "a\n/\n\ntrue");
  },
  "a deletion names what it deletes, and leaves the session alone"() {
    same(deletion(entry("a=1; Path=/x; Secure; Domain=localhost")), "/delete_cookie?name=a&path=%2Fx&domain=localhost&secure=1");
    same([deletion(entry("sessionid=1; Path=/")), deletion(entry("nameless"))], ["", ""]);
  },
  "lines are entered once, oldest first"() {
    const ledger = new Ledger(memory());
    const [one, two] = [entry("a=1"), entry("b=1")];
    ledger.enter([two]);
    ledger.enter([one, two]);
    same(ledger.lines().map((l) => l.line), ["a=1", "b=1"]);
  },
  "what another tab overwrote is given back"() {
    const held = memory();
    const ledger = new Ledger(held);
    ledger.enter([entry("a=1")]);
    held.set("ledger", []);
    same(ledger.lines().length, 1);
  },
  "storage may hold anything"() {
    for (const odd of [null, 7, "x", { a: 1 }, [1, null, { line: 5 }, { ...entry("a=1"), at: "yesterday" }, { ...entry("a=1"), hash: 7 }]]) {
      const ledger = new Ledger(memory({ ledger: odd }));
      same(ledger.lines(), []);
      ledger.enter([entry("b=1")]);
      same(ledger.lines().length, 1);
    }
  },
  "of too many lines go first those that were set anew, then the oldest"() {
    const ledger = new Ledger(memory());
    ledger.enter([entry("first=1")]);
    for (let i = 0; i < 79; i++) ledger.enter([entry(`again=${i}`)]);
    ledger.enter([entry("last=1")]);
    const lines = ledger.lines().map((l) => l.line);
    same([lines.length, lines[0], lines[1]], [80, "first=1", "again=1"]);
    for (let i = 0; i < 80; i++) ledger.enter([entry(`c${i}=1`)]);
    same(ledger.lines()[0].line, "c0=1");
  },
  "an exchange is entered without its query"() {
    const ledger = new Ledger(memory());
    ledger.record({ id: "x", at: "2026-01-01T00:00:00.000Z", request: { url: url + "?value=secret" }, response: { headers: [["Vary", "Cookie"], ["Set-Cookie", "a=1"], ["set-cookie", "b=2; HttpOnly"]] } });
    same(ledger.lines().map(({ n, url: at, line }) => [n, at, line]), [[0, url, "a=1"], [1, url, "b=*; HttpOnly"]]);
  },
  "marks are kept beside the lines, and go with them"() {
    const held = memory();
    const ledger = new Ledger(held);
    const line = entry("a=1");
    ledger.enter([line]);
    ledger.mark([line.id + "#0"], [], "2026-01-01T00:00:00.000Z");
    same([ledger.marked()[0].seen, ledger.marked()[0].gone], [true, undefined]);
    ledger.mark([], [line.id + "#0"], "2026-01-01T00:00:00.000Z");
    same(ledger.marked()[0].gone, "2026-01-01T00:00:00.000Z");
    held.set("ledger", []);
    ledger.forgetMine();
    ledger.mark(["other#0"], [], "");
    same(Object.keys(held.get("marks", {})), ["other#0"]);
  },
  "a host is forgotten, another is not"() {
    const ledger = new Ledger(memory());
    ledger.enter([entry("a=1"), entry("b=1", { url: "http://127.0.0.1/set_cookie" })]);
    same(ledger.deletions("localhost"), ["/delete_cookie?name=a&path=%2F"]);
    ledger.forget("localhost", new Date(1e12 + 1e9).toISOString());
    same(ledger.lines().map((l) => l.line), ["b=1"]);
  },
};
