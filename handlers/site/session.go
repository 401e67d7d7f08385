package site

import "cookielab/internal/session"

// sessionViews are the views of this file, by name; internal/demo says which route is
// served by which.
var sessionViews = map[string]view{
	"setSession":   setSession,
	"getSession":   getSession,
	"deleteEntry":  deleteEntry,
	"clearSession": clearSession,
	"flushSession": flushSession,
	"setExpiry":    setExpiry,
	"cycleKey":     cycleKey,
}

// What each of these changes is written to the table after it has returned without an
// error, and then the cookie is sent: see serve. Only flush and cycle_key act at once.

// setSession stores values: request.session['username'] = 'fan'.
func setSession(c *visit) error {
	entries, err := c.entries() // username=fan&age=18, if nothing else is asked for
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := c.session.Set(entry.name, entry.value); err != nil {
			return err
		}
	}
	return c.say("site.set_session")
}

// getSession reads values: request.session['username'] + request.session['age'].
func getSession(c *visit) error {
	if key := c.key(); key != "" {
		value, err := c.stored(key)
		if err != nil {
			return err
		}
		return c.text(value)
	}
	username, err := c.stored("username")
	if err != nil {
		return err
	}
	age, err := c.stored("age")
	if err != nil {
		return err
	}
	return c.say("site.get_session", "values", username+age)
}

// deleteEntry removes one value: del request.session['age'].
func deleteEntry(c *visit) error {
	key := c.key() // age, if nothing else is asked for
	if err := c.session.Delete(key); err != nil {
		return err
	}
	return c.say("site.del", "key", key)
}

// clearSession removes all values; the row and its key stay: request.session.clear().
func clearSession(c *visit) error {
	if err := c.session.Clear(); err != nil {
		return err
	}
	return c.say("site.clear")
}

// flushSession deletes the row, and the cookie with it: request.session.flush().
func flushSession(c *visit) error {
	if err := c.session.Flush(); err != nil {
		return err
	}
	return c.say("site.flush")
}

// setExpiry says how long the session shall live: request.session.set_expiry(300).
func setExpiry(c *visit) error {
	seconds, none := c.expiry() // an integer, or None: back to two weeks
	if c.wrong != nil {
		return c.wrong
	}
	var err error
	if none {
		err = c.session.ResetExpiry()
	} else {
		err = c.session.SetExpiry(seconds)
	}
	if err != nil {
		return err
	}
	return c.say("site.set_expiry")
}

// cycleKey moves the session to a new key: request.session.cycle_key().
func cycleKey(c *visit) error {
	if err := c.session.CycleKey(); err != nil {
		return err
	}
	return c.say("site.cycle_key")
}

// stored is request.session[key] as text, or the KeyError.
func (c *visit) stored(key string) (string, error) {
	value, found, err := c.session.Get(key)
	if err != nil {
		return "", err
	}
	if !found {
		return "", session.KeyError{Key: key}
	}
	return valueText(value), nil
}
