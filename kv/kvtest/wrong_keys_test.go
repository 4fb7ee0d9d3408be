package kvtest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/crosscloud-sdk/crosscloud/errs"
	"github.com/crosscloud-sdk/crosscloud/internal/conformance/conformancetest"
	"github.com/crosscloud-sdk/crosscloud/kv/driver"
)

func wrongDrivers() []wrong {
	return slices.Concat(wrongKeys(), wrongReads(), wrongWrites(), wrongExpiries(), wrongMetadata(), wrongListings(), wrongBatches(), wrongCalls(), wrongDeclarations(), wrongServices())
}

// onKeys spells every key otherwise, wherever it is sent.
func onKeys(spell func(string) string) func(*fakeSpace) {
	return func(n *fakeSpace) {
		get, put, remove, getBatch := n.get, n.put, n.remove, n.getBatch
		n.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
			return get(ctx, &driver.GetRequest{Key: spell(req.Key)})
		}
		n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
			changed := *req
			changed.Key = spell(req.Key)
			return put(ctx, &changed)
		}
		n.remove = func(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
			return remove(ctx, &driver.DeleteRequest{Key: spell(req.Key)})
		}
		n.getBatch = func(ctx context.Context, req *driver.GetBatchRequest) (*driver.GetBatchResponse, error) {
			changed := *req
			changed.Keys = nil
			for _, key := range req.Keys {
				changed.Keys = append(changed.Keys, spell(key))
			}
			return getBatch(ctx, &changed)
		}
	}
}

func wrongKeys() []wrong {
	unescape := func(key string) string {
		if plain, err := url.PathUnescape(key); err == nil && plain != "" {
			return plain
		}
		return key
	}
	return []wrong{
		{name: "trims keys", config: "native", fails: "Key/Odd Key/Apart", space: onKeys(func(key string) string {
			if trimmed := strings.TrimSpace(key); trimmed != "" {
				return trimmed
			}
			return key
		})},
		{name: "folds case", config: "native", fails: "Key/Odd Key/Apart", space: onKeys(strings.ToLower)},
		{name: "folds case of narrow keys", config: "minimal", fails: "Key/Apart", space: onKeys(strings.ToLower)},
		{name: "composes characters", config: "native", fails: "Key/Odd Key/Apart", space: onKeys(func(key string) string {
			return strings.ReplaceAll(key, "e\u0301", "\u00e9")
		})},
		{name: "decodes keys", config: "native", fails: "Key/Odd Key/Apart Key/OddInBatches List/PrefixOdd", space: onKeys(unescape)},
		{name: "cleans paths", config: "native", fails: "Key/Odd", space: onKeys(func(key string) string { return strings.ReplaceAll(key, "//", "/") })},
		{name: "cuts keys at a NUL", config: "native", fails: "Key/Odd Key/Apart", space: onKeys(func(key string) string {
			if cut, _, found := strings.Cut(key, "\x00"); found && cut != "" {
				return cut
			}
			return key
		})},
		{name: "cuts long keys", config: "native", fails: "Key/OverLimit Key/WideLengths", space: onKeys(func(key string) string { return key[:min(len(key), 64)] })},
		{name: "takes fewer bytes than declared", config: "native", fails: "Key/Lengths Key/WideLengths", space: func(n *fakeSpace) {
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				if len(req.Key) > 63 {
					return nil, refuse(errs.InvalidArgument, "too long")
				}
				return put(ctx, req)
			}
		}},
		{name: "refuses what looks denied", config: "native", fails: "Key/DeniedNeighbours", space: func(n *fakeSpace) {
			put := n.put
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				if strings.HasPrefix(req.Key, "..") {
					return nil, refuse(errs.InvalidArgument, "denied")
				}
				return put(ctx, req)
			}
		}},
		{name: "counts keys in characters", config: "native", fails: "Key/WideLengths", service: func(f *fakeService) {
			f.account.content.Key.MaxBytes, f.account.content.Key.MaxChars = 0, 64
			f.spoil = func(n *fakeSpace) {
				n.caps = func() driver.Capabilities {
					c := n.service.account.content
					c.Key.MaxBytes, c.Key.MaxChars = 64, 0
					return c
				}
			}
		}},
	}
}

