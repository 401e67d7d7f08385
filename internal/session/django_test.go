package session_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cookielab/internal/session"
)

// djangoTests are Django's own tests of sessions (tests/sessions_tests/tests.py, 5.2.1),
// under Django's names, as far as they apply here. Left out are their asynchronous
// versions and tests of what does not exist here: other serializers, caches, files,
// settings and expiry as a time or a duration.
var djangoTests = map[string]func(*lab){
	// SessionTestsMixin
	"test_new_session": func(t *lab) {
		t.wantState(t.request(), false, false)
	},
	"test_get_empty": func(t *lab) {
		if v, ok, err := t.request().Get("cat"); v != nil || ok || err != nil {
			t.Errorf("Get(cat) = %v, %v, %v, want nothing", v, ok, err)
		}
	},
	"test_store": func(t *lab) {
		s := t.request()
		t.must(s.Set("cat", "dog"))
		t.wantState(s, true, true)
		if v, err := s.Pop("cat"); v != "dog" || err != nil {
			t.Errorf("Pop(cat) = %v, %v, want dog", v, err)
		}
	},
	"test_pop": func(t *lab) {
		s := t.with(t.live(session.Entry{Key: "some key", JSON: `"exists"`}))
		t.wantState(s, false, false)
		if v, err := s.Pop("some key"); v != "exists" || err != nil {
			t.Errorf("Pop = %v, %v, want exists", v, err)
		}
		t.wantState(s, true, true)
		if v, ok, _ := s.Get("some key"); ok {
			t.Errorf("Get after Pop = %v, want nothing", v)
		}
	},
	"test_pop_default": func(t *lab) {
		s := t.request()
		if v, err := s.Pop("some key", "does not exist"); v != "does not exist" || err != nil {
			t.Errorf("Pop = %v, %v, want the default", v, err)
		}
		t.wantState(s, true, false)
	},
	"test_pop_no_default_keyerror_raised": func(t *lab) {
		if v, err := t.request().Pop("some key"); !errors.Is(err, session.KeyError{Key: "some key"}) {
			t.Errorf("Pop = %v, %v, want a KeyError", v, err)
		}
	},
	"test_setdefault": func(t *lab) {
		s := t.request()
		for _, value := range []string{"bar", "baz"} {
			if v, err := s.SetDefault("foo", value); v != "bar" || err != nil {
				t.Errorf("SetDefault(foo, %s) = %v, %v, want bar", value, v, err)
			}
		}
		t.wantState(s, true, true)
	},
	"test_update": func(t *lab) {
		s := t.request()
		t.must(s.Update(session.Entry{Key: "update key", JSON: "1"}))
		t.wantState(s, true, true)
		if v, _, err := s.Get("update key"); v != int64(1) || err != nil {
			t.Errorf("Get = %v, %v, want 1", v, err)
		}
	},
	"test_has_key": func(t *lab) {
		s := t.with(t.live(session.Entry{Key: "some key", JSON: "1"}))
		if has, err := s.Has("some key"); !has || err != nil {
			t.Errorf("Has = %v, %v, want true", has, err)
		}
		if has, err := s.Has("other key"); has || err != nil {
			t.Errorf("Has(other key) = %v, %v, want false", has, err)
		}
		t.wantState(s, true, false)
	},
	"test_values": func(t *lab) {
		s := t.request()
		if items, err := s.Items(); len(items) != 0 || err != nil {
			t.Errorf("Items of a new session = %v, %v, want none", items, err)
		}
		t.wantState(s, true, false)
		t.must(s.Set("some key", 1))
		if items, err := s.Items(); len(items) != 1 || items[0].Value() != int64(1) || err != nil {
			t.Errorf("Items = %v, %v, want the value 1", items, err)
		}
	},
	"test_keys": func(t *lab) {
		s := t.with(t.live(session.Entry{Key: "x", JSON: "1"}))
		if keys, err := s.Keys(); !slices.Equal(keys, []string{"x"}) || err != nil {
			t.Errorf("Keys = %v, %v, want x", keys, err)
		}
		t.wantState(s, true, false)
	},
	"test_items": func(t *lab) {
		x := session.Entry{Key: "x", JSON: "1"}
		s := t.with(t.live(x))
		if items, err := s.Items(); !slices.Equal(items, []session.Entry{x}) || err != nil {
			t.Errorf("Items = %v, %v, want x", items, err)
		}
		t.wantState(s, true, false)
	},
	"test_clear": func(t *lab) {
		s := t.with(t.live(session.Entry{Key: "x", JSON: "1"}))
		t.must(s.Clear())
		if items, err := s.Items(); len(items) != 0 || err != nil {
			t.Errorf("Items after Clear = %v, %v, want none", items, err)
		}
		t.wantState(s, true, true)
	},
	"test_save": func(t *lab) {
		key := t.live(session.Entry{Key: "x", JSON: "1"})
		if _, found := t.row(key); !found || len(key) != 32 {
			t.Errorf("row under the new key %q: %v", key, found)
		}
	},
	"test_delete": func(t *lab) {
		key := t.live(session.Entry{Key: "x", JSON: "1"})
		t.must(t.with(key).Flush())
		if _, found := t.row(key); found {
			t.Error("the row is still there")
		}
	},
	"test_flush": func(t *lab) {
		key := t.live(session.Entry{Key: "foo", JSON: `"bar"`})
		s := t.with(key)
		t.must(s.Flush())
		if _, found := t.row(key); found || s.Key() != "" {
			t.Errorf("after Flush the row is %v and the key %q, want neither", found, s.Key())
		}
		t.wantState(s, true, true)
	},
	"test_cycle": func(t *lab) {
		old := t.live(session.Entry{Key: "a", JSON: "1"}, session.Entry{Key: "b", JSON: `"c"`})
		s := t.with(old)
		if _, err := s.Items(); err != nil {
			t.Fatal(err)
		}
		t.must(s.CycleKey())
		if _, found := t.row(old); found || s.Key() == old {
			t.Errorf("after CycleKey the old row is %v and the key %q", found, s.Key())
		}
		t.wantData(s.Key(), `{"a":1,"b":"c"}`)
	},
	"test_cycle_with_no_session_cache": func(t *lab) {
		s := t.with(t.live(session.Entry{Key: "a", JSON: "1"}))
		t.wantState(s, false, false)
		t.must(s.CycleKey())
		t.wantData(s.Key(), `{"a":1}`)
	},
	"test_save_doesnt_clear_data": func(t *lab) {
		s := t.request()
		t.must(s.Set("a", "b"))
		t.commit(s, 200)
		if v, _, err := s.Get("a"); v != "b" || err != nil {
			t.Errorf("Get after Commit = %v, %v, want b", v, err)
		}
	},
	"test_invalid_key": func(t *lab) {
		s := t.with("1")
		t.must(s.Set("a", "b"))
		t.commit(s, 200)
		if s.Key() == "1" || t.count() != 1 {
			t.Errorf("the key is %q, with %d rows; want a new one, with 1", s.Key(), t.count())
		}
		t.wantData(s.Key(), `{"a":"b"}`)
	},
	"test_session_key_empty_string_invalid": func(t *lab) {
		if key := t.with("").Key(); key != "" {
			t.Errorf("Key() = %q, want none", key)
		}
	},
	"test_session_key_too_short_invalid": func(t *lab) {
		for _, short := range []string{"1234567", "中文中文中文中"} {
			if key := t.with(short).Key(); key != "" {
				t.Errorf("Key() = %q, want none", key)
			}
		}
	},
	"test_session_key_valid_string_saved": func(t *lab) {
		for _, long := range []string{"12345678", "中文中文中文中文"} {
			if key := t.with(long).Key(); key != long {
				t.Errorf("Key() = %q, want %q", key, long)
			}
		}
	},
	"test_session_key_is_read_only": func(t *lab) {
		// The field is not exported; the getter returns a copy.
		s := t.with("12345678")
		key := []byte(s.Key())
		key[0] = 'x'
		if s.Key() != "12345678" {
			t.Errorf("Key() = %q", s.Key())
		}
	},
	"test_default_expiry": func(t *lab) {
		s := t.request()
		t.wantAge(s, 1209600, false)
		t.must(s.SetExpiry(0))
		t.wantAge(s, 1209600, true)
	},
	"test_custom_expiry_seconds": func(t *lab) {
		s := t.request()
		t.must(s.SetExpiry(10))
		t.wantAge(s, 10, false)
		modification := time.Date(2026, 2, 28, 23, 59, 55, 0, time.UTC)
		want := time.Date(2026, 3, 1, 0, 0, 5, 0, time.UTC)
		if date, err := s.ExpiryDate(modification); !date.Equal(want) || err != nil {
			t.Errorf("ExpiryDate = %v, %v, want %v", date, err, want)
		}
	},
	"test_custom_expiry_reset": func(t *lab) {
		s := t.request()
		t.must(s.SetExpiry(10))
		t.must(s.ResetExpiry())
		t.wantAge(s, 1209600, false)
	},
	"test_get_expire_at_browser_close": func(t *lab) {
		s := t.request()
		t.must(s.SetExpiry(10))
		t.wantAge(s, 10, false)
		t.must(s.SetExpiry(0))
		t.wantAge(s, 1209600, true)
		t.must(s.ResetExpiry())
		t.wantAge(s, 1209600, false)
	},
	"test_decode": func(t *lab) {
		key := t.live(session.Entry{Key: "a test key", JSON: `"a test value"`})
		if v, _, err := t.with(key).Get("a test key"); v != "a test value" || err != nil {
			t.Errorf("Get = %v, %v", v, err)
		}
	},
	"test_decode_failure_logged_to_security": func(t *lab) {
		for i, data := range []string{"flaskdj:alkdjf", "flaskdjalkdjf", ""} {
			key := fmt.Sprint("damaged-", i)
			t.put(key, data, start.Add(time.Hour))
			t.wantDamaged(key)
		}
	},
	"test_decode_serializer_exception": func(t *lab) {
		t.put("damaged-1", "[1, 2]", start.Add(time.Hour)) // JSON, but not an object
		t.wantDamaged("damaged-1")
	},
	"test_actual_expiry": func(t *lab) {
		s := t.request()
		t.must(s.Set("foo", "bar"))
		t.must(s.SetExpiry(-20))
		t.commit(s, 200)
		if v, ok, err := t.with(s.Key()).Get("foo"); ok || err != nil {
			t.Errorf("Get of an expired session = %v, %v, want nothing", v, err)
		}
	},
	"test_session_load_does_not_create_record": func(t *lab) {
		s := t.with("someunknownkey")
		if items, err := s.Items(); len(items) != 0 || err != nil {
			t.Errorf("Items = %v, %v, want none", items, err)
		}
		if s.Key() != "" || t.count() != 0 {
			t.Errorf("key %q and %d rows, want neither", s.Key(), t.count())
		}
	},
	"test_session_save_does_not_resurrect_session_logged_out_in_other_context": func(t *lab) {
		key := t.live(session.Entry{Key: "x", JSON: "1"})
		one, other := t.with(key), t.with(key)
		t.must(one.Set("x", 2))
		t.must(other.Flush())
		t.commit(other, 200)
		if outcome, err := one.Commit(200); err != session.ErrInterrupted || outcome != (session.Outcome{}) {
			t.Errorf("Commit = %v, %v, want ErrInterrupted and nothing to add", outcome, err)
		}
		if n := t.count(); n != 0 {
			t.Errorf("%d rows, want none", n)
		}
	},

	// DatabaseSessionTests
	"test_session_get_decoded": func(t *lab) {
		row, _ := t.row(t.live(session.Entry{Key: "x", JSON: "1"}))
		if entries, ok := row.Entries(); !ok || len(entries) != 1 || entries[0].Value() != int64(1) {
			t.Errorf("Entries = %v, %v, want x = 1", entries, ok)
		}
	},
	"test_clearsessions_command": func(t *lab) {
		live := t.live(session.Entry{Key: "foo", JSON: `"bar"`})
		s := t.request()
		t.must(s.Set("foo", "bar"))
		t.must(s.SetExpiry(-3600))
		t.commit(s, 200)
		if n, err := t.backend.Purge(context.Background(), t.now); n != 1 || err != nil {
			t.Errorf("Purge = %d, %v, want 1", n, err)
		}
		t.wantData(live, `{"foo":"bar"}`)
		if n := t.count(); n != 1 {
			t.Errorf("%d rows after the purge, want 1", n)
		}
	},

	// CacheDBSessionTests, CacheSessionTests
	"test_load_overlong_key": func(t *lab) {
		s := t.with(strings.Repeat("abcdefghij", 124))
		if items, err := s.Items(); len(items) != 0 || err != nil {
			t.Errorf("Items = %v, %v, want none", items, err)
		}
	},
	"test_create_and_save": func(t *lab) {
		s := t.request()
		t.must(s.CycleKey()) // create()
		t.commit(s, 200)
		if n := t.count(); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	},

	// SessionMiddlewareTests
	"test_httponly_session_cookie": func(t *lab) {
		s := t.request()
		t.must(s.Set("hello", "world"))
		if line := t.commit(s, 200).SetCookie; !strings.Contains(line, "; HttpOnly; ") {
			t.Errorf("Set-Cookie = %q, want it HttpOnly", line)
		}
	},
	"test_session_save_on_500": func(t *lab) {
		t.wantNotSaved(500)
	},
	"test_session_save_on_5xx": func(t *lab) {
		t.wantNotSaved(503)
	},
	"test_session_update_error_redirect": func(t *lab) {
		key := t.live(session.Entry{Key: "x", JSON: "1"})
		s := t.with(key)
		t.must(s.Set("x", 2))
		t.must(t.backend.Delete(context.Background(), key))
		outcome, err := s.Commit(302)
		const want = "the session was deleted before the request completed"
		if !errors.Is(err, session.ErrInterrupted) || err.Error() != want || outcome != (session.Outcome{}) {
			t.Errorf("Commit = %v, %v, want ErrInterrupted and nothing to add", outcome, err)
		}
	},
	"test_session_delete_on_end": func(t *lab) {
		s := t.with(t.live(session.Entry{Key: "x", JSON: "1"}))
		t.must(s.Flush())
		want := session.Outcome{
			SetCookie: `sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`,
			Vary:      true,
		}
		if outcome := t.commit(s, 200); outcome != want {
			t.Errorf("Commit = %v, want %v", outcome, want)
		}
	},
	"test_flush_empty_without_session_cookie_doesnt_set_cookie": func(t *lab) {
		s := t.request()
		t.must(s.Flush())
		if outcome := t.commit(s, 200); outcome != (session.Outcome{Vary: true}) {
			t.Errorf("Commit = %v, want only Vary", outcome)
		}
		if n := t.count(); n != 0 {
			t.Errorf("%d rows, want none", n)
		}
	},
	"test_empty_session_saved": func(t *lab) {
		key := t.live(session.Entry{Key: "foo", JSON: `"bar"`})
		s := t.with(key)
		t.must(s.Delete("foo"))
		if line := t.commit(s, 200).SetCookie; !strings.HasPrefix(line, "sessionid="+key+"; ") {
			t.Errorf("Set-Cookie = %q, want the key again", line)
		}
		t.wantData(key, "{}")
	},

	// SessionBaseTests
	"test_is_empty": func(t *lab) {
		if !t.request().Empty() {
			t.Error("a session without key and data is not Empty")
		}
	},
}

