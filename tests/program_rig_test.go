package tests

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// executable builds the program, once for all tests.
var executable = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "cookielab-test-")
	if err != nil {
		return "", err
	}
	afterTests = append(afterTests, func() { os.RemoveAll(folder) })
	path := filepath.Join(folder, "cookielab")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	command := exec.Command("go", "build", "-o", path, ".")
	command.Dir = ".."
	command.Env = append(os.Environ(), "CGO_ENABLED=0") // it needs no C compiler
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// patience is how long a test waits for a program to do what it should do at once.
const patience = 30 * time.Second

// A program is one that runs.
type program struct {
	t      *testing.T
	url    string
	dir    string
	cmd    *exec.Cmd
	stdout *bufio.Reader
	stderr *bytes.Buffer
	ended  bool
}

// command is the program with arguments, in a folder of its own and with nothing
// in its environment that would change it.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, args...)
	c.Dir = t.TempDir()
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "COOKIELAB_") {
			c.Env = append(c.Env, v)
		}
	}
	c.Env = append(c.Env, env...)
	return c
}

// start runs the program and reads its address. It ends with the test.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	return started(t, command(t, nil, append([]string{"-addr", "localhost:0"}, args...)...))
}

func started(t *testing.T, c *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, cmd: c, dir: c.Dir, stderr: &bytes.Buffer{}}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if c.Stderr == nil {
		c.Stderr = p.stderr
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !p.ended {
			_ = c.Process.Kill() // it may have ended by itself
			_ = c.Wait()
		}
	})
	p.stdout = bufio.NewReader(out)
	line := make(chan string, 1)
	go func() {
		text, _ := p.stdout.ReadString('\n') // a program that ends says nothing, and the test says so
		line <- text
	}()
	select {
	case text := <-line:
		p.url = strings.TrimSuffix(text, "\n")
	case <-time.After(patience):
		t.Fatalf("the program says nothing in %v", patience)
	}
	if u, err := url.Parse(p.url); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Port() == "" {
		_ = c.Wait()
		p.ended = true
		t.Fatalf("the first line is %q, want an address; standard error: %s", p.url, p.stderr)
	}
	return p
}

func (p *program) port() string {
	u, err := url.Parse(p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	return u.Port()
}

// end sends a signal and waits; it returns the exit code.
func (p *program) end(signal os.Signal) int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	return p.wait()
}

func (p *program) wait() int {
	p.t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, p.stdout)
		if wait := p.cmd.Wait(); wait != nil {
			err = wait
		}
		done <- err
	}()
	select {
	case <-done:
	case <-time.After(patience):
		p.t.Fatalf("the program does not end in %v", patience)
	}
	p.ended = true
	return p.cmd.ProcessState.ExitCode()
}

// refused runs the program, which must not start: it says one line on standard
// error, none on standard output, and exits with 1. The line is returned.
func refused(t *testing.T, env []string, args ...string) string {
	t.Helper()
	c := command(t, env, args...)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Process.Kill() })
	err := c.Wait()
	stop()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("%q ends with %v, want exit status 1", args, err)
	}
	if out.Len() > 0 {
		t.Errorf("%q says %q on standard output", args, out.String())
	}
	line := strings.TrimSuffix(errs.String(), "\n")
	if line == "" || strings.Contains(line, "\n") || strings.Contains(line, "goroutine") {
		t.Errorf("%q says %q on standard error, want one line", args, line)
	}
	return line
}
