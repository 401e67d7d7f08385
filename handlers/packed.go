package handlers

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

// Sizes of answers in octets.
const (
	worthPacking = 1 << 10   // smaller ones are not compressed
	large        = 256 << 10 // larger ones are compressed fast rather than well
)

// packed compresses answers, in memory: an answer is sent after its handler has
// returned, so that neither the place of its work nor a compressor waits for a slow
// reader, and compressing is part of the work that the place bounds.
//
// The demo routes are not compressed, because their responses are shown in lessons. These
// answers are not cached by anybody between, so Vary: Accept-Encoding is not needed, and
// would only distract from the lesson's headers.
func packed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !strings.Contains(c.Request().Header.Get(echo.HeaderAcceptEncoding), "gzip") {
			return next(c)
		}
		p := &packing{ResponseWriter: c.Response().Writer}
		c.Response().Writer = p
		err := next(c)
		c.Response().Writer = p.ResponseWriter
		if sent := p.send(); err == nil {
			err = sent
		}
		return err
	}
}

// packing is an answer in memory.
type packing struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer // as it is sent: compressed if zip is not nil
	zip    *gzip.Writer
	from   *sync.Pool // of zip
}

// isPacked reports whether an answer is kept in memory until its handler has returned.
func isPacked(c echo.Context) bool {
	_, is := c.Response().Writer.(*packing)
	return is
}

func (p *packing) WriteHeader(status int) { p.status = status }

// Compressors, each of about 1 MB, that are not in use.
var (
	packWell = sync.Pool{New: func() any { return compressor(5) }}
	packFast = sync.Pool{New: func() any { return compressor(gzip.BestSpeed) }}
)

func compressor(level int) *gzip.Writer {
	z, err := gzip.NewWriterLevel(nil, level)
	if err != nil {
		panic(err) // there is no such level
	}
	return z
}

func (p *packing) Write(octets []byte) (int, error) {
	h := p.Header()
	if h.Get(echo.HeaderContentType) == "" {
		h.Set(echo.HeaderContentType, http.DetectContentType(octets))
	}
	if p.zip == nil {
		length, _ := strconv.Atoi(h.Get(echo.HeaderContentLength)) // 0 if it is not known
		length = max(length, p.body.Len()+len(octets))
		if length < worthPacking || h.Get(echo.HeaderContentEncoding) != "" {
			return p.body.Write(octets)
		}
		p.pack(length)
	}
	return p.zip.Write(octets)
}

// pack compresses what has been written, and what comes.
func (p *packing) pack(length int) {
	p.from = &packWell
	if length > large {
		p.from = &packFast
	}
	p.zip = p.from.Get().(*gzip.Writer)
	plain := bytes.Clone(p.body.Bytes())
	p.body.Reset()
	p.zip.Reset(&p.body)
	_, _ = p.zip.Write(plain) // into memory
	p.Header().Set(echo.HeaderContentEncoding, "gzip")
}

// send sends the answer, if there is one.
func (p *packing) send() error {
	if p.zip != nil {
		_ = p.zip.Close() // into memory
		p.from.Put(p.zip)
	}
	if p.status == 0 {
		return nil
	}
	h := p.Header()
	h.Del(echo.HeaderContentLength) // a compressed one's is another, and without a body it is not known
	if p.body.Len() > 0 {
		h.Set(echo.HeaderContentLength, strconv.Itoa(p.body.Len()))
	}
	p.ResponseWriter.WriteHeader(p.status)
	if p.body.Len() == 0 {
		return nil
	}
	_, err := p.ResponseWriter.Write(p.body.Bytes())
	return err
}
