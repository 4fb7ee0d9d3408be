package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// cloudflareTarget is what the method and the path of a request ask for.
type cloudflareTarget struct {
	action                  string // empty with a refusal
	account, namespace, key string
	writes                  bool
	operation               func(*Cloudflare, *cloudflareCall) *cloudflareReply
	refusal                 *cloudflareReply
}

// cloudflareVerifyToken is the only operation that belongs to no account.
const cloudflareVerifyToken = "VerifyToken"

// cloudflareRoute is one operation. A segment of its path in capitals stands for anything.
type cloudflareRoute struct {
	method, path, action string
	writes               bool
	operation            func(*Cloudflare, *cloudflareCall) *cloudflareReply
}

var cloudflareRoutes = []cloudflareRoute{
	{"GET", "", "ListNamespaces", false, (*Cloudflare).listNamespaces},
	{"POST", "", "CreateNamespace", true, (*Cloudflare).createNamespace},
	{"GET", "NS", "GetNamespace", false, (*Cloudflare).getNamespace},
	{"PUT", "NS", "RenameNamespace", true, (*Cloudflare).renameNamespace},
	{"DELETE", "NS", "DeleteNamespace", true, (*Cloudflare).deleteNamespace},
	{"GET", "NS/keys", "ListKeys", false, (*Cloudflare).listKeys},
	{"GET", "NS/values/KEY", "ReadValue", false, (*Cloudflare).readValue},
	{"PUT", "NS/values/KEY", "WriteValue", true, (*Cloudflare).writeValue},
	{"DELETE", "NS/values/KEY", "DeleteValue", true, (*Cloudflare).deleteValue},
	{"GET", "NS/metadata/KEY", "ReadMetadata", false, (*Cloudflare).readMetadata},
	{"PUT", "NS/bulk", "BulkWrite", true, (*Cloudflare).bulkWrite},
	{"DELETE", "NS/bulk", "BulkDelete", true, (*Cloudflare).bulkDelete}, // deprecated
	{"POST", "NS/bulk/delete", "BulkDelete", true, (*Cloudflare).bulkDelete},
	{"POST", "NS/bulk/get", "BulkGet", false, (*Cloudflare).bulkGet},
}

// cloudflareTargetOf reads the request line. Each segment of the path is unescaped once, so that an escaped slash is
// part of a key. There is no cleaning of paths: a segment ".." is a name like others, and an empty one too.
func cloudflareTargetOf(r *http.Request) cloudflareTarget {
	segments, ok := pathSegments(r)
	if !ok {
		return cloudflareTarget{refusal: cloudflareRefuse(7003, "Could not route to the request's path, perhaps your object identifier is invalid?")}
	}
	if slices.Equal(segments, []string{"client", "v4", "user", "tokens", "verify"}) {
		if r.Method != http.MethodGet {
			return cloudflareTarget{refusal: cloudflareNotAllowed([]string{http.MethodGet})}
		}
		return cloudflareTarget{action: cloudflareVerifyToken, operation: (*Cloudflare).verifyToken}
	}
	const before = 7 // client v4 accounts ACCOUNT storage kv namespaces
	if len(segments) < before || !slices.Equal(segments[:3], []string{"client", "v4", "accounts"}) ||
		!slices.Equal(segments[4:before], []string{"storage", "kv", "namespaces"}) {
		return cloudflareTarget{refusal: cloudflareRefuse(7000, "No route for that URI")}
	}
	target := cloudflareTarget{account: segments[3]}
	var allowed []string
	for _, route := range cloudflareRoutes {
		namespace, key, ok := route.match(segments[before:])
		if !ok {
			continue
		}
		if route.method != r.Method {
			allowed = append(allowed, route.method)
			continue
		}
		target.action, target.writes, target.operation = route.action, route.writes, route.operation
		target.namespace, target.key = namespace, key
		return target
	}
	if allowed != nil {
		target.refusal = cloudflareNotAllowed(allowed)
	} else {
		target.refusal = cloudflareRefuse(10025, "endpoint does not exist")
	}
	return target
}

// match compares the segments with the route's path.
func (route cloudflareRoute) match(segments []string) (namespace, key string, ok bool) {
	var pattern []string
	if route.path != "" {
		pattern = strings.Split(route.path, "/")
	}
	if len(pattern) != len(segments) {
		return "", "", false
	}
	for i, want := range pattern {
		switch want {
		case "NS":
			namespace = segments[i]
		case "KEY":
			key = segments[i]
		case segments[i]:
		default:
			return "", "", false
		}
	}
	return namespace, key, true
}

// pathSegments returns the unescaped segments of a request's path, taken from the request line as it was sent:
// an [url.URL] forgets an escaped slash when another character should have been escaped and was not.
func pathSegments(r *http.Request) ([]string, bool) {
	path := r.RequestURI
	if path == "" {
		path = r.URL.EscapedPath()
	}
	if i := strings.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	if _, rest, ok := strings.Cut(path, "://"); ok && !strings.HasPrefix(path, "/") { // as to a proxy
		i := strings.IndexByte(rest, '/')
		if i < 0 {
			return nil, false
		}
		path = rest[i:]
	}
	if !strings.HasPrefix(path, "/") {
		return nil, false
	}
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			return nil, false
		}
		segments[i] = plain
	}
	return segments, true
}

// cloudflareNotAllowed refuses a method that a path does not take. The vendor's status for it is documented, its code is not.
func cloudflareNotAllowed(allowed []string) *cloudflareReply {
	r := cloudflareRefuse(10025, "method not allowed")
	r.status = http.StatusMethodNotAllowed
	r.setHeader("Allow", strings.Join(allowed, ", "))
	return r
}
