// Package notices has the licences of the modules that are linked into the program:
// whoever passes the program on passes them on with it.
package notices

import _ "embed"

// Text has each module's path and then its licence. TestEveryModuleHasItsNotice, run
// with -update, writes it anew.
//
//go:embed NOTICES.txt
var Text string
