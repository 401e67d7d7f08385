package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cookielab/internal/class"
	"cookielab/lessons"

	"github.com/labstack/echo/v4"
)

// maxClassBody is what a request to a room may have, in octets: a script and little
// more.
const maxClassBody = maxScript + 1<<10

// NewHall makes the hall of rooms over a store of sessions, which a reset deletes from.
func NewHall(d Deps, storage class.Storage) (*class.Hall, error) {
	return class.Open(context.Background(), class.Config{
		Now: d.Now, Rand: d.Rand, Storage: storage, Bus: class.NewLocal(), Forget: d.Backend.Delete,
	})
}

// Who may

// ownOrigin refuses what another site's page sends. On plain http of a network
// browsers send no Sec-Fetch-Site, but Origin.
func (a *app) ownOrigin(h echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if origin := r.Header.Get("Origin"); origin != "" {
			if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, r.Host) {
				return echo.ErrForbidden
			}
		}
		return h(c)
	}
}

// roomHandler answers a request to a room.
type roomHandler func(c echo.Context, room *class.Room) error

// inRoom finds the room that an address names; an unknown one is not found.
func (a *app) inRoom(h roomHandler) echo.HandlerFunc {
	return func(c echo.Context) error {
		room, err := a.Class.Room(strings.ToLower(c.Param("code")))
		if err != nil {
			return err
		}
		if seat := seatOf(c); seat != "" {
			if err := room.CatchUp(c.Request().Context(), seat); err != nil {
				return err
			}
		}
		return h(c, room)
	}
}

// driving lets the driver of the room pass. Whoever has no key that is good learns
// nothing of the room, not even whether it is there.
func (a *app) driving(h roomHandler) echo.HandlerFunc {
	return func(c echo.Context) error {
		key, sent := bearer(c)
		if !sent {
			return unauthorized(c)
		}
		room, err := a.Class.Room(strings.ToLower(c.Param("code")))
		if err != nil || !room.Drives(key) {
			return echo.ErrForbidden
		}
		if err := room.CatchUp(c.Request().Context(), ""); err != nil {
			return err
		}
		return h(c, room)
	}
}

// reportInRoom has a report of a page of the room worked on.
func (a *app) reportInRoom(h func(c echo.Context, room *class.Room, rep report) error) roomHandler {
	return func(c echo.Context, room *class.Room) error {
		return a.report(func(c echo.Context, rep report) error { return h(c, room, rep) })(c)
	}
}

// bearer is the key of Authorization: Bearer KEY (RFC 6750, 2.1).
func bearer(c echo.Context) (key string, sent bool) {
	scheme, key, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
	key = strings.TrimSpace(key)
	return key, strings.EqualFold(scheme, "Bearer") && key != ""
}

func unauthorized(c echo.Context) error {
	c.Response().Header().Set("WWW-Authenticate", "Bearer")
	return echo.ErrUnauthorized
}

// readClass reads a body of JSON. An empty one is an empty object.
func readClass(c echo.Context, into any) error {
	text, err := readBody(c.Request(), echo.MIMEApplicationJSON, maxClassBody)
	if err != nil {
		return err
	}
	if len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return echo.ErrBadRequest
	}
	return nil
}

// What a driver does

// openClass opens another room, for whoever drives one.
func (a *app) openClass(c echo.Context) error {
	key, sent := bearer(c)
	if !sent {
		return unauthorized(c)
	}
	if !a.Class.Drives(key) {
		return echo.ErrForbidden
	}
	if err := readClass(c, &struct{}{}); err != nil {
		return err
	}
	code, fresh, err := a.Class.OpenRoom(c.Request().Context())
	if err != nil {
		return err
	}
	return sendJSON(c, http.StatusCreated, map[string]string{"code": code, "key": fresh})
}

// driveRequest is what an instructor's window asks for.
type driveRequest struct {
	Step     *string         `json:"step"`
	Question *class.Question `json:"question"`
	Frame    json.RawMessage `json:"frame"`
	Free     *bool           `json:"free"`
	Reset    bool            `json:"reset"`
}

// driveClass moves the room to its next moment.
func (a *app) driveClass(c echo.Context, room *class.Room) error {
	var request driveRequest
	if err := readClass(c, &request); err != nil {
		return err
	}
	drive := class.Drive{Question: request.Question, Free: request.Free, Reset: request.Reset}
	if request.Step != nil {
		step, found := a.steps[*request.Step]
		if !found {
			return echo.ErrBadRequest
		}
		drive.Step = step
	}
	if q := request.Question; q != nil && !slices.Contains([]class.Question{class.Closed, class.Asked, class.Revealed}, *q) {
		return echo.ErrBadRequest
	}
	switch {
	case string(request.Frame) == "null":
		drive.NoFrame = true
	case request.Frame != nil:
		var err error
		if drive.Frame, err = a.playedFrame(c, request.Frame); err != nil {
			return err
		}
	}
	moment, err := room.Drive(c.Request().Context(), drive)
	if err != nil {
		return err
	}
	if request.Reset {
		a.walls.forget(room)
	}
	return sendJSON(c, http.StatusOK, moment)
}

