package handlers

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"cookielab/internal/class"
	"cookielab/internal/world"
	"cookielab/templates"

	"github.com/labstack/echo/v4"
)

// wallEvery is how often a wall is drawn at most, however many ask for it.
const wallEvery = 2 * time.Second

// walls are the walls that were drawn last, by room and language.
type walls struct {
	mu    sync.Mutex
	drawn map[wallKey]drawnWall
}

type wallKey struct {
	room *class.Room
	lang string
}

type drawnWall struct {
	at   time.Time
	html string
}

// forget has a room's wall drawn anew.
func (w *walls) forget(room *class.Room) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key := range w.drawn {
		if key.room == room {
			delete(w.drawn, key)
		}
	}
}

// classWall answers with the wall, as a part of a page.
func (a *app) classWall(c echo.Context, room *class.Room) error {
	html, err := a.wall(c, room)
	if err != nil {
		return err
	}
	return c.HTML(200, html)
}

// wall draws the session table of this class, or has it from when it was drawn last.
// Whoever asks meanwhile waits for the one drawing.
func (a *app) wall(c echo.Context, room *class.Room) (string, error) {
	key, now := wallKey{room, pathLanguage(c)}, a.Now()
	a.walls.mu.Lock()
	defer a.walls.mu.Unlock()
	if last, found := a.walls.drawn[key]; found && now.Sub(last.at).Abs() < wallEvery {
		return last.html, nil
	}
	view, err := a.wallView(c, room)
	if err != nil {
		return "", err
	}
	var body strings.Builder
	if err := a.Pages.Part(&body, key.lang, "class", "wall", view); err != nil {
		return "", err
	}
	for old := range a.walls.drawn {
		select {
		case <-old.room.Gone():
			delete(a.walls.drawn, old)
		default:
		}
	}
	a.walls.drawn[key] = drawnWall{now, body.String()}
	return body.String(), nil
}

func (a *app) wallView(c echo.Context, room *class.Room) (templates.Wall, error) {
	lang := pathLanguage(c)
	view := templates.Wall{}
	nobody := 0
	for _, own := range room.Rows() {
		row, found, err := a.Backend.Row(c.Request().Context(), own.Key)
		if err != nil {
			return view, err
		}
		if !found {
			continue
		}
		mark := markView(room.Mark(own.Key))
		mark.Expired = !row.Expires.After(a.Now())
		mark.Lonely = !own.Held
		if mark.Lonely {
			nobody++
		}
		view.Marks = append(view.Marks, mark)
	}
	slices.SortFunc(view.Marks, func(a, b templates.Mark) int { return cmp.Compare(a.ID, b.ID) })
	seats, holding := room.Browsers()
	w := templates.Words(lang)
	view.Rows = w.T("wall.rows", "n", strconv.Itoa(len(view.Marks)))
	view.Held = w.T("wall.held", "n", strconv.Itoa(holding), "of", strconv.Itoa(seats))
	if nobody > 0 {
		view.Nobody = w.T("wall.nobody", "n", strconv.Itoa(nobody))
	}
	return view, nil
}

// shapes are the names under which the drawing has a mark's shapes.
var shapes = [class.Shapes]string{"circle", "square", "triangle", "diamond", "pentagon", "hexagon"}

func markView(m class.Mark) templates.Mark {
	return templates.Mark{ID: m.ID, Letters: m.Letters, Shape: shapes[m.Shape], Colour: "key-" + strconv.Itoa(m.Colour)}
}

// ownMark is the mark of the row that a browser holds, or nil.
func ownMark(room *class.Room, f world.Frame) *templates.Mark {
	if len(f.Server.Rows) == 0 {
		return nil
	}
	row := f.Server.Rows[0]
	mark := markView(room.Mark(row.Key))
	mark.Expired = !row.Expires.After(f.At)
	return &mark
}
