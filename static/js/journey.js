// @ts-check
// How the panels came to show what they show: cookies and keys move from place to place,
// slowly on request, or as a still picture with numbers if reduced motion is set. The
// panels also describe these trips as text.
import { holdFrom } from "./peek.js";
import { $, $$, root, still } from "./panels.js";

const PACE = { leg: 650, rest: 150 }; // ms from one stop to the next, and at each stop
const SLOWLY = { leg: 1700, rest: 1300 };

let shown = null; // the still picture on the page
let flyers = [];
let setOff = 0; // where the page was scrolled to when they set off
let due = 0; // the animation frame in which the next movement begins

/** The panels were replaced; before are the previous ones, or null if unknown. */
export function arrive(before, moves) {
  clear();
  holdFrom(before);
  root.toggleAttribute("data-travelled", Boolean($("[data-trip]")));
  if (!moves) return;
  due = requestAnimationFrame(still.matches ? draw : () => travel(PACE));
}

/** Remove movements and pictures of the previous panels. */
function clear() {
  cancelAnimationFrame(due);
  for (const flyer of flyers) flyer.remove();
  flyers = [];
  shown?.remove();
  shown = null;
}

function again() {
  const drawn = Boolean(shown) && !flyers.length;
  clear();
  if (drawn && still.matches) return; // the same key removes the picture
  draw();
  if (!still.matches) travel(SLOWLY).then(clear, () => {});
}

// --- the places of a trip ---------------------------------------------------------

const seen = (...candidates) => candidates.find((e) => e?.checkVisibility());

/** On a phone only one panel is visible; the tabs stand for the others. */
function tab(name) {
  const all = $$("[data-panels] [data-tab]");
  return seen(all.find((each) => each.dataset.tab === name));
}

/** The element at which a trip stops: the card, the part of a header, the row, or whichever of
 * their surroundings is visible; a ghost stands for an element that was removed. */
const places = {
  jar: ({ trip, tripOf }) => {
    const panel = $$('[data-panels] [data-panel="browser"]').find((each) => (each.dataset.browser ?? "") === tripOf);
    const card = panel && (named(panel, "[data-cookie]", "name", trip) ?? named(panel, "[data-ghost]", "ghostOf", trip));
    return tab(tripOf || "browser") ?? seen(card, panel && $("header", panel));
  },
  wire: ({ trip, tripIn, tripWay }) => {
    const exchange = $(`[data-panels] [data-exchange="${CSS.escape(tripIn)}"]`);
    const message = exchange && $(`[data-message="${tripWay === "out" ? "request" : "response"}"]`, exchange);
    return tab("wire") ?? seen(message && piece(message, trip), exchange && $("summary", exchange), $('[data-panels] [data-panel="wire"] header'));
  },
  row: ({ tripKey }) => {
    const table = $('[data-panels] [data-panel="server"]');
    const row = named(table, "[data-row]", "key", tripKey) ?? named(table, "[data-ghost]", "ghostOf", tripKey);
    return tab("server") ?? seen(row, $("header", table));
  },
};

const named = (from, selector, fact, name) => $$(selector, from).find((e) => e.dataset[fact] === name);
const piece = (message, name) => $$(".pair-piece, .set-piece", message).find((e) => e.textContent.startsWith(name + "="));

/** The trips in the panels, each stop with its number, place and text. */
function trips() {
  return $$("[data-panels] [data-trip]").map(({ dataset, children }) => ({
    ...dataset,
    stops: [...children].filter((e) => e.matches("[data-stop]"))
      .map((e) => ({ name: e.dataset.stop, n: Number(e.dataset.stopN), place: places[e.dataset.stop](dataset) }))
      .filter((stop) => stop.place),
  }));
}

/** Where an element is, or the edge of its panel behind which it is scrolled away. */
function spot(place) {
  const box = place.getBoundingClientRect();
  const shelf = place.closest(".body")?.getBoundingClientRect();
  if (shelf) box.y = Math.min(Math.max(box.top, shelf.top), Math.max(shelf.top, shelf.bottom - 24));
  return box;
}

/** The point of an element at which things stop. */
function point(place) {
  const box = spot(place);
  return { x: box.left + Math.min(box.width / 2, 60), y: box.top + Math.min(box.height / 2, 24) };
}

// --- movement ---------------------------------------------------------------------

/** Animate all trips: first those to the server, then those back. */
async function travel({ leg, rest }) {
  setOff = scrollY;
  const all = trips().filter((trip) => trip.stops.length > 1);
  const first = Math.max(0, ...all.filter((trip) => trip.tripWay === "out").map((trip) => trip.stops.length));
  const wait = first ? first * (leg + rest) : 0;
  await Promise.all(all.map((trip) => fly(trip, trip.tripWay === "out" ? 0 : wait, leg, rest)));
}

