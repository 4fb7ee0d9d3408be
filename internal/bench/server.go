package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// server answers every request with the reply that its operation always has. It checks nothing, so that it costs little
// and the same for every client.
type server struct {
	delay   time.Duration // before each reply
	opened  atomic.Int64  // connections so far
	observe func(received)
}

// received is what a test sees of a request: its operation and all that was sent.
type received struct {
	operation, target, authorization string
	body                             []byte
}

// request is what the server reads of a request.
type request struct {
	method, target         string
	action, authorization  string // of headers
	length                 int64  // -1 for one that is sent in chunks
	continues, keepsNoMore bool   // the client waits for a 100, or closes the connection then
}

// path of the request for how many connections there were.
const countTarget = "/connections"

// keptBody is how much of a body is kept, for its operation to be read there; observed bodies are kept whole.
const keptBody = 4 << 10

func (s *server) serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			first := true
			in, buffer := bufio.NewReaderSize(conn, 16<<10), make([]byte, 0, keptBody)
			for {
				r, err := readRequest(in)
				if err != nil {
					return
				}
				if first && r.target != countTarget {
					s.opened.Add(1)
				}
				first = false
				if s.answer(conn, in, r, buffer) != nil || r.keepsNoMore {
					return
				}
			}
		}()
	}
}

// answer reads the body of a request and sends its reply.
func (s *server) answer(conn io.Writer, in *bufio.Reader, r request, buffer []byte) error {
	if r.continues {
		if _, err := io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return err
		}
	}
	var body io.Reader = io.LimitReader(in, r.length)
	if r.length < 0 {
		body = httputil.NewChunkedReader(in)
	}
	kept := bytes.NewBuffer(buffer)
	limit := int64(keptBody)
	if s.observe != nil {
		limit = 1 << 30
	}
	_, err := kept.ReadFrom(io.LimitReader(body, limit))
	if err == nil {
		_, err = io.Copy(io.Discard, body)
	}
	if err == nil && r.length < 0 { // the empty line behind the last chunk
		_, err = in.ReadString('\n')
	}
	if err != nil {
		return err
	}
	if r.target == countTarget {
		return send(conn, reply{body: strconv.AppendInt(nil, s.opened.Load(), 10)})
	}
	operation := operationOf(r, kept.Bytes())
	if s.observe != nil {
		s.observe(received{operation, r.target, r.authorization, bytes.Clone(kept.Bytes())})
	}
	if s.delay > 0 {
		time.Sleep(s.delay)
	}
	return send(conn, replyTo(operation))
}

func readRequest(in *bufio.Reader) (r request, err error) {
	line, err := readLine(in)
	if err != nil {
		return r, err
	}
	method, rest, _ := strings.Cut(line, " ")
	target, _, ok := strings.Cut(rest, " ")
	if !ok {
		return r, fmt.Errorf("no request line: %q", line)
	}
	r.method, r.target = method, target
	for {
		line, err := readLine(in)
		if err != nil || line == "" {
			return r, err
		}
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case strings.EqualFold(name, "Content-Length"):
			if r.length, err = strconv.ParseInt(value, 10, 64); err != nil {
				return r, err
			}
		case strings.EqualFold(name, "Transfer-Encoding"):
			r.length = -1
		case strings.EqualFold(name, "X-Tc-Action"), strings.EqualFold(name, "X-Acs-Action"):
			r.action = value
		case strings.EqualFold(name, "Authorization"):
			r.authorization = value
		case strings.EqualFold(name, "Expect"):
			r.continues = true
		case strings.EqualFold(name, "Connection"):
			r.keepsNoMore = strings.EqualFold(value, "close")
		}
	}
}

func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

// send writes a reply, a small one at once.
func send(conn io.Writer, r reply) error {
	status, kind := r.status, r.contentType
	if status == "" {
		status = "200 OK"
	}
	if kind == "" {
		kind = "application/json"
	}
	b := make([]byte, 0, 512+min(len(r.body), 16<<10))
	b = append(b, "HTTP/1.1 "...)
	b = append(b, status...)
	b = append(b, "\r\nContent-Type: "...)
	b = append(b, kind...)
	b = append(b, "\r\nX-Request-Id: 07aea30bd34f4480b14cffb4f7e10555\r\nCf-Ray: 8f0c3b1e2d4a5b6c-FRA\r\nDate: "...)
	b = time.Now().UTC().AppendFormat(b, "Mon, 02 Jan 2006 15:04:05 GMT")
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(r.body)), 10)
	b = append(b, "\r\n\r\n"...)
	if len(r.body) <= 16<<10 {
		_, err := conn.Write(append(b, r.body...))
		return err
	}
	if _, err := conn.Write(b); err != nil {
		return err
	}
	_, err := conn.Write(r.body)
	return err
}

// burstDelay is how long the slow server takes for a reply, so that all calls of a burst are under way at once.
const burstDelay = 5 * time.Millisecond

// serveForever is the other process: it serves fast and slow replies, and ends with its standard input.
func serveForever() error {
	var hosts []string
	for _, delay := range []time.Duration{0, burstDelay} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		hosts = append(hosts, l.Addr().String())
		go (&server{delay: delay}).serve(l) //nolint:errcheck // until the process ends
	}
	fmt.Println(strings.Join(hosts, " "))
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// startServer starts the other process and returns the hosts of its fast and its slow server.
func startServer() (fast, slow string, stop func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return "", "", nil, err
	}
	cmd := exec.Command(program, "-serve")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", "", nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", "", nil, err
	}
	stop = func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	}
	if _, err := fmt.Fscan(stdout, &fast, &slow); err != nil {
		stop()
		return "", "", nil, fmt.Errorf("the server does not start: %w", err)
	}
	return fast, slow, stop, nil
}
