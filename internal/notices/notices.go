// Package notices holds the licences of the modules linked into the program. They must be
// passed on together with the program.
package notices

import _ "embed"

// Text has, for each module, its path and its licence. To write it again, run
// TestEveryModuleHasItsNotice with -update.
//
//go:embed NOTICES.txt
var Text string
