package tests

import "os"

// stops are the signals that end the program in good order.
var stops = []os.Signal{os.Interrupt}
