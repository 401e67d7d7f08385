package world

import (
	"slices"
	"strings"
)

// ActionKind is a kind of action: its name, as in the field do; the fields that it must
// have; those of which it needs at least one; and optional ones (contract, section 3).
// Scripts in JSON and lessons in YAML both follow this grammar; in YAML the browser
// defaults to A.
type ActionKind struct {
	Name             string
	Must, OneOf, May []string
}

// actionKinds are all kinds of action, in the contract's order.
var actionKinds = []ActionKind{
	{Name: "visit", Must: []string{"browser", "url"}, May: []string{"method", "initiator", "kind", "raw_cookie"}},
	{Name: "together", Must: []string{"visits"}},
	{Name: "wait", Must: []string{"seconds"}},
	{Name: "close", Must: []string{"browser"}},
	{Name: "put", Must: []string{"browser", "name"}, OneOf: []string{"value", "copy"}, May: []string{"url"}},
	{Name: "delete", Must: []string{"browser", "name"}, May: []string{"url"}},
	{Name: "script", Must: []string{"browser"}, May: []string{"set", "url"}},
	{Name: "server", Must: []string{"op"}, OneOf: []string{"browser", "key"}, May: []string{"seconds"}},
	{Name: "purge"},
}

// KindOfAction returns the kind with a name, and whether there is one.
func KindOfAction(name string) (ActionKind, bool) {
	i := slices.IndexFunc(actionKinds, func(k ActionKind) bool { return k.Name == name })
	if i < 0 {
		return ActionKind{}, false
	}
	return actionKinds[i], true
}

func (k ActionKind) fields() []string { return slices.Concat(k.Must, k.OneOf, k.May) }

// Missing describes which field an action of this kind lacks, or returns "". said reports
// whether the action has a field.
func (k ActionKind) Missing(said func(field string) bool) string {
	for _, field := range k.Must {
		if !said(field) {
			return k.Name + " needs " + field
		}
	}
	if len(k.OneOf) > 0 && !slices.ContainsFunc(k.OneOf, said) {
		return k.Name + " needs " + strings.Join(k.OneOf, " or ")
	}
	return ""
}

// Has reports whether an action of this kind can have a field.
func (k ActionKind) Has(field string) bool {
	return slices.Contains(k.fields(), field)
}

// ActionNames returns the names of all kinds.
func ActionNames() []string {
	var names []string
	for _, k := range actionKinds {
		names = append(names, k.Name)
	}
	return names
}

// ActionFields returns all fields that an action can have, do first.
func ActionFields() []string {
	fields := []string{"do"}
	for _, k := range actionKinds {
		for _, name := range k.fields() {
			if !slices.Contains(fields, name) {
				fields = append(fields, name)
			}
		}
	}
	return fields
}
