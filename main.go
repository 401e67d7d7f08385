// Cookielab shows, live, what cookies and sessions are and how they differ: the
// browser's jar, the HTTP that went over the wire and the server's session store,
// side by side.
package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"cookielab/handlers"
	"cookielab/internal/class"
	"cookielab/internal/invite"
	"cookielab/internal/notices"
	"cookielab/internal/serve"
	"cookielab/internal/session"
	"cookielab/lessons"
	"cookielab/static"
	"cookielab/templates"
)

func main() {
	// Most allocations live only as long as a request: collecting a third as often costs
	// some megabytes and saves a fifth of the processor's time. GOGC in the environment
	// overrides it.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
	// Writing the log to a closed pipe must not end the program.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
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
	hosts, proxies       list
	tls                  bool
	tlsCert, tlsKey      string
	rate                 int
	metrics              bool
	open, dev, class     bool
	version, notices     bool
	limits               session.Limits
}

// list is a flag that may be given several times or with values separated by commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(value string) error {
	for part := range strings.SplitSeq(value, ",") {
		*l = append(*l, strings.TrimSpace(part))
	}
	return nil
}

// parse reads the flags. A flag that is not given takes its value from the environment,
// with the name in capitals after COOKIELAB_.
func parse(args []string, getenv func(string) string, stderr io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("cookielab", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.addr, "addr", "localhost:8080", "address to listen on `host:port`; localhost is both 127.0.0.1 and [::1] (COOKIELAB_ADDR)")
	flags.StringVar(&c.store, "store", "sqlite:sessions.db", "where sessions are kept: `sqlite:PATH`, memory or redis://HOST:PORT, which several programs can share (COOKIELAB_STORE)")
	flags.IntVar(&c.limits.Rows, "max-sessions", session.DefaultLimits.Rows, "`number` of sessions that are kept; in a full store the address with most makes room, in Redis who was idle for longest (COOKIELAB_MAX_SESSIONS)")
	flags.Int64Var(&c.limits.Bytes, "max-bytes", session.DefaultLimits.Bytes, "`octets` that all sessions together may have (COOKIELAB_MAX_BYTES)")
	flags.StringVar(&c.lessons, "lessons", "", "`folder` of an instructor's own lessons, shown after ours (COOKIELAB_LESSONS)")
	flags.Var(&c.hosts, "host", "`name` to answer under besides localhost, the machine's names and addresses; *.uni.test is whatever is under uni.test; may be repeated (COOKIELAB_HOST, parted by commas)")
	flags.Var(&c.proxies, "trusted-proxies", "`ranges` of addresses, such as 10.0.0.0/8, of the proxies whose X-Forwarded-For, -Proto and -Host count (COOKIELAB_TRUSTED_PROXIES)")
	flags.BoolVar(&c.tls, "tls", false, "serve https, with a certificate that is made once and kept beside the database (COOKIELAB_TLS)")
	flags.StringVar(&c.tlsCert, "tls-cert", "", "serve https with the certificate in this `file`, in PEM (COOKIELAB_TLS_CERT)")
	flags.StringVar(&c.tlsKey, "tls-key", "", "`file` with the key of -tls-cert, in PEM (COOKIELAB_TLS_KEY)")
	flags.BoolVar(&c.class, "class", false, "open a class, or the latest one again; without -addr the network can then reach the program, on 0.0.0.0:8080 (COOKIELAB_CLASS)")
	flags.IntVar(&c.rate, "rate", 0, "`requests` a second that one address may make, ten times as many at once; for a server on the internet; 0 is no bound (COOKIELAB_RATE)")
	flags.BoolVar(&c.metrics, "metrics", false, "show counts of requests at /metrics, for Prometheus (COOKIELAB_METRICS)")
	flags.BoolVar(&c.open, "open", false, "open the site in a browser (COOKIELAB_OPEN)")
	flags.BoolVar(&c.dev, "dev", false, "read templates and static files from the working folder, anew for each request (COOKIELAB_DEV)")
	flags.BoolVar(&c.version, "version", false, "say which version this is, and end")
	flags.BoolVar(&c.notices, "notices", false, "print the licences of what is inside, and end")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("%q is not a flag; -h lists them", flags.Arg(0))
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var broken error
	flags.VisitAll(func(f *flag.Flag) {
		name := "COOKIELAB_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if value := getenv(name); value != "" && !given[f.Name] {
			if err := f.Value.Set(value); err != nil {
				broken = fmt.Errorf("%s=%q: %w", name, value, err)
			}
		}
	})
	if c.class && !given["addr"] && getenv("COOKIELAB_ADDR") == "" {
		c.addr = "0.0.0.0:8080"
	}
	return c, broken
}

