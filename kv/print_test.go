package kv_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud/kv"
)

// Handles print what they address, whatever the verb; an option that is nil says nothing.
func TestPrintedHandles(t *testing.T) {
	s := newFake().service(t)
	ns, err := s.Namespace(t.Context(), "flags", nil, kv.WithKeyEncoding(kv.PlainKeys), nil)
	if err == nil {
		ns, err = ns.With(t.Context(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	for want, handle := range map[string]any{"namespace flags": ns, "namespaces of provider ": s} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
			if got := fmt.Sprintf(verb, handle); !strings.HasPrefix(got, want) {
				t.Errorf("%s prints %q", verb, got)
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("opened", "what", handle)
		if !strings.Contains(log.String(), want) {
			t.Errorf("logged %s", log.String())
		}
	}
}
