package templates

// Health tells the instructor how the server is doing.
type Health struct {
	Page
	Lines []HealthLine
	Look  bool // whether a line needs attention
}

// HealthLine is one thing about the server.
type HealthLine struct {
	ID   string
	Text string
	Look bool // it needs attention
}
