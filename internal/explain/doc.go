// Package explain is the matter of the page that explains a Set-Cookie line: a question
// in, and out comes what became of each line and why, in the words of a language.
//
// A question (question.go) is what a person types or pastes: lines, the address that
// they come from, and the request that is made next. It is read into the terms of
// internal/jar, whose model decides everything; nothing here knows a rule of its own.
// What the jar says in stable words becomes sentences (words.go), a line taken apart
// (line.go), the jar and the next request (view.go), a table of the requests that do
// and do not carry the cookie (matrix.go), and buttons that mend what went wrong
// (repair.go). For programs the same answer is JSON (api.go).
//
// The clock is a parameter, and nothing is kept: the same question at the same moment
// has the same answer.
package explain