func wrongReads() []wrong {
	return []wrong{
		{name: "returns an empty value for a missing key", config: "native", fails: "Get/MissingKey Delete/Present TTL/Expires Portable/Exists Errors/Typed",
			space: onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
				if errs.CodeOf(err) == errs.KeyNotFound {
					return &driver.GetResponse{}, nil
				}
				return res, err
			})},
		{name: "calls a missing key a missing namespace", config: "native", fails: "Get/MissingKey", space: onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
			if errs.CodeOf(err) == errs.KeyNotFound {
				err = refuse(errs.NamespaceNotFound, "not found")
			}
			return res, err
		})},
		{name: "calls a missing namespace a missing key", config: "native", fails: "Get/MissingNamespace Declare/OpenMissing Service/HandleAfterDelete",
			space: onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
				if errs.CodeOf(err) == errs.NamespaceNotFound {
					err = refuse(errs.KeyNotFound, "not found")
				}
				return res, err
			})},
		{name: "returns nothing at all", config: "native", fails: "Get/MissingKey", space: onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
			return res, nil
		})},
		{name: "calls a missing key temporary", config: "native", fails: "Errors/Permanent", space: onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
			if errs.CodeOf(err) == errs.KeyNotFound {
				err = &errs.Error{Code: errs.KeyNotFound, Retry: errs.Temporary, Outcome: errs.NotApplied}
			}
			return res, err
		})},
		{name: "finds keys by their beginning", config: "native", fails: "Get/MissingKey", space: func(n *fakeSpace) {
			get := n.get
			n.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
				res, err := get(ctx, req)
				if errs.CodeOf(err) == errs.KeyNotFound {
					if page, err := n.list(ctx, &driver.ListRequest{Prefix: req.Key, PageSize: 5}); err == nil && len(page.Keys) > 0 {
						return get(ctx, &driver.GetRequest{Key: page.Keys[0].Name})
					}
				}
				return res, err
			}
		}},
		{name: "trims values", config: "native", fails: "Get/RoundTrip", space: onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
			if err == nil {
				res.Value = bytes.TrimSpace(res.Value)
			}
			return res, err
		})},
		{name: "takes values for JSON", config: "native", fails: "Get/RoundTrip", space: onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
			var text string
			if err == nil && json.Unmarshal(res.Value, &text) == nil {
				res.Value = []byte(text)
			}
			return res, err
		})},
		{name: "makes values text", config: "native", fails: "Value/Binary", space: onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
			if err == nil {
				res.Value = []byte(strings.ToValidUTF8(string(res.Value), "\ufffd"))
			}
			return res, err
		})},
		{name: "drops control characters", config: "minimal", fails: "Value/Text", space: onGet(func(_ *driver.GetRequest, res *driver.GetResponse, err error) (*driver.GetResponse, error) {
			if err == nil {
				res.Value = []byte(strings.ReplaceAll(string(res.Value), "\x00", ""))
			}
			return res, err
		})},
		{name: "calls a key missing in inspect a value", config: "minimal", fails: "Inspect/MissingKey", space: onInspect(func(res *driver.InspectResponse, err error) (*driver.InspectResponse, error) {
			if errs.CodeOf(err) == errs.KeyNotFound {
				return &driver.InspectResponse{Expiry: driver.NeverExpires()}, nil
			}
			return res, err
		})},
		{name: "inspects expired keys", config: "minimal", fails: "TTL/GoneFromInspect", space: func(n *fakeSpace) {
			inspect := n.inspect
			known := new(conformancetest.Memo[string, driver.InspectResponse])
			put, remove := n.put, n.remove
			n.put = func(ctx context.Context, req *driver.PutRequest) (*driver.PutResponse, error) {
				res, err := put(ctx, req)
				if seen, fail := inspect(ctx, &driver.InspectRequest{Key: req.Key}); fail == nil {
					known.Set(req.Key, *seen)
				}
				return res, err
			}
			n.remove = func(ctx context.Context, req *driver.DeleteRequest) (*driver.DeleteResponse, error) {
				known.Drop(req.Key)
				return remove(ctx, req)
			}
			n.inspect = func(ctx context.Context, req *driver.InspectRequest) (*driver.InspectResponse, error) {
				if seen, ok := known.Get(req.Key); ok {
					return &seen, nil
				}
				return inspect(ctx, req)
			}
		}},
		{name: "inspects a missing namespace", config: "minimal", fails: "Inspect/MissingNamespace", space: onInspect(func(res *driver.InspectResponse, err error) (*driver.InspectResponse, error) {
			if errs.CodeOf(err) == errs.NamespaceNotFound {
				err = refuse(errs.KeyNotFound, "not found")
			}
			return res, err
		})},
		{name: "shares a value with the store", config: "native", fails: "Ownership/GetGivesAway", space: func(n *fakeSpace) {
			kept := new(conformancetest.Memo[string, []byte])
			get := n.get
			n.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
				res, err := get(ctx, req)
				if err != nil {
					return nil, err
				}
				if _, ok := kept.Get(req.Key); !ok {
					kept.Set(req.Key, res.Value)
				}
				res.Value, _ = kept.Get(req.Key)
				return res, nil
			}
		}},
	}
}

// onGet exchanges the answer of every single get.
func onGet(change func(*driver.GetRequest, *driver.GetResponse, error) (*driver.GetResponse, error)) func(*fakeSpace) {
	return func(n *fakeSpace) {
		get := n.get
		n.get = func(ctx context.Context, req *driver.GetRequest) (*driver.GetResponse, error) {
			res, err := get(ctx, req)
			return change(req, res, err)
		}
	}
}

// onInspect exchanges the answer of every inspect.
func onInspect(change func(*driver.InspectResponse, error) (*driver.InspectResponse, error)) func(*fakeSpace) {
	return func(n *fakeSpace) {
		inspect := n.inspect
		n.inspect = func(ctx context.Context, req *driver.InspectRequest) (*driver.InspectResponse, error) {
			return change(inspect(ctx, req))
		}
	}
}
