package scene

import (
	"slices"
	"strings"

	"cookielab/internal/jar"
	"cookielab/internal/session"
	"cookielab/internal/world"
	"cookielab/templates"
)

// maxTrips is how many cookies are animated in one direction; more would be confusing.
const maxTrips = 6

// trips returns the movements of cookies and session keys in the last action's exchanges:
// from a jar with the request, into it with the response. Cookies that were typed in,
// copied or set by a script did not move.
func (s scene) trips() []templates.Trip {
	var out, back []templates.Trip
	for i, e := range s.exchanges {
		if !s.played && i < len(s.exchanges)-1 {
			continue // an observed step has other exchanges too
		}
		if len(out) < maxTrips {
			out = append(out, s.sent(i, e)...)
		}
		if len(back) < maxTrips {
			back = append(back, s.set(i, e)...)
		}
	}
	out, back = out[:min(len(out), maxTrips)], back[:min(len(back), maxTrips)]
	n := s.number(out, 0)
	s.number(back, n)
	return append(out, back...)
}

// number numbers the stops of trips that happen at the same time, after those before, and
// gives them their texts.
func (s scene) number(trips []templates.Trip, before int) int {
	last := before
	for _, trip := range trips {
		for i := range trip.Stops {
			stop := &trip.Stops[i]
			stop.N, stop.Text = before+1+i, s.T("stop."+stop.Place)
			last = max(last, stop.N)
		}
	}
	return last
}

// sent returns the trips of the first cookies in an exchange's request, without those of
// other programs and those that do not move.
func (s scene) sent(i int, e world.Exchange) []templates.Trip {
	var trips []templates.Trip
	for _, h := range e.Request.Headers {
		if h[0] != "Cookie" {
			continue
		}
		for _, pair := range jar.Pairs(h[1]) {
			if s.foreign[pair] {
				continue
			}
			trip := s.trip(i, e, pair)
			if !s.typed(i) {
				trip.Stops = append(trip.Stops, templates.Stop{Place: "jar"})
			}
			trip.Stops = append(trip.Stops, templates.Stop{Place: "wire"})
			if trip.Key != "" {
				trip.Stops = append(trip.Stops, templates.Stop{Place: "row"})
			}
			if len(trip.Stops) > 1 {
				trips = append(trips, trip)
			}
			if len(trips) == maxTrips {
				return trips
			}
		}
	}
	return trips
}

// set returns the trips of the cookies in an exchange's response. A cookie that the
// browser refused, or may have refused, gets only as far as the wire.
func (s scene) set(i int, e world.Exchange) []templates.Trip {
	var trips []templates.Trip
	for _, h := range e.Response.Headers {
		if h[0] != "Set-Cookie" {
			continue
		}
		pair, _, _ := strings.Cut(h[1], ";")
		name, value, _ := strings.Cut(pair, "=")
		trip := s.trip(i, e, jar.Pair{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
		trip.Back = true
		if trip.Key != "" {
			trip.Stops = append(trip.Stops, templates.Stop{Place: "row"})
		}
		trip.Stops = append(trip.Stops, templates.Stop{Place: "wire"})
		if s.arrived(i, trip.Name) {
			trip.Stops = append(trip.Stops, templates.Stop{Place: "jar"})
		}
		if len(trip.Stops) > 1 {
			trips = append(trips, trip)
		}
	}
	return trips
}

func (s scene) trip(i int, e world.Exchange, pair jar.Pair) templates.Trip {
	trip := templates.Trip{Name: pair.Name, Exchange: e.ID}
	if s.played {
		trip.Browser = s.frame.By(i)
	}
	if pair.Name == session.CookieName && s.hasRow(pair.Value) {
		trip.Key = pair.Value
	}
	return trip
}

// hasRow reports whether the table has a row for a key, or had it before this action.
func (s scene) hasRow(key string) bool {
	return slices.ContainsFunc(s.frame.Server.Rows, func(r session.Row) bool { return r.Key == key }) ||
		slices.ContainsFunc(s.frame.Notes, func(n world.Note) bool { return n.Code == "row-deleted" && n.Key == key })
}

// arrived reports whether a cookie that an exchange set reached the jar, be it to delete
// the existing one.
func (s scene) arrived(i int, name string) bool {
	return slices.ContainsFunc(s.verdicts(i), func(n world.Note) bool {
		return n.Cookie == name && n.Code != "refused"
	})
}

// typed reports whether an exchange's Cookie header was written by hand.
func (s scene) typed(i int) bool {
	a := s.frame.Action
	if a == nil {
		return false
	}
	if i < len(a.Visits) {
		a = &a.Visits[i]
	}
	return a.RawCookie != nil
}
