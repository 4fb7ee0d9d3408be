package kv

import (
	"fmt"
	"log/slog"
)

// String describes the namespace by its name.
func (n *Namespace) String() string { return "namespace " + n.name }

// Format prints the same as String for every verb and flag: what else is in a handle may change meanwhile.
func (n *Namespace) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(n.String())) }

// LogValue returns the same as String.
func (n *Namespace) LogValue() slog.Value { return slog.StringValue(n.String()) }

// String describes the service by its provider's name.
func (s *Service) String() string { return fmt.Sprintf("namespaces of provider %q", s.provider) }

// Format prints the same as String for every verb and flag.
func (s *Service) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue returns the same as String.
func (s *Service) LogValue() slog.Value { return slog.StringValue(s.String()) }
