// Package witness makes a world.Frame from what a real browser reveals.
//
// No program can read a browser's whole jar. There are three sources, here called
// witnesses, and each shows only a part. The Cookie header of a request to the page's
// address has names and values, including those of HttpOnly cookies. The ledger of
// Set-Cookie lines has what servers asked for, but not whether the browser did it. A
// script on the page sees the cookies that are not HttpOnly, in Chromium with attributes,
// in Firefox and Safari without. Reconcile combines the three, reports where they
// contradict each other, and leaves unknown what none of them shows.
//
// The ledger is used with care. A line that the rules accept gives the attributes of its
// cookie only if a cookie of that name and value is really there. If two lines could have
// made the same cookie, only what they agree on is used. A cookie that was once missing
// is not taken for the same one when it appears again.
//
// Observe puts the result, the server's own row and the exchanges that a page reports
// into one frame. Code that draws, judges, masks or exports a frame need not know that it
// was not played.
//
// A page may report anything. The work is bounded: the Limits bound how much is examined,
// in at most n log n steps.
package witness
