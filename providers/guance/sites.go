package guance

// site is a place where the service runs.
type site struct{ name, host string }

// sites returns the published sites: of Guance by the names that its Terraform provider has for those that it knows (page
// docs.guance.com/open-api, table of endpoints), and of TrueWatch (page docs.truewatch.com/open-api). Some of Guance's
// are under .com and some under .one. Zhangjiakou (China 3) has no published endpoint.
func sites() []site {
	return []site{
		{"hangzhou", "openapi.guance.com"},        // China 1
		{"ningxia", "aws-openapi.guance.com"},     // China 2
		{"guangzhou", "cn4-openapi.guance.com"},   // China 4
		{"vnet", "cn5-openapi.guance.com"},        // China 5
		{"hongkong", "cn6-openapi.guance.one"},    // China 6
		{"oregon", "us1-openapi.guance.com"},      // Overseas 1
		{"frankfurt", "eu1-openapi.guance.one"},   // Europe 1
		{"singapore", "ap1-openapi.guance.one"},   // Asia-Pacific 1
		{"southafrica", "za1-openapi.guance.com"}, // Africa 1
		{"jakarta", "id1-openapi.guance.com"},     // Indonesia 1
		{"uae", "me1-openapi.guance.com"},         // Middle East 1
		{"truewatch-oregon", "us1-openapi.truewatch.com"},
		{"truewatch-frankfurt", "eu1-openapi.truewatch.com"},
		{"truewatch-singapore", "ap1-openapi.truewatch.com"},
		{"truewatch-southafrica", "za1-openapi.truewatch.com"},
		{"truewatch-jakarta", "id1-openapi.truewatch.com"},
	}
}

func siteNames() (names []string) {
	for _, s := range sites() {
		names = append(names, s.name)
	}
	return names
}

// hostOf returns the host of a site's OpenAPI, "" for a name that is none.
func hostOf(name string) string {
	for _, s := range sites() {
		if s.name == name {
			return s.host
		}
	}
	return ""
}
