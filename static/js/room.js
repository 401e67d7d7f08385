// @ts-check
// What the pages of a class share: the stream of moments, the seat, and the parts
// that the server draws.

const root = document.documentElement;
export const $ = (selector, from = document) => from.querySelector(selector);
export const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
export const lang = root.lang;
export const page = /** @type {HTMLElement} */ ($("[data-class]"));
export const code = page.dataset.code;
delete root.dataset.view; // these pages have a size of their own

/** Web storage that may be closed or full; nothing is lost but the memory of it. */
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

/** A part of a page, drawn by the server; null where it does not come. */
export async function part(path, headers = {}) {
  const response = await fetch(`/${lang}${path}`, { headers });
  if (!response.ok) return null;
  return new DOMParser().parseFromString(await response.text(), "text/html").body;
}

/** Put what was drawn into its place. */
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

const AGAIN = [1000, 1000, 2000, 4000]; // ms until the next try, the last one for ever

/** Follow the room: moment is called with each one that is newer than the page's, and
 * found when the stream stands. The stream is closed while nobody sees the page. */
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
      // A browser tries again by itself, unless an answer came that was no stream.
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

/** The frame that everybody sees: fetched once, and kept by the browser. What comes
 * back is its place, if it is another one than before. */
export async function showFrame(frame) {
  const n = String(frame?.n ?? 0);
  if (page.dataset.frameN === n) return null;
  page.dataset.frameN = n;
  const drawn = frame ? await part(frame.url) : document.createElement("div");
  return page.dataset.frameN === n ? place("frame", drawn) : null;
}

/** Note the moment on the page, for style, scripts and programs that read it. */
export function stand(m) {
  Object.assign(page.dataset, { n: m.n, step: m.step ?? "", question: m.question, free: m.free });
}

/** Which of this machine's addresses students are shown: the console chooses, and
 * every window of this browser shows it. */
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
