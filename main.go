// Cookielab shows, live, what cookies and sessions are and how they differ: the
// browser's jar, the HTTP that went over the wire and the server's session store,
// side by side.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"cookielab/handlers"
	"cookielab/internal/session"
	"cookielab/lessons"
	"cookielab/static"
	"cookielab/templates"
)

func main() {
	// Little lives long here: collecting a third as often costs some megabytes and
	// gives a fifth of the processor back. GOGC in the environment has the last word.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cookielab:", oneLine(err))
		os.Exit(1)
	}
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// config is what flags and environment variables set.
type config struct {
	addr, store, lessons string
	open, dev            bool
}

// parse reads the flags; an environment variable stands in for a flag that is not
// given.
func parse(args []string, getenv func(string) string, stderr io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("cookielab", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.addr, "addr", "localhost:8080", "address to listen on `host:port`; localhost is both 127.0.0.1 and [::1] (COOKIELAB_ADDR)")
	flags.StringVar(&c.store, "store", "sqlite:sessions.db", "where sessions are kept: `sqlite:PATH` or memory (COOKIELAB_STORE)")
	flags.StringVar(&c.lessons, "lessons", "", "`folder` of an instructor's own lessons, shown after ours (COOKIELAB_LESSONS)")
	flags.BoolVar(&c.open, "open", false, "open the site in a browser (COOKIELAB_OPEN)")
	flags.BoolVar(&c.dev, "dev", false, "read templates and static files from the working folder, anew for each request (COOKIELAB_DEV)")
	var broken error
	flags.VisitAll(func(f *flag.Flag) {
		name := "COOKIELAB_" + strings.ToUpper(f.Name)
		if value := getenv(name); value != "" {
			if err := f.Value.Set(value); err != nil {
				broken = fmt.Errorf("%s=%q: %w", name, value, err)
			}
		}
	})
	if broken != nil {
		return c, broken
	}
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("%q is not a flag; -h lists them", flags.Arg(0))
	}
	return c, nil
}

// run is the program: it returns when ctx ends and what was under way is done.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	c, err := parse(args, getenv, stderr)
	if err != nil {
		return err
	}
	listeners, err := listen(c.addr)
	if err != nil {
		return err
	}
	defer closeAll(listeners)
	backend, err := openStore(c.store)
	if err != nil {
		return err
	}
	defer backend.Close()
	log := slog.New(slog.NewTextHandler(stderr, nil))
	site, err := assemble(c, backend, log)
	if err != nil {
		return err
	}
	address := "http://" + browserHost(c.addr, listeners[0]) + "/"
	fmt.Fprintln(stdout, address)
	if c.open {
		if err := openBrowser(address); err != nil {
			log.Warn("no browser could be opened", "error", err.Error())
		}
	}
	background, halt := context.WithCancel(ctx)
	defer halt()
	go purge(background, backend, log)
	return serve(ctx, site, listeners, log)
}

// assemble puts the application together.
func assemble(c config, backend session.Backend, log *slog.Logger) (http.Handler, error) {
	catalogue, err := lessons.LoadWith(lessons.FS, c.lessons)
	if err != nil {
		return nil, err
	}
	files, err := static.New()
	if c.dev {
		files, err = static.NewDir(os.DirFS("static"))
	}
	if err != nil {
		return nil, err
	}
	pages, err := templates.Load(files.URL)
	if c.dev {
		pages, err = templates.LoadDir(os.DirFS("templates"), files.URL)
	}
	if err != nil {
		return nil, err
	}
	return handlers.New(handlers.Deps{
		Backend: backend, Now: time.Now, Rand: rand.Reader,
		Lessons: catalogue, Pages: pages, Static: files, Log: log,
	})
}

// openStore opens the store that the flag names.
func openStore(name string) (session.Backend, error) {
	kind, path, _ := strings.Cut(name, ":")
	switch {
	case name == "memory":
		return session.NewMemory(), nil
	case kind == "sqlite" && path != "":
		return session.OpenSQLite(path)
	}
	return nil, fmt.Errorf("-store %s: it is sqlite:PATH or memory", name)
}

// listen binds the address before anything else is begun. localhost is bound as
// both of its addresses, so that no browser finds the one that is not there.
func listen(addr string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("-addr %s: it is host:port, such as localhost:8080", addr)
	}
	hosts := []string{host}
	if host == "localhost" {
		hosts = []string{"127.0.0.1", "::1"}
	}
	var listeners []net.Listener
	for i, h := range hosts {
		l, err := net.Listen("tcp", net.JoinHostPort(h, port))
		if err != nil && i > 0 && !errors.Is(err, syscall.EADDRINUSE) {
			continue // a machine without IPv6
		}
		if err != nil {
			closeAll(listeners)
			if errors.Is(err, syscall.EADDRINUSE) {
				return nil, fmt.Errorf("port %s is in use; try another: -addr %s", port, net.JoinHostPort(host, nextPort(port)))
			}
			return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
		}
		if i == 0 {
			_, port, _ = net.SplitHostPort(l.Addr().String()) // port 0 was given: the second one follows
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

func nextPort(port string) string {
	var n int
	if _, err := fmt.Sscan(port, &n); err != nil || n >= 65535 {
		return "8081"
	}
	return fmt.Sprint(n + 1)
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}

// browserHost is what to type into an address bar on this machine.
func browserHost(addr string, l net.Listener) string {
	host, _, _ := net.SplitHostPort(addr)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// How long the program waits for others.
const (
	readHeaders = 10 * time.Second
	finish      = 10 * time.Second
	kept        = time.Hour // an expired row stays this long, to be looked at
	purgeEvery  = 5 * time.Minute
)

// serve answers until ctx ends, then finishes what is under way.
func serve(ctx context.Context, site http.Handler, listeners []net.Listener, log *slog.Logger) error {
	server := &http.Server{
		Handler: site, ReadHeaderTimeout: readHeaders, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- server.Serve(l) }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), finish)
	defer cancel()
	return server.Shutdown(last)
}

// purge takes away the rows that expired an hour ago (Django: clearsessions).
func purge(ctx context.Context, backend session.Backend, log *slog.Logger) {
	ticker := time.NewTicker(purgeEvery)
	defer ticker.Stop()
	for {
		if _, err := backend.Purge(ctx, time.Now().Add(-kept)); err != nil && ctx.Err() == nil {
			log.Error("purge failed", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// openBrowser asks the desktop to open an address.
func openBrowser(address string) error {
	switch runtime.GOOS {
	case "darwin":
		return exec.Command("open", address).Start()
	case "windows":
		return exec.Command("rundll32", "url.dll,FileProtocolHandler", address).Start()
	default:
		return exec.Command("xdg-open", address).Start()
	}
}
