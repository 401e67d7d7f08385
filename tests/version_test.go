package tests

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheProgramSaysWhatItIs(t *testing.T) {
	t.Parallel()
	if out, err := command(t, nil, "-version").Output(); err != nil || !strings.HasPrefix(string(out), "cookielab ") || bytes.Count(out, []byte("\n")) != 1 {
		t.Errorf("-version says %q, %v", out, err)
	}
	out, err := command(t, nil, "-notices").Output()
	for _, inside := range []string{"github.com/labstack/echo/v4", "github.com/gorilla/sessions", "modernc.org/sqlite", "Permission is hereby granted"} {
		if err != nil || !strings.Contains(string(out), inside) {
			t.Errorf("-notices has no %s, %v", inside, err)
		}
	}
}
