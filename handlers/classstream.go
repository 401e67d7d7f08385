package handlers

import (
	"context"
	"net/http"
	"strings"
	"time"

	"cookielab/internal/class"

	"github.com/labstack/echo/v4"
)

const (
	beat = 15 * time.Second // between two signs of life of an idle stream
	// unread is how long a follower may take for what fits into no buffer any more.
	unread = 10 * time.Second
)

// classStream sends the present moment, and each new one. It lasts until the reader
// has gone, the room has ended or the program is told to stop; a reader that does not
// read ends it too.
func (a *app) classStream(c echo.Context) error {
	room, err := a.Class.Room(strings.ToLower(c.Param("code")))
	if err != nil {
		return err
	}
	follower, err := room.Follow(seatOf(c))
	if err != nil {
		return err
	}
	defer follower.Close()
	c.Response().Header().Set(echo.HeaderContentType, "text/event-stream")
	c.Response().Header().Set("X-Accel-Buffering", "no") // nginx would keep moments back
	alive := time.NewTicker(beat)
	defer alive.Stop()
	out := http.NewResponseController(c.Response())
	for {
		octets := class.Beat
		select {
		case event := <-follower.Next():
			octets = event.Octets
		case <-alive.C:
		case <-room.Gone():
			return nil
		case <-a.Done:
			return nil
		case <-c.Request().Context().Done():
			return nil
		}
		if err := out.SetWriteDeadline(inMachineTime(unread)); err != nil {
			return nil
		}
		if _, err := c.Response().Write(octets); err != nil {
			return nil // nobody reads any more
		}
		if err := out.Flush(); err != nil {
			return nil
		}
	}
}

// inMachineTime is a moment by the clock that connections go by, whatever clock the
// application was given.
func inMachineTime(ahead time.Duration) time.Time {
	ctx, cancel := context.WithTimeout(context.Background(), ahead)
	defer cancel()
	deadline, _ := ctx.Deadline() // which WithTimeout sets
	return deadline
}
