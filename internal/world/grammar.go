package world

import "slices"

// ActionKind is a kind of action: its name, which is what do says, and the fields that
// it must and may have beside it (contract, section 3). Scripts in JSON and lessons in
// YAML are two spellings of this one grammar.
type ActionKind struct {
	Name      string
	Must, May []string
}

// ActionKinds are all kinds of action, in the contract's order.
var ActionKinds = []ActionKind{
	{"visit", []string{"url"}, []string{"browser", "method", "initiator", "kind", "raw_cookie"}},
	{"together", []string{"visits"}, nil},
	{"wait", []string{"seconds"}, nil},
	{"close", nil, []string{"browser"}},
	{"put", []string{"name"}, []string{"browser", "copy", "value", "url"}},
	{"delete", []string{"name"}, []string{"browser", "url"}},
	{"script", nil, []string{"browser", "set", "url"}},
	{"server", []string{"op"}, []string{"browser", "key", "seconds"}},
	{"purge", nil, nil},
}

// KindOfAction finds the kind of a name.
func KindOfAction(name string) (ActionKind, bool) {
	i := slices.IndexFunc(ActionKinds, func(k ActionKind) bool { return k.Name == name })
	if i < 0 {
		return ActionKind{}, false
	}
	return ActionKinds[i], true
}

// Has reports whether an action of this kind may have a field.
func (k ActionKind) Has(field string) bool {
	return slices.Contains(k.Must, field) || slices.Contains(k.May, field)
}

// ActionNames are the names of all kinds.
func ActionNames() []string {
	var names []string
	for _, k := range ActionKinds {
		names = append(names, k.Name)
	}
	return names
}

// ActionFields are all fields that an action can have, do first.
func ActionFields() []string {
	fields := []string{"do"}
	for _, k := range ActionKinds {
		for _, name := range slices.Concat(k.Must, k.May) {
			if !slices.Contains(fields, name) {
				fields = append(fields, name)
			}
		}
	}
	return fields
}
