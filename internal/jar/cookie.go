package jar

import "time"

// Cookie is one cookie as a browser stores it (RFC 6265bis, section 5.7).
type Cookie struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	// Domain is the host itself for a host-only cookie; it never has a leading dot.
	Domain   string `json:"domain"`
	HostOnly bool   `json:"hostOnly"`
	Path     string `json:"path"`
	// Expires is nil for a session cookie: one that ends with the browser.
	Expires     *time.Time `json:"expires"`
	Secure      bool       `json:"secure"`
	HTTPOnly    bool       `json:"httpOnly"`
	SameSite    string     `json:"sameSite"` // "", "Lax", "Strict" or "None"
	Partitioned bool       `json:"partitioned"`
}
