package kmstest

import "github.com/crosscloud-sdk/crosscloud/internal/conformance"

// someTags are a few tags, with the longest key and value that the rule lets through.
func (s *suite) someTags() map[string]string {
	rule := s.caps.Tag
	tags := map[string]string{newName(rule.Key): newName(rule.Value)}
	if rule.Max > 1 && !rule.ValueRequired {
		tags[newName(rule.Key)] = ""
	}
	if rule.Max > 2 {
		key, value := newName(rule.Key), newName(rule.Value)
		if most := conformance.Longest(rule.Key); most > 0 {
			key = conformance.Pad(rule.Key.Alphabet, key, most)
		}
		if most := conformance.Longest(rule.Value); most > 0 {
			value = conformance.Pad(rule.Value.Alphabet, value, most)
		}
		tags[key] = value
	}
	return tags
}

// manyTags are so many tags.
func (s *suite) manyTags(n int) map[string]string {
	tags := map[string]string{}
	for len(tags) < n {
		tags[newName(s.caps.Tag.Key)] = newName(s.caps.Tag.Value)
	}
	return tags
}