func (a *app) classState(c echo.Context, room *class.Room) error {
	return sendJSON(c, http.StatusOK, room.State())
}

// classPeople lists the addresses that hold seats.
func (a *app) classPeople(c echo.Context, room *class.Room) error {
	return sendJSON(c, http.StatusOK, map[string]any{"addresses": room.Addresses()})
}

// dropAddress takes back the seats of an address.
func (a *app) dropAddress(c echo.Context, room *class.Room) error {
	var request struct {
		Address string `json:"address"`
	}
	if err := readClass(c, &request); err != nil {
		return err
	}
	if request.Address == "" {
		return echo.ErrBadRequest
	}
	if err := room.Drop(c.Request().Context(), request.Address); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// What a student does

func (a *app) classSeat(c echo.Context, room *class.Room) error {
	if err := readClass(c, &struct{}{}); err != nil {
		return err
	}
	seat, err := room.Seat(c.Request().Context(), c.RealIP())
	if err != nil {
		return err
	}
	return sendJSON(c, http.StatusCreated, map[string]string{"seat": seat})
}

func (a *app) classAnswer(c echo.Context, room *class.Room) error {
	var request struct {
		Step, Option string
	}
	if err := readClass(c, &request); err != nil {
		return err
	}
	if !room.Known(seatOf(c)) {
		return echo.ErrForbidden
	}
	step, found := a.steps[request.Step]
	if !found || !slices.Contains(step.Options, request.Option) {
		return echo.ErrBadRequest
	}
	if err := room.Answer(c.Request().Context(), seatOf(c), request.Step, request.Option); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// maxActions is more than anybody does in one step.
const maxActions = 1000

func (a *app) classDone(c echo.Context, room *class.Room) error {
	var request struct {
		Step, Task string
		Holds      any
		Actions    int
	}
	if err := readClass(c, &request); err != nil {
		return err
	}
	if !room.Known(seatOf(c)) {
		return echo.ErrForbidden
	}
	option, isOption := request.Holds.(string)
	step, isStep := a.steps[request.Step]
	switch {
	case request.Actions < 0 || request.Actions > maxActions:
		return echo.ErrBadRequest
	case request.Task == "" && !isStep, request.Task != "" && !a.isTask(request.Task):
		return echo.ErrBadRequest
	case isOption && (!isStep || !slices.Contains(step.Options, option)):
		return echo.ErrBadRequest
	case !isOption && request.Holds != true:
		return echo.ErrBadRequest
	}
	report := class.Report{Holds: request.Holds, Browser: browserFamily(c.Request().UserAgent()), Actions: request.Actions}
	if err := room.Done(c.Request().Context(), seatOf(c), request.Step, request.Task, report); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// isTask reports whether a lesson has a task: lesson/task, or the task's own id.
func (a *app) isTask(id string) bool {
	lesson, task, whole := strings.Cut(id, "/")
	if whole {
		return a.taskOf(lesson, task) != nil
	}
	return slices.ContainsFunc(a.Lessons.Lessons, func(l *lessons.Lesson) bool { return a.taskOf(l.ID, id) != nil })
}

// browserFamily is what a User-Agent calls itself: the most particular name first, as
// each of them names those that it is like.
func browserFamily(agent string) string {
	for _, family := range [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
		{"Chrome/", "Chrome"}, {"CriOS", "Chrome"}, {"Safari/", "Safari"},
	} {
		if strings.Contains(agent, family[0]) {
			return family[1]
		}
	}
	return "other"
}

// noteSeat records that a look with a seat brought the key of a row. An unknown seat
// is ignored: looking goes on without it.
func (a *app) noteSeat(ctx context.Context, seat, key string, found bool) error {
	if seat == "" {
		return nil
	}
	room, known := a.Class.SeatRoom(seat)
	if !known {
		return nil
	}
	if !found {
		key = ""
	}
	if err := room.Look(ctx, seat, key); err != nil && !errors.Is(err, class.ErrSeat) {
		return err
	}
	return nil
}

// classSteps are the steps as rooms know them: what can be answered, and what holds
// once the step is played.
func classSteps(catalogue *lessons.Catalogue, play lessons.Player) (map[string]*class.Step, error) {
	steps := map[string]*class.Step{}
	for _, lesson := range catalogue.Lessons {
		for _, step := range lesson.Steps {
			known := &class.Step{ID: lesson.ID + "/" + step.ID, Options: []string{}}
			for _, option := range step.Options {
				known.Options = append(known.Options, option.Letter)
			}
			played, err := step.Evidence(play)
			if err != nil {
				return nil, err
			}
			if right := step.Right(played); len(right) == 1 {
				known.Answer = right[0]
			}
			steps[known.ID] = known
		}
	}
	return steps, nil
}
