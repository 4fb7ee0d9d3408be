package faultmatrix_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/wire"
)

// changed answers with the true reply, its body changed.
func changed(change func([]byte) []byte) func(net.Conn, *reply, script) bool {
	return func(c net.Conn, good *reply, _ script) bool {
		other := *good
		other.body = change(good.body)
		_, err := c.Write(other.bytes())
		return err == nil
	}
}

// with answers with the true reply, changed as a whole.
func with(status int, lines ...string) func(net.Conn, *reply, script) bool {
	return func(c net.Conn, good *reply, _ script) bool {
		other := *good
		if other.status = status; status == 204 {
			other.body = nil
		}
		_, err := c.Write(other.bytes(lines...))
		return err == nil
	}
}

func replaced(body string) func([]byte) []byte { return func([]byte) []byte { return []byte(body) } }

// inserted puts a field before the others.
func inserted(field string) func([]byte) []byte {
	return func(good []byte) []byte {
		rest := bytes.TrimPrefix(bytes.TrimSpace(good), []byte("{"))
		comma := ","
		if bytes.HasPrefix(bytes.TrimSpace(rest), []byte("}")) {
			comma = ""
		}
		return []byte("{" + field + comma + string(rest))
	}
}

// retyped makes an object of every value that is neither an object nor a list.
func retyped(good []byte) []byte {
	var v any
	if json.Unmarshal(good, &v) != nil {
		return good
	}
	var other func(any) any
	other = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for name := range v {
				v[name] = other(v[name])
			}
			return v
		case []any:
			for i := range v {
				v[i] = other(v[i])
			}
			return v
		}
		return map[string]any{"other": 1}
	}
	out, err := json.Marshal(other(v))
	if err != nil {
		return good
	}
	return out
}

// doubled has every field of the outer object twice.
func doubled(good []byte) []byte {
	inner := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(good)), "{"), "}")
	if strings.TrimSpace(inner) == "" {
		return good
	}
	return []byte("{" + inner + "," + inner + "}")
}

// packed is body as gzip, spoilt.
func packed(body []byte, spoil func([]byte) []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body) // a Buffer does not fail
	_ = w.Close()
	return spoil(b.Bytes())
}

// zipped answers with the true reply as gzip.
func zipped(coding string, spoil func([]byte) []byte) func(net.Conn, *reply, script) bool {
	return func(c net.Conn, good *reply, _ script) bool {
		other := *good
		other.body = packed(good.body, spoil)
		_, err := c.Write(other.bytes("Content-Encoding: " + coding))
		return err == nil
	}
}

// bomb is a little gzip of more than any reply may have.
func bomb(c net.Conn, good *reply, _ script) bool {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // the level is one
	for range wire.DefaultMaxResponse>>20 + 1 {
		_, _ = w.Write(make([]byte, 1<<20))
	}
	_ = w.Close()
	other := *good
	other.body = b.Bytes()
	_, err := c.Write(other.bytes("Content-Encoding: gzip"))
	return err == nil
}

// flood is a chunked reply of more than any reply may have.
func flood(c net.Conn, good *reply, _ script) bool {
	_, err := io.WriteString(c, good.top("Transfer-Encoding: chunked")+"\r\n")
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 1<<20, strings.Repeat(" ", 1<<20))
	for i := 0; err == nil && i <= wire.DefaultMaxResponse>>20; i++ {
		_, err = io.WriteString(c, chunk)
	}
	return false
}

