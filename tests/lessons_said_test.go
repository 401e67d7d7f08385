package tests

import (
	"strings"
	"testing"
	"testing/fstest"

	"cookielab/lessons"
)

// saidInPassing are statements that lessons 4 to 8 make outside their claims: in an option's
// reply, to the instructor, in an answer to a student. Each is checked by playing it. The
// comment says where it is made.
const saidInPassing = `
  - id: the-vip-was-there-all-the-time   # 4, step 4
    do: ["/set_cookie?name=vip&path=/get_cookie", "/get_session?key=username", "/get_cookie?name=vip"]
    claim: {body: "1", sent: vip=1}
  - id: localhost-counts-as-secure       # 4, step 5
    jar:
      set: [{url: "http://localhost:8080/", set_cookie: num=1; Secure}]
      get: {url: "http://localhost:8080/"}
    claim: {stored: true, header: num=1}
  - id: httponly-goes-with-a-link        # 4, step 7
    jar:
      set: [{url: "https://tea.example/", set_cookie: sessionid=k1; Path=/; HttpOnly; SameSite=Lax}]
      get: {url: "https://tea.example/pay", initiator: "https://evil.example/", kind: link}
    claim: {header: sessionid=k1}
  - id: strict-stays-with-a-link         # 4, step 7
    jar:
      set: [{url: "https://tea.example/", set_cookie: sessionid=k1; Path=/; SameSite=Strict}]
      get: {url: "https://tea.example/pay", initiator: "https://evil.example/", kind: link}
    claim: {header: "", withheld: {sessionid: samesite}}
  - id: a-subdomain-is-the-same-site     # 4, step 7
    jar:
      set: [{url: "https://tea.example/", set_cookie: sessionid=k1; Path=/; SameSite=Lax}]
      get: {url: "https://tea.example/pay", method: POST, initiator: "https://club.tea.example/", kind: form-post}
    claim: {header: sessionid=k1}
  - id: without-domain-one-host          # 4, step 8
    jar:
      set: [{url: "https://tea.example/", set_cookie: num=1}]
      get: {url: "https://pay.tea.example/"}
    claim: {stored: true, header: "", host_only: true}
  - id: the-dot-is-ignored               # 4, step 8
    jar:
      set: [{url: "https://tea.example/", set_cookie: num=1; Domain=.tea.example}]
      get: {url: "https://tea.example/"}
    claim: {stored: true, header: num=1}
  - id: httponly-is-not-inherited        # 5, step 4
    do: ["/set_cookie?httponly=1", "/set_cookie?value=2"]
    claim: {script_sees: num, jar_count: {num: 1}}
  - id: a-past-date-deletes              # 5, step 5
    do: [/set_cookie, "/set_cookie?expires=Thu,%2001%20Jan%202015%2000:00:00%20GMT"]
    claim: {not_in_jar: num}
  - id: a-write-of-the-same-renews       # 6, step 3
    do: [/set_session, {do: wait, seconds: 1123200}, /set_session, {do: wait, seconds: 86400}, /get_session]
    claim: {body_has: fan18}
  - id: zero-again-after-clear           # 6, step 7
    do: [/set_session, "/set_expiry?value=0", /clear, "/set_expiry?value=0"]
    claim: {cookie_expires: {sessionid: session}}
  - id: any-write-gives-two-weeks        # 6, step 8
    do: [/set_session, {do: wait, seconds: 86400}, "/set_session?num=1"]
    claim: {row_expires: 1209600, cookie_expires: {sessionid: 1209600}}
  - id: two-tabs-one-row                 # 7, step 1
    do: [/set_session, {do: together, visits: ["/set_session?num=1", "/get_session"]}]
    claim: {rows: 1}
  - id: del-keeps-the-thief              # 7, step 3
    do: [/set_session, {do: put, browser: B, name: sessionid, copy: A}, /del, B /get_session?key=username]
    claim: {body: fan}
  - id: a-write-does-not-bring-it-back   # 7, step 4
    do: [/set_session, {do: put, browser: B, name: sessionid, copy: A}, /flush, B /set_session?num=1]
    claim: {key: new, rows: 1, row: {num: 1}, row_lacks: username}
  - id: a-domain-puts-the-second-last    # 7, step 8
    do:
      - {do: visit, url: "http://tea.example/set_session"}
      - {do: script, set: sessionid=chosen-by-attacker; domain=tea.example; path=/}
      - {do: visit, url: "http://tea.example/get_session"}
    claim: {status: 500, sent_count: {sessionid: 2}}
  - id: host-prefix-leaves-no-second     # 7, step 8
    do:
      - {do: visit, url: "https://tea.example/set_cookie?name=__Host-sid&value=k1&secure=1&httponly=1"}
      - {do: script, set: __Host-sid=chosen; secure; path=/get_cookie}
      - {do: script, set: __Host-sid=chosen; secure; path=/; domain=tea.example}
      - {do: visit, url: "https://tea.example/get_cookie?name=__Host-sid"}
    claim: {body: k1, sent_count: {__Host-sid: 1}}
  - id: before-login-the-copy-reads      # 8, step 3
    do: ["/set_session?cart=tea", {do: put, browser: B, name: sessionid, copy: A}, B /get_session?key=cart]
    claim: {body: tea}
  - id: looking-does-not-renew-the-login # 8, step 6
    do: ["/set_session?username=fan", "/set_expiry?value=1209600", {do: wait, seconds: 864000}, "/get_session?key=username"]
    claim: {row_expires: 345600, no_set_cookie: sessionid}
  - id: deleted-everywhere-but-here      # 8, step 7
    do: ["/set_session?username=fan", {do: put, browser: B, name: sessionid, copy: A}, {do: delete, browser: A, name: sessionid}, B /get_session?key=username]
    claim: {body: fan, rows: 1}
`

func TestWhatTheLessonsSayInPassingIsSo(t *testing.T) {
	text := "# T\n### outcome\nO\n### story\nS\n## first F\n### lead\nL\n### question\nQ\n### a\nA\n> W\n### b\nB\n> W\n### see\n- wire: X\n### take-home\nH\n\n## recap\n"
	for line := range strings.Lines(saidInPassing) {
		if id, ok := strings.CutPrefix(line, "  - id: "); ok {
			text += "\n### " + strings.Fields(id)[0] + "\n\nSo it is.\n\n> So.\n"
		}
	}
	steps := "steps:\n  - id: first\n    do: [/get_cookie]\n    options:\n      a: {status: 500}\n      b: {status: 200}\n"
	cat, err := lessons.Load(fstest.MapFS{
		"09-said/lesson.yaml": {Data: []byte("id: said\nnumber: 9\nmode: world\nminutes: 1\n" + steps + "recap:" + saidInPassing)},
		"09-said/zh.md":       {Data: []byte(text)}, "09-said/en.md": {Data: []byte(text)},
	})
	if err != nil {
		t.Fatal(err)
	}
	statements := cat.Lessons[0].Recap
	if len(statements) < 20 {
		t.Errorf("only %d statements", len(statements))
	}
	for _, statement := range statements {
		if holds, err := statement.True(play); err != nil || !holds {
			t.Errorf("%s: %v, %v", statement.ID, holds, err)
		}
	}
}
