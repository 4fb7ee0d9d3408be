// Package replay serves recorded HTTP exchanges in tests, and records them.
//
// A test without a network asks a server that knows the answers:
//
//	server := replay.Server(t, "testdata/put.txt", replay.RequireAll())
//	client := New(server.URL)
//	…
//
// A request that was not recorded fails the test and says in what it differs from the nearest recorded one, which is
// named by its file, its line and its action (X-Tc-Action or X-Acs-Action); the same failure is reported once. The
// client gets status 400, which clients do not retry.
//
// [Check] goes the other way: it sends the recorded requests, and compares the replies.
//
// # Recording
//
// [Recorder] answers from a file too, without any server. With CROSSCLOUD_RECORD=1 in the environment it sends the
// requests on, and writes what passed into that file when the test has ended without failure:
//
//	client := &http.Client{Transport: replay.Recorder(t, "testdata/put.txt", replay.Secrets(secret.New(key)))}
//
// A client that can be given an address only, and no transport, is recorded by [Server] with the option [Upstream].
//
// Before a recording reaches the disk, [Scrubbed] takes the place of the credentials in it. They are found
//   - by name: that of a header, a parameter of a query or a path, a form field, a part, a JSON field or its sibling
//     (name and value), an XML element or attribute, or name=value in any text; a list of usual names, and those of the
//     option [Scrub];
//   - by shape: credentials behind Bearer and Basic, users of URLs, private keys in PEM, JSON web tokens;
//   - by value: the texts given to [Secrets], and whatever of eight bytes or more was found by name or shape, are removed
//     wherever they appear, also encoded and compressed; [Secrets] says in which forms.
//
// Nothing else is taken out: a recording keeps the values that were stored and read, keys, and the ids of accounts,
// zones and namespaces. Read it before you publish it, and use values that may be public.
//
// # Matching
//
// Each exchange answers one request, unless the option [Repeat] is given. A request matches an exchange if these are
// equal:
//   - the method;
//   - the path, segment by segment, where %3A is the same as a colon but %2F is no slash;
//   - the query, whatever its order, except for parameters that differ from call to call, such as nonces, dates and
//     signatures, and those of [IgnoreQuery];
//   - the headers that the exchange names, except for those that differ from call to call, among them Host and
//     Authorization, and those of [IgnoreHeaders]; [MatchHeaders] compares them nevertheless. Headers that the
//     exchange does not name may be anything;
//   - the body: JSON as JSON, with numbers compared digit for digit, forms as forms, multipart bodies part by part
//     whatever their boundary, anything else byte for byte, after its compression has been undone.
//
// Where an exchange has [Scrubbed], any text matches; as a whole JSON value, any value.
//
// # File format
//
// A file has one exchange or several, each made of comments, a request and a reply:
//
//	# page: Put a value, example.com/docs/put, read 2026-11
//	# not sent: expiration (the page says that ttl beats it)
//	> PUT /values/a%2Fb?expiration=1774513200&ttl=60
//	> Content-Type: application/json
//
//	{"value": "x"}
//
//	< 200
//	< Content-Type: application/json
//
//	{"success": true}
//
// The lines before a request that begin with # are its comments. The line of the request holds the method, and the path
// with the query as they are sent. The line of the reply holds the status. Headers follow, one in a line; the mark in
// front of a header may be left out. Behind an empty line stands the body, as UTF-8 text. The empty lines at its end
// and the end of its last line do not belong to it. Line ends may be those of Windows.
//
// A line of a body that begins with the characters #, < or >, alone or with a space behind them, would be taken for
// another part of the file: it is written with a backslash in front, as is such a line that has backslashes in front
// already, and a line of nothing but backslashes. A single backslash on the last line is an empty line, with which a
// body ends that has a line end as its last character.
//
// What is no such text stands behind a line among the headers that says how the body is written: "> base64" for any
// bytes, in as many lines as needed, and "> crlf" for a text all of whose lines end in CR LF, as those of multipart
// bodies do. (In front of a reply it is "< base64" and "< crlf".)
//
// Some comments change what is asked of a request, for exchanges copied from a page of documentation whose request
// holds what a client rightly sends otherwise. Each names a query parameter, a form field or a field of the JSON body,
// and may say why in parentheses:
//
//	# not sent: Name (why)
//	# sent instead: Name=value (why)
//
// Others change what [Check] asks of a reply. They name a field of the JSON body:
//
//	# not answered: Name (why)
//	# answered instead: Name=value (why)
//
// In a JSON body the value is JSON, and the name may lead deeper in, such as Data.Keys[0].Name. Of the elements of a
// list none can be taken away. What is sent and answered stays as it is in the file: [Check] sends the whole request,
// and [Server] answers with the whole reply.
package replay