// run is the program. It returns once ctx is done and the requests under way are answered.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	c, err := parse(args, getenv, stderr)
	if err != nil {
		return err
	}
	switch {
	case c.version:
		fmt.Fprintln(stdout, version())
		return nil
	case c.notices:
		fmt.Fprint(stdout, notices.Text)
		return nil
	}
	hosts, err := serve.NewHosts(c.hosts)
	if err != nil {
		return err
	}
	proxies, err := serve.ParseProxies(c.proxies)
	if err != nil {
		return err
	}
	listeners, err := serve.Listen(c.addr)
	if err != nil {
		return err
	}
	defer serve.Close(listeners)
	backend, err := session.Open(c.store)
	if err != nil {
		return err
	}
	defer within(closing, func(context.Context) { backend.Close() })
	sessions, err := c.limited(ctx, backend)
	if err != nil {
		return err
	}
	log := serve.NewLog(stderr, logRoom)
	defer within(closing, log.Close)
	hall, err := openHall(ctx, backend, sessions)
	if err != nil {
		return err
	}
	defer hall.Close()
	var metrics *serve.Metrics
	if c.metrics {
		metrics = new(serve.Metrics)
		metrics.Gauge("cookielab_log_lines_waiting_dropped", "Log lines dropped since that was last said in the log.", func() float64 { return float64(log.Dropped()) })
		metrics.Gauge("cookielab_goroutines", "Goroutines that there are.", func() float64 { return float64(runtime.NumGoroutine()) })
		metrics.Gauge("cookielab_memory_bytes", "Memory that is held of the system's.", func() float64 { return float64(serve.Held()) })
	}
	site, err := assemble(c, handlers.Deps{Metrics: metrics, Backend: sessions, Store: session.Kind(c.store), Class: hall, Log: log, Done: ctx.Done(), Hosts: hosts.Allow})
	if err != nil {
		return err
	}
	// lessons.LoadWith has played every lesson and task; the memory for that is no longer
	// needed. What a sync.Pool holds outlives one collection, so there are two.
	runtime.GC()
	debug.FreeOSMemory()
	secure, err := c.secure()
	if err != nil {
		return err
	}
	scheme := "http"
	if secure != nil {
		scheme = "https"
	}
	address := scheme + "://" + serve.LocalHost(c.addr, listeners[0]) + "/"
	fmt.Fprintln(stdout, address)
	if c.class {
		if err := openClass(ctx, hall, address, c.addr, getenv, stdout, stderr); err != nil {
			return err
		}
	}
	if c.open {
		if err := openBrowser(address); err != nil {
			log.Warn("no browser could be opened", "error", err.Error())
		}
	}
	background, halt := context.WithCancel(ctx)
	defer halt()
	go purge(background, sessions, hall, log.Logger)
	if _, shared := backend.(class.Messages); shared {
		go tellHere(background, hall)
	}
	go serve.GiveBack(background, giveBackEvery)
	site = serve.NewOutgoing(proxies.Handler(site), outgoing)
	return serve.Serve(ctx, site, listeners, secure, serve.Defaults, log.Logger)
}

const (
	logRoom       = 512 << 10   // octets of log lines that wait to be written; further ones are dropped
	closing       = time.Second // the longest wait for each part that is closed at the end
	heavyRate     = 600         // plays and reports a second from one address: two of each of 300 students
	giveBackEvery = 5 * time.Second
	outgoing      = 16 << 20 // octets of large answers that are being sent to slow readers
)

