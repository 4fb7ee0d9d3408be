package kms

import (
	"fmt"
	"log/slog"
)

// String describes the service by its provider's name.
func (s *Service) String() string { return fmt.Sprintf("keys of provider %q", s.provider) }

// Format prints the same as String for every verb and flag.
func (s *Service) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue returns the same as String.
func (s *Service) LogValue() slog.Value { return slog.StringValue(s.String()) }
