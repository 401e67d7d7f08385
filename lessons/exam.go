package lessons

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
)

// The size of an exam.
const (
	ExamQuestions = 10
	examTransfer  = 4 // of them with scripts that are in no lesson
)

// examFolder holds the transfer questions, written like a lesson whose steps are the
// questions. It is not shown among the lessons.
const examFolder = "exam"

// readTransfer reads the transfer questions, if there are any.
func (c *Catalogue) readTransfer(fsys fs.FS) error {
	if !hasAny(fsys, examFolder) {
		return nil
	}
	l, text, err := c.readFiles(fsys, examFolder, "99", examFolder, examFolder)
	if err != nil {
		return err
	}
	if err := text(); err != nil {
		return err
	}
	if l.Mode != World {
		return place{file: path.Join(examFolder, "lesson.yaml")}.errorf("the questions of an exam are of mode: world")
	}
	c.Transfer = l
	return nil
}

// Exam draws the questions of an exam: a few transfer questions, the others from as many
// lessons as possible. The same seed gives the same questions in the same order.
func (c *Catalogue) Exam(seed string) []*Step {
	chance := rand.New(rand.NewPCG(seeds(seed)))
	var drawn []*Step
	if c.Transfer != nil {
		for _, i := range chance.Perm(len(c.Transfer.Steps))[:min(examTransfer, len(c.Transfer.Steps))] {
			drawn = append(drawn, c.Transfer.Steps[i])
		}
	}
	var rounds [][]*Step // each has one step of each lesson
	for _, i := range chance.Perm(len(c.Lessons)) {
		round := 0
		for _, j := range chance.Perm(len(c.Lessons[i].Steps)) {
			step := c.Lessons[i].Steps[j]
			if step.Jar != nil {
				continue // there is no frame to look at afterwards
			}
			if round == len(rounds) {
				rounds = append(rounds, nil)
			}
			rounds[round] = append(rounds[round], step)
			round++
		}
	}
	all := slices.Concat(rounds...)
	drawn = append(drawn, all[:min(ExamQuestions-len(drawn), len(all))]...)
	chance.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	return drawn
}

// seeds derives two numbers from a text.
func seeds(text string) (uint64, uint64) {
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])
}

// seedLetters are the letters of a drawn seed, without any that look alike.
const seedLetters = "abcdefghjkmnpqrstuvwxyz23456789"

// DrawSeed returns a seed of six random letters.
func DrawSeed(chance io.Reader) (string, error) {
	var octets [6]byte
	if _, err := io.ReadFull(chance, octets[:]); err != nil {
		return "", fmt.Errorf("draw a seed: %w", err)
	}
	for i, o := range octets {
		octets[i] = seedLetters[int(o)%len(seedLetters)]
	}
	return string(octets[:]), nil
}
