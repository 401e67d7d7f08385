// @ts-check
// Base64url of UTF-8 JSON (RFC 4648, section 5, without padding), for a value in a URL's
// fragment.

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
