package world

import (
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

// What the grammar knows a script may do, and nothing else.
func TestEveryKindOfActionIsKnownToAScript(t *testing.T) {
	for _, kind := range append(ActionNames(), "dance") {
		err := new(checker).action(Action{Do: kind})
		unknown := err != nil && strings.HasPrefix(err.Error(), "do is ")
		if unknown != (kind == "dance") {
			t.Errorf("of %s a script says %v", kind, err)
		}
	}
}
