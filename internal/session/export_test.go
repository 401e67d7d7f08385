package session

// WithPeer is withPeer for the tests of other packages.
var WithPeer = withPeer
