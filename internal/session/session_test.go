package session_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session"
)

func TestLastSessionCookieCounts(t *testing.T) {
	tests := map[string]struct {
		header []string
		want   string // the key
	}{
		"one":                  {[]string{"sessionid=abcdefgh"}, "abcdefgh"},
		"among others":         {[]string{"num=1; sessionid=abcdefgh; theme=dark"}, "abcdefgh"},
		"two in one line":      {[]string{"sessionid=abcdefgh; sessionid=12345678"}, "12345678"},
		"two lines":            {[]string{"sessionid=abcdefgh", "sessionid=12345678"}, "12345678"},
		"the last is short":    {[]string{"sessionid=abcdefgh; sessionid=1"}, ""},
		"the last is empty":    {[]string{"sessionid=abcdefgh; sessionid="}, ""},
		"no equals sign":       {[]string{"sessionid=abcdefgh; sessionid"}, "abcdefgh"},
		"blanks around":        {[]string{" \tsessionid \t= \t abcdefgh \t"}, "abcdefgh"},
		"blanks within":        {[]string{"sessionid=abcd efgh"}, "abcd efgh"},
		"no blank between":     {[]string{"a=1;sessionid=abcdefgh;b=2"}, "abcdefgh"},
		"an equals sign in it": {[]string{"sessionid=abcd=efgh"}, "abcd=efgh"},
		"quotes around it":     {[]string{`sessionid="abcdefgh"`}, "abcdefgh"},
		"two pairs of quotes":  {[]string{`sessionid=""abcdefgh""`}, `"abcdefgh"`},
		"one quote":            {[]string{`sessionid="abcdefgh`}, `"abcdefgh`},
		"quotes make it long":  {[]string{`sessionid="abcdef"`}, ""},
		"percent stays":        {[]string{"sessionid=%41%42%43"}, "%41%42%43"},
		"what net/http drops":  {[]string{`sessionid=a,b\c"中文d`}, `a,b\c"中文d`},
		"another name's case":  {[]string{"sessionid=abcdefgh; SessionID=12345678"}, "abcdefgh"},
		"a longer name":        {[]string{"xsessionid=abcdefgh; sessionidx=12345678"}, ""},
		"empty header":         {[]string{""}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, session.NewMemory())
			if key := l.request(test.header...).Key(); key != test.want {
				t.Errorf("Key() with Cookie %q = %q, want %q", test.header, key, test.want)
			}
		})
	}
}

func TestEmptyCookieIsDeletedAndNoCookieIsNot(t *testing.T) {
	l := newLab(t, session.NewMemory())
	if got := l.try(ops["ignore"], "a=1; sessionid"); got != "none -" {
		t.Errorf("without a cookie: %s, want nothing", got)
	}
	for _, header := range []string{"sessionid=", "sessionid=; a=1", "sessionid=1234567", `sessionid=""`} {
		if got := l.try(ops["ignore"], header); got != "deleted V" {
			t.Errorf("with Cookie %q: %s, want it deleted", header, got)
		}
	}
}

func TestKeyIsComparedAsSent(t *testing.T) {
	inEachBackend(t, func(l *lab) {
		key := l.live(session.Entry{Key: "a", JSON: "1"})
		for _, sent := range []string{strings.ToUpper(key), key[:31], key + "0", `"` + key, "'" + key + "'", "%" + key} {
			if v, ok, err := l.with(sent).Get("a"); ok || err != nil {
				l.Errorf("Get with key %q = %v, %v, want nothing", sent, v, err)
			}
		}
		if v, ok, err := l.with(" " + key + " ").Get("a"); !ok || err != nil || v != int64(1) {
			l.Errorf("Get with blanks around the key = %v, %v, %v, want 1", v, ok, err)
		}
		if v, ok, err := l.with(`"` + key + `"`).Get("a"); !ok || err != nil || v != int64(1) {
			l.Errorf("Get with quotes around the key = %v, %v, %v, want 1", v, ok, err)
		}
	})
}

