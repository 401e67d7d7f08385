package lessons

import (
	"fmt"
	"slices"
	"testing"
)

func TestTheSameSeedDrawsTheSameExam(t *testing.T) {
	cat, err := Load(FS)
	if err != nil {
		t.Fatal(err)
	}
	first := cat.Exam("k7m4qx")
	if !slices.Equal(first, cat.Exam("k7m4qx")) {
		t.Error("one seed draws two exams")
	}
	other := 0
	asked := map[*Step]bool{}
	for n := range 200 {
		drawn := cat.Exam(fmt.Sprint("seed", n))
		if !slices.Equal(drawn, first) {
			other++
		}
		transfer, lessons := 0, map[*Lesson]bool{}
		for _, s := range drawn {
			asked[s] = true
			if s.Lesson == cat.Transfer {
				transfer++
			} else {
				lessons[s.Lesson] = true
			}
		}
		if len(drawn) != ExamQuestions || transfer != examTransfer || len(lessons) != ExamQuestions-examTransfer {
			t.Fatalf("seed%d: %d questions, %d of them transfer, from %d lessons", n, len(drawn), transfer, len(lessons))
		}
	}
	if other < 199 {
		t.Errorf("%d of 200 seeds draw another exam", other)
	}
	for _, l := range append(slices.Clone(cat.Lessons), cat.Transfer) {
		for _, s := range l.Steps {
			if !asked[s] && s.Jar == nil {
				t.Errorf("200 exams never ask %s/%s", l.ID, s.ID)
			}
		}
	}
}
