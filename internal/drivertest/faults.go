package drivertest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Says answers every request with a text.
func Says(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// BreaksOff reads a request and answers with a text that ends before the reply does.
func BreaksOff(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, text)
	}
}

// Resets reads a request and resets its connection.
func Resets(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

// Unvisited returns the URL of a server that nothing may be sent to, such as the target of a redirect.
func Unvisited(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	t.Cleanup(server.Close)
	return server.URL
}
