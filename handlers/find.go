package handlers

import (
	"slices"
	"strconv"
	"strings"

	"cookielab/internal/class"
	"cookielab/lessons"

	"github.com/labstack/echo/v4"
)

// findStep returns the step with these ids, or nil.
func (a *app) findStep(lesson, id string) *lessons.Step {
	l, ok := a.Lessons.Lesson(lesson)
	if !ok {
		return nil
	}
	i := slices.IndexFunc(l.Steps, func(s *lessons.Step) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return l.Steps[i]
}

// taskOf returns the task with these ids, or nil.
func (a *app) taskOf(lesson, id string) *lessons.Task {
	l, ok := a.Lessons.Lesson(lesson)
	if !ok {
		return nil
	}
	i := slices.IndexFunc(l.Tasks, func(t *lessons.Task) bool { return t.ID == id })
	if i < 0 {
		return nil
	}
	return l.Tasks[i]
}

// presentStep returns the step that the room is at, or nil.
func (a *app) presentStep(room *class.Room) *lessons.Step {
	known := room.Step()
	if known == nil {
		return nil
	}
	return a.stepByID(known.ID)
}

func seatOf(c echo.Context) string { return c.Request().Header.Get("X-Seat") }

// step returns the step that an address names, or a 404.
func (a *app) step(c echo.Context) (*lessons.Step, error) {
	lesson, ok := a.Lessons.Lesson(c.Param("id"))
	if !ok {
		return nil, echo.ErrNotFound
	}
	n := 1
	if text := c.QueryParam("step"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			return nil, echo.ErrNotFound
		}
	}
	if n < 1 || n > len(lesson.Steps) {
		return nil, echo.ErrNotFound
	}
	return lesson.Steps[n-1], nil
}

func (a *app) stepByID(id string) *lessons.Step {
	lesson, step, _ := strings.Cut(id, "/")
	return a.findStep(lesson, step)
}