func TestStatusDecidesWhetherItIsSaved(t *testing.T) {
	for status, saved := range map[int]bool{200: true, 302: true, 400: true, 404: true, 499: true, 500: false, 503: false, 599: false} {
		l := newLab(t, session.NewMemory())
		s := l.request()
		l.must(s.Set("a", 1))
		outcome := l.commit(s, status)
		if got := l.count() == 1; got != saved || (outcome.SetCookie != "") != saved || !outcome.Vary {
			t.Errorf("Commit(%d): saved %v, %+v, want saved %v and Vary", status, got, outcome, saved)
		}
	}
}

func TestFlushAndCycleKeyActAtOnce(t *testing.T) {
	inEachBackend(t, func(l *lab) {
		key := l.live(session.Entry{Key: "a", JSON: "1"})
		s := l.with(key)
		l.must(s.CycleKey())
		if outcome := l.commit(s, 500); outcome != (session.Outcome{Vary: true}) {
			l.Errorf("Commit(500) after CycleKey = %+v, want only Vary", outcome)
		}
		if _, found := l.row(key); found {
			l.Error("CycleKey: the old row outlived a 500")
		}
		key = s.Key()
		l.wantData(key, `{"a":1}`)

		s = l.with(key)
		l.must(s.Flush())
		if _, found := l.row(key); found {
			l.Error("Flush: the row outlived the call")
		}
		if got := l.sentCookie(l.commit(s, 500).SetCookie); got != "deleted" {
			l.Errorf("Flush and a 500: cookie %s, want it deleted", got)
		}
	})
}

func TestWholeDictIsWritten(t *testing.T) {
	// Lost update, as in Django: of two concurrent requests the later save wins.
	inEachBackend(t, func(l *lab) {
		key := l.live(session.Entry{Key: "n", JSON: "0"})
		one, other := l.with(key), l.with(key)
		l.must(one.Set("a", 1))
		l.must(other.Set("b", 2))
		l.commit(one, 200)
		l.commit(other, 200)
		l.wantData(key, `{"n":0,"b":2}`)
	})
}

func TestCycleKeyBesideFlushBringsTheDataBack(t *testing.T) {
	inEachBackend(t, func(l *lab) {
		key := l.live(session.Entry{Key: "a", JSON: "1"})
		s := l.with(key)
		if _, err := s.Has("a"); err != nil {
			l.Fatal(err)
		}
		l.must(l.with(key).Flush())
		l.must(s.CycleKey())
		l.commit(s, 200)
		l.wantData(s.Key(), `{"a":1}`)
	})
}

func TestOrderOfKeysIsKept(t *testing.T) {
	inEachBackend(t, func(l *lab) {
		s := l.request()
		for _, k := range []string{"username", "age", "中", `"\<`, "b", "age"} {
			l.must(s.Set(k, k))
		}
		l.commit(s, 200)
		s = l.with(s.Key())
		l.must(s.Delete("中"))
		l.must(s.Set("username", 1))
		l.must(s.Set("中", 2))
		l.commit(s, 200)
		l.wantData(s.Key(), `{"username":1,"age":"age","\"\\<":"\"\\<","b":"b","中":2}`)
	})
}

func TestItemsAreACopy(t *testing.T) {
	l := newLab(t, session.NewMemory())
	s := l.with(l.live(session.Entry{Key: "a", JSON: "1"}))
	items, err := s.Items()
	l.must(err)
	items[0].JSON = "2"
	if v, _, _ := s.Get("a"); v != int64(1) {
		t.Errorf("Get = %v after somebody wrote to Items, want 1", v)
	}
}

func TestReadingReadsOnce(t *testing.T) {
	l := newLab(t, session.NewMemory())
	key := l.live(session.Entry{Key: "a", JSON: "1"})
	s := l.with(key)
	if _, err := s.Has("a"); err != nil {
		t.Fatal(err)
	}
	l.must(l.backend.Delete(context.Background(), key))
	if has, err := s.Has("a"); !has || err != nil {
		t.Errorf("Has = %v, %v after the row went, want what was read before", has, err)
	}
}