// spoiledReplies are those to requests that were carried out, so that an outcome of "not applied" would be a lie.
func spoiledReplies() []*fault {
	var all []*fault
	add := func(group, name string, f fault) {
		f.group, f.name, f.carries = group, name, true
		all = append(all, &f)
	}
	corrupt := func(name string, send func(net.Conn, *reply, script) bool, silent bool) {
		add(spoiled, name, fault{send: send, phase: unclear, code: errs.Corrupt, silent: silent})
	}
	ok := func(name string, send func(net.Conn, *reply, script) bool) {
		add(fine, name, fault{send: send, phase: done})
	}
	corrupt("empty", changed(replaced("")), false)
	corrupt("204", with(204), false)
	corrupt("202 with the true reply", with(202), false)
	corrupt("null", changed(replaced("null")), false)
	corrupt("{}", changed(replaced("{}")), false)
	corrupt("a success without any field that is needed", func(c net.Conn, good *reply, s script) bool {
		return changed(replaced(s.bare))(c, good, s)
	}, true)
	corrupt("an array around the reply", changed(func(b []byte) []byte { return []byte("[" + string(b) + "]") }), false)
	corrupt("a JSON string", changed(replaced(`"done"`)), false)
	corrupt("fields of other types", changed(retyped), false)
	corrupt("half of the JSON, at its full length", changed(func(b []byte) []byte { return b[:len(b)/2] }), false)
	corrupt("a length that is too short", func(c net.Conn, good *reply, _ script) bool {
		_, _ = io.WriteString(c, good.top(fmt.Sprintf("Content-Length: %d", max(1, len(good.body)-5)))+"\r\n"+string(good.body))
		return false
	}, false)
	corrupt("garbage behind the JSON", changed(func(b []byte) []byte { return append(b[:len(b):len(b)], "garbage"...) }), false)
	corrupt("a second object behind the first", changed(func(b []byte) []byte { return append(b[:len(b):len(b)], "{}"...) }), false)
	corrupt("a byte order mark", changed(func(b []byte) []byte { return append([]byte("\ufeff"), b...) }), false)
	corrupt("a NUL", changed(func(b []byte) []byte { return append([]byte{0}, b...) }), false)
	corrupt("invalid UTF-8", changed(inserted("\"note\":\"\xff\"")), false)
	corrupt("nesting of 10,001 levels", changed(inserted(`"note":`+strings.Repeat("[", 10_001)+strings.Repeat("]", 10_001))), false)

	add(compressed, "gzip that is none", fault{send: with(200, "Content-Encoding: gzip"), phase: unclear, code: errs.Corrupt, temporary: true})
	add(compressed, "gzip that is garbled", fault{send: zipped("gzip", func(b []byte) []byte { b[10] = 0xff; return b }), phase: unclear, code: errs.Corrupt, temporary: true})
	add(compressed, "gzip with a wrong checksum", fault{send: zipped("gzip", func(b []byte) []byte { b[len(b)-8] ^= 0xff; return b }), phase: unclear, code: errs.Corrupt, temporary: true})
	add(compressed, "gzip that ends too soon", fault{send: zipped("gzip", func(b []byte) []byte { return b[:len(b)-9] }), phase: unclear, code: errs.Unavailable, temporary: true})
	whole := func(b []byte) []byte { return b }
	add(compressed, "gzip twice", fault{send: zipped("gzip, gzip", func(b []byte) []byte { return packed(b, whole) }), phase: unclear, code: errs.Corrupt, temporary: true})
	add(compressed, "another compression", fault{send: with(200, "Content-Encoding: br"), phase: unclear, code: errs.Corrupt, temporary: true})
	add(compressed, "a bomb of gzip", fault{send: bomb, phase: unclear, code: errs.TooLarge, heavy: true})
	add(compressed, "more than the limit, in chunks", fault{send: flood, phase: unclear, code: errs.TooLarge, heavy: true})
	add(compressed, "more than the limit, by its length", fault{send: func(c net.Conn, good *reply, _ script) bool {
		_, _ = io.WriteString(c, good.top(fmt.Sprintf("Content-Length: %d", wire.DefaultMaxResponse+1<<20))+"\r\n{")
		_, _ = io.Copy(io.Discard, c)
		return false
	}, phase: unclear, code: errs.TooLarge})

	ok("a good gzip", zipped("gzip", whole))
	ok("every field twice, alike", changed(doubled))
	ok("a further field", changed(inserted(`"note":{"more":[1,2]}`)))
	ok("more bytes than the length says", func(c net.Conn, good *reply, _ script) bool {
		_, _ = c.Write(append(good.bytes(), "HTTP/1.1 200 OK\r\n"...))
		return false
	})
	ok("no length; the connection ends it", func(c net.Conn, good *reply, _ script) bool {
		_, _ = io.WriteString(c, good.top("Connection: close")+"\r\n"+string(good.body))
		return false
	})
	ok("chunks", func(c net.Conn, good *reply, _ script) bool {
		_, err := fmt.Fprintf(c, "%s\r\n%x\r\n%s\r\n0\r\n\r\n", good.top("Transfer-Encoding: chunked"), len(good.body), good.body)
		return err == nil
	})
	ok("three informational replies first", func(c net.Conn, good *reply, _ script) bool {
		_, err := c.Write(append([]byte(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 3)), good.bytes()...))
		return err == nil
	})
	all = append(all, &fault{group: fine, name: "an idle connection that has died", deadIdle: true, carries: true, phase: done,
		send: func(c net.Conn, good *reply, _ script) bool { _, err := c.Write(good.bytes()); return err == nil }})
	return all
}
