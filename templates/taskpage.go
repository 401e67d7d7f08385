package templates

import "html/template"

// Task is a task's page: a goal, and everything at hand to reach it.
type Task struct {
	Page
	LessonID   string
	Task       TaskView
	Goal       GoalView
	Prev, Next string
	Live       Live
}

// TaskView is what stands still on a task's page.
type TaskView struct {
	ID        string
	N         int
	Crumb     string // lesson 2, task 1
	Title     string
	Lead      template.HTML
	World     bool // only the time machine can show it
	Hints     []template.HTML
	Actions   []ActionView // buttons of what a solution may consist of, wrong ways among them
	Setup     []ActionView // what leads any browser to where the task begins
	Script    string       // where it begins, as the time machine plays it: JSON
	LessonURL string
}

// GoalView is a goal in the light of a frame.
type GoalView struct {
	Task    string // lesson/task
	Lines   []GoalLine
	Reached bool
	// Early is set where the goal holds though nothing has been done for it: what an
	// earlier visit left behind.
	Early    bool
	Taken    int // actions
	Par      int // of the shortest way
	Count    string
	Praise   template.HTML
	Shortest []string
}

// GoalLine is one claim of a goal: holds, fails or unknown.
type GoalLine struct {
	State string
	Word  string
	Text  template.HTML
}