function fly(trip, delay, leg, rest) {
  const flyer = document.createElement("div");
  flyer.className = "flyer";
  flyer.setAttribute("aria-hidden", "true");
  flyer.dataset.flies = trip.trip;
  flyer.dataset.stops = trip.stops.map((stop) => stop.name).join(" ");
  const thing = trip.stops.map((stop) => stop.place).find((place) => place.matches(".pair-piece, .set-piece"));
  if (thing) flyer.append(...thing.cloneNode(true).childNodes);
  else flyer.textContent = trip.trip;
  document.body.append(flyer);
  flyers.push(flyer);
  const legs = trip.stops.length - 1;
  const duration = legs * leg + (legs + 1) * rest;
  const frames = trip.stops.flatMap(({ place }, n) => {
    const { x, y } = point(place);
    const transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
    const there = n * (leg + rest);
    return [there, there + rest].map((ms) => ({ transform, opacity: ms ? 1 : 0, offset: ms / duration, easing: "ease-in-out" }));
  });
  return flyer.animate(frames, { duration, delay, fill: "backwards" }).finished.finally(() => {
    flyer.remove();
    flyers = flyers.filter((each) => each !== flyer);
  });
}

// --- the still picture --------------------------------------------------------------

/** Draw numbers at the stops, and arrows between them. */
function draw() {
  shown?.remove();
  shown = null;
  const all = trips();
  if (!all.some((trip) => trip.stops.length > 1)) return;
  shown = document.createElement("div");
  shown.className = "way";
  shown.dataset.way = "";
  shown.setAttribute("aria-hidden", "true");
  const arrows = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  shown.append(arrows);
  document.body.append(shown);
  const taken = new Map(); // how many numbers each place has
  const numbers = new Map(); // the elements of the numbers, by place and number
  for (const trip of all) {
    let from = null;
    for (const stop of trip.stops) {
      const at = number(stop, taken, numbers);
      if (from) arrow(arrows, from, at);
      from = at;
    }
  }
}

/** Draw a stop's number at its place, beside those already there. */
function number({ n, name, place }, taken, numbers) {
  const there = numbers.get(place)?.get(n);
  if (there) return there;
  const box = spot(place);
  const before = taken.get(place) ?? 0;
  taken.set(place, before + 1);
  const badge = document.createElement("b");
  badge.className = "way-stop";
  badge.textContent = String(n);
  badge.dataset.wayStop = name;
  shown.append(badge);
  const size = badge.offsetWidth;
  const at = { x: Math.max(box.left - 2, size / 2) + before * (size + 2), y: box.top - 3, r: size / 2 };
  badge.style.translate = `${at.x}px ${at.y}px`;
  numbers.set(place, (numbers.get(place) ?? new Map()).set(n, at));
  return at;
}

function arrow(arrows, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  const away = from.r + 3;
  if (length < away * 3) return;
  const [ux, uy] = [dx / length, dy / length];
  const [x1, y1, x2, y2] = [from.x + ux * away, from.y + uy * away, to.x - ux * away, to.y - uy * away];
  const bend = Math.min(40, length / 6);
  const [cx, cy] = [(x1 + x2) / 2, (y1 + y2) / 2 - bend];
  const angle = Math.atan2(y2 - cy, x2 - cx);
  const wing = (turn) => `${x2 - 11 * Math.cos(angle + turn)} ${y2 - 11 * Math.sin(angle + turn)}`;
  const d = `M${x1} ${y1}Q${cx} ${cy} ${x2} ${y2}M${wing(0.5)}L${x2} ${y2}L${wing(-0.5)}`;
  for (const kind of ["way-halo", "way-line"]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("class", kind);
    path.setAttribute("d", d);
    arrows.append(path);
  }
}

// Scrolling and resizing move the places, so the picture is drawn again.
const redraw = () => shown && !flyers.length && draw();
// What flies keeps to its places while the page scrolls, as it does to an outcome.
document.addEventListener("scroll", () => flyers.forEach((flyer) => (flyer.style.top = `${setOff - scrollY}px`)), { passive: true });
addEventListener("resize", redraw);
document.addEventListener("scroll", redraw, { capture: true, passive: true });
document.addEventListener("keydown", (event) => event.key === "Escape" && clear());
document.addEventListener("click", (event) => /** @type {Element} */ (event.target).closest("[data-slowly]") && again());
