package replay

// Searched returns how many bytes are looked through, decoded ones included, to find a secret in a text.
func Searched(secret, text string) int {
	var f finder
	f.addAnyCase(secret)
	f.find([]byte(text))
	return f.searched
}
