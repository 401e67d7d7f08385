package tests

import (
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// faulty is a program whose database is damaged, locked or lost during a test.
type faulty struct {
	*program
	file   string
	cookie string // of a session that was there before
}

func newFaulty(t *testing.T) *faulty {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sessions.db")
	f := &faulty{program: start(t, "-store", "sqlite:"+file), file: file}
	v := visit(t, f.url)
	if a := v.get("/set_session?username=li"); a.status != http.StatusOK {
		t.Fatalf("/set_session is %d %q", a.status, a.body)
	}
	f.cookie = "sessionid=" + v.held("sessionid")
	return f
}

// wantRefused checks that every write is answered 503 in one line within seconds, and that
// /healthz reports it.
func (f *faulty) wantRefused() {
	f.t.Helper()
	for _, path := range []string{"/set_session", "/del?key=username", "/flush", "/cycle_key", "/healthz"} {
		begun := time.Now()
		a := visit(f.t, f.url).get(path, "Cookie", f.cookie)
		if a.status != http.StatusServiceUnavailable || !a.oneLine() || a.header.Get("Set-Cookie") != "" {
			f.t.Errorf("%s is %d %q with Set-Cookie %q, want 503, one line and no cookie", path, a.status, a.body, a.header.Get("Set-Cookie"))
		}
		if took := time.Since(begun); took > 15*time.Second {
			f.t.Errorf("%s took %v", path, took)
		}
	}
}

// wantWell waits until the program writes again, and checks that the session is what
// it was.
func (f *faulty) wantWell() {
	f.t.Helper()
	for deadline := time.Now().Add(patience); visit(f.t, f.url).get("/healthz").status != http.StatusOK; {
		if time.Now().After(deadline) {
			f.t.Fatal("the program does not recover")
		}
	}
	if a := visit(f.t, f.url).get("/get_session?key=username", "Cookie", f.cookie); a.body != "li" {
		f.t.Errorf("afterwards the session has %d %q, want li", a.status, a.body)
	}
	if a := visit(f.t, f.url).get("/set_session?n=1", "Cookie", f.cookie); a.status != http.StatusOK {
		f.t.Errorf("afterwards /set_session is %d %q", a.status, a.body)
	}
}

func TestADatabaseThatIsDeletedOrReplaced(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	kept := f.file + ".kept"
	if err := os.Rename(f.file, kept); err != nil {
		t.Fatal(err)
	}
	f.wantRefused()
	if err := os.WriteFile(f.file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f.wantRefused()
	if err := os.Rename(kept, f.file); err != nil {
		t.Fatal(err)
	}
	f.wantWell()
}

func TestADatabaseThatIsLocked(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	other, err := sql.Open("sqlite", f.file)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	f.wantRefused()
	if a := visit(t, f.url).get("/get_session?key=username", "Cookie", f.cookie); a.body != "li" {
		t.Errorf("while another writes, a session reads %d %q, want li", a.status, a.body)
	}
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	f.wantWell()
}

// A limit on the size of files (RLIMIT_FSIZE) stands in for a full disk.
func TestADiskThatIsFull(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	limit := func(octets uint64) {
		t.Helper()
		l := syscall.Rlimit{Cur: octets, Max: ^uint64(0)}
		_, _, e := syscall.Syscall6(syscall.SYS_PRLIMIT64, uintptr(f.cmd.Process.Pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&l)), 0, 0, 0)
		if e != 0 {
			t.Fatal(e)
		}
	}
	limit(1)
	f.wantRefused()
	if a := visit(t, f.url).get("/get_session?key=username", "Cookie", f.cookie); a.body != "li" {
		t.Errorf("on a full disk a session reads %d %q, want li", a.status, a.body)
	}
	limit(^uint64(0))
	f.wantWell()
}

// A read-only file is reported at start. Root may write everything, so the
// program runs as nobody.
func TestADatabaseThatIsReadOnly(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	f.end(os.Interrupt)
	before, err := os.ReadFile(f.file)
	if err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{f.file: 0o444, filepath.Dir(f.file): 0o555} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(f.file), 0o755) }) // to be removed
	c := command(t, nil, "-addr", "localhost:0", "-store", "sqlite:"+f.file)
	if os.Getuid() == 0 {
		const nobody = 65534
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		// Its way to the executable, and that of all temporary folders of this test.
		for _, path := range []string{filepath.Dir(c.Path), filepath.Dir(c.Dir)} {
			if err := os.Chmod(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	out, err := c.CombinedOutput()
	if err == nil || strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), f.file) || !strings.Contains(string(out), "must be writable") {
		t.Errorf("on a file that may only be read it says %q, %v, want one line with its name and what to do", out, err)
	}
	if after, err := os.ReadFile(f.file); err != nil || string(after) != string(before) {
		t.Errorf("the file was changed, %v", err)
	}
}
