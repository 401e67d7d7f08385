// @ts-check
// Take-away: the page posts the moment that it shows, and the server returns a handout, a
// HAR file or curl commands. Loaded on first use.
import { $, root } from "./panels.js";

const ROOM = 240 * 1024; // octets of a posted form; the server takes 256 KiB

/** Take away what the page has shown: its frames, or the time machine's moment. */
export async function take(button, frames) {
  const tools = button.closest("[data-take-tools]");
  const said = $("[data-take-said]", tools);
  said.replaceChildren();
  try {
    if (button.dataset.take === "link") await copyLink(tools, said);
    else await send(button.dataset.take, $("[data-take-reveal]", tools).checked, frames);
  } catch (error) {
    said.textContent = tools.dataset.failed.replace("{why}", String(error.message ?? error));
  }
}

/** Copy the page's URL, which contains the moment. If copying is not possible, show it for
 * copying by hand. */
async function copyLink(tools, said) {
  try {
    await navigator.clipboard.writeText(location.href);
    said.textContent = tools.dataset.copied;
  } catch {
    const field = document.createElement("input");
    field.readOnly = true;
    field.value = location.href;
    said.append(field);
    field.select();
  }
}

async function send(kind, reveal, frames) {
  const world = root.dataset.mode === "world" ? await import($("[data-stage]").dataset.machine) : null;
  const form = document.createElement("form");
  form.method = "post";
  form.action = `/${root.lang}/${kind}`;
  form.target = "_blank";
  form.hidden = true;
  field(form, "moment", JSON.stringify(world ? world.moment() : seen(frames)));
  if (reveal && !world) field(form, "reveal", "1");
  document.body.append(form);
  form.submit();
  form.remove();
}

function field(form, name, value) {
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = name;
  input.value = value;
  form.append(input);
}

/** The frames that this page has shown, the latest first until the size limit. */
function seen(shown) {
  const stage = $("[data-stage]");
  const parts = shown.length ? shown : [{ label: "", panels: $("[data-panels]") }];
  const frames = parts.map(({ label, panels }) => ({ label, frame: JSON.parse($("[data-observed]", panels)?.textContent ?? "{}") }));
  let room = ROOM;
  let kept = frames.length;
  while (kept > 0 && (room -= encodeURIComponent(JSON.stringify(frames[kept - 1])).length + 3) > 0) kept--;
  return { lesson: stage.dataset.lesson, step: stage.dataset.step, omitted: kept, frames: frames.slice(kept) };
}
