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
