// @ts-check
// The page that explains Set-Cookie lines: it asks as you type, and keeps the
// question behind the # of the address, which no server gets to see. Everything
// is answered and drawn by the server; without this file the form does the same.

import { decode, encode } from "./lib/base64url.js";

const $ = (selector, from = document) => from.querySelector(selector);
const page = $("[data-explain]");
const form = /** @type {HTMLFormElement} */ ($("[data-question]"));
const column = $("#answer");
const says = $("[data-says]");

/** How long typing has to pause, and how much the server reads. */
const pause = 120;
const most = 64 * 1024;

// --- asking -----------------------------------------------------------------

let timer = 0;
let busy = false;
let again = false;
let turn = 0; // counts the questions that buttons put: an older answer comes too late

function soon() {
  clearTimeout(timer);
  timer = setTimeout(ask, pause);
}

/** One request at a time; what was typed meanwhile is asked when it is back. */
async function ask() {
  clearTimeout(timer);
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  const mine = turn;
  remember();
  try {
    const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    if (body.toString().length > most) complain(page.dataset.tooLarge);
    else {
      const drawn = await post(body, { "X-Fragment": "answer" });
      if (mine === turn) show(drawn);
    }
  } catch {
    complain(page.dataset.failed);
  } finally {
    busy = false;
  }
  if (again) {
    again = false;
    ask();
  }
}

async function post(body, headers = {}) {
  $("[data-answer]").setAttribute("aria-busy", "true");
  const response = await fetch(location.pathname, { method: "POST", body, headers, cache: "no-store" });
  const drawn = new DOMParser().parseFromString(await response.text(), "text/html");
  if (!$("[data-answer]", drawn)) throw new Error(String(response.status));
  return drawn;
}

/** Put the server's drawing in place. What was folded or unfolded stays so, unless
 * it is another question's. The status stays the same element, or screen readers
 * would not notice it. */
function show(drawn, another = false) {
  const fresh = document.adoptNode($("[data-answer]", drawn));
  const old = $("[data-answer]");
  if (!another) for (const kept of old.querySelectorAll("details[data-keep]")) {
    $(`details[data-keep="${kept.dataset.keep}"]`, fresh)?.toggleAttribute("open", kept.open);
  }
  old.replaceWith(fresh);
  say(fresh.dataset.summary, "problem" in fresh.dataset);
}

/** Bring the answer to where the eyes are: beside the question it begins anew, below
 * it, the page goes there. */
function inSight() {
  column.scrollTop = 0;
  const box = column.getBoundingClientRect();
  if (box.top < 0 || box.top > innerHeight / 2) column.scrollIntoView({ block: "start" });
}

function say(text, trouble = false) {
  if (says.textContent !== text) says.textContent = text;
  column.toggleAttribute("data-trouble", trouble);
}

function complain(text) {
  $("[data-answer]").setAttribute("aria-busy", "false");
  say(text, true);
}

/** A button that puts another question: the server writes the form anew. */
async function instead(button) {
  clearTimeout(timer);
  const mine = ++turn;
  const body = new URLSearchParams(/** @type {any} */ (button.name === "repair" ? new FormData(form) : {}));
  body.set(button.name, button.value);
  try {
    const drawn = await post(body);
    if (mine !== turn) return;
    const fields = new FormData($("[data-question]", drawn));
    fill(Object.fromEntries(fields));
    history.pushState(null, "", address());
    show(drawn, true);
    inSight();
  } catch {
    complain(page.dataset.failed);
  }
}

// --- the question in the address ----------------------------------------------

/** @returns {Record<string, string>} what is filled in */
function question() {
  const fields = {};
  for (const [name, value] of new FormData(form)) if (value !== "") fields[name] = value;
  return fields;
}

function fill(fields) {
  for (const field of form.elements) {
    if ("name" in field && field.name && field.type !== "submit") field.value = fields[field.name] ?? "";
  }
  $("[data-more]").open = Boolean(fields.set_kind);
}

/** The question of an address; it throws where that holds none. */
function read(text) {
  const value = decode(text);
  const plain = value && typeof value === "object" && Object.values(value).every((v) => typeof v === "string");
  if (!plain || typeof value.lines !== "string") throw new Error("no question");
  return value;
}

const address = () => location.pathname + "#q=" + encode(question());

function remember() {
  history.replaceState(null, "", address());
}

/** Take the question out of the address, if there is one. */
async function restore() {
  const [, text] = location.hash.match(/^#q=(.*)$/s) ?? [];
  if (text === undefined) return;
  try {
    fill(read(text));
  } catch {
    form.reset();
    history.replaceState(null, "", location.pathname);
    show(await post(new URLSearchParams(/** @type {any} */ (new FormData(form))), { "X-Fragment": "answer" }));
    say(page.dataset.damaged, true);
    return;
  }
  await ask();
}

async function copy(button) {
  remember();
  const word = $("[data-copy-word]", button);
  const was = word.textContent;
  try {
    await navigator.clipboard.writeText(location.href);
    word.textContent = page.dataset.copied;
    setTimeout(() => (word.textContent = was), 2000);
  } catch {
    // No clipboard without a secure context: show the link to be copied by hand.
    const field = /** @type {HTMLInputElement} */ ($("[data-link]"));
    $("[data-link-field]").hidden = false;
    field.value = location.href;
    field.select();
  }
}

// --- events -------------------------------------------------------------------

form.addEventListener("input", soon);
document.addEventListener("submit", (event) => {
  const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
  if (event.target !== form && event.target !== $("[data-examples]")) return;
  event.preventDefault();
  if (button?.name) instead(button);
  else ask();
});
$("[data-copy-link]").addEventListener("click", (event) => copy(event.currentTarget));
for (const other of document.querySelectorAll("[data-language]")) {
  other.addEventListener("click", () => {
    if (location.hash.startsWith("#q=")) other.hash = location.hash;
  });
}
addEventListener("popstate", () => {
  if (location.hash === "") {
    form.reset();
    ask();
  } else {
    restore();
  }
});
restore();
