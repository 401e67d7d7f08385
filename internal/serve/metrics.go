package serve

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Metrics counts requests and answers for Prometheus. Labels are route patterns, methods
// and status codes, never text that a visitor can choose.
type Metrics struct {
	counts sync.Map // asked -> *answered
	gauges []gauge
}

type asked struct {
	method, route string
	status        int
}

type answered struct {
	requests atomic.Int64
	took     atomic.Int64 // total duration, in nanoseconds
	within   [len(bounds)]atomic.Int64
}

// methods have labels of their own; all others share one.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost}

// bounds are the upper bounds of the histogram's buckets, in seconds.
var bounds = [...]float64{0.001, 0.005, 0.025, 0.1, 0.5, 2.5}

type gauge struct {
	name, help string
	value      func() float64
}

// Gauge adds a gauge whose value is read at each scrape.
func (m *Metrics) Gauge(name, help string, value func() float64) {
	m.gauges = append(m.gauges, gauge{name, help, value})
}

// Count records an answer and how long it took.
func (m *Metrics) Count(method, route string, status int, took time.Duration) {
	if !slices.Contains(methods, method) {
		method = "other"
	}
	found, known := m.counts.Load(asked{method, route, status})
	if !known {
		found, _ = m.counts.LoadOrStore(asked{method, route, status}, new(answered))
	}
	a := found.(*answered)
	a.requests.Add(1)
	a.took.Add(int64(took))
	for i, bound := range bounds {
		if took.Seconds() <= bound {
			a.within[i].Add(1)
		}
	}
}

// WriteTo writes all metrics in Prometheus' text format, version 0.0.4.
func (m *Metrics) WriteTo(w io.Writer) (int64, error) {
	out := &counted{to: w}
	const name = "cookielab_request_duration_seconds"
	fmt.Fprintf(out, "# HELP %s Time from the header of a request to the end of its answer.\n# TYPE %s histogram\n", name, name)
	var keys []asked
	m.counts.Range(func(key, _ any) bool { keys = append(keys, key.(asked)); return true })
	slices.SortFunc(keys, func(a, b asked) int {
		return cmp.Or(cmp.Compare(a.route, b.route), cmp.Compare(a.method, b.method), cmp.Compare(a.status, b.status))
	})
	for _, key := range keys {
		found, _ := m.counts.Load(key)
		a := found.(*answered)
		labels := fmt.Sprintf("method=%q,route=%q,status=\"%d\"", key.method, key.route, key.status)
		for i, bound := range bounds {
			fmt.Fprintf(out, "%s_bucket{%s,le=\"%v\"} %d\n", name, labels, bound, a.within[i].Load())
		}
		requests := a.requests.Load()
		fmt.Fprintf(out, "%s_bucket{%s,le=\"+Inf\"} %d\n", name, labels, requests)
		fmt.Fprintf(out, "%s_sum{%s} %g\n", name, labels, time.Duration(a.took.Load()).Seconds())
		fmt.Fprintf(out, "%s_count{%s} %d\n", name, labels, requests)
	}
	for _, g := range m.gauges {
		fmt.Fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n%s %g\n", g.name, g.help, g.name, g.name, g.value())
	}
	return out.n, out.err
}

// counted counts the octets written, and keeps the first error.
type counted struct {
	to  io.Writer
	n   int64
	err error
}

func (c *counted) Write(octets []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.to.Write(octets)
	c.n, c.err = c.n+int64(n), err
	return n, err
}
