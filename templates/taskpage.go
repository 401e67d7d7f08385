package templates

import "html/template"

// Task is a task's page: a goal, and all that is needed to reach it.
type Task struct {
	Page
	LessonID   string
	Task       TaskView
	Goal       GoalView
	Prev, Next string
	Live       Live
}

// TaskView is the part of a task's page that does not change.
type TaskView struct {
	ID        string
	N         int
	Crumb     string // lesson 2, task 1
	Title     string
	Lead      template.HTML
	World     bool // only the time machine can show it
	Hints     []template.HTML
	Actions   []ActionView // buttons for actions of solutions, and for wrong ones
	Setup     []ActionView // brings any browser to the start of the task
	Script    string       // the start of the task as the time machine plays it, in JSON
	LessonURL string
}

// GoalView is a goal as judged by a frame.
type GoalView struct {
	Task    string // lesson/task
	Lines   []GoalLine
	Reached bool
	// Early is set if the goal holds although no action was done: an earlier visit left
	// that state.
	Early    bool
	Taken    int // actions
	Par      int // of the shortest solution
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
