package templates

// Lab is the lab page, for playing freely.
type Lab struct {
	Page
	Groups []ActionGroup
	Live   Live
	Script string
}

// ActionGroup is a group of buttons.
type ActionGroup struct {
	Title   string
	Actions []LabAction
}

// LabAction is a route with its form.
type LabAction struct {
	Name, Route, Django, Help string
	Fields                    []FormField
	Back                      string
	More                      bool // there are rare fields
}

// FormField is one parameter of a route.
type FormField struct {
	Name, Label, Value, Kind, Hint string
	Rare                           bool // folded away with the other rare ones
	Options                        []Choice
}

// Choice is one value of a select.
type Choice struct {
	Value, Text string
	Selected    bool
}