// A row may hold 100 entries and 64 KiB, and no more.
func TestSessionHasLimits(t *testing.T) {
	const overhead = len(`{"n":0,"a":""}`)
	many := func(n int) func(*session.Session) error {
		return func(s *session.Session) (err error) {
			for i := range n {
				err = cmp.Or(err, s.Set(fmt.Sprint("k", i), i))
			}
			return err
		}
	}
	long := func(n int) func(*session.Session) error {
		return func(s *session.Session) error { return s.Set("a", strings.Repeat("x", n)) }
	}
	tests := map[string]struct {
		op   func(*session.Session) error
		want error
	}{
		"100 entries":               {many(99), nil},
		"101 entries":               {many(100), session.ErrTooLarge},
		"64 KiB":                    {long(64<<10 - overhead), nil},
		"64 KiB and one":            {long(64<<10 - overhead + 1), session.ErrTooLarge},
		"64 KiB and one, cycled":    {func(s *session.Session) error { return cmp.Or(long(64<<10)(s), s.CycleKey()) }, session.ErrTooLarge},
		"too much, and cleared":     {func(s *session.Session) error { return cmp.Or(long(64<<10)(s), s.Clear()) }, nil},
		"100 entries and an expiry": {func(s *session.Session) error { return cmp.Or(many(99)(s), s.SetExpiry(0)) }, session.ErrTooLarge},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, session.NewMemory())
			key := l.live(session.Entry{Key: "n", JSON: "0"})
			s := l.with(key)
			err := test.op(s)
			var outcome session.Outcome
			if err == nil {
				outcome, err = s.Commit(200)
			}
			if !errors.Is(err, test.want) || (outcome.SetCookie == "") != (test.want != nil) {
				t.Errorf("got %v, %v, want %v", outcome, err, test.want)
			}
			if test.want != nil {
				l.wantData(key, `{"n":0}`)
				if n := l.count(); n != 1 {
					t.Errorf("%d rows, want 1", n)
				}
			}
		})
	}
}

func TestExpiryStaysWithinFourDigitsOfAYear(t *testing.T) {
	tests := map[string]struct {
		now     time.Time
		seconds int64
		want    string
	}{
		"31 years":               {start, 1e9, "2057-09-09 01:46:40"},
		"317 years":              {start, 9999999999, "2342-11-21 17:46:39"},
		"317 years back":         {start, -9999999999, "1709-02-11 06:13:21"},
		"past the year 9999":     {time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), 9999999999, "9999-12-31 23:59:59"},
		"before the year 1":      {time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), -1, "0001-01-01 00:00:00"},
		"a number without sense": {start, 1<<63 - 1, "9999-12-31 23:59:59"},
		"its negative":           {start, -1 << 63, "0001-01-01 00:00:00"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, session.NewMemory())
			l.now = test.now
			s := l.request()
			l.must(s.SetExpiry(test.seconds))
			outcome := l.commit(s, 200)
			row, _ := l.row(s.Key())
			if got := row.Expires.Format("2006-01-02 15:04:05"); got != test.want {
				t.Errorf("the row expires %s, want %s", got, test.want)
			}
			want := fmt.Sprintf("; expires=%s; HttpOnly; Max-Age=%d; ", row.Expires.Format("Mon, 02 Jan 2006 15:04:05 GMT"), test.seconds)
			if !strings.Contains(outcome.SetCookie, want) {
				t.Errorf("Set-Cookie = %q, want %q in it", outcome.SetCookie, want)
			}
		})
	}
}

func TestExpiryThatIsNoIntegerCountsAsNone(t *testing.T) {
	for _, value := range []string{`"300"`, `"2026-02-01T00:00:00"`, "null", "true", "1.5", "1e3", "[]", "99999999999999999999"} {
		l := newLab(t, session.NewMemory())
		l.put("some-key1", `{"_session_expiry":`+value+`}`, start.Add(time.Hour))
		l.wantAge(l.with("some-key1"), 1209600, false)
	}
}

