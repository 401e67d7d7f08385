package sessiontest

import (
	"errors"
	"fmt"
	"strings"

	"cookielab/internal/session"
)

func dataAreBytes(t rig) {
	for i, data := range []string{
		"", "not JSON", "null", "\x00\x01", "a\x00b", "\xff\xfe", `"'; DROP TABLE sessions; --`,
		`{"名":"中文😀"}`, " 1 ", "18", "1e3", "2026-01-01 00:00:00", strings.Repeat("x", 1<<20),
	} {
		key := fmt.Sprint("k", i)
		t.insert(row(key, data))
		if got, found, err := t.Load(t.ctx, key, now); !found || err != nil || got.Data != data {
			t.Errorf("Load = %.40q, %v, %v, want %.40q", got.Data, found, err, data)
		}
		if err := t.Update(t.ctx, row(key, data+"+")); err != nil {
			t.Errorf("Update = %v", err)
		}
		if got, found, err := t.Row(t.ctx, key); !found || err != nil || got.Data != data+"+" {
			t.Errorf("Row = %.40q, %v, %v, want %.40q", got.Data, found, err, data+"+")
		}
	}
}

func keysAreBytes(t rig) {
	keys := []string{
		"' OR '1'='1", `x"; DROP TABLE sessions; --`, "?", ":key", "%", "%25%25%25%25", "_", "*",
		"abcdefgh", "ABCDEFGH", "abcdefgh ", " abcdefgh", "../../etc/passwd", `..\..\x`, "12345678", "012345678",
		"1e7", "null", "中文中文中文中文", "\xff\xfe", "a\x00b", "a\x00c", "a", strings.Repeat("k", 4000),
	}
	var all []session.Row
	for _, key := range keys {
		if _, found, err := t.Load(t.ctx, key, now); found || err != nil {
			t.Errorf("Load(%.40q) found %v, %v before the insert", key, found, err)
		}
		if err := t.Update(t.ctx, row(key, "{}")); !errors.Is(err, session.ErrGone) {
			t.Errorf("Update(%.40q) before the insert = %v, want ErrGone", key, err)
		}
		all = append(all, row(key, key))
		t.insert(all[len(all)-1])
	}
	t.wantRows(all...)
	for i, key := range keys {
		if got, found, err := t.Load(t.ctx, key, now); !found || err != nil || !equal(got, all[i]) {
			t.Errorf("Load(%.40q) = %.80q, %v, %v, want %.80q", key, got, found, err, all[i])
		}
		if err := t.Delete(t.ctx, key); err != nil {
			t.Errorf("Delete(%.40q) = %v", key, err)
		}
		t.wantRows(all[i+1:]...)
	}
}
