// @ts-check
// What the pages of a class share: the stream of moments, web storage, and the parts that
// the server renders.

const root = document.documentElement;
export const $ = (selector, from = document) => from.querySelector(selector);
export const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
export const lang = root.lang;
export const page = /** @type {HTMLElement} */ ($("[data-class]"));
export const code = page.dataset.code;
delete root.dataset.view; // class view has its own type size, which these pages do not use

/** Web storage, which may be unavailable or full; then only the setting is lost. */
export function remember(storage, key, value) {
  try {
    if (value === undefined) return window[storage].getItem(key);
    if (value === null) window[storage].removeItem(key);
    else window[storage].setItem(key, value);
  } catch {
    return null;
  }
  return value;
}

/** A request to the room. */
export function ask(path, { method = "POST", body = {}, headers = {} } = {}) {
  const sent = method === "POST" ? { body: JSON.stringify(body) } : {};
  return fetch(`/api/class/${code}${path}`, {
    method, cache: "no-store", headers: { "Content-Type": "application/json", ...headers }, ...sent,
  });
}

/** A part of a page, rendered by the server; null after an error. */
export async function part(path, headers = {}) {
  const response = await fetch(`/${lang}${path}`, { headers });
  if (!response.ok) return null;
  return new DOMParser().parseFromString(await response.text(), "text/html").body;
}

/** Put a rendered part into its place. */
export function place(name, drawn) {
  const at = $(`[data-place="${name}"]`);
  if (!at || !drawn) return at;
  at.replaceChildren(...[...drawn.childNodes].map((node) => document.adoptNode(node)));
  return at;
}

export function say(key, text = page.dataset[key]) {
  const status = $("[data-status]");
  if (!status) return;
  status.textContent = text ?? "";
  status.hidden = !text;
  page.dataset.link = key;
}

const AGAIN = [1000, 1000, 2000, 4000]; // ms until the next try; the last one repeats

/** Follow the room: moment is called with each moment newer than the page's, found when the
 * stream is connected. The stream is closed while the page is hidden. */
export function follow({ moment, found, lost, over }) {
  let source = null;
  let tries = 0;
  let timer = 0;
  const open = () => {
    clearTimeout(timer);
    source?.close();
    if (document.hidden) return;
    source = new EventSource(`/api/class/${code}/stream`);
    source.addEventListener("open", () => { tries = 0; found(); });
    source.addEventListener("moment", (event) => {
      const m = JSON.parse(event.data);
      if (m.n >= Number(page.dataset.n)) moment(m);
    });
    source.addEventListener("error", async () => {
      lost();
      // The browser reconnects by itself, unless the answer was not a stream.
      if (source.readyState !== EventSource.CLOSED) return;
      const here = await fetch(`/${lang}/class/${code}/wall`, { method: "HEAD" }).catch(() => null);
      if (here?.status === 404) return over();
      timer = setTimeout(open, AGAIN[Math.min(tries++, AGAIN.length - 1)]);
    });
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return open();
    clearTimeout(timer);
    source?.close();
  });
  for (const back of ["online", "pageshow"]) addEventListener(back, (event) => (back === "online" || event.persisted) && open());
  addEventListener("pagehide", () => source?.close());
  open();
}

/** Display the shared frame, which is fetched once and cached by the browser. Returns its place
 * if the frame has changed. */
export async function showFrame(frame) {
  const n = String(frame?.n ?? 0);
  if (page.dataset.frameN === n) return null;
  page.dataset.frameN = n;
  const drawn = frame ? await part(frame.url) : document.createElement("div");
  return page.dataset.frameN === n ? place("frame", drawn) : null;
}

/** Store the moment in the page's data attributes, for style sheets and scripts. */
export function stand(m) {
  Object.assign(page.dataset, { n: m.n, step: m.step ?? "", question: m.question, free: m.free });
}

/** Which of this machine's addresses is shown to students: chosen at the console, and used by
 * every window of this browser. */
const ADDRESS = "cookielab.address";
export function showAddress(chosen = remember("localStorage", ADDRESS)) {
  const ways = $$("[data-address]");
  const host = (way) => way.dataset.address.split("/")[0];
  if (!ways.some((way) => host(way) === chosen)) return;
  for (const way of ways) way.hidden = host(way) !== chosen;
  const choice = $("[data-choose-address]");
  if (choice) choice.value = ways.find((way) => !way.hidden).dataset.address;
}
document.addEventListener("change", (event) => {
  const at = /** @type {HTMLSelectElement} */ (event.target);
  if (at.matches("[data-choose-address]")) showAddress(remember("localStorage", ADDRESS, at.value.split("/")[0]));
});
addEventListener("storage", (event) => event.key === ADDRESS && showAddress());
showAddress();