func TestDjangosOwnTests(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(djangoTests)) {
		t.Run(name, func(t *testing.T) { inEachBackend(t, djangoTests[name]) })
	}
}

// The names are Django's; the test fails if one of them is missing above.
func TestNoneOfDjangosTestsIsForgotten(t *testing.T) {
	want := strings.Fields(`
		test_new_session test_get_empty test_store test_pop test_pop_default test_pop_no_default_keyerror_raised
		test_setdefault test_update test_has_key test_values test_keys test_items test_clear test_save test_delete
		test_flush test_cycle test_cycle_with_no_session_cache test_save_doesnt_clear_data test_invalid_key
		test_session_key_empty_string_invalid test_session_key_too_short_invalid test_session_key_valid_string_saved
		test_session_key_is_read_only test_default_expiry test_custom_expiry_seconds test_custom_expiry_reset
		test_get_expire_at_browser_close test_decode test_decode_failure_logged_to_security
		test_decode_serializer_exception test_actual_expiry test_session_load_does_not_create_record
		test_session_save_does_not_resurrect_session_logged_out_in_other_context
		test_session_get_decoded test_clearsessions_command
		test_load_overlong_key test_create_and_save
		test_httponly_session_cookie test_session_save_on_500 test_session_save_on_5xx
		test_session_update_error_redirect test_session_delete_on_end
		test_flush_empty_without_session_cookie_doesnt_set_cookie test_empty_session_saved
		test_is_empty`)
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(djangoTests)); !slices.Equal(got, want) {
		t.Errorf("the tests are\n%q\nwant\n%q", got, want)
	}
}