func TestClockIsCutToTheSecond(t *testing.T) {
	inEachBackend(t, func(l *lab) {
		l.now = start.Add(999 * time.Millisecond).In(time.FixedZone("", 3600))
		if got, want := l.try(ops["write"]), `new 1209600 V; new {"b":2} 1209600`; got != want {
			l.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestNewKeyIsTriedUntilOneIsFree(t *testing.T) {
	inEachBackend(t, func(l *lab) {
		first := l.live(session.Entry{Key: "a", JSON: "1"})
		l.store.Rand = new(counter) // repeats the same keys
		second := l.live(session.Entry{Key: "b", JSON: "2"})
		if first == second {
			l.Fatalf("the key %q was given twice", first)
		}
		l.wantData(first, `{"a":1}`)
		l.wantData(second, `{"b":2}`)

		l.store.Rand = constant(7)
		l.live(session.Entry{Key: "c", JSON: "3"})
		s := l.request()
		l.must(s.Set("d", 4))
		if outcome, err := s.Commit(200); !errors.Is(err, session.ErrUnavailable) || s.Key() != "" {
			l.Errorf("Commit with a source that repeats itself = %v, %v, want ErrUnavailable", outcome, err)
		}
		if n := l.count(); n != 3 {
			l.Errorf("%d rows, want 3", n)
		}
	})
}

// constant is a random source whose bytes are all the same.
type constant byte

func (c constant) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}

func TestBrokenSourceOfChanceIsUnavailable(t *testing.T) {
	l := newLab(t, session.NewMemory())
	for name, reader := range map[string]interface{ Read([]byte) (int, error) }{
		"an error":     strings.NewReader("too short"),
		"unusable 255": constant(255),
	} {
		l.store.Rand = reader
		s := l.request()
		l.must(s.Set("a", 1))
		if outcome, err := s.Commit(200); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("%s: Commit = %v, %v, want ErrUnavailable", name, outcome, err)
		}
	}
}

// broken is a backend that can only be read, or not even that.
type broken struct {
	session.Backend
	reads bool
}

var errBroken = fmt.Errorf("%w: the disk is gone", session.ErrUnavailable)

func (b broken) Load(ctx context.Context, key string, now time.Time) (session.Row, bool, error) {
	if b.reads {
		return b.Backend.Load(ctx, key, now)
	}
	return session.Row{}, false, errBroken
}
func (broken) Insert(context.Context, session.Row) error { return errBroken }
func (broken) Update(context.Context, session.Row) error { return errBroken }
func (broken) Delete(context.Context, string) error      { return errBroken }

func TestBrokenStoreIsNotMistakenForAnEmptyOne(t *testing.T) {
	for name, op := range ops {
		if name == "ignore" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			l := newLab(t, session.NewMemory())
			key := l.live(session.Entry{Key: "a", JSON: "1"})
			l.store.Backend = broken{l.backend, false}
			s := l.with(key)
			if err := op(s); !errors.Is(err, session.ErrUnavailable) {
				t.Errorf("operation = %v, want ErrUnavailable", err)
			}
			if s.Key() != key || s.Modified() {
				t.Errorf("key %q, modified %v, want %q, as it was", s.Key(), s.Modified(), key)
			}
			l.store.Backend = broken{l.backend, true}
			s = l.with(key)
			err := op(s)
			if err == nil {
				_, err = s.Commit(200)
			}
			if name == "read" || name == "None" { // these do not write here
				l.must(err)
			} else if !errors.Is(err, session.ErrUnavailable) {
				t.Errorf("Commit = %v, want ErrUnavailable", err)
			}
		})
	}
}

func TestSessionThatNobodyUsesReadsNothing(t *testing.T) {
	l := newLab(t, session.NewMemory())
	l.store.Backend = nil // any call would panic
	for _, key := range []string{"12345678", strings.Repeat("k", 4000), "short", ""} {
		s := l.with(key)
		_ = s.Empty()
		l.wantState(s, false, false)
		l.commit(s, 200)
	}
	// Nor is the backend asked for a key that is too short.
	s := l.with("short")
	if _, err := s.Items(); err != nil {
		t.Error(err)
	}
	l.must(s.Flush())
	l.commit(s, 200)
}
