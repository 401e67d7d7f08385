package world

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// An action in JSON has the fields of the grammar, and no others.
func TestTheGrammarIsThatOfAction(t *testing.T) {
	var fields []string
	action := reflect.TypeFor[Action]()
	for i := range action.NumField() {
		name, _, _ := strings.Cut(action.Field(i).Tag.Get("json"), ",")
		fields = append(fields, name)
	}
	want := ActionFields()
	slices.Sort(fields)
	slices.Sort(want)
	if !slices.Equal(fields, want) {
		t.Errorf("an action in JSON has the fields %q, the grammar %q", fields, want)
	}
}

// The kinds of the contract, section 3, with the fewest fields for each. A script with
// these is accepted; with one field less, the error names the missing field.
func TestAScriptNeedsWhatTheGrammarSays(t *testing.T) {
	kinds := map[string][]string{
		"visit":    {`"browser":"A"`, `"url":"/"`},
		"together": {`"visits":[{"browser":"A","url":"/"}]`},
		"wait":     {`"seconds":0`},
		"close":    {`"browser":"A"`},
		"put":      {`"browser":"A"`, `"name":"a"`, `"value":""`},
		"delete":   {`"browser":"A"`, `"name":"a"`},
		"script":   {`"browser":"A"`},
		"server":   {`"op":"delete"`, `"browser":"A"`},
		"purge":    {},
	}
	if got, want := slices.Sorted(slices.Values(ActionNames())), slices.Sorted(maps.Keys(kinds)); !slices.Equal(got, want) {
		t.Fatalf("the grammar has %q, the contract %q", got, want)
	}
	checked := func(kind string, fields []string) error {
		script, err := ParseScript([]byte(`{"actions":[{` + strings.Join(append([]string{`"do":"` + kind + `"`}, fields...), ",") + `}]}`))
		if err == nil {
			_, err = script.check()
		}
		return err
	}
	for kind, fields := range kinds {
		if err := checked(kind, fields); err != nil {
			t.Errorf("%s with %s: %v", kind, fields, err)
		}
		for i, field := range fields {
			name := strings.Split(field, `"`)[1]
			err := checked(kind, slices.Delete(slices.Clone(fields), i, i+1))
			if err == nil || !strings.Contains(err.Error(), kind+" needs ") || !strings.Contains(err.Error(), name) {
				t.Errorf("%s without %s: %v", kind, name, err)
			}
		}
	}
	if err := checked("dance", nil); err == nil || !strings.Contains(err.Error(), "do is visit, together,") {
		t.Errorf("an unknown kind: %v", err)
	}
}
