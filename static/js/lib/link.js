// @ts-check
// Values in a URL's fragment: base64url of UTF-8 JSON (RFC 4648, section 5, without
// padding), and the link to a moment of the time machine.

export function encode(value) {
  let octets = "";
  for (const octet of new TextEncoder().encode(JSON.stringify(value))) octets += String.fromCharCode(octet);
  return btoa(octets).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The value; throws if the text is damaged. */
export function decode(text) {
  const octets = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(octets));
}

const LONGEST = 60000; // characters of a fragment

/** The fragment for a moment: the lesson l, the actions a, and the frame f on show. A longer one
 * than fits has no moment and leads to the step's start. */
export function linkTo(moment) {
  const fragment = "#w=" + encode(moment);
  return fragment.length <= LONGEST ? fragment : "#w=";
}

/** The moment of a fragment, null without one; throws if it is damaged. */
export function momentOf(fragment) {
  if (!fragment.startsWith("#w=") || fragment === "#w=") return null;
  if (fragment.length > LONGEST) throw new Error("too long");
  const moment = decode(fragment.slice(3));
  if (!Array.isArray(moment.a) || !Number.isInteger(moment.f) || moment.f < 0 || moment.f > moment.a.length) throw new Error("damaged");
  return moment;
}
