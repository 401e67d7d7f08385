package world

import (
	"crypto/sha256"
	"fmt"
)

// keys is a predictable random source: the session keys made from it are the same in
// every play. They look like real ones and end in their number, so that people can tell
// them apart: k7f3…0001, x2mq…0002.
//
// A key takes 32 bytes, all below 252, so that the session package discards none.
type keys struct {
	made int
	rest []byte
}

func (k *keys) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		if len(k.rest) == 0 {
			k.rest = k.next()
		}
		taken := copy(p[n:], k.rest)
		k.rest = k.rest[taken:]
		n += taken
	}
	return len(p), nil
}

// next returns the bytes of one key: indexes into the alphabet a-z0-9, the last four for
// its number.
func (k *keys) next() []byte {
	k.made++
	key := sha256.Sum256(fmt.Appendf(nil, "key %d of a played world", k.made))
	for i := range key {
		key[i] %= 36
	}
	for i, digit := range fmt.Appendf(nil, "%04d", k.made%10000) {
		key[28+i] = 26 + digit - '0'
	}
	return key[:]
}
