// @ts-check
// Asking the server for what it works out, which may have to wait for others.

/** The answer to a question in JSON. A server that serves others is asked again; what it refuses
 * is thrown in its words. */
export async function ask(address, question, tries = 5) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
  if (response.status === 503 && tries > 1) {
    // A class presses at once: each asks again, and not all in step.
    await new Promise((go) => setTimeout(go, 1000 * (Number(response.headers.get("Retry-After")) || 1) * (0.5 + Math.random())));
    return ask(address, question, tries - 1);
  }
  const text = await response.text();
  if (!response.ok) throw new Error(text.startsWith("{") ? JSON.parse(text).error : text);
  return JSON.parse(text);
}
