package templates

// Health tells the instructor how the server is doing.
type Health struct {
	Page
	Lines []HealthLine
	Look  bool // at one line or more
}

// HealthLine is one thing about the server.
type HealthLine struct {
	ID   string
	Text string
	Look bool // it is not as it should be
}
