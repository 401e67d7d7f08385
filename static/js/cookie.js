// @ts-check
// The page that explains Set-Cookie lines: it asks while you type, and keeps the question
// in the URL's fragment, which is not sent to any server. The server answers and renders
// everything; without this file the form does the same.

import { decode, encode } from "./lib/link.js";

const $ = (selector, from = document) => from.querySelector(selector);
const page = $("[data-explain]");
const form = /** @type {HTMLFormElement} */ ($("[data-question]"));
const column = $("#answer");
const says = $("[data-says]");

/** The pause in typing before a request, in ms, and the largest request, in octets. */
const pause = 120;
const most = 64 * 1024;

// --- asking -----------------------------------------------------------------

let timer = 0;
let busy = false;
let again = false;
let turn = 0; // the number of the latest question from a button; answers to earlier ones are ignored

function soon() {
  clearTimeout(timer);
  timer = setTimeout(ask, pause);
}

/** One request at a time; changes during a request are asked about after it. */
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

/** Display the server's answer. Unless the question is a new one, folds stay open or closed. The
 * status stays the same element, so that screen readers announce its changes. */
function show(drawn, another = false) {
  const fresh = document.adoptNode($("[data-answer]", drawn));
  const old = $("[data-answer]");
  if (!another) for (const kept of old.querySelectorAll("details[data-keep]")) {
    $(`details[data-keep="${kept.dataset.keep}"]`, fresh)?.toggleAttribute("open", kept.open);
  }
  old.replaceWith(fresh);
  say(fresh.dataset.summary, "problem" in fresh.dataset);
}

/** Scroll to the answer: to its top if it is beside the question, down to it if it is below. */
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

/** A button that replaces the question: the server renders the form again. */
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

// --- the question in the URL --------------------------------------------------

/** @returns {Record<string, string>} the fields that are filled in */
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

/** The question in a URL's fragment; throws if there is none. */
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

/** Fill in the question from the URL, if there is one. */
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
    // Without a secure context there is no clipboard: show the link for copying by hand.
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
