package templates

import "html/template"

// Class is the page of a student, or the stage. Parts that change with the moment are
// also rendered separately.
type Class struct {
	Page
	ClassRoom
	Now   ClassNow
	Live  Live
	Own   *Mark // of the row that this browser holds
	Wall  template.HTML
	Frame template.HTML // the shared frame
}

// ClassRoom says which room a page is of, and at which moment it was rendered.
type ClassRoom struct {
	View     string // student, stage or console
	Code     string
	N        int
	Step     string
	Question string
	Free     bool
	FrameN   int
	Join     JoinView
}

// JoinView is how to enter the room: the address to type, and the same as a QR code.
type JoinView struct {
	Addresses []Address // that this machine has; the first is shown
	Code      string
}

// Address is where students find the room.
type Address struct {
	Host string // as it is typed
	URL  string
	QR   QR
}

// QR is a QR code as the path of an SVG, one unit per module.
type QR struct {
	Size int // modules, with the quiet zone
	Path string
}

// ClassNow is the present step of a room, as it stands at one moment.
type ClassNow struct {
	View               string
	N                  int
	Waiting            bool // there is no step yet
	StepID, LessonID   string
	StepName           string // id within the lesson
	Heading, Title     string
	LessonURL          string
	Lead, Question     template.HTML
	State              string // closed, open or revealed
	Options            []ClassOption
	Happened, TakeHome template.HTML
	Compare            []RemnantView // with the reveal
	Actions            []ActionView
	Free               bool
	World, JarPage     bool
	PlainHTTP          []string // what differs on plain http, where the step needs it
}

// ClassOption is an option of the question, and after the reveal its result.
type ClassOption struct {
	ID        string
	Text, Why template.HTML
	Count     int
	Share     int // of the answers, in hundredths
	Held      bool
}

// Wall is the session table as a class sees it: a mark for each row.
type Wall struct {
	Marks              []Mark
	Rows, Held, Nobody string
}

// Mark is a session row as the class sees it.
type Mark struct {
	ID, Letters, Shape, Colour string
	Expired                    bool
	Lonely                     bool // no browser of the class holds its key any more
}

// Console is the instructor's page. Parts that need the key are loaded separately.
type Console struct {
	Page
	ClassRoom
	Live Live
	Own  *Mark
}

// Desk is what the console shows of the present step, only to the driver.
type Desk struct {
	ClassRoom
	Now       ClassNow
	Teach     *TeachView
	Next      *DeskStep
	Prev      *DeskStep
	Steps     []DeskLesson // to jump to
	Paths     []DeskPath   // that next and previous may follow
	Position  string
	Frames    []DeskFrame // of the step as it is played in the time machine
	Script    string      // of the step, as JSON
	Addresses []DeskAddress
	LiveStep  bool
}

// DeskPath is a path through the lessons that a console can follow.
type DeskPath struct {
	ID, Name string
	Current  bool
}

// DeskStep is a step that the console can jump to.
type DeskStep struct {
	ID, Heading, Title string
	Lead, Question     template.HTML
	Teach              *TeachView
	Current            bool
}

// DeskLesson is a lesson with its steps.
type DeskLesson struct {
	Title string
	Steps []DeskStep
}

// DeskFrame is a frame of the step's script that can be shown.
type DeskFrame struct {
	At    int
	Label string
}

// DeskAddress is how many seats an address holds.
type DeskAddress struct {
	Address string
	Seats   int
}

// Join is the page for a code without a room.
type Join struct {
	Page
	Code string
}

// ClassHandout is a record of a class: the steps shown, and the answers.
type ClassHandout struct {
	Title string
	Steps []ClassNow
}
