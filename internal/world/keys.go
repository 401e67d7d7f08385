package world

import (
	"crypto/sha256"
	"fmt"
)

// keys is a source of chance without chance: the session keys made of its bytes are
// the same at every play. They look like real ones, and end in their number, so that
// a class can tell them apart: k7f3…0001, x2mq…0002.
//
// One key takes 32 bytes, and none of them is so large that the session package
// would throw it away to keep its alphabet fair.
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

// next is the bytes of one key: places in the alphabet a-z0-9, the last four its number.
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
