// Package serve is the layer between the network and the application. It listens, sets
// timeouts, keeps a slow log from blocking requests, and shuts down gracefully.
//
// A client may be slow by accident or on purpose: it may send half a header or half a
// body, not read its answer, or send nothing at all. Each of these has its own timeout,
// so that no client can hold a connection, or the shutdown, for ever.
package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Limits are the timeouts of one connection.
type Limits struct {
	Header time.Duration // from the first octet of a request to the end of its header
	Body   time.Duration // from the first octet of a request to the end of its body
	Answer time.Duration // from the end of the header to the end of the answer
	Idle   time.Duration // between two requests
	Finish time.Duration // from the start of the shutdown until what is still under way is cut off
}

// Defaults are the limits of the program. A page's largest body, 1 MiB, arrives
// within Body at 300 kbit/s, and the largest answer, 8 MiB, leaves within Answer at
// 2.5 Mbit/s.
var Defaults = Limits{
	Header: 10 * time.Second,
	Body:   30 * time.Second,
	Answer: 30 * time.Second,
	Idle:   time.Minute,
	Finish: 3 * time.Second,
}

// maxHeader bounds the header of a request, in octets: 180 cookies of 300 octets, or
// a dozen of the longest, fit.
const maxHeader = 64 << 10

// Serve answers on the listeners until ctx ends. Then it accepts no more requests and
// finishes those under way; what is not finished after Limits.Finish is cut off, which is
// not an error, because a client must not decide how the program ends. If secure is not
// nil, it serves https.
func Serve(ctx context.Context, site http.Handler, listeners []net.Listener, secure *tls.Config, limits Limits, log *slog.Logger) error {
	server := &http.Server{
		Handler:           site,
		ReadHeaderTimeout: limits.Header,
		ReadTimeout:       limits.Body,
		WriteTimeout:      limits.Answer,
		IdleTimeout:       limits.Idle,
		MaxHeaderBytes:    maxHeader,
		TLSConfig:         secure,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() {
			if secure != nil {
				failed <- server.ServeTLS(l, "", "") // the certificate is in TLSConfig
				return
			}
			failed <- server.Serve(l)
		}()
	}
	select {
	case err := <-failed:
		return errors.Join(err, server.Close())
	case <-ctx.Done():
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.Finish)
	defer cancel()
	if err := server.Shutdown(finish); err != nil {
		log.Warn("stopped with requests under way")
		server.Close()
	}
	return nil
}

// A Stream is an answer without end, such as server-sent events. Its handler returns
// when the request's context ends, or when the program stops.
type Stream struct {
	answer   http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
}

// NewStream removes the limits of Body and Answer from an answer. Instead, each write may
// take as long as patience.
func NewStream(answer http.ResponseWriter, patience time.Duration) (*Stream, error) {
	s := &Stream{answer, http.NewResponseController(answer), patience}
	// When the read deadline passes, the request's context would be cancelled.
	err := s.control.SetReadDeadline(time.Time{})
	if errors.Is(err, http.ErrNotSupported) {
		err = nil // httptest.ResponseRecorder
	}
	return s, err
}

// Write sends the octets immediately.
func (s *Stream) Write(octets []byte) (int, error) {
	if err := s.control.SetWriteDeadline(after(s.patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := s.answer.Write(octets)
	if err != nil {
		return n, err
	}
	return n, s.control.Flush()
}

// after returns the time in d from now by the machine's clock, which the deadlines of
// connections use. The clock in Deps.Now may stand still.
func after(d time.Duration) time.Time {
	timeout, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	at, _ := timeout.Deadline()
	return at
}
