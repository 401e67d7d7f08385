// Package witness makes a world.Frame out of what a real browser showed.
//
// No program can ask a browser for its whole jar. What can be had are three
// witnesses, and each sees only a part. The Cookie header of a request to the
// page's own address has names and values, those of HttpOnly cookies included. The
// ledger of Set-Cookie lines has what was asked for, but not whether it was done.
// A script on the page sees what is not HttpOnly, in Chromium with attributes, in
// Firefox and Safari without. Reconcile says what follows from the three, where
// they contradict each other, and leaves unknown what no witness knows.
//
// The ledger is believed only as far as it goes: a line that was carried out by
// the rules says which attributes its cookie has, as long as a cookie of that name
// and value is really there. Where two lines could have made the same cookie, only
// what they agree on is taken. And a cookie that was once seen to be gone is not
// believed to be the same when it is there again.
//
// Observe puts the picture, the server's own row and the exchanges that a page
// reports into one frame. Who draws, judges, masks or exports it need not know that
// it was not played.
//
// A page may report anything. The work is bounded: the Limits say how much is looked
// at, and what is looked at costs no more than n log n steps.
package witness