// within calls f and waits for it for at most d, so that a log that is not read or a disk
// that hangs cannot keep the program from ending.
func within(d time.Duration, f func(context.Context)) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	done := make(chan struct{})
	go func() { f(ctx); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// assemble builds the application: it completes deps and passes them to handlers.New.
func assemble(c config, deps handlers.Deps) (http.Handler, error) {
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
	deps.Now, deps.Rand = time.Now, rand.Reader
	deps.Requests = serve.NewLimiter(c.rate, 10*c.rate)
	deps.Heavy = serve.NewLimiter(heavyRate, 10*heavyRate)
	deps.Lessons, deps.Pages, deps.Static = catalogue, pages, files
	if serve.OpenToNetwork(c.addr) {
		deps.Networks = invite.Networks
	}
	return handlers.New(deps)
}

// secure returns the TLS configuration, or nil for plain http.
func (c config) secure() (*tls.Config, error) {
	switch {
	case c.tlsCert != "" && c.tlsKey != "":
		certificate, err := tls.LoadX509KeyPair(c.tlsCert, c.tlsKey)
		if err != nil {
			return nil, fmt.Errorf("-tls-cert %s, -tls-key %s: %w", c.tlsCert, c.tlsKey, err)
		}
		return serve.TLS(certificate), nil
	case c.tlsCert != "" || c.tlsKey != "":
		return nil, errors.New("-tls-cert and -tls-key are given together")
	case !c.tls:
		return nil, nil
	}
	maker := serve.Maker{Now: time.Now(), Rand: rand.Reader, Names: c.hosts}
	var certificate tls.Certificate
	var err error
	if path, ok := strings.CutPrefix(c.store, "sqlite:"); ok {
		certificate, err = maker.Kept(filepath.Dir(path))
	} else {
		certificate, err = maker.Made()
	}
	if err != nil {
		return nil, err
	}
	return serve.TLS(certificate), nil
}

// limited keeps a store within the limits of the flags. Redis enforces them itself,
// because other programs write to it too.
func (c config) limited(ctx context.Context, backend session.Backend) (session.Backend, error) {
	if c.limits.Rows < 1 || c.limits.Bytes < session.MaxBytes {
		return nil, fmt.Errorf("-max-sessions is at least 1, and -max-bytes %d: what one session may have", session.MaxBytes)
	}
	switch backend := backend.(type) {
	case *session.Redis:
		backend.Limit(c.limits)
		return backend, nil
	case session.Bounded:
		return session.Limit(ctx, backend, c.limits, time.Now)
	}
	return backend, nil
}

// openHall opens the rooms kept in the store, or in memory if the store cannot keep rooms.
func openHall(ctx context.Context, store, sessions session.Backend) (*class.Hall, error) {
	storage, durable := store.(class.Storage)
	if !durable {
		storage = class.NewMemory()
	}
	var bus class.Bus = class.NewLocal()
	if messages, shared := store.(class.Messages); shared {
		bus = class.Remote(messages)
	}
	return class.Open(ctx, class.Config{
		Now: time.Now, Rand: rand.Reader, Storage: storage, Bus: bus, Forget: sessions.Delete,
	})
}

// openClass reopens the latest room, or opens one, and prints two addresses: the
// students' on the network, and the console's with the driver's key. The key is in the
// fragment, which browsers do not send.
func openClass(ctx context.Context, hall *class.Hall, local, addr string, getenv func(string) string, stdout, stderr io.Writer) error {
	code, key, err := hall.Reopen(ctx)
	if err != nil {
		return err
	}
	students, err := url.Parse(local)
	if err != nil {
		return err
	}
	console := *students
	students.Path = "/c/" + code
	if serve.OpenToNetwork(addr) {
		if networks := invite.Networks(); len(networks) > 0 {
			students.Host = invite.Host(networks[0], students.Port())
		}
	}
	lang := "en"
	if strings.HasPrefix(getenv("LANG"), "zh") {
		lang = "zh"
	}
	console.Host = net.JoinHostPort("localhost", console.Port())
	console.Path, console.Fragment = "/"+lang+"/console/"+code, key
	fmt.Fprintf(stdout, "class: %s\nconsole: %s\n", students, &console)
	if serve.OpenToNetwork(addr) {
		fmt.Fprintf(stderr, "\n  *** Everybody on this network can reach this program now. ***\n  *** -addr localhost:%s keeps it to this machine.          ***\n\n", students.Port())
	}
	if picture, err := invite.Encode(students.String()); err == nil {
		fmt.Fprint(stderr, picture)
	}
	return nil
}

// An expired row is kept for another hour, so that students can look at it.
const (
	kept       = time.Hour
	purgeEvery = 5 * time.Minute
)

// purge deletes the rows that expired an hour ago (Django: clearsessions), and ends old rooms.
func purge(ctx context.Context, backend session.Backend, hall *class.Hall, log *slog.Logger) {
	ticker := time.NewTicker(purgeEvery)
	defer ticker.Stop()
	for {
		if _, err := backend.Purge(ctx, time.Now().Add(-kept)); err != nil && ctx.Err() == nil {
			log.Error("purge failed", "error", err.Error())
		}
		if err := hall.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.Error("sweep of the rooms failed", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// tellHere tells the other programs on the store how many followers each room has here.
// Errors are ignored because it tries again a second later.
func tellHere(ctx context.Context, hall *class.Hall) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = hall.TellHere(ctx)
		}
	}
}

// version returns the module's version and commit, if known, and the version of Go.
func version() string {
	text := "cookielab"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return text
	}
	text += " " + info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			text += " " + setting.Value
		}
	}
	return text + " " + info.GoVersion + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// openBrowser opens an address in the desktop's default browser.
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
