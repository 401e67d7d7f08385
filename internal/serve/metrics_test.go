package serve

import (
	"strings"
	"testing"
	"time"
)

func TestMetricsAreCountedByRoute(t *testing.T) {
	var m Metrics
	m.Gauge("cookielab_up", "Whether it is up.", func() float64 { return 1 })
	m.Count("GET", "/en/", 200, 2*time.Millisecond)
	m.Count("GET", "/en/", 200, 3*time.Second)
	m.Count("GET", "/en/", 404, 0)
	var text strings.Builder
	n, err := m.WriteTo(&text)
	if err != nil || int(n) != text.Len() {
		t.Fatalf("WriteTo says %d, %v; it wrote %d", n, err, text.Len())
	}
	for _, want := range []string{
		"# TYPE cookielab_request_duration_seconds histogram\n",
		`cookielab_request_duration_seconds_bucket{method="GET",route="/en/",status="200",le="0.001"} 0` + "\n",
		`cookielab_request_duration_seconds_bucket{method="GET",route="/en/",status="200",le="0.005"} 1` + "\n",
		`cookielab_request_duration_seconds_bucket{method="GET",route="/en/",status="200",le="+Inf"} 2` + "\n",
		`cookielab_request_duration_seconds_sum{method="GET",route="/en/",status="200"} 3.002` + "\n",
		`cookielab_request_duration_seconds_count{method="GET",route="/en/",status="404"} 1` + "\n",
		"# TYPE cookielab_up gauge\ncookielab_up 1\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, &text)
		}
	}
}
