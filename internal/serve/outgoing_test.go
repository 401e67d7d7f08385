package serve

import (
	"bufio"
	"io"
	"net/http"
	"testing"
	"time"
)

func TestWhoDoesNotReadGivesWayToWhoDoes(t *testing.T) {
	const size = 8 << 20 // more than a connection holds
	ended := make(chan string, 8)
	out := NewOutgoing(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := w.Write(make([]byte, size)); err != nil {
			ended <- r.URL.Path
		}
	}), 3*size)
	address, _ := serving(t, Limits{}, out.ServeHTTP)
	unread := func(path string) {
		connection := say(t, address, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if _, err := io.ReadFull(connection, make([]byte, 12)); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/1", "/2", "/3"} {
		unread(path)
	}
	unread("/4")
	if got := <-ended; got != "/1" {
		t.Errorf("%s is cut off, want /1, which has waited longest", got)
	}
	response, err := http.ReadResponse(bufio.NewReader(say(t, address, "GET /5 HTTP/1.1\r\nHost: localhost\r\n\r\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, response.Body); n != size || err != nil {
		t.Errorf("who reads gets %d octets, %v; want %d", n, err, size)
	}
	if got := <-ended; got != "/2" {
		t.Errorf("then %s is cut off, want /2", got)
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		out.mu.Lock()
		waiting, octets := len(out.waiting), out.octets
		out.mu.Unlock()
		if waiting == 2 && octets == 2*size {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d answers with %d octets wait, want 2", waiting, octets)
		}
	}
}
